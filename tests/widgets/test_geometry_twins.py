"""The pure functions of the explorables of chapters 3, 4 and 6 against stn_lib, torch and scipy, in a real browser."""

import math

import numpy as np
import pytest
import torch
from scipy.interpolate import RBFInterpolator

from stn_lib import transforms
from stn_lib.widgets import WarpImage
from tests.widgets.javascript import close, module

CORNERS = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]).double()
AFFINE = [0.8, -0.4, 0.2, 0.3, 1.1, -0.5]
PROJECTIVE = [0.8, -0.4, 0.2, 0.3, 1.1, -0.5, 0.3, -0.2]


def rand(*shape, seed=0, low=0.0, high=1.0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * (high - low) + low


def spline(seed=3):
    return (
        (transforms.control_points(dtype=torch.float64) + rand(16, 2, seed=seed, low=-0.2, high=0.2)).flatten().tolist()
    )


FAMILIES = {"affine": AFFINE, "projective": PROJECTIVE, "tps": spline()}


def mapped(family, theta, points, smoothing=0.0):
    """The library's answer."""
    theta = torch.tensor(theta, dtype=torch.float64)
    if family == "tps":
        controls = transforms.control_points(dtype=torch.float64)
        return transforms.tps_weights(points, controls, smoothing) @ theta.view(16, 2)
    theta = theta if family == "affine" else torch.cat([theta, theta.new_ones(1)])
    return transforms.apply(theta.view(1, -1, 3), points[None])[0]


@pytest.mark.parametrize("seed", range(3))
def test_homography(call, seed):
    sources = CORNERS + rand(4, 2, seed=seed, low=-0.4, high=0.4)
    got = call(module("warp_image/splines.js"), "(m, a) => m.homography(...a)", [CORNERS.tolist(), sources.tolist()])
    close(got, transforms.homography(CORNERS[None], sources[None]), 1e-9)


def test_no_homography_through_three_points_on_a_line(call):
    flat = [[-1, -1], [0, 0], [1, 1], [-1, 1]]
    assert call(module("warp_image/splines.js"), "(m, a) => m.homography(...a)", [flat, CORNERS.tolist()]) is None


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_weights_of_a_spline(call, smoothing):
    """Oracle: scipy's interpolator."""
    controls = transforms.control_points(3, 4, dtype=torch.float64)
    points, sources = rand(9, 2, low=-1.3, high=1.3), rand(12, 2, seed=1)
    got = call(
        module("warp_image/splines.js"),
        "(m, [points, smoothing]) => m.tpsWeights(points, m.controlPoints(3, 4), smoothing)",
        [points.tolist(), smoothing],
    )
    oracle = RBFInterpolator(controls.numpy(), sources.numpy(), kernel="thin_plate_spline", smoothing=smoothing)
    close(np.array(got).reshape(9, 12) @ sources.numpy(), oracle(points.numpy()), 1e-9)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_the_warper_maps_points_as_the_library_does(call, family, smoothing):
    points = rand(7, 2, low=-1, high=1)
    body = "(m, [p, family, theta, soft]) => m.makeMap(p)(family, theta, soft)"
    got = call(module("warp_image/model.js"), body, [points.tolist(), family, FAMILIES[family], smoothing])
    close(got, mapped(family, FAMILIES[family], points, smoothing), 1e-9)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("corner", range(4))
def test_a_dragged_corner_comes_to_the_pointer(call, family, corner):
    start = {"affine": [1, 0, 0, 0, 1, 0], "projective": [1, 0, 0, 0, 1, 0, 0, 0], "tps": FAMILIES["tps"]}[family]
    place = (1.15 * CORNERS[corner]).tolist()
    after = call(
        module("warp_image/families.js"),
        "(m, a) => m.FAMILIES[a[0]].drag(...a.slice(1))",
        [family, start, corner, *place],
    )
    if family == "tps":
        assert after[2 * corner : 2 * corner + 2] == place
        assert [v for k, v in enumerate(after) if k // 2 != corner] == [
            v for k, v in enumerate(start) if k // 2 != corner
        ]
        return
    now = mapped(family, after, CORNERS)
    opposite = (corner + 2) % 4
    close(now[corner], place, 1e-9)
    close(now[opposite], CORNERS[opposite], 1e-9)


def test_a_corner_that_would_bring_the_horizon_in_is_refused(call):
    unit = [1, 0, 0, 0, 1, 0, 0, 0]
    source = module("warp_image/families.js")
    assert call(source, "(m, a) => m.FAMILIES[a[0]].drag(...a.slice(1))", ["projective", unit, 0, 0.9, 0.9]) is None
    assert call(source, "(m, a) => m.FAMILIES[a[0]].drag(...a.slice(1))", ["projective", unit, 0, 0.0, 0.0]) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_the_whole_frame_moves(call, family):
    points = rand(5, 2, low=-1, high=1)
    after = call(
        module("warp_image/families.js"),
        "(m, a) => m.FAMILIES[a[0]].move(...a.slice(1))",
        [family, FAMILIES[family], 0.3, -0.2],
    )
    wanted = mapped(family, FAMILIES[family], points) + torch.tensor([0.3, -0.2], dtype=torch.float64)
    close(mapped(family, after, points), wanted, 1e-9)


def test_families_are_converted(call):
    """Affine to spline and back is exact; spline to affine is the least squares fit of numpy."""
    source = module("warp_image/model.js")
    points = transforms.control_points(dtype=torch.float64)
    as_spline = call(source, "(m, a) => m.convert(...a)", [AFFINE, "affine", "tps"])
    close(as_spline, mapped("affine", AFFINE, points), 1e-9)
    close(call(source, "(m, a) => m.convert(...a)", [as_spline, "tps", "affine"]), AFFINE, 1e-9)
    flat = np.column_stack([points.numpy(), np.ones(16)])
    fit = np.linalg.lstsq(flat, np.array(FAMILIES["tps"]).reshape(16, 2), rcond=None)[0]
    close(call(source, "(m, a) => m.convert(...a)", [FAMILIES["tps"], "tps", "affine"]), fit.T, 1e-9)
    close(call(source, "(m, a) => m.convert(...a)", [AFFINE, "affine", "projective"]), [*AFFINE, 0, 0], 1e-9)


@pytest.mark.parametrize("theta", [AFFINE, [0, 0.5, -0.325, 1, 0, 0.2], [-1.2, 0.3, 0, 0.5, 0.4, 0.1]])
def test_theta_is_taken_apart_as_the_library_does(call, theta):
    told = call(module("warp_image/model.js"), "(m, a) => m.describe(...a)", ["affine", theta])
    parts = transforms.decompose(torch.tensor(theta, dtype=torch.float64).view(1, 2, 3))
    close([math.radians(told["parts"]["rotation"]), told["parts"]["shear"]], [parts.rotation, parts.shear], 1e-9)
    close(told["parts"]["scale"], parts.scale, 1e-9)
    assert told["determinant"] == pytest.approx(theta[0] * theta[4] - theta[1] * theta[3])


KEEPS = {
    "lengths": [0.8, -0.6, 0.3, 0.6, 0.8, 0],
    "angles": [1.6, -1.2, 0.3, 1.2, 1.6, 0],
    "parallels": [1, 0.5, 0, 0, 1, 0],
    "lines": PROJECTIVE,
    "": FAMILIES["tps"],
}


@pytest.mark.parametrize("last", KEEPS)
def test_what_stays_as_it_is(call, last):
    theta = KEEPS[last]
    family = {6: "affine", 8: "projective", 32: "tps"}[len(theta)]
    kept = call(module("warp_image/model.js"), "(m, a) => m.describe(...a)", [family, theta])["keeps"]
    names = list(KEEPS)[:-1]
    first = names.index(last) if last else len(names)
    assert kept == {name: k >= first for k, name in enumerate(names)}


def test_pixels_are_pushed_as_a_loop_pushes_them(call):
    image, theta = rand(5, 5), torch.tensor([[[1.7, 0.3, 0.1], [-0.2, 1.4, 0.0]]], dtype=torch.float64)
    pixel = transforms.theta_to_pixel(theta, (5, 5))[0].numpy()
    wanted = np.full((5, 5), np.nan)
    for row in range(5):
        for column in range(5):
            x, y = pixel @ (column, row, 1.0)
            if 0 <= round(x) < 5 and 0 <= round(y) < 5:
                wanted[round(y), round(x)] = image[row, column]
    points = transforms.theta_to_pixel(theta, (5, 5))
    places = (
        torch.stack(torch.meshgrid(torch.arange(5.0), torch.arange(5.0), indexing="xy"), -1).double().view(1, -1, 2)
    )
    sources = (2 * transforms.apply(points, places) + 1) / 5 - 1
    body = "(m, a) => Array.from(m.push(...a), (v) => (Number.isNaN(v) ? null : v))"
    got = call(module("warp_image/model.js"), body, [image.flatten().tolist(), 5, 5, sources.flatten().tolist()])
    assert [v is None for v in got] == np.isnan(wanted).ravel().tolist()
    close([v or 0 for v in got], np.nan_to_num(wanted), 1e-9)
    assert 0 < np.isnan(wanted).sum() < 25


@pytest.mark.parametrize(("angle", "by"), [(0, 90), (25, 50), (-130, 300), (90, -45)])
def test_a_point_is_turned(call, angle, by):
    """Oracle: a complex number."""
    got = call(module("rotate_point/model.js"), "(m, a) => m.rotate(a)", {"radius": 0.8, "angle": angle, "by": by})
    start = 0.8 * complex(math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    end = start * complex(math.cos(math.radians(by)), math.sin(math.radians(by)))
    close([got["x"], got["y"], got["rotatedX"], got["rotatedY"]], [start.real, start.imag, end.real, end.imag], 1e-12)


def test_every_example_of_the_warper_is_one_that_the_library_accepts():
    for preset in WarpImage().presets:
        points = rand(4, 2, low=-1, high=1)
        assert mapped(preset["family"], preset["theta"], points).isfinite().all()
        assert preset["note"].endswith(".")
