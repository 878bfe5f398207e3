"""The paper's table on a page: mouse, keyboard, address, clipboard, what it says, how it fits."""

import math

import pytest
from axe_playwright_python.sync_playwright import Axe

from stn_lib import palette
from stn_lib.widgets import PaperTable
from tests.widgets.paper_rows import CELLS, full, pair, rows
from tests.widgets.stage import Stage as Alone

NO_CLIPBOARD = "() => Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })"
CLIPBOARD = """() => Object.defineProperty(navigator, "clipboard",
    { value: { writeText: async (text) => { window.copied = text; } }, configurable: true })"""
COMMAND = "python -m stn_lib train --cell rts-st-cnn-affine --seed "
FOCUS = "() => document.activeElement.getAttribute('aria-label')"


class Stage(Alone):
    """The table alone on a page."""

    def __init__(self, browser, shown=None, **options):
        super().__init__(browser, shown or PaperTable(pair()), **options)

    def cell(self, name):
        """The button of a cell, by its place among the forty."""
        return self.page.locator(".stn-table td button").nth(CELLS.index(name))


def test_the_first_state_tells_the_numbers(browser):
    """Oracle: by hand: .82 and .49 %, as in the tests of the Python side; the paper's .8 and .5."""
    with Stage(browser) as stage:
        assert stage.text(".stn-told") == (
            "2 of 40 cells have run. With a transformer the error rate is lower in 1 of 1 cells, higher in 0; for 0 the 95 % "
            "interval of the gap contains 0 or is not known."
        )
        assert stage.cell("rts-st-cnn-affine").inner_text().split() == ["0.49", "0.5"]
        assert stage.cell("rts-cnn").inner_text().split() == ["0.82", "0.8"]
        assert stage.cell("tc-st-cnn-tps").inner_text().split() == ["–", "1.7†"]
        # Oracle: by hand: ln(.82/.8) / ln 16 right of the middle, in an interval from .66 to 1.02
        line = stage.cell("rts-cnn").locator(".stn-range").bounding_box()
        band, mean = (stage.cell("rts-cnn").locator(f".stn-range i:nth-child({k})").bounding_box() for k in (1, 2))
        places = [band["x"], mean["x"] + mean["width"] / 2, band["x"] + band["width"]]
        shares = [(place - line["x"]) / line["width"] for place in places]
        assert shares == pytest.approx([0.5 + math.log(e / 0.8) / math.log(16) for e in (0.66, 0.82, 1.02)], abs=0.01)
        assert stage.cell("tc-st-cnn-tps").locator(".stn-range").count() == 0
        assert stage.text(".stn-open-head") == "ST-CNN affine on RTS"
        assert stage.texts(".stn-stat b") == ["0.49 %", "0.5 %", "0.33"]
        assert stage.texts(".stn-stat span") == [
            "95 %: 0.37 to 0.65", "seeds: 0.45, 0.50, 0.52", "rounded: 0.45 to 0.55",
            "95 %: 0.09 to 0.57", "over 3 seeds", "in the paper 0.3",
        ]  # fmt: skip
        assert "is above 0" in stage.text(".stn-finding")
        assert stage.text(".stn-making code") == "\n".join(COMMAND + str(seed) for seed in range(3))
        facts = dict(line.split("\n") for line in stage.texts(".stn-facts > div"))
        assert facts["wrong"] == "45, 50, 52 of 10,000" and facts["commit"] == "bfec3fc"
        assert facts["wall time on a shared machine"] == "10.0, 11.0, 12.0 min"
        assert facts["training images"] == "1,400,064"
        assert stage.errors == []


def test_it_is_a_table_with_heads(browser):
    """Oracle: the browser's own tree: 8 rows of 5 cells, each with its heads; axe finds nothing."""
    with Stage(browser, PaperTable(full())) as stage:
        table = stage.page.locator("table.stn-table")
        assert table.locator("th[scope=col]").all_inner_texts()[1].split("\n")[0] == "RTS"
        assert table.locator("th[scope=row]").all_inner_texts() == [
            "FCN", "CNN", *["affine", "projective", "TPS"] * 2,
        ]  # fmt: skip
        assert table.locator("th[scope=rowgroup]").all_inner_texts() == ["ST-FCN", "ST-CNN"]
        assert stage.page.get_by_role("gridcell").count() == 41  # and the corner
        found = Axe().run(stage.page, context=".stn-paper-table").response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []


def test_marks_differ_in_shape_and_weight(browser):
    """Oracle: by hand: a gap above 0 is a dot and bold, a plain network has no mark, a cell that has not run a ring."""
    with Stage(browser) as stage:
        for name, shape, weight in [("rts-st-cnn-affine", "circle", "700"), ("rts-cnn", "path:not([d])", "400")]:
            assert stage.cell(name).locator(f".stn-sign {shape}").count() == 1
            assert stage.cell(name).locator("b").evaluate("(node) => getComputedStyle(node).fontWeight") == weight
        ring = stage.cell("r-fcn").locator(".stn-sign")
        assert ring.evaluate("(node) => getComputedStyle(node).fill") == "none"


def test_a_click_opens_a_cell_and_marks_its_row_and_column(browser):
    """Oracle: by hand: the CNN's row and the column RTS: 4 + 7 cells beside it, two heads."""
    with Stage(browser) as stage:
        stage.cell("rts-cnn").click()
        assert stage.get("cell") == "rts-cnn"
        assert stage.text(".stn-open-head") == "CNN on RTS"
        assert stage.page.locator(".stn-table [aria-pressed=true]").count() == 1
        assert stage.cell("rts-cnn").get_attribute("aria-pressed") == "true"
        assert stage.page.locator(".stn-table td[data-line]").count() == 12
        assert stage.page.locator(".stn-table th[data-line]").count() == 2
        assert stage.texts(".stn-stat dt") == ["Ours", "The paper’s", "Gap of ST-CNN affine, percentage points"]
        assert stage.texts(".stn-bar[data-open=true] p span") == ["CNN", "0.82 %, the paper’s 0.8"]


def test_arrow_keys_walk_and_enter_and_space_open(browser):
    """Oracle: by hand, from ST-CNN affine on RTS; walking opens nothing; one cell is in the order of Tab."""
    with Stage(browser) as stage:
        stage.page.keyboard.press("Tab")
        assert stage.page.evaluate(FOCUS).startswith(
            "ST-CNN affine on RTS: ours 0.49 %, 95 % interval 0.37 to 0.65, 3 seeds, the paper’s 0.5 %; the transformer lowers"
        )
        for key, name in [
            ("ArrowRight", "ST-CNN affine on P"), ("ArrowDown", "ST-CNN projective on P"), ("Home", "ST-CNN projective on R"),
            ("End", "ST-CNN projective on TC"), ("ArrowRight", "ST-CNN projective on TC"), ("Control+Home", "FCN on R"),
            ("ArrowUp", "FCN on R"), ("Control+End", "ST-CNN TPS on TC"),
        ]:  # fmt: skip
            stage.page.keyboard.press(key)
            assert stage.page.evaluate(FOCUS).startswith(f"{name}: not run yet")
        assert stage.get("cell") == "rts-st-cnn-affine"
        stage.page.keyboard.press("Enter")
        assert stage.get("cell") == "tc-st-cnn-tps"
        stage.page.keyboard.press("ArrowLeft")
        stage.page.keyboard.press("Space")
        assert stage.get("cell") == "e-st-cnn-tps"
        assert stage.page.locator(".stn-table [tabindex='0']").count() == 1
        stage.page.keyboard.press("Tab")
        assert stage.page.evaluate("() => document.activeElement.className").startswith("stn-button")
        assert stage.errors == []


def test_a_cell_that_has_not_run_says_so(browser):
    """Oracle: by hand: no figure of ours, the paper's, the command that would make it."""
    with Stage(browser) as stage:
        stage.cell("tc-st-fcn-tps").click()
        assert stage.texts(".stn-stat b") == ["–", "2.0 %", "–"]
        assert stage.texts(".stn-stat span")[-2:] == ["ST-FCN TPS has not run yet", "in the paper 11.2†"]
        assert stage.text(".stn-finding").startswith("This cell has not run yet")
        assert stage.text(".stn-making code").endswith("--cell tc-st-fcn-tps --seed 0")
        assert stage.page.locator(".stn-facts, .stn-chart").count() == 0
        assert "null" not in stage.text(".stn-opened") and "undefined" not in stage.text(".stn-opened")


def test_one_seed_has_no_interval_of_the_gap(browser):
    """Oracle: by hand: .8 - .45, and words in the interval's place; the bar of the gap has no band."""
    gap = {"points": 0.35, "seeds": 1, "interval": None}
    with Stage(browser, PaperTable(rows({"rts-st-cnn-affine": gap}, rts_cnn=[80], rts_st_cnn_affine=[45]))) as stage:
        assert stage.texts(".stn-stat-gap b, .stn-stat-gap span") == [
            "0.35", "one seed: no interval", "in the paper 0.3",
        ]  # fmt: skip
        assert stage.page.locator(".stn-gapbar .stn-arrow").count() == 1
        assert stage.page.locator(".stn-gapbar .stn-band").count() == 0


def test_the_interval_plot_stands_where_the_numbers_say(browser):
    """Oracle: the browser's boxes: the mean of .49 and the paper's .5 on an axis whose tick .8 gives the scale."""
    with Stage(browser) as stage:
        middle = "(node) => { const { x, width } = node.getBoundingClientRect(); return x + width / 2; }"
        zero = stage.page.locator(".stn-scale").bounding_box()["x"]
        tick = stage.page.locator(".stn-scale span", has_text="0.8").evaluate(middle) - zero
        opened = stage.page.locator(".stn-bar[data-open=true] > svg")
        mean = opened.locator(".stn-mean").evaluate(middle) - zero
        paper = opened.locator(".stn-upright").first.evaluate(middle) - zero
        assert mean == pytest.approx(tick * 0.49 / 0.8, abs=1) and paper == pytest.approx(tick * 0.5 / 0.8, abs=1)
        guide = stage.page.locator(".stn-guide").evaluate(middle) - zero
        assert guide == pytest.approx(tick * 0.82 / 0.8, abs=1.5)


def test_the_curve_has_a_line_a_seed_and_the_rivals_are_faint(browser):
    """Oracle: by hand: three and three, thirty points each."""
    with Stage(browser) as stage:
        lines = stage.page.locator(".stn-chart .stn-curve")
        assert lines.count() == 6 and stage.page.locator(".stn-chart .stn-curve.stn-faint.stn-plain").count() == 3
        assert lines.last.get_attribute("d").count("L") == 29
        assert stage.texts(".stn-names")[-1].split("\n") == ["ST-CNN affine", "CNN"]


@pytest.mark.parametrize("setup", [CLIPBOARD, NO_CLIPBOARD])
def test_the_command_is_copied_or_at_least_selected(browser, setup):
    """Oracle: the clipboard's text, or the selection where there is no clipboard; the button and the region say which."""
    with Stage(browser) as stage:
        stage.page.evaluate(setup)
        stage.press("Copy")
        wanted, word = "\n".join(COMMAND + str(seed) for seed in range(3)), "Copied"
        if setup == NO_CLIPBOARD:
            assert stage.page.evaluate("() => getSelection().toString()").split("\n") == wanted.split("\n")
            word = "Selected: copy it"
        else:
            stage.settle()
            assert stage.page.evaluate("() => window.copied") == wanted
        assert stage.text(".stn-copy") == stage.page.locator(".stn-spoken").text_content() == word
        stage.page.wait_for_timeout(2600)
        assert stage.text(".stn-copy") == "Copy"
        assert stage.errors == []


@pytest.mark.parametrize(
    ("asked", "cell"), [("tc-fcn", "tc-fcn"), ("tc-rnn", "rts-st-cnn-affine"), ("", "rts-st-cnn-affine")]
)
def test_the_address_opens_a_cell(browser, asked, cell):
    """Oracle: by hand; what cannot be is left out."""
    with Stage(browser, address=f"#paper-table?cell={asked}") as stage:
        assert stage.get("cell") == cell


def test_what_opens_is_told_politely(browser):
    """Oracle: nothing at first, then one sentence with the numbers; a kernel may open a cell too."""
    with Stage(browser) as stage:
        spoken = stage.page.locator(".stn-spoken")
        assert spoken.evaluate("(node) => node.matches('output')") and spoken.text_content() == ""
        stage.page.evaluate("() => window.model.set('cell', 'rts-cnn')")
        stage.settle()
        assert spoken.text_content().startswith(
            "CNN on RTS: ours 0.82 %, 95 % interval 0.66 to 1.02, 3 seeds. The paper’s 0.8 %. No transformer"
        )
        stage.cell("e-cnn").click()
        stage.settle()
        assert spoken.text_content() == "CNN on E: not run yet. The paper’s 1.4 %."


@pytest.mark.parametrize(
    ("found", "cell"), [(rows(), None), (full(), None), (full(1), "tc-fcn")], ids=["empty", "full", "one"]
)
@pytest.mark.parametrize("width", [320, 390, 560, 688])
def test_nothing_runs_over_at_any_width(browser, width, found, cell):
    """Oracle: the browser's own boxes: no wider than the page, no figure wider than its cell, a target for a finger."""
    with Stage(browser, PaperTable(found, cell=cell), width=width) as stage:
        assert stage.page.evaluate("() => document.documentElement.scrollWidth") <= width
        over = """(nodes) => nodes.filter((node) => { const range = document.createRange(); range.selectNodeContents(node);
            const inner = range.getBoundingClientRect(), outer = (node.closest("td, th") ?? node).getBoundingClientRect();
            return inner.width > 0 && (inner.left < outer.left - 1 || inner.right > outer.right + 1); }).map((node) => node.textContent)"""
        parts = ".stn-table :is(tbody th, b, small), .stn-stat b, .stn-stat span, .stn-bar p, .stn-facts dd, .stn-making code"
        assert stage.page.locator(parts).evaluate_all(over) == []
        for control in stage.page.locator(".stn-table button, .stn-copy").all():
            box = control.bounding_box()
            assert min(box["width"], box["height"]) >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= width
        assert stage.errors == []


def test_it_follows_the_theme(browser):
    """Oracle: the palette: the band of an interval is the answers' colour, the frame the page's background."""
    with Stage(browser, theme="dark") as stage:
        for theme, colours in (("dark", palette.DARK), ("light", palette.LIGHT)):
            stage.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            for selector, property, name in [
                (".stn-band", "fill", "answer"),
                (".stn-frame", "backgroundColor", "paper"),
            ]:
                got = stage.page.locator(selector).first.evaluate(f"(node) => getComputedStyle(node).{property}")
                assert got == "rgb({}, {}, {})".format(*bytes.fromhex(colours[name][1:]))


def test_other_words_take_the_place_of_its_own(browser):
    """Oracle: a table of other words, all the way to the page; what is left are figures, commands and machines."""

    def other(value):
        if isinstance(value, dict):
            return {name: other(one) for name, one in value.items()}
        return [[key, other(text)] for key, text in value] if isinstance(value, list) else f"◊{value}"

    data = ("python -m", "--", "cpu: ", "2.13.0")
    with Stage(browser, PaperTable(pair(), words=other(PaperTable(pair()).words))) as stage:
        texts = stage.page.evaluate(
            """() => { const out = [], walk = document.createTreeWalker(document.querySelector(".stn-widget"), 4);
                while (walk.nextNode()) out.push(walk.currentNode.data.trim()); return out; }"""
        )
        own = [text for text in texts if text and not text.startswith(("◊", *data))]
        assert all(text.replace(".", "").replace(",", "").replace(" ", "").isdigit() for text in own), own


def test_it_hears_nothing_any_more_once_it_is_gone(browser):
    """Oracle: the model counts who listens."""
    with Stage(browser) as stage:
        assert stage.page.evaluate("() => window.model.heard()") == 1
        stage.page.evaluate("() => window.dispose()")
        assert stage.page.evaluate("() => window.model.heard()") == 0
        assert stage.errors == []
