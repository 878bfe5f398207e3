"""The grid generator: one source point for every output pixel."""

from collections.abc import Sequence

import torch
from torch import Tensor

from stn_lib import _validate
from stn_lib._precision import full_precision
from stn_lib.coordinates import base_grid, centres
from stn_lib.transforms import control_points, lattice_weights, tps_weights


@full_precision
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """Compute the sampling grid of a batch of affine transforms, as ``torch.nn.functional.affine_grid``.

    Convention:
        theta maps OUTPUT to INPUT, row-major on (x, y, 1): x_s = t11 x + t12 y + t13, y_s = t21 x + t22 y + t23,
        all normalised. The last axis of the grid is (x, y).

    Args:
        theta: (N, 2, 3).
        size: (N, C, H, W) of the output.
        align_corners: whether -1 and 1 are the centres (True) or the outer edges (False) of the last pixels.

    Returns:
        (N, H, W, 2). In memory, x and y are two planes, which samplers access faster than pairs.

    Raises:
        TypeError: theta of an integer dtype.
        ValueError: theta that is not (N, 2, 3) or not finite, a size of another form or batch.

    Example:
        >>> grid = affine_grid(torch.tensor([[[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]]), (1, 1, 1, 4))
        >>> grid[0, 0, :, 0].tolist()  # twice as far out: the content becomes half as large
        [-1.5, -0.5, 0.5, 1.5]

    Source: Jaderberg et al. 2015, equation 1.
    Chapter: 4
    """
    _validate.theta(theta)
    return _rows_times_points(theta, size, align_corners).permute(0, 2, 3, 1)


@full_precision
def projective_grid(theta: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """Compute the sampling grid of a batch of projective transforms: a plane seen by a camera.

    Convention:
        As `affine_grid`, with a third row: (x, y, 1) maps to (x_s w, y_s w, w), and division by w gives the source point.
        A multiple of theta is the same transform. The horizon is where w = 0.

    Args:
        theta: (N, 3, 3).
        size: (N, C, H, W) of the output.
        align_corners: as in `affine_grid`.

    Returns:
        (N, H, W, 2).

    Raises:
        TypeError: theta of an integer dtype.
        ValueError: theta that is not (N, 3, 3) or not finite, a size of another form or batch, a horizon in the image.

    Example:
        >>> tilted = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-0.5, 0.0, 1.0]]])
        >>> projective_grid(tilted, (1, 1, 1, 4))[0, 0, :, 0].tolist()  # the steps grow to the right
        [-0.5454545617103577, -0.2222222238779068, 0.2857142984867096, 1.2000000476837158]

    Source: Jaderberg et al. 2015, section 3.2.
    Chapter: 8
    """
    _validate.theta(theta, rows=3)
    mapped = _rows_times_points(theta, size, align_corners)
    w = mapped[:, 2:]
    side = w.detach().flatten(1).sign()
    if _validate.refuted(lambda: (side * side[:, :1] == 1).all()):
        raise ValueError(
            "expected a horizon outside the image, got a theta whose third row gives 0 or changes its sign between "
            "two pixels: make the first two numbers of that row smaller against the third"
        )
    return (mapped[:, :2] / w).permute(0, 2, 3, 1)


@full_precision
def tps_grid(
    theta: Tensor,
    size: Sequence[int],
    controls: Tensor | None = None,
    regularization: float = 0.0,
    align_corners: bool = False,
) -> Tensor:
    """Compute the sampling grid of a batch of thin plate splines: the smoothest bending through given points.

    Convention:
        theta holds the INPUT point of each control point of the OUTPUT; between control points the grid bends like a
        thin sheet of metal. theta equal to the control points is the identity.

    Args:
        theta: (N, K, 2), the source points, normalised.
        size: (N, C, H, W) of the output.
        controls: (K, 2), the control points in the output, for all images; a lattice of 4 by 4 if None. They are
            constants and get no gradient.
        regularization: as in `stn_lib.transforms.tps_weights`.
        align_corners: as in `affine_grid`.

    Returns:
        (N, H, W, 2).

    Raises:
        TypeError: theta of an integer dtype.
        ValueError: as `stn_lib.transforms.tps_weights`; a theta that is not (N, K, 2) or not finite.

    Example:
        >>> from stn_lib.transforms import control_points
        >>> theta = control_points(2, 2)[None].clone()
        >>> theta[0, :, 0] += 0.5  # all sources to the right
        >>> tps_grid(theta, (1, 1, 1, 4), control_points(2, 2))[0, 0, :, 0].round(decimals=4).tolist()
        [-0.25, 0.25, 0.75, 1.25]

    Source: Jaderberg et al. 2015, section 3.2.
    Chapter: 8
    """
    if controls is not None:
        _validate.floating("controls", controls)
        _validate.points("controls", controls[None])
    _validate.real("regularization", regularization)
    _validate.points("theta", theta, 16 if controls is None else len(controls))
    batch, height, width = _output(theta, size)
    points = base_grid((height, width), align_corners, dtype=torch.float64).view(-1, 2)
    if controls is None and regularization == 0:
        weights = lattice_weights(points)
    else:
        controls = control_points() if controls is None else controls.detach()
        weights = tps_weights(points, controls, regularization)
    return (weights.to(theta) @ theta).view(batch, height, width, 2)


def _output(theta: Tensor, size: Sequence[int]) -> tuple[int, int, int]:
    """(N, H, W) of a size (N, C, H, W) that belongs to theta."""
    if not isinstance(size, Sequence) or len(size) != 4:
        raise ValueError(f"expected size (N, C, H, W) of the output, got {size}")
    if size[0] != theta.shape[0]:
        raise ValueError(
            f"expected size and theta of one batch size, got N={size[0]} and theta {_validate.shape_of(theta)}"
        )
    return (theta.shape[0], *_validate.image_size(size[2:]))


def _rows_times_points(theta: Tensor, size: Sequence[int], align_corners: bool) -> Tensor:
    """Multiply theta (N, R, 3) by (x, y, 1) of every output pixel: (N, R, H, W)."""
    _, height, width = _output(theta, size)
    x, y = (centres(side, align_corners, dtype=theta.dtype, device=theta.device) for side in (width, height))
    # A matrix product would multiply each pixel's x, y and 1 again. But the map is the sum of a term that depends on
    # the column and one that depends on the row: two short vectors, and one addition per pixel.
    along_x = theta[:, :, 0, None] * x  # (N, R, W)
    along_y = theta[:, :, 1, None] * y + theta[:, :, 2, None]  # (N, R, H)
    return along_y[:, :, :, None] + along_x[:, :, None, :]
