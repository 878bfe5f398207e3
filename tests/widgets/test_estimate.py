"""The two markers of chapter 7: the axis, what is said of them, what is kept, and a page that answers."""

import itertools
import math
import re

import numpy as np
import pytest

from stn_lib import palette
from stn_lib.widgets import Estimate
from tests.widgets.javascript import module
from tests.widgets.stage import Stage as Alone

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


def js(call, names, code, *given):
    return call(module("estimate/model.js"), code, list(given))


def test_the_axis_is_logarithmic_and_ends(call):
    """Oracle: numpy: places of equal ratios are evenly spaced; what lies off the axis stands at its end."""
    shares = js(call, "shareOf", "(m, [v]) => v.map((x) => m.shareOf(x, [1, 90]))", np.geomspace(1, 90, 121).tolist())
    np.testing.assert_allclose(shares, np.linspace(0, 1, 121), atol=1e-12)
    assert js(call, "shareOf", "(m) => [0, 0.5, 91].map((x) => m.shareOf(x, [1, 90]))") == [0, 0, 1]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ([1, 90], [1, 2, 5, 10, 20, 50]),
        ([0.3, 4], [0.5, 1, 2]),
        ([2, 2000], [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]),
    ],
)
def test_ticks_are_ones_twos_and_fives(call, span, expected):
    """Oracle: by hand."""
    assert js(call, "ticks", "(m, [span]) => m.ticks(span)", span) == expected


@pytest.mark.parametrize("span", [(1, 90), (0.3, 4), (1.34, 125)])
def test_all_numbers_of_two_digits_can_be_guessed_and_no_other(call, span):
    """Oracle: Python's own rounding of every number that a fine walk along the axis meets."""
    got = js(call, "guessable", "(m, [span]) => m.guessable(span)", span)
    walk = {float(f"{x:.1e}") for x in np.geomspace(*span, 20_000)}
    assert got == sorted(x for x in walk if span[0] <= x <= span[1])


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ([10, 10], ("close", None, None)),
        ([10.6, 10.3], ("close", None, None)),  # 1.03: nobody says 1.0 times as many
        ([10.6, 3.09], ("times", "3.4", 0)),
        ([3.09, 10.6], ("times", "3.4", 1)),
        ([9.97, 1], ("times", "10", 0)),
        ([90, 1], ("times", "90", 0)),
        ([0, 5], ("none", None, 1)),
        ([0, 0], ("close", None, None)),
    ],
)
def test_what_two_numbers_say_together(call, pair, said):
    """Oracle: by hand."""
    got = js(call, "compared", "(m, [pair]) => m.compared(pair)", pair)
    kind, ratio, more = said
    assert (got["kind"], got.get("ratio")) == (kind, ratio) and (more is None or got["more"] == more)


@pytest.mark.parametrize("kept", [None, {}, [], [5], [5, 6, 7], ["9", "10"], [[5], [6]], [True, 5], [5, 91], [-1, 5]])
def test_what_a_browser_kept_may_be_anything(call, kept):
    """Oracle: only two numbers on the axis, or 0 for none yet, are guesses."""
    assert not js(call, "fits", "(m, [kept]) => m.fits(kept, 2, [1, 90])", kept)
    assert js(call, "fits", "(m) => [[5, 0], [1, 90]].every((kept) => m.fits(kept, 2, [1, 90]))")


def test_both_markers_must_be_set_before_anything_is_said(browser):
    """Oracle: by hand: the middle of 1 to 90 is 9.49, so the numbers beside it are 9.4, 9.5 and 9.6."""
    with Stage(browser, ask()) as stage:
        assert stage.texts(".stn-number") == ["?", "?"]
        assert stage.text(".stn-told") == "Move both markers. There is no score."
        assert not stage.page.get_by_role("button").is_visible()
        stage.slide("CNN", "ArrowRight")
        assert stage.get("guesses") == [9.6, 0] and stage.text(".stn-told") == "Now move the other marker."
        assert stage.texts(".stn-number") == ["9.6\u00a0%", "?"]
        stage.slide("CNN", "End")
        stage.slide("ST-CNN", "Home")
        assert stage.get("guesses") == [90, 1]
        told = stage.text(".stn-told").replace("\u00a0", " ")
        assert told == "Your guess: 90 % for the CNN, 1 % for the ST-CNN, 90 times as many for the CNN."
        stage.slide("CNN", "Home", "PageUp", "ArrowLeft")
        told = stage.text(".stn-told").replace("\u00a0", " ")
        assert told == "Your guess: 1.9 % for the CNN, 1 % for the ST-CNN, 1.9 times as many for the CNN."
        stage.press("Guess again")
        assert stage.get("guesses") == [] and stage.texts(".stn-number") == ["?", "?"]
        assert stage.errors == []  # a page without an address of its own may store nothing: it forgets, no more


def test_every_press_of_an_arrow_key_is_another_number(browser):
    """Oracle: by hand: 90 numbers from 1.0 to 9.9 and 81 from 10 to 90: 170 steps up, and as many down."""
    with Stage(browser, ask()) as stage:
        slider = stage.page.get_by_role("slider", name="CNN", exact=True)
        for first, key, last in (("Home", "ArrowRight", 90), ("End", "ArrowLeft", 1)):
            stage.slide("CNN", first)
            seen = [slider.get_attribute("aria-valuetext")]
            for _ in range(170):
                stage.page.keyboard.press(key)
                seen.append(slider.get_attribute("aria-valuetext"))
            assert len(set(seen)) == 171 and stage.get("guesses")[0] == last


def test_a_marker_that_is_pressed_where_it_stands_or_dragged_is_set(browser):
    """Oracle: by hand: the middle is 9.49; a third of the way is 90^(1/3) = 4.48."""
    with Stage(browser, ask()) as stage:
        for name, share in (("CNN", 1 / 2), ("ST-CNN", 1 / 3)):
            box = stage.page.get_by_role("slider", name=name, exact=True).bounding_box()
            y = box["y"] + box["height"] / 2
            stage.page.mouse.move(box["x"] + box["width"] / 2, y)
            stage.page.mouse.down()
            stage.page.mouse.move(box["x"] + 12 + share * (box["width"] - 24), y, steps=5)
            stage.page.mouse.up()
        first, second = stage.get("guesses")
        assert first == 9.5 and second == pytest.approx(4.48, rel=0.03)


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
        stage.page.evaluate(heard, ["ch0-test", [500, "6"]])
        assert stage.get("guesses") == []
        stage.page.evaluate(heard, ["ch0-test", [5, 0]])
        assert stage.text(".stn-told").startswith("Now move the other marker.")
        assert stage.page.locator(".stn-marks .stn-mine").count() == 1
        stage.page.evaluate(heard, ["ch0-test", [5, 6]])
        assert stage.get("guesses") == [5, 6] and stage.page.locator(".stn-marks .stn-mine").count() == 2
        assert stage.text(".stn-told").endswith(
            "The run: 9\u00a0% for the CNN, 9\u00a0% for the ST-CNN, about as many."
        )
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
        ({"names": ("a",)}, "expected two different names, got"),
        ({"names": ("a", "a")}, "expected two different names, got"),
        ({"span": (0, 5)}, "expected span .low, high. with 0 < low < high, got"),
        ({"span": (5, 5)}, "0 < low < high"),
        ({"span": (1, math.inf)}, "0 < low < high"),
        ({"span": (1,)}, "0 < low < high"),
        ({"span": 5}, "0 < low < high"),
        ({"found": {"a": 2.0}}, "expected found to hold a number >= 0 for each of"),
        ({"found": {"a": 2.0, "b": -1.0}}, "expected found to hold a number >= 0"),
        ({"found": {"a": 2.0, "b": math.nan}}, "expected found to hold"),
    ],
)
def test_bad_questions_are_refused(other, message):
    """Oracle: the message."""
    with pytest.raises(ValueError, match=message):
        Estimate("k", "?", **{"names": ("a", "b"), "span": (1, 9), **other})


def test_without_javascript_the_question_and_its_axis_are_there():
    """Oracle: the text, escaped; 3 is halfway from 1 to 9 on a logarithmic axis, from 18 to 402."""
    asked = Estimate("k", "is 1 < 2?", ("a", "b"), span=(1, 9))._fallback
    assert "is 1 &lt; 2?" in asked and "<circle" not in asked
    assert re.findall(r">(\d+)</text>", asked) == ["1", "2", "5"]
    told = Estimate("k", "is 1 < 2?", ("<a>", "b"), span=(1, 9), unit="%", found={"<a>": 2.5, "b": 3})._fallback
    assert "is 1 &lt; 2?" in told and "&lt;a&gt;: 2.5 %" in told and "<a>" not in told
    assert re.findall(r'<circle cx="([\d.]+)"', told)[1] == "210.0"
