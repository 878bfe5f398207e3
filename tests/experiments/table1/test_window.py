"""What is stored of a transformer's windows."""

import math

import numpy as np
import pytest
import torch

from experiments.table1.window import foreground_inside, nearest_affine, window_summary
from stn_lib.data import DISTORTIONS, held_out_set, load_digits_split
from stn_lib.grid import affine_grid, projective_grid, tps_grid
from stn_lib.models import Table1Network
from stn_lib.transforms import compose, control_points, rotation, scaling, translation


def window(scale=1.0, degrees=0.0, stretch=1.0, shift=(0.0, 0.0)):
    """The theta of a window: stretched along its own x, rotated counter-clockwise on the screen, and moved."""
    size = scale * torch.tensor([[stretch**0.5, stretch**-0.5]])
    turned = compose(rotation(torch.tensor([-math.radians(degrees)])), scaling(size))
    return compose(translation(torch.tensor([shift])), turned)


@pytest.mark.parametrize("kind", ["R", "TC", "P", "E"])
def test_a_known_window_is_measured(kind):
    """Oracle: the numbers that the window was made of: the localisation network answers with its bias alone."""
    theta = window(0.6, 20.0, 1.5, (0.2, -0.1))
    split = load_digits_split()
    held_out = held_out_set(split, kind, copies=1)
    side = DISTORTIONS[kind].out_size[0]
    network = Table1Network("cnn", "affine", (side, side)).eval()
    with torch.no_grad():
        network.transformer.localization[-1].bias.copy_(theta.flatten())
    found = window_summary(network, split, held_out)
    expected = {"scale": 0.6, "rotation": 20, "stretch": 1.5, "shift_x": 0.1 * side, "shift_y": -0.05 * side}
    for name, value in expected.items():
        assert found[name] == pytest.approx([value, 0], abs=2e-3), name
    assert found["dead"] is True and 0 < found["hidden_active"] <= 1 and 0.2 < found["digit_inside"] < 0.999


def test_a_window_round_the_clutter_holds_no_digit():
    """Oracle: digits of TC stand in the middle or beside it: the window is the rightmost tenth, where patches lie too."""
    split = load_digits_split()
    held_out = held_out_set(split, "TC", copies=1)
    network = Table1Network("cnn", "affine", (60, 60)).eval()
    edge = window(0.02, shift=(0.98, 0.0))
    with torch.no_grad():
        network.transformer.localization[-1].bias.copy_(edge.flatten())
    assert window_summary(network, split, held_out)["digit_inside"] < 1e-3
    assert (foreground_inside(held_out.images, edge.expand(445, 2, 3)) > 1e-3).any()


def test_the_nearest_affine_map_is_that_of_numpy():
    """Oracle: numpy.linalg.lstsq on (x, y, 1), for a homography and a spline, on a grid that is not square."""
    generator = torch.Generator().manual_seed(0)
    homography = torch.eye(3)[None] + 0.1 * torch.randn(2, 3, 3, generator=generator)
    spline = control_points()[None] + 0.1 * torch.randn(2, 16, 2, generator=generator)
    size = (2, 1, 7, 12)
    x, y = np.meshgrid((np.arange(12) + 0.5) / 6 - 1, (np.arange(7) + 0.5) / 3.5 - 1)
    target = np.stack([x.ravel(), y.ravel(), np.ones(84)], 1)
    for grid in (projective_grid(homography, size), tps_grid(spline, size), affine_grid(homography[:, :2], size)):
        for one, found in zip(grid, nearest_affine(grid), strict=True):
            expected, *_ = np.linalg.lstsq(target, one.reshape(84, 2).numpy(), rcond=None)
            assert found.numpy() == pytest.approx(expected.T, abs=1e-5)


def test_the_foreground_in_a_window_by_hand():
    """Oracle: by counting: of 4 x 8 pixels the left half holds 3 of 4 bright ones; a window larger than the image all."""
    image = torch.zeros(1, 1, 4, 8)
    image[0, 0, 1, [0, 2, 3, 6]] = 1
    half, whole = (torch.tensor([[[s, 0.0, t], [0.0, 1.0, 0.0]]]) for s, t in ((0.5, -0.5), (1.5, 0.2)))
    assert foreground_inside(image, half).item() == 0.75 and foreground_inside(image, whole).item() == 1
    assert foreground_inside(0 * image, whole).item() == 0
