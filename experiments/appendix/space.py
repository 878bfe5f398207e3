"""Affine transforms of space: the grid of a volume and its trilinear sampler, from scratch, and equal to torch's."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib import _validate
from stn_lib._precision import full_precision, wide
from stn_lib.coordinates import centres, to_pixel
from stn_lib.spatial_transformer import Transform


@full_precision
def affine_grid_3d(theta: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """The sampling grid of a batch of affine transforms of space, as ``torch.nn.functional.affine_grid`` in 5-D.

    Convention:
        theta maps OUTPUT to INPUT, row-major on (x, y, z, 1), all normalised; x runs along the width, y along the
        height, z along the depth. Sizes are (D, H, W), points (x, y, z).

    Args:
        theta: (N, 3, 4).
        size: (N, C, D, H, W) of the output.
        align_corners: whether -1 and 1 are the centres (True) or the outer faces (False) of the last voxels.

    Returns:
        (N, D, H, W, 3).

    Raises:
        TypeError: theta of an integer dtype.
        ValueError: theta that is not (N, 3, 4) or not finite, a size of another form or batch.

    Example:
        >>> shifted = torch.eye(3, 4)[None].clone()
        >>> shifted[0, 2, 3] = 0.5  # sample deeper by 0.5
        >>> affine_grid_3d(shifted, (1, 1, 2, 1, 1))[0, :, 0, 0].tolist()
        [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]

    Source: Jaderberg et al. 2015, appendix A.3.
    Chapter: appendix
    """
    _validate.floating("theta", theta)
    if theta.ndim != 3 or tuple(theta.shape[1:]) != (3, 4):
        hint = "add a batch dimension with theta[None]" if theta.ndim == 2 else "one 3x4 matrix per volume"
        raise ValueError(f"expected theta of shape (N, 3, 4), got {_validate.shape_of(theta)}: {hint}")
    _validate.finite_theta(theta)
    if len(size) != 5 or size[0] != theta.shape[0]:
        raise ValueError(
            f"expected size (N, C, D, H, W) of the output with N={theta.shape[0]}, as theta, got {tuple(size)}"
        )
    _validate.sides(size[2:], "(D, H, W)")
    z, y, x = (centres(side, align_corners, dtype=theta.dtype, device=theta.device) for side in size[2:])
    # A term of each axis alone: three short vectors, and two additions per voxel.
    along_x = (theta[:, :, 0, None] * x)[:, :, None, None, :]
    along_y = (theta[:, :, 1, None] * y)[:, :, None, :, None]
    along_z = (theta[:, :, 2, None] * z + theta[:, :, 3, None])[:, :, :, None, None]
    return ((along_z + along_y) + along_x).permute(0, 2, 3, 4, 1)  # (N, 3, D, H, W), points last


def grid_sample_3d(input: Tensor, grid: Tensor, align_corners: bool = False) -> Tensor:
    """Sample volumes at points, trilinearly; outside is 0. As ``torch.nn.functional.grid_sample`` in 5-D.

    Convention:
        A value is a sum over the eight voxels around the point, each weighted with the volume of the box between the
        point and the voxel opposite: (1 - |x - i|) (1 - |y - j|) (1 - |z - k|). On a voxel the derivative for the point
        is the one towards larger x, y and z.

    Args:
        input: U, (N, C, D, H, W).
        grid: (N, D', H', W', 3), normalised (x, y, z), of the same dtype, or float32 for volumes of half precision.
        align_corners: as it was given to the grid.

    Returns:
        V, (N, C, D', H', W'), of the volumes' dtype.

    Raises:
        TypeError: integer volumes or grids.
        ValueError: shapes, batches or dtypes that do not fit, NaN or infinity in the grid.

    Example:
        >>> box = torch.arange(8.0).view(1, 1, 2, 2, 2)
        >>> grid_sample_3d(box, torch.zeros(1, 1, 1, 1, 3)).item()  # the middle: the mean of all eight
        3.5

    Source: Jaderberg et al. 2015, equation 5 with a third factor, and appendix A.3.
    Chapter: appendix
    """
    _validate.sampling(input, grid, dimensions=3)
    sides = input.shape[:1:-1]  # (W, H, D), as the points' (x, y, z)
    points = [to_pixel(grid[..., axis], side, align_corners) for axis, side in enumerate(sides)]
    _validate.pixel_coordinates(points, "zeros")
    # Further out all eight voxels are zeros, and a number of a million has no place for the weight behind its point.
    points = [wide(p).clamp(-2, side + 1) for p, side in zip(points, sides, strict=True)]
    low = [p.detach().floor() for p in points]
    flat = wide(input).flatten(2)
    value = 0.0
    for corner in range(8):
        index, weight = 0, 1.0
        for axis in (2, 1, 0):
            step = corner >> axis & 1
            at = low[axis] + step
            inside = (at >= 0) & (at < sides[axis])
            part = points[axis] - low[axis]
            weight = weight * (part if step else 1 - part) * inside
            index = index * sides[axis] + at.clamp(0, sides[axis] - 1).long()
        values = flat.gather(2, index.flatten(1)[:, None].expand(-1, flat.shape[1], -1))
        value = value + values.view(*flat.shape[:2], *index.shape[1:]) * weight[:, None]
    return value.to(input.dtype)


@full_precision
def rotation_3d(axis: Tensor, angle: Tensor) -> Tensor:
    """Rotations about axes (N, 3) of any length by angles (N,) in radians: matrices (N, 3, 3).

    Convention:
        x to the right, y down, z into depth: a right-handed system, in which a positive angle rotates x towards y about
        the axis z.

    Example:
        >>> rotation = rotation_3d(torch.tensor([[0.0, 0.0, 2.0]]), torch.tensor([torch.pi / 2]))
        >>> rotation[0, :, 0].round().int().tolist()  # where x goes
        [0, 1, 0]

    Source: Rodrigues' formula.
    Chapter: appendix
    """
    x, y, z = F.normalize(axis, dim=1).unbind(1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).view(-1, 3, 3)
    sin, cos = angle.sin()[:, None, None], angle.cos()[:, None, None]
    return torch.eye(3).to(cross) + sin * cross + (1 - cos) * cross @ cross


def _theta(parameters: Tensor) -> Tensor:
    return parameters.view(-1, 3, 4)


#: For `SpatialTransformer`, which then warps volumes (N, C, D, H, W) to its out_size (D, H, W).
AFFINE_3D = Transform((1.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0), _theta, affine_grid_3d)
