"""The pixel tracer of chapter 4: torch's grid and values, a sum that adds up, and a page that answers."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import traitlets
from scipy.ndimage import zoom

from stn_lib.data import sample_digits
from stn_lib.widgets import TracePixel
from tests.widgets.javascript import close, module
from tests.widgets.stage import Stage

THETA = [0.8, -0.4, 0.2, 0.3, 1.1, -0.5]
EDGES, CENTRES = [0, 0.5, -0.325, 1, 0, 0.2], [0, 0.5, -13 / 30, 1, 0, 4 / 15]
WORKED = {"shown": "squares", "theta": EDGES, "row": 1, "column": 1}
PAIRS = list(itertools.product([False, True], repeat=2))
SIZES = [((4, 4), (4, 4)), ((3, 5), (6, 2)), ((7, 2), (1, 5)), ((1, 6), (5, 1)), ((8, 8), (1, 1)), ((1, 1), (3, 4))]
# torch warns that a single pixel lies at 0 with align_corners: that is what is tested.
pytestmark = pytest.mark.filterwarnings("ignore:Since version 1.3.0, affine_grid")
SQUARES = torch.arange(1.0, 17.0, dtype=torch.float64).square().view(4, 4)


def random_image(size):
    return torch.rand(size, generator=torch.Generator().manual_seed(4), dtype=torch.float64) * 9


def state(image, theta, out_size, grid, sampler):
    return {
        "image": image.flatten().tolist(),
        "size": list(image.shape),
        "theta": theta,
        "outSize": list(out_size),
        "gridCorners": grid,
        "samplerCorners": sampler,
    }


def by_torch(image, theta, out_size, grid, sampler):
    """The grid (H', W', 2) and the values (H', W')."""
    theta = torch.tensor(theta, dtype=torch.float64).view(1, 2, 3)
    points = F.affine_grid(theta, [1, 1, *out_size], align_corners=grid)
    return points[0], F.grid_sample(image[None, None], points, align_corners=sampler)[0, 0]


@pytest.mark.parametrize(("grid", "sampler"), PAIRS)
@pytest.mark.parametrize(("size", "out_size"), SIZES)
def test_grid_and_values_are_torchs(call, size, out_size, grid, sampler):
    image = random_image(size)
    got = call(module("trace_pixel/tracing.js"), "(m, a) => m.readAll(a)", state(image, THETA, out_size, grid, sampler))
    points, values = by_torch(image, THETA, out_size, grid, sampler)
    close(got["sources"], points, 1e-9)
    close(got["values"], values, 1e-9)
    close(got["targets"], by_torch(image, [1, 0, 0, 0, 1, 0], out_size, grid, sampler)[0], 1e-9)


@pytest.mark.parametrize(("grid", "sampler"), PAIRS)
def test_source_points_in_pixels_are_where_torch_samples(call, grid, sampler):
    """Oracle: torch samples an image whose pixels hold their own column, and their own row."""
    columns = torch.arange(8.0).double().expand(6, 8)
    rows = torch.arange(6.0).double()[:, None].expand(6, 8)
    theta = [0.5, -0.2, 0.1, 0.3, 0.4, -0.1]  # nothing outside
    got = call(module("trace_pixel/tracing.js"), "(m, a) => m.readAll(a)", state(columns, theta, (3, 5), grid, sampler))
    close(got["pixels"][0::2], by_torch(columns, theta, (3, 5), grid, sampler)[1], 1e-9)
    close(got["pixels"][1::2], by_torch(rows, theta, (3, 5), grid, sampler)[1], 1e-9)


@pytest.mark.parametrize(("theta", "corners"), [(EDGES, False), (CENTRES, True)])
def test_the_worked_example(call, theta, corners):
    """By hand: weights .24, .36, .16, .24 of 25, 36, 81, 100 at (1.6, 2.4), counted from 1."""
    body = "(m, a) => m.traceOne(m.readAll(a), 5)"
    seen = call(module("trace_pixel/tracing.js"), body, state(SQUARES, theta, (4, 4), corners, corners))
    close(seen["pixel"], [0.6, 1.4], 1e-9)
    assert seen["value"] == pytest.approx(0.24 * 25 + 0.36 * 36 + 0.16 * 81 + 0.24 * 100) == 55.92
    close(seen["beside"], [0, 0], 1e-12)


@pytest.mark.parametrize("grid", [False, True])
def test_with_mixed_conventions_a_source_point_is_off_by_half_its_coordinate(call, grid):
    """By hand: ((x + 1) W - 1) / 2 - (x + 1) (W - 1) / 2 = x / 2, whatever W."""
    body = "(m, a) => m.traceOne(m.readAll(a), 7)"
    asked = state(random_image((3, 5)), THETA, (4, 6), grid, not grid)
    seen = call(module("trace_pixel/tracing.js"), body, asked)
    close(seen["beside"], np.array(seen["source"]) / (2 if grid else -2), 1e-9)


def lines(call, asked, pixel, origin=1):
    """The arithmetic as plain text, line by line, without the asides; theta's numbers as its fields show them."""
    body = """(m, [asked, [row, column], origin, words]) => {
        const seen = m.traceOne(m.readAll(asked), row * asked.outSize[1] + column);
        const { entries, ...told } = m.arithmetic(seen, asked, [row, column], origin, words);
        const text = (part) => {
          if (part.phrase) return part.phrase.map(text).join("");
          if (part.entry !== undefined) return `(${entries[part.entry]})`;
          return part.concept === "aside" ? `[${part.text}]` : part.text ?? part;
        };
        return Object.fromEntries(Object.entries(told).map(([step, rows]) =>
          [step, rows.map((parts) => parts.map(text).join(""))]));
    }"""
    return call(module("trace_pixel/tracing.js"), body, [asked, pixel, origin, TracePixel.WORDS])


def plain(text):
    return text.replace("−", "-").replace("·", "*")


def sides(text):
    """Both sides of ``name = sum = result`` as numbers."""
    found = re.fullmatch(r"[xy] = ([-0-9.+*/() e]+) = (-?[0-9.]+)", plain(text))
    assert found, text
    return eval(found[1]), float(found[2])


@pytest.mark.parametrize(("grid", "sampler"), PAIRS)
@pytest.mark.parametrize("pixel", [(0, 0), (4, 1), (5, 2)])
@pytest.mark.parametrize("origin", [0, 1])
def test_the_arithmetic_adds_up_to_torchs_grid(call, grid, sampler, pixel, origin):
    image = random_image((4, 7))
    told = lines(call, state(image, THETA, (6, 3), grid, sampler), pixel, origin)
    source, values = by_torch(image, THETA, (6, 3), grid, sampler)
    target, _ = by_torch(image, [1, 0, 0, 0, 1, 0], (6, 3), grid, sampler)
    for axis in (0, 1):
        left, right = sides(told["units"][axis])
        assert left == pytest.approx(target[*pixel, axis].item(), abs=1e-12)
        assert right == pytest.approx(left, abs=5.01e-4)
        left, right = sides(told["theta"][axis])
        assert right == pytest.approx(source[*pixel, axis].item(), abs=5.01e-4)
        assert left == pytest.approx(right, abs=2e-3)
        left, right = sides(told["pixel"][axis])
        side = image.shape[1 - axis]
        x = source[*pixel, axis].item()
        counted = ((x + 1) * (side - 1) / 2 if sampler else ((x + 1) * side - 1) / 2) + origin
        assert right == pytest.approx(counted, abs=5.01e-3)
        assert left == pytest.approx(right, abs=8e-3)
    value = re.search(r"\) = (\S+) \[", plain(told["value"][0]))[1]
    assert float(value) == pytest.approx(values[pixel].item(), abs=5.01e-3)


def test_the_arithmetic_of_the_worked_example_is_that_of_the_book(call):
    told = lines(call, state(SQUARES, EDGES, (4, 4), False, False), (1, 1))
    assert [row for step in ("units", "theta", "pixel", "value") for row in told[step]] == [
        "x = (2 · (2 − 1) + 1) / 4 − 1 = −0.250",
        "y = (2 · (2 − 1) + 1) / 4 − 1 = −0.250",
        "x = (0.000) · (−0.250) + (0.500) · (−0.250) + (−0.325) = −0.450",
        "y = (1.000) · (−0.250) + (0.000) · (−0.250) + (0.200) = −0.050",
        "x = ((−0.450 + 1) · 4 − 1) / 2 + 1 = 1.60",
        "y = ((−0.050 + 1) · 4 − 1) / 2 + 1 = 2.40",
        "V(2, 2) = U(1.60, 2.40) = 55.92 [(column, row), counted from 1]",
    ]


def test_counted_from_0_nothing_is_added_or_subtracted(call):
    told = lines(call, state(SQUARES, EDGES, (4, 4), False, False), (1, 1), origin=0)
    assert told["units"][0] == "x = (2 · 1 + 1) / 4 − 1 = −0.250"
    assert told["pixel"][0] == "x = ((−0.450 + 1) · 4 − 1) / 2 = 0.60"
    assert told["value"][0].startswith("V(1, 1) = U(0.60, 1.40) = 55.92")


def test_a_single_pixel_divides_by_nothing(call):
    told = lines(call, state(SQUARES, EDGES, (1, 4), True, True), (0, 2))
    assert told["units"][1] == "y = 0.000 [the place of a single pixel]"


@pytest.mark.parametrize(("values", "places"), [([0.25, 1, -1e-5], 2), ([0.25, -1 / 3], 3), ([0.61, -0.456], 3)])
def test_all_numbers_have_a_third_place_where_one_needs_it(call, values, places):
    assert call(module("trace_pixel/tracing.js"), "(m, a) => m.placesOf(a)", values) == places


@pytest.mark.parametrize("seed", range(6))
def test_a_segment_is_clipped_as_many_points_on_it_say(call, seed):
    a, b = (torch.rand(2, 2, generator=torch.Generator().manual_seed(seed)).double() * 6 - 3).tolist()
    box = [-1, -0.5, 1.5, 1]
    points = np.linspace(a, b, 20_001)
    inside = points[(points >= box[:2]).all(1) & (points <= box[2:]).all(1)]
    got = call(module("trace_pixel/tracing.js"), "(m, a) => m.clipSegment(...a)", [a, b, box])
    if len(inside) == 0:
        assert got is None
    else:
        close(got, [inside[0], inside[-1]], 1e-3)


def test_an_upright_segment_beside_the_box_is_nothing(call):
    source, box = module("trace_pixel/tracing.js"), [-1, -1, 1, 1]
    assert call(source, "(m, a) => m.clipSegment(...a)", [[2, 0], [2, 1], box]) is None
    assert call(source, "(m, a) => m.clipSegment(...a)", [[0, -3], [0, 3], box]) == [[0, -1], [0, 1]]


# --- the Python side -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("image", [np.zeros(4), np.zeros((2, 3, 4)), np.zeros((13, 3)), np.zeros((0, 3)), [[math.nan]]])
def test_an_image_that_cannot_be_drawn_is_refused(image):
    with pytest.raises(ValueError, match="finite image"):
        TracePixel(image)


@pytest.mark.parametrize("theta", [[1, 0, 0, 0, 1], np.eye(3), [1, 0, math.inf, 0, 1, 0], [1, 0, 100, 0, 1, 0]])
def test_a_theta_that_is_not_six_numbers_is_refused(theta):
    with pytest.raises(ValueError, match="six numbers from -99 to 99, got"):
        TracePixel(theta=theta)


@pytest.mark.parametrize("size", [(0, 4), (4, 13), (4,), (1, 2, 3)])
def test_an_output_that_is_too_large_or_empty_is_refused(size):
    with pytest.raises(ValueError, match=r"out_size \(H', W'\) of 1 to 12"):
        TracePixel(out_size=size, row=0, column=0)


@pytest.mark.parametrize("place", [(2, 0), (0, 6), (-1, 0)])
def test_a_pixel_outside_the_output_is_refused(place):
    with pytest.raises(ValueError, match="pixel of the 2 x 6 output, counted from 0, got row"):
        TracePixel(out_size=(2, 6), row=place[0], column=place[1])


def test_an_unknown_convention_is_refused():
    with pytest.raises(traitlets.TraitError):
        TracePixel(grid_corners="yes")


def test_theta_may_be_a_matrix_and_the_output_may_be_smaller_than_two():
    widget = TracePixel(theta=torch.eye(2, 3), out_size=(1, 5), row=0, column=4, sampler_corners=True)
    assert widget.theta == [1, 0, 0, 0, 1, 0]
    assert widget.home == {
        "shown": "given",
        "theta": widget.theta,
        "out_size": [1, 5],
        "row": 0,
        "column": 4,
        "grid_corners": False,
        "sampler_corners": True,
    }


def test_every_example_says_what_it_shows():
    for example in TracePixel().examples:
        assert len(example["theta"]) == 6 and example["note"].endswith(".") and example["name"]


def test_the_image_without_javascript_rings_the_source_point():
    text = TracePixel(**WORKED)._fallback
    assert "<svg" in text and 'role="img"' in text and "<figcaption>" in text
    dots = re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="3.5"', text)
    ring = re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="9"', text)
    assert len(dots) == 16 and ring == [(f"{1.1 * 28:.1f}", f"{1.9 * 28:.1f}")]  # (0.6, 1.4) from the first edge
    assert "<circle" not in TracePixel(theta=[1, 0, 3, 0, 1, 0])._fallback


def test_it_opens_on_a_tilted_digit_that_theta_straightens():
    """Oracle: the untilted digit, made smaller by scipy's spline; V is more like it than U is."""
    widget = TracePixel()
    shown = widget.images["given"]
    image = torch.tensor(shown["values"], dtype=torch.float64).view(shown["height"], shown["width"])
    upright = torch.tensor(zoom(sample_digits()[2, 0].double().numpy(), 10 / 28, order=1))
    _, straightened = by_torch(image, widget.theta, (10, 10), False, False)

    def likeness(one):
        return torch.corrcoef(torch.stack([one.flatten(), upright.flatten()]))[0, 1].item()

    assert likeness(straightened) > 0.8 > 0.7 > likeness(image)


# --- on a page -------------------------------------------------------------------------------------------------------


class Tracer(Stage):
    def centre_of(self, row, column):
        columns = self.get("out_size")[1]
        box = self.page.locator(".stn-output .stn-cell").nth(columns * row + column).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def told(self):
        self.settle()
        return self.page.locator(".stn-marker").get_attribute("aria-valuetext")

    def lit(self):
        """The texts of the terms that are lit, and the names of what is lit in the drawings."""
        self.settle()
        return self.page.evaluate("""() => [...document.querySelectorAll(".stn-lit")].map(
            (node) => node.value ?? (node.ownerSVGElement ? `<${node.getAttribute("class").split(" ")[0]}>` : node.innerText.trim()))""")


def test_arrow_keys_walk_over_the_output_and_stop_at_its_border(browser):
    with Tracer(browser, TracePixel(**WORKED)) as tracer:
        tracer.page.locator(".stn-marker").focus()
        walk = {
            "ArrowRight": (1, 2),
            "ArrowDown": (2, 2),
            "Home": (2, 0),
            "ArrowLeft": (2, 0),
            "PageUp": (0, 0),
            "PageDown": (3, 0),
            "ArrowUp": (2, 0),
            "End": (2, 3),
        }
        for key, place in walk.items():
            tracer.page.keyboard.press(key)
            assert tracer.get("row", "column") == list(place), key
        assert tracer.told() == "Column 4, row 3: source x 2.10, y 4.40, value 119.34"
        assert "U(2.10, 4.40) = 119.34" in tracer.text("[data-step=value]")


def test_the_mouse_shows_a_pixel_and_a_click_or_a_drag_keeps_it(browser):
    with Tracer(browser, TracePixel(**WORKED)) as tracer:
        tracer.page.mouse.move(*tracer.centre_of(3, 0))
        assert tracer.told().startswith("Column 1, row 4:")
        assert tracer.get("row", "column") == [1, 1]
        tracer.page.mouse.move(2, 2)
        assert tracer.told().startswith("Column 2, row 2:")
        tracer.page.mouse.move(*tracer.centre_of(0, 0))
        tracer.page.mouse.down()
        assert tracer.get("row", "column") == [0, 0]
        tracer.page.mouse.move(*tracer.centre_of(0, 2))
        tracer.page.mouse.up()
        tracer.page.mouse.move(2, 2)
        assert tracer.told().startswith("Column 3, row 1:")
        assert tracer.get("row", "column") == [0, 2]


def test_if_the_conventions_differ_a_warning_and_the_correct_grid_appear(browser):
    with Tracer(browser, TracePixel(theta=[1, 0, 0, 0, 1, 0], row=0, column=0)) as tracer:
        assert tracer.page.locator("path.stn-meant").get_attribute("d") == ""
        assert not tracer.page.locator("circle.stn-meant").is_visible()
        tracer.page.get_by_role("group", name="affine_grid").get_by_label("True: centres").check()
        assert tracer.get("grid_corners", "sampler_corners") == [True, False]
        assert "(−0.50, −0.50) pixels from its correct place" in tracer.text(".stn-unlike")
        # The outline of the correct grid alone, which hides nothing of the image, and a ring at the correct place.
        assert tracer.page.locator("path.stn-meant").get_attribute("d").count("M") == 4
        [ring], [pixel, *_] = tracer.boxes("circle.stn-meant"), tracer.boxes(".stn-view .stn-cell")
        centres = [[box["x"] + box["width"] / 2, box["y"] + box["height"] / 2] for box in (ring, pixel)]
        assert centres[0] == pytest.approx(centres[1], abs=0.5)
        assert tracer.page.locator("circle.stn-meant").is_visible()
        tracer.page.get_by_role("group", name="grid_sample").get_by_label("True: centres").check()
        assert "the same pixel" in tracer.text(".stn-told:not(.stn-unlike)")
        assert tracer.page.locator("path.stn-meant").get_attribute("d") == ""
        assert not tracer.page.locator("circle.stn-meant").is_visible()


def test_a_field_shows_a_minus_and_the_decimals_of_the_formula_until_it_is_typed_in(browser):
    for width in (688, 358):
        with Tracer(browser, TracePixel(**WORKED), width=width) as tracer:
            shown = ["0.000", "0.500", "−0.325", "1.000", "0.000", "0.200"]
            assert tracer.texts(".stn-entry > span") == shown
            for field, seen in zip(tracer.boxes(".stn-entry"), tracer.boxes(".stn-entry > span"), strict=True):
                assert field["x"] <= seen["x"] and seen["x"] + seen["width"] <= field["x"] + field["width"]
            field = tracer.page.locator(".stn-entry").nth(2)
            clear = "rgba(0, 0, 0, 0)"
            colour = "(node) => getComputedStyle(node).color"
            assert field.locator("input").evaluate(colour) == clear
            field.locator("input").focus()
            assert field.locator("input").evaluate(colour) != clear and not field.locator("span").is_visible()


def test_the_note_of_an_example_gives_way_where_the_output_has_another_size(browser):
    """What a note says of pixels holds only for an output as large as the input."""
    with Tracer(browser, TracePixel(theta=[1, 0, 0, 0, 1, 0])) as tracer:
        assert "the source of each pixel is the same pixel" in tracer.text(".stn-told")
        tracer.page.evaluate("location.hash = '#trace-pixel?height=2&width=3'")
        assert tracer.text(".stn-told").startswith("U has 10 × 10 pixels, V 2 × 3:")


def test_a_second_finger_does_not_choose_another_pixel(browser):
    with Tracer(browser, TracePixel(**WORKED)) as tracer:
        fingers = tracer.page.context.new_cdp_session(tracer.page)
        places = [
            dict(zip("xy", tracer.centre_of(*place), strict=True)) | {"id": k}
            for k, place in enumerate([(0, 2), (3, 0)])
        ]
        for count in (1, 2):
            fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:count]})
            assert tracer.get("row", "column") == [0, 2]
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_both_images_of_one_size_and_their_axes_are_at_one_height(browser):
    for width in (688, 358):
        with Tracer(browser, TracePixel(), width=width) as tracer:
            for part in (".stn-frameline", ".stn-ticks"):
                [u, v] = tracer.boxes(f".stn-view {part}")
                assert [u["y"], u["height"]] == pytest.approx([v["y"], v["height"]], abs=0.5), part


@pytest.mark.parametrize(("corners", "theta"), [(False, EDGES), (True, CENTRES)])
def test_an_example_keeps_the_conventions_and_brings_its_image_and_its_theta(browser, corners, theta):
    with Tracer(browser, TracePixel(grid_corners=corners, sampler_corners=corners)) as tracer:
        tracer.page.locator("select").select_option(label="Worked example")
        assert tracer.get("grid_corners", "sampler_corners", "shown") == [corners, corners, "squares"]
        close(tracer.get("theta"), theta, 1e-9)
        assert tracer.told() == "Column 2, row 2: source x 1.60, y 2.40, value 55.92"
        rounded = [round(value, 4) for value in theta]  # as a link in the text has it
        tracer.page.evaluate("(theta) => model.set('theta', theta)", rounded)
        tracer.settle()
        assert tracer.page.locator("select option:checked").inner_text() == "Worked example"
        tracer.page.locator("select").select_option(label="Mirror")
        assert tracer.get("grid_corners", "sampler_corners", "shown") == [corners, corners, "squares"]
        tracer.page.locator("select").select_option(label="Rotation by 30°")
        assert tracer.get("shown", "out_size") == ["given", [10, 10]]


def test_a_pixel_of_the_input_is_as_large_as_one_of_the_output(browser):
    for shown in (TracePixel(), TracePixel(**WORKED), TracePixel(**WORKED, out_size=(3, 9))):
        with Tracer(browser, shown) as tracer:
            widths = tracer.page.locator(".stn-cell").evaluate_all(
                "all => all.map((one) => one.getBoundingClientRect().width)"
            )
            assert max(widths) == pytest.approx(min(widths), abs=0.1)


def test_terms_light_with_what_they_name(browser):
    with Tracer(browser, TracePixel(**WORKED)) as tracer:
        tracer.page.locator("dt", has_text="To pixels").hover()
        lit = tracer.lit()
        assert {"<stn-read>", "x", "y", "1.60", "2.40", "−0.450"} <= set(lit)
        tracer.page.locator(".stn-steps input").nth(4).focus()
        tracer.page.mouse.move(2, 2)
        assert sorted(tracer.lit()) == sorted(["<stn-arrow>", "0", "0.5", "-0.325", "1", "0", "0.2", "θ"])
        tracer.page.mouse.move(*tracer.centre_of(1, 1))
        assert {"<stn-marker>", "2", "55.92", "2, 2"} <= set(tracer.lit())
        tracer.page.mouse.move(*tracer.centre_of(2, 1))  # the numbers change, and stay lit
        assert {"<stn-marker>", "3", "63.22", "2, 3"} <= set(tracer.lit())
        tracer.page.get_by_role("group", name="grid_sample").hover()
        assert {"((", "+ 1) · 4 − 1) / 2"} <= set(tracer.lit())


def test_every_control_acts_and_reset_brings_the_start_back(browser):
    names = ["shown", "theta", "out_size", "row", "column", "grid_corners", "sampler_corners"]
    with Tracer(browser, TracePixel(row=2, column=3)) as tracer:
        start = tracer.get(*names)
        for number in tracer.page.locator("input[type=number]").all():
            before = tracer.get("theta")
            number.fill("1.75")
            assert tracer.get("theta") != before
        for slider in tracer.page.locator("input[type=range]").all():
            slider.focus()
            tracer.page.keyboard.press("Home")
        assert tracer.get("out_size") == [1, 1]
        assert tracer.told().startswith("Column 0, row 0:")
        for bar in tracer.page.locator("fieldset").all():
            bar.locator("input:checked").focus()
            tracer.page.keyboard.press("ArrowRight")
        assert tracer.get("grid_corners", "sampler_corners") == [True, True]
        tracer.page.locator("select").select_option(label="Worked example")
        tracer.page.get_by_role("button", name="Reset").click()
        assert tracer.get(*names) == start


def test_a_number_that_is_none_is_not_taken_and_comes_back(browser):
    with Tracer(browser, TracePixel(**WORKED)) as tracer:
        box = tracer.page.locator("input[type=number]").nth(2)
        for keys in ("", "123", "-"):
            box.fill("")
            box.press_sequentially(keys)
            assert tracer.get("theta") == [*EDGES[:2], {"": -0.325, "123": 12, "-": 12}[keys], *EDGES[3:]]
        box.blur()
        tracer.settle()
        assert box.input_value() == "12"


@pytest.mark.parametrize("width", [320, 390, 688])
@pytest.mark.parametrize("options", [{"theta": THETA}, WORKED | {"theta": THETA}], ids=["digit", "squares"])
def test_nothing_jumps_or_overflows_while_pixels_are_traced(browser, width, options):
    with Tracer(browser, TracePixel(**options, grid_corners=True), width=width) as tracer:
        heights = set()
        rows, columns = tracer.get("out_size")
        for row, column in itertools.product(range(0, rows, 2), range(0, columns, 3)):
            tracer.page.evaluate("([r, c]) => { model.set('row', r); model.set('column', c); }", [row, column])
            tracer.settle()
            heights.add(tracer.page.locator(".stn-frame").bounding_box()["height"])
        assert len(heights) == 1
        assert tracer.page.evaluate("document.documentElement.scrollWidth") <= width
