"""Pixel and normalised coordinates, for both meanings of ``align_corners``, and the base grid."""

from collections.abc import Sequence

import torch
from torch import Tensor

from stn_lib import _validate
from stn_lib._precision import full_precision


@full_precision
def normalized_to_pixel(points: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """Convert normalised coordinates to pixel coordinates.

    Convention:
        Points are (x, y), sizes (H, W). Pixel coordinates count from 0; pixel centres are whole numbers.
        -1 and 1 are the outer edges of the first and last pixel, or with ``align_corners`` their centres.

    Args:
        points: (..., 2), normalised.
        size: (H, W) of the image.
        align_corners: the convention.

    Returns:
        (..., 2) in pixels.

    Raises:
        TypeError: points of an integer dtype.
        ValueError: a last axis that is not (x, y), or a size without pixels.

    Example:
        >>> normalized_to_pixel(torch.tensor([[-1.0, -1.0], [0.0, 0.0]]), (4, 6)).tolist()
        [[-0.5, -0.5], [2.5, 1.5]]

    Source: the convention of ``torch.nn.functional.grid_sample``.
    Chapter: 4
    """
    height, width = _check(points, size)
    x, y = points.unbind(-1)
    return torch.stack([to_pixel(x, width, align_corners), to_pixel(y, height, align_corners)], dim=-1)


@full_precision
def pixel_to_normalized(points: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """Convert pixel coordinates to normalised coordinates, the inverse of `normalized_to_pixel`.

    Convention:
        As `normalized_to_pixel`. With ``align_corners`` a single pixel has no width: it is at 0.

    Args:
        points: (..., 2), in pixels.
        size: (H, W) of the image.
        align_corners: which of the two conventions.

    Returns:
        (..., 2), normalised.

    Raises:
        TypeError: points of an integer dtype.
        ValueError: a last axis that is not (x, y), or a size without pixels.

    Example:
        >>> pixel_to_normalized(torch.tensor([0.0, 0.0]), (5, 5)).tolist()
        [-0.800000011920929, -0.800000011920929]
        >>> pixel_to_normalized(torch.tensor([0.0, 0.0]), (5, 5), align_corners=True).tolist()
        [-1.0, -1.0]

    Source: the convention of ``torch.nn.functional.grid_sample``.
    Chapter: 4
    """
    height, width = _check(points, size)
    x, y = points.unbind(-1)
    return torch.stack([_to_unit(x, width, align_corners), _to_unit(y, height, align_corners)], dim=-1)


def base_grid(
    size: Sequence[int],
    align_corners: bool = False,
    *,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Tensor:
    """Return the pixel centres of an image: the grid of the identity.

    Convention:
        As `normalized_to_pixel`; the last axis is (x, y) although the first two are (row, column).

    Args:
        size: (H, W).
        align_corners: which of the two conventions.
        dtype, device: of the result; torch's defaults if None.

    Returns:
        (H, W, 2), normalised.

    Raises:
        ValueError: a size without pixels.

    Example:
        >>> base_grid((1, 5), dtype=torch.float64)[0, :, 0].round(decimals=1).tolist()
        [-0.8, -0.4, 0.0, 0.4, 0.8]
        >>> base_grid((1, 5), align_corners=True)[0, :, 0].tolist()
        [-1.0, -0.5, 0.0, 0.5, 1.0]

    Source: the convention of ``torch.nn.functional.affine_grid``.
    Chapter: 4
    """
    height, width = _validate.image_size(size)
    x, y = (centres(side, align_corners, dtype=dtype, device=device) for side in (width, height))
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=-1)


def centres(side: int, align_corners: bool, *, dtype=None, device=None) -> Tensor:
    """Normalised coordinates (side,) of the pixel centres along one axis."""
    dtype = dtype or torch.get_default_dtype()
    # Whole numbers are exact in float64; in half precision they are not from 2,048 on.
    return _to_unit(torch.arange(side, dtype=torch.float64, device=_double(device)), side, align_corners).to(
        device=device, dtype=dtype
    )


def to_pixel(value: Tensor, side: int, align_corners: bool) -> Tensor:
    """Convert normalised coordinates along one axis to pixels, rounded as torch's sampler rounds them."""
    # On a pixel, the last bit decides which neighbour the slope is taken to. So we round as torch does: it multiplies
    # and subtracts in one step, rounded once; in half precision in two steps.
    if align_corners:
        return (value + 1).mul_((side - 1) / 2)
    if value.dtype in (torch.float16, torch.bfloat16):
        return (value + 1).mul_(side / 2).sub_(0.5)
    return torch.add(value.new_full((), -0.5), value + 1, alpha=side / 2)


def _to_unit(pixel: Tensor, side: int, align_corners: bool) -> Tensor:
    if align_corners:
        return pixel * (2 / (side - 1)) - 1 if side > 1 else torch.zeros_like(pixel)
    return (2 * pixel + 1) / side - 1


def _double(device):
    # Apple's GPUs have no float64: there, the few numbers of a base grid are computed on the CPU.
    return "cpu" if device is not None and torch.device(device).type == "mps" else device


def _check(points: Tensor, size: Sequence[int]) -> tuple[int, int]:
    _validate.floating("points", points)
    if points.ndim == 0 or points.shape[-1] != 2:
        raise ValueError(f"expected points of shape (..., 2) with (x, y) last, got {_validate.shape_of(points)}")
    return _validate.image_size(size)
