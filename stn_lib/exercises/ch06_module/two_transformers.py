"""Check `two_transformers(images, first, second, out_size)`: two windows of one image, as two channels.

Convention: as exercise 6.1, but theta is given.

Args: images: float64 (N, 1, H, W); first, second: theta, float64 (N, 2, 3); out_size: (H', W').
Returns: Both windows, float64 (N, 2, H', W').

Example:
    >>> two_transformers(lambda images, first, second, out_size: images).passed
    False
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        size, out_size = random_size(generator, 3, 5), random_size(generator, 2, 3)
        images = torch.stack([random_image(generator, size)[None] for _ in range(2)])
        theta = torch.eye(2, 3, dtype=torch.float64) + 0.6 * (
            torch.rand(2, 2, 2, 3, generator=generator, dtype=torch.float64) - 0.5
        )
        first, second = theta.round(decimals=2)
        cases.append(Case({"images": images, "first": first, "second": second, "out_size": out_size}))
    return cases


def _window(images: Tensor, theta: Tensor, out_size: tuple[int, int]) -> Tensor:
    return F.grid_sample(
        images, F.affine_grid(theta, (len(images), 1, *out_size), align_corners=False), align_corners=False
    )


def _both(images: Tensor, first: Tensor, second: Tensor, out_size: tuple[int, int]) -> Tensor:
    return torch.cat([_window(images, first, out_size), _window(images, second, out_size)], dim=1)


two_transformers = exercise(
    __name__,
    number="6.7",
    cases=_cases,
    oracle=_both,
    oracle_name="torch's affine_grid and grid_sample, twice",
    misconceptions={
        "one_behind_the_other": Misconception(
            "Your second transformer samples the output of the first. Side by side, both sample U.",
            lambda images, first, second, out_size: torch.cat(
                [_window(images, first, out_size), _window(_window(images, first, out_size), second, out_size)], dim=1
            ),
        ),
        "same_theta": Misconception(
            "You use one theta for both windows.",
            lambda images, first, second, out_size: _both(images, first, first, out_size),
            lambda images, first, second, out_size: _both(images, second, second, out_size),
        ),
        "exchanged": Misconception(
            "You exchanged the two windows: the first channel belongs to `first`.",
            lambda images, first, second, out_size: _both(images, second, first, out_size),
        ),
        "along_the_batch": Misconception(
            "You join them along the batch, as if they were other images. They are channels of the same image: dim=1.",
            lambda images, first, second, out_size: torch.cat([_window(images, t, out_size) for t in (first, second)]),
        ),
        "side_by_side": Misconception(
            "You join them along the width, as one wide image. Stack them as channels, dim=1.",
            lambda images, first, second, out_size: torch.cat(
                [_window(images, t, out_size) for t in (first, second)], 3
            ),
        ),
        "averaged": Misconception(
            "You mix the two outputs into one. Keep them apart, as two channels.",
            lambda images, first, second, out_size: (
                _window(images, first, out_size) + _window(images, second, out_size)
            ),
            lambda images, first, second, out_size: (
                (_window(images, first, out_size) + _window(images, second, out_size)) / 2
            ),
        ),
    },
)
