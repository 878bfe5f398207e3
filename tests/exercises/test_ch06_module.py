"""What the exercises of chapter 6 claim."""

import torch
from torch.nn import functional as F

from stn_lib.exercises import ch06_module as check


def test_a_bounded_window_stays_in_the_image():
    """Oracle: the corners of the image, for raw numbers of any size."""
    for raw in torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 6:
        corners = F.affine_grid(check.bounded_window.exercise.oracle(raw)[None], (1, 1, 2, 2), align_corners=True)
        assert corners.abs().max() <= 1 + 1e-12
