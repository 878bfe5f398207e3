"""Statements of chapter 4 that no cell of the page computes."""

import pytest
import torch
import torch.nn.functional as F

from stn_lib import transforms
from stn_lib.coordinates import base_grid
from stn_lib.data import sample_digits
from stn_lib.grid import affine_grid
from stn_lib.sampling import grid_sample

IDENTITY = torch.eye(2, 3, dtype=torch.float64)[None]


@pytest.mark.parametrize(
    ("start", "end", "align", "padding", "agree"),
    [
        (28, 14, False, "zeros", True),
        (28, 14, True, "zeros", True),
        (14, 28, True, "zeros", True),
        (14, 28, False, "zeros", False),
        (14, 28, False, "border", True),
    ],
)
def test_exercise_7_interpolate_and_the_identity_differ_at_the_border_only(start, end, align, padding, agree):
    noise = torch.rand(1, 1, start, start, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    one = F.interpolate(noise, (end, end), mode="bilinear", align_corners=align)
    two = grid_sample(noise, affine_grid(IDENTITY, (1, 1, end, end), align), "bilinear", padding, align)
    gap = (one - two).abs()[0, 0]
    assert (gap.max() < 1e-12) == agree
    assert gap[1:-1, 1:-1].max() < 1e-12


def test_a_shift_of_3_gives_a_blank_output_and_no_gradient_and_three_pixels_do_not():
    digit = sample_digits()[4:5]
    for shift, blank in ((3.0, True), (6 / 28, False)):
        theta = torch.tensor([[[1, 0, shift], [0, 1, 0]]], requires_grad=True)
        moved = grid_sample(digit, affine_grid(theta, (1, 1, 28, 28)))
        (slope,) = torch.autograd.grad(moved.square().sum(), theta)
        assert (moved.sum().item() == 0, slope.abs().max().item() == 0) == (blank, blank)


def test_a_grid_of_row_and_column_reflects_a_square_image_across_its_diagonal():
    image = torch.arange(1.0, 10.0, dtype=torch.float64).view(1, 1, 3, 3)
    flipped = grid_sample(image, base_grid((3, 3), dtype=torch.float64)[None].flip(-1))
    assert torch.allclose(flipped, image.mT)
    image = torch.arange(1.0, 7.0, dtype=torch.float64).view(1, 1, 2, 3)
    values = grid_sample(image, base_grid((2, 3), dtype=torch.float64)[None].flip(-1))
    assert not set(values.flatten().round(decimals=6).tolist()) <= set(image.flatten().tolist())


@pytest.mark.parametrize(("align", "shifts"), [(False, (-0.325, 0.2)), (True, (-13 / 30, 4 / 15))])
def test_both_thetas_of_the_worked_example_map_2_2_to_1_6_and_2_4(align, shifts):
    """By hand: pixel p of four, counted from 1, is at (2p - 1) / 4 - 1, or with align_corners at 2 (p - 1) / 3 - 1."""
    normalise = (lambda p: 2 * (p - 1) / 3 - 1) if align else (lambda p: (2 * p - 1) / 4 - 1)
    theta = torch.tensor([[[0, 0.5, shifts[0]], [1, 0, shifts[1]]]], dtype=torch.float64)
    target = torch.tensor([[[normalise(2), normalise(2)]]], dtype=torch.float64)
    source = transforms.apply(theta, target)[0, 0]
    assert torch.allclose(source, torch.tensor([normalise(1.6), normalise(2.4)], dtype=torch.float64))
