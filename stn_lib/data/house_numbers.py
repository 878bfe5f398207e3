"""House numbers that need no download: a few real digits in a row, small, somewhere on a large canvas."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib._registry import look_up
from stn_lib.data.digit_struct import NO_DIGIT
from stn_lib.data.digits import BOX, SIDE, DigitsSplit
from stn_lib.grid import affine_grid

HELD_OUT_SEED = 20151207  # arbitrary, but it must never change: stored results depend on these held-out images

PITCH = 16  # pixels from one digit of a row to the next, where a digit is `BOX` high
GLYPH = 16  # pixels that a typical digit is wide there
ASPECT = (0.8, 1.0)  # a digit's width is stretched by this factor
MAX_ANGLE = math.radians(8)
MAX_SLANT = 0.25  # pixels by which a stroke leans to one side, for each pixel upwards
CONTRAST = (0.6, 1.0)  # share of the way from background to white
WALL = 0.4  # the brightest background
NOISE = 0.03  # standard deviation of each pixel's noise
PART = 100  # held-out images that are drawn at a time


class Scene(NamedTuple):
    """What all images of one kind have in common.

    Args:
        canvas: (H, W) of an image, in pixels.
        longest: digits of the longest number.
        height: the smallest and the largest height of a digit, in pixels of the canvas.
        crop: (H, W) of a window, in pixels of the canvas, that holds the longest number when it is not rotated.
        blocks: bars and rectangles on the wall.
    """

    canvas: tuple[int, int]
    longest: int
    height: tuple[float, float]
    crop: tuple[int, int]
    blocks: int


#: ``"small"`` is that of chapter 10, whose networks are trained on the page in a minute.
SCENES = {
    "small": Scene((64, 64), longest=2, height=(10.0, 14.0), crop=(20, 28), blocks=4),
    "large": Scene((128, 128), longest=5, height=(8.0, 16.0), crop=(24, 64), blocks=8),
}


def find_scene(name: str) -> Scene:
    """Return a scene of `SCENES`.

    Raises:
        ValueError: for an unknown name; it suggests the nearest one.
    """
    return look_up("scene", name, SCENES)


class HouseNumbers(NamedTuple):
    """Images of numbers.

    Args:
        images: (N, 1, *canvas), in [0, 1].
        labels: (N, longest) int64, the digits from left to right, then `NO_DIGIT`.
        boxes: (N, 2, 3), the theta that samples the number's box: it maps the corners (±1, ±1) of an output to those of
            the box, normalised. No network of the course is trained with it.
    """

    images: Tensor
    labels: Tensor
    boxes: Tensor


def house_batch(split: DigitsSplit, size: int, scene: str = "large", *, generator: torch.Generator) -> HouseNumbers:
    """Draw `size` numbers of training digits in a scene of `SCENES`; the state of the generator decides the next batch.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> batch = house_batch(load_digits_split(), 8, generator=torch.Generator().manual_seed(0))
        >>> tuple(batch.images.shape), batch.labels[0].tolist()
        ((8, 1, 128, 128), [6, 4, 7, 4, 10])

    Chapter: 10
    """
    return draw_numbers(split.train_images, split.train_labels, size, scene, generator=generator)


def house_held_out(split: DigitsSplit, count: int = 2000, scene: str = "large") -> HouseNumbers:
    """Draw `count` numbers of held-out digits in a scene of `SCENES`; every call returns the same ones.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> tuple(house_held_out(load_digits_split(), 5).labels.shape)
        (5, 5)

    Chapter: 10
    """
    generator = torch.Generator().manual_seed(HELD_OUT_SEED)
    # In parts, because a canvas takes some temporary copies: five numbers are also the first five of two thousand.
    parts = [
        draw_numbers(split.test_images, split.test_labels, PART, scene, generator=generator)
        for _ in range(math.ceil(count / PART))
    ]
    return HouseNumbers(*(torch.cat(fields)[:count] for fields in zip(*parts, strict=True)))


def draw_numbers(
    digits: Tensor, labels: Tensor, count: int, scene: str = "large", *, generator: torch.Generator
) -> HouseNumbers:
    """Draw numbers of one digit or more, each at a random place on a wall of its own.

    Convention:
        All lengths are equally likely, and so are all `digits`. A number is stretched and slanted, then rotated and
        scaled, then put where its box is whole on the canvas; each of these is uniform in its range. The wall is a
        smooth random brightness with bars and rectangles of 2 to 64 pixels a side on it, up to `WALL`. The number is
        brighter: it is blended with white.

    Args:
        digits: (M, 1, 28, 28), from 0 (background) to 1 (foreground).
        labels: (M,), their classes.
        count: how many numbers.
        scene: a name in `SCENES`.
        generator: the only source of randomness.

    Returns:
        `HouseNumbers`, on the device of the digits.

    Source: the form of the answers is that of Goodfellow et al., Multi-digit Number Recognition, 2014.
    Chapter: 10
    """
    drawn = find_scene(scene)
    chosen = torch.randint(len(digits), (count, drawn.longest), generator=generator)
    length = torch.randint(1, drawn.longest + 1, (count,), generator=generator)
    shown = torch.arange(drawn.longest) < length[:, None]
    theta, boxes = _place(length, drawn, generator)
    contrast, wall = _uniform(CONTRAST, (count, 1, 1, 1), generator), _wall(count, drawn, generator)
    noise = NOISE * torch.randn(wall.shape, generator=generator)
    theta, boxes, contrast, wall, noise, shown, chosen = (
        part.to(digits.device) for part in (theta, boxes, contrast, wall, noise, shown, chosen)
    )
    row = _row(digits[chosen] * shown[:, :, None, None, None])
    number = F.grid_sample(row, affine_grid(theta, wall.shape), align_corners=False)
    images = torch.lerp(wall, torch.ones_like(wall), contrast * number).add_(noise).clamp_(0, 1)
    return HouseNumbers(images, labels[chosen].where(shown, NO_DIGIT), boxes)


def _row(digits: Tensor) -> Tensor:
    """Put the digits (N, longest, 1, 28, 28) side by side, each `PITCH` pixels from the one before."""
    longest = digits.shape[1]
    row = digits.new_zeros(len(digits), 1, SIDE, SIDE + (longest - 1) * PITCH)
    for place in range(longest):
        cell = row[..., place * PITCH : place * PITCH + SIDE]
        torch.maximum(cell, digits[:, place], out=cell)  # where the margins of two digits overlap
    # The canvas shows the row at 0.4 to 0.8 of its size. Without a mean, it would leave out every second pixel. This one
    # has its centre between the pixels, so the row moves by half a pixel; `_place` moves it back.
    return F.avg_pool2d(row, 2, stride=1)


def _place(length: Tensor, scene: Scene, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw where numbers of these lengths are.

    Returns:
        The theta (N, 2, 3) that maps the canvas to the row of digits, and that of the box.
    """
    count = len(length)
    size = _uniform(scene.height, (count,), generator) / BOX  # pixels of the canvas for a pixel of the row
    angle = _uniform((-MAX_ANGLE, MAX_ANGLE), (count,), generator)
    slant = _uniform((-MAX_SLANT, MAX_SLANT), (count,), generator)
    aspect = _uniform(ASPECT, (count,), generator)
    cos, sin, one, zero = angle.cos(), angle.sin(), torch.ones(count), torch.zeros(count)
    rotate = torch.stack([cos, sin, -sin, cos], 1).view(-1, 2, 2)  # counter-clockwise: y points down
    stretch = torch.stack([aspect, -slant, zero, one], 1).view(-1, 2, 2) * size[:, None, None]

    # All in pixels from the centre of the canvas. The columns of `box` are half of its sides.
    half = torch.stack([aspect * ((length - 1) * PITCH + GLYPH) / 2, one * BOX / 2], 1) * size[:, None]
    box = rotate * half[:, None, :]
    canvas = torch.tensor([scene.canvas[1], scene.canvas[0]]) / 2
    room = canvas - 1 - box.abs().sum(2)
    centre = (room * _uniform((-1, 1), (count, 2), generator))[:, :, None]

    row = torch.tensor([SIDE + (scene.longest - 1) * PITCH - 1, SIDE - 1]) / 2  # half its sides
    middle = torch.stack([(length - 1) * PITCH / 2 + (SIDE - 1) / 2, one * (SIDE - 1) / 2], 1)
    back = torch.linalg.inv(rotate @ stretch)
    shift = (middle - row)[:, :, None] - back @ centre
    theta = torch.cat([back * canvas, shift], 2) / row[:, None]
    return theta, torch.cat([box, centre], 2) / canvas[:, None]


def _wall(count: int, scene: Scene, generator: torch.Generator) -> Tensor:
    """Draw backgrounds: a smooth brightness, then bars and rectangles of one grey each on it."""
    coarse = torch.rand(count, 1, 4, 4, generator=generator)
    wall = WALL * F.interpolate(coarse, scene.canvas, mode="bilinear", align_corners=True)
    extent = torch.exp2(_uniform((1, 6), (count, scene.blocks, 2), generator))
    middle = torch.tensor(scene.canvas) * torch.rand(count, scene.blocks, 2, generator=generator)
    first = (middle - extent / 2).round().clamp(min=0).long()
    last = (middle + extent / 2).round().long()
    grey = WALL * torch.rand(count, scene.blocks, generator=generator)
    # numpy fills a few small rectangles in a fraction of the time that torch takes to compare all pixels.
    for canvas, *blocks in zip(wall[:, 0].numpy(), first.tolist(), last.tolist(), grey.tolist(), strict=True):
        for (top, left), (bottom, right), brightness in zip(*blocks, strict=True):
            canvas[top:bottom, left:right] = brightness
    return wall


def _uniform(limits: tuple[float, float], shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    low, high = limits
    return low + (high - low) * torch.rand(shape, generator=generator)
