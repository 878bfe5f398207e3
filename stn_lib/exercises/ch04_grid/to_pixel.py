"""Check `to_pixel(points, size, align_corners)`: convert normalised coordinates to pixels that count from 0.

Convention: as `stn_lib.coordinates.normalized_to_pixel`.

Args: points: float64 (K, 2), as (x, y), also outside the image; size: (H, W); align_corners: a bool.
Returns: The points in pixels: numbers of shape (K, 2).

Example:
    >>> from stn_lib.coordinates import normalized_to_pixel
    >>> to_pixel(lambda points, size, align: normalized_to_pixel(points, size, align).round()).misconception
    'rounded'
"""

import numpy as np
import torch
from torch import Tensor

from stn_lib.exercises.ch04_grid.grid_conventions import align_corners_mistakes, torch_grid
from stn_lib.exercises.framework import Case, Misconception, exercise, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(10):
        # + 0.0137: no point is on a pixel or halfway between two, where rounding errors would decide the floor
        points = torch.randint(-13, 14, (3, 2), generator=generator).double() / 10 + 0.0137
        cases.append(Case({"points": points, "size": random_size(generator, 3, 9), "align_corners": k % 2 == 1}))
    return cases


def _line(side: int, align_corners: bool) -> np.ndarray:
    """Slope and start of the line through torch's pixel centres."""
    centres = torch_grid((side, side), align_corners)[0, :, 0].numpy()
    return np.polyfit(centres, np.arange(side), 1)


def _to_pixel(points: Tensor, size: tuple[int, int], align_corners: bool) -> Tensor:
    height, width = size
    lines = [_line(width, align_corners), _line(height, align_corners)]
    return torch.stack([points[:, k] * slope + start for k, (slope, start) in enumerate(lines)], dim=1)


def _clamped(points: Tensor, size: tuple[int, int], align_corners: bool) -> Tensor:
    pixels = _to_pixel(points, size, align_corners)
    return torch.stack([pixels[:, 0].clamp(0, size[1] - 1), pixels[:, 1].clamp(0, size[0] - 1)], dim=1)


def _normalised(points: Tensor, size: tuple[int, int], align_corners: bool) -> Tensor:
    """The conversion in the other direction."""
    sides = torch.tensor([size[1], size[0]], dtype=torch.float64)
    return 2 * points / (sides - 1) - 1 if align_corners else (2 * points + 1) / sides - 1


def _from_the_centre(points: Tensor, size: tuple[int, int], align_corners: bool, less: float, shift: float) -> Tensor:
    """The + 1 forgotten: 0 becomes the first pixel."""
    return _scaled(points - 1, size, less if align_corners else 0, 0 if align_corners else shift)


def _scaled(points: Tensor, size: tuple[int, int], less: float, shift: float) -> Tensor:
    sides = torch.tensor([size[1], size[0]], dtype=torch.float64) - less
    return (points + 1) * sides / 2 + shift


to_pixel = exercise(
    __name__,
    number="4.2",
    cases=_cases,
    oracle=_to_pixel,
    oracle_name="the line through torch's pixel centres",
    misconceptions={
        **align_corners_mistakes(_to_pixel),
        "sizes_exchanged": Misconception(
            "You scale x with the height. x runs along a row, so it belongs to the WIDTH, the second number of (H, W).",
            lambda points, size, align: _to_pixel(points, size[::-1], align),
        ),
        "half_a_pixel": Misconception(
            "Without `align_corners`, −1 is the left EDGE of pixel 0, at −½: subtract half a pixel.",
            lambda points, size, align: _to_pixel(points, size, True) if align else _scaled(points, size, 0, 0),
            lambda points, size, align: _scaled(points, size, 0, 0),
            lambda points, size, align: _to_pixel(points, size, True) if align else _scaled(points, size, 0, 0.5),
            lambda points, size, align: _to_pixel(points, size, True) if align else _scaled(points, size, 0, -1),
        ),
        "wrong_step": Misconception(
            "The factor is wrong in one convention. With False, the width 2 holds n pixels: times n / 2. With True, it holds "
            "n − 1 steps from centre to centre: times (n − 1) / 2.",
            lambda points, size, align: _scaled(points, size, 0, 0) if align else _to_pixel(points, size, False),
            lambda points, size, align: _to_pixel(points, size, True) if align else _scaled(points, size, 1, -0.5),
            lambda points, size, align: _scaled(points, size, -1, 0) if align else _to_pixel(points, size, False),
            lambda points, size, align: _to_pixel(points, size, True) if align else _scaled(points, size, -1, -0.5),
        ),
        "other_direction": Misconception(
            "You convert pixels to normalised coordinates. This is the way back: add 1, scale, and with False subtract ½.",
            _normalised,
        ),
        "counted_from_one": Misconception(
            "You count pixels from 1. Here, as in all code, the first is pixel 0.",
            lambda points, size, align: _to_pixel(points, size, align) + 1,
        ),
        "rounded": Misconception(
            "You round. A point between two pixels stays there: the sampler interpolates.",
            lambda points, size, align: _to_pixel(points, size, align).round(),
            lambda points, size, align: _to_pixel(points, size, align).floor(),
            lambda points, size, align: _to_pixel(points, size, align).trunc(),
        ),
        "zero_to_one": Misconception(
            "You treat the coordinates as if they ran from 0 to 1. They run from −1 to 1: add 1, then halve.",
            lambda points, size, align: _to_pixel(2 * points - 1, size, align),
            lambda points, size, align: _to_pixel(2 * points + 1, size, align),
        ),
        "row_before_column": Misconception(
            "You return (row, column). Points are (x, y).",
            lambda points, size, align: _to_pixel(points, size, align).flip(1),
        ),
        "origin_at_the_centre": Misconception(
            "You forgot that 0 is the centre of the image, not its first pixel: add 1 to the coordinate before you scale.",
            lambda points, size, align: _from_the_centre(points, size, align, 1, -0.5),
            lambda points, size, align: _from_the_centre(points, size, align, 1, 0),
            lambda points, size, align: _from_the_centre(points, size, align, 0, 0),
        ),
        "clamped": Misconception(
            "You move points outside to the border. This function only converts; the sampler decides what is outside.",
            _clamped,
        ),
        "y_upwards": Misconception(
            "You count rows from below. Row 0 is at the top, where y is −1.",
            lambda points, size, align: _to_pixel(points * torch.tensor([1.0, -1.0]).double(), size, align),
        ),
        "one_side": Misconception(
            "You use one side for both axes. x belongs to W and y belongs to H.",
            lambda points, size, align: _to_pixel(points, (size[1], size[1]), align),
            lambda points, size, align: _to_pixel(points, (size[0], size[0]), align),
        ),
    },
)
