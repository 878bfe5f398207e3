"""The explorable of chapter 7: its windows and images against torch, its words by hand, and a page that answers."""

import math

import numpy as np
import pytest
import torch
import traitlets
from scipy import ndimage
from torch.nn import functional as F

from stn_lib import metrics
from stn_lib.widgets import ReplayTraining
from tests.widgets.javascript import close, module
from tests.widgets.recorded_run import LABELS, frames, make_images, widget
from tests.widgets.stage import synced

SOURCE = module("replay_training/replay.js", "shared/axis.js")
THETA = [0.7, -0.3, 0.2, 0.4, 0.9, -0.1]
READ = """const view = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const run = m.readRun({ ...a.state, inputs: view(a.blobs.inputs), thetas: view(a.blobs.thetas),
    size: [a.state.height, a.state.width], outSize: a.state.out_size });"""


def ask(call, shown, result, **more):
    state, blobs = synced(shown)
    return call(SOURCE, "(m, a) => {" + READ + f"return {result}; }}", {"state": state, "blobs": blobs, **more})


def test_the_corners_of_the_window(call):
    """Oracle: by hand: half as wide, moved right by 3/4: x from .25 to 1.25, in pixels 10 to 18 of 16; y swaps."""
    got = call(SOURCE, "(m, a) => m.windowCorners(...a)", [[0.5, 0, 0.75, 0, -1, 0], [12, 16]])
    close(got, [[10, 12], [18, 12], [18, 0], [10, 0]], 1e-12)


def test_the_corners_are_where_torch_reads(call):
    """Oracle: torch's grid of two by two, whose outermost points are the corners with align_corners=True."""
    grid = F.affine_grid(torch.tensor(THETA).double().view(1, 2, 3), (1, 1, 2, 2), align_corners=True)[0]
    wanted = (grid.reshape(4, 2)[[0, 1, 3, 2]] + 1) * torch.tensor([16, 12]) / 2
    close(call(SOURCE, "(m, a) => m.windowCorners(...a)", [THETA, [12, 16]]), wanted, 1e-6)


@pytest.mark.parametrize("out_size", [(6, 8), (28, 28), (5, 1)])
@pytest.mark.parametrize("size", [(12, 16), (9, 5), (42, 42)])
def test_straightened_images(call, size, out_size):
    """Oracle: torch's affine_grid and grid_sample, of the image in 256 levels, and of the one that was given."""
    images = make_images(3, *size)
    thetas = torch.tensor(THETA).view(1, 2, 3) + 0.2 * torch.randn(3, 2, 3)
    shown = ReplayTraining(images, LABELS, frames(theta=lambda k: thetas), out_size=out_size)
    got = ask(call, shown, "run.images.map((p, k) => m.straighten(p, run.size, m.thetaAt(run, 2, 0, k), run.outSize))")
    grid = F.affine_grid(thetas, (3, 1, *out_size), align_corners=False)
    levels = F.grid_sample((images * 255).round() / 255, grid, align_corners=False)
    got = torch.tensor([list(one) for one in got])
    close(got, levels.flatten(1), 1e-5)
    close(got, F.grid_sample(images, grid, align_corners=False).flatten(1), 1 / 510 + 1e-5)


def test_theta_comes_back_as_it_was_recorded_and_glides_in_between(call):
    """Oracle: by hand: a quarter of the way from 2/8 to 3/8; after the last frame nothing comes."""
    got = ask(call, widget(), "[[2, 0, 1], [2, .25, 1], [4, .5, 1], [2, .25, 0]].map((v) => m.thetaAt(run, ...v))")
    close(got, [[1, 0, x, 0, 1, 0] for x in (0.25, 0.28125, 0.5, 0)], 1e-7)


@pytest.mark.parametrize("degrees", [-120.0, -30.0, 0.0, 44.0, 90.0])
def test_the_pose_of_a_window_made_in_pixels(call, degrees):
    """Oracle: by hand: of 6 x 8 pixels, each as wide as 1.5 and as high as 1.2 of U's, turned clockwise, moved (3, -2)."""
    c, n = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    pixel = np.array([[c, -n], [n, c]]) @ np.diag([1.5, 1.2])
    linear = np.diag([2 / 16, 2 / 12]) @ pixel @ np.diag([8 / 2, 6 / 2])
    theta = [*linear[0], 3 * 2 / 16, *linear[1], -2 * 2 / 12]
    got = call(SOURCE, "(m, a) => m.windowPose(...a)", [theta, [12, 16], [6, 8]])
    # Of 16 x 12 pixels, 12 x 7.2 are read.
    wanted = {"x": 3, "y": -2, "rotation": degrees, "stretch": 1.25, "zoom": math.sqrt(16 * 12 / (12 * 7.2))}
    assert got["mirrored"] is False
    assert {name: got[name] for name in wanted} == pytest.approx(wanted, abs=1e-9)


def test_the_pose_is_the_librarys_and_the_stretch_that_of_the_singular_values(call):
    """Oracle: stn_lib.metrics.pose, which tells of the image: it turns the other way; torch's singular values."""
    thetas = torch.eye(3)[:2].double() + 0.4 * torch.randn(20, 2, 3, dtype=torch.float64)
    thetas = thetas[torch.linalg.det(thetas[:, :, :2]) > 0.1]
    assert len(thetas) > 10
    body = "(m, a) => a.map((theta) => m.windowPose(theta, [42, 42], [28, 28]))"
    got = call(SOURCE, body, thetas.flatten(1).tolist())
    _, size, turn = metrics.pose(thetas)
    values = torch.linalg.svdvals(thetas[:, :, :2])
    for name, wanted in (("zoom", size), ("rotation", turn), ("stretch", values[:, 0] / values[:, 1])):
        close([one[name] for one in got], wanted, 1e-9)


def test_a_mirror_and_a_window_without_area(call):
    """Oracle: by hand: a negative determinant, and one of 0, which can be neither inverted nor called a zoom."""
    body = "(m, a) => a.map((theta) => m.windowPose(theta, [42, 42], [28, 28]))"
    mirror, flat = call(SOURCE, body, [[-1, 0, 0, 0, 1, 0], [1, 1, 0, 1, 1, 0]])
    assert (mirror["mirrored"], mirror["zoom"], mirror["stretch"]) == (True, 1, 1)
    assert (flat["mirrored"], flat["zoom"], flat["stretch"]) == (False, None, None)


def test_the_centres_of_window_and_digit(call):
    """Oracle: by hand: theta's shift in pixels, and scipy's centre of mass, from the corner; a blank image has its middle."""
    image = make_images(1, 12, 16)[0, 0]
    y, x = (at + 0.5 for at in ndimage.center_of_mass(image.numpy()))
    theta = [1, 0, 0.25, 0, 1, -0.5]
    body = (
        "(m, [p, theta]) => [m.windowCentre(theta, [12, 16]), m.digitCentre(p, [12, 16]), m.apart(p, theta, [12, 16])]"
    )
    got = call(SOURCE, body, [image.flatten().tolist(), theta])
    close(got[0], [10, 3], 1e-12)
    close(got[1], [x, y], 1e-5)
    assert got[2] == pytest.approx(math.hypot(10 - x, 3 - y), abs=1e-5)
    assert call(SOURCE, body, [[0] * 192, theta])[1] == [8, 6]


def test_frames_that_are_not_evenly_recorded(call):
    """Oracle: by hand."""
    steps = [0, 10, 25, 250]
    got = call(
        module("shared/player.js"), "(m, s) => [-5, 0, 9, 10, 24, 249, 999].map((step) => m.frameAt(s, step))", steps
    )
    assert got == [0, 0, 0, 1, 1, 2, 3]
    got = call(SOURCE, "(m, s) => [-5, 4, 6, 17, 18, 130, 140, 999].map((step) => m.frameNear(s, step))", steps)
    assert got == [0, 0, 1, 1, 2, 2, 3, 3]


def test_who_is_right(call):
    """Oracle: counted by hand in the tables above; the names' order in the state does not matter."""
    got = ask(call, widget(), "['cnn', 'st-cnn'].map((n) => [0, 1, 2, 3, 4].map((k) => m.rightOnes(run, n, k)))")
    assert got == [[0, 0, 1, 2, 2], [1, 2, 2, 3, 3]]


def test_the_logarithmic_axis(call):
    """Oracle: by hand: from 1 to 90, 10 and 3 lie at log 10 / log 90 and log 3 / log 90; 0 lies on the foot."""
    body = "(m, [values, percent, asked]) => { const axis = m.logAxis(values, percent); return [axis.low, axis.ticks, asked.map(axis.share)]; }"
    low, ticks, shares = call(SOURCE, body, [[90, 10, 1.5, 0], True, [90, 10, 3, 1, 0.2, 0]])
    assert (low, ticks) == (1, [1, 3, 10, 30, 90])
    close(shares, [1, math.log(10) / math.log(90), math.log(3) / math.log(90), 0, 0, 0], 1e-12)
    low, ticks, shares = call(SOURCE, body, [[2.3, 0.21], False, [2.3, 0.1]])
    assert low == pytest.approx(0.1) and ticks == pytest.approx([0.1, 0.3, 1]) and shares == [1, 0]
    assert call(SOURCE, body, [[0, 0], True, [0]])[2] == [0]  # a run without errors


def test_the_steps_of_the_axis_are_round(call):
    """Oracle: by hand."""
    got = call(
        SOURCE, "(m, a) => a.map((one) => m.stepTicks(...one))", [[0, 250, 5], [0, 250, 10], [7, 40, 4], [0, 3, 10]]
    )
    assert got == [[0, 50, 100, 150, 200, 250], [0, 50, 100, 150, 200, 250], [10, 20, 30, 40], [0, 1, 2, 3]]


def test_it_opens_at_the_end_with_the_digit_whose_window_goes_furthest():
    """Oracle: by hand: the last of five frames; only the window of digit 1 moves."""
    shown = ReplayTraining(make_images(), LABELS, frames())
    assert (shown.frame, shown.digit, shown.curve, shown.tested) == (4, 1, "error", 0)
    assert (widget(step=20).frame, widget(digit=0).digit) == (2, 0)


def test_what_is_kept_is_small():
    """Oracle: by hand: a byte a pixel, four a number of theta; the images come back within half a level."""
    shown = widget()
    assert (len(shown.inputs), len(shown.thetas)) == (3 * 12 * 16, 5 * 3 * 6 * 4)
    close(np.frombuffer(shown.inputs, np.uint8) / 255, make_images(), 1 / 510 + 1e-6)


def test_the_image_without_javascript():
    """Oracle: by hand: digit 1 is drawn at 150, 50 with half a side of 28, its window moved by a quarter of 28."""
    text = widget()._fallback
    assert "<svg" in text and 'role="img"' in text and "aria-label" in text and "Step 20:" in text
    assert "129.0,22.0 185.0,22.0 185.0,78.0 129.0,78.0" in text
    assert "CNN 7 ✓" in text and "CNN 1 ✗" in text and "ST-CNN 2 ✓" in text


def broken(**changes):
    return {"frames": frames(**changes)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": torch.zeros(3, 12, 16)}, r"inputs of shape \(K, 1, H, W\).* got \(3, 12, 16\)"),
        ({"inputs": torch.zeros(13, 1, 12, 16)}, r"at most 12 images.* got \(13, 1, 12, 16\): take a few"),
        ({"inputs": torch.zeros(3, 1, 12, 65)}, "4 to 64 pixels a side"),
        ({"inputs": torch.full((3, 1, 12, 16), -0.4)}, "from 0 to 1, got -0.4 to -0.4: undo the normalisation"),
        ({"inputs": torch.full((3, 1, 12, 16), math.nan)}, "from 0 to 1, got nan"),
        ({"labels": [7, 2]}, r"labels of shape \(3,\), got \(2,\)"),
        ({"labels": [7, 2, 10]}, r"labels from 0 to 9, got \[7, 2, 10\]"),
        ({"out_size": (28, 0)}, r"expected out_size .* got \(28, 0\)"),
        ({"out_size": (28,)}, r"expected out_size .* got \(28,\)"),
        ({"frames": frames()[:1]}, "expected 2 to 500 frames, got 1"),
        ({"frames": [{"step": 0, "theta": 1}] * 2}, "frame 0 to have answers, error, loss, got step, theta"),
        ({"frames": frames()[::-1]}, r"steps that rise, got \[40, 30, 20, 10, 0\]: sort"),
        (broken(theta=lambda k: torch.zeros(2, 2, 3)), r"theta of shape \(3, 2, 3\) in frame 0, got \(2, 2, 3\): keep"),
        (broken(theta=lambda k: torch.full((3, 2, 3), math.nan if k else 1.0)), "in frame 1, got others: lower the"),
        (broken(answers=lambda k: {"cnn": LABELS}), "answers of frame 0 for 'st-cnn', got cnn"),
        (
            broken(answers=lambda k: {"cnn": LABELS, "st-cnn": torch.rand(3, 10)}),
            r"answers of st-cnn in frame 0 of shape \(3,\)",
        ),
        (broken(answers=lambda k: {"cnn": [0.5, 1, 2], "st-cnn": LABELS}), "from 0 to 9, got .*: classes, not logits"),
        (broken(error=lambda k: {"cnn": 101, "st-cnn": 1}), "error of cnn in frame 0 from 0 to 100 per cent, got 101"),
        (broken(loss=lambda k: {"cnn": 1, "st-cnn": math.nan}), "loss of st-cnn in frame 0 of at least 0, got nan"),
        ({"step": 15}, r"expected a recorded step, got 15: choose one of \[0, 10"),
        ({"digit": 3}, "expected digit from 0 to 2, got 3"),
        ({"tested": -1}, "expected tested, a number of images, got -1"),
    ],
)
def test_wrong_requests_are_refused(arguments, message):
    """Oracle: the message says what was expected, what came and what to do."""
    with pytest.raises(ValueError, match=message):
        ReplayTraining(**({"inputs": make_images(), "labels": LABELS, "frames": frames()} | arguments))


def test_an_unknown_curve_is_refused():
    """Oracle: the trait names what it knows."""
    with pytest.raises(traitlets.TraitError, match="accuracy"):
        widget(curve="accuracy")
