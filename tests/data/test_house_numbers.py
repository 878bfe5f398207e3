"""House numbers: the labels are what the images show, the boxes are where it is, and nothing leaks between the splits."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from stn_lib.data import DigitsSplit, house_numbers, load_digits_split
from stn_lib.data.house_numbers import draw_numbers, house_batch, house_held_out


def coded(first=0.0):
    """One digit of each class, a square of 12 x 20 pixels in the middle of 28 x 28, the brighter the larger the class."""
    images = torch.zeros(10, 1, 28, 28)
    images[:, :, 4:24, 8:20] = (first + (torch.arange(10) + 1) / 20).view(-1, 1, 1, 1)
    return images


@pytest.fixture
def plain(monkeypatch):
    """Black walls, white numbers, no noise."""
    for name, value in (("WALL", 0.0), ("NOISE", 0.0), ("CONTRAST", (1.0, 1.0))):
        monkeypatch.setattr(house_numbers, name, value)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.usefixtures("plain")
def test_labels_say_which_digits_are_where_in_the_box():
    """Oracle: squares whose brightness is the class, sampled by torch in the middle of each digit's part of the box."""
    numbers = draw_numbers(coded(), torch.arange(10), 200, generator=generator())
    length = (numbers.labels != 10).sum(1)
    for place in range(5):
        shown = place < length
        # In pixels of the row: the digit's centre from the middle of the box, and half the width of the box.
        x = (16 * (place - (length - 1) / 2) / (8 + 8 * (length - 1))).double()
        centre = (numbers.boxes.double() @ torch.stack([x, 0 * x, 1 + 0 * x], 1)[:, :, None])[:, None, None, :, 0]
        grey = F.grid_sample(numbers.images.double(), centre, align_corners=False)[:, 0, 0, 0]
        assert torch.equal((20 * grey[shown]).round().long() - 1, numbers.labels[shown, place])
        assert (numbers.labels[~shown, place] == 10).all()


@pytest.mark.usefixtures("plain")
def test_boxes_hold_the_number_and_no_more():
    """Oracle: skimage's polygon. The box cuts off a slanted corner and what of a digit is wider than typical."""
    from skimage.draw import polygon  # half a second, for this test alone

    split = load_digits_split()
    numbers = house_batch(split, 100, generator=generator())
    corners = numbers.boxes @ torch.tensor([[-1, 1, 1, -1.0], [-1, -1, 1, 1], [1, 1, 1, 1]])
    assert corners.abs().max() <= 1 - 2 / 128 + 1e-6
    inside, filled = [], []
    for image, (x, y) in zip(numbers.images[:, 0].numpy(), (64 * (corners + 1) - 0.5).numpy(), strict=True):
        mask = np.zeros((128, 128), dtype=bool)
        mask[polygon(y, x, mask.shape)] = True
        inside.append(image[mask].sum() / image.sum())
        rows, columns = (np.flatnonzero(image.max(axis) > 0.2) for axis in (1, 0))
        filled.append([np.ptp(rows) / np.ptp(y), np.ptp(columns) / np.ptp(x)])
    assert np.mean(inside) > 0.95 and min(inside) > 0.85
    assert np.allclose(np.mean(filled, axis=0), 1, atol=0.15)


def test_numbers_are_as_varied_as_declared():
    """Oracle: scipy's tests against uniform distributions; lengths of the box's half-axes."""
    numbers = draw_numbers(coded(), torch.arange(10), 600, generator=generator(1))
    length = (numbers.labels != 10).sum(1)
    assert stats.chisquare(np.bincount(length, minlength=6)[1:]).pvalue > 0.01
    assert stats.chisquare(np.bincount(numbers.labels[numbers.labels != 10])).pvalue > 0.01
    along, across = 64 * numbers.boxes[:, :, 0], 64 * numbers.boxes[:, :, 1]  # half of the sides, in pixels
    height = 2 * across.norm(dim=1)
    assert stats.kstest(height, stats.uniform(8, 8).cdf).pvalue > 0.01
    angle = torch.rad2deg(torch.atan2(-along[:, 1], along[:, 0]))
    assert stats.kstest(angle, stats.uniform(-8, 16).cdf).pvalue > 0.01
    assert torch.allclose((along * across).sum(1), torch.zeros(600), atol=1e-3)  # a right angle
    aspect = along.norm(dim=1) / across.norm(dim=1) / ((8 + 8 * (length - 1)) / 10)
    assert stats.kstest(aspect, stats.uniform(0.8, 0.2).cdf).pvalue > 0.01
    reach = 64 * numbers.boxes[:, :, :2].abs().sum(2)
    place = 64 * numbers.boxes[:, :, 2] / (63 - reach)
    for axis in (0, 1):
        assert stats.kstest(place[:, axis], stats.uniform(-1, 2).cdf).pvalue > 0.01


@pytest.mark.usefixtures("plain")
def test_a_small_scene_has_few_digits_in_few_pixels():
    """Oracle: the scene's declaration; scipy's test against a uniform distribution; the brightest pixel's digit."""
    numbers = draw_numbers(coded(), torch.arange(10), 400, "small", generator=generator(2))
    assert numbers.images.shape == (400, 1, 64, 64) and numbers.labels.shape == (400, 2)
    assert (numbers.labels[:, 0] < 10).all() and 160 < (numbers.labels[:, 1] == 10).sum() < 240
    height = 64 * numbers.boxes[:, :, 1].norm(dim=1)
    assert stats.kstest(height, stats.uniform(10, 4).cdf).pvalue > 0.01
    digits = numbers.labels.where(numbers.labels < 10, -1).amax(1)
    assert torch.equal((20 * numbers.images.amax((1, 2, 3))).round().long() - 1, digits)


def test_a_scene_is_found_by_its_name():
    """Oracle: the suggestion in the message."""
    with pytest.raises(ValueError, match="did you mean 'large'"):
        draw_numbers(coded(), torch.arange(10), 2, "larges", generator=generator())


def test_walls_are_cluttered_and_darker_than_numbers():
    """Oracle: a number of blank digits is its wall alone; edges where neighbours differ by more than the noise."""
    numbers = draw_numbers(0 * coded(), torch.arange(10), 50, generator=generator())
    spread = numbers.images - numbers.images.mean((2, 3), keepdim=True)
    assert 0.35 < numbers.images.quantile(0.999) < 0.52 and spread.std((1, 2, 3)).min() > 0.03
    edges = ((numbers.images[..., 1:] - numbers.images[..., :-1]).abs() > 5 * math.sqrt(2) * 0.03).sum((1, 2, 3))
    assert edges.float().mean() > 20


def test_held_out_numbers_never_change_and_show_held_out_digits(plain):
    """Oracle: training digits of at most 0.5, held-out ones of at least 0.55; the other call."""
    split = DigitsSplit(coded(), torch.arange(10), coded(0.5), torch.arange(10))
    held = house_held_out(split, 120)
    assert (held.images.amax((1, 2, 3)) > 0.52).all()
    assert (house_batch(split, 120, generator=generator()).images.amax((1, 2, 3)) < 0.51).all()
    for again, first in zip(house_held_out(split, 30), held, strict=True):
        assert torch.equal(again, first[:30])
    torch.manual_seed(5)
    state = torch.get_rng_state()
    assert torch.equal(
        house_batch(split, 2, generator=generator(3)).images, house_batch(split, 2, generator=generator(3)).images
    )
    assert torch.equal(torch.get_rng_state(), state)
