"""The loss of co-localisation, and the overlap that counts as a hit."""

import torch
from torch import Tensor

from experiments.appendix.scenes import window
from stn_lib import _validate


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of boxes, pair by pair.

    Convention:
        A box is (left, top, right, bottom) with left <= right and top <= bottom; 1 is the same box, 0 a disjoint box.

    Args:
        a, b: (N, 4).

    Returns:
        (N,).

    Raises:
        ValueError: boxes of another form, or with left > right or top > bottom.

    Example:
        >>> iou(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 0.0, 3.0, 2.0]])).item()  # 2 of 6
        0.3333333432674408

    Source: Jaderberg et al. 2015, appendix A.2, where more than 0.5 is a hit.
    Chapter: appendix
    """
    for name, value in (("a", a), ("b", b)):
        if value.ndim != 2 or value.shape[1] != 4 or bool((value[:, :2] > value[:, 2:]).any()):
            raise ValueError(
                f"expected {name} to hold boxes (N, 4) with left <= right and top <= bottom, got "
                f"{_validate.shape_of(value)}: {value[:1].tolist()}, …"
            )
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    both = (high - low).clamp(min=0).prod(1)
    return both / ((a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - both)


def random_patches(theta: Tensor, places: Tensor, size: float | None = None) -> Tensor:
    """Windows of one size, or as large as those of theta (N, 2, 3), at places (N, 2): -1 and 1 are the edges."""
    half = theta[:, 0, :1] if size is None else torch.full_like(theta[:, 0, :1], size)
    return window(half, places * (1 - half))


def triplet_loss(crops: Tensor, patches: Tensor, margin: float = 1.0) -> Tensor:
    """The hinge that pulls crops together, and away from random patches.

    Convention:
        The anchor is crop n; the positive is the crop of every other image m of the batch; the negative is a random
        patch of the anchor's own image n. The mean over all pairs n != m of
        max(0, |crop n - crop m|^2 - |crop n - patch n|^2 + margin).

    Args:
        crops: (N, D), descriptors of what the transformer framed, one for each image.
        patches: (N, D), those of random patches of the same images, in the same order.
        margin: how much farther the negative must be than the positive, in squared distance.

    Returns:
        The loss, a number.

    Raises:
        ValueError: descriptors of different shapes, or of fewer than two images.

    Example:
        >>> triplet_loss(torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [3.0]])).item()  # (1 - 1 + 1 and 0) / 2
        0.5

    Source: Jaderberg et al. 2015, appendix A.2.
    Chapter: appendix
    """
    if crops.ndim != 2 or crops.shape != patches.shape or len(crops) < 2:
        raise ValueError(
            f"expected crops and patches of one shape (N, D) with N >= 2, got {_validate.shape_of(crops)} and "
            f"{_validate.shape_of(patches)}"
        )
    apart = (crops[:, None] - crops).square().sum(2)
    away = (crops - patches).square().sum(1, keepdim=True)
    hinge = (apart - away + margin).clamp(min=0)
    n = len(crops)
    return (hinge.sum() - hinge.diagonal().sum()) / (n * (n - 1))
