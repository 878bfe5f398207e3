"""The explorable that rotates a point: its formulas and their terms."""

import math

from stn_lib.widgets import RotatePoint
from tests.widgets.stage import Stage

NUMBERS = """() => [...document.querySelectorAll('.stn-equation')].map((row) =>
  [...row.querySelectorAll('.stn-term')].map((term) => term.lastChild.textContent))"""
LIT = "() => [...document.querySelectorAll('.stn-equation .stn-lit')].map((node) => node.firstChild.textContent)"


def plain(text):
    return float(text.replace("\u2212", "-").strip("()"))


def test_each_formula_is_true_of_the_numbers_below_it(browser):
    """Oracle: Python's sine and cosine."""
    with Stage(browser, RotatePoint(radius=1, angle=-120, by=140)) as stage:
        rows = [[plain(text) for text in row] for row in stage.page.evaluate(NUMBERS)]
        alpha, phi = math.radians(-120), math.radians(140)
        x, y, cos, sin = math.cos(alpha), math.sin(alpha), math.cos(phi), math.sin(phi)
        # What is added shows its sign in front: y' = x sin − |y| cos.
        wanted = [[x, 1, x], [y, 1, y], [x * cos - y * sin, x, cos, y, sin], [x * sin + y * cos, x, sin, -y, cos]]
        assert rows == [[round(value, 2) for value in row] for row in wanted]
        assert [plain(text) for text in stage.texts(".stn-four span")] == [round(v, 2) for v in (cos, -sin, sin, cos)]
        assert stage.errors == []


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
