"""Drawn birds: labels are the patterns of the parts, boxes are where the parts are, and shrinking removes the patterns."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from stn_lib.data import bird_batch, bird_set, birds, draw_birds

HALF = birds.SIDE / 2


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def clean(monkeypatch):
    """No noise."""
    monkeypatch.setattr(birds, "NOISE", 0.0)


@pytest.fixture
def level(monkeypatch, clean):
    """Level birds without noise."""
    monkeypatch.setattr(birds, "MAX_TILT", 0.0)


def strengths(grey, centre, period, side):
    """The amplitudes of the waves across, along and of both diagonals, in a square of pixels around a centre in pixels.

    Oracle: least squares on the sines and cosines of these waves, by numpy.
    """
    x0, y0 = (round(c - side / 2) for c in centre)
    y, x = np.mgrid[y0 : y0 + side, x0 : x0 + side] * 2 * math.pi / period
    columns = [np.ones_like(x)]
    for phase in (x, y, x + y, x - y):
        columns += [np.cos(phase), np.sin(phase)]
    design = np.stack([column.ravel() for column in columns], 1)
    crop = grey[y0 : y0 + side, x0 : x0 + side].ravel()
    weights = np.linalg.lstsq(design, crop, rcond=None)[0][1:].reshape(4, 2)
    return np.hypot(*weights.T)


def expected(pattern):
    """Amplitudes worked by hand for stripes of 1: cos x; cos y; the mean of both times sqrt 2; cos x cos y times sqrt 2."""
    half = math.sqrt(0.5)
    return [(1, 0, 0, 0), (0, 1, 0, 0), (half, half, 0, 0), (0, 0, half, half)][pattern]


@pytest.mark.usefixtures("level")
def test_labels_are_the_patterns_of_head_and_body():
    drawn = draw_birds(48, generator=generator())
    assert len(drawn.labels.unique()) > 12
    for image, label, centres, extents in zip(*drawn, strict=True):
        grey = image.mean(0).numpy().astype(float)
        for part, pattern in enumerate(divmod(int(label), 4)):
            centre = HALF * (centres[part] + 1).numpy()
            shift = (0, 0) if part else (0, 0.25 * HALF * extents[0, 1].item())  # the eye is above the head's middle
            side = 15 if part == 0 else 18
            found = strengths(grey, centre + shift, birds.PERIOD, side)
            assert np.allclose(found / birds.CONTRAST, expected(pattern), atol=0.3), (label, part, found)


@pytest.mark.usefixtures("clean")
def test_scenes_decide_the_images():
    """Oracle: `draw_birds` from the same generator, without noise."""
    drawn = draw_birds(birds.CHUNK, generator=generator(5))
    scenes = birds.draw_scenes(birds.CHUNK, generator=generator(5))
    assert torch.equal(birds.paint_birds(scenes).clamp(0, 1), drawn.images)
    assert torch.equal(scenes.labels, drawn.labels)
    head, extents = birds.bird_parts(scenes.mirror, scenes.tilt, scenes.size, scenes.neck)
    low, high = birds.body_room(head, extents)
    assert ((low <= scenes.body) & (scenes.body <= high)).all()
    assert torch.equal((scenes.body + head) / HALF, drawn.centres[:, 0])


@pytest.mark.usefixtures("level")
def test_a_mean_over_three_pixels_removes_most_of_a_pattern():
    """Worked by hand: at a period of P pixels the mean of three neighbours leaves (1 + 2 cos(2 pi / P)) / 3 of a wave."""
    left = (1 + 2 * math.cos(2 * math.pi / birds.PERIOD)) / 3
    assert left < 0.17
    drawn = draw_birds(200, generator=generator(1))
    body = HALF * (drawn.centres[:, 1] + 1)
    found = {pattern: [] for pattern in range(4)}
    for image, label, (x, y) in zip(drawn.images, drawn.labels, body.tolist(), strict=True):
        grey = image.mean(0, keepdim=True)
        x, y = round(x / 3) * 3, round(y / 3) * 3
        fine, shrunk = (crop[0, y0 - h : y0 + h, x0 - h : x0 + h].std() for crop, x0, y0, h in (
            (grey, x, y, 12), (F.avg_pool2d(grey, 3), x // 3, y // 3, 4),
        ))  # fmt: skip
        found[int(label) % 4].append((shrunk / fine).item())
    for pattern, share in enumerate((left, left, left, left**2)):
        assert np.median(found[pattern]) == pytest.approx(share, abs=0.06)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("free", [False, True])
def test_boxes_are_where_the_patterns_are(monkeypatch, free):
    """Oracle: the pixels that differ from the same birds without patterns."""
    drawn = draw_birds(60, free=free, generator=generator(2))
    monkeypatch.setattr(birds, "CONTRAST", 0.0)
    bare = draw_birds(60, free=free, generator=generator(2))
    assert torch.equal(drawn.centres, bare.centres)
    differs = (drawn.images - bare.images).abs().amax(1) > 0.01
    centres, extents = HALF * (drawn.centres + 1), HALF * drawn.extents
    assert (drawn.centres.abs() + drawn.extents).max() <= 1 - birds.MARGIN / HALF + 1e-6
    for pixels, centre, extent in zip(differs, centres, extents, strict=True):
        y, x = (axis + 0.5 for axis in np.nonzero(pixels.numpy()))
        low, high = (centre - extent).numpy(), (centre + extent).numpy()
        inside = [
            (x > a - 1) & (x < c + 1) & (y > b - 1) & (y < d + 1) for (a, b), (c, d) in zip(low, high, strict=True)
        ]
        assert (inside[0] | inside[1]).all()
        for part, within in enumerate(inside):
            reach = np.array([x[within].min(), y[within].min(), x[within].max(), y[within].max()])
            assert np.allclose(reach, [*low[part], *high[part]], atol=3.5)


def test_birds_are_as_varied_as_declared():
    """Oracle: scipy's tests against uniform distributions."""
    drawn = draw_birds(400, generator=generator(3))
    assert stats.chisquare(np.bincount(drawn.labels, minlength=16)).pvalue > 0.01
    size = HALF * drawn.extents[:, 0, 0] / birds.HEAD
    assert stats.kstest(size, stats.uniform(birds.SIZE[0], birds.SIZE[1] - birds.SIZE[0]).cdf).pvalue > 0.01
    neck = drawn.centres[:, 0] - drawn.centres[:, 1]
    assert stats.binomtest(int((neck[:, 0] > 0).sum()), 400).pvalue > 0.01  # mirrored
    assert (neck[:, 1] < 0).all()  # the head is above
    neck = draw_birds(400, free=True, generator=generator(3))
    neck = neck.centres[:, 0] - neck.centres[:, 1]
    angle = torch.atan2(neck[:, 1], neck[:, 0])
    assert stats.kstest(angle, stats.uniform(-math.pi, 2 * math.pi).cdf).pvalue > 0.01


def test_sets_never_change_and_differ():
    drawn = bird_set("test", 20)
    assert all(torch.equal(a, b[:7]) for a, b in zip(bird_set("test", 7), drawn, strict=True))
    other = {split: bird_set(split, 4).images for split in ("train", "validation", "test")}
    assert len({images.numpy().tobytes() for images in other.values()}) == 3
    assert not torch.equal(bird_set("test", 4, free=True).images, other["test"])
    index = torch.tensor([3, 0])
    batch = bird_batch(drawn, index)
    assert torch.equal((255 * batch.images).round().byte(), drawn.images[index])
    assert torch.equal(batch.labels, drawn.labels[index])
    state = torch.get_rng_state()
    again = draw_birds(20, generator=generator(birds.SEEDS["test"]))
    assert (again.images - drawn.images / 255).abs().max() <= 0.5 / 255 + 1e-6
    assert torch.equal(torch.get_rng_state(), state)


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="expected a split in"):
        bird_set("held-out", 3)
