"""The explorable of chapter 7 with the reader's own hand, on a page: mouse, finger, keyboard, the hundred, how it fits."""

import itertools

import numpy as np
import pytest
import torch

from stn_lib import palette
from stn_lib.data import sample_digits
from stn_lib.widgets import DrawDigit
from tests.widgets.drawing import (
    PATH,
    PLACE,
    READ,
    SEVEN,
    Stage,
    as_mnist,
    mulberry,
    read,
    seven,
    widget,
)


def test_the_first_state_is_alive(browser):
    """Oracle: torch's answers to the example, placed by torch."""
    shown = widget()
    with Stage(browser, shown) as stage:
        shares = read(seven(), [{name: getattr(shown, name) for name in PLACE}])
        verdicts = [f"{int(p.argmax())} {'✓' if p.argmax() == 7 else '✗'} {100 * p.max():.0f} %" for p in shares]
        assert stage.texts(".stn-verdict") == verdicts
        assert stage.text(".stn-told").startswith("Both answer 7, which is correct.")
        assert (
            stage.page.locator(".stn-example[aria-pressed=true]").get_attribute("aria-label") == "Example 8, of class 7"
        )
        assert stage.page.locator(".stn-quad").get_attribute("d").count("L") == 3
        assert stage.page.locator(".stn-trials").first.locator(".stn-coming").count() == 100
        assert stage.errors == []


def test_a_mouse_writes_over_the_example(browser):
    """Oracle: by hand: the points of the mouse on a pad of 100 units; numpy's and scipy's picture of the strokes."""
    with Stage(browser) as stage:
        stage.write()
        assert stage.drawn() == 1
        assert not any(stage.page.locator(f".stn-{name}").is_visible() for name in ("keys", "pen"))
        stroke = np.reshape(stage.get("strokes")[0], (-1, 2))
        assert len(stroke) == 13
        assert np.abs(stroke[[0, 6, 12]] - PATH).max() <= 0.3
        assert stage.get("example", "meant") == [-1, -1]
        stage.page.get_by_role("radio", name="7").check(force=True)
        stage.write([(40, 52), (140, 52)])
        assert stage.drawn() == 2
        assert max(stage.get("strokes")[1]) == 100  # off the pad
        assert stage.get("meant") == 7  # a second stroke is the same digit
        stage.page.mouse.click(*stage.on_pad(10, 10))
        assert stage.drawn() == 3 and len(stage.get("strokes")[2]) == 2
        stage.page.mouse.click(*stage.on_pad(10, 10), button="right")
        assert len(stage.get("strokes")) == 3
        assert stage.errors == []


def test_the_networks_answer_while_the_pen_is_down(browser):
    """Oracle: torch, on the picture of the stroke that is not yet finished."""
    with Stage(browser) as stage:
        stage.press("Clear")
        stage.page.mouse.move(*stage.on_pad(*PATH[0]))
        stage.page.mouse.down()
        for point in PATH[1:]:
            stage.page.mouse.move(*stage.on_pad(*point), steps=6)
        before = stage.texts(".stn-verdict")
        assert stage.get("strokes") == []
        stage.page.mouse.up()
        assert stage.texts(".stn-verdict") == before
        digit = torch.tensor(stage.get("pixels")).view(28, 28) / 255
        state = dict(zip(PLACE, stage.get(*PLACE), strict=True))
        assert before == [f"{int(p.argmax())}, {100 * p.max():.0f} %" for p in read(digit, [state])]


def test_a_finger_writes_and_the_page_stays_where_it_is(browser):
    """Oracle: by hand: the points of the finger; no scrolling."""
    with Stage(browser, width=360, height=500, has_touch=True, is_mobile=True) as stage:
        touch = stage.page.context.new_cdp_session(stage.page)

        def send(kind, *point):
            at = [dict(zip("xy", stage.on_pad(*point), strict=True))] if point else []
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

        send("touchStart", 50, 80)
        for y in range(76, 12, -4):
            send("touchMove", 50, y)
        send("touchEnd")
        assert stage.page.evaluate("() => scrollY") == 0
        assert stage.drawn() == 1
        stroke = np.reshape(stage.get("strokes")[0], (-1, 2))
        assert stroke[0, 1] > 75 and stroke[-1, 1] < 25
        assert stage.errors == []


def test_a_keyboard_writes(browser):
    """Oracle: by hand: steps of 2 units from the middle, with Shift of 8, two arrows at once aslant."""
    with Stage(browser) as stage:
        keys, spoken = stage.page.keyboard, stage.page.locator(".stn-spoken")
        stage.page.locator(".stn-pad").focus()
        box = stage.page.locator(".stn-pad").bounding_box()
        assert stage.page.locator(".stn-keys").is_visible() and stage.page.locator(".stn-pen").is_visible()
        stage.page.locator(".stn-pad").blur()
        assert stage.page.locator(".stn-pad").bounding_box() == box  # what it says takes no room
        stage.page.locator(".stn-pad").focus()
        keys.press("Shift+ArrowUp")
        assert spoken.text_content() == "Pen up at 50, 42."
        keys.press("Space")
        assert spoken.text_content() == "Pen down at 50, 42."
        assert stage.page.locator(".stn-pen").get_attribute("data-down") == "true"
        keys.press("ArrowRight")
        keys.down("ArrowRight")
        keys.down("ArrowDown")
        keys.up("ArrowRight")
        keys.up("ArrowDown")
        keys.press("Shift+ArrowLeft")
        keys.press("Space")
        assert spoken.text_content() == "Pen up at 48, 44."
        assert stage.get("strokes") == [[50, 42, 52, 42, 54, 42, 56, 44, 48, 44]]
        assert stage.drawn() == 1
        for _ in range(20):
            keys.press("Shift+ArrowLeft")
        keys.press("Enter")
        stage.page.get_by_role("button", name="Upright").focus()  # lifts the pen
        assert stage.get("strokes")[1] == [0, 44]
        stage.page.locator(".stn-pad").focus()
        keys.press("Control+z")
        assert len(stage.get("strokes")) == 1
        assert stage.errors == []


def test_undo_and_clear(browser):
    """Oracle: by hand: each undo gives back what was there: a stroke, all of them, the example with its class."""
    with Stage(browser) as stage:
        undo = stage.page.get_by_role("button", name="Undo")
        assert undo.is_disabled()
        stage.write()
        stage.write([(38, 52), (70, 50)])
        stage.press("Clear")
        assert stage.get("strokes", "example", "meant") == [[], -1, -1]
        assert stage.get("pixels") == [0] * 784
        assert stage.text(".stn-told") == "The pad is empty. Both networks answer while you write."
        assert stage.texts(".stn-verdict") == ["–", "–"]
        assert stage.page.locator(".stn-hint").is_visible() and not stage.page.locator(".stn-quad").is_visible()
        assert all(stage.page.get_by_role("button", name=name).is_disabled() for name in ("Clear", "Try 100"))
        for count in (2, 1):
            undo.click()
            assert stage.drawn() == count
        undo.click()
        assert stage.get("strokes", "example", "meant") == [[], 7, 7]
        assert undo.is_disabled()
        stage.page.get_by_role("button", name="Example 4, of class 3").click()
        assert stage.get("example", "meant") == [3, 3]
        assert stage.get("pixels") == (sample_digits()[3] * 255).round().int().flatten().tolist()
        assert stage.errors == []


def test_the_sliders_and_their_training_range(browser):
    """Oracle: by hand: of -90 to 90 degrees, -45 to 45 lie from 1/4 to 3/4; of 0.5 to 1.5, 0.7 to 1.2 from .2 to .7."""
    with Stage(browser) as stage:
        rotation, scale = (stage.page.get_by_role("slider", name=name, exact=True) for name in ("rotation", "scale"))
        rotation.press("End")
        scale.press("Home")
        assert stage.get("degrees", "scale") == [90, 0.5]
        assert rotation.get_attribute("aria-valuetext") == "90°" and scale.get_attribute("aria-valuetext") == "×0.50"
        assert stage.text(".stn-told").endswith("Neither network was trained on such a strong distortion.")
        shares = "(node) => ['--stn-from', '--stn-to'].map((name) => Number(node.style.getPropertyValue(name)))"
        assert stage.page.locator(".stn-banded").evaluate_all(f"(nodes) => nodes.map({shares})") == [
            [0.25, 0.75],
            [0.2, 0.7],
        ]
        stage.press("Upright")
        assert stage.get(*PLACE) == [0, 0, 0, 1]
        assert stage.text(".stn-beyond") == ""
        stage.press("One at random")
        first = list(itertools.islice(mulberry(0), 404))[400:]  # behind the hundred that are on view
        assert stage.get("degrees", "scale") == pytest.approx([45 * (2 * first[0] - 1), 0.7 + 0.5 * first[1]])
        assert stage.text(".stn-beyond") == ""


def test_the_digit_is_dragged_and_stepped(browser):
    """Oracle: by hand: 50 pixels, the frame and its rim, are as wide as the panel; half a pixel a key; 14 at most."""
    with Stage(browser, widget(x=0.0, y=0.0)) as stage:
        box = stage.page.locator(".stn-pane").bounding_box()
        pixel, middle = box["width"] / 50, [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        stage.page.mouse.move(middle[0] + 10, middle[1])
        stage.page.mouse.down()
        stage.page.mouse.move(middle[0] + 10 + 5 * pixel, middle[1] - 3 * pixel, steps=3)
        assert stage.get("x", "y") == pytest.approx([5, -3], abs=0.05)
        stage.page.mouse.move(middle[0] + 900, middle[1] - 900, steps=3)
        stage.page.mouse.up()
        assert stage.get("x", "y") == [14, -14]
        handle = stage.page.get_by_role("slider", name="move the digit")
        for key in ("ArrowLeft", "ArrowLeft", "ArrowDown"):
            handle.press(key)
        assert stage.get("x", "y") == [13, -13.5]
        assert handle.get_attribute("aria-valuetext") == "x 13.0, y −13.5"
        assert stage.page.locator(".stn-pane").evaluate("(node) => getComputedStyle(node).touchAction") == "auto"


def test_the_answers_are_texts_too(browser):
    """Oracle: torch's probabilities; the digit that the reader names makes both answers wrong."""
    with Stage(browser) as stage:
        stage.page.get_by_role("radio", name="1", exact=True).check(force=True)
        assert stage.text("output.stn-told").startswith("Both answer 7, which is wrong.")
        state = dict(zip(PLACE, stage.get(*PLACE), strict=True))
        for bars, (share,) in zip(stage.page.locator(".stn-bars").all(), read(seven(), [state]), strict=True):
            told = [
                f"{k}: {100 * share[k]:.0f} %" for k in share.argsort(descending=True).tolist() if share[k] >= 0.005
            ]
            assert bars.get_attribute("aria-label") == ", ".join(told)


@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("width", [320, 390, 521, 688])
def test_nothing_runs_over_at_any_width(browser, width, count):
    """Oracle: the browser's own boxes: no wider than the page, no target too small for a finger, pictures square."""
    with Stage(
        browser, widget(examples=sample_digits()[[0] * count], labels=[0] * count, example=0), width=width
    ) as stage:
        stage.write()
        stage.hundred()
        assert stage.page.evaluate("() => document.documentElement.scrollWidth") <= width
        for box in stage.boxes("button, .stn-choice label, input[type=range]"):
            assert min(box["width"], box["height"]) >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= width
        for box in stage.boxes(".stn-pad, .stn-pane, .stn-frame canvas"):
            assert box["width"] == pytest.approx(box["height"], abs=0.5) and box["x"] + box["width"] <= width


def test_on_a_phone_the_digit_and_both_answers_stay_in_view(browser):
    """Oracle: the browser's boxes: while the pad, a slider or the hundred are used, the view is whole, at the top."""
    with Stage(browser, width=390, height=844) as stage:
        stage.hundred()
        view = stage.page.locator(".stn-view")
        for control in stage.page.locator(".stn-pad, input[type=range], .stn-lab button").all():
            control.evaluate("(node) => node.scrollIntoView({ block: 'end' })")
            box, other = view.bounding_box(), control.bounding_box()
            assert box["y"] >= 0 and box["height"] <= 380
            assert other["y"] >= box["y"] + box["height"] and other["y"] + other["height"] <= 845
        assert view.locator(".stn-pane, .stn-reader").count() == 3


def test_it_follows_the_theme(browser):
    """Oracle: the palette: a blank picture and the ink on the pad."""
    with Stage(browser, theme="dark") as stage:
        stage.write([(50, 10), (50, 90)])
        for theme, colours in (("dark", palette.DARK), ("light", palette.LIGHT)):
            stage.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            stage.settle()
            pixel = "(node) => [...node.getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
            for canvas in stage.page.locator(".stn-normal canvas, .stn-pane canvas, .stn-reader canvas").all():
                assert bytes(canvas.evaluate(pixel)).hex() == colours["surface"][1:]
            stroke = stage.page.locator(".stn-stroke").first.evaluate("(node) => getComputedStyle(node).stroke")
            assert bytes(map(int, stroke[4:-1].split(", "))).hex() == colours["ink"][1:]


def test_other_words_take_the_place_of_its_own(browser):
    """Oracle: a table of other words, all the way to the page."""

    def other(value):
        return {name: other(one) for name, one in value.items()} if isinstance(value, dict) else f"◊{value}"

    with Stage(browser, widget(words=other(DrawDigit.WORDS))) as stage:
        stage.page.get_by_role("button", name="◊Try 100").click()
        stage.page.wait_for_function(READ, timeout=60000)
        texts = stage.page.evaluate(
            """() => { const out = [], walk = document.createTreeWalker(document.querySelector(".stn-widget"), 4);
                while (walk.nextNode()) out.push(walk.currentNode.data.trim()); return out; }"""
        )
        own = [text for text in texts if text and not text.startswith("◊")]
        assert all(text.isdigit() for text in own), own


def test_a_kernel_may_change_it_and_it_hears_nothing_once_it_is_gone(browser):
    """Oracle: numpy's and scipy's picture of the strokes; the model counts who listens."""
    with Stage(browser) as stage:
        stage.page.evaluate(
            "(strokes) => { window.model.set('strokes', strokes); window.model.set('example', -1); }", SEVEN
        )
        stage.settle()
        blank = stage.page.locator(".stn-normal canvas").evaluate(
            "(node) => [...node.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, k) => k % 4 === 0)"
        )
        assert ((np.array(blank) != blank[0]) == (as_mnist(SEVEN).ravel() > 0)).all()
        assert stage.page.evaluate("() => window.model.heard()") == 7
        stage.press("Try 100 random distortions")
        stage.page.evaluate("() => { window.dispose(); window.model.set('x', 3); }")
        stage.settle()
        assert stage.page.evaluate("() => window.model.heard()") == 0
        assert stage.errors == []
