"""Draw distorted training batches, and make the fixed set of distorted held-out images."""

from typing import NamedTuple

import torch
from torch import Tensor

from stn_lib.data.digits import DigitsSplit
from stn_lib.data.distort import distort
from stn_lib.data.distortions import Distortion

HELD_OUT_SEED = 20150605  # arbitrary, but it must never change: stored results depend on these held-out images


class HeldOut(NamedTuple):
    """Held-out images (N, 1, H, W), their labels (N,), and the theta that distorted each image, as `distort` returns it."""

    images: Tensor
    labels: Tensor
    theta: Tensor


def training_batch(
    split: DigitsSplit, kind: str | Distortion, size: int, *, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw `size` training images with replacement, and distort each at random.

    Args:
        split: its ``train_`` fields are used, for clutter as well.
        kind: as in `distort`.
        size: number of images.
        generator: the only source of randomness, so its state decides the next batch.

    Returns:
        Images (size, 1, H, W) and labels (size,).

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> g = torch.Generator().manual_seed(0)
        >>> images, labels = training_batch(load_digits_split(), "RTS", 8, generator=g)
        >>> tuple(images.shape), tuple(labels.shape)
        ((8, 1, 42, 42), (8,))

    Chapter: 7
    """
    chosen = torch.randint(len(split.train_images), (size,), generator=generator)
    chosen = chosen.to(split.train_images.device)
    images, _ = distort(split.train_images[chosen], kind, generator=generator, others=split.train_images)
    return images, split.train_labels[chosen]


def held_out_set(split: DigitsSplit, kind: str | Distortion, copies: int = 4) -> HeldOut:
    """Distort each held-out image `copies` times; every call returns the same set.

    Clutter is cut from held-out images, as training clutter is cut from training images: no stroke of one side of the
    split appears on the other.

    Args:
        split: its ``test_`` fields are used.
        kind: as in `distort`.
        copies: distortions of each image. More copies narrow the interval, but they are not independent images.

    Returns:
        A `HeldOut`, copy after copy: image ``i`` is a distortion of ``split.test_images[i % len(split.test_images)]``.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> tuple(held_out_set(load_digits_split(), "RTS", copies=4).images.shape)
        (1780, 1, 42, 42)

    Chapter: 7
    """
    if copies < 1:
        raise ValueError(f"expected at least one copy of each digit, got {copies}")
    generator = torch.Generator().manual_seed(HELD_OUT_SEED)
    digits = split.test_images
    images, theta = distort(digits.repeat(copies, 1, 1, 1), kind, generator=generator, others=digits)
    return HeldOut(images, split.test_labels.repeat(copies), theta)
