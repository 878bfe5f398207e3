"""Handles: the keys that move them, and what a second finger does."""

from stn_lib.widgets import RotatePoint, WarpImage
from tests.widgets.stage import Stage


def test_a_second_finger_does_not_steal_a_drag(browser):
    """Oracle: by hand: the first finger moves the point by a quarter of V, the second one, elsewhere on V, not at all."""
    with Stage(browser, WarpImage(x=0.0, y=0.0)) as stage:
        fingers = stage.page.context.new_cdp_session(stage.page)

        def touch(kind, *places):
            points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(places)]
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        box = stage.page.locator(".stn-ground").bounding_box()
        x, y, side = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"]
        second = (x - 0.4 * side, y - 0.4 * side)
        touch("touchStart", (x, y))
        touch("touchStart", (x, y), second)
        assert stage.get("x", "y") == [0, 0]
        touch("touchMove", (x, y), (second[0] + 20, second[1]))
        assert stage.get("x", "y") == [0, 0]
        touch("touchMove", (x + side / 4, y), second)
        assert stage.get("x", "y") == [0.5, 0]
        touch("touchEnd")
        touch("touchStart", second)
        touch("touchEnd")
        assert stage.get("x", "y") == [-0.8, -0.8]
        assert stage.errors == []


def test_keys_rotate_a_handle_that_only_an_angle_moves(browser):
    """Oracle: by hand, steps of 5 and 45 degrees, and the ends of the slider."""
    with Stage(browser, RotatePoint(angle=30, by=90)) as stage:
        handle = stage.page.get_by_role("slider", name="its source in the input", exact=True)
        for key, by in [
            ("ArrowRight", 95),
            ("ArrowDown", 90),
            ("PageUp", 135),
            ("PageUp", -180),
            ("End", 180),
            ("Home", -180),
        ]:
            handle.press(key)
            assert stage.get("by") == by, key
            assert float(handle.get_attribute("aria-valuenow")) == (by + 180) % 360 - 180
        assert stage.errors == []
