"""TC: how many patches, how large, where from and where to."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from stn_lib.data import TC, DigitsSplit, distort, held_out_set, load_digits_split, training_batch
from stn_lib.data.clutter import MIN_FOREGROUND, clutter


def greys(low, high, count, side=28):
    """Images of one grey each, so that a pixel says which image it is from."""
    return torch.linspace(low, high, count).view(-1, 1, 1, 1).expand(count, 1, side, side).contiguous()


def test_six_patches_of_six_by_six():
    """Oracle: scipy's connected parts, on a frame so wide that patches seldom meet."""
    wide = dataclasses.replace(TC, out_size=(300, 300))
    out, _ = distort(
        torch.zeros(60, 1, 28, 28), wide, generator=torch.Generator().manual_seed(0), others=greys(0.2, 1, 9)
    )
    apart = 0
    for image in out[:, 0].numpy():
        parts, count = ndimage.label(image)
        boxes = ndimage.find_objects(parts)
        assert count <= 6 and (image > 0).sum() <= 6 * 36
        if count == 6 and (image > 0).sum() == 6 * 36:
            apart += 1
            assert all(image[box].shape == (6, 6) and np.ptp(image[box]) == 0 for box in boxes)
    assert apart > 50


def test_patches_lie_anywhere():
    """Oracle: scipy's chi-squared test over the 55 rows and 55 columns where 6 pixels of 60 can begin."""
    blank = torch.zeros(1, 1, 28, 28).expand(5500, 1, 28, 28)
    strewn = clutter(
        torch.zeros(5500, 1, 60, 60), blank, greys(0.5, 1, 2), 1, generator=torch.Generator().manual_seed(0)
    )
    for axis in (2, 3):
        first = (strewn.amax(5 - axis) > 0).int().argmax(2)[:, 0].numpy()
        assert stats.chisquare(np.bincount(first, minlength=55)).pvalue > 0.01 and first.max() == 54


def test_patches_come_from_every_other_digit_alike():
    """Oracle: scipy's chi-squared test over the other images; the image's own grey never shows."""
    pool = greys(0.1, 1, 10)
    own = torch.arange(5000) % 10
    strewn = clutter(torch.zeros(5000, 1, 6, 6), pool[own], pool, 1, generator=torch.Generator().manual_seed(0))
    came_from = (strewn[:, 0, 0, 0] * 10).round().long() - 1
    assert not (came_from == own).any()
    assert stats.chisquare(np.bincount(((came_from - own) % 10).numpy(), minlength=10)[1:]).pvalue > 0.01


def test_patches_are_cut_from_all_over_a_digit():
    """Oracle: scipy's chi-squared test over the 23 places on each axis; each pixel's grey says where it is from."""
    ramp = 0.2 + torch.arange(784.0).view(1, 1, 28, 28) / 1000
    strewn = clutter(
        torch.zeros(4600, 1, 6, 6), torch.zeros(4600, 1, 28, 28), ramp, 1, generator=torch.Generator().manual_seed(0)
    )
    index = ((strewn[:, 0] - 0.2) * 1000).round().long()
    step = 28 * torch.arange(6)[:, None] + torch.arange(6)
    assert torch.equal(index, index[:, :1, :1] + step)  # copied pixel by pixel, upright
    for first in (index[:, 0, 0] // 28, index[:, 0, 0] % 28):
        assert stats.chisquare(np.bincount(first.numpy(), minlength=23)).pvalue > 0.01


def test_patches_of_digits_are_not_blank_and_of_other_digits():
    """Oracle: every cut of a hundred digits, in a dictionary: each patch stands in a digit that is not the image's."""
    digits = load_digits_split().test_images[:100]
    cuts = {}
    for k, digit in enumerate(digits[:, 0].numpy()):
        for cut in np.lib.stride_tricks.sliding_window_view(digit, (6, 6)).reshape(-1, 36):
            cuts.setdefault(cut.tobytes(), set()).add(k)
    strewn = clutter(torch.zeros(100, 1, 6, 6), digits, digits, 1, generator=torch.Generator().manual_seed(0))
    for k, patch in enumerate(strewn[:, 0].numpy()):
        assert cuts[patch.tobytes()] - {k}
        assert patch.mean() >= MIN_FOREGROUND
    blank = [np.frombuffer(cut, np.float32).mean() for cut, of in cuts.items() for _ in of]
    assert min(blank) == 0  # there would have been others


def test_the_brighter_pixel_stays():
    """Oracle: numpy's maximum, where there is one place for all patches."""
    pool = greys(0.1, 1, 10, side=6)
    placed = torch.rand(400, 1, 6, 6, generator=torch.Generator().manual_seed(5)) * 0.3
    both = clutter(placed, torch.zeros(400, 1, 6, 6), pool, 2, generator=torch.Generator().manual_seed(0))
    grey = both.amin((1, 2, 3)).numpy()
    np.testing.assert_array_equal(both[:, 0].numpy(), np.maximum(placed[:, 0].numpy(), grey[:, None, None]))
    # By hand: k / 10 is the larger of two greys with probability (2 k - 1) / 100, which has the mean 0.715.
    assert abs(grey.mean() - 0.715) < 0.03


def test_the_digit_stands_at_a_whole_pixel_and_all_places_are_alike():
    """Oracle: the digit laid into a black frame by slices; scipy's chi-squared test over 39 places on each axis."""
    digits = load_digits_split().test_images[:390].repeat(10, 1, 1, 1)
    out, theta = distort(digits, TC, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(theta[:, :, :2].numpy(), np.eye(2)[None].repeat(3900, 0) * 60 / 28, rtol=1e-6)
    shift = -theta[:, :, 2].numpy() * 14
    np.testing.assert_allclose(shift, shift.round(), atol=1e-5)
    for axis in (0, 1):  # 22 px of digit in 60 leave 19 to either side
        counts = np.bincount(shift[:, axis].round().astype(int) + 19, minlength=39)
        assert len(counts) == 39 and stats.chisquare(counts).pvalue > 0.01
    for image, digit, (right, down) in zip(out[:300, 0].numpy(), digits, shift.round().astype(int), strict=False):
        frame = np.zeros((66, 66), np.float32)  # 3 px more on each side: the blank margin of the digit may stick out
        frame[19 + down : 47 + down, 19 + right : 47 + right] = digit[0]
        alone = frame[3:63, 3:63]
        assert abs(frame.sum() - alone.sum()) < 1e-3 * frame.sum()
        assert (image >= alone - 1e-5).all() and image.max() <= 1 + 1e-6
        assert (np.abs(image - alone) > 1e-4).sum() <= 6 * 36


def test_each_side_of_the_split_is_cluttered_with_its_own():
    """Oracle: greys that say which side a pixel is from."""
    labels = torch.zeros(20, dtype=torch.long)
    split = DigitsSplit(greys(0.1, 0.4, 20), labels, greys(0.6, 1, 20), labels)
    trained, _ = training_batch(split, "TC", 40, generator=torch.Generator().manual_seed(0))
    held = held_out_set(split, "TC", 2).images
    assert trained.max() < 0.41 and held[held > 1e-4].min() > 0.59
    assert (held.flatten(1).sort().values.diff() > 1e-3).sum(1).float().mean() > 4  # several others on each


def test_the_batch_itself_lends_patches_if_nobody_else_does():
    """Oracle: the greys of the batch."""
    images = greys(0.2, 1, 5)
    out, _ = distort(images, "TC", generator=torch.Generator().manual_seed(0))
    found = out.flatten().mul(5).round().unique()
    assert set(found.tolist()) <= {0, 1, 2, 3, 4, 5}


def test_nothing_to_cut_from_is_refused():
    """Oracle: the message names expected, got and remedy."""
    g = torch.Generator().manual_seed(0)
    digit = load_digits_split().test_images[:1]
    for others in (None, digit, 0 * digit, digit[:0]):
        with pytest.raises(ValueError, match="expected other digits to cut patches from, got"):
            distort(digit, "TC", generator=g, others=others)
    with pytest.raises(
        ValueError, match=r"expected others of shape \(M, 1, 28, 28\), as the images, got \(5, 1, 8, 8\)"
    ):
        distort(digit, "TC", generator=g, others=torch.ones(5, 1, 8, 8))
    with pytest.raises(ValueError, match="at least 6 pixels a side"):
        distort(digit[..., :5], "TC", generator=g)
