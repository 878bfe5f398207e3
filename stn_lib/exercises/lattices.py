"""The exercises about grids: where pixel centres lie, in which units, and what a picture that is not square does to them.

Convention: sizes are (H, W), points (x, y); pixels count from 0 with their centres at whole numbers; -1 and 1 are the
outer edges of the picture, or with `align_corners` the centres of its outermost pixels. The oracle is torch's affine_grid.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.attempt import Case
from stn_lib.exercises.draw import draw_integer, draw_size
from stn_lib.exercises.frame import Exercise, Misconception


def _draw_grids(generator: torch.Generator) -> list[Case]:
    return [Case({"size": draw_size(generator, 2, 6), "align_corners": k % 2 == 1}) for k in range(10)]


def _torch_grid(size: tuple[int, int], align_corners: bool) -> Tensor:
    identity = torch.eye(2, 3, dtype=torch.float64)[None]
    return F.affine_grid(identity, (1, 1, *size), align_corners=align_corners)[0]


def _by_axis(axis: Callable[[Tensor, int, bool], Tensor]) -> Callable[[tuple[int, int], bool], Tensor]:
    """A base grid from a rule for one axis: indices (n,), n and the convention to coordinates."""

    def grid(size: tuple[int, int], align_corners: bool) -> Tensor:
        height, width = size
        x, y = (axis(torch.arange(n, dtype=torch.float64), n, align_corners) for n in (width, height))
        return torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=-1)

    return grid


def _aligned(index: Tensor, n: int) -> Tensor:
    return 2 * index / (n - 1) - 1


_ALWAYS_EDGES = "You leave `align_corners` out: with True, −1 and 1 are the CENTRES of the outermost pixels."
_ALWAYS_CENTRES = (
    "Your −1 and 1 are centres always. With `align_corners=False` they are the outer EDGES of the picture."
)
_EXCHANGED = "You have the two conventions the wrong way round: True puts −1 and 1 on pixel CENTRES, False on EDGES."


def _conventions(function: Callable[..., Tensor]) -> tuple[Misconception, ...]:
    """The three ways to miss a last argument `align_corners`."""
    return (
        Misconception("always_edges", _ALWAYS_EDGES, (lambda *a: function(*a[:-1], False),)),
        Misconception("always_centres", _ALWAYS_CENTRES, (lambda *a: function(*a[:-1], True),)),
        Misconception("conventions_exchanged", _EXCHANGED, (lambda *a: function(*a[:-1], not a[-1]),)),
    )


BASE_GRID = Exercise(
    "4.1",
    "base_grid",
    _draw_grids,
    _torch_grid,
    "torch's affine_grid of the identity",
    (
        *_conventions(_torch_grid),
        Misconception(
            "row_before_column",
            "Your last axis is (row, column). A grid holds points, and points are (x, y): first to the right, then down.",
            (lambda size, align: _torch_grid(size, align).flip(-1),),
        ),
        Misconception(
            "sizes_exchanged",
            "Height and width are exchanged: a size is (H, W), so the grid has H rows and W columns.",
            (lambda size, align: _torch_grid(size[::-1], align),),
        ),
        Misconception(
            "half_a_pixel",
            "Your points lie on the edges between pixels, half a pixel off. The centre of pixel k is k + ½ pixels from the left edge.",
            (
                _by_axis(lambda k, n, align: _aligned(k, n) if align else 2 * k / n - 1),
                _by_axis(lambda k, n, align: _aligned(k, n) if align else 2 * (k + 1) / n - 1),
                _by_axis(lambda k, n, align: 2 * k / n - 1),
            ),
        ),
        Misconception(
            "zero_to_one",
            "Your coordinates run from 0 to 1. Here they run from −1 to 1, with 0 in the middle.",
            (lambda size, align: (_torch_grid(size, align) + 1) / 2,),
        ),
        Misconception(
            "y_upwards",
            "Your y points upwards. Rows count downwards, so the first row is at the smallest y.",
            (lambda size, align: _torch_grid(size, align) * torch.tensor([1.0, -1.0], dtype=torch.float64),),
        ),
        Misconception(
            "pixels",
            "These are pixel indices. Bring them to the units from −1 to 1.",
            (_by_axis(lambda k, n, align: k), _by_axis(lambda k, n, align: k + 1)),
        ),
    ),
)


def _draw_points(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(10):
        # 0.0137: no point falls on a pixel or halfway between two, where rounding errors would decide what floor says
        points = torch.randint(-13, 14, (3, 2), generator=generator).double() / 10 + 0.0137
        cases.append(Case({"points": points, "size": draw_size(generator, 3, 9), "align_corners": k % 2 == 1}))
    return cases


def _line(side: int, align_corners: bool) -> np.ndarray:
    """Slope and start of the line through torch's pixel centres."""
    centres = _torch_grid((side, side), align_corners)[0, :, 0].numpy()
    return np.polyfit(centres, np.arange(side), 1)


def _to_pixel(points: Tensor, size: tuple[int, int], align_corners: bool) -> Tensor:
    height, width = size
    lines = [_line(width, align_corners), _line(height, align_corners)]
    return torch.stack([points[:, k] * slope + start for k, (slope, start) in enumerate(lines)], dim=1)


def _scaled(points: Tensor, size: tuple[int, int], less: float, shift: float) -> Tensor:
    sides = torch.tensor([size[1], size[0]], dtype=torch.float64) - less
    return (points + 1) * sides / 2 + shift


TO_PIXEL = Exercise(
    "4.2",
    "to_pixel",
    _draw_points,
    _to_pixel,
    "the line through torch's pixel centres",
    (
        *_conventions(_to_pixel),
        Misconception(
            "sizes_exchanged",
            "You scale x with the height. x runs along a row, so it belongs to the WIDTH, which is the second of (H, W).",
            (lambda points, size, align: _to_pixel(points, size[::-1], align),),
        ),
        Misconception(
            "half_a_pixel",
            "Without `align_corners` −1 is the left EDGE of pixel 0, which lies at −½: take half a pixel away.",
            (
                lambda points, size, align: _to_pixel(points, size, True) if align else _scaled(points, size, 0, 0),
                lambda points, size, align: _scaled(points, size, 0, 0),
            ),
        ),
        Misconception(
            "counted_from_one",
            "You count pixels from 1. Here, as in all code, the first is pixel 0.",
            (lambda points, size, align: _to_pixel(points, size, align) + 1,),
        ),
        Misconception(
            "rounded",
            "You round. A point between two pixels stays there: that is what the sampler is for.",
            (
                lambda points, size, align: _to_pixel(points, size, align).round(),
                lambda points, size, align: _to_pixel(points, size, align).floor(),
                lambda points, size, align: _to_pixel(points, size, align).trunc(),
            ),
        ),
        Misconception(
            "zero_to_one",
            "You treat the coordinates as if they ran from 0 to 1. They run from −1 to 1: add 1, then halve.",
            (
                lambda points, size, align: _to_pixel(2 * points - 1, size, align),
                lambda points, size, align: _to_pixel(2 * points + 1, size, align),
            ),
        ),
        Misconception(
            "row_before_column",
            "You return (row, column). Points are (x, y).",
            (lambda points, size, align: _to_pixel(points, size, align).flip(1),),
        ),
    ),
)


def _draw_turns(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        height, width = draw_size(generator, 8, 40)
        angle = draw_integer(generator, 2, 14) / 10 * (-1) ** k
        cases.append(Case({"angle": angle, "size": (height, 2 * width + height % 2)}))
    return cases


def _turned(angle: float, size: tuple[int, int], *, upper: float = 1.0, lower: float = -1.0) -> Tensor:
    """A rotation whose sines are multiplied by powers of H / W: `upper` at the upper right, `lower` at the lower left."""
    ratio = size[0] / size[1]
    cos, sin = math.cos(angle), math.sin(angle)
    rows = [[cos, -sin * ratio**upper, 0.0], [sin * ratio**lower, cos, 0.0]]
    return torch.tensor(rows, dtype=torch.float64)


def _conjugated(angle: float, size: tuple[int, int]) -> Tensor:
    """To pixels, turned there by torch's matrix exponential, and back."""
    scale = torch.diag(torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64))
    turn = torch.linalg.matrix_exp(torch.tensor([[0.0, -angle], [angle, 0.0]], dtype=torch.float64))
    linear = torch.linalg.inv(scale) @ turn @ scale
    return torch.cat([linear, torch.zeros(2, 1, dtype=torch.float64)], dim=1)


def _about_the_first_pixel(angle: float, size: tuple[int, int]) -> Tensor:
    theta = _conjugated(angle, size)
    first = torch.tensor([1 / size[1] - 1, 1 / size[0] - 1], dtype=torch.float64)
    theta[:, 2] = first - theta[:, :2] @ first
    return theta


def _with(**options: Any) -> Callable[[float, tuple[int, int]], Tensor]:
    return lambda angle, size: _turned(angle, size, **options)


PIXEL_ROTATION = Exercise(
    "4.3",
    "pixel_rotation",
    _draw_turns,
    _conjugated,
    "turning in pixels, by torch's matrix exponential",
    (
        Misconception(
            "shears",
            "You turn the units from −1 to 1. A unit is longer along the longer side, so that shears the picture.",
            (_with(upper=0, lower=0),),
        ),
        Misconception(
            "ratio_upside_down",
            "The ratio is upside down. x_s takes y, in units of H / 2, and needs units of W / 2: times H / W.",
            (_with(upper=-1, lower=1),),
        ),
        Misconception(
            "one_sine_only",
            "One of the sines is right. Both need the ratio: H / W at the upper right, W / H at the lower left.",
            (_with(lower=0), _with(upper=0), _with(upper=1, lower=1), _with(upper=-1, lower=-1)),
        ),
        Misconception(
            "other_way",
            "It turns the other way. The minus belongs to the upper right.",
            (lambda angle, size: _turned(-angle, size),),
        ),
        Misconception(
            "about_the_first_pixel",
            "It turns about the first pixel, so theta has a shift. The units have their 0 in the centre: no shift is needed.",
            (_about_the_first_pixel,),
        ),
        Misconception(
            "ratio_on_the_diagonal",
            "The ratio is on the diagonal, too. cos takes x to x and y to y, where the units agree.",
            (
                lambda angle, size: (
                    torch.diag(torch.tensor([size[0] / size[1], 1.0], dtype=torch.float64))
                    @ _turned(angle, size, upper=0, lower=0)
                ),
                lambda angle, size: (
                    torch.diag(torch.tensor([1.0, size[1] / size[0]], dtype=torch.float64))
                    @ _turned(angle, size, upper=0, lower=0)
                ),
                lambda angle, size: (
                    _turned(angle, size, upper=0, lower=0)
                    @ torch.diag(torch.tensor([size[1] / size[0], 1.0, 1.0], dtype=torch.float64))
                ),
            ),
        ),
    ),
)
