"""The embedded digits and their split."""

import numpy as np
import pytest
import torch

from stn_lib.data import digits, load_digits_split


@pytest.fixture(scope="module")
def source():
    from sklearn.datasets import load_digits  # a second, for this module alone

    return load_digits()


def test_they_are_scikit_learns_digits(source):
    """Oracle: scikit-learn's own function, where `digits` reads the file."""
    images, labels = digits._all_digits()
    small = torch.tensor(source.images)[:, None] / 16
    assert torch.equal(images, digits._redraw(small)) and labels.tolist() == source.target.tolist()


def test_images():
    """Oracle: what an image is: 28 x 28 in [0, 1], real black and real white, and nothing at the margin."""
    split = load_digits_split()
    images = torch.cat([split.train_images, split.test_images])
    assert images.shape == (1797, 1, 28, 28) and images.dtype == torch.float32
    assert images.min() == 0 and images.max() <= 1 and images.max() > 0.99
    assert images[:, :, [0, 1, 2, -1, -2, -3]].max() < 0.01


def test_resampling_keeps_the_digit(source):
    """Oracle: scikit-learn's own 8 x 8 images, compared with the 28 x 28 ones averaged back."""
    original = torch.tensor(source.images, dtype=torch.float32).flatten(1)
    split = load_digits_split()
    back = torch.nn.functional.adaptive_avg_pool2d(split.test_images[:, :, 4:24, 4:24], 8).flatten(1)
    likeness = torch.corrcoef(torch.cat([back[:40], original]))[:40, 40:]
    found = source.target[likeness.argmax(1).numpy()]
    np.testing.assert_array_equal(found, split.test_labels[:40].numpy())
    assert likeness.amax(1).min() > 0.9


@pytest.mark.parametrize("hold_out", ["test", "validation"])
def test_split_is_stratified_and_disjoint(source, hold_out):
    """Oracle: numpy's counts of scikit-learn's labels."""
    split = load_digits_split(hold_out=hold_out)
    seen = {image.numpy().tobytes() for image in split.train_images}
    assert not seen & {image.numpy().tobytes() for image in split.test_images}
    train, test = (np.bincount(labels) for labels in (split.train_labels, split.test_labels))
    share = test / (train + test)
    assert np.all((share > 0.235) & (share <= 0.25))
    if hold_out == "test":
        np.testing.assert_array_equal(train + test, np.bincount(source.target))


def test_validation_never_sees_a_test_digit():
    """Oracle: the bytes of the images."""
    test = {image.numpy().tobytes() for image in load_digits_split().test_images}
    validation = load_digits_split(hold_out="validation")
    for image in torch.cat([validation.train_images, validation.test_images]):
        assert image.numpy().tobytes() not in test


def test_unknown_hold_out_is_refused():
    """Oracle: the message names what there is."""
    with pytest.raises(ValueError, match="expected hold_out to be one of 'test', 'validation', got 'train'"):
        load_digits_split(hold_out="train")


def test_they_are_the_same_bits_on_any_number_of_threads():
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            digits._all_digits.cache_clear()
            found.append(load_digits_split().train_images)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])
    levels = found[0].double() * 255
    assert (levels - levels.round()).abs().max() < 1e-4
