"""The explorable of chapters 3 and 8 on a page: the numbers that a reader types, the point that is followed, pull and push."""

import re

import pytest
import torch

from stn_lib import transforms
from stn_lib.widgets import WarpImage
from tests.widgets.stage import Stage

LABELS = "() => [...document.querySelectorAll('.stn-matrix input')].map((node) => node.getAttribute('aria-label'))"
NUMBERS = """() => [...document.querySelectorAll('.stn-equation')].map((row) =>
  [...row.querySelectorAll('.stn-term')].map((term) => term.lastChild.textContent))"""
LIT = "() => [...document.querySelectorAll('.stn-equation .stn-lit')].map((node) => node.firstChild.textContent)"
WIDEST = """() => Math.max(...[...document.querySelectorAll('.stn-frame *')].filter((node) => !node.closest('svg'))
  .map((node) => node.getBoundingClientRect().right))"""
BULGE = next(preset for preset in WarpImage().presets if preset["family"] == "tps")["theta"]
THETA = {
    "affine": [0.9, 0.2, 0.1, -0.3, 1.2, -0.2],
    "projective": [0.9, 0.2, 0.1, -0.3, 1.2, -0.2, 0.3, -0.2],
    "tps": BULGE,
}


def handle(stage, name):
    return stage.page.get_by_role("slider", name=name, exact=True)


def middle(stage, selector):
    box = stage.page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize(("family", "text"), WarpImage.WORDS["families"])
def test_each_family_has_inputs_of_its_own(browser, family, text):
    """Oracle: the word table; by hand, the typed number and its neighbours, and the ninth entry of a projective theta."""
    labels = WarpImage.WORDS["entries"].get(family, [])
    with Stage(browser, WarpImage()) as stage:
        stage.page.get_by_role("radio", name=text, exact=True).check()
        stage.settle()
        assert stage.get("family") == family and stage.page.evaluate(LABELS) == labels
        others = stage.page.locator(".stn-matrix > :not(.stn-entry)").all_inner_texts()
        assert others == {"affine": [], "projective": ["1"], "tps": [WarpImage.WORDS["thirty"]]}[family]
        letters = stage.page.locator(".stn-entry > i").all_inner_texts()
        assert "".join(letters) == {"projective": "abcdefgh"}.get(family, "")
        before = stage.get("theta")
        if labels:
            stage.page.get_by_label(labels[-1], exact=True).fill("0.25")
            assert stage.get("theta") == [*before[:-1], 0.25]
        assert stage.errors == []


@pytest.mark.parametrize("show", ["pull", "push"])
@pytest.mark.parametrize("theta", [[1, 0, 0, 0, 1, 0], [2, 0, 0, 0, 2, 0], [3, 1, 0.5, 0, -2.5, 1]])
def test_a_pixel_is_as_large_in_both_windows(browser, theta, show):
    """Oracle: by hand, the sizes on the screen: both canvases have as many pixels, so they must be equally wide."""
    with Stage(browser, WarpImage(theta=theta, show=show)) as stage:
        canvases = stage.page.locator(".stn-window > canvas").all()
        sides = [side for canvas in canvases for side in list(canvas.bounding_box().values())[2:]]
        assert len(sides) == 4 and max(sides) - min(sides) < 0.5 and min(sides) > 55
        assert stage.errors == []


@pytest.mark.parametrize("family", THETA)
@pytest.mark.parametrize("show", ["pull", "push"])
def test_the_formula_has_the_numbers_of_the_followed_point(browser, family, show):
    """Oracle: `transforms`, to the two places that are shown; the ring is at the same place, on the side that theta gives."""
    numbers = torch.tensor([THETA[family]], dtype=torch.float64)
    point = torch.tensor([[[-0.35, 0.8]]], dtype=torch.float64)
    if family == "tps":
        weights = transforms.tps_weights(point[0], transforms.control_points(dtype=torch.float64))
        found = (weights @ numbers.view(16, 2))[0].tolist()
    else:
        theta = numbers.view(1, 2, 3) if family == "affine" else transforms.projective(numbers)
        found = transforms.apply(theta, point)[0, 0].tolist()
    x, y = (f"{value:.2f}".replace("-", "\u2212") for value in found)
    with Stage(browser, WarpImage(family=family, theta=THETA[family], show=show, x=-0.35, y=0.8)) as stage:
        if family == "tps":
            assert f"({x}, {y})" in stage.text(".stn-formula")
        else:
            rows = stage.page.evaluate(NUMBERS)[-2:]
            assert [row[0] for row in rows] == [x, y]
            shown = {"affine": [0.9, -0.35, 0.2, 0.8, 0.1], "projective": [0.9, -0.35, 0.2, 0.8, 0.1, 0.735]}[family]
            assert [abs(float(re.sub("[^0-9.]", "", text))) for text in rows[0][1:]] == pytest.approx(
                [abs(value) for value in shown], abs=0.006
            )
        window = stage.page.locator(".stn-window > svg").nth(0 if show == "pull" else 1)
        place = window.locator("[data-term=moved]").get_attribute("transform")
        assert [float(v) / 100 for v in re.findall(r"-?[\d.]+", place)[:2]] == pytest.approx(found, abs=1e-3)
        assert stage.errors == []


def test_a_mouse_over_v_follows_the_point_below_it_and_lets_go(browser):
    """Oracle: by hand: the middle of V is (0, 0), whose source is the shift."""
    with Stage(browser, WarpImage(theta=[1, 0, 0.25, 0, 1, -0.5])) as stage:
        before = stage.page.evaluate(NUMBERS)
        stage.page.mouse.move(*middle(stage, ".stn-ground"))
        stage.settle()
        assert [row[0] for row in stage.page.evaluate(NUMBERS)] == ["0.25", "\u22120.50"]
        assert stage.get("x", "y") == [0.4, 0.5]
        stage.page.mouse.move(0, 0)
        stage.settle()
        assert stage.page.evaluate(NUMBERS) == before
        stage.page.mouse.move(*middle(stage, ".stn-ground"))
        stage.page.mouse.down()
        stage.page.mouse.up()
        assert stage.get("x", "y") == [0, 0]


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [("10", 9), ("-12", -9), ("1e99", 9), ("1e308", 9), ("-1e308", -9), ("9", 9), ("0.8665", 0.8665)],
)
def test_a_number_out_of_range_is_clamped_and_said(browser, typed, becomes):
    """Oracle: by hand, the range from -9 to 9 of the inputs; the text stays as it was typed if that number counts."""
    with Stage(browser, WarpImage()) as stage:
        entry = stage.page.get_by_label("x from x", exact=True)
        entry.fill(typed)
        assert stage.get("theta") == [becomes, 0, 0, 0, 1, 0]
        assert float(entry.input_value()) == becomes and entry.evaluate("(node) => !node.validity.rangeOverflow")
        said = "became" in stage.text(".stn-told")
        assert said == (float(typed) != becomes)
        assert "NaN" not in stage.text(".stn-frame") and "Infinity" not in stage.text(".stn-frame")
        entry.fill("1")
        assert stage.get("theta")[0] == 1 and "became" not in stage.text(".stn-told")
        assert stage.errors == []


@pytest.mark.parametrize("family", ["affine", "projective"])
def test_no_key_brings_theta_out_of_its_range_or_a_handle_s_value_out_of_what_it_says(browser, family):
    """Oracle: the range of the inputs, and aria-valuemin and aria-valuemax of each handle."""
    with Stage(browser, WarpImage(family=family)) as stage:
        for key in ["Shift+ArrowRight", "End", "PageDown", "Home", "PageUp"]:
            for name in ("source of A", "the whole frame"):
                for _ in range(15):
                    handle(stage, name).press(key)
                stage.settle()
                assert max(map(abs, stage.get("theta"))) <= 9
                low, high, now = (
                    float(handle(stage, name).get_attribute(f"aria-value{part}")) for part in ("min", "max", "now")
                )
                assert low <= now <= high
        assert stage.errors == []


def test_home_and_end_bring_the_point_to_the_left_and_right_edge(browser):
    with Stage(browser, WarpImage()) as stage:
        point = handle(stage, "point of V")
        for key, x, y in [
            ("Home", -1, 0.5),
            ("End", 1, 0.5),
            ("PageUp", 1, 0),
            ("PageDown", 1, 0.5),
            ("ArrowLeft", 0.95, 0.5),
        ]:
            point.press(key)
            assert stage.get("x", "y") == [x, y]


def test_terms_light_with_what_they_name(browser):
    """Oracle: by hand, the places of the six numbers in the two lines."""
    with Stage(browser, WarpImage()) as stage:
        for name, lit in [
            ("x from x", ["\u03b811"]),
            ("shift in y", ["\u03b823"]),
            ("the whole frame", ["\u03b813", "\u03b823"]),
            ("point of V", ["xt", "yt", "xt", "yt"]),
        ]:
            stage.page.get_by_label(name, exact=True).focus()
            assert stage.page.evaluate(LIT) == lit, name
        assert stage.page.locator(".stn-point.stn-lit").count() == 1
        stage.page.locator(".stn-equation .stn-term").first.hover()
        assert stage.page.evaluate(LIT) == ["xs", "ys"] and stage.page.locator("[data-term=moved].stn-lit").count() == 3


def test_a_push_is_drawn_with_the_frame_over_the_output(browser):
    with Stage(browser, WarpImage(theta=[2, 0, 0, 0, 2, 0])) as stage:
        for name, side in [("Pull", 0), ("Push", 1), ("Pull", 0)]:
            stage.page.get_by_role("radio", name=name, exact=True).check()
            assert stage.get("show") == name.lower()
            windows = stage.page.locator(".stn-window")
            assert windows.nth(side).locator(".stn-corner").count() == 4
            assert windows.nth(1 - side).locator(".stn-point").count() == 1
            assert ("no value" in stage.text(".stn-told")) == (name == "Push")
        assert stage.errors == []


@pytest.mark.parametrize("width", [358, 688])
def test_nothing_moves_when_theta_or_its_family_changes(browser, width):
    """Oracle: the places of the parts in the first state; U and V are side by side. The longest numbers and notes are used."""
    states = [
        *sorted(WarpImage().presets, key=lambda preset: -len(preset["note"]))[:4],
        {"family": "affine", "theta": [-1, -1, -0.5, -1, -1, -0.5]},
        {"family": "projective", "theta": [-0.9, -0.2, -3, -0.3, -0.8, -3, -0.4, -0.3]},
        {"family": "projective", "theta": THETA["projective"], "show": "push"},
        {"family": "tps", "theta": BULGE, "show": "pull"},
    ]
    with Stage(browser, WarpImage(x=-0.95, y=-0.95), width=width) as stage:
        parts = ".stn-frame, .stn-window, .stn-numbers, .stn-formula, .stn-told, .stn-controls > *, .stn-analysis"
        places = stage.boxes(parts)
        assert places[1]["y"] == pytest.approx(places[2]["y"], abs=0.1)
        for state in states:
            stage.page.evaluate("(state) => { for (const name in state) model.set(name, state[name]); }", state)
            stage.settle()
            assert stage.boxes(parts) == places, state


@pytest.mark.parametrize("width", [358, 688])
def test_the_name_of_the_arrow_is_between_the_windows_and_no_coordinate_is_on_a_line(browser, width):
    """Oracle: the boxes on the screen, for an arrow to the left, to the right, and a steep one."""
    with Stage(browser, WarpImage(), width=width) as stage:
        for theta, show in [
            ([1, 0, 0, 0, 1, 0], "pull"),
            ([0.2, 0, 0.8, 0, 0.2, -0.8], "pull"),
            ([2, 0, 0, 0, 2, 0], "push"),
        ]:
            stage.page.evaluate(
                "([theta, show]) => { model.set('theta', theta); model.set('show', show); }", [theta, show]
            )
            stage.settle()
            name, windows = stage.boxes(".stn-link-name")[0], stage.boxes(".stn-window")
            assert windows[0]["x"] + windows[0]["width"] < name["x"]
            assert name["x"] + name["width"] < windows[1]["x"]
            for window, rim, first in zip(
                windows, stage.boxes(".stn-rim"), stage.boxes(".stn-beside")[::3], strict=True
            ):
                assert window["x"] - 1 <= first["x"] and first["x"] + first["width"] < rim["x"]


@pytest.mark.parametrize("family", THETA)
@pytest.mark.parametrize("width", [264, 358])  # of the column on the smallest phone, and on a usual one
def test_nothing_is_wider_than_a_phone_and_the_view_is_no_higher_than_half_of_it(browser, family, width):
    with Stage(browser, WarpImage(family=family, theta=THETA[family]), width=width) as stage:
        stage.page.locator("summary").click()
        stage.settle()
        assert stage.page.evaluate(WIDEST) <= width
        assert stage.page.locator(".stn-view").bounding_box()["height"] <= 380
        for knob in stage.page.locator(".stn-handle .stn-knob").all():
            assert knob.bounding_box()["width"] >= 24
        assert stage.errors == []
