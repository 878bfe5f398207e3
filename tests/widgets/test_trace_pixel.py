"""The pixel tracer of chapter 4: torch's grid and values, a sum that adds up, and a page that answers."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import traitlets

from stn_lib.widgets import TracePixel
from tests.widgets.javascript import close, module

THETA = [0.8, -0.4, 0.2, 0.3, 1.1, -0.5]
EDGES, CENTRES = [0, 0.5, -0.325, 1, 0, 0.2], [0, 0.5, -13 / 30, 1, 0, 4 / 15]
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
    """The arithmetic as plain text, line by line, without the asides."""
    body = """(m, [asked, [row, column], origin, words]) => {
        const seen = m.traceOne(m.readAll(asked), row * asked.outSize[1] + column);
        const told = m.arithmetic(seen, asked, [row, column], origin, words);
        const text = (part) => (typeof part === "string" ? part : part[1]);
        return Object.fromEntries(Object.entries(told).map(([step, rows]) =>
          [step, rows.map((phrases) => phrases.map((phrase) => phrase.map(text).join("")))]));
    }"""
    return call(module("trace_pixel/tracing.js"), body, [asked, pixel, origin, TracePixel.WORDS])


def plain(text):
    return text.replace("−", "-").replace("·", "*")


def sides(phrases):
    """Both sides of ``name = sum = result`` as numbers, and what is said after it."""
    text = plain(" ".join(phrases))
    found = re.fullmatch(r"[xy] = ([-0-9.+*/() ]+) = (-?[0-9.]+)(.*)", text)
    assert found, text
    return eval(found[1]), float(found[2]), found[3].strip()


@pytest.mark.parametrize(("grid", "sampler"), PAIRS)
@pytest.mark.parametrize("pixel", [(0, 0), (4, 1), (5, 2)])
def test_the_arithmetic_adds_up_to_torchs_grid(call, grid, sampler, pixel):
    image = random_image((4, 7))
    told = lines(call, state(image, THETA, (6, 3), grid, sampler), pixel)
    source, values = by_torch(image, THETA, (6, 3), grid, sampler)
    target, _ = by_torch(image, [1, 0, 0, 0, 1, 0], (6, 3), grid, sampler)
    for axis, name in enumerate("xy"):
        left, right, after = sides(told["units"][axis])
        assert left == pytest.approx(target[*pixel, axis].item(), abs=1e-12)
        assert right == pytest.approx(left, abs=5.01e-4)
        counted = pixel[1 - axis]
        assert after.endswith(f"{counted + 1}, counted from 0: {counted}")
        left, right, after = sides(told["theta"][axis])
        assert right == pytest.approx(source[*pixel, axis].item(), abs=5.01e-4)
        assert left == pytest.approx(right, abs=2e-3) and after == ""
        left, right, after = sides(told["pixel"][axis])
        side = image.shape[1 - axis]
        x = source[*pixel, axis].item()
        assert right == pytest.approx((x + 1) * (side - 1) / 2 if sampler else ((x + 1) * side - 1) / 2, abs=5.01e-3)
        assert left == pytest.approx(right, abs=8e-3)
        assert float(after.removeprefix("counted from 1: ")) == pytest.approx(right + 1), name
    assert float(plain(told["value"][0][-1])[2:]) == pytest.approx(values[pixel].item(), abs=5.01e-3)


def test_the_arithmetic_of_the_worked_example_is_that_of_the_book(call):
    told = lines(call, state(SQUARES, EDGES, (4, 4), False, False), (1, 1))
    assert [" ".join(row) for step in ("theta", "pixel", "value") for row in told[step]] == [
        "x = 0.00 · (−0.25) + 0.50 · (−0.25) + (−0.325) = −0.45",
        "y = 1.00 · (−0.25) + 0.00 · (−0.25) + 0.20 = −0.05",
        "x = ((−0.45 + 1) · 4 − 1) / 2 = 0.60 counted from 1: 1.60",
        "y = ((−0.05 + 1) · 4 − 1) / 2 = 1.40 counted from 1: 2.40",
        "V(2, 2) = U(1.60, 2.40) = 55.92",
    ]


def test_counted_from_0_nothing_is_counted_again(call):
    told = lines(call, state(SQUARES, EDGES, (4, 4), False, False), (1, 1), origin=0)
    assert "counted" not in str(told)
    assert " ".join(told["value"][0]) == "V(1, 1) = U(0.60, 1.40) = 55.92"


def test_a_single_pixel_divides_by_nothing(call):
    told = lines(call, state(SQUARES, EDGES, (1, 4), True, True), (0, 2))
    assert told["units"][1] == ["y", "= 0.00", "the place of a single pixel"]


@pytest.mark.parametrize(("value", "text"), [(0.25, "0.25"), (-1 / 3, "−0.333"), (1, "1.00"), (-1e-5, "0.00")])
def test_a_third_place_is_shown_where_it_says_something(call, value, text):
    assert call(module("trace_pixel/tracing.js"), "(m, a) => m.number(a)", value) == text


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


@pytest.mark.parametrize("image", [np.zeros(4), np.zeros((2, 3, 4)), np.zeros((9, 3)), np.zeros((0, 3)), [[math.nan]]])
def test_an_image_that_cannot_be_drawn_is_refused(image):
    with pytest.raises(ValueError, match="finite image"):
        TracePixel(image)


@pytest.mark.parametrize("theta", [[1, 0, 0, 0, 1], np.eye(3), [1, 0, math.inf, 0, 1, 0], [1, 0, 100, 0, 1, 0]])
def test_a_theta_that_is_not_six_numbers_is_refused(theta):
    with pytest.raises(ValueError, match="six numbers from -99 to 99, got"):
        TracePixel(theta=theta)


@pytest.mark.parametrize("size", [(0, 4), (4, 9), (4,), (1, 2, 3)])
def test_an_output_that_is_too_large_or_empty_is_refused(size):
    with pytest.raises(ValueError, match=r"out_size \(H', W'\) of 1 to 8"):
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
    text = TracePixel()._fallback
    assert "<svg" in text and 'role="img"' in text and "<figcaption>" in text
    dots = re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="3.5"', text)
    ring = re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="9"', text)
    assert len(dots) == 16 and ring == [(f"{1.1 * 44:.1f}", f"{1.9 * 44:.1f}")]  # (0.6, 1.4) from the first edge
    assert "<circle" not in TracePixel(theta=[1, 0, 3, 0, 1, 0])._fallback


# --- on a page -------------------------------------------------------------------------------------------------------

MOUNT = """async ([esm, state]) => {
  const heard = new Map();
  window.model = {
    get: (name) => state[name], save_changes() {}, off() {},
    set(name, value) {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      for (const then of heard.get(`change:${name}`) ?? []) then();
    },
    on(events, then) { for (const event of events.split(" ")) heard.set(event, [...(heard.get(event) ?? []), then]); },
  };
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  (await import(url)).default.render({ model: window.model, el: document.body.firstChild });
}"""


class Mounted:
    """A tracer on an empty page, 720 pixels wide unless said."""

    def __init__(self, browser, width=720, **options):
        widget = TracePixel(**options)
        self.page = browser.new_page(viewport={"width": width, "height": 1200})
        self.page.set_content('<body style="margin: 0"><div></div></body>')
        self.page.add_style_tag(content=str(widget._css))
        shown = {name: value for name, value in widget.get_state().items() if not name.startswith("_")}
        self.page.evaluate(MOUNT, [str(widget._esm), shown])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.page.close()

    def settle(self):
        """The view is drawn once a frame: after two of them it is there."""
        self.page.evaluate("new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))")

    def get(self, *names):
        self.settle()
        return [self.page.evaluate("(name) => model.get(name)", name) for name in names]

    def text(self, selector):
        self.settle()
        return self.page.locator(selector).inner_text()

    def centre_of(self, row, column):
        box = self.page.locator(".stn-output .stn-cell").nth(4 * row + column).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_arrow_keys_walk_over_the_output_and_stop_at_its_border(browser):
    with Mounted(browser) as tracer:
        tracer.page.locator(".stn-marker").focus()
        walk = {"ArrowRight": (1, 2), "ArrowDown": (2, 2), "Home": (2, 0), "ArrowLeft": (2, 0), "End": (2, 3)}
        for key, place in walk.items():
            tracer.page.keyboard.press(key)
            assert tracer.get("row", "column") == list(place), key
        told = tracer.page.locator(".stn-marker").get_attribute("aria-valuetext")
        assert told == "Column 4, row 3: source x 2.10, y 4.40, value 119.34" == tracer.text(".stn-headline")


def test_the_mouse_shows_a_pixel_and_a_click_keeps_it(browser):
    with Mounted(browser) as tracer:
        tracer.page.mouse.move(*tracer.centre_of(3, 0))
        assert tracer.text(".stn-headline").startswith("Column 1, row 4:")
        assert tracer.get("row", "column") == [1, 1]
        tracer.page.mouse.move(2, 2)
        assert tracer.text(".stn-headline").startswith("Column 2, row 2:")
        tracer.page.mouse.click(*tracer.centre_of(0, 2))
        tracer.page.mouse.move(2, 2)
        assert tracer.text(".stn-headline").startswith("Column 3, row 1:")
        assert tracer.get("row", "column") == [0, 2]


def test_a_warning_appears_if_the_conventions_differ(browser):
    with Mounted(browser, row=0, column=0) as tracer:
        tracer.page.locator("select").select_option(label="Identity, conventions mixed")
        assert tracer.get("grid_corners", "sampler_corners") == [True, False]
        assert "(−0.50, −0.50) pixels from its correct place" in tracer.text(".stn-unlike")
        tracer.page.locator("fieldset").nth(1).locator("label").nth(1).click()
        assert "same convention" in tracer.text(".stn-alike")
        assert tracer.page.locator(".stn-unlike").count() == 0


def test_every_control_acts_and_reset_brings_the_start_back(browser):
    names = ["theta", "out_size", "row", "column", "grid_corners", "sampler_corners"]
    with Mounted(browser, row=2, column=3) as tracer:
        start = tracer.get(*names)
        for number in tracer.page.locator("input[type=number]").all():
            before = tracer.get("theta")
            number.fill("1.75")
            assert tracer.get("theta") != before
        for slider in tracer.page.locator("input[type=range]").all():
            slider.focus()
            tracer.page.keyboard.press("Home")
        assert tracer.get("out_size") == [[1, 1]]
        assert tracer.text(".stn-headline").startswith("Column 1, row 1:")
        for bar in tracer.page.locator("fieldset").all():
            bar.locator("input:checked").focus()
            tracer.page.keyboard.press("ArrowRight")
        assert tracer.get("grid_corners", "sampler_corners") == [True, True]
        tracer.page.get_by_role("button", name="Reset").click()
        assert tracer.get(*names) == start


def test_a_number_that_is_none_is_not_taken_and_comes_back(browser):
    with Mounted(browser) as tracer:
        box = tracer.page.locator("input[type=number]").nth(2)
        for keys in ("", "123", "-"):
            box.fill("")
            box.press_sequentially(keys)
            assert tracer.get("theta") == [[*EDGES[:2], {"": -0.325, "123": 12, "-": 12}[keys], *EDGES[3:]]]
        box.blur()
        tracer.settle()
        assert box.input_value() == "12"


@pytest.mark.parametrize("width", [320, 390, 720])
def test_nothing_jumps_or_overflows_while_pixels_are_traced(browser, width):
    with Mounted(browser, width, theta=THETA, grid_corners=True) as tracer:
        heights = set()
        for row, column in itertools.product(range(4), repeat=2):
            tracer.page.evaluate("([r, c]) => { model.set('row', r); model.set('column', c); }", [row, column])
            tracer.settle()
            heights.add(tracer.page.locator(".stn-frame").bounding_box()["height"])
        assert len(heights) == 1
        assert tracer.page.evaluate("document.documentElement.scrollWidth") <= width
