"""The two markers of chapter 7: the axis, what is said of them, what is kept, and a page that answers."""

import itertools
import math

import numpy as np
import pytest

from stn_lib import palette
from stn_lib.widgets import Estimate
from tests.widgets.stage import Stage as Alone
from tests.widgets.test_twin import call, module  # noqa: F401  (call is a fixture)

NAMES = ("CNN", "ST-CNN")
SPAN = (1, 90)


def ask(**other):
    return Estimate("ch0-test", "How many of a hundred?", NAMES, span=SPAN, unit="%", **other)


class Stage(Alone):
    """The widget alone on a page."""

    def slide(self, name, *keys):
        self.page.get_by_role("slider", name=name, exact=True).focus()
        for key in keys:
            self.page.keyboard.press(key)


def test_the_axis_is_logarithmic(call):  # noqa: F811
    """Oracle: numpy: 121 places from end to end have equal ratios; and back."""
    source = module("estimate.js", "valueAt, shareOf")
    shares = np.linspace(0, 1, 121)
    values = call(source, "(m, a) => a.map((t) => m.valueAt(t, [1, 90]))", shares.tolist())
    np.testing.assert_allclose(values, np.geomspace(1, 90, 121))
    back = call(source, "(m, a) => a.map((v) => m.shareOf(v, [1, 90]))", values)
    np.testing.assert_allclose(back, shares, atol=1e-12)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ([1, 90], [1, 2, 5, 10, 20, 50]),
        ([0.3, 4], [0.5, 1, 2]),
        ([2, 2000], [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]),
    ],
)
def test_ticks_are_ones_twos_and_fives(call, span, expected):  # noqa: F811
    """Oracle: by hand."""
    assert call(module("estimate.js", "ticks"), "(m, a) => m.ticks(a)", span) == expected


def test_both_markers_must_be_set_before_anything_is_said(browser):
    """Oracle: by hand: the middle of 1 to 90 is 9.49, so 9.5; a step from it is a factor of 90^(1/120)."""
    with Stage(browser, ask()) as stage:
        assert stage.texts(".stn-number") == ["?", "?"]
        assert stage.text(".stn-told") == "Move both markers. There is no score."
        assert not stage.page.get_by_role("button").is_visible()
        stage.slide("CNN", "ArrowRight")
        up = float(f"{math.sqrt(90) * 90 ** (1 / 120):.1f}")
        assert stage.get("guesses") == [up, 0] and stage.text(".stn-told") == "Now the other one."
        assert stage.texts(".stn-number") == [f"{up} %".replace(" ", "\u00a0"), "?"]
        stage.slide("CNN", "End")
        stage.slide("ST-CNN", "Home")
        assert stage.get("guesses") == [90, 1]
        told = stage.text(".stn-told").replace("\u00a0", " ")
        assert told == "Your guess: 90 % for the CNN, 1 % for the ST-CNN, 90 times as many for the CNN."
        stage.slide("CNN", "Home")
        assert stage.text(".stn-told").replace("\u00a0", " ") == "Your guess: 1 % for both."
        stage.press("Ask me again")
        assert stage.get("guesses") == [] and stage.texts(".stn-number") == ["?", "?"]
        assert stage.errors == []  # a page without an address of its own may store nothing: it forgets, no more


def test_the_runs_markers_stand_where_the_numbers_are(browser):
    """Oracle: logarithms by Python; what is said, by hand: 10.6 / 3.09 is 3.4."""
    found = {"ST-CNN": 3.0899, "CNN": 10.618}
    with Stage(browser, ask(found=found, guesses=[30.0, 15.0])) as stage:
        for row, values in zip(stage.page.locator(".stn-track").all(), [(10.618, 30), (3.0899, 15)], strict=True):
            box = row.bounding_box()
            for mark, value in zip((".stn-found", ".stn-mine"), values, strict=True):
                at = row.locator(mark).bounding_box()
                share = (at["x"] + at["width"] / 2 - box["x"] - 12) / (box["width"] - 24)
                assert share == pytest.approx(math.log(value) / math.log(90), abs=2e-3)
        told = stage.text(".stn-told").replace("\u00a0", " ")
        assert told == (
            "Your guess: 30 % for the CNN, 15 % for the ST-CNN, 2.0 times as many for the CNN.\n"
            "The run: 10.6 % for the CNN, 3.09 % for the ST-CNN, 3.4 times as many for the CNN."
        )
        assert stage.page.get_by_role("slider").count() == 0
    with Stage(browser, ask(found=found)) as stage:
        assert stage.text(".stn-told").startswith("You have set no markers yet")
        assert stage.page.locator(".stn-marks .stn-mine").count() == 0


def test_it_hears_the_markers_of_its_own_key_alone_until_it_is_gone(browser):
    """Oracle: the event that the widget at the top of the page sends."""
    heard = """([key, guesses]) => { window.dispatchEvent(new CustomEvent("stn-estimate", { detail: { key, guesses } })); }"""
    with Stage(browser, ask(found={"CNN": 9, "ST-CNN": 9})) as stage:
        stage.page.evaluate(heard, ["ch0-other", [5, 6]])
        assert stage.get("guesses") == []
        stage.page.evaluate(heard, ["ch0-test", [5, 6]])
        assert stage.get("guesses") == [5, 6] and stage.page.locator(".stn-marks .stn-mine").count() == 2
        assert stage.text(".stn-told").endswith("The run: 9\u00a0% for both.")
        stage.page.evaluate("window.dispose()")
        stage.page.evaluate(heard, ["ch0-test", [7, 8]])
        assert stage.get("guesses") == [5, 6] and stage.page.evaluate("window.model.heard()") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [288, 688])
def test_it_fits_and_its_marks_are_seen(browser, width, theme):
    """Oracle: the page is no wider than the window; a tick's text does not meet the next; the run's mark has the
    palette's colour."""
    with Stage(
        browser, ask(found={"CNN": 10.6, "ST-CNN": 3.1}, guesses=[20.0, 9.0]), width=width, theme=theme
    ) as stage:
        assert stage.page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [tick.bounding_box() for tick in stage.page.locator(".stn-scale > span").all()]
        assert all(a["x"] + a["width"] < b["x"] for a, b in itertools.pairwise(boxes))
        colour = getattr(palette, theme.upper())["answer"]
        rgb = ", ".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))
        mark = stage.page.locator(".stn-marks .stn-found").first
        assert mark.evaluate("(node) => getComputedStyle(node).backgroundColor") == f"rgb({rgb})"


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"names": ("a",)}, "expected two names and a span"),
        ({"span": (0, 5)}, "0 < low < high"),
        ({"span": (5, 5)}, "0 < low < high"),
        ({"found": {"a": 2.0}}, "expected found to hold a number from 1 to 9 for each of"),
        ({"found": {"a": 2.0, "b": 10.0}}, "expected found to hold a number from 1 to 9"),
        ({"found": {"a": 2.0, "b": math.nan}}, "expected found to hold"),
    ],
)
def test_bad_questions_are_refused(other, message):
    """Oracle: the message."""
    with pytest.raises(ValueError, match=message):
        Estimate("k", "?", **{"names": ("a", "b"), "span": (1, 9), **other})


def test_without_javascript_the_question_or_the_numbers_stand_there():
    """Oracle: the text, escaped."""
    asked = Estimate("k", "is 1 < 2?", ("a", "b"), span=(1, 9))._fallback
    assert "is 1 &lt; 2?" in asked
    told = Estimate("k", "", ("<a>", "b"), span=(1, 9), unit="%", found={"<a>": 2.5, "b": 3})._fallback
    assert "&lt;a&gt;: 2.5 %" in told and "<a>" not in told
