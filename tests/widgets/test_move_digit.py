"""The explorable of chapter 1 on a page: its sense of rotation, the path that it draws, its walk."""

import re

import pytest
import torch

from stn_lib.models import CNN
from stn_lib.widgets import MoveDigit
from tests.widgets.javascript import module
from tests.widgets.stage import Stage

REST = {"right": 0, "down": 0, "rotation": 0, "size": 1, "tilt": 0, "shadow": 0}


def make(**traits):
    torch.manual_seed(0)
    return MoveDigit(CNN(in_size=(40, 40)).eval(), digit=7, **traits)


def test_convention_the_handle_rotates_counter_clockwise_for_positive_angles(browser):
    """Oracle: by hand: a knob above the centre that moves to the left has rotated counter-clockwise."""
    with Stage(browser, make()) as stage:
        knob = stage.page.locator(".stn-move-digit .stn-handle").nth(1)
        knob.focus()
        for _ in range(5):
            stage.page.keyboard.press("ArrowLeft")
        rotation = stage.get("rotation")
        assert 10 < rotation < 20  # 5 steps of 0.6 pixels on an arm of 13 (rounded at each step)
        assert float(knob.get_attribute("aria-valuenow")) == rotation
        assert knob.get_attribute("aria-valuetext").startswith(f"rotated by {rotation} degrees")
        for _ in range(10):
            stage.page.keyboard.press("ArrowRight")
        assert -20 < stage.get("rotation") < -10
        assert stage.errors == []


def test_the_knob_is_on_the_left_for_a_positive_angle(browser):
    """Oracle: by hand: at 90 degrees the arm of 13 pixels points to the left of the centre (20, 20)."""
    with Stage(browser, make(rotation=90.0)) as stage:
        knob = stage.page.locator(".stn-move-digit .stn-handle").nth(1)
        x, y = (float(part) for part in knob.get_attribute("transform").removeprefix("translate(").rstrip(")").split())
        assert abs(x - 7) < 1e-6 and abs(y - 20) < 1e-6


def test_convention_the_static_image_rotates_counter_clockwise():
    """Oracle: SVG's rotate(), which is clockwise."""
    assert "rotate(-30)" in make(rotation=30.0)._fallback


@pytest.mark.parametrize(
    ("to", "count", "second"),
    [
        ({}, 1, None),
        ({"right": 6}, 7, {"right": 1}),
        ({"right": 4, "down": -2}, 5, {"right": 1, "down": 0}),  # Math.round: -0.5 becomes 0
        ({"rotation": -20}, 5, {"rotation": -5}),
        ({"size": 1.5, "shadow": 0.5}, 11, {"size": 1.05, "shadow": 0.05}),
        ({"rotation": 180}, 25, {"rotation": 7.5}),
    ],
)
def test_a_way_goes_in_small_steps_from_one_state_to_the_other(call, to, count, second):
    """Oracle: by hand: a step is 1 pixel, 5 degrees or 0.05; there are at most 24 of them."""
    end = REST | to
    got = call(module("move_digit/model.js"), "(m, [from, to]) => m.way(from, to)", [REST, end])
    assert len(got) == count and got[-1] == end
    if second:
        assert got[0] == REST and got[1] == pytest.approx(REST | second)


def test_the_sentence_below_the_curves_holds_for_every_combination(browser):
    """Oracle: by hand: halfway between the middle and the end, a curve of 20, 100, 20 is at 60."""
    torch.manual_seed(0)
    curves = {"right": [20.0, 100.0, 20.0], "size": [100.0, 100.0]}
    with Stage(browser, MoveDigit(CNN(in_size=(40, 40)).eval(), curves, digit=7, right=6.0)) as stage:
        assert stage.text(".stn-alone") == "Only right 6 px: the accuracy is 60 %."
        stage.page.evaluate("location.hash = '#move-digit?right=6&size=1.2'")
        told = "Each alone: right 60 %, size 100 %. All together: not measured."
        assert stage.text(".stn-alone") == told
        stage.press("Reset")
        assert stage.text(".stn-alone") == "Nothing is changed: the accuracy is 100 %."


EXTREMES = "right=-12&down=-12&rotation=-180&size=1.23&tilt=-60&shadow=0.88"


@pytest.mark.parametrize(("width", "most"), [(688, 744), (358, None), (300, None)])
def test_the_card_never_grows_and_fits_into_a_desktop_window(browser, width, most):
    """Oracle: a window of 800 pixels has a header of 56; the longest sentences name all six changes."""
    shown = MoveDigit(CNN(in_size=(40, 40)).eval(), {name: [100.0, 100.0] for name in REST}, digit=7)
    with Stage(browser, shown, width=width) as stage:
        heights = [stage.page.locator(".stn-frame").bounding_box()["height"]]
        stage.page.evaluate("(hash) => { location.hash = hash; }", f"#move-digit?{EXTREMES}")
        flipped = "The answer last changed from 2 to 8, at right −12 px, down −12 px, rotation −180°, size ×1.23, tilt −60°, shadow 88 %."
        assert stage.text(".stn-alone").count("100 %") == 6
        stage.page.evaluate("(text) => { document.querySelector('.stn-told').textContent = text; }", flipped)
        heights.append(stage.page.locator(".stn-frame").bounding_box()["height"])
        assert len(set(heights)) == 1 and heights[0] <= (most or heights[0])


def test_the_caption_of_the_map_says_that_it_is_computed(browser):
    with Stage(browser, make()) as stage:
        caption = stage.page.locator(".stn-explore figcaption")
        for change in (None, "#move-digit?rotation=30"):
            if change:
                stage.page.evaluate("(hash) => { location.hash = hash; }", change)
                stage.page.locator("[aria-busy=true] figcaption", has_text="computing").wait_for()
            stage.page.locator("[aria-busy=false]").wait_for()
            assert caption.inner_text() == "Map: ■ correct, × wrong"


@pytest.mark.parametrize(
    ("width", "gap", "marked"), [(300, 24, [[5, 0], [4, 1], [3, 0]]), (300, 12, [[5, 0], [4, 1]]), (50, 12, [[5, 0]])]
)
def test_each_change_that_is_marked_has_room_for_its_label(call, width, gap, marked):
    """Oracle: by hand: the answer changes before steps 3, 4 and 5; a label takes 40 pixels of its row."""
    body = """(m, [width, gap, guesses]) =>
        m.markChanges(guesses.map((guess) => ({ guess })), (k) => gap * k, width).map(({ k, row }) => [k, row])"""
    assert call(module("move_digit/trace.js"), body, [width, gap, [7, 7, 7, 3, 7, 1]]) == marked


def test_keys_take_a_handle_to_the_ends_of_its_range(browser):
    """Oracle: by hand: the digit moves by 12 pixels at most, and rotates by half a circle."""
    with Stage(browser, make()) as stage:
        for handle, key, name, end in [
            (0, "Home", "right", -12),
            (0, "End", "right", 12),
            (0, "PageUp", "down", -10),
            (1, "PageUp", "rotation", 45),
            (1, "PageDown", "rotation", 0),
            (1, "Home", "rotation", -180),
            (1, "End", "rotation", 180),
            (2, "Home", "right", -12),
        ]:
            stage.page.locator(".stn-handle").nth(handle).press(key)
            assert stage.get(name) == end, (handle, key)
        for node in stage.page.locator(".stn-handle").all():
            low, now, high = (float(node.get_attribute(f"aria-value{part}")) for part in ("min", "now", "max"))
            assert low <= now <= high
        assert stage.errors == []


def points(stage):
    """How many points the drawn path has."""
    stage.settle()
    return len(re.findall("[ML]", stage.page.locator(".stn-sure").get_attribute("d")))


def test_the_path_leads_from_the_digit_at_rest_to_the_state_that_the_page_opens_with(browser):
    with Stage(browser, make(right=6.0)) as stage:
        assert points(stage) == 7
        stage.page.locator(".stn-handle").first.press("ArrowRight")
        assert points(stage) == 8
        stage.page.evaluate("location.hash = '#move-digit?right=3&digit=2'")  # a link opens a state
        assert points(stage) == 4
        stage.press("Reset")
        assert points(stage) == 1
        assert stage.errors == []


def test_a_change_of_the_theme_adds_nothing_to_the_path(browser):
    with Stage(browser, make(right=6.0)) as stage:
        stage.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        assert points(stage) == 7


def test_the_walk_starts_in_the_middle_if_the_answer_is_wrong(browser):
    """Oracle: a network that always says 8: a seven is wrong everywhere, so the walk goes to the end without a change."""
    network = CNN(in_size=(40, 40)).eval()
    torch.nn.init.zeros_(network[-1].weight)
    torch.nn.init.zeros_(network[-1].bias)
    network[-1].bias.data[8] = 5
    with Stage(browser, MoveDigit(network, digit=7, right=6.0), reduced_motion="reduce") as stage:
        stage.press("Move right until the answer changes")
        assert stage.get("right") == 12
        assert points(stage) == 13
        assert "did not change" in stage.text(".stn-told")
