"""Parts in windows: coverage against counted points, specialisation against scipy's assignment and worked chances."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from stn_lib.metrics import part_coverage, specialisation
from stn_lib.models.cub import parts_in_windows


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def random_windows(count=40):
    g = generator(3)
    theta = torch.zeros(count, 2, 2, 3)
    theta[:, :, (0, 1), (0, 1)] = 0.2 + 0.4 * torch.rand(count, 2, 2, generator=g)  # not square
    theta[..., 2] = 1.6 * torch.rand(count, 2, 2, generator=g) - 0.8
    return theta, torch.rand(count, 3, 2, generator=g) - 0.5, 0.1 + 0.3 * torch.rand(count, 3, 2, generator=g)


def test_coverage_is_the_share_of_the_boxes_points_in_the_window():
    """Oracle: 200 x 200 points of each box, of which those in the window are counted."""
    theta, centres, extents = random_windows()
    axis = (np.arange(200) + 0.5) / 100 - 1
    found = part_coverage(theta, centres, extents)
    for n in range(len(theta)):
        for part in range(3):
            points = centres[n, part].numpy() + np.stack(np.meshgrid(axis, axis), -1) * extents[n, part].numpy()
            for window in range(2):
                (sx, _, x), (_, sy, y) = theta[n, window].tolist()
                inside = (abs(points[..., 0] - x) <= sx) & (abs(points[..., 1] - y) <= sy)
                assert found[n, window, part].item() == pytest.approx(inside.mean(), abs=0.011)
    assert (found == 0).any() and (found == 1).any() and ((found > 0.3) & (found < 0.7)).any()


def test_tiny_parts_are_covered_where_their_point_is_inside():
    """Oracle: the function that CUB's points are measured with."""
    theta, centres, _ = random_windows()
    covered = part_coverage(theta, centres, torch.full_like(centres, 1e-4))
    assert torch.equal(covered > 0.5, parts_in_windows(theta, centres))


def test_each_part_gets_a_window_of_its_own():
    """Oracle: scipy's assignment. If two parts could share the best window, the share would be larger."""
    g = generator(1)
    for windows in (2, 4):
        for _ in range(20):
            rates = torch.rand(windows, 2, generator=g)
            held = torch.rand(50, windows, 2, generator=g) < rates
            found = specialisation(held, rounds=2, generator=g)
            shares = held.double().mean(0).numpy()
            row, column = linear_sum_assignment(shares, maximize=True)
            assert found.share == pytest.approx(shares[row, column].mean())
            assert len(set(found.windows)) == 2
    both = torch.tensor([[True, True], [False, False]]).expand(10, 2, 2)
    assert specialisation(both, generator=g).share == 0.5


def test_chance_is_the_share_of_windows_without_names():
    """Worked by hand: two windows that share the parts perfectly hold a part in half of the images by chance, four in a
    quarter. The best of two assignments over N images is above that by half of sqrt(2 / (pi N)) on average."""
    for windows, expected in ((2, 0.5), (4, 0.25)):
        held = torch.zeros(400, windows, 2, dtype=torch.bool)
        held[:, 0, 0] = held[:, 1, 1] = True
        found = specialisation(held, generator=generator())
        assert found.share == 1 and found.windows == (0, 1)
        assert expected < found.chance < expected + 0.04 and found.chance < found.limit < expected + 0.08
    exact = specialisation(torch.eye(2).bool().expand(400, 2, 2), rounds=3000, generator=generator())
    assert exact.chance == pytest.approx(0.5 + 0.5 * (2 / (torch.pi * 400)) ** 0.5, abs=0.0015)


def test_windows_that_hold_all_or_exchange_parts_do_not_specialise():
    all_held = specialisation(torch.ones(30, 2, 2, dtype=torch.bool), generator=generator())
    assert all_held.share == all_held.chance == 1
    straight = torch.eye(2).bool()
    swapped = torch.where(torch.rand(500, 1, 1, generator=generator(4)) < 0.5, straight, straight.flip(0))
    found = specialisation(swapped, generator=generator())
    assert found.share < 0.56 and found.share == pytest.approx(found.chance, abs=0.05)


@pytest.mark.parametrize("shape", [(0, 2, 2), (5, 2, 3), (5, 2), (5, 2, 0)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="expected held of shape"):
        specialisation(torch.ones(shape, dtype=torch.bool), generator=generator())
