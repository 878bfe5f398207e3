"""The grid generator: one source point for every output pixel."""

from collections.abc import Sequence

from torch import Tensor

from stn_lib import _validate
from stn_lib.coordinates import centres


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """The sampling grid of a batch of affine transforms, as ``torch.nn.functional.affine_grid``.

    Convention:
        theta maps OUTPUT to INPUT, row-major on (x, y, 1): x_s = t11 x + t12 y + t13, y_s = t21 x + t22 y + t23,
        all normalised. The last axis of the grid is (x, y).

    Args:
        theta: (N, 2, 3).
        size: (N, C, H, W) of the output.
        align_corners: whether -1 and 1 are the centres (True) or the outer edges (False) of the last pixels.

    Returns:
        (N, H, W, 2). In memory x and y lie in two planes, which samplers read faster than pairs.

    Raises:
        TypeError: theta of an integer dtype.
        ValueError: theta that is not (N, 2, 3) or not finite, a size of another form or batch.

    Example:
        >>> import torch
        >>> grid = affine_grid(torch.tensor([[[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]]), (1, 1, 1, 4))
        >>> grid[0, 0, :, 0].tolist()  # twice as far out: the content becomes half as large
        [-1.5, -0.5, 0.5, 1.5]

    Source: Jaderberg et al. 2015, equation 1.
    Chapter: 4
    """
    _validate.theta(theta)
    if len(size) != 4:
        raise ValueError(f"expected size (N, C, H, W) of the output, got {tuple(size)}")
    height, width = _validate.image_size(size[2:])
    if size[0] != theta.shape[0]:
        raise ValueError(
            f"expected size and theta of one batch size, got N={size[0]} and theta {_validate.shape_of(theta)}"
        )
    x, y = (centres(side, align_corners, dtype=theta.dtype, device=theta.device) for side in (width, height))
    # A matrix product would multiply by the constant 1 and by every x and y anew for each pixel. The map is a
    # sum of a term of the column and a term of the row: two short vectors, and one addition per pixel.
    along_x = theta[:, :, 0, None] * x  # (N, 2, W)
    along_y = theta[:, :, 1, None] * y + theta[:, :, 2, None]  # (N, 2, H)
    return (along_y[:, :, :, None] + along_x[:, :, None, :]).permute(0, 2, 3, 1)
