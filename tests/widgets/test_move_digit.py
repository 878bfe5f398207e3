"""The explorable of chapter 1 on a page: its sense of rotation, by handle, by slider and without JavaScript."""

import torch

from stn_lib.models import CNN
from stn_lib.widgets import MoveDigit
from tests.widgets.stage import Stage


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
    assert 'rotate(-30 14.0 14.0)"' in make(rotation=30.0)._fallback
