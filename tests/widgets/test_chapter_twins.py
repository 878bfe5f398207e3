"""The pure functions of the explorables of chapters 1 and 2 against stn_lib and torch, in a real browser."""

import base64
import itertools

import pytest
import torch
import torch.nn.functional as F

from stn_lib.data import sample_digits, view_change
from stn_lib.data.view_change import DISTANCE
from stn_lib.grid import projective_grid
from stn_lib.models import CNN
from stn_lib.models.export import to_operations
from stn_lib.pooling import KERNELS, MaxBlurPool2d, PolyphasePool2d, dense_max
from stn_lib.widgets import MoveDigit
from tests.widgets.javascript import close, module


def rand(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("size", [(5, 9), (1, 4), (6, 1)])
def test_projective_grid(call, align, size):
    theta = rand(1, 3, 3) + torch.tensor([0.0, 0.0, 3.0])[:, None] * torch.eye(3)[2]
    got = call(
        module("shared/numerics.js"),
        "(m, a) => m.projectiveGrid(...a)",
        [theta.flatten().tolist(), *size, align],
    )
    close(got, projective_grid(theta, (1, 1, *size), align))


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"right": 5, "down": -3},
        {"rotation": 37, "size": 0.7, "right": -2},
        {"tilt": -50, "rotation": 10},
        {"tilt": 65, "right": -12, "down": 12, "rotation": -120, "size": 1.5, "shadow": 0.4},
    ],
)
def test_the_mover_changes_a_digit_as_stn_lib_does(call, state):
    digit = sample_digits()[4:5].double()
    whole = {"right": 0, "down": 0, "rotation": 0, "size": 1, "tilt": 0, "shadow": 0} | state
    body = "(m, [digit, distance, state]) => m.viewChange(Float64Array.from(digit), 28, 40, distance, state)"
    got = call(module("move_digit/model.js"), body, [digit.flatten().tolist(), DISTANCE, whole])
    close(got, view_change(digit, **state))


def test_the_mover_runs_the_network_it_was_given(call):
    torch.manual_seed(0)
    network = CNN(in_size=(40, 40)).half().float().eval()
    widget = MoveDigit(network)
    image = view_change(sample_digits()[2:3], right=4, rotation=20)
    body = """(m, [layout, b, image]) => {
        const view = new DataView(Uint8Array.from(atob(b), (c) => c.charCodeAt(0)).buffer);
        return m.makeNetwork(layout, view)(Float32Array.from(image)).probabilities;
    }"""
    layout, weights = to_operations(network)
    assert (widget.network_layout, widget.network_weights) == (layout, weights)
    got = call(
        module("shared/network.js"),
        body,
        [layout, base64.b64encode(weights).decode(), image.flatten().tolist()],
    )
    with torch.no_grad():
        close(got, torch.softmax(network(image), 1), 1e-3)


def pooled(rows, kernel, outside, keep):
    """The same steps in stn_lib; a signal is an image of which every row is that signal."""
    images = rows[None, None]
    if outside == "zeros":  # the windows at the edge see a zero; the blur mirrors
        dense = dense_max(F.pad(images, (0, 1, 0, 1)))
        return MaxBlurPool2d(size=1, kernel=kernel)(dense)
    if keep == "largest":
        return PolyphasePool2d(kernel=kernel)(images)
    return MaxBlurPool2d(kernel=kernel, padding="circular")(images)


@pytest.mark.parametrize("kernel", list(KERNELS))
@pytest.mark.parametrize(("outside", "keep"), [("circular", "first"), ("zeros", "first"), ("circular", "largest")])
def test_the_pooler_pools_an_image_as_stn_lib_does(call, kernel, outside, keep):
    for seed, size in ((1, 6), (2, 8)):
        rows = rand(size, size, seed=seed)
        got = call(
            module("pool_shift/model.js"),
            "(m, [rows, options]) => m.pool(rows, options).kept.flat()",
            [rows.tolist(), {"taps": list(KERNELS[kernel]), "outside": outside, "keep": keep}],
        )
        close(got, pooled(rows, kernel, outside, keep))


BITS = [0, 0, 1, 1, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("by", "outside", "expected"),
    [
        (0, "circular", [0, 1, 0, 1]),
        (-1, "circular", [1, 1, 1, 1]),
        (-1, "zeros", [1, 1, 1, 1]),
        (1, "circular", [1, 1, 1, 1]),
        (1, "zeros", [0, 1, 1, 1]),
        (2, "circular", [1, 0, 1, 0]),
    ],
)
def test_the_eight_bits_of_the_chapter(call, by, outside, expected):
    """Oracle: worked by hand."""
    options = {"taps": [1], "outside": outside, "keep": "first"}
    got = call(module("pool_shift/model.js"), "(m, a) => m.compare(...a).kept[0]", [[BITS], by, options])
    assert got == expected


def test_the_difference_of_each_kernel_is_the_one_worked_by_hand(call):
    taps = {"None": [1], **{name: list(values) for name, values in KERNELS.items()}}
    expected = dict(zip(taps, (0.5, 0.5, 0.25, 0.25, 0.125), strict=True))
    for (name, kernel), keep in itertools.product(taps.items(), ("first", "largest")):
        # An even kernel makes both phases of this signal equally strong: APS keeps the first, moved by one place.
        options = {"taps": kernel, "outside": "circular", "keep": keep}
        got = call(module("pool_shift/model.js"), "(m, a) => m.compare(...a).difference", [[BITS], -1, options])
        assert got == pytest.approx(expected[name] if keep == "first" else 0.0, abs=1e-12), (name, keep)


def test_a_feature_map_gains_less_from_a_blur_than_the_bits(call):
    """The numbers of chapter 2's text: the edges of a seven, shifted left by one. Oracle: stn_lib.pooling."""
    edge = torch.tensor([[[[1.0, 0.0, -1.0]]]])
    edges = F.conv2d(sample_digits()[7:8], edge, padding=(0, 1)).clamp(min=0).double()
    edges = edges / edges.max()
    for name, said in (("None", 0.063), ("Tri-3", 0.055), ("Bin-5", 0.048)):
        taps = [1.0] if name == "None" else list(KERNELS[name])
        layer = MaxBlurPool2d(kernel=taps, padding="circular")
        expected = (layer(edges.roll(-1, 3)) - layer(edges)).abs().mean().item()
        options = {"taps": taps, "outside": "circular", "keep": "first"}
        found = call(
            module("pool_shift/model.js"), "(m, a) => m.compare(...a).difference", [edges[0, 0].tolist(), -1, options]
        )
        assert found == pytest.approx(expected, abs=1e-6) and found == pytest.approx(said, abs=5e-4)


@pytest.mark.parametrize("by", range(-4, 5))
def test_aps_only_moves_along_and_an_even_shift_does_so_for_all(call, by):
    rows = rand(8, 8, seed=3)
    for keep in ("first", "largest"):
        options = {"taps": [1, 2, 1], "outside": "circular", "keep": keep}
        found = call(module("pool_shift/model.js"), "(m, a) => m.compare(...a)", [rows.tolist(), by, options])
        same = keep == "largest" or by % 2 == 0
        assert (found["difference"] < 1e-12) == same, (by, keep)


def test_the_spectrum_is_numpys(call):
    line = rand(8, seed=5)
    got = call(module("pool_shift/model.js"), "(m, a) => m.spectrum(a)", line.tolist())
    close(got, torch.fft.rfft(line).abs() / 8)
    for taps in KERNELS.values():
        weights = torch.tensor(taps, dtype=torch.float64)
        expected = torch.fft.rfft(weights / weights.sum(), 64).abs()
        body = "(m, taps) => Array.from({ length: 33 }, (_, k) => m.response(taps, k / 64))"
        close(call(module("pool_shift/model.js"), body, list(taps)), expected)
