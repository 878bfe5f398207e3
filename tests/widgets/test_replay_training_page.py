"""The explorable of chapter 7 on a page: mouse, finger, keyboard, playing, what it says and how it fits."""

import math

import pytest
from scipy import ndimage

from stn_lib import palette
from stn_lib.widgets import ReplayTraining
from tests.widgets.recorded_run import LABELS, STEPS, frames, make_images, widget
from tests.widgets.stage import Stage as Alone

# The left end of every window's upper edge, card by card: digit 1 is the one that moves.
TOPS = """() => [...document.querySelectorAll(".stn-card .stn-top")].map((path) => Number(path.getAttribute("d").slice(1).split(" ")[0]))"""


class Stage(Alone):
    """The widget alone on a page."""

    def __init__(self, browser, shown=None, **options):
        super().__init__(browser, shown or widget(), **options)

    def at(self, step):
        """A place of the chart, on the screen; its axis has room of 36 pixels at its left and 12 at its right."""
        box = self.page.locator(".stn-plot").bounding_box()
        return box["x"] + 36 + step / STEPS[-1] * (box["width"] - 48), box["y"] + 90


def test_the_first_state_tells_the_numbers(browser):
    """Oracle: by hand, from the recorded tables: step 20, errors of 40 and 9 % of 2,000 images."""
    with Stage(browser) as stage:
        assert stage.text(".stn-told") == "Step 20: of all 2,000 test images the CNN misclassifies 800, the ST-CNN 180."
        assert stage.texts(".stn-verdict b") == ["7 ✓", "7 ✓", "1 ✗", "2 ✓", "1 ✗", "1 ✗"]
        assert stage.page.locator(".stn-plot .stn-value").all_text_contents() == ["CNN 40.0 %", "ST-CNN 9.0 %"]
        assert stage.text(".stn-number") == "20 of 40"
        assert stage.texts(".stn-six span") == ["1.00", "0.00", "0.25", "0.00", "1.00", "0.00"]
        readings = stage.texts(".stn-reading dd")
        y, x = (at + 0.5 for at in ndimage.center_of_mass(make_images()[1, 0].numpy()))
        assert readings.pop(2) == f"{math.hypot(10 - x, 6 - y):.1f} px"  # the window's centre is at (10, 6)
        assert readings == ["2.0 px right", "0.0 px", "×1.00", "0°", "1.00 : 1"]
        assert stage.page.locator(".stn-card input:checked").get_attribute("aria-label") == (
            "Image 2, of class 2. The CNN answers 1, which is wrong. The ST-CNN answers 2, which is correct."
        )
        assert stage.errors == []


def test_without_the_number_of_test_images_it_tells_rates(browser):
    """Oracle: by hand, from the recorded tables."""
    with Stage(browser, widget(tested=0)) as stage:
        assert stage.text(".stn-told") == "Step 20: the CNN’s error rate is 40.0 %, the ST-CNN’s 9.0 %."


def test_a_side_of_v_is_as_long_as_a_side_of_u(browser):
    """Oracle: by hand: both canvases hold the coordinates −1 to 1."""
    shown = ReplayTraining(make_images(3, 42, 42), LABELS, frames())
    for width in (390, 688):
        with Stage(browser, shown, width=width) as stage:
            for card in stage.page.locator(".stn-card").all():
                u, v = (card.locator(f"{at} > canvas").bounding_box() for at in (".stn-pane", ".stn-pair"))
                assert u["width"] == pytest.approx(v["width"], rel=0.05)


def test_the_slider_and_the_buttons_step_and_stop_at_both_ends(browser):
    """Oracle: by hand: the frames are 0 to 4."""
    with Stage(browser) as stage:
        stage.page.get_by_role("slider", name="training step").focus()
        for key, frame in [("ArrowRight", 3), ("End", 4), ("ArrowRight", 4), ("ArrowLeft", 3), ("Home", 0)]:
            stage.page.keyboard.press(key)
            assert stage.get("frame") == frame
        assert stage.page.get_by_role("slider").get_attribute("aria-valuetext") == "0 of 40"
        for name, frame in [("Back", 0), ("Next", 1), ("Next", 2), ("Next", 3), ("Next", 4), ("Next", 4), ("Back", 3)]:
            stage.press(name)
            assert stage.get("frame") == frame
        assert stage.text(".stn-number") == "30 of 40"


def test_playing_glides_between_the_recorded_steps_and_answers_with_the_last_one(browser):
    """Oracle: by hand: the window of digit 1 starts at x 0 and moves by a sixteenth of 16 pixels a frame."""
    with Stage(browser, widget(step=0)) as stage:
        stage.press("Play")
        assert stage.text(".stn-play") == "Pause"
        seen = stage.page.evaluate(
            f"""async () => {{
                const out = [], tops = {TOPS};
                while (window.model.get("frame") < 2) {{
                    await new Promise(requestAnimationFrame);
                    out.push([window.model.get("frame"), tops(), document.querySelectorAll(".stn-verdict b")[3].textContent]);
                }}
                return out;
            }}"""
        )
        first = [(tops, verdict) for frame, tops, verdict in seen if frame == 0]
        assert {verdict for _, verdict in first} == {"0 ✗"}
        moved = [tops[1] for tops, _ in first]
        assert moved == sorted(moved) and len(set(moved)) > 10 and 0.7 < max(moved) <= 1
        assert all(tops[0] == tops[2] == 0 for tops, _ in first)
        stage.page.wait_for_function("() => window.model.get('frame') === 4", timeout=15000)
        assert stage.text(".stn-play") == "Play"
        assert stage.page.evaluate(TOPS) == [0, 4, 0]
        assert stage.page.evaluate("() => window.seen") == [1, 2, 3, 4]
        stage.press("Play")  # at the end it begins anew
        assert stage.get("frame") == 0
        assert stage.errors == []


def test_a_pause_shows_what_was_recorded(browser):
    """Oracle: by hand: at rest the window stands at a whole number of pixels; a slider that is moved stops the play."""
    with Stage(browser, widget(step=0)) as stage:
        stage.press("Play")
        stage.page.wait_for_timeout(500)
        stage.press("Pause")
        assert stage.get("frame") == stage.page.evaluate(TOPS)[1] == 0
        stage.press("Play")
        stage.press("Next")
        assert stage.text(".stn-play") == "Play"
        assert stage.get("frame") == 1
        stage.page.wait_for_timeout(1500)
        assert stage.get("frame") == stage.page.evaluate(TOPS)[1] == 1


def test_who_wants_no_motion_sees_recorded_windows_alone(browser):
    """Oracle: by hand: only whole numbers of pixels."""
    with Stage(browser, widget(step=0), reduced_motion="reduce") as stage:
        stage.press("Play")
        seen = stage.page.evaluate(
            f"""async () => {{
                const out = new Set(), tops = {TOPS};
                while (window.model.get("frame") < 4) {{
                    await new Promise(requestAnimationFrame);
                    out.add(tops()[1]);
                }}
                return [...out];
            }}"""
        )
        assert seen in ([0, 1, 2, 3], [0, 1, 2, 3, 4])  # the last is drawn as the loop ends


def test_the_chart_takes_a_click_and_a_drag(browser):
    """Oracle: by hand: the recorded step that is nearest to the pointer; outside, the first and the last."""
    with Stage(browser) as stage:
        mouse = stage.page.mouse
        mouse.click(*stage.at(31))
        assert stage.get("frame") == 3
        mouse.move(*stage.at(31))
        mouse.down()
        for step, frame in [(14, 1), (16, 2), (-20, 0), (90, 4)]:
            mouse.move(*stage.at(step))
            assert stage.get("frame") == frame
        mouse.up()
        mouse.move(*stage.at(10))
        assert stage.get("frame") == 4
        assert stage.errors == []


def test_the_cursor_stands_over_the_thumb_and_the_future_is_faint(browser):
    """Oracle: by hand: with even steps the thumb's middle runs from 12 pixels inside the track to 12."""
    with Stage(browser) as stage:
        for step in STEPS:
            stage.page.mouse.click(*stage.at(step))
            stage.settle()
            track = stage.page.locator("input[type=range]").bounding_box()
            cursor = stage.page.locator(".stn-cursor").bounding_box()
            thumb = track["x"] + 12 + step / STEPS[-1] * (track["width"] - 24)
            assert cursor["x"] + cursor["width"] / 2 == pytest.approx(thumb, abs=1)
        stage.page.mouse.click(*stage.at(0))
        stage.settle()
        past, future = ".stn-curve.stn-plain:not(.stn-future)", ".stn-future.stn-plain"
        count = "(path) => path.getAttribute('d').split('L').length"
        assert [stage.page.locator(path).evaluate(count) for path in (past, future)] == [1, 5]
        assert float(stage.page.locator(future).evaluate("(path) => getComputedStyle(path).opacity")) < 0.5


def test_a_digit_is_chosen_by_mouse_and_by_keyboard(browser):
    """Oracle: by hand: the windows of digits 0 and 2 never move; digit 1's way has as many points as frames."""
    with Stage(browser, widget(step=40)) as stage:
        ways = "() => [...document.querySelectorAll('.stn-walked')].map((way) => way.getAttribute('d').slice(1).split('L'))"
        assert stage.page.evaluate(ways)[1] == [f"{x:.2f} 6.00" for x in (8, 9, 10, 11, 12, 12)]
        stage.page.locator(".stn-card").first.click(position={"x": 60, "y": 60})
        assert stage.get("digit") == 0
        assert stage.texts(".stn-reading dd")[0] == "0.0 px"
        stage.page.locator(".stn-card input:checked").focus()
        stage.page.keyboard.press("ArrowRight")
        assert stage.get("digit") == 1
        assert stage.texts(".stn-reading dd")[0] == "4.0 px right"
        stage.page.evaluate("() => window.model.set('digit', 2)")  # by a kernel
        stage.settle()
        assert stage.page.locator(".stn-card input:checked").get_attribute("value") == "2"


def test_the_curve_switches(browser):
    """Oracle: by hand, from the recorded tables."""
    with Stage(browser) as stage:
        stage.page.get_by_role("radio", name="Loss").check(force=True)
        assert stage.get("curve") == "loss"
        assert stage.page.locator(".stn-plot .stn-value").all_text_contents() == ["CNN 1.20", "ST-CNN 0.40"]
        assert stage.page.locator(".stn-plot .stn-axis-y").all_text_contents() == ["0.1", "0.3", "1"]
        assert "Loss" in stage.text(".stn-time figcaption")
        assert stage.page.locator(".stn-plot").get_attribute("aria-label") == "Loss on all test images"


def test_a_card_is_named_by_both_answers_of_its_step(browser):
    """Oracle: by hand, from the recorded tables."""
    with Stage(browser, widget(step=0)) as stage:
        stage.page.locator("input[type=range]").press("End")
        stage.settle()
        labels = [node.get_attribute("aria-label") for node in stage.page.locator(".stn-card input").all()]
        assert (
            labels[2]
            == "Image 3, of class 0. The CNN answers 1, which is wrong. The ST-CNN answers 0, which is correct."
        )


@pytest.mark.parametrize("count", [1, 4, 6, 8, 12])
@pytest.mark.parametrize("width", [320, 390, 688])
def test_nothing_runs_over_at_any_width(browser, width, count):
    """Oracle: the browser's own boxes: no wider than the page, no word wider than its card, a target for a finger."""
    labels, theta = (LABELS * 4)[:count], frames()[0]["theta"][:1].repeat(count, 1, 1)
    made = frames(theta=lambda k: theta, answers=lambda k: {"cnn": labels, "st-cnn": labels})
    with Stage(browser, ReplayTraining(make_images(count, 42, 42), labels, made), width=width) as stage:
        assert stage.page.evaluate("() => document.documentElement.scrollWidth") <= width
        wide = (
            "(nodes) => nodes.filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => node.className)"
        )
        assert stage.page.locator(".stn-verdict, .stn-six, .stn-reading dl, .stn-button").evaluate_all(wide) == []
        for box in stage.boxes(".stn-card, .stn-button"):
            assert min(box["width"], box["height"]) >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= width


def test_it_follows_the_theme(browser):
    """Oracle: the palette: the outermost pixels of a blank picture are the surface of the theme."""
    shown = ReplayTraining(make_images() * 0, LABELS, frames(), out_size=(6, 8))
    pixel = "() => [...document.querySelector('.stn-pair > canvas').getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
    with Stage(browser, shown, theme="dark") as stage:
        for theme, colours in (("dark", palette.DARK), ("light", palette.LIGHT)):
            stage.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            stage.settle()
            assert bytes(stage.page.evaluate(pixel)).hex() == colours["surface"][1:]


def test_other_words_take_the_place_of_its_own(browser):
    """Oracle: a table of other words, all the way to the page."""

    def other(value):
        if isinstance(value, dict):
            return {name: other(one) for name, one in value.items()}
        return [[key, other(text)] for key, text in value] if isinstance(value, list) else f"◊{value}"

    with Stage(browser, widget(words=other(ReplayTraining.WORDS))) as stage:
        texts = stage.page.evaluate(
            """() => { const out = [], walk = document.createTreeWalker(document.querySelector(".stn-widget"), 4);
                while (walk.nextNode()) out.push(walk.currentNode.data.trim()); return out; }"""
        )
        own = [text for text in texts if text and not text.startswith("◊")]
        assert all(text.lstrip("−").replace(".", "").isdigit() for text in own), own


def test_it_hears_nothing_any_more_once_it_is_gone(browser):
    """Oracle: the model counts who listens."""
    with Stage(browser, widget(step=0)) as stage:
        assert stage.page.evaluate("() => window.model.heard()") == 3
        stage.press("Play")
        stage.page.evaluate("() => window.dispose()")
        stage.page.wait_for_timeout(1500)
        assert stage.page.evaluate("() => window.model.heard()") == 0
        assert stage.get("frame") == 0
        assert stage.errors == []
