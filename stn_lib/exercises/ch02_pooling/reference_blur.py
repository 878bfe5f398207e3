"""Blur pooling by `conv2d`, and random cases for it, which several exercises of the chapter use.

Convention: images are float64 (H, W); a blur mirrors the image about its outermost pixels; with an even number of taps
the extra one reaches to the right and down; the first pixel is always kept.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, random_image, random_size
from stn_lib.pooling import KERNELS

#: Taps that are not symmetric: a kernel that is flipped shows.
_SKEWED = ((1, 2, 4), (3, 1, 1, 2))


def outer(taps: Tensor) -> Tensor:
    """The products of all pairs of taps."""
    return taps[:, None] * taps[None, :]


def normalised(taps: Tensor) -> Tensor:
    """The kernel whose weights add up to 1."""
    return outer(taps) / taps.sum() ** 2


def blur(image: Tensor, taps: Tensor, stride: int, *, start: int = 0, mode: str = "reflect", flip: bool = False,
         kernel: Callable[[Tensor], Tensor] = normalised) -> Tensor:  # fmt: skip
    """Blur pooling; each option is a possible mistake."""
    before, after = (len(taps) - 1) // 2, len(taps) // 2
    sides = (after, before) * 2 if flip else (before, after) * 2
    padded = F.pad(image[None, None], sides, mode=mode)
    return F.conv2d(padded, kernel(taps)[None, None])[0, 0, start::stride, start::stride]


def repeat_and_mirror(image: Tensor, before: int, after: int) -> Tensor:
    """Mirror the image at its edges with the outermost pixels repeated: `reflect` in scipy, `symmetric` in numpy."""
    for axis in (0, 1):
        first, last = (
            image.narrow(axis, 0, before).flip(axis),
            image.narrow(axis, image.shape[axis] - after, after).flip(axis),
        )
        image = torch.cat([first, image, last], axis)
    return image


def random_pools(generator: torch.Generator, low: int = 8, high: int = 11) -> list[Case]:
    """Draw an image of sides from `low` to `high`, taps and a stride."""
    cases = []
    for k in range(18):
        taps = torch.tensor((*KERNELS.values(), *_SKEWED)[k % 6], dtype=torch.float64)
        image = random_image(generator, random_size(generator, low, high))
        cases.append(Case({"image": image, "taps": taps, "stride": (2, 3, 2)[k % 3]}))
    return cases
