"""Reference samplers of one point with an option for each mistake, which the misconceptions of the chapter use.

They use plain lists, unlike :mod:`stn_lib.sampling`, which learners are taught. Pixel coordinates count from 0, with
centres at integers; outside is 0.
"""

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

ReadPixel = Callable[[list[list[float]], int, int], float]
#: From the place (u, v) between four pixels, the weights that belong to another pixel.
CROSSED_WEIGHTS = (
    lambda u, v: (1 - u, 1 - v),
    lambda u, v: (v, u),
    lambda u, v: (1 - u, v),
    lambda u, v: (u, 1 - v),
)


# One pixel: what is outside.


def zero(rows: list[list[float]], i: int, j: int) -> float:
    """Outside is 0: correct."""
    return rows[i][j] if 0 <= i < len(rows) and 0 <= j < len(rows[0]) else 0.0


def lose_last(rows: list[list[float]], i: int, j: int) -> float:
    """The last row and column count as outside."""
    return rows[i][j] if 0 <= i < len(rows) - 1 and 0 <= j < len(rows[0]) - 1 else 0.0


def lose_first(rows: list[list[float]], i: int, j: int) -> float:
    """The first row and column count as outside."""
    return rows[i][j] if 0 < i < len(rows) and 0 < j < len(rows[0]) else 0.0


def clamp(rows: list[list[float]], i: int, j: int) -> float:
    """Outside is the nearest pixel of the border."""
    return rows[min(max(i, 0), len(rows) - 1)][min(max(j, 0), len(rows[0]) - 1)]


def clamp_far(rows: list[list[float]], i: int, j: int) -> float:
    """Clamped at the far border only; a negative index counts from the end."""
    return rows[min(i, len(rows) - 1)][min(j, len(rows[0]) - 1)]


def wrap(rows: list[list[float]], i: int, j: int) -> float:
    """The image repeats."""
    return rows[i % len(rows)][j % len(rows[0])]


def mirror(rows: list[list[float]], i: int, j: int) -> float:
    """The image is mirrored about its outermost pixels."""
    return rows[_folded(i, len(rows), 0)][_folded(j, len(rows[0]), 0)]


def mirror_with_edge(rows: list[list[float]], i: int, j: int) -> float:
    """The image is mirrored at its edges: the outermost pixels come twice."""
    return rows[_folded(i, len(rows), 1)][_folded(j, len(rows[0]), 1)]


def _folded(index: int, size: int, twice: int) -> int:
    period = 2 * size - 2 * (1 - twice)
    return min(index % period, period - twice - index % period)


def raw(rows: list[list[float]], i: int, j: int) -> float:
    """Python's own indexing: negative counts from the end, too large raises."""
    return rows[i][j]


def wrap_negative(rows: list[list[float]], i: int, j: int) -> float:
    """An index that is too large gives 0, but a negative index counts from the end."""
    return rows[i][j] if i < len(rows) and j < len(rows[0]) else 0.0


def one_before(rows: list[list[float]], i: int, j: int) -> float:
    """The index counted from 1."""
    return zero(rows, i - 1, j - 1)


def exchanged(rows: list[list[float]], i: int, j: int) -> float:
    """Row and column exchanged in the index alone; the bounds are tested correctly."""
    return rows[j][i] if 0 <= i < len(rows) and 0 <= j < len(rows[0]) else 0.0


def exchanged_bounds(rows: list[list[float]], i: int, j: int) -> float:
    """Row tested against the width and column against the height."""
    return rows[i][j] if 0 <= j < len(rows) and 0 <= i < len(rows[0]) else 0.0


# Sampling between pixels.


def interpolate(
    image: Tensor,
    x: float,
    y: float,
    *,
    read: ReadPixel = zero,
    floor: Callable[[float], int] = math.floor,
    weights: Callable[[float, float], tuple[float, float]] = lambda u, v: (u, v),
) -> float:
    """Bilinear interpolation: correct with the defaults, wrong if one of them is replaced."""
    rows, left, top = image.tolist(), floor(x), floor(y)
    u, v = weights(x - left, y - top)
    upper = (1 - u) * read(rows, top, left) + u * read(rows, top, left + 1)
    lower = (1 - u) * read(rows, top + 1, left) + u * read(rows, top + 1, left + 1)
    return (1 - v) * upper + v * lower


def inside_only(low: float, *, closed: bool) -> Callable[[Tensor, float, float], float]:
    """Bilinear interpolation that returns 0 unless the point itself is far enough inside.

    Args:
        low: Smallest coordinate that is sampled; the largest are W - 1 and H - 1.
        closed: Whether the largest are sampled.
    """

    def sample(image: Tensor, x: float, y: float) -> float:
        for value, size in ((x, image.shape[1]), (y, image.shape[0])):
            limit = size - 1
            if value < low or value > limit or (value == limit and not closed):
                return 0.0
        return interpolate(image, x, y)

    return sample


def nearest(
    image: Tensor, x: float, y: float, *, round_: Callable[[float], int] = round, read: ReadPixel = zero
) -> float:
    """The nearest pixel: correct (half to even) with the defaults, wrong if one of them is replaced."""
    return read(image.tolist(), round_(y), round_(x))


def counted_from_one(function: Callable[..., Any]) -> tuple[Callable, ...]:
    """The point taken as counted from 1, or as counted from 0 where 1 is added."""
    return (
        lambda image, x, y: function(image, x - 1, y - 1),
        lambda image, x, y: function(image, x + 1, y + 1),
    )


def upside_down(function: Callable[..., Any]) -> Callable[..., Any]:
    """Rows counted from below."""
    return lambda image, x, y: function(image, x, image.shape[0] - 1 - y)


def variants(function: Callable[..., Any], name: str, *values: Any) -> tuple[Callable, ...]:
    """One wrong function for each value of an option."""

    def variant(value: Any) -> Callable[..., Any]:
        return lambda *args, **kwargs: function(*args, **kwargs, **{name: value})

    return tuple(variant(value) for value in values)


def xy_exchanged(function: Callable[..., Any]) -> tuple[Callable, ...]:
    """x and y exchanged: the point, or the index alone, or the sizes alone."""
    return (lambda image, x, y: function(image, y, x), *variants(function, "read", exchanged, exchanged_bounds))
