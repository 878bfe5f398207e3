"""Distortions of digits: the paper's R, RTS, P (projective), E (elastic), TC (translated, cluttered), and chapter 1's."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib.data.clutter import clutter
from stn_lib.data.warps import bend_lattice, pull_corners
from stn_lib.grid import affine_grid, projective_grid, tps_grid

# Half of it is how near to the border a digit's centre may come. It holds all ink of an embedded digit. MNIST's stand by
# their centre of mass, and of a third some ink reaches beyond: RTS cuts more than 1 % of it off one digit in a thousand,
# TC off one in a hundred, at most 5 and 8 %.
INK = 22.0  # side in pixels of the square round the centre of a 28 x 28 digit


@dataclass(frozen=True)
class Distortion:
    """A recipe: the ranges that a random turn, size and place are drawn from, uniformly, and what is done on top.

    Args:
        name: what the book calls it.
        out_size: (H, W) of the distorted picture in pixels.
        max_angle: turns are drawn from [-max_angle, max_angle], in radians.
        scale: (smallest, largest) size against the original, pixel for pixel.
        placed: whether the digit may stand anywhere in the picture where it fits whole.
        max_shift: where it is not placed, shifts to each side are drawn from [-max_shift, max_shift], in pixels.
        corner_noise: standard deviation in pixels of what then moves each corner; see `stn_lib.data.warps`.
        lattice_noise: the same for 4 x 4 control points of a thin plate spline; one of the two at most.
        patches: how many patches of other digits clutter the picture; the digit then moves by whole pixels, for a
            digit softened by interpolation could be told from sharp clutter without being read.

    Source: Jaderberg et al. 2015, section 4.1.
    """

    name: str
    out_size: tuple[int, int]
    max_angle: float
    scale: tuple[float, float] = (1.0, 1.0)
    placed: bool = False
    max_shift: float = 0.0
    corner_noise: float = 0.0
    lattice_noise: float = 0.0
    patches: int = 0

    def __post_init__(self):
        low, high = self.scale
        if not 0 < low <= high:
            raise ValueError(f"expected scale (low, high) with 0 < low <= high, got {self.scale}")
        if not 0 <= self.max_angle <= math.pi:
            raise ValueError(f"expected max_angle in [0, pi] radians, got {self.max_angle}: degrees?")
        if not 0 <= self.max_shift < math.inf or (self.placed and self.max_shift):
            raise ValueError(f"expected max_shift >= 0, and 0 with placed=True, got {self.max_shift}")
        for name in ("corner_noise", "lattice_noise", "patches"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"expected {name} >= 0, got {getattr(self, name)}")
        if self.corner_noise and self.lattice_noise:
            raise ValueError("expected corner_noise or lattice_noise, got both: a picture has one theta")
        if min(self.out_size) < 1:
            raise ValueError(f"expected a positive out_size (H, W), got {self.out_size}")


R = Distortion("R", out_size=(28, 28), max_angle=math.pi / 2)
RTS = Distortion("RTS", out_size=(42, 42), max_angle=math.pi / 4, scale=(0.7, 1.2), placed=True)
# 28 x 28 as R, since the paper's networks pool after RTS and TC only. The smaller digit leaves room: of P 1.2 % of the
# embedded digits' ink leaves the frame (4 % of them lose more than a tenth of theirs), of E 0.002 %.
P = Distortion("P", out_size=(28, 28), max_angle=0.0, scale=(0.75, 1.0), corner_noise=5.0)
E = Distortion("E", out_size=(28, 28), max_angle=0.0, scale=(0.75, 1.0), lattice_noise=1.5)
TC = Distortion("TC", out_size=(60, 60), max_angle=0.0, placed=True, patches=6)
# Not from the paper: the digit with a wider margin, and moved a little. 40 halves evenly three times.
CENTRED = Distortion("centred", out_size=(40, 40), max_angle=0.0)
SHIFTED = Distortion("shifted", out_size=(40, 40), max_angle=0.0, max_shift=4.0)
DISTORTIONS = {recipe.name: recipe for recipe in (R, RTS, P, E, TC, CENTRED, SHIFTED)}


def distort(
    images: Tensor, kind: str | Distortion = "RTS", *, generator: torch.Generator, others: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Turn, scale and place a batch of digits, each in its own way; then pull, bend or clutter it, if the kind says so.

    Convention:
        theta maps OUTPUT to INPUT in normalised (x, y), ``align_corners=False``: it is what an ST would have
        to *undo*. A positive angle turns the digit counter-clockwise on the screen. Outside is black.
        Corners and lattices move after the scaling, in pixels of the output; see `stn_lib.data.warps`.

    Args:
        images: (N, C, H, W) float.
        kind: ``"R"``, ``"RTS"``, ``"P"``, ``"E"``, ``"TC"`` or a `Distortion` of your own.
        generator: where all randomness comes from.
        others: (M, C, H, W), the digits that clutter is cut from, where the kind has any; the batch itself if None.
            A digit is never cluttered with itself.

    Returns:
        The distorted images (N, C, *out_size), and theta: (N, 2, 3); with corner noise, as in P, a homography
        (N, 3, 3); with lattice noise, as in E, the sources (N, 16, 2) of a spline's control points.

    Raises:
        ValueError: for an unknown kind, images that are no batch of pictures, or clutter without other digits.
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
    recipe = _recipe(kind)
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
    out = F.grid_sample(images, _grid(theta, (*images.shape[:2], *recipe.out_size)), align_corners=False)
    if recipe.patches:
        out = clutter(out, images, images if others is None else others, recipe.patches, generator=generator)
    return out, theta


def random_theta(recipe: Distortion, batch: int, in_size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Draw (batch, 2, 3) matrices theta of a recipe, noise left out, for pictures of in_size (H, W); see `distort`."""
    low, high = recipe.scale
    draw = torch.rand(4, batch, generator=generator)
    angle = (2 * draw[0] - 1) * recipe.max_angle
    scale = low + (high - low) * draw[1]
    cos, sin = angle.cos(), angle.sin()
    height, width = recipe.out_size
    if recipe.placed:
        # Half the side of the upright square round the turned and scaled ink: the room left is for the place.
        reach = INK / 2 * scale * (cos.abs() + sin.abs())
        room = torch.stack([width / 2 - reach, height / 2 - reach]).clamp(min=0)
    else:
        room = torch.full((2, batch), recipe.max_shift)
    if recipe.patches:  # whole pixels, each equally likely
        room = room.floor()
        shift = ((2 * draw[2:] - 1) * (room + 0.5)).round().clamp(-room, room)
    else:
        shift = (2 * draw[2:] - 1) * room
    # In pixels from the centres: source = turn (target - shift) / scale.
    turn = torch.stack([cos, -sin, sin, cos], 1).view(batch, 2, 2) / scale[:, None, None]
    shift = -turn @ shift.T[:, :, None]
    to_unit = 2 / torch.tensor([in_size[1], in_size[0]]).view(1, 2, 1)
    from_unit = torch.tensor([width, height, 2]) / 2
    return torch.cat([turn, shift], 2) * to_unit * from_unit


def _grid(theta: Tensor, size: tuple[int, int, int, int]) -> Tensor:
    """The sampling grid of any theta that `distort` returns."""
    if theta.shape[2] == 2:
        return tps_grid(theta, size)
    return projective_grid(theta, size) if theta.shape[1] == 3 else affine_grid(theta, size)


def _recipe(kind: str | Distortion) -> Distortion:
    if isinstance(kind, Distortion):
        return kind
    if kind not in DISTORTIONS:
        raise ValueError(f"expected kind in {sorted(DISTORTIONS)} or a Distortion, got {kind!r}")
    return DISTORTIONS[kind]
