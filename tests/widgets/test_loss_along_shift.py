"""The figure of the loss: where plain gradient descent on it stops, and why."""

import pytest
import torch
import torch.nn.functional as F

from stn_lib.data import sample_digits
from stn_lib.widgets import LossAlongShift
from tests.widgets.javascript import module
from tests.widgets.stage import Stage

DESCEND = """(m, [image, goal, mode, blur]) => {
    const now = m.measure(Float64Array.from(image), 28, 48, goal, blur);
    let t = 0;
    for (let k = 0; k < 1000; k++) t -= now.rate * now.loss(t, mode).slope;
    return [t, m.whyStopped(now.loss, t, goal)];
}"""


@pytest.fixture(scope="module")
def seven():
    """The digit of chapter 5's figure."""
    return F.pad(sample_digits()[7, 0], (10, 10)).flatten().tolist()


@pytest.mark.parametrize(
    ("goal", "mode", "blur", "end"),
    [
        (4, "bilinear", 0, 4),
        (4, "nearest", 0, 0),
        (10, "bilinear", 0, 0.92),
        (10, "bicubic", 0, 10),
        (-4, "bilinear", 0, 0.04),  # the first slope is that to the right, whatever the target
        (-4, "bicubic", 0, -4),
        (10, "bilinear", 0.5, 3.97),
        (10, "bilinear", 0.75, 10),
    ],
)
def test_descent_stops_where_chapter_5_says(call, seven, goal, mode, blur, end):
    got, _ = call(module("loss_along_shift/model.js"), DESCEND, [seven, goal, mode, blur])
    assert got == pytest.approx(end, abs=6e-3)


def test_the_ripple_stops_the_digit_and_missing_overlap_the_dot(call, seven):
    """By hand: 20 pixels apart, two squares of one pixel overlap at no shift on the way."""
    sources = module("loss_along_shift/model.js")
    assert call(sources, DESCEND, [seven, 10, "bilinear", 0])[1] == "ripple"
    pixel = [0.0] * 28 * 48
    pixel[14 * 48 + 24] = 1.0
    assert call(sources, DESCEND, [pixel, 10, "bilinear", 0]) == [pytest.approx(0.5, abs=1e-6), "reach"]


@pytest.mark.parametrize(
    ("goal", "mode", "says"),
    [
        (4, "bilinear", "Arrived at the target"),
        (10, "bilinear", "Stopped in the ripple"),
        (10, "nearest", "a staircase"),
    ],
)
def test_the_figure_says_why_descent_stopped(browser, goal, mode, says):
    shown = LossAlongShift(F.pad(sample_digits()[7, 0], (10, 10)), goal=goal, mode=mode)
    with Stage(browser, shown, reduced_motion="reduce") as stage:  # all steps at once
        assert mode == "nearest" or "topped" not in stage.page.locator(".stn-told").inner_text()
        stage.page.get_by_role("button", name="Descend").click()
        stage.page.get_by_text(says).wait_for(timeout=5000)


def test_keys_move_the_handle_as_those_of_a_slider(browser):
    """Oracle: by hand: 0.25 pixels an arrow key, 2.5 a Page key, and the ends of the axis."""
    with Stage(browser, LossAlongShift(torch.eye(9))) as stage:
        handle = stage.page.locator(".stn-handle")
        keys = {
            "ArrowUp": 0.25,
            "PageUp": 2.75,
            "ArrowDown": 2.5,
            "PageDown": 0,
            "End": 14,
            "Home": -14,
            "PageDown ": -14,
        }
        for key, shift in keys.items():
            handle.press(key.strip())
            assert stage.get("shift") == shift == float(handle.get_attribute("aria-valuenow")), key
        assert stage.errors == []


def test_losses_are_written_beside_the_curve_and_the_tangent_has_a_name(browser):
    """Oracle: the loss of a square pixel that is 1 in 9 × 9, shifted off: two such squares, so 2/81."""
    image = torch.zeros(9, 9)
    image[4, 4] = 1
    with Stage(browser, LossAlongShift(image, goal=1)) as stage:
        assert "slope at t" in stage.text(".stn-panel:has(.stn-close) .stn-key")
        assert stage.page.locator(".stn-of-loss").all_text_contents() == ["0.00", "0.01", "0.02"]


def test_both_smooth_curves_are_drawn_whatever_is_chosen_and_the_close_up_shows_the_dip(browser, seven):
    """Oracle: torch: at shift -1.4 the loss is lower than at -2 and -1, with bilinear interpolation alone."""
    shown = LossAlongShift(F.pad(sample_digits()[7, 0], (10, 10)), goal=10, shift=-1.4)
    image = torch.tensor(seven, dtype=torch.float64).view(1, 28, 48)

    def loss(t, mode):
        theta = torch.tensor([[[1, 0, 2 * t / 48], [0, 1, 0]]], dtype=torch.float64)
        moved = F.grid_sample(image[None], F.affine_grid(theta, [1, 1, 28, 48], align_corners=False), mode)
        return (moved - F.pad(image, (0, 10))[None, ..., 10:]).square().mean().item()

    assert loss(-1.4, "bilinear") < loss(-1, "bilinear") < loss(-2, "bilinear")
    assert loss(-1, "bicubic") < loss(-1.4, "bicubic") < loss(-2, "bicubic") + 1e-3
    dip = """(mode) => {
        const path = document.querySelector(`.stn-close .stn-${mode}`), length = path.getTotalLength();
        const points = Array.from({ length: 800 }, (_, k) => path.getPointAtLength((k / 799) * length));
        const dot = document.querySelector(".stn-close .stn-dot").cx.baseVal.value;
        const at = (x) => points.find((point) => point.x >= x).y;
        return [at(dot - 57), at(dot), at(dot + 38)]; // -2, -1.4 and -1; y grows downwards
    }"""
    with Stage(browser, shown) as stage:
        before, at, after = stage.page.evaluate(dip, "bilinear")
        assert at - after > 12 and at - before > 12  # pixels of the drawing
        before, at, after = stage.page.evaluate(dip, "bicubic")
        assert at < after
        assert "Stopped in the ripple" in stage.text(".stn-told")
        for mode in ("Bicubic", "Nearest", "Bilinear"):
            stage.page.get_by_role("radio", name=mode).check()
            stage.settle()
            for curve in ("bilinear", "bicubic"):
                assert stage.page.locator(f".stn-drag .stn-{curve}").is_visible()
            assert [name.strip() for name in stage.texts(".stn-key .stn-chosen")] == [mode]


def test_bicubic_interpolation_leaves_the_dip_of_the_first_state(call, seven):
    body = DESCEND.replace("let t = 0", "let t = -1.4")
    assert call(module("loss_along_shift/model.js"), body, [seven, 10, "bilinear", 0])[0] == pytest.approx(
        -1.4, abs=0.01
    )
    assert call(module("loss_along_shift/model.js"), body, [seven, 10, "bicubic", 0])[0] == pytest.approx(10, abs=0.01)


def test_the_page_says_which_way_the_image_moves_as_t_grows(browser):
    """Oracle: by hand: the pixels of the image, seen on the canvas, move to the left."""
    dot = torch.zeros(5, 33)
    dot[2, 16] = 1
    centre = """() => {
        const canvas = document.querySelector(".stn-over canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 2, canvas.width, 1);
        const red = Array.from({ length: canvas.width }, (_, k) => data[4 * k]);
        return red.indexOf(Math.min(...red));
    }"""
    with Stage(browser, LossAlongShift(dot, goal=-9)) as stage:
        assert "moves left as t grows" in stage.text(".stn-way")
        places = []
        for t in (0, 3):
            stage.page.evaluate("(t) => model.set('shift', t)", t)
            stage.settle()
            places.append(stage.page.evaluate(centre))
        assert places == [16, 13]
