"""Statements of chapter 5 that no cell of the page computes, or that its text repeats."""

import pytest
import torch
import torch.nn.functional as F

from stn_lib.data import sample_digits
from stn_lib.grid import affine_grid


@pytest.mark.parametrize(("side", "pixels"), [(28, 0.02), (100, 0.09), (224, 0.19)])
def test_how_far_a_source_point_is_off_in_bfloat16(side, pixels):
    exact = affine_grid(torch.eye(2, 3, dtype=torch.float64)[None], (1, 1, 1, side))[0, 0, :, 0]
    off = (exact.bfloat16().double() - exact).abs().max().item() * side / 2
    assert round(off, 2) == pixels


def test_of_28_columns_torch_takes_the_slope_to_the_right_in_24():
    """By hand: the slope to the right of column k is U(k + 1) - U(k), 0 outside."""
    row = torch.rand(28, generator=torch.Generator().manual_seed(2)) + torch.arange(28) % 3
    grid = F.affine_grid(torch.eye(2, 3)[None], (1, 1, 1, 28), align_corners=False).requires_grad_()
    value = F.grid_sample(row.view(1, 1, 1, 28), grid, align_corners=False)
    slope = torch.autograd.grad(value.sum(), grid)[0][0, 0, :, 0] / 14
    right = F.pad(row, (0, 1)).diff()
    assert ((slope - right).abs() < 1e-3).sum() == 24


def weights(t, mode):
    """The whole shifts that a shift t mixes, and their weights."""
    low = t.detach().floor()
    f = t - low
    if mode == "bilinear":
        return low, (0, 1), torch.stack([1 - f, f])
    a = -0.75
    near = [(a + 2) * d**3 - (a + 3) * d**2 + 1 for d in (f, 1 - f)]
    far = [a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a for d in (1 + f, 2 - f)]
    return low, (-1, 0, 1, 2), torch.stack([far[0], *near, far[1]])


def arrived(goal, mode):
    """As on the page, without a sampler: a pure shift changes only the overlaps R(k) of an image with itself."""
    wide = F.pad(sample_digits()[:, 0].double(), (40, 40))
    overlaps = torch.stack([(wide * wide.roll(k, 2)).sum((1, 2)) for k in range(40)], 1)
    t = torch.zeros(len(wide), dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([t], lr=0.3)
    for _ in range(150):
        low, steps, w = weights(t, mode)

        def overlap(distance):
            return overlaps.gather(1, distance.abs().long()[:, None])[:, 0]

        energy = sum(
            w[i] * w[j] * overlap(torch.full_like(low, b - a)) for i, a in enumerate(steps) for j, b in enumerate(steps)
        )
        shared = sum(w[i] * overlap(low + a - goal) for i, a in enumerate(steps))
        adam.zero_grad()
        ((energy - 2 * shared) / (28 * 64)).sum().backward()
        adam.step()
    return (t.detach() - goal).abs() < 0.5


def test_ripple_stops_bilinear_descent_from_10_pixels_and_bicubic_arrives():
    ends = {mode: [arrived(goal, mode) for goal in (-10, 10)] for mode in ("bilinear", "bicubic")}
    assert [end.sum().item() for end in ends["bilinear"]] == [0, 7]
    for end in ends["bicubic"]:
        assert (~end).nonzero().flatten().tolist() == [0, 4]


def test_the_loss_at_whole_pixels_falls_towards_the_target_for_eight_of_ten_digits():
    wide = F.pad(sample_digits()[:, 0], (40, 40))
    losses = torch.stack([(wide - wide.roll(k, 2)).square().sum((1, 2)) for k in range(11)])
    assert (losses.diff(dim=0) <= 0).any(0).nonzero().flatten().tolist() == [0, 4]
