"""The distortions: that they draw what they say, and move the digit as they say."""

import dataclasses
import math
import re

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from stn_lib.data import DISTORTIONS, RTS, Distortion, R, distort, held_out_set, load_digits_split, training_batch


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


# What committed weights and stored results were made with: the fourth theta's first two rows, the sums of four images,
# and the generator's next number, which says how many were drawn.
AFFINE = 0.4336993098258972
PINNED = {
    "R": (
        [[0.50471228, 0.86328769, 0.0], [-0.86328769, 0.50471228, 0.0]],
        [132.741318, 150.478577, 135.622803, 146.840546],
        AFFINE,
    ),
    "RTS": (
        [[1.70249271, 0.97675872, -0.43838000], [-0.97675872, 1.70249271, 0.24652858]],
        [130.574234, 165.084534, 133.616058, 85.812889],
        AFFINE,
    ),
    "P": (
        [[1.69840026, 0.11994475, -0.37753576], [0.14123015, 1.00080812, -0.3350791]],
        [89.351585, 97.750893, 74.494400, 96.326569],
        0.18320322036743164,
    ),
    "E": (
        [[-1.43085408, -1.18956506], [-0.30899143, -1.12962162]],
        [93.785301, 113.806252, 139.108200, 96.728027],
        0.32943350076675415,
    ),
    "TC": (
        [[2.14285731, 0.0, -0.78571433], [0.0, 2.14285731, 0.0]],
        [204.929398, 227.223526, 218.149033, 257.756866],
        0.7085504531860352,
    ),
    "centred": (
        [[1.42857146, 0.0, 0.0], [0.0, 1.42857146, 0.0]],
        [132.705872, 150.478424, 135.623520, 146.827454],
        AFFINE,
    ),
    "shifted": (
        [[1.42857146, 0.0, -0.16140393], [0.0, 1.42857146, -0.00138627]],
        [132.705872, 150.478424, 135.623535, 146.827454],
        AFFINE,
    ),
}


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_the_draws_behind_stored_results_stay(kind):
    """Oracle: numbers printed once, those of R, RTS, centred and shifted before the others were added."""
    g, split = torch.Generator().manual_seed(11), load_digits_split()
    out, theta = distort(split.test_images[:4], kind, generator=g, others=split.test_images)
    training_batch(split, kind, 64, generator=g)
    found = theta[3, :2].tolist(), out.sum((1, 2, 3)).tolist(), torch.rand(1, generator=g).item()
    assert kind in PINNED, f"expected a row of PINNED for each distortion: add {kind!r}: {found}"
    rows, sums, after = PINNED[kind]
    torch.testing.assert_close(theta[3, :2], torch.tensor(rows), rtol=0, atol=1e-6)
    torch.testing.assert_close(out.sum((1, 2, 3)), torch.tensor(sums), rtol=0, atol=1e-3)
    assert found[2] == after


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
    """Oracle: a frame of 90 px that cuts nothing: the middle 42 x 42 must hold all of it."""
    images = load_digits_split().test_images.repeat(4, 1, 1, 1)
    for recipe in (RTS, dataclasses.replace(RTS, max_angle=math.pi / 3)):
        out, theta = distort(images, recipe, generator=torch.Generator().manual_seed(2))
        wide = theta.clone()
        wide[:, :, :2] *= 90 / 42
        grid = torch.nn.functional.affine_grid(wide, (len(images), 1, 90, 90), False)
        whole = torch.nn.functional.grid_sample(images, grid, align_corners=False).sum((1, 2, 3))
        assert ((whole - out.sum((1, 2, 3))) / whole).abs().max() < 0.002


def test_convention_positive_angles_turn_counter_clockwise():
    """Oracle: scipy.ndimage.rotate (which turns counter-clockwise on the screen) with the drawn angle."""
    image = load_digits_split().test_images[:1]
    out, theta = distort(image, "R", generator=torch.Generator().manual_seed(5))
    angle = math.degrees(math.atan2(-float(theta[0, 0, 1]), float(theta[0, 0, 0])))
    assert abs(angle) > 20
    expected = ndimage.rotate(image[0, 0].numpy(), angle, reshape=False, order=1)
    np.testing.assert_allclose(out[0, 0].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_same_seed_same_batch_whatever_the_global_state(kind):
    """Oracle: the other call; torch's global random state, before and after."""
    split = load_digits_split()
    before = torch.get_rng_state()
    a, b = (training_batch(split, kind, 9, generator=torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
    assert torch.equal(torch.get_rng_state(), before)
    first, again = held_out_set(split, kind, 2), held_out_set(split, kind, 2)
    assert torch.equal(first.images, again.images) and torch.equal(first.theta, again.theta)
    recipe = DISTORTIONS[kind]
    fixed = recipe == Distortion(kind, recipe.out_size, 0.0, title=recipe.title, description=recipe.description)
    assert torch.equal(first.theta[:445], first.theta[445:]) == fixed  # a distortion without randomness
    assert first.images.min() >= 0 and first.images.max() <= 1 + 1e-6
    assert torch.equal(first.labels, split.test_labels.repeat(2))


def test_dtype_and_empty_batches():
    """Oracle: the shapes and types that were asked for."""
    g = torch.Generator().manual_seed(0)
    out, theta = distort(torch.zeros(0, 1, 28, 28), "RTS", generator=g)
    assert out.shape == (0, 1, 42, 42) and theta.shape == (0, 2, 3)
    assert distort(torch.zeros(2, 3, 20, 30, dtype=torch.float64), "R", generator=g)[0].dtype == torch.float64


@pytest.mark.parametrize(("kind", "form", "side"), [("P", (3, 3), 28), ("E", (16, 2), 28), ("TC", (2, 3), 60)])
@pytest.mark.parametrize("batch", [0, 1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shapes_of_pulled_bent_and_cluttered_batches(kind, form, side, batch, dtype):
    """Oracle: the shapes and types that were asked for; colours are distorted alike."""
    digits = load_digits_split().test_images[:5].to(dtype)
    images = digits[:batch].expand(batch, 3, 28, 28)
    out, theta = distort(images, kind, generator=torch.Generator().manual_seed(0), others=digits.expand(5, 3, 28, 28))
    assert out.shape == (batch, 3, side, side) and theta.shape == (batch, *form)
    assert out.dtype == theta.dtype == dtype
    assert torch.equal(out[:, :1].expand_as(out), out)


def test_wrong_requests_are_refused():
    """Oracle: the message names expected, got and remedy."""
    g = torch.Generator().manual_seed(0)
    with pytest.raises(ValueError, match=re.escape(f"expected kind in {sorted(DISTORTIONS)} or a Distortion, got 'p'")):
        distort(torch.zeros(1, 1, 28, 28), "p", generator=g)
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
