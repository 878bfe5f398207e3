"""What a network is given: a task by name, endless training batches of it, and one frozen set to be measured on."""

from typing import NamedTuple

import torch
from torch import Tensor

from stn_lib.data.digits import DigitsSplit, load_digits_split
from stn_lib.data.distortions import DISTORTIONS, Distortion, distort
from stn_lib.data.mnist import load_mnist

MNIST = "mnist-"

#: What can be trained on: a distortion's own name lays it on the embedded digits, ``mnist-`` before it on MNIST.
TASKS = {**DISTORTIONS, **{MNIST + name.lower(): DISTORTIONS[name] for name in ("R", "RTS", "P", "E", "TC")}}

HELD_OUT_SEED = 20150605  # any number, as long as it never changes: the held-out pictures are part of the task


class HeldOut(NamedTuple):
    """Held-out pictures: images (N, 1, H, W), labels (N,), and the theta that distorted each: (N, 2, 3), for P a
    homography (N, 3, 3), for E a spline's sources (N, 16, 2); see `distort`."""

    images: Tensor
    labels: Tensor
    theta: Tensor


def load_split(task: str, hold_out: str = "test") -> DigitsSplit:
    """The digits of a task, undistorted.

    Args:
        task: a name in `TASKS`.
        hold_out: as in `load_digits_split` and `load_mnist`.

    Raises:
        ValueError: for a name that is not in `TASKS`.
        FileNotFoundError, ConnectionError: as `load_mnist`.

    Example:
        >>> len(load_split("RTS").train_images)
        1352

    Chapter: 7
    """
    if task not in TASKS:
        raise ValueError(f"expected a task in {sorted(TASKS)}, got {task!r}")
    return load_mnist(hold_out) if task.startswith(MNIST) else load_digits_split(hold_out=hold_out)


def training_batch(
    split: DigitsSplit, kind: str | Distortion, size: int, *, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw `size` training digits (with replacement) and distort each afresh. Clutter comes from training digits too.

    Returns:
        Images (size, 1, H, W) and labels (size,). All randomness comes from `generator`, so that its state
        alone says what the next batch will be.

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
    """The held-out digits, each distorted `copies` times in ways that are the same for ever.

    Clutter is cut from held-out digits, as training clutter is from training digits: no stroke of one side of the split
    is seen on the other.

    Args:
        split: whose ``test_`` digits are used.
        kind: as in `distort`.
        copies: distortions of each digit; more give a smaller interval, though copies are not new digits.

    Returns:
        A `HeldOut`, copy after copy: picture ``i`` shows digit ``i % len(split.test_images)``.

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
