"""What the record of the live chapter says about poses."""

import pytest
import torch

from experiments.live_gap import FIXED, config_of, spreads
from stn_lib.transforms import identity


def test_spreads_by_hand():
    """Oracle: by hand: two windows of half the side, shifted by -0.5 and 0.5 of x, stretched 2 to 1 in the second."""
    distortion = identity(2)
    theta = torch.tensor([[[0.5, 0.0, 0.25], [0.0, 0.5, 0.0]], [[1.0, 0.0, -0.5], [0.0, 0.5, 0.0]]])
    found = spreads(distortion, theta)
    # Centres at x = -0.5 and 0.5: variance 0.5 in x, 0 in y, so 14 · sqrt(0.25) pixels. Sizes 2 and sqrt(2).
    assert found["position_pixels"] == 7.0
    assert found["size_percent"] == pytest.approx(100 * (2 + 2**0.5) / 2, abs=0.06)
    assert (found["stretch"], found["rotation_degrees"]) == (1.5, 0.0)


def test_the_control_does_not_learn_its_theta():
    assert config_of(FIXED, 3).localization_lr_factor == 0 and config_of(FIXED, 3).seed == 3
