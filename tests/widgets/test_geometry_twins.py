"""The pure functions of the explorables of chapters 3, 4 and 6 against stn_lib, torch and scipy, in a real browser."""

import math

import numpy as np
import pytest
import torch
from scipy.interpolate import RBFInterpolator

from stn_lib import transforms
from stn_lib.spatial_transformer import TRANSFORMS
from stn_lib.widgets import WarpImage
from stn_lib.widgets.warp_image import _THETA
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


def numbers_of(family):
    """A theta near the identity, for families that have no example here."""
    identity = torch.tensor(TRANSFORMS[family].identity, dtype=torch.float64)
    return (identity + rand(len(identity), seed=5, low=-0.3, high=0.3)).tolist()


EXAMPLES = {"affine": AFFINE, "projective": PROJECTIVE, "tps": spline()}
FAMILIES = {family: EXAMPLES.get(family) or numbers_of(family) for family in _THETA}
CALL_FAMILY = "(m, [family, name, ...a]) => m.FAMILIES[family][name](...a)"


def mapped(family, numbers, points, smoothing=0.0):
    """The library's answer."""
    theta = _THETA[family](torch.tensor([numbers], dtype=torch.float64))
    if family == "tps":
        controls = transforms.control_points(dtype=torch.float64)
        return transforms.tps_weights(points, controls, smoothing) @ theta[0]
    return transforms.apply(theta, points[None])[0]


def test_python_and_the_page_declare_the_same_families(call):
    """Oracle: each other's keys; the identities of TRANSFORMS; as many names as numbers that are typed."""
    identities = call(
        module("warp_image/families.js"),
        "(m) => Object.fromEntries(Object.entries(m.FAMILIES).map(([name, family]) => [name, family.identity]))",
    )
    named = [family for family, _ in WarpImage.WORDS["families"]]
    assert list(identities) == named == list(_THETA)
    for family, identity in identities.items():
        close(identity, TRANSFORMS[family].identity)
    for family, labels in WarpImage.WORDS["entries"].items():
        assert len(labels) == len(identities[family]), family


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
@pytest.mark.parametrize("handle", range(4))
def test_a_dragged_handle_comes_to_the_pointer(call, family, handle):
    """Oracle: the pointer; by hand, what else stays: the opposite corner, or all other control points."""
    source = module("warp_image/families.js")
    start, handles = call(source, "(m, a) => [m.FAMILIES[a].identity, m.FAMILIES[a].handles]", family)
    handles = torch.tensor(handles, dtype=torch.float64)
    place = (1.15 * handles[handle]).tolist()
    now = mapped(family, call(source, CALL_FAMILY, [family, "drag", start, handle, *place]), handles)
    close(now[handle], place, 1e-9)
    stay = {
        "affine": [(handle + 2) % 4],
        "projective": [(handle + 2) % 4],
        "tps": [k for k in range(16) if k != handle],
    }
    for k in stay.get(family, []):
        close(now[k], handles[k], 1e-9)


def test_a_corner_that_would_bring_the_horizon_in_is_refused(call):
    unit = [1, 0, 0, 0, 1, 0, 0, 0]
    source = module("warp_image/families.js")
    assert call(source, CALL_FAMILY, ["projective", "drag", unit, 0, 0.9, 0.9]) is None
    assert call(source, CALL_FAMILY, ["projective", "drag", unit, 0, 0.0, 0.0]) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_the_whole_frame_moves(call, family):
    points = rand(5, 2, low=-1, high=1)
    after = call(
        module("warp_image/families.js"),
        CALL_FAMILY,
        [family, "move", FAMILIES[family], 0.3, -0.2],
    )
    wanted = mapped(family, FAMILIES[family], points) + torch.tensor([0.3, -0.2], dtype=torch.float64)
    close(mapped(family, after, points), wanted, 1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_identity_is_converted_to_the_identity(call, family):
    found = call(module("warp_image/model.js"), "(m, a) => m.convert(...a)", [[1, 0, 0, 0, 1, 0], "affine", family])
    close(found, TRANSFORMS[family].identity)


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
