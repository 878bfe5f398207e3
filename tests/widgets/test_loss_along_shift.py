"""The figure of the loss: where plain gradient descent on it stops, and why."""

import pytest
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
