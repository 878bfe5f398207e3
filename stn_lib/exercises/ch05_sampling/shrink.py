"""Check `shrink(image, factor)`: a smaller image without aliasing, the mean of each block.

Convention: output pixel (i, j) is the mean of the factor × factor block that begins at row i·factor, column j·factor.

Args: image: float64 (H, W), both sides multiples of the factor; factor: an integer.
Returns: The smaller image, of shape (H // factor, W // factor).

Example:
    >>> shrink(lambda image, factor: image[::factor, ::factor]).misconception
    'strided'
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    """Draw images whose sides are multiples of the factor, which runs from 2 to 4."""
    cases = []
    for k in range(12):
        factor = 2 + k % 3
        height, width = random_size(generator, 2, 4)
        image = random_image(generator, (height * factor, width * factor))
        cases.append(Case({"image": image, "factor": factor}))
    return cases


def _torch_shrink(image: Tensor, factor: int) -> Tensor:
    return F.avg_pool2d(image[None, None], factor)[0, 0]


def _resized(**options: object) -> Callable[[Tensor, int], Tensor]:
    def resize(image: Tensor, factor: int) -> Tensor:
        size = [side // factor for side in image.shape]
        return F.interpolate(image[None, None], size, **options)[0, 0]

    return resize


def _blocks(image: Tensor, factor: int) -> Tensor:
    """The image as (rows of blocks, factor, columns of blocks, factor)."""
    height, width = image.shape
    return image.reshape(height // factor, factor, width // factor, factor)


shrink = exercise(
    __name__,
    number="5.5",
    cases=_cases,
    oracle=_torch_shrink,
    oracle_name="torch's `avg_pool2d`",
    misconceptions={
        "strided": Misconception(
            "You keep every k-th pixel and discard the others: fine stripes become coarse ones (aliasing). Take the "
            "mean of each factor × factor block.",
            lambda image, k: image[::k, ::k],
            lambda image, k: image[k // 2 :: k, k // 2 :: k],
            lambda image, k: image[k - 1 :: k, k - 1 :: k],
        ),
        "no_antialias": Misconception(
            "Bilinear interpolation without antialiasing uses four pixels of each block, however large it is. Take "
            "the mean of the whole block.",
            _resized(mode="bilinear", align_corners=False),
            _resized(mode="bilinear", align_corners=True),
        ),
        "maximum": Misconception(
            "You keep the largest value of each block: large values grow in area. Take the mean.",
            lambda image, k: _blocks(image, k).amax((1, 3)),
        ),
        "reshape_order": Misconception(
            "Your `reshape` or your axes mix pixels from different blocks. Split each side in two, (H // k, k, W // k, k), and "
            "take the mean over axes 1 and 3.",
            lambda image, k: image.reshape(image.shape[0] // k, image.shape[1] // k, k, k).mean((2, 3)),
            lambda image, k: image.reshape(image.shape[0] // k, image.shape[1] // k, k, k).mean((1, 3)),
            lambda image, k: image.reshape(k, image.shape[0] // k, k, image.shape[1] // k).mean((0, 2)),
            lambda image, k: image.reshape(image.shape[0] // k, k, k, image.shape[1] // k).mean((1, 2)),
            lambda image, k: image.reshape(-1, k * k).mean(1).reshape(image.shape[0] // k, image.shape[1] // k),
            lambda image, k: _blocks(image, k).mean((0, 2)),
        ),
        "median": Misconception(
            "You take the median of each block. Take the mean.",
            lambda image, k: _blocks(image, k).transpose(1, 2).flatten(2).median(2).values,
            lambda image, k: _blocks(image, k).transpose(1, 2).flatten(2).quantile(0.5, 2),
        ),
        "overlapping": Misconception(
            "Your blocks overlap: the window moves by one pixel. It has to move by `factor` pixels.",
            lambda image, k: F.avg_pool2d(image[None, None], k, 1)[0, 0],
        ),
        "minimum": Misconception(
            "You keep the smallest value of each block. Take the mean.",
            lambda image, k: _blocks(image, k).amin((1, 3)),
        ),
        "sum_not_mean": Misconception(
            "You add up each block. Divide by the number of its pixels, factor × factor.",
            lambda image, k: _blocks(image, k).sum((1, 3)),
            lambda image, k: _blocks(image, k).sum((1, 3)) / k,
        ),
        "one_axis": Misconception(
            "You average along one axis only. Take the mean over the rows AND the columns of each block.",
            lambda image, k: _blocks(image, k).mean(1)[:, :, 0],
            lambda image, k: _blocks(image, k).mean(3)[:, 0],
            lambda image, k: _blocks(image, k).mean(1).reshape(image.shape[0] // k, image.shape[1]),
            lambda image, k: _blocks(image, k).mean(3).reshape(image.shape[0], image.shape[1] // k),
        ),
        "other_factor": Misconception(
            "You shrink by another factor, such as 2 in every case. Use `factor`.",
            lambda image, k: _torch_shrink(image, 2),
        ),
    },
)
