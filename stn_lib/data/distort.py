"""Distort a batch of images: draw a random theta for each image, then resample, bend or clutter it."""

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib._registry import look_up
from stn_lib.data.clutter import clutter
from stn_lib.data.distortions import DIGIT_SIDE, DISTORTIONS, Distortion
from stn_lib.data.warps import bend_lattice, pull_corners
from stn_lib.grid import affine_grid, projective_grid, tps_grid


def distort(
    images: Tensor, kind: str | Distortion = "RTS", *, generator: torch.Generator, others: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Rotate, scale and translate each image of a batch at random; then pull its corners, bend or clutter it if `kind` says so.

    Convention:
        theta maps OUTPUT to INPUT in normalised (x, y), ``align_corners=False``: an ST has to *undo* it. A positive
        angle rotates the digit counter-clockwise on the screen. Pixels outside the image are 0.
        Corners and lattices move after the scaling, in pixels of the output; see `stn_lib.data.warps`.

    Args:
        images: (N, C, H, W) float.
        kind: a name in `stn_lib.data.DISTORTIONS`, or a `Distortion` of your own.
        generator: the only source of randomness.
        others: (M, C, H, W), the digits that clutter is cut from, if the distortion has clutter; the batch itself if
            None. A digit is never cluttered with itself.

    Returns:
        The distorted images (N, C, *out_size), and theta: (N, 2, 3); with corner noise, as in P, a homography
        (N, 3, 3); with lattice noise, as in E, the sources (N, 16, 2) of a spline's control points.

    Raises:
        ValueError: for an unknown kind, images of another shape, or clutter without other digits.
        TypeError: for images that are not of a floating dtype.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> digits = torch.rand(5, 1, 28, 28, generator=g)
        >>> for kind in ("RTS", "P", "E", "TC"):
        ...     out, theta = distort(digits, kind, generator=g)
        ...     print(kind, tuple(out.shape), tuple(theta.shape))
        RTS (5, 1, 42, 42) (5, 2, 3)
        P (5, 1, 28, 28) (5, 3, 3)
        E (5, 1, 28, 28) (5, 16, 2)
        TC (5, 1, 60, 60) (5, 2, 3)

    Source: Jaderberg et al. 2015, section 4.1.
    Chapter: 7
    """
    recipe = kind if isinstance(kind, Distortion) else look_up("kind", kind, DISTORTIONS, " or a Distortion")
    if images.ndim != 4:
        raise ValueError(f"expected images of shape (N, C, H, W), got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise TypeError(f"expected float images in [0, 1], got {images.dtype}: divide by 255 first")
    theta = random_theta(recipe, len(images), tuple(images.shape[-2:]), generator)
    if recipe.corner_noise:
        theta = pull_corners(theta, recipe.corner_noise, recipe.out_size, generator)
    elif recipe.lattice_noise:
        theta = bend_lattice(theta, recipe.lattice_noise, recipe.out_size, generator)
    theta = theta.to(images)
    out = F.grid_sample(images, distortion_grid(theta, (*images.shape[:2], *recipe.out_size)), align_corners=False)
    if recipe.patches:
        out = clutter(out, images, images if others is None else others, recipe.patches, generator=generator)
    return out, theta


def random_theta(recipe: Distortion, batch: int, in_size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Draw the affine part of a distortion: matrices theta (batch, 2, 3) for images of in_size (H, W); see `distort`."""
    low, high = recipe.scale
    draw = torch.rand(4, batch, generator=generator)
    angle = (2 * draw[0] - 1) * recipe.max_angle
    scale = low + (high - low) * draw[1]
    cos, sin = angle.cos(), angle.sin()
    height, width = recipe.out_size
    if recipe.placed:
        # Half the side of the upright square around the rotated and scaled digit; what remains is room to translate.
        reach = DIGIT_SIDE / 2 * scale * (cos.abs() + sin.abs())
        room = torch.stack([width / 2 - reach, height / 2 - reach]).clamp(min=0)
    else:
        room = torch.full((2, batch), recipe.max_shift)
    if recipe.patches:  # whole pixels, each equally likely
        room = room.floor()
        shift = ((2 * draw[2:] - 1) * (room + 0.5)).round().clamp(-room, room)
    else:
        shift = (2 * draw[2:] - 1) * room
    # In pixels from the centres: source = rotation (target - shift) / scale.
    linear = torch.stack([cos, -sin, sin, cos], 1).view(batch, 2, 2) / scale[:, None, None]
    shift = -linear @ shift.T[:, :, None]
    to_unit = 2 / torch.tensor([in_size[1], in_size[0]]).view(1, 2, 1)
    from_unit = torch.tensor([width, height, 2]) / 2
    return torch.cat([linear, shift], 2) * to_unit * from_unit


def distortion_grid(theta: Tensor, size: tuple[int, ...]) -> Tensor:
    """Make the sampling grid (N, H, W, 2) of any theta that `distort` returns, for images of a size (N, C, H, W)."""
    if theta.shape[2] == 2:
        return tps_grid(theta, size)
    return projective_grid(theta, size) if theta.shape[1] == 3 else affine_grid(theta, size)
