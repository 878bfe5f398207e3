"""The explorable of chapter 7 with the reader's own hand: its pure functions against scipy and torch, and what it refuses."""

import base64
import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from stn_lib.data import RTS, distort, sample_digits
from stn_lib.data.distort import random_theta
from stn_lib.models import CNN, STCNN, load_pretrained
from stn_lib.models.export import to_operations
from stn_lib.widgets import DrawDigit
from tests.widgets.drawing import SEVEN, as_mnist, covered, mulberry, names, placed
from tests.widgets.javascript import close, module

INK = module("draw_digit/ink.js")
PLACES = module("shared/distortion.js", "shared/random.js")
TRIALS = module("draw_digit/trials.js")
VIEW = module("draw_digit/model.js")
RECIPE = {"degrees": 45, "scale": [0.7, 1.2], "ink": 22}
ARC = [[50 + 30 * f(t) for t in np.linspace(0.3, 5.5, 40) for f in (math.cos, math.sin)]]
# So much ink at its left end that its centre of mass carries the right one over the border.
LOPSIDED = [[v for k in range(40) for v in (10 + 4 * (k % 2), 30 + k)], [12, 50, 90, 50]]


def test_a_stroke_is_smoothed(call):
    """Oracle: by hand: both ends stay, two rounds of cutting off a corner's quarters; a line has no corner."""
    corner = [0, 0, 0.25, 0, 0.75, 0, 1.5, 0, 2.5, 0, 3.25, 0.25, 3.75, 0.75, 4, 1.5, 4, 2.5, 4, 3.25, 4, 3.75, 4, 4]
    body = "(m, a) => a.map(m.smooth)"
    assert call(INK, body, [[0, 0, 4, 0, 4, 4], [1, 2, 5, 6], [3, 3]]) == [corner, [1, 2, 5, 6], [3, 3]]


def test_a_line_covers_its_pixels(call):
    """Oracle: by hand: a line down the border of two columns, 2.6 wide: half a pixel away 1, one and a half away 0.3."""
    got = np.reshape(call(INK, "(m, a) => m.cover(...a)", [[[5, 0, 5, 10]], 2.6, 10]), (10, 10))
    close(got, np.tile([0, 0, 0, 0.3, 1, 1, 0.3, 0, 0, 0], (10, 1)), 1e-9)


@pytest.mark.parametrize(
    "lines", [[[3, 4, 9, 15, 17, 2]], [[-4, 3, 25, 12], [10, 10]], [[6.3, 6.3]], [[2, 2, 2, 2, 9, 2]]]
)
def test_the_cover_of_any_lines(call, lines):
    """Oracle: the distance to the nearest of thousands of points on the lines, by scipy."""
    got = call(INK, "(m, a) => m.cover(...a)", [lines, 3, 20])
    close(got, covered([np.reshape(line, (-1, 2)) for line in lines], 3, 20), 1e-4)


@pytest.mark.parametrize("strokes", [SEVEN, ARC, LOPSIDED, [[50, 10, 50, 90]], [[30, 30]], [[30, 30, 32, 31]]])
def test_the_image_of_a_drawing(call, strokes):
    """Oracle: MNIST's steps in numpy and scipy; half a level of grey may be rounded either way."""
    got = 255 * np.reshape(call(INK, "(m, a) => m.inkImage(a)", strokes), (28, 28))
    assert np.abs(got - np.round(got)).max() < 1e-4
    close(got, as_mnist(strokes), 1.001)


@pytest.mark.parametrize("strokes", [SEVEN, ARC])
def test_the_image_is_as_mnists_are(call, strokes):
    """Oracle: what 50,000 digits of MNIST have: a longer side of 20 pixels, a centre of mass at (14, 14) to 0.5."""
    got = np.reshape(call(INK, "(m, a) => m.inkImage(a)", strokes), (28, 28))
    rows, columns = np.nonzero(got)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert np.abs(np.subtract(ndimage.center_of_mass(got), 14)).max() <= 0.5
    box, centre = call(
        INK, "(m, a) => { const p = m.inkImage(a); return [m.inkBox(p, 28), m.massCentre(p, 28)]; }", strokes
    )
    assert box == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
    close(centre, ndimage.center_of_mass(got)[::-1], 1e-5)


def test_neither_size_nor_place_on_the_pad_matters(call):
    """Oracle: the image of the same drawing at half the size, elsewhere."""
    small = [[0.5 * v + 3 for v in stroke] for stroke in SEVEN]
    close(*call(INK, "(m, a) => a.map(m.inkImage)", [SEVEN, small]), 1.001 / 255)


def test_the_ink_is_as_wide_as_mnists(call):
    """Oracle: by hand: across an upright line the ink adds up to 2.6 pixels, MNIST's mean, wherever it lies."""
    got = np.reshape(call(INK, "(m, a) => m.inkImage(a)", [[50, 10, 50, 90]]), (28, 28))
    close(got[10:18].sum(axis=1), [2.6] * 8, 0.01)


def test_no_ink_is_no_image(call):
    """Oracle: by hand: nothing but zeros, and no box."""
    got = call(INK, "(m, a) => a.map((s) => { const p = m.inkImage(s); return [p, m.inkBox(p, 28)]; })", [[], [[]]])
    assert got == [[[0] * 784, None]] * 2


@pytest.mark.parametrize(
    "state", [{"x": 4, "y": -3, "degrees": 30, "scale": 0.8}, {"x": -9.5, "y": 14, "degrees": -77, "scale": 1.5}]
)
def test_the_distorted_image(call, state):
    """Oracle: torch's grid_sample."""
    digit = sample_digits()[7, 0]
    got = call(
        PLACES, "(m, a) => m.placeDigit(a.digit, 28, 42, a.state)", {"digit": digit.flatten().tolist(), "state": state}
    )
    close(got, placed(digit, state))


def test_random_distortions_are_the_librarys(call):
    """Oracle: theta and images that stn_lib.data draws from the same numbers."""
    digits = sample_digits()
    numbers = torch.rand(4, 10, generator=torch.Generator().manual_seed(3)).T.tolist()
    body = """(m, a) => a.numbers.map((four, k) => {
        const state = m.randomPlace(a.recipe, four, 42);
        return [m.placementTheta(state, 28, 42), m.placeDigit(a.digits[k], 28, 42, state), m.isTrained(state, a.recipe, 42)];
    })"""
    thetas, images, trained = zip(
        *call(PLACES, body, {"numbers": numbers, "recipe": RECIPE, "digits": digits.flatten(1).tolist()}), strict=True
    )
    close(thetas, random_theta(RTS, 10, (28, 28), torch.Generator().manual_seed(3)))
    close(images, distort(digits, "RTS", generator=torch.Generator().manual_seed(3))[0])
    assert all(trained)


@pytest.mark.parametrize(
    ("change", "trained"),
    [({}, True), ({"degrees": 45}, True), ({"degrees": -46}, False), ({"scale": 0.69}, False), ({"scale": 1.21}, False),
     ({"x": 10}, True), ({"x": 10.1}, False), ({"y": -10.1}, False), ({"scale": 1.2, "y": 7.8}, True), ({"scale": 1.2, "y": 7.9}, False)],
)  # fmt: skip
def test_what_was_trained_on(call, change, trained):
    """Oracle: by hand: upright, 21 pixels to the border less 11 times the size are left for the place."""
    state = {"x": 0, "y": 0, "degrees": 0, "scale": 1} | change
    assert call(PLACES, "(m, a) => m.isTrained(a[0], a[1], 42)", [state, RECIPE]) == trained


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**32 - 1])
def test_the_random_numbers(call, seed):
    """Oracle: the published generator in Python's integers."""
    got = call(
        PLACES, "(m, seed) => { const next = m.makeRandom(seed); return Array.from({ length: 9 }, next); }", seed
    )
    assert got == [number for number, _ in zip(mulberry(seed), range(9), strict=False)]


@pytest.mark.parametrize("name", names())
def test_both_networks_logits(call, name):
    """Oracle: torch, on the rounded weights, for a drawn digit under four distortions."""
    model = load_pretrained(name)
    drawn = torch.from_numpy(as_mnist(SEVEN) / 255).float().view(1, 1, 28, 28).expand(4, -1, -1, -1)
    images, _ = distort(drawn, "RTS", generator=torch.Generator().manual_seed(1))
    layout, weights = to_operations(model)
    body = """(m, [layout, b, images]) => {
        const run = m.makeNetwork(layout, new DataView(Uint8Array.from(atob(b), (c) => c.charCodeAt(0)).buffer));
        return images.map((image) => run(Float32Array.from(image)).logits);
    }"""
    got = call(
        module("shared/network.js"),
        body,
        [layout, base64.b64encode(weights).decode(), images.flatten(1).tolist()],
    )
    with torch.no_grad():
        close(got, model(images), 1e-3)


def test_what_two_answers_mean(call):
    """Oracle: by hand."""
    cases = [(7, 7, None), (7, 7, 7), (7, 7, 1), (7, 1, None), (7, 1, 7), (7, 1, 1), (7, 1, 2), (0, 0, 0)]
    got = call(VIEW, "(m, a) => a.map((one) => m.compare(...one).join(' '))", cases)
    assert got == [
        "same open",
        "same right",
        "same wrong",
        "differ open",
        "differ cnn",
        "differ st",
        "differ none",
        "same right",
    ]
    answers = np.random.default_rng(0).integers(0, 10, 100)
    counts = np.bincount(answers)
    assert call(TRIALS, "(m, a) => m.mostly(a)", answers.tolist()) == [counts.argmax(), counts.max()]


def test_the_window_of_a_theta(call):
    """Oracle: by hand: half as wide, moved right by 3/4: x from .25 to 1.25, in pixels 21 (x + 1); y swaps."""
    got = call(VIEW, "(m, a) => m.windowOf(a, 42)", [0.5, 0, 0.75, 0, -1, 0])
    close(got, [[26.25, 42], [47.25, 42], [47.25, 0], [26.25, 0]], 1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"examples": np.zeros((2, 28, 28))}, r"1 to 12 examples \(K, 1, 28, 28\), got shape \(2, 28, 28\)"),
        ({"examples": np.zeros((0, 1, 28, 28))}, r"got shape \(0, 1, 28, 28\)"),
        ({"examples": np.zeros((13, 1, 28, 28))}, r"got shape \(13, 1, 28, 28\)"),
        ({"examples": np.full((1, 1, 28, 28), 255)}, "values from 0 to 1, got 255.0 to 255.0"),
        ({"examples": np.full((1, 1, 28, 28), np.nan)}, "values from 0 to 1, got nan"),
        ({"labels": [1]}, r"expected 2 labels from 0 to 9, one for each example, got \[1\]"),
        ({"labels": [1, 10]}, r"got \[1, 10\]"),
        ({"labels": [1, 2.5]}, r"got \[1, 2.5\]"),
        ({"example": 2}, "expected example from 0 to 1, or -1 for an empty pad, got 2"),
        ({"example": -2}, "got -2"),
        ({"cnn": CNN(in_size=(40, 40))}, r"expected cnn for images \(1, 42, 42\), got one for \(1, 40, 40\)"),
        ({"st_cnn": CNN()}, "expected st_cnn to begin with a spatial transformer, got conv2d"),
        ({"cnn": CNN(classes=11)}, "expected cnn with ten logits"),
        ({"st_cnn": STCNN(transform="tps")}, "expected an affine transformer"),
    ],
)  # fmt: skip
def test_what_it_refuses(change, message):
    """Oracle: the documented errors."""
    with pytest.raises(ValueError, match=message):
        DrawDigit(**{"cnn": CNN(), "st_cnn": STCNN(), "examples": np.zeros((2, 1, 28, 28)), "labels": [1, 2]} | change)


def test_it_names_the_networks_that_there_are():
    """Oracle: the weights' names in the message."""
    with pytest.raises(FileNotFoundError, match="digits-rts-cnn.*got 'nowhere'"):
        DrawDigit("nowhere")


def test_the_image_is_what_is_on_the_pad():
    """Oracle: the examples, in 256 levels; what a page sends; a blank pad."""
    widget = DrawDigit(CNN(), STCNN(), sample_digits()[:2], example=1)
    close(widget.image, (sample_digits()[1] * 255).round() / 255, 1e-7)
    assert (widget.labels, widget.meant) == ([-1, -1], -1)
    sent = as_mnist(SEVEN).astype(int).ravel().tolist()
    widget.set_state({"pixels": sent, "strokes": SEVEN, "example": -1})
    close(widget.image, np.divide(sent, 255), 1e-7)
    assert DrawDigit(CNN(), STCNN(), example=-1).image.sum() == 0
    assert DrawDigit(CNN(), STCNN(), example=4).meant == 4
