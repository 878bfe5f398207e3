"""The grid generator against torch.nn.functional.affine_grid: values, gradients, errors."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from stn_lib.grid import affine_grid

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
