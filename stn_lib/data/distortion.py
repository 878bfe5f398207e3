"""Distortions of digits: the paper's (turned: R; turned, scaled and placed: RTS), and chapter 1's."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib.grid import affine_grid

INK = 22.0  # side in pixels of the square round the centre of a 28 x 28 digit that holds all of its ink


@dataclass(frozen=True)
class Distortion:
    """A recipe: the ranges that a random turn, size and place are drawn from, uniformly.

    Args:
        name: what the book calls it.
        out_size: (H, W) of the distorted picture in pixels.
        max_angle: turns are drawn from [-max_angle, max_angle], in radians.
        scale: (smallest, largest) size against the original, pixel for pixel.
        placed: whether the digit may stand anywhere in the picture where it fits whole.
        max_shift: where it is not placed, shifts to each side are drawn from [-max_shift, max_shift], in pixels.

    Source: Jaderberg et al. 2015, section 4.1.
    """

    name: str
    out_size: tuple[int, int]
    max_angle: float
    scale: tuple[float, float] = (1.0, 1.0)
    placed: bool = False
    max_shift: float = 0.0

    def __post_init__(self):
        low, high = self.scale
        if not 0 < low <= high:
            raise ValueError(f"expected scale (low, high) with 0 < low <= high, got {self.scale}")
        if not 0 <= self.max_angle <= math.pi:
            raise ValueError(f"expected max_angle in [0, pi] radians, got {self.max_angle}: degrees?")
        if not 0 <= self.max_shift < math.inf or (self.placed and self.max_shift):
            raise ValueError(f"expected max_shift >= 0, and 0 with placed=True, got {self.max_shift}")
        if min(self.out_size) < 1:
            raise ValueError(f"expected a positive out_size (H, W), got {self.out_size}")


R = Distortion("R", out_size=(28, 28), max_angle=math.pi / 2)
RTS = Distortion("RTS", out_size=(42, 42), max_angle=math.pi / 4, scale=(0.7, 1.2), placed=True)
# Not from the paper: the digit with a wider margin, and moved a little. 40 halves evenly three times.
CENTRED = Distortion("centred", out_size=(40, 40), max_angle=0.0)
SHIFTED = Distortion("shifted", out_size=(40, 40), max_angle=0.0, max_shift=4.0)
DISTORTIONS = {recipe.name: recipe for recipe in (R, RTS, CENTRED, SHIFTED)}


def distort(images: Tensor, kind: str | Distortion = "RTS", *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Turn, scale and place a batch of digits, each in its own way.

    Convention:
        theta maps OUTPUT to INPUT in normalised (x, y), ``align_corners=False``: it is what an ST would have
        to *undo*. A positive angle turns the digit counter-clockwise on the screen. Outside is black.

    Args:
        images: (N, C, H, W) float.
        kind: ``"R"``, ``"RTS"`` or a `Distortion` of your own.
        generator: where all randomness comes from.

    Returns:
        The distorted images (N, C, *out_size), and theta (N, 2, 3).

    Raises:
        ValueError: for an unknown kind, or images that are no batch of pictures.
        TypeError: for images that are not of a floating dtype.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> out, theta = distort(torch.rand(5, 1, 28, 28, generator=g), "RTS", generator=g)
        >>> tuple(out.shape), tuple(theta.shape)
        ((5, 1, 42, 42), (5, 2, 3))

    Source: Jaderberg et al. 2015, section 4.1.
    Chapter: 7
    """
    recipe = _recipe(kind)
    if images.ndim != 4:
        raise ValueError(f"expected images of shape (N, C, H, W), got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise TypeError(f"expected float images in [0, 1], got {images.dtype}: divide by 255 first")
    theta = random_theta(recipe, len(images), tuple(images.shape[-2:]), generator).to(images.dtype)
    grid = affine_grid(theta, (len(images), images.shape[1], *recipe.out_size), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False), theta


def random_theta(recipe: Distortion, batch: int, in_size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Draw (batch, 2, 3) matrices theta of a recipe, for pictures of in_size (H, W); see `distort`."""
    low, high = recipe.scale
    draw = torch.rand(4, batch, generator=generator)
    angle = (2 * draw[0] - 1) * recipe.max_angle
    scale = low + (high - low) * draw[1]
    cos, sin = angle.cos(), angle.sin()
    height, width = recipe.out_size
    if recipe.placed:
        # Half the side of the upright square round the turned and scaled ink: the room left is for the place.
        reach = INK / 2 * scale * (cos.abs() + sin.abs())
        shift_x = (2 * draw[2] - 1) * (width / 2 - reach).clamp(min=0)
        shift_y = (2 * draw[3] - 1) * (height / 2 - reach).clamp(min=0)
    else:
        shift_x, shift_y = (2 * draw[2:] - 1) * recipe.max_shift
    # In pixels from the centres: source = turn (target - shift) / scale.
    turn = torch.stack([cos, -sin, sin, cos], 1).view(batch, 2, 2) / scale[:, None, None]
    shift = -turn @ torch.stack([shift_x, shift_y], 1)[:, :, None]
    to_unit = 2 / torch.tensor([in_size[1], in_size[0]]).view(1, 2, 1)
    from_unit = torch.tensor([width, height, 2]) / 2
    return torch.cat([turn, shift], 2) * to_unit * from_unit


def _recipe(kind: str | Distortion) -> Distortion:
    if isinstance(kind, Distortion):
        return kind
    if kind not in DISTORTIONS:
        raise ValueError(f"expected kind in {sorted(DISTORTIONS)} or a Distortion, got {kind!r}")
    return DISTORTIONS[kind]
