"""The paper's table on a page: mouse, keyboard, address, clipboard, what it says, how it fits."""

import math
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from stn_lib import palette
from stn_lib.widgets import PaperTable
from tests.widgets.paper_rows import SHOWN, full, pair, rows
from tests.widgets.spoken import Reader
from tests.widgets.stage import Stage as Alone

NO_CLIPBOARD = "() => Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })"
CLIPBOARD = """() => Object.defineProperty(navigator, "clipboard",
    { value: { writeText: async (text) => { window.copied = text; } }, configurable: true })"""
COMMAND = "python -m stn_lib train --cell rts-st-cnn-affine --seed "
FOCUS = "() => document.activeElement.textContent"
MIDDLE = "(node) => { const { x, width } = node.getBoundingClientRect(); return x + width / 2; }"


class Stage(Alone):
    """The table alone on a page."""

    def __init__(self, browser, shown=None, **options):
        super().__init__(browser, shown or PaperTable(pair()), **options)

    def cell(self, name):
        """The button of a cell, by its place among the forty."""
        return self.page.locator(".stn-table td button").nth(SHOWN.index(name))

    def numbers(self, name):
        """What everyone sees of a cell."""
        return self.cell(name).locator("b, small").all_inner_texts()

    def places(self, name, *parts):
        """The middles of parts of a cell's small axis, from 0 to 1."""
        axis = self.cell(name).locator(".stn-range").bounding_box()
        found = [self.cell(name).locator(f".stn-range {part}").evaluate(MIDDLE) for part in parts]
        return [(x - axis["x"]) / axis["width"] for x in found]

    def look(self, view):
        self.page.get_by_role("radio", name=view).check()
        self.settle()

    def read(self, title):
        """Open what is closed under this title."""
        self.page.locator("summary", has_text=title).click()
        self.settle()

    def facts(self):
        return dict(line.split("\n") for line in self.texts(".stn-facts > div"))


def test_the_first_state_tells_the_gaps(browser):
    """Oracle: by hand: .82 less .49 %; a plain network's error rate; the paper's figures are in the open cell alone."""
    with Stage(browser) as stage:
        assert stage.text(".stn-told").strip() == (
            "A transformer  lowers our error rate in 1 of 1 cells and  raises it in 0. In  0 the interval contains 0.  38 of "
            "40 cells have not run yet."
        )
        assert stage.text(".stn-table caption").startswith("Gap: by how many percentage points the transformer lowers")
        assert stage.numbers("rts-st-cnn-affine") == ["0.33"] and stage.numbers("rts-cnn") == ["0.82"]
        assert stage.numbers("tc-st-cnn-tps") == ["–"] and stage.numbers("tc-cnn") == ["–"]
        assert stage.page.locator(".stn-legend li").all_inner_texts()[0].split("\n") == ["0.00", "our gap"]
        assert stage.text(".stn-open-head") == "ST-CNN affine on RTS short RTS"
        assert stage.texts(".stn-bar p span") == [
            "CNN", "0.82 %, the paper’s 0.8", "ST-CNN affine", "0.49 %, the paper’s 0.5",
            "Gap in percentage points", "0.33 (0.09 to 0.57), the paper’s 0.3",
        ]  # fmt: skip
        assert "is above 0" in stage.text(".stn-finding")
        assert stage.page.locator(".stn-copy").count() == 0
        assert stage.errors == []


def test_the_gap_is_on_an_axis_with_0_and_the_paper_s(browser):
    """Oracle: by hand: from -.0345 to .6092 (6 % more than 0 to .5747); a plain network has no gap, nor has a cell that
    has not run."""
    with Stage(browser) as stage:
        found = stage.places("rts-st-cnn-affine", ".stn-zero", ".stn-upright", ".stn-seed", ".stn-band")
        wanted = [(value + 0.0345) / 0.6437 for value in (0, 0.3, 0.33, (0.0853 + 0.5747) / 2)]
        assert found == pytest.approx(wanted, abs=0.01)
        band = stage.cell("rts-st-cnn-affine").locator(".stn-band").bounding_box()
        axis = stage.cell("rts-st-cnn-affine").locator(".stn-range").bounding_box()
        assert band["width"] / axis["width"] == pytest.approx(0.4894 / 0.6437, abs=0.01)
        assert stage.places("rts-st-cnn-tps", ".stn-zero", ".stn-upright") == pytest.approx(wanted[:2], abs=0.01)
        assert stage.cell("rts-st-cnn-tps").locator(".stn-band, .stn-seed").count() == 0
        assert stage.cell("rts-cnn").locator(".stn-range").count() == 0


def test_the_other_view_shows_the_error_rates(browser):
    """Oracle: by hand: ln(.82/.8) / ln 16 to the right of the middle, in an interval from .66 to 1.02."""
    with Stage(browser) as stage:
        stage.look("error rate")
        assert stage.get("view", "cell") == ["error", "rts-st-cnn-affine"]
        assert stage.text(".stn-table caption") == "Error rate on MNIST’s test digits, %"
        assert stage.numbers("rts-st-cnn-affine") == ["0.49", "0.5"]
        assert stage.numbers("rts-cnn") == ["0.82", "0.8"]
        assert stage.numbers("tc-st-cnn-tps") == ["–", "1.7†"]
        line, band = (stage.cell("rts-cnn").locator(f".stn-range{part}").bounding_box() for part in ("", " .stn-band"))
        ends = [(x - line["x"]) / line["width"] for x in (band["x"], band["x"] + band["width"])]
        shares = [ends[0], *stage.places("rts-cnn", ".stn-seed", ".stn-upright"), ends[1]]
        wanted = [0.5 + math.log(error / 0.8) / math.log(16) for error in (0.66, 0.82, 0.8, 1.02)]
        assert shares == pytest.approx(wanted, abs=0.01)
        assert stage.cell("tc-st-cnn-tps").locator(".stn-range").count() == 0
        assert stage.page.locator(".stn-legend li").all_inner_texts()[0].split("\n") == ["0.00", "our error rate"]
        stage.page.evaluate("() => window.model.set('view', 'gap')")
        stage.settle()
        assert stage.page.get_by_role("radio", name="gap").is_checked()
        assert stage.numbers("rts-st-cnn-affine") == ["0.33"]
        assert stage.errors == []


def test_how_a_cell_was_made_opens_and_follows_the_cell(browser):
    """Oracle: by hand: three commands, their machine, the seeds' errors, Wilson's interval, what the paper rounds to .5."""
    with Stage(browser) as stage:
        stage.read("How it was trained")
        assert stage.text(".stn-making > p") == (
            "A convolutional network behind an affine transformer classifies digits distorted by RTS."
        )
        facts = stage.facts()
        assert facts["seeds"] == "0, 1, 2" and facts["error rates, %"] == "0.45, 0.50, 0.52"
        assert facts["95 % interval of their mean, %"] == "0.37 to 0.65"
        assert facts["the paper’s, before rounding, %"] == "0.45 to 0.55"
        assert facts["seeds in the gap"] == "3"
        assert facts["wrong"] == "45, 50, 52 of 10,000" and facts["commit"] == "bfec3fc"
        assert facts["wall time on a shared machine"] == "10.0, 11.0, 12.0 min"
        assert facts["training images"] == "1,400,064"
        stage.cell("rts-cnn").click()
        assert stage.facts()["error rates, %"] == "0.70, 0.80, 0.96"
        stage.read("How it was trained")
        assert stage.page.locator(".stn-making").count() == 0
        stage.read("Commands")
        assert stage.text(".stn-making code") == "\n".join(
            COMMAND.replace("st-cnn-affine", "cnn") + str(seed) for seed in range(3)
        )
        stage.cell("rts-st-cnn-affine").click()
        assert stage.text(".stn-making code") == "\n".join(COMMAND + str(seed) for seed in range(3))
        assert stage.errors == []


def test_how_to_read_the_table_names_each_mark(browser):
    """Oracle: by hand: four marks, each with its shape, two axes and the note."""
    with Stage(browser) as stage:
        stage.read("How to read the table")
        lines = stage.texts(".stn-reading li")
        assert (
            len(lines) == 7 and "95 % interval of the gap is above 0" in lines[0] and "names no transform" in lines[-1]
        )
        marks = stage.page.locator(".stn-reading .stn-sign")
        assert marks.evaluate_all("(all) => all.map((node) => node.dataset.mark)") == [
            "lowers",
            "raises",
            "unclear",
            "none",
        ]


def test_it_is_a_table_with_heads(browser):
    """Oracle: the browser's own tree: 8 rows of 5 cells, each with its heads; axe finds nothing."""
    with Stage(browser, PaperTable(full())) as stage:
        table = stage.page.locator("table.stn-table")
        assert table.locator("th[scope=col]").all_inner_texts()[1] == "RTS short RTS"
        assert table.locator("th[scope=row]").all_text_contents() == [
            f"{name} {part}" for name in ("FCN", "CNN") for part in ("error, %", "+ affine", "+ projective", "+ TPS")
        ]
        assert stage.page.get_by_role("gridcell").count() == 41  # and the corner
        rules = {"rules": {"label-content-name-mismatch": {"enabled": True}}}
        found = Axe().run(stage.page, context=".stn-paper-table", options=rules).response["violations"]
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
        assert stage.text(".stn-open-head b") == "CNN on RTS"
        assert stage.page.locator(".stn-table [aria-pressed=true]").count() == 1
        assert stage.cell("rts-cnn").get_attribute("aria-pressed") == "true"
        assert stage.page.locator(".stn-table td[data-line]").count() == 12
        assert stage.page.locator(".stn-table th[data-line]").count() == 2
        assert stage.texts(".stn-bar[data-open=true] p span") == ["CNN", "0.82 %, the paper’s 0.8"]
        assert stage.texts(".stn-bar p span")[2:] == [
            "ST-CNN affine", "0.49 %, the paper’s 0.5", "Gap in percentage points", "0.33 (0.09 to 0.57), the paper’s 0.3",
        ]  # fmt: skip


def test_arrow_keys_walk_and_enter_and_space_open(browser):
    """Oracle: by hand, from ST-CNN affine on RTS; walking opens nothing; one cell is in the order of Tab."""
    with Stage(browser) as stage:
        for _ in range(2):
            stage.page.keyboard.press("Tab")
        assert stage.page.evaluate(FOCUS) == (
            "ST-CNN affine on RTS: gap 0.33 percentage points, the paper’s 0.3; 95 % interval 0.09 to 0.57: the transformer "
            "lowers our error rate"
        )
        for key, name in [
            ("ArrowRight", "ST-CNN affine on P"), ("ArrowDown", "ST-CNN projective on P"), ("Home", "ST-CNN projective on R"),
            ("End", "ST-CNN projective on TC"), ("ArrowRight", "ST-CNN projective on TC"), ("Control+Home", "FCN on R"),
            ("ArrowUp", "FCN on R"), ("Control+End", "ST-CNN TPS on TC"),
        ]:  # fmt: skip
            stage.page.keyboard.press(key)
            assert f"{name}: " in stage.page.evaluate(FOCUS) and "not run yet" in stage.page.evaluate(FOCUS)
        assert stage.get("cell") == "rts-st-cnn-affine"
        stage.page.keyboard.press("Enter")
        assert stage.get("cell") == "tc-st-cnn-tps"
        stage.page.keyboard.press("ArrowLeft")
        stage.page.keyboard.press("Space")
        assert stage.get("cell") == "e-st-cnn-tps"
        assert stage.page.locator(".stn-table [tabindex='0']").count() == 1
        stage.page.keyboard.press("Tab")
        assert stage.page.evaluate(FOCUS) == "How it was trained"
        stage.page.keyboard.press("Tab")
        assert stage.page.evaluate(FOCUS) == "Commands"
        stage.page.keyboard.press("Enter")
        stage.settle()
        stage.page.keyboard.press("Tab")
        assert stage.page.evaluate("() => document.activeElement.className").startswith("stn-button")
        assert stage.errors == []


def test_a_cell_says_in_a_sentence_what_it_shows(browser):
    """Oracle: by hand; the name of a cell contains the numbers that everyone sees, in both views."""
    st = "ST-CNN affine on RTS: ours 0.49 %, 95 % interval 0.37 to 0.65, 3 seeds, the paper’s 0.5 %; the transformer lowers"
    with Stage(browser) as stage:
        name = stage.cell("rts-cnn").text_content()
        assert name == "CNN on RTS: error rate 0.82 %, 95 % interval 0.66 to 1.02, 3 seeds, the paper’s 0.8 %"
        assert stage.cell("tc-st-cnn-tps").text_content() == "–ST-CNN TPS on TC: not run yet, the paper’s gap 1.8†"
        stage.look("error rate")
        assert stage.cell("rts-st-cnn-affine").text_content().startswith(st)
        assert stage.cell("tc-st-cnn-tps").text_content() == "–ST-CNN TPS on TC: not run yet, the paper’s 1.7† %"


def test_a_cell_that_has_not_run_says_so(browser):
    """Oracle: by hand: no figure of ours, the paper's, the command that would make it."""
    with Stage(browser) as stage:
        stage.cell("tc-st-fcn-tps").click()
        assert stage.texts(".stn-bar p span") == [
            "FCN", "not yet, the paper’s 13.2", "ST-FCN TPS", "not yet, the paper’s 2.0†",
            "Gap in percentage points", "ST-FCN TPS has not run yet, the paper’s 11.2†",
        ]  # fmt: skip
        assert stage.text(".stn-finding").startswith("This cell has not run yet")
        assert stage.page.locator(".stn-intervals :is(.stn-band, .stn-mean, .stn-seed)").count() == 0
        stage.read("How it was trained")
        stage.read("Commands")
        assert stage.text(".stn-making code").endswith("--cell tc-st-fcn-tps --seed 0")
        assert stage.page.locator(".stn-facts, .stn-chart").count() == 0
        assert not {"null", "undefined", "NaN"} & set(re.findall(r"\w+", stage.text(".stn-widget")))


def test_one_seed_has_no_interval_of_the_gap(browser):
    """Oracle: by hand: .8 - .45, and words in the interval's place; the bar of the gap has no band."""
    gap = {"points": 0.35, "seeds": 1, "interval": None}
    with Stage(browser, PaperTable(rows({"rts-st-cnn-affine": gap}, rts_cnn=[80], rts_st_cnn_affine=[45]))) as stage:
        assert stage.numbers("rts-st-cnn-affine") == ["0.35", "1 seed"]
        assert stage.text(".stn-told").startswith(
            "A transformer  lowers our error rate in 0 of 1 cells and  raises it in 0."
        )
        assert "the interval contains 0; 1 have no interval." in stage.text(".stn-told")
        assert stage.texts(".stn-gapbar p span")[1] == "0.35 (one seed), the paper’s 0.3"
        assert stage.text(".stn-finding").startswith("One run without stored answers gives no interval")
        assert "one seed, no interval" in stage.cell("rts-st-cnn-affine").text_content()
        assert stage.cell("rts-st-cnn-affine").locator(".stn-seed").count() == 1
        assert stage.cell("rts-st-cnn-affine").locator(".stn-band").count() == 0
        assert stage.page.locator(".stn-gapbar .stn-seed").count() == 1
        assert stage.page.locator(".stn-gapbar .stn-band").count() == 0


def test_the_interval_plot_stands_where_the_numbers_say(browser):
    """Oracle: the browser's boxes: the mean of .49 and the paper's .5 on an axis whose tick .8 gives the scale; the gap of
    .33 and the paper's .3 on one whose ticks 0 and .6 do."""
    with Stage(browser) as stage:
        zero = stage.page.locator(".stn-scale").first.bounding_box()["x"]
        tick = stage.page.locator(".stn-scale span", has_text="0.8").evaluate(MIDDLE) - zero
        opened = stage.page.locator(".stn-bar[data-open=true] > svg")
        mean = opened.locator(".stn-mean").evaluate(MIDDLE) - zero
        paper = opened.locator(".stn-upright").first.evaluate(MIDDLE) - zero
        assert mean == pytest.approx(tick * 0.49 / 0.8, abs=1) and paper == pytest.approx(tick * 0.5 / 0.8, abs=1)
        gaps = stage.page.locator(".stn-gapbar")
        first, last = (gaps.get_by_text(text, exact=True).evaluate(MIDDLE) for text in ("0", "0.6"))
        found = [gaps.locator(part).evaluate(MIDDLE) for part in (".stn-zero", ".stn-seed", ".stn-upright")]
        assert found == pytest.approx([first + (last - first) * gap / 0.6 for gap in (0, 0.33, 0.3)], abs=1)


def test_the_curve_has_a_line_a_seed_and_the_rivals_are_faint(browser):
    """Oracle: by hand: three and three, thirty points each."""
    with Stage(browser) as stage:
        stage.read("How it was trained")
        lines = stage.page.locator(".stn-chart .stn-curve")
        assert lines.count() == 6 and stage.page.locator(".stn-chart .stn-curve.stn-faint.stn-plain").count() == 3
        assert lines.last.get_attribute("d").count("L") == 29
        assert stage.texts(".stn-names")[-1].split("\n") == [
            "Error rate on training batches, %, over the number of images", "ST-CNN affine", "CNN",
        ]  # fmt: skip


@pytest.mark.parametrize("setup", [CLIPBOARD, NO_CLIPBOARD])
def test_the_command_is_copied_or_at_least_selected(browser, setup):
    """Oracle: the clipboard's text, or the selection where there is no clipboard; the text beside the button says which."""
    with Stage(browser) as stage:
        stage.page.evaluate(setup)
        stage.read("Commands")
        stage.press("Copy")
        wanted, word = "\n".join(COMMAND + str(seed) for seed in range(3)), "Copied"
        if setup == NO_CLIPBOARD:
            assert stage.page.evaluate("() => getSelection().toString()").split("\n") == wanted.split("\n")
            word = "Selected: copy it"
        else:
            stage.settle()
            assert stage.page.evaluate("() => window.copied") == wanted
        assert stage.text(".stn-making-head output") == word and stage.text(".stn-copy") == "Copy"
        assert stage.errors == []


@pytest.mark.parametrize(
    ("asked", "cell"), [("tc-fcn", "tc-fcn"), ("tc-rnn", "rts-st-cnn-affine"), ("", "rts-st-cnn-affine")]
)
def test_the_address_opens_a_cell(browser, asked, cell):
    """Oracle: by hand; what cannot be is left out."""
    with Stage(browser, address=f"#paper-table?cell={asked}") as stage:
        assert stage.get("cell") == cell


@pytest.mark.parametrize(
    ("asked", "view", "number"), [("error", "error", "0.49"), ("gap", "gap", "0.33"), ("p", "gap", "0.33")]
)
def test_the_address_chooses_the_view(browser, asked, view, number):
    """Oracle: by hand; what cannot be is left out."""
    with Stage(browser, address=f"#paper-table?view={asked}&cell=rts-cnn") as stage:
        assert stage.get("view", "cell") == [view, "rts-cnn"]
        assert stage.numbers("rts-st-cnn-affine")[0] == number


def test_what_opens_is_announced_with_its_name(browser):
    """Oracle: by hand; a kernel may open a cell too, and two cells may have one verdict."""
    with Stage(browser) as stage:
        reader = Reader(stage)
        stage.page.evaluate("() => window.model.set('cell', 'rts-cnn')")
        verdict = "No transformer: compare this cell with the networks below it in its column."
        assert reader.rest() == [f"CNN on RTS: {verdict}"]
        for name in ("E", "TC"):
            stage.cell(f"{name.lower()}-cnn").click()
            assert reader.rest()[0].startswith(f"CNN on {name}: This cell has not run yet.")


@pytest.mark.parametrize(
    ("found", "cell"), [(rows(), None), (full(), None), (full(1), "tc-fcn")], ids=["empty", "full", "one"]
)
@pytest.mark.parametrize("width", [288, 320, 358, 390, 560, 688])
def test_nothing_runs_over_at_any_width(browser, width, found, cell):
    """Oracle: the browser's own boxes: no wider than the page, no figure wider than its cell, a target for a finger."""
    with Stage(browser, PaperTable(found, cell=cell), width=width) as stage:
        over = """(nodes) => nodes.filter((node) => { const range = document.createRange(); range.selectNodeContents(node);
            const inner = range.getBoundingClientRect(), outer = (node.closest("td, th") ?? node).getBoundingClientRect();
            return inner.width > 0 && (inner.left < outer.left - 1 || inner.right > outer.right + 1); }).map((node) => node.textContent)"""
        parts = ".stn-table :is(tbody th, b, small), .stn-bar p, .stn-facts dd, .stn-making code"
        for title in ("How it was trained", "Commands", "How to read the table"):
            stage.read(title)
        for view in ("gap", "error rate"):
            stage.look(view)
            assert stage.page.evaluate("() => document.documentElement.scrollWidth") <= width
            assert stage.page.locator(parts).evaluate_all(over) == []
            for box in stage.boxes(".stn-table button, .stn-copy, summary"):
                assert min(box["width"], box["height"]) >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= width
        assert stage.errors == []


@pytest.mark.parametrize(("width", "window"), [(688, 744), (358, 788)])
@pytest.mark.parametrize("view", ["gap", "error"])
def test_a_press_and_what_it_opens_are_in_one_view(browser, width, window, view):
    """Oracle: the free height of a desktop's window and of a phone's, below the page's header: on the desktop all of the
    explorable, on the phone from the choice to the end of the interval plot. Nothing jumps at a press."""
    with Stage(browser, PaperTable(full(), view=view), width=width) as stage:
        frame, choice = (stage.page.locator(part).bounding_box() for part in (".stn-frame", ".stn-choice"))
        seen = stage.page.locator(".stn-view").bounding_box()
        assert (frame["height"] if width == 688 else seen["y"] + seen["height"] - choice["y"]) <= window
        for name in ("rts-fcn", "tc-st-fcn-projective", "e-cnn"):
            stage.cell(name).click()
            stage.settle()
            assert stage.page.locator(".stn-view").bounding_box() == seen, name


def test_it_follows_the_theme(browser):
    """Oracle: the palette: the band of an interval is the answers' colour, the frame the page's background."""
    with Stage(browser, theme="dark") as stage:
        for theme, colours in (("dark", palette.DARK), ("light", palette.LIGHT)):
            stage.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            for selector, property, name in [
                (".stn-view .stn-band", "fill", "answer"),
                (".stn-frame", "backgroundColor", "paper"),
            ]:
                got = stage.page.locator(selector).first.evaluate(f"(node) => getComputedStyle(node).{property}")
                assert got == "rgb({}, {}, {})".format(*bytes.fromhex(colours[name][1:]))


def test_other_words_take_the_place_of_its_own(browser):
    """Oracle: a table of other words, all the way to the page; what is left are figures, commands and machines."""

    def other(value):
        if isinstance(value, dict):
            return {name: other(one) for name, one in value.items()}
        if isinstance(value, list):
            return [other(one) if isinstance(one, str) else [one[0], other(one[1])] for one in value]
        return re.sub(r"^|(?<=\})", "◊", value)  # after each number, too: an element may be there

    data = ("python -m", "--", "cpu: ", "2.13.0", "bfec3fc")
    with Stage(browser, PaperTable(pair(), words=other(PaperTable(pair()).words))) as stage:
        for summary in stage.page.locator("summary").all():
            summary.click()
        stage.settle()
        texts = stage.page.evaluate(
            """() => { const out = [], walk = document.createTreeWalker(document.querySelector(".stn-widget"), 4);
                while (walk.nextNode()) out.push(walk.currentNode.data.trim()); return out; }"""
        )
        own = [text for text in texts if text and not text.startswith(("◊", *data))]
        assert all(re.fullmatch(r"[\d., ]+", text) for text in own), own


def test_it_hears_nothing_any_more_once_it_is_gone(browser):
    """Oracle: the model counts who listens."""
    with Stage(browser) as stage:
        assert stage.page.evaluate("() => window.model.heard()") == 2
        stage.page.evaluate("() => window.dispose()")
        assert stage.page.evaluate("() => window.model.heard()") == 0
        assert stage.errors == []
