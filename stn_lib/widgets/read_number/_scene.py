"""The house numbers of the explorable: those of `stn_lib.data.house_numbers`, at a chosen place on one of a few walls.

`scene.js` is its twin.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib.data.digits import BOX, SIDE, sample_digits
from stn_lib.data.house_numbers import GLYPH, NOISE, PITCH, WALL, find_scene
from stn_lib.grid import affine_grid
from stn_lib.widgets._noise import hash_noise

SCENE = find_scene("large")
SIZE = SCENE.canvas[0]
WALLS, WALL_SEED = 4, 10
ASPECT = 0.9  # the middle of the training numbers' range
CONTRAST = 0.8  # the same


class Place(NamedTuple):
    """Where a number is: its middle, in pixels right and down of the canvas's middle; its height in pixels; its rotation
    in degrees, counter-clockwise.
    """

    x: float
    y: float
    height: float
    angle: float


def draw_walls() -> list[dict[str, list]]:
    """The walls as plain numbers: the brightness at 4 × 4 points, and blocks (top, left, bottom, right, brightness)."""
    random = torch.Generator().manual_seed(WALL_SEED)
    walls = []
    for _ in range(WALLS):
        extent = torch.exp2(1 + 5 * torch.rand(SCENE.blocks, 2, generator=random))
        middle = SIZE * torch.rand(SCENE.blocks, 2, generator=random)
        first, last = (middle - extent / 2).round().clamp(min=0), (middle + extent / 2).round().clamp(max=SIZE)
        grey = (WALL * torch.rand(SCENE.blocks, generator=random)).tolist()
        corners = torch.cat([first, last], 1).int().tolist()
        coarse = (WALL * torch.rand(16, generator=random)).tolist()
        blocks = [[*corner, round(value, 3)] for corner, value in zip(corners, grey, strict=True)]
        walls.append({"coarse": [round(value, 3) for value in coarse], "blocks": blocks})
    return walls


def wall_image(wall: dict[str, Any]) -> Tensor:
    """A wall (H, W) without noise."""
    coarse = torch.tensor(wall["coarse"]).view(1, 1, 4, 4)
    image = F.interpolate(coarse, (SIZE, SIZE), mode="bilinear", align_corners=True)[0, 0]
    for top, left, bottom, right, grey in wall["blocks"]:
        image[top:bottom, left:right] = grey
    return image


def noise() -> Tensor:
    """The noise (H, W) of every canvas."""
    return hash_noise(SIZE * SIZE, NOISE).view(SIZE, SIZE)


def half_width(length: int, height: float) -> float:
    """Half the width of a number of so many digits, in pixels of the canvas."""
    return ASPECT * ((length - 1) * PITCH + GLYPH) / 2 * height / BOX


def row_theta(length: int, place: Place) -> Tensor:
    """The theta (2, 3) that maps the canvas to the row of digits, of which the number is the first `length`."""
    angle, size = math.radians(place.angle), place.height / BOX
    cos, sin = math.cos(angle), math.sin(angle)
    back = torch.tensor([[cos / ASPECT, -sin / ASPECT], [sin, cos]], dtype=torch.float64) / size
    row = torch.tensor([SIDE + (SCENE.longest - 1) * PITCH - 1, SIDE - 1], dtype=torch.float64) / 2
    middle = torch.tensor([((length - 1) * PITCH + SIDE - 1) / 2, (SIDE - 1) / 2], dtype=torch.float64)
    shift = middle - row - back @ torch.tensor([place.x, place.y], dtype=torch.float64)
    return torch.cat([back * SIZE / 2, shift[:, None]], 1) / row[:, None]


def draw_number(number: str, place: Place, wall: dict[str, Any], glyphs: Tensor | None = None) -> Tensor:
    """A number on a wall, (1, 1, H, W).

    Args:
        number: its digits.
        place: where it is.
        wall: one of `draw_walls`.
        glyphs: the digits 0 to 9, (10, 1, 28, 28); those of `sample_digits` if None.
    """
    glyphs = sample_digits() if glyphs is None else glyphs
    row = glyphs.new_zeros(1, 1, SIDE, SIDE + (SCENE.longest - 1) * PITCH)
    for k, digit in enumerate(number):
        cell = row[..., k * PITCH : k * PITCH + SIDE]
        torch.maximum(cell, glyphs[int(digit)], out=cell)
    theta = row_theta(len(number), place)[None].float()
    shown = F.grid_sample(F.avg_pool2d(row, 2, 1), affine_grid(theta, (1, 1, SIZE, SIZE)), align_corners=False)
    ground = wall_image(wall)
    return (torch.lerp(ground, torch.ones_like(ground), CONTRAST * shown) + noise()).clamp(0, 1)
