"""Reference warps with an option for each mistake, which the misconceptions of `warp` use."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def at_pixels(image: Tensor, x: Tensor, y: Tensor, **options) -> Tensor:
    """torch's sampler at pixel coordinates x and y, tensors of the shape of the output."""
    height, width = image.shape
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], -1)
    return F.grid_sample(image[None, None], grid[None], align_corners=False, **options)[0, 0]


def normalized(size: int, align_corners: bool) -> Tensor:
    """Normalised coordinates of the pixels along an axis."""
    k = torch.arange(size, dtype=torch.float64)
    if align_corners:
        return 2 * k / (size - 1) - 1
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
    """A whole warp: correct with the defaults, wrong if one of them is replaced.

    Args:
        image, theta, out_size, align_corners: As in the exercise.
        change: A change of theta.
        aligned: The conventions of the grid and of the sampler.
        unit: The size with which normalised coordinates are converted to pixels.
        exchange: Whether the sampler takes row x and column y.
        **options: Of torch's `grid_sample`.
    """
    in_grid, in_sampler = aligned(align_corners)
    x, y = source(change(theta), out_size, in_grid)
    height, width = unit(tuple(image.shape), out_size)
    x, y = pixel(x, width, in_sampler), pixel(y, height, in_sampler)
    return at_pixels(image, y, x, **options) if exchange else at_pixels(image, x, y, **options)


def pull_by_points(sample: Callable[[Tensor, float, float], float]) -> Callable[..., Tensor]:
    """A warp that samples every point with a scalar sampler."""

    def warp(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
        height, width = image.shape
        x, y = source(theta, out_size, align_corners)
        x, y = pixel(x, width, align_corners), pixel(y, height, align_corners)
        values = [sample(image, *p) for p in zip(x.flatten().tolist(), y.flatten().tolist(), strict=True)]
        return torch.tensor(values, dtype=torch.float64).reshape(out_size)

    return warp


def push(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
    """Forward mapping: every input pixel is written to the rounded position that theta maps it to."""
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


def half_pixels_lost(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
    """With False, pixel k at 2 k / n − 1, in the output and in the input."""
    if not align_corners:
        target, source = (
            torch.tensor([1 / size[1], 1 / size[0]], dtype=torch.float64) for size in (out_size, image.shape)
        )
        theta = torch.cat([theta[:, :2], (theta[:, 2] - theta[:, :2] @ target + source)[:, None]], 1)
    return pull(image, theta, out_size, align_corners)
