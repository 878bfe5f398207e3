"""The grid generators against torch's affine_grid and homogeneous coordinates in numpy: values, gradients, errors."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RBFInterpolator

from stn_lib.grid import affine_grid, projective_grid, tps_grid
from stn_lib.transforms import control_points

# torch warns that a side of one pixel means something else since 1.3; that meaning is what is tested.
pytestmark = pytest.mark.filterwarnings("ignore:Since version 1.3.0, affine_grid")
sides = st.integers(1, 9)
WORKED = torch.tensor([[[0.0, 0.5, -0.325], [1.0, 0.0, 0.2]]], dtype=torch.float64)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.integers(0, 3), sides, sides, st.booleans(), st.sampled_from([torch.float32, torch.float64]), st.integers(0, 9)
)
def test_values_and_gradient_are_torchs(batch, height, width, align, dtype, seed):
    generator = torch.Generator().manual_seed(seed)
    theta = torch.randn(batch, 2, 3, generator=generator, dtype=dtype)
    weight = torch.randn(batch, height, width, 2, generator=generator, dtype=dtype)
    size, results = (batch, 3, height, width), []
    for function in (affine_grid, F.affine_grid):
        leaf = theta.clone().requires_grad_()
        if batch == 0 and function is F.affine_grid:
            return  # torch refuses an empty batch; ours is checked below
        grid = function(leaf, size, align_corners=align)
        results.append((grid, torch.autograd.grad((grid * weight).sum(), leaf)[0]))
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    for ours, torchs in zip(*results, strict=True):
        torch.testing.assert_close(ours, torchs, atol=tolerance, rtol=tolerance)


def test_an_empty_batch_gives_an_empty_grid():
    assert affine_grid(torch.zeros(0, 2, 3), (0, 1, 4, 5)).shape == (0, 4, 5, 2)


def test_convention_the_worked_example():
    # By hand: target pixel (2, 2) of four lies at -0.25; 0.5 * -0.25 - 0.325 = -0.45 and -0.25 + 0.2 = -0.05.
    grid = affine_grid(WORKED, (1, 1, 4, 4))
    assert grid[0, 1, 1].tolist() == pytest.approx([-0.45, -0.05])


def test_convention_theta_points_from_output_to_input_and_the_last_axis_is_x_y():
    shift_right = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
    grid = affine_grid(shift_right, (1, 1, 2, 4))
    assert grid[0, 0, :, 0].tolist() == [-0.25, 0.25, 0.75, 1.25]
    assert grid[0, :, 0, 1].tolist() == [-0.5, 0.5]


def test_gradcheck():
    theta = torch.randn(2, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: affine_grid(t, (2, 1, 3, 5)), theta)


@pytest.mark.parametrize(
    ("theta", "remedy"),
    [
        (torch.zeros(4, 3, 2), "did you transpose it"),
        (torch.zeros(2, 3), r"theta\[None\]"),
        (torch.zeros(4, 6), r"view\(-1, 2, 3\)"),
        (torch.full((1, 2, 3), float("nan")), "NaN or infinity"),
        (torch.full((1, 2, 3), float("inf")), "NaN or infinity"),
    ],
)
def test_a_wrong_theta_is_refused_with_a_remedy(theta, remedy):
    with pytest.raises(ValueError, match=remedy):
        affine_grid(theta, (len(theta), 1, 4, 4))


def test_an_integer_theta_is_refused():
    with pytest.raises(TypeError, match="floating dtype, got torch.int64"):
        affine_grid(torch.zeros(1, 2, 3, dtype=torch.int64), (1, 1, 4, 4))


@pytest.mark.parametrize(
    ("size", "message"),
    [((4, 4), "N, C, H, W"), ((2, 1, 4, 4), "one batch size"), ((1, 1, 0, 4), "at least")],
)
def test_a_wrong_size_is_refused(size, message):
    with pytest.raises(ValueError, match=message):
        affine_grid(torch.eye(2, 3)[None], size)


def projective(seed, batch=3, lean=0.3):
    """Random projective transforms whose horizon is far outside."""
    generator = torch.Generator().manual_seed(seed)
    theta = torch.randn(batch, 3, 3, generator=generator, dtype=torch.float64)
    theta[:, 2, :2] = lean * (2 * torch.rand(batch, 2, generator=generator, dtype=torch.float64) - 1)
    theta[:, 2, 2] = torch.tensor([1.0, 2.0, -1.5])[:batch]
    return theta


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("size", [(5, 8), (1, 3), (6, 1)])
def test_a_projective_grid_is_a_division_of_homogeneous_coordinates(size, align):
    """Oracle: numpy, point by point, from pixel centres worked out anew."""
    theta = projective(4)
    grid = projective_grid(theta, (3, 1, *size), align_corners=align)

    def centre(k, side):
        return (2 * k / (side - 1) - 1 if side > 1 else 0.0) if align else (2 * k + 1) / side - 1

    for n in range(3):
        for row in range(size[0]):
            for column in range(size[1]):
                x, y, w = theta[n].numpy() @ np.array([centre(column, size[1]), centre(row, size[0]), 1.0])
                np.testing.assert_allclose(grid[n, row, column].numpy(), [x / w, y / w], atol=1e-12)


def test_an_affine_third_row_makes_torchs_affine_grid_and_a_multiple_changes_nothing():
    affine = projective(1)[:, :2]
    last = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64).expand(3, 1, 3)
    theta = torch.cat([affine, last], dim=1)
    expected = F.affine_grid(affine, (3, 1, 4, 7), align_corners=False)
    torch.testing.assert_close(projective_grid(theta, (3, 1, 4, 7)), expected)
    torch.testing.assert_close(projective_grid(-2.5 * theta, (3, 1, 4, 7)), expected)


def test_gradcheck_projective():
    theta = projective(2).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: projective_grid(t, (3, 1, 3, 4)), theta)


def test_an_empty_batch_gives_an_empty_projective_grid():
    assert projective_grid(torch.zeros(0, 3, 3), (0, 1, 4, 5)).shape == (0, 4, 5, 2)


def test_a_horizon_in_the_picture_is_refused():
    theta = torch.eye(3)[None].repeat(2, 1, 1)
    theta[1, 2] = torch.tensor([2.0, 0.0, 1.0])  # w = 0 at x = -0.5
    with pytest.raises(ValueError, match="horizon outside the image"):
        projective_grid(theta, (2, 1, 8, 8))
    theta[1, 2] = torch.tensor([0.9, 0.0, 1.0])  # just outside
    assert projective_grid(theta, (2, 1, 8, 8)).isfinite().all()


@pytest.mark.parametrize(
    ("theta", "remedy"),
    [
        (torch.zeros(4, 2, 3), "one 3x3 matrix"),
        (torch.eye(3), r"theta\[None\]"),
        (torch.zeros(2, 9), r"view\(-1, 3, 3\)"),
    ],
)
def test_a_wrong_projective_theta_is_refused_with_a_remedy(theta, remedy):
    with pytest.raises(ValueError, match=remedy):
        projective_grid(theta, (len(theta), 1, 4, 4))


def spline_case(seed, count, batch=2):
    """Scattered control points, and sources that scatter round them."""
    generator = torch.Generator().manual_seed(seed)
    controls = 2 * torch.rand(count, 2, generator=generator, dtype=torch.float64) - 1
    return controls, controls + 0.3 * torch.randn(batch, count, 2, generator=generator, dtype=torch.float64)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(3, 12), sides, sides, st.booleans(), st.sampled_from([0.0, 1e-3, 0.5, 20.0]), st.integers(0, 99))
def test_a_spline_grid_is_scipys_interpolator(count, height, width, align, regularization, seed):
    """Oracle: scipy's thin plate spline, with pixel centres worked out anew."""
    controls, theta = spline_case(seed, count)

    def centres(side):
        k = np.arange(side)
        return (2 * k / (side - 1) - 1 if side > 1 else np.zeros(1)) if align else (2 * k + 1) / side - 1

    points = np.stack(np.meshgrid(centres(width), centres(height)), -1).reshape(-1, 2)
    grid = tps_grid(theta, (2, 1, height, width), controls, regularization, align)
    for n in range(2):
        spline = RBFInterpolator(controls, theta[n], kernel="thin_plate_spline", smoothing=regularization)
        np.testing.assert_allclose(grid[n].reshape(-1, 2).numpy(), spline(points), atol=1e-7, rtol=1e-7)


def test_the_gradient_of_a_spline_is_scipys_answer_to_one_moved_point():
    """Oracle: the map is linear in theta, so its gradient is scipy's spline through a single 1."""
    controls, theta = spline_case(3, 7, batch=1)
    theta.requires_grad_()
    grid = tps_grid(theta, (1, 1, 3, 5), controls)
    (gradient,) = torch.autograd.grad(grid[0, 2, 1, 0], theta)
    point = [[(2 * 1 + 1) / 5 - 1, (2 * 2 + 1) / 3 - 1]]
    expected = [RBFInterpolator(controls, np.eye(7)[k], kernel="thin_plate_spline")(point)[0] for k in range(7)]
    np.testing.assert_allclose(gradient[0, :, 0].numpy(), expected, atol=1e-9)
    assert (gradient[0, :, 1] == 0).all()
    assert torch.autograd.gradcheck(lambda t: tps_grid(t, (1, 1, 3, 5), controls, 0.1), theta)


@pytest.mark.parametrize("align", [False, True])
def test_a_spline_through_affinely_moved_points_is_the_affine_map(align):
    """Oracle: torch's affine_grid. Four corners of a lattice are enough, and regularisation does not touch it."""
    affine = torch.randn(3, 2, 3, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    for rows, columns, regularization in ((2, 2, 0.0), (4, 4, 0.0), (3, 5, 0.7)):
        controls = control_points(rows, columns, dtype=torch.float64)
        theta = controls @ affine[:, :, :2].transpose(1, 2) + affine[:, None, :, 2]
        expected = F.affine_grid(affine, (3, 1, 6, 4), align_corners=align)
        got = tps_grid(theta, (3, 1, 6, 4), controls, regularization, align)
        torch.testing.assert_close(got, expected, atol=1e-9, rtol=1e-9)


def test_regularisation_flattens_a_spline_to_the_least_squares_plane():
    """Oracle: numpy's least squares."""
    controls, theta = spline_case(8, 9, batch=1)
    design = np.column_stack([controls, np.ones(9)])
    plane, *_ = np.linalg.lstsq(design, theta[0].numpy(), rcond=None)
    grid = tps_grid(theta, (1, 1, 1, 1), controls, 1e9)
    np.testing.assert_allclose(grid[0, 0, 0].numpy(), plane[2], atol=1e-6)


def test_spline_defaults_dtypes_and_empty_batches():
    """Oracle: the shapes that were asked for; the base grid of torch's identity."""
    theta = control_points()[None]
    expected = F.affine_grid(torch.eye(2, 3)[None], (1, 1, 5, 8), align_corners=False)
    torch.testing.assert_close(tps_grid(theta, (1, 1, 5, 8)), expected, atol=1e-5, rtol=0)
    assert tps_grid(theta.double(), (1, 1, 5, 8)).dtype == torch.float64
    assert tps_grid(torch.zeros(0, 16, 2), (0, 1, 5, 8)).shape == (0, 5, 8, 2)


@pytest.mark.parametrize(
    ("controls", "regularization", "message"),
    [
        ([[0.0, 0.0], [1.0, 0.0]], 0.0, "3 control points or more"),
        ([[-1.0, -1.0], [0.0, 0.0], [0.5, 0.5], [1.0, 1.0]], 0.0, "not all on one line"),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], 0.0, "two in one"),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], -1.0, "regularization of 0 or more"),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, float("nan")]], 0.0, "finite"),
    ],
)
def test_degenerate_control_points_are_refused(controls, regularization, message):
    theta = torch.zeros(1, len(controls), 2)
    with pytest.raises(ValueError, match=message):
        tps_grid(theta, (1, 1, 4, 4), torch.tensor(controls), regularization)


def test_two_control_points_may_share_a_place_where_it_is_regularised():
    """Oracle: symmetry: it cannot matter which of the two says what."""
    place = torch.tensor([[-1.0, -1], [1, -1], [-1, 1], [1, 1], [0.1, 0.2]], dtype=torch.float64)
    controls = torch.cat([place, place[4:]])
    theta = controls.clone()
    theta[4, 0], theta[5, 0] = 0.5, 0.3
    both = tps_grid(theta[None], (1, 1, 4, 5), controls, 0.2)
    swapped = theta[[0, 1, 2, 3, 5, 4]]
    torch.testing.assert_close(both, tps_grid(swapped[None], (1, 1, 4, 5), controls, 0.2))


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        (torch.zeros(16, 2), r"theta\[None\]"),
        (torch.zeros(1, 9, 2), r"\(N, 16, 2\), got \(1, 9, 2\)"),
        (torch.full((1, 16, 2), float("inf")), "NaN or infinity"),
    ],
)
def test_a_wrong_spline_theta_is_refused(theta, message):
    with pytest.raises(ValueError, match=message):
        tps_grid(theta, (1, 1, 4, 4))
    with pytest.raises(TypeError, match="floating"):
        tps_grid(torch.zeros(1, 16, 2, dtype=torch.int64), (1, 1, 4, 4))
