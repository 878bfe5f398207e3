"""The JavaScript twin against stn_lib and torch, in a real browser: 1e-5, both conventions, all paddings."""

import base64
import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stn_lib import models
from stn_lib.grid import affine_grid
from stn_lib.models.export import to_operations
from stn_lib.sampling import grid_sample
from stn_lib.widgets import SamplePoint, StraightenDigit
from tests.widgets.javascript import close, module

GENERATOR = torch.Generator().manual_seed(0)
CASES = list(itertools.product(["nearest", "bilinear", "bicubic"], ["zeros", "border", "reflection"], [False, True]))


def rand(*shape, low=0.0, high=1.0):
    return torch.rand(*shape, generator=GENERATOR, dtype=torch.float64) * (high - low) + low


@pytest.mark.parametrize("align", [False, True])
def test_affine_grid(call, align):
    theta = torch.tensor([0.7, -0.4, 0.2, 0.3, 1.1, -0.5], dtype=torch.float64)
    for height, width in ((5, 9), (1, 4), (6, 1), (28, 28)):
        got = call(module("shared/numerics.js"), "(m, a) => m.affineGrid(...a)", [theta.tolist(), height, width, align])
        close(got, affine_grid(theta.view(1, 2, 3), (1, 1, height, width), align))


@pytest.mark.parametrize(("mode", "padding", "align"), CASES)
def test_grid_sample(call, mode, padding, align):
    for height, width in ((5, 8), (7, 3), (1, 6)):
        image = rand(2, height, width)
        grid = rand(4, 6, 2, low=-2.2, high=2.2)
        expected = grid_sample(image[None], grid[None], mode, padding, align)
        options = {"mode": mode, "padding": padding, "alignCorners": align}
        got = call(
            module("shared/numerics.js"),
            "(m, a) => m.gridSample(a[0], a[1], a[2], a[3])",
            [image.flatten().tolist(), [2, height, width], grid.flatten().tolist(), options],
        )
        close(got, expected)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1), (3, 2)])
def test_conv2d(call, stride, padding):
    image, weight, bias = rand(3, 7, 10), rand(4, 3, 3, 5, low=-1), rand(4)
    got, shape = call(
        module("shared/layers.js"),
        "(m, a) => m.conv2d(...a)",
        [image.flatten().tolist(), [3, 7, 10], weight.flatten().tolist(), [4, 3, 3, 5], bias.tolist(), stride, padding],
    )
    expected = F.conv2d(image[None], weight, bias, stride=stride, padding=padding)[0]
    assert shape == list(expected.shape)
    close(got, expected, 1e-4 / 4)


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("kind", ["max", "mean"])
@pytest.mark.parametrize("size", [2, 3])
def test_pool2d(call, kind, ceil, size):
    image = rand(2, 7, 8, low=-1)
    pool = F.max_pool2d if kind == "max" else F.avg_pool2d
    expected = pool(image[None], size, ceil_mode=ceil)[0]
    got, shape = call(
        module("shared/layers.js"), "(m, a) => m.pool2d(...a)", [image.flatten().tolist(), [2, 7, 8], size, kind, ceil]
    )
    assert shape == list(expected.shape)
    close(got, expected)


def test_linear_and_softmax(call):
    x, weight, bias = rand(6, low=-3, high=3), rand(5, 6, low=-1), rand(5)
    body = "(m, a) => m.softmax(m.linear(...a))"
    got = call(module("shared/layers.js"), body, [x.tolist(), weight.flatten().tolist(), [5, 6], bias.tolist()])
    close(got, torch.softmax(weight @ x + bias, 0))


def test_half_precision_is_decoded_exactly(call):
    bits = np.arange(0, 65536, 7, dtype=np.uint16)
    values = bits.view(np.float16)
    finite = np.isfinite(values)
    data = base64.b64encode(bits[finite].tobytes()).decode()
    body = "(m, b) => m.decodeHalf(new DataView(Uint8Array.from(atob(b), (c) => c.charCodeAt(0)).buffer))"
    got = call(module("shared/network.js"), body, data)
    assert np.array_equal(np.asarray(got, dtype=np.float32), values[finite].astype(np.float32))


@pytest.mark.parametrize("name", ["digits-rts-cnn", "digits-rts-st-cnn"])
def test_a_trained_network_answers_in_the_page_as_it_does_in_torch(call, name):
    model = models.load_pretrained(name).eval()
    layout, weights = to_operations(model)
    image = rand(1, 1, 42, 42).float()
    body = """(m, [layout, b, image]) => {
        const view = new DataView(Uint8Array.from(atob(b), (c) => c.charCodeAt(0)).buffer);
        return m.makeNetwork(layout, view)(Float32Array.from(image)).probabilities;
    }"""
    got = call(
        module("shared/network.js"),
        body,
        [layout, base64.b64encode(weights).decode(), image.flatten().tolist()],
    )
    with torch.no_grad():
        expected = torch.softmax(model(image), dim=1)
    close(got, expected, 1e-3)


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_the_point_explorer_shows_torchs_value_and_slopes(call, mode, padding):
    pixels = SamplePoint([[1, 4, 9, 16, 30], [25, 36, 49, 64, 2], [81, 100, 121, 144, 7]])
    shown = {"image": pixels.image, "height": 3, "width": 5}
    image = torch.tensor(pixels.image, dtype=torch.float64).view(1, 1, 3, 5)
    points = [(0.6, 1.4), (-0.7, 0.3), (4.4, 2.6), (2.0, 1.0), (4.0, 2.0), (0.0, 0.0), (-0.3, 2.9), (3.25, -0.9)]
    points += [(5.0, -1.0), (-1.0, 3.0), (-1.5, 3.5), (5.5, -1.5), (-1.3, 1.2), (5.2, 0.7), (2.4, -1.25), (-0.5, 2.5)]
    for x, y in points:
        at = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
        # Sides of 2**k + 1 with align_corners make pixel centres exact, so that the side of a kink is certain. The
        # reflection of the explorer is the one about the outer edges, which align_corners=False has.
        align = padding != "reflection"
        size = torch.tensor([5.0, 3.0], dtype=torch.float64)
        grid = (2 * at / (size - 1) - 1 if align else (2 * at + 1) / size - 1).view(1, 1, 1, 2)
        value = F.grid_sample(image, grid, mode, padding, align_corners=align)
        slopes = torch.autograd.grad(value.sum(), at)[0].tolist()
        got = call(module("sample_point/model.js"), "(m, a) => m.samplePoint(...a)", [shown, x, y, mode, padding])
        close([got["value"], got["dx"], got["dy"]], [value.item(), *slopes], 1e-4)
        assert sum(corner["weight"] for corner in got["corners"]) == pytest.approx(1)
        if mode == "bilinear":  # the formula on the page, with the numbers on the page
            a, b, c, d = (corner["value"] for corner in got["corners"])
            along_x = (1 - got["fy"]) * (b - a) + got["fy"] * (d - c)
            assert [along_x, sum(k["weight"] * k["value"] for k in got["corners"])] == [
                pytest.approx(slopes[0], abs=1e-4),
                pytest.approx(value.item(), abs=1e-4),
            ]


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_the_loss_explorer_shows_torchs_loss_and_slope(call, mode):
    height, width, goal, rim = 5, 9, 2, 12  # 5 and 9 + 2 * 12 = 33: pixel centres are exact with align_corners
    image = rand(height, width)
    wide = F.pad(image, (rim, rim))[None, None]
    target = wide[0, 0, :, rim + goal : rim + goal + width]
    for t in (-3.0, -1.3, 0.0, 0.625, 1.875, 2.0, 5.4):
        shift = torch.tensor(t, dtype=torch.float64, requires_grad=True)
        columns = torch.arange(width) + rim + shift
        x = (columns / 16 - 1).expand(height, width)
        y = (torch.arange(height, dtype=torch.float64) / 2 - 1)[:, None].expand(height, width)
        # At a row's centre the bicubic weights along y are 0, 1, 0, 0: it reads along x alone.
        moved = F.grid_sample(wide, torch.stack([x, y], -1)[None], mode, align_corners=True)[0, 0]
        loss = (moved - target).square().mean()
        slope = torch.autograd.grad(loss, shift)[0].item()
        got = call(
            module("loss_along_shift/model.js"),
            "(m, [p, h, w, g, t, mode]) => m.makeLoss(p, h, w, g)(t, mode)",
            [image.flatten().tolist(), height, width, goal, t, mode],
        )
        close([got["loss"], got["slope"]], [loss.item(), slope], 1e-6)


def test_the_cover_places_a_digit_as_torch_would(call):
    widget = StraightenDigit()
    digit = torch.tensor(list(widget.digits[7 * 784 : 8 * 784]), dtype=torch.float64).view(28, 28) / 255
    x, y, degrees, scale = 4.0, -3.0, 30.0, 0.8
    angle = np.deg2rad(degrees)
    # By hand, counter-clockwise with y down: an output pixel p shows the digit's pixel R(angle) (p - centre - (x, y)) / scale + centre of the digit.
    rows, columns = torch.meshgrid(torch.arange(42.0), torch.arange(42.0), indexing="ij")
    dx, dy = (columns - 20.5 - x) / scale, (rows - 20.5 - y) / scale
    source_x = np.cos(angle) * dx - np.sin(angle) * dy + 13.5
    source_y = np.sin(angle) * dx + np.cos(angle) * dy + 13.5
    grid = torch.stack([(2 * source_x + 1) / 28 - 1, (2 * source_y + 1) / 28 - 1], -1).double()
    expected = F.grid_sample(digit[None, None], grid[None], align_corners=False)
    got = call(
        module("shared/distortion.js"),
        "(m, a) => m.placeDigit(...a)",
        [digit.flatten().tolist(), 28, 42, {"x": x, "y": y, "degrees": degrees, "scale": scale}],
    )
    close(got, expected)
