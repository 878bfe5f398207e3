"""Load the embedded handwritten digits, which need no download."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib import _validate
from stn_lib.grid import affine_grid

SIDE = 28  # of the image in pixels, as in MNIST
BOX = 20  # the square in its middle that the 8 x 8 source pixels fill, as in MNIST


class DigitsSplit(NamedTuple):
    """Training and held-out digits: images (N, 1, 28, 28) float32 in [0, 1], labels (N,) int64."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def load_digits_split(seed: int = 0, hold_out: str = "test") -> DigitsSplit:
    """Load the 1,797 digits of scikit-learn at 28 x 28, a quarter of each class held out.

    The same writer's digits may be in both parts of the split: it tests new drawings, not new writers.

    Convention:
        White foreground (1) on black background (0). The 8 x 8 source fills the middle 20 x 20 pixels, as in MNIST, so
        a rotation cuts nothing off.

    Args:
        seed: decides which digits are held out; every figure in the book uses 0.
        hold_out: ``"test"``, or ``"validation"`` to split the *training* digits once more. Choose settings
            with the second, report errors with the first.

    Returns:
        A `DigitsSplit`; with ``hold_out="validation"`` its ``test_`` fields hold the validation digits.

    Raises:
        ValueError: for another ``hold_out``.

    Example:
        >>> split = load_digits_split()
        >>> tuple(split.train_images.shape), tuple(split.test_images.shape)
        ((1352, 1, 28, 28), (445, 1, 28, 28))

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI 1998, through scikit-learn.
    Chapter: 7
    """
    _validate.one_of("hold_out", hold_out, ("test", "validation"))
    images, labels = _all_digits()
    train, test = _stratified(labels, 0.25, seed)
    if hold_out == "validation":
        kept, held = _stratified(labels[train], 0.25, seed + 1)
        train, test = train[kept], train[held]
    return DigitsSplit(images[train], labels[train], images[test], labels[test])


def sample_digits() -> Tensor:
    """Return one held-out digit of each class, the same ten in every chapter.

    Of each class this is the digit with the median distance from the mean of its class: a typical digit.

    Returns:
        Images of the digits 0 to 9 in order, (10, 1, 28, 28), from 0 (background) to 1 (foreground).

    Example:
        >>> sample_digits().shape
        torch.Size([10, 1, 28, 28])

    Chapter: all
    """
    split = load_digits_split()
    chosen = []
    for label in range(10):
        images = split.test_images[split.test_labels == label]
        distance = (images - images.mean(dim=0, keepdim=True)).flatten(1).norm(dim=1)
        chosen.append(images[distance.argsort()[len(images) // 2]])
    return torch.stack(chosen)


@lru_cache(maxsize=1)
def _all_digits() -> tuple[Tensor, Tensor]:
    # The file alone: importing scikit-learn, and scipy with it, would take every notebook a second and a half.
    folder = Path(find_spec("sklearn").submodule_search_locations[0])
    rows = torch.from_numpy(np.loadtxt(folder / "datasets/data/digits.csv.gz", delimiter=","))
    return _redraw(rows[:, :-1].reshape(-1, 1, 8, 8) / 16), rows[:, -1].long()


def _redraw(small: Tensor) -> Tensor:
    """Upsample (N, 1, 8, 8) to (N, 1, 28, 28) strokes: bicubic, then a soft threshold."""
    theta = torch.eye(2, 3, dtype=small.dtype).mul(SIDE / BOX).expand(len(small), 2, 3)
    grid = affine_grid(theta, (len(small), 1, SIDE, SIDE), align_corners=False)
    smooth = F.grid_sample(small, grid, mode="bicubic", align_corners=False).clamp(0, 1)
    # The threshold restores the sharp edge of a stroke that interpolation from 8 x 8 has blurred.
    low, high = torch.sigmoid(torch.tensor([-8 * 0.42, 8 * 0.58], dtype=small.dtype))
    strokes = ((torch.sigmoid(8 * (smooth - 0.42)) - low) / (high - low)).clamp(0, 1)
    # Round to 256 levels, as in MNIST. Otherwise the last bit of a pixel depends on the number of threads, and one bit
    # leads to another network after some hundred training steps.
    return (strokes * 255).round().div(255).float()


def _stratified(labels: Tensor, fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Return indices to keep and indices to hold out, the same fraction of every class, in ascending order."""
    generator = torch.Generator().manual_seed(seed)
    held = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        members = (labels == label).nonzero()[:, 0]
        order = torch.randperm(len(members), generator=generator)
        held[members[order[: int(fraction * len(members))]]] = True
    return (~held).nonzero()[:, 0], held.nonzero()[:, 0]
