"""Coordinates against torch's own grids and numbers worked by hand."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from stn_lib.coordinates import base_grid, normalized_to_pixel, pixel_to_normalized

# torch warns that a side of one pixel means something else since 1.3; that meaning is what is tested.
pytestmark = pytest.mark.filterwarnings("ignore:Since version 1.3.0, affine_grid")
sides = st.integers(1, 9)


def test_convention_five_pixels_in_a_row():
    assert base_grid((1, 5), dtype=torch.float64)[0, :, 0].tolist() == pytest.approx([-0.8, -0.4, 0, 0.4, 0.8])
    assert base_grid((1, 5), True, dtype=torch.float64)[0, :, 0].tolist() == [-1, -0.5, 0, 0.5, 1]


def test_convention_x_is_the_column_of_a_picture_that_is_not_square():
    point = torch.tensor([0.5, -0.5], dtype=torch.float64)
    # By hand for H = 4, W = 10: x = (1.5 * 10 - 1) / 2, y = (0.5 * 4 - 1) / 2; with align_corners 1.5/2*9 and .5/2*3.
    assert normalized_to_pixel(point, (4, 10)).tolist() == [7.0, 0.5]
    assert normalized_to_pixel(point, (4, 10), True).tolist() == [6.75, 0.75]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sides, sides, st.booleans())
def test_base_grid_is_torchs_grid_of_the_identity(height, width, align):
    theta = torch.eye(2, 3, dtype=torch.float64)[None]
    expected = F.affine_grid(theta, (1, 1, height, width), align_corners=align)[0]
    torch.testing.assert_close(base_grid((height, width), align, dtype=torch.float64), expected, atol=1e-12, rtol=0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(2, 9), st.integers(2, 9), st.booleans(), st.integers(0, 10**6))
def test_pixels_and_units_undo_each_other(height, width, align, seed):
    points = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 5
    there = normalized_to_pixel(points, (height, width), align)
    torch.testing.assert_close(pixel_to_normalized(there, (height, width), align), points)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_base_grid_is_rounded_once_whatever_the_dtype(dtype):
    exact = base_grid((3, 2050), dtype=torch.float64)
    assert torch.equal(base_grid((3, 2050), dtype=dtype), exact.to(dtype))


def test_integer_points_are_refused():
    with pytest.raises(TypeError, match=r"floating dtype, got torch.int64: convert it with \.float"):
        normalized_to_pixel(torch.tensor([1, 2]), (4, 4))


@pytest.mark.parametrize("points", [torch.zeros(3), torch.zeros(()), torch.zeros(2, 3)])
def test_points_that_are_not_pairs_are_refused(points):
    with pytest.raises(ValueError, match=r"\(x, y\) last, got"):
        pixel_to_normalized(points, (4, 4))


@pytest.mark.parametrize("size", [(0, 4), (4,), (1, 2, 3)])
def test_sizes_without_pixels_are_refused(size):
    with pytest.raises(ValueError, match=r"expected a size \(H, W\)"):
        base_grid(size)
