"""The explorable that rotates a point: its formulas and their terms."""

import math

import pytest

from stn_lib.widgets import RotatePoint
from tests.widgets.stage import Stage

NUMBERS = """() => [...document.querySelectorAll('.stn-equation')].map((row) =>
  [...row.children].map((cell) => cell.lastChild.textContent).join(" "))"""
LIT = "() => [...document.querySelectorAll('.stn-equation .stn-lit')].map((node) => node.firstChild.textContent)"


SET = "(values) => { for (const [name, value] of Object.entries(values)) window.model.set(name, value); }"


def plain(text):
    return float(text.replace("\u2212", "-").strip("()"))


def overlap(one, other):
    """Whether two boxes overlap by more than a pixel; a box is higher than its letters."""
    return all(
        one[axis] + one[size] > other[axis] + 1 and other[axis] + other[size] > one[axis] + 1
        for axis, size in (("x", "width"), ("y", "height"))
    )


def test_each_formula_is_true_of_the_numbers_below_it(browser):
    """Oracle: Python's sine and cosine; what is added or subtracted shows its sign in front."""
    with Stage(browser, RotatePoint(radius=1, angle=-120, by=140)) as stage:
        cos, sin = math.cos(math.radians(140)), math.sin(math.radians(140))
        assert [round(value, 2) for value in (cos, sin)] == [-0.77, 0.64]
        assert [row.replace("\u2212", "-").replace("\u00b7", "*") for row in stage.page.evaluate(NUMBERS)] == [
            "-0.50 = 1.00 * (-0.50)",
            "-0.87 = 1.00 * (-0.87)",
            "0.94 = -0.50 * (-0.77) + 0.87 * 0.64",
            "0.34 = -0.50 * 0.64 - 0.87 * (-0.77)",
        ]
        assert [plain(text) for text in stage.texts(".stn-four span")] == [round(v, 2) for v in (cos, -sin, sin, cos)]
        assert stage.errors == []


@pytest.mark.parametrize("width", [264, 358, 688])
def test_nothing_moves_when_a_number_gets_longer(browser, width):
    """Oracle: the places of the drawing and of the formulas' parts in the first state."""
    with Stage(browser, RotatePoint(), width=width) as stage:
        parts = ".stn-frame, .stn-view svg, .stn-equation > span"
        places = stage.boxes(parts)
        for angle, by in [(-180, 100), (140, -150), (-100, 170), (90, 0)]:
            stage.page.evaluate(SET, {"radius": 1, "angle": angle, "by": by})
            stage.settle()
            assert stage.boxes(parts) == places, (angle, by)


@pytest.mark.parametrize("width", [358, 688])
def test_the_names_of_the_points_are_inside_the_border_and_beside_their_points(browser, width):
    """Oracle: the boxes on the screen. The names of two points at one place are apart."""
    with Stage(browser, RotatePoint(), width=width) as stage:
        rim = stage.boxes(".stn-rim")[0]
        for radius, angle, by in [(1, -180, 0), (1, 0, 90), (1, 45, -90), (0.8, 25, 50), (0.85, 90, 0), (0.2, 10, 0)]:
            stage.page.evaluate(SET, {"radius": radius, "angle": angle, "by": by})
            stage.settle()
            names = stage.boxes(".stn-name")
            for name, knob in zip(names, stage.boxes(".stn-knob"), strict=True):
                assert rim["x"] <= name["x"] and name["x"] + name["width"] <= rim["x"] + rim["width"]
                assert rim["y"] <= name["y"] and name["y"] + name["height"] <= rim["y"] + rim["height"]
                assert not overlap(name, knob), (radius, angle, by)
            assert not overlap(*names), (radius, angle, by)


def test_terms_light_with_what_they_name(browser):
    """Oracle: by hand, the symbols of the four lines."""
    with Stage(browser, RotatePoint()) as stage:
        cos, sin = "cos \u03c6", "sin \u03c6"
        for label, lit in [
            ("point of the output", ["x", "r", "y", "r", "x", "y", "x", "y"]),
            ("its source in the input", ["x\u2032", "y\u2032"]),
            ("\u03c6, angle of the rotation", [cos, sin, sin, cos]),
            ("\u03b1, angle of the output point", ["cos \u03b1", "sin \u03b1"]),
        ]:
            stage.page.get_by_role("slider", name=label, exact=True).focus()
            assert stage.page.evaluate(LIT) == lit, label


def test_on_a_phone_the_plane_stays_small_and_its_handles_large(browser):
    with Stage(browser, RotatePoint(), width=358) as stage:
        assert stage.page.locator(".stn-view").bounding_box()["height"] <= 380
        for knob in stage.page.locator(".stn-knob").all():
            assert knob.bounding_box()["width"] >= 24
