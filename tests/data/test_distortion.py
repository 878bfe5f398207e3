"""The distortions: that they draw what they say, and move the digit as they say."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from stn_lib.data import RTS, Distortion, R, distort, held_out_set, load_digits_split, training_batch


def drawn(kind, n=4000):
    """Turn, scale and place (in output pixels from the centre), read back from theta by linear algebra."""
    _, theta = distort(torch.zeros(n, 1, 28, 28), kind, generator=torch.Generator().manual_seed(1))
    recipe = R if kind == "R" else RTS
    to_pixels = np.array([14.0, 14.0])[:, None]
    linear = theta[:, :, :2].double().numpy() * to_pixels / (np.array(recipe.out_size[::-1]) / 2)
    shift = theta[:, :, 2].double().numpy() * 14
    forward = np.linalg.inv(linear)
    place = -np.einsum("nij,nj->ni", forward, shift)
    scale = np.sqrt(np.linalg.det(forward))
    angle = np.arctan2(forward[:, 0, 1], forward[:, 0, 0])  # y points down: the sign of the sine turns over
    np.testing.assert_allclose(forward, scale[:, None, None] * np.stack(
        [np.stack([np.cos(angle), np.sin(angle)], 1), np.stack([-np.sin(angle), np.cos(angle)], 1)], 1
    ), atol=1e-5)  # fmt: skip
    return angle, scale, place


@pytest.mark.parametrize(("kind", "most"), [("R", math.pi / 2), ("RTS", math.pi / 4)])
def test_angles_are_uniform(kind, most):
    """Oracle: scipy's Kolmogorov-Smirnov test against U(-most, most)."""
    angle, _, _ = drawn(kind)
    assert np.abs(angle).max() <= most + 1e-5
    assert stats.kstest(angle, stats.uniform(-most, 2 * most).cdf).pvalue > 0.01


def test_rts_scales_are_uniform_and_places_fill_the_room():
    """Oracle: scipy's Kolmogorov-Smirnov test; the room left, computed from the corners of the turned square."""
    angle, scale, place = drawn("RTS")
    assert stats.kstest(scale, stats.uniform(0.7, 0.5).cdf).pvalue > 0.01
    corners = np.stack([np.cos(angle) - np.sin(angle), np.cos(angle) + np.sin(angle)], 1)
    room = 21 - 11 * scale * np.abs(corners).max(1)
    for axis in (0, 1):
        assert stats.kstest(place[:, axis] / room, stats.uniform(-1, 2).cdf).pvalue > 0.01


def test_r_neither_scales_nor_moves():
    """Oracle: ones and zeros."""
    _, scale, place = drawn("R")
    np.testing.assert_allclose(scale, 1, atol=1e-5)
    np.testing.assert_allclose(place, 0, atol=1e-4)


def test_shifts_are_uniform_and_move_the_digit_by_so_many_pixels():
    """Oracle: scipy's Kolmogorov-Smirnov test; the centre of mass of one dot."""
    recipe = Distortion("x", out_size=(41, 41), max_angle=0.0, max_shift=4.0)
    dot = torch.zeros(3000, 1, 29, 29)
    dot[:, :, 14, 14] = 1  # the centre of either frame, so that a shift alone moves it
    out, theta = distort(dot, recipe, generator=torch.Generator().manual_seed(3))
    shifts = -theta[:, :, 2].numpy() * 29 / 2
    assert np.abs(shifts).max() <= 4 and np.ptp(shifts) > 7.9
    for axis, name in ((0, "x"), (1, "y")):
        assert stats.kstest(shifts[:, axis], stats.uniform(-4, 8).cdf).pvalue > 0.01, name
        seen = (out[:, 0].sum(1 if name == "x" else 2) * torch.arange(41.0)).sum(1) - 20
        np.testing.assert_allclose(seen.numpy(), shifts[:, axis], atol=1e-4)


def test_the_whole_digit_stays_in_the_frame():
    """Oracle: a frame of 90 px that cuts nothing: the middle 42 x 42 must hold all of its ink."""
    images = load_digits_split().test_images.repeat(4, 1, 1, 1)
    for recipe in (RTS, dataclasses.replace(RTS, max_angle=math.pi / 3)):
        out, theta = distort(images, recipe, generator=torch.Generator().manual_seed(2))
        wide = theta.clone()
        wide[:, :, :2] *= 90 / 42
        grid = torch.nn.functional.affine_grid(wide, (len(images), 1, 90, 90), False)
        all_ink = torch.nn.functional.grid_sample(images, grid, align_corners=False).sum((1, 2, 3))
        assert ((all_ink - out.sum((1, 2, 3))) / all_ink).abs().max() < 0.002


def test_convention_positive_angles_turn_counter_clockwise():
    """Oracle: scipy.ndimage.rotate (which turns counter-clockwise on the screen) with the drawn angle."""
    image = load_digits_split().test_images[:1]
    out, theta = distort(image, "R", generator=torch.Generator().manual_seed(5))
    angle = math.degrees(math.atan2(-float(theta[0, 0, 1]), float(theta[0, 0, 0])))
    assert abs(angle) > 20
    expected = ndimage.rotate(image[0, 0].numpy(), angle, reshape=False, order=1)
    np.testing.assert_allclose(out[0, 0].numpy(), expected, atol=1e-4)


def test_same_seed_same_batch_whatever_the_global_state():
    """Oracle: the other call; torch's global random state, before and after."""
    split = load_digits_split()
    before = torch.get_rng_state()
    a, b = (training_batch(split, "RTS", 9, generator=torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
    assert torch.equal(torch.get_rng_state(), before)
    first, again = held_out_set(split, "RTS", 2), held_out_set(split, "RTS", 2)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, split.test_labels.repeat(2))


def test_dtype_and_empty_batches():
    """Oracle: the shapes and types that were asked for."""
    g = torch.Generator().manual_seed(0)
    out, theta = distort(torch.zeros(0, 1, 28, 28), "RTS", generator=g)
    assert out.shape == (0, 1, 42, 42) and theta.shape == (0, 2, 3)
    assert distort(torch.zeros(2, 3, 20, 30, dtype=torch.float64), "R", generator=g)[0].dtype == torch.float64


def test_wrong_requests_are_refused():
    """Oracle: the message names expected, got and remedy."""
    g = torch.Generator().manual_seed(0)
    with pytest.raises(ValueError, match=r"expected kind in \['R', 'RTS', 'centred', 'shifted'\]"):
        distort(torch.zeros(1, 1, 28, 28), "P", generator=g)
    with pytest.raises(ValueError, match=r"expected images of shape \(N, C, H, W\), got \(28, 28\)"):
        distort(torch.zeros(28, 28), "R", generator=g)
    with pytest.raises(TypeError, match="expected float images"):
        distort(torch.zeros(1, 1, 28, 28, dtype=torch.uint8), "R", generator=g)
    with pytest.raises(ValueError, match="degrees"):
        Distortion("mine", (28, 28), max_angle=45)
    with pytest.raises(ValueError, match="expected scale"):
        Distortion("mine", (28, 28), max_angle=0, scale=(1.2, 0.7))
    for wrong in ({"max_shift": -1.0}, {"max_shift": float("inf")}, {"max_shift": 4.0, "placed": True}):
        with pytest.raises(ValueError, match="expected max_shift >= 0, and 0 with placed=True, got"):
            Distortion("mine", (28, 28), max_angle=0, **wrong)
    with pytest.raises(ValueError, match="at least one copy"):
        held_out_set(load_digits_split(), "R", 0)
