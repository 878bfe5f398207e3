"""The changes of chapter 1: each against scipy, geometry by hand, or a camera worked out point by point."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from stn_lib.data import RANGES, sample_digits, view_change
from stn_lib.data.view_change import DISTANCE, change_theta

DIGIT = sample_digits()[3:4].double()


def framed(images, size=40):
    pad = (size - 28) // 2
    return torch.nn.functional.pad(images, (pad,) * 4)


def test_no_change_only_adds_background():
    torch.testing.assert_close(view_change(DIGIT), framed(DIGIT), atol=1e-12, rtol=0)


@pytest.mark.parametrize(("right", "down"), [(5, 0), (0, -4), (-12, 7)])
def test_whole_pixels_move_without_interpolation(right, down):
    """Oracle: scipy's shift."""
    expected = ndimage.shift(framed(DIGIT)[0, 0].numpy(), (down, right), order=0)
    np.testing.assert_allclose(view_change(DIGIT, right=right, down=down)[0, 0].numpy(), expected, atol=1e-11)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_convention_a_positive_rotation_is_counter_clockwise(quarters):
    """Oracle: numpy's rot90, which rotates counter-clockwise."""
    expected = np.rot90(framed(DIGIT)[0, 0].numpy(), quarters)
    np.testing.assert_allclose(view_change(DIGIT, rotation=90 * quarters)[0, 0].numpy(), expected, atol=1e-11)


def test_half_the_size_is_what_scipy_samples_at_every_second_pixel():
    """Oracle: scipy's affine_transform about the centre, linear."""
    image, centre = framed(DIGIT)[0, 0].numpy(), 19.5
    expected = ndimage.affine_transform(image, np.eye(2) * 2, centre - 2 * centre, order=1)
    np.testing.assert_allclose(view_change(DIGIT, size=0.5)[0, 0].numpy(), expected, atol=1e-11)


@pytest.mark.parametrize("tilt", [-50, 30, 65])
def test_a_tilt_is_what_a_camera_sees(tilt):
    """Oracle: points of the rotated plane, projected one by one; theta must lead back to where they came from."""
    theta = change_theta((28, 28), (40, 40), right=3, down=-2, rotation=20, size=0.9, tilt=tilt)[0].numpy()
    t, phi, d = math.radians(tilt), math.radians(20), DISTANCE * 28
    for u, v in ((0, 0), (10, -4), (-13, 13), (5, 12)):
        x, y = 0.9 * u, 0.9 * v
        # counter-clockwise, because y points down
        x, y = math.cos(phi) * x + math.sin(phi) * y, -math.sin(phi) * x + math.cos(phi) * y
        depth = d + x * math.sin(t)
        x, y = d * x * math.cos(t) / depth + 3, d * y / depth - 2
        back = theta @ np.array([x / 20, y / 20, 1])
        np.testing.assert_allclose(back[:2] / back[2], [u / 14, v / 14], atol=1e-12)


def test_a_shadow_darkens_background_and_digit_and_moves_nothing():
    """Oracle: by hand: half the light is missing at the right edge, a quarter in the middle."""
    shaded = view_change(DIGIT, shadow=0.5)[0, 0]
    still = framed(DIGIT)[0, 0]
    light = 1 - 0.5 * (torch.arange(40, dtype=torch.float64) + 0.5) / 40
    torch.testing.assert_close(1 - shaded, light * (1 - still), atol=1e-11, rtol=0)
    assert shaded[0, 0] == pytest.approx(0.00625) and shaded[0, -1] == pytest.approx(0.49375)


def test_every_range_can_be_used_to_its_ends():
    """Also with the digit at the far side, where a horizon would come first."""
    for name, (rest, low, high, step) in RANGES.items():
        assert low <= rest < high and step > 0
        for end in (low, high):
            assert view_change(DIGIT, **({"right": -12.0, "down": 12.0} | {name: end})).isfinite().all()


def test_images_that_are_not_square_and_empty_batches():
    tall = torch.rand(2, 1, 6, 4, generator=torch.Generator().manual_seed(0))
    rotated = view_change(tall, rotation=90, out_size=(4, 6))
    torch.testing.assert_close(rotated, tall.rot90(1, (2, 3)), atol=1e-5, rtol=0)
    assert view_change(tall[:0], rotation=10).shape == (0, 1, 40, 40)
    assert view_change(tall, tilt=10).dtype == torch.float32


@pytest.mark.parametrize("wrong", [{"size": 0.0}, {"tilt": 90.0}, {"shadow": 1.5}, {"size": float("nan")}])
def test_impossible_changes_are_refused(wrong):
    with pytest.raises(ValueError, match="expected size > 0"):
        view_change(DIGIT, **wrong)
