"""A question by hand on a page: checks, hints, other numbers, keyboard, memory, what is said, how it fits."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from stn_lib.widgets import ByHand
from tests.widgets.stage import MOUNT, synced
from tests.widgets.stage import Stage as Alone

DIVIDED = "You divided by the scale: θ maps output to input, so multiply."
ADDED = "You added {a} and 1: multiply them."
HOME = "http://book.test/"
KEPT = "stn-by-hand:test-corner"
SPOKEN = """() => {
    window.said = [];
    const live = document.querySelectorAll(".stn-widget :is([aria-live], [role=status], [role=alert], output)");
    for (const node of live) {
        new MutationObserver(() => window.said.push(node.textContent)).observe(node, { childList: true, subtree: true });
    }
    return live.length;
}"""


def corner(**other):
    """A question with two fields, two misconceptions, two hints, and two other pairs of numbers."""
    return ByHand(
        **{
            "name": "test-corner",
            "question": "θ = {a}·I. Which source point does the output corner (1, −1) sample?",
            "fields": ("x", "y"),
            "first": {"a": 2.0},
            "draw": lambda rng: {"a": rng.choice([3.0, 4.0])},
            "answer": lambda a: (a, -a),
            "misconceptions": {DIVIDED: lambda a: (1 / a, -1 / a), ADDED: lambda a: (a + 1, a - 1)},
            "hints": ("θ maps output to input.", "Multiply (1, −1) by {a}."),
            "solution": "({a} · 1, {a} · (−1)) = ({x0}, {x1})",
        }
        | other
    )


class Stage(Alone):
    """The question alone on a page."""

    def __init__(self, browser, shown=None, **options):
        super().__init__(browser, shown or corner(), **options)

    def enter(self, *texts):
        for k, text in enumerate(texts):
            self.page.get_by_role("textbox").nth(k).fill(text)
        self.press("Check")

    def marks(self):
        return self.texts(".stn-field .stn-mark")

    def invalid(self):
        return [box.get_attribute("aria-invalid") for box in self.page.get_by_role("textbox").all()]

    def said(self):
        return self.texts(".stn-verdict p")

    def buttons(self):
        return [button.inner_text() for button in self.page.get_by_role("button").all()]

    def focused(self):
        return self.page.evaluate(
            "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent"
        )


@pytest.mark.parametrize(
    "entries", [("2", "-2"), ("4/2", "\u22122,0"), (" 2.004 ", "- 4 / 2"), ("1.996", "\u20131.996")]
)
def test_a_correct_answer_is_said_to_be_with_its_solution(browser, entries):
    """Oracle: by hand."""
    with Stage(browser) as stage:
        assert not stage.page.locator(".stn-solution").is_visible() and stage.buttons() == [
            "Check",
            "Hint 1 of 2",
            "Other numbers",
        ]
        stage.enter(*entries)
        assert stage.said() == ["✓ Correct."] and stage.marks() == 2 * ["✓ correct"] and stage.invalid() == [None, None]
        assert stage.text(".stn-solution p:last-child") == "(2 · 1, 2 · (−1)) = (2, −2)"
        assert stage.get("solved") is True and stage.buttons() == ["Check", "Other numbers"]
        assert stage.errors == []  # a page without an address of its own may store nothing: it forgets, no more


@pytest.mark.parametrize(("entries", "sentence"), [(("0,5", "-1/2"), DIVIDED), (("3", "1"), ADDED.format(a=2))])
def test_each_wrong_formula_is_named(browser, entries, sentence):
    """Oracle: the misconceptions."""
    with Stage(browser) as stage:
        stage.enter(*entries)
        assert stage.said() == [f"✗ {sentence}"] and stage.get("solved") is False
        assert stage.marks() == 2 * ["✗ not correct"] and stage.invalid() == ["true", "true"]


def test_a_partly_correct_answer_is_told_field_by_field(browser):
    """Oracle: by hand; an edit takes back what was said of its field alone."""
    with Stage(browser) as stage:
        stage.enter("2", "7")
        assert stage.said() == ["✗ Not correct yet.", "Try again, or take a hint."]
        assert stage.marks() == ["✓ correct", "✗ not correct"] and stage.invalid() == [None, "true"]
        assert stage.text("output.stn-spoken") == (
            "✗ Not correct yet. Correct: x. Not correct yet: y. Try again, or take a hint."
        )
        stage.page.get_by_role("textbox", name="y").fill("−")
        assert stage.marks() == ["✓ correct", ""] and stage.invalid() == [None, None]
        stage.enter("2", "-2")
        assert stage.said() == ["✓ Correct."]


@pytest.mark.parametrize(
    ("entries", "marks", "names"),
    [(("", ""), ["empty", "empty"], "x, y"), (("2", ""), ["", "empty"], "y"), (("two", "-2"), ["not a number", ""], "x"),
     (("1/0", " "), ["not a number", "empty"], "x, y")],
)  # fmt: skip
def test_other_text_and_nothing_are_refused_with_a_word_and_are_no_try(browser, entries, marks, names):
    """Oracle: by hand."""
    with Stage(browser) as stage:
        for _ in range(4):
            stage.enter(*entries)
        assert stage.said() == [f"Write a number for {names}."] and stage.marks() == marks
        assert "Show the solution" not in stage.buttons()
        assert stage.invalid() == ["true" if mark else None for mark in marks]


def test_too_few_decimals_are_told_and_are_no_try(browser):
    """Oracle: by hand: 1/3 is 0.3 to one decimal."""
    with Stage(browser, corner(answer=lambda a: (1 / 3, a), misconceptions={})) as stage:
        for _ in range(4):
            stage.enter("0.3", "2")
        assert stage.said() == ["Almost: write 2 decimals."]
        assert stage.marks() == ["write 2 decimals", "✓ correct"] and stage.invalid() == ["true", None]
        spoken = "Almost: write 2 decimals. Correct: y. Not correct yet: x."
        assert stage.text("output.stn-spoken").rstrip() == spoken
        assert "Show the solution" not in stage.buttons()
        stage.enter("0.33", "2")
        assert stage.said() == ["✓ Correct."]


def test_hints_come_one_at_a_time_and_then_the_solution(browser):
    """Oracle: by hand; the focus never falls back to the top of the page."""
    with Stage(browser) as stage:
        stage.press("Hint 1 of 2")
        assert stage.texts(".stn-hints li") == ["θ maps output to input."] and stage.focused() == "Hint 2 of 2"
        assert "Show the solution" not in stage.buttons()
        stage.press("Hint 2 of 2")
        assert stage.texts(".stn-hints li")[1] == "Multiply (1, −1) by 2." and stage.focused() == "Show the solution"
        stage.enter("5", "5")
        assert stage.said()[1] == "Try again, or look at the solution."
        stage.press("Show the solution")
        assert stage.text(".stn-solution p:last-child") == "(2 · 1, 2 · (−1)) = (2, −2)" and stage.focused() == "Check"
        assert stage.buttons() == ["Check", "Other numbers"] and stage.get("solved") is False


@pytest.mark.parametrize("hints", [(), ("One.", "Two.")])
def test_after_three_tries_the_solution_is_offered(browser, hints):
    """Oracle: by hand."""
    with Stage(browser, corner(hints=hints)) as stage:
        for k in range(3):
            assert "Show the solution" not in stage.buttons()
            stage.enter("5", str(k))
        assert "Show the solution" in stage.buttons()
        assert stage.said()[1] == ("Try again, or take a hint." if hints else "Try again, or look at the solution.")


def test_other_numbers_ask_anew_and_come_round_again(browser):
    """Oracle: by hand: a is 2, then 3 and 4 in some order, then 2."""
    with Stage(browser) as stage:
        seen = []
        for _ in range(3):
            a = int(re.match(r"θ = (\d)·I", stage.text(".stn-question"))[1])
            seen.append(a)
            stage.press("Hint 1 of 2")
            stage.enter(str(a), f"-{a}")
            assert stage.said() == ["✓ Correct."] and stage.text(".stn-solution").endswith(f"({a}, −{a})")
            stage.press("Other numbers")
            assert stage.get("entries") == ["", ""] and stage.marks() == ["", ""] and stage.focused() == "x"
            assert not stage.page.locator(".stn-hints, .stn-solution, .stn-verdict").locator("visible=true").count()
            assert stage.text(".stn-solved") == "✓ You have solved this question before."
        assert seen[0] == 2 and sorted(seen) == [2, 3, 4] and stage.get("asked") == 0
    with Stage(browser, corner(draw=None)) as stage:
        assert stage.buttons() == ["Check", "Hint 1 of 2"]


def test_the_keyboard_alone_is_enough(browser):
    """Oracle: by hand."""
    with Stage(browser) as stage:
        keyboard = stage.page.keyboard
        keyboard.press("Tab")
        assert stage.focused() == "x"
        keyboard.type("1/2")
        keyboard.press("Tab")
        keyboard.type("-0.5")
        keyboard.press("Enter")
        assert stage.said() == [f"✗ {DIVIDED}"] and stage.focused() == "y"
        for name in ("Check", "Hint 1 of 2"):
            keyboard.press("Tab")
            assert stage.focused() == name
        keyboard.press("Enter")
        keyboard.press("Space")
        assert len(stage.texts(".stn-hints li")) == 2 and stage.focused() == "Show the solution"
        keyboard.press("Enter")
        assert stage.page.locator(".stn-solution").is_visible() and stage.focused() == "Check"
        keyboard.press("Tab")
        keyboard.press("Enter")
        assert stage.get("asked") == 1 and stage.focused() == "x"


def test_each_act_is_announced_once(browser):
    """Oracle: by hand; a check that says the same again is announced again."""
    with Stage(browser) as stage:
        assert stage.page.evaluate(SPOKEN) == 1
        said = []
        for act in (lambda: stage.enter("2", "7"), lambda: stage.press("Check"), lambda: stage.press("Hint 1 of 2"),
                    lambda: stage.enter("2", "-2"), lambda: stage.press("Other numbers")):  # fmt: skip
            act()
            stage.settle()
            said.append(stage.page.evaluate("window.said.splice(0)"))
        assert [len(texts) for texts in said] == 5 * [1]
        assert said[0][0].strip() == said[1][0].strip() != said[1][0]
        assert said[2] == ["θ maps output to input."]
        assert said[3] == ["✓ Correct. (2 · 1, 2 · (−1)) = (2, −2)"]
        assert said[4][0].startswith("θ = ")


def test_fields_have_names_and_descriptions(browser):
    """Oracle: the browser's own tree."""
    with Stage(browser) as stage:
        note = "Write decimals or fractions, such as −0.5 or 3/4. 2 decimals are enough."
        stage.enter("2", "x")
        for name, mark in (("x", ""), ("y", "not a number ")):
            field = stage.page.get_by_role("textbox", name=name, exact=True)
            about = field.evaluate("""(node) => node.getAttribute("aria-describedby").split(" ")
                .map((id) => document.getElementById(id).textContent).join(" ").trim()""")
            assert about == mark + note
        group = stage.page.get_by_role("group", name=stage.text(".stn-question"))
        assert group.get_by_role("textbox").count() == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [288, 340, 688])
def test_it_fits_and_is_accessible_in_each_state(browser, width, theme):
    """Oracle: the page is no wider than the window; axe finds nothing."""
    six = corner(
        fields=tuple(f"weight {k}" for k in range(6)), answer=lambda: range(6), misconceptions={}, solution="{a}"
    )
    for shown, entries in ((corner(), ("2", "x")), (corner(), ("2", "-2")), (six, "012333")):
        with Stage(browser, shown, width=width, theme=theme) as stage:
            stage.press("Hint 1 of 2")
            stage.enter(*entries)
            assert stage.page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(stage.page, context=".stn-by-hand").response["violations"]
            assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found] == []


def test_a_finger_meets_large_targets(browser):
    """Oracle: 44 pixels."""
    with Stage(browser, width=340, has_touch=True, is_mobile=True) as stage:
        stage.press("Hint 1 of 2")
        stage.press("Hint 2 of 2")
        for target in stage.page.locator("button:visible, input").all():
            assert round(target.bounding_box()["height"], 2) >= 44


def test_with_forced_colours_borders_and_words_carry_the_meaning(browser):
    """Oracle: the browser's computed style."""
    with Stage(browser, forced_colors="active") as stage:
        stage.enter("2", "7")
        assert stage.marks() == ["✓ correct", "✗ not correct"]
        for selector in ("input", "button", ".stn-verdict"):
            width = "(node) => parseFloat(getComputedStyle(node).borderLeftWidth)"
            assert stage.page.locator(selector).first.evaluate(width) >= 1


# ---- what the browser keeps: on a page that has an address of its own ----


class Home:
    """A page of a site, which may store."""

    def __init__(self, browser, before=""):
        self.page = browser.new_page()
        self.page.route(f"{HOME}**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(HOME)
        if before:
            self.page.evaluate(before)
        self.show(corner())

    def show(self, shown):
        """Load the page anew, with this question."""
        self.page.reload()
        self.page.evaluate(MOUNT, [str(shown._esm), str(shown._css), *synced(shown)])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.page.close()

    def enter(self, *texts):
        for k, text in enumerate(texts):
            self.page.get_by_role("textbox").nth(k).fill(text)
        self.page.get_by_role("button", name="Check").click()

    def entries(self):
        return [box.input_value() for box in self.page.get_by_role("textbox").all()]

    def kept(self):
        return self.page.evaluate("(name) => localStorage.getItem(name)", KEPT)

    def solved(self):
        return self.page.locator(".stn-solved").is_visible()


def test_numbers_entries_and_success_are_remembered(browser):
    """Oracle: the page before it was loaded anew."""
    with Home(browser) as home:
        assert home.kept() is None and not home.solved()
        home.page.get_by_role("button", name="Other numbers").click()
        home.enter("9", "abc")
        question = home.page.locator(".stn-question").inner_text()
        home.show(corner())
        assert home.page.locator(".stn-question").inner_text() == question != "θ = 2·I"
        assert home.entries() == ["9", "abc"] and not home.solved()
        a = re.match(r"θ = (\d)·I", question)[1]
        home.enter(a, f"-{a}")
        assert not home.solved()  # it says so itself
        home.show(corner())
        assert home.solved() and home.entries() == [a, f"-{a}"]
        # The question has changed in a new edition: its numbers are others, and it was solved.
        home.show(corner(first={"a": 5.0}, draw=None))
        assert home.solved() and home.entries() == ["", ""]
        assert home.page.locator(".stn-question").inner_text().startswith("θ = 5·I")
        # Another question knows nothing of it.
        home.show(corner(name="test-other"))
        assert not home.solved() and home.errors == []


@pytest.mark.parametrize(
    "kept",
    ["{", "null", "5", "[]", '{"shown": 3, "entries": {}, "solved": "yes"}', '{"shown": ["2"], "entries": [null, 1]}'],
)
def test_a_corrupt_store_does_no_harm(browser, kept):
    """Oracle: the page as it is for a new reader."""
    with Home(browser, f"localStorage.setItem({KEPT!r}, {kept!r})") as home:
        assert home.entries() == ["", ""] and not home.solved()
        home.enter("2", "-2")
        assert home.page.locator(".stn-verdict").inner_text() == "✓ Correct." and home.errors == []


def test_a_browser_that_forbids_storage_forgets_and_no_more(browser):
    """Oracle: the page as it is for a new reader."""
    with Home(browser) as home:
        home.page.add_init_script(
            "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
        )
        home.show(corner())
        home.enter("2", "-2")
        assert home.page.locator(".stn-verdict").inner_text() == "✓ Correct." and home.errors == []


def test_python_sees_what_the_reader_enters_and_a_view_that_is_gone_hears_nothing(browser):
    """Oracle: the traits of the page's model."""
    with Stage(browser) as stage:
        stage.enter("2", "7")
        assert stage.get("entries") == ["2", "7"] and stage.get("solved") is False
        stage.page.evaluate("window.model.set('entries', ['2', '-2'])")
        stage.press("Check")
        assert stage.get("solved") is True
        stage.page.evaluate("window.dispose()")
        assert stage.page.evaluate("window.model.heard()") == 0
