"""The wrong functions that the misconceptions of chapter 5 lead to, as compact reference code.

One blend, one slope and one pull, each with a switch for every slip: a check compares a learner's answers
with them. They are written on plain lists, apart from :mod:`stn_lib.sampling`, which learners are taught.
Pixel coordinates are 0-based with centres at integers.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Read = Callable[[list[list[float]], int, int], float]


# Reading one pixel: what happens outside.


def zero(rows: list[list[float]], i: int, j: int) -> float:
    """Outside reads 0: the right way."""
    return rows[i][j] if 0 <= i < len(rows) and 0 <= j < len(rows[0]) else 0.0


def lose_last(rows: list[list[float]], i: int, j: int) -> float:
    """The last row and column count as outside."""
    return rows[i][j] if 0 <= i < len(rows) - 1 and 0 <= j < len(rows[0]) - 1 else 0.0


def clamp(rows: list[list[float]], i: int, j: int) -> float:
    """Outside reads the nearest pixel of the border."""
    return rows[min(max(i, 0), len(rows) - 1)][min(max(j, 0), len(rows[0]) - 1)]


def clamp_far(rows: list[list[float]], i: int, j: int) -> float:
    """Clamped at the far border only; a negative index counts from the end."""
    return rows[min(i, len(rows) - 1)][min(j, len(rows[0]) - 1)]


def wrap(rows: list[list[float]], i: int, j: int) -> float:
    """The picture repeats."""
    return rows[i % len(rows)][j % len(rows[0])]


def raw(rows: list[list[float]], i: int, j: int) -> float:
    """Python's own indexing: negative counts from the end, too large raises."""
    return rows[i][j]


def wrap_negative(rows: list[list[float]], i: int, j: int) -> float:
    """Too large reads 0, but a negative index counts from the end."""
    return rows[i][j] if i < len(rows) and j < len(rows[0]) else 0.0


def exchanged(rows: list[list[float]], i: int, j: int) -> float:
    """Row and column exchanged in the index alone, the bounds tested in the right order."""
    return rows[j][i] if 0 <= i < len(rows) and 0 <= j < len(rows[0]) else 0.0


def exchanged_bounds(rows: list[list[float]], i: int, j: int) -> float:
    """Row tested against the width and column against the height."""
    return rows[i][j] if 0 <= j < len(rows) and 0 <= i < len(rows[0]) else 0.0


# Reading between pixels.


def blend(
    image: Tensor,
    x: float,
    y: float,
    *,
    read: Read = zero,
    floor: Callable[[float], int] = math.floor,
    weights: Callable[[float, float], tuple[float, float]] = lambda u, v: (u, v),
) -> float:
    """Bilinear interpolation: right with the defaults, wrong by what replaces one of them."""
    rows, left, top = image.tolist(), floor(x), floor(y)
    u, v = weights(x - left, y - top)
    upper = (1 - u) * read(rows, top, left) + u * read(rows, top, left + 1)
    lower = (1 - u) * read(rows, top + 1, left) + u * read(rows, top + 1, left + 1)
    return (1 - v) * upper + v * lower


def inside_only(low: float, high: float, *, closed: bool) -> Callable[[Tensor, float, float], float]:
    """A blend that returns 0 unless the point itself is far enough inside.

    Args:
        low: Smallest coordinate that is read.
        high: What is added to W - 1 and H - 1 for the largest.
        closed: Whether that largest is itself read.
    """

    def sample(image: Tensor, x: float, y: float) -> float:
        for value, size in ((x, image.shape[1]), (y, image.shape[0])):
            limit = size - 1 + high
            if value < low or value > limit or (value == limit and not closed):
                return 0.0
        return blend(image, x, y)

    return sample


def slope(
    image: Tensor,
    x: float,
    y: float,
    *,
    read: Read = zero,
    floor: Callable[[float], int] = math.floor,
    step: Callable[[float, float], float] = lambda far, near: far - near,
    mix: Callable[[float, float, float], float] = lambda t, near, far: (1 - t) * near + t * far,
) -> tuple[float, float]:
    """The gradient of the blend: right with the defaults, wrong by what replaces one of them."""
    rows, left, top = image.tolist(), floor(x), floor(y)
    a, b = read(rows, top, left), read(rows, top, left + 1)
    c, d = read(rows, top + 1, left), read(rows, top + 1, left + 1)
    u, v = x - left, y - top
    return mix(v, step(b, a), step(d, c)), mix(u, step(c, a), step(d, b))


def slope_crossed_axes(image: Tensor, x: float, y: float) -> tuple[float, float]:
    """Each slope weighted by the fraction of its own axis in place of the other's."""
    rows, left, top = image.tolist(), math.floor(x), math.floor(y)
    a, b, c, d = (zero(rows, top + i, left + j) for i in (0, 1) for j in (0, 1))
    u, v = x - left, y - top
    return (1 - u) * (b - a) + u * (d - c), (1 - v) * (c - a) + v * (d - b)


def slope_literal(image: Tensor, x: float, y: float) -> tuple[float, float]:
    """The paper's equation 7 word for word: on a lattice point only one neighbour is left of the sum."""

    def sign(n: int, t: float) -> float:
        return 0.0 if abs(n - t) >= 1 else (1.0 if n >= t else -1.0)

    dx = dy = 0.0
    for i, row in enumerate(image.tolist()):
        for j, value in enumerate(row):
            dx += value * max(0.0, 1 - abs(y - i)) * sign(j, x)
            dy += value * max(0.0, 1 - abs(x - j)) * sign(i, y)
    return dx, dy


def slope_before(image: Tensor, x: float, y: float) -> tuple[float, float]:
    """The slope to the left and above: on a lattice point that is another piece of the blend."""
    return slope(image, x, y, floor=lambda t: math.ceil(t) - 1)


def slope_between(image: Tensor, x: float, y: float) -> tuple[float, float]:
    """The mean of the slopes on both sides, as a central difference gives it."""
    sides = zip(slope(image, x, y), slope_before(image, x, y), strict=True)
    return tuple((after + before) / 2 for after, before in sides)


def nearest(image: Tensor, x: float, y: float, *, round_: Callable[[float], int] = round, read: Read = zero) -> float:
    """The nearest pixel: torch's (half to even) with the defaults, another by what replaces one of them."""
    return read(image.tolist(), round_(y), round_(x))


# Whole pictures.


def at_pixels(image: Tensor, x: Tensor, y: Tensor, **options) -> Tensor:
    """torch's sampler at pixel coordinates x and y, tensors of the shape of the output."""
    height, width = image.shape
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], -1)
    return F.grid_sample(image[None, None], grid[None], align_corners=False, **options)[0, 0]


def normalized(size: int, align_corners: bool) -> Tensor:
    """Normalised coordinates of the pixels along an axis."""
    k = torch.arange(size, dtype=torch.float64)
    if align_corners:
        return 2 * k / (size - 1) - 1 if size > 1 else torch.zeros(1, dtype=torch.float64)
    return (2 * k + 1) / size - 1


def pixel(value: Tensor, size: int, align_corners: bool) -> Tensor:
    """The pixel coordinate of a normalised one."""
    return (value + 1) * (size - 1) / 2 if align_corners else ((value + 1) * size - 1) / 2


def source(theta: Tensor, out_size: tuple[int, int], align_corners: bool) -> tuple[Tensor, Tensor]:
    """Normalised source coordinates of every output pixel."""
    y = normalized(out_size[0], align_corners)[:, None].expand(out_size)
    x = normalized(out_size[1], align_corners)[None, :].expand(out_size)
    return tuple(row[0] * x + row[1] * y + row[2] for row in theta)


def pull(
    image: Tensor,
    theta: Tensor,
    out_size: tuple[int, int],
    align_corners: bool = False,
    *,
    change: Callable[[Tensor], Tensor] = lambda theta: theta,
    aligned: Callable[[bool], tuple[bool, bool]] = lambda a: (a, a),
    unit: Callable[[tuple[int, int], tuple[int, int]], tuple[int, int]] = lambda in_size, out_size: in_size,
    exchange: bool = False,
    **options,
) -> Tensor:
    """A whole warp: right with the defaults, wrong by what replaces one of them.

    Args:
        image, theta, out_size, align_corners: As in the exercise.
        change: What happens to theta first.
        aligned: The conventions used for the grid and for the sampler.
        unit: The size that normalised coordinates are turned into pixels with.
        exchange: Whether the sampler reads row x and column y.
        **options: Of torch's `grid_sample`.
    """
    in_grid, in_sampler = aligned(align_corners)
    x, y = source(change(theta), out_size, in_grid)
    height, width = unit(tuple(image.shape), out_size)
    x, y = pixel(x, width, in_sampler), pixel(y, height, in_sampler)
    return at_pixels(image, y, x, **options) if exchange else at_pixels(image, x, y, **options)


def pull_by_points(sample: Callable[[Tensor, float, float], float]) -> Callable[..., Tensor]:
    """A warp that reads every point with a scalar sampler."""

    def warp(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
        height, width = image.shape
        x, y = source(theta, out_size, align_corners)
        x, y = pixel(x, width, align_corners), pixel(y, height, align_corners)
        values = [sample(image, *p) for p in zip(x.flatten().tolist(), y.flatten().tolist(), strict=True)]
        return torch.tensor(values, dtype=torch.float64).reshape(out_size)

    return warp


def push(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
    """Forward mapping: every input pixel is thrown to the rounded place that theta sends it to."""
    out = torch.zeros(out_size, dtype=torch.float64)
    x, y = source(theta, tuple(image.shape), align_corners)
    columns = pixel(x, out_size[1], align_corners).round().long()
    rows = pixel(y, out_size[0], align_corners).round().long()
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            row, column = int(rows[i, j]), int(columns[i, j])
            if 0 <= row < out_size[0] and 0 <= column < out_size[1]:
                out[row, column] = image[i, j]
    return out


def inverse(theta: Tensor) -> Tensor:
    """The inverse of an affine matrix."""
    square = torch.cat([theta, torch.tensor([[0, 0, 1]], dtype=theta.dtype)])
    return torch.linalg.inv(square)[:2]


def pull_in_pixels(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
    """Theta applied to pixel numbers in place of normalised coordinates."""
    y = torch.arange(out_size[0], dtype=torch.float64)[:, None].expand(out_size)
    x = torch.arange(out_size[1], dtype=torch.float64)[None, :].expand(out_size)
    return at_pixels(image, *(row[0] * x + row[1] * y + row[2] for row in theta))
