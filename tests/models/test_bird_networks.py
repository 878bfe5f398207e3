"""Networks for drawn birds: their start, their windows, and what they learn beside the centre."""

import math

import numpy as np
import pytest
import torch
from scipy import special
from torch.nn import functional as F

from stn_lib.models import BirdCNN, BirdSTCNN, PartFinder, count_parameters
from stn_lib.models.bird_networks import BLUR, MAP, SCALE, STARTS, CentreMean, even_scores
from stn_lib.models.number_networks import mean_place

IMAGES = torch.rand(2, 3, 192, 192)


def test_parameters_are_those_counted_by_hand():
    """Oracle: weights of each layer; norms have two numbers for each channel, convolutions in front of them no bias."""
    finder = 16 * 3 * 25 + 32 * 16 * 9 + 32 * 32 * 9 + 2 * (16 + 32 + 32) + 32 * 2 * 9 + 2
    part = 16 * 3 * 9 + 32 * 16 * 9 + 32 * 32 * 9 + 2 * (16 + 32 + 32)
    assert count_parameters(BirdSTCNN()) == finder + 2 * part + 2 * 32 * 16 + 16
    assert count_parameters(BirdSTCNN(learns=("scale",))) == finder + 32 * 2 * 9 + 2 + 2 * part + 2 * 32 * 16 + 16
    assert count_parameters(BirdCNN()) == count_parameters(BirdCNN(shrunk=False)) == part + 32 * 16 + 16


@pytest.mark.parametrize("name", STARTS)
def test_windows_start_where_they_should(name):
    """Oracle: the image, sampled by torch at windows that are written down here."""
    network = BirdSTCNN(name)
    seen = network.transformer(IMAGES)
    assert seen.shape == (2, len(STARTS[name]), 3, 64, 64)
    for k, (x, y) in enumerate(STARTS[name]):
        theta = torch.tensor([[0.45, 0, x], [0, 0.45, y]]).expand(2, 2, 3)
        grid = F.affine_grid(theta, (2, 3, 64, 64), align_corners=False)
        expected = F.grid_sample(IMAGES, grid, padding_mode="border", align_corners=False)
        torch.testing.assert_close(seen[:, k], expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.5, -0.25), (-0.8, 0.7)])
def test_the_start_is_the_most_even_share_with_its_mean(place):
    """Oracle: no small change of the shares that keeps sum and mean makes their entropy larger."""
    scores = even_scores(*place)
    torch.testing.assert_close(mean_place(scores[None], (MAP, MAP))[0], torch.tensor(place), atol=1e-4, rtol=0)
    share = special.softmax(scores.double().numpy())
    axis = (2 * np.arange(MAP) + 1) / MAP - 1
    kept = np.stack([np.ones(MAP * MAP), np.tile(axis, MAP), np.repeat(axis, MAP)])
    change = np.random.default_rng(0).normal(size=(5, MAP * MAP)) * share
    change -= change @ kept.T @ np.linalg.inv(kept @ kept.T) @ kept
    for one in change:
        step = 0.1 * (share / np.abs(one)).min()
        assert special.entr(share + step * one).sum() < special.entr(share).sum()


def test_a_start_outside_the_image_is_refused():
    with pytest.raises(ValueError, match=r"start between -0\.938 and 0\.938, got 1\.0"):
        PartFinder(((1.0, 0.0), (0.0, 0.0)))
    with pytest.raises(ValueError, match="expected learns to hold names"):
        PartFinder(learns=("shear",))


def test_each_window_has_a_map_and_learnt_numbers_of_its_own():
    """Oracle: by hand: all attention on one place of each map; the learnt numbers at that place."""
    finder = PartFinder(learns=("scale", "angle"))
    maps = torch.zeros(1, 2, 3, MAP, MAP)
    maps[:, :, 0] = -1e4
    maps[0, 0, 0, 3, 10] = maps[0, 1, 0, 15, 0] = 1e4
    maps[0, 0, 1, 3, 10], maps[0, 0, 2, 3, 10] = math.log(2), math.pi / 2
    theta = finder.family.theta(maps.flatten(1))[0]
    expected = torch.tensor([[[0, -0.9, 2.5 / 8], [0.9, 0, -4.5 / 8]], [[0.45, 0, -7.5 / 8], [0, 0.45, 7.5 / 8]]])
    torch.testing.assert_close(theta, expected, atol=1e-5, rtol=0)


def test_windows_follow_the_image_by_the_same_distance():
    """Oracle: an image, moved by 24 pixels, which is two places of the map: away from the border the scores move along."""
    finder = PartFinder(STARTS["equal"]).eval()
    with torch.no_grad():
        finder.localization[-2].weight.normal_(std=3.0)
    images = torch.full((1, 3, 192, 192), 0.5)
    images[..., 84:108, 84:108] = torch.rand(1, 3, 24, 24)
    moved = images.roll((24, -24), (2, 3))
    with torch.no_grad():
        before, after = (finder.localization(one).view(2, MAP, MAP) for one in (images, moved))
    torch.testing.assert_close(after[:, 5:15, 1:11], before[:, 3:13, 3:13], atol=1e-4, rtol=1e-4)


def test_the_centre_mean_weighs_by_a_gaussian():
    """Oracle: numpy's average with weights exp(-(x² + y²) / (2 · 0.5²)) at the centres of the pixels; and its gradient."""
    maps = torch.rand(2, 3, 4, 6, dtype=torch.float64, requires_grad=True)
    x, y = ((2 * np.arange(n) + 1) / n - 1 for n in (6, 4))
    weights = np.exp(-(x**2 + y[:, None] ** 2) / 0.5)
    layer = CentreMean((4, 6)).double()
    expected = [[np.average(one, weights=weights) for one in image] for image in maps.detach().numpy()]
    torch.testing.assert_close(layer(maps), torch.tensor(expected), atol=1e-7, rtol=1e-6)
    layer(maps).sum().backward()
    torch.testing.assert_close(maps.grad[1, 2], torch.tensor(weights / weights.sum()), atol=1e-7, rtol=1e-6)


def test_the_blur_removes_a_pattern_that_subsampling_would_alias():
    """By hand: three means over 3 pixels leave ((1 + 2 cos(2 pi / P)) / 3) ** 3 of a wave with a period of P pixels."""
    wave = torch.cos(torch.arange(192) * 2 * math.pi / 3.45).expand(1, 3, 192, 192)
    left = abs((1 + 2 * math.cos(2 * math.pi / 3.45)) / 3) ** 3
    found = BirdCNN().shrink(wave)
    assert found.shape == (1, 3, 64, 64)
    assert found[..., 2:-2].abs().max() == pytest.approx(left, rel=0.05)
    assert left < 0.005 and sum(BLUR) == 27


def test_given_places_are_looked_at():
    """Oracle: the network, whose finder is made to predict these windows."""
    network = BirdSTCNN("side by side").eval()
    theta = torch.tensor([[[SCALE, 0, -0.5], [0, SCALE, 0]], [[SCALE, 0, 0.5], [0, SCALE, 0]]]).expand(2, 2, 2, 3)
    with torch.no_grad():
        torch.testing.assert_close(network.at(IMAGES, theta), network(IMAGES), atol=1e-3, rtol=1e-3)
