"""The exercises that read one point of a picture: what is asked, torch's answer, and what goes wrong.

Convention: pictures are float64 tensors (H, W); a point is (x, y) in pixels, 0-based, with pixel centres at
integers; outside reads 0. The oracles are torch's sampler and its autograd.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises import draw, wrong
from stn_lib.exercises.frame import Exercise, Misconception

_INSIDE = [("between", "between")] * 12 + [("on", "between"), ("between", "on")] * 4 + [("on", "on")] * 2
_EDGE = [
    ("last", "between"),
    ("between", "last"),
    ("last", "last"),
    ("before", "between"),
    ("between", "before"),
    ("after", "between"),
    ("between", "after"),
    ("before", "after"),
    ("before", "before"),
    ("after", "after"),
] * 2
_FAR = [("far_before", "between"), ("between", "far_after"), ("far_after", "before"), ("after", "far_before")]
_HALF = [("half", "half"), ("half", "between"), ("between", "half")] * 6

_OUTSIDE = "Inside the picture"

# torch's sampler at a pixel coordinate. The picture lies in the corner of an 8×8 canvas of zeros: with a
# power of two the way to normalised coordinates and back rounds nothing, and lattice points stay exact.
_CANVAS = 8


def _torch_sample(image: Tensor, x: Tensor, y: Tensor, mode: str) -> Tensor:
    height, width = image.shape
    canvas = F.pad(image, (0, _CANVAS - width, 0, _CANVAS - height))
    grid = (2 * torch.stack([x, y]) + 1) / _CANVAS - 1
    out = F.grid_sample(canvas[None, None], grid.view(1, 1, 1, 2), mode=mode, align_corners=False)
    return out.reshape(())


def _torch_value(mode: str) -> Callable[[Tensor, float, float], Tensor]:
    def value(image: Tensor, x: float, y: float) -> Tensor:
        point = torch.tensor([x, y], dtype=torch.float64)
        return _torch_sample(image, point[0], point[1], mode)

    return value


def _torch_gradient(image: Tensor, x: float, y: float) -> Tensor:
    point = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(_torch_sample(image, point[0], point[1], "bilinear"), point)[0]


def variants(function: Callable[..., Any], name: str, *values: Any, **fixed: Any) -> tuple[Callable, ...]:
    """One wrong function for each value of an option."""

    def variant(value: Any) -> Callable[..., Any]:
        return lambda *args, **kwargs: function(*args, **kwargs, **fixed, **{name: value})

    return tuple(variant(value) for value in values)


def _exchanged(function: Callable[..., Any], name: str = "read") -> tuple[Callable, ...]:
    """x and y exchanged: the point, or the index alone, or the sizes alone."""
    turned = (lambda image, x, y: function(image, y, x),)
    return turned + variants(function, name, wrong.exchanged, wrong.exchanged_bounds)


_WRAP = Misconception(
    "wraps",
    "An index of −1 is Python's last pixel, so the picture wraps round. Read 0 wherever an index is below 0 "
    "or beyond the last row or column.",
    (),
)
_CLAMP = Misconception(
    "padding_ignored",
    "Your picture goes on outside: the index is clamped to the border. Here outside reads 0, so a neighbour "
    "outside adds nothing.",
    (),
)
_XY = Misconception(
    "xy_swapped",
    "x and y are exchanged. x counts columns and y counts rows, so the pixel is `image[y, x]`, and "
    "`image.shape` is (H, W).",
    (),
)
_LAST = Misconception(
    "last_row_lost",
    "The last row and column are lost: a coordinate of exactly W − 1 or H − 1 is still inside. Test "
    "`0 <= index < size` for each of the four neighbours.",
    (),
)
_RIM = Misconception(
    "rim_lost",
    "A point less than one pixel outside still has neighbours inside. Test each neighbour in place of the "
    "point: only the neighbours outside read 0.",
    (),
)


def _with(misconception: Misconception, *functions: Callable[..., Any]) -> Misconception:
    return Misconception(misconception.key, misconception.sentence, functions)


def _lost(function: Callable[..., Any]) -> tuple[Callable, ...]:
    return variants(function, "read", wrong.lose_last)


BILINEAR = Exercise(
    "5.1",
    "bilinear",
    lambda g: draw.draw_points(g, _INSIDE + _EDGE + _FAR),
    _torch_value("bilinear"),
    "torch's `grid_sample`",
    (
        Misconception(
            "weights_crossed",
            "The weights are crossed. A pixel's weight is the area of the rectangle opposite to it: the "
            "nearer the pixel, the larger. The left column takes 1 − (x − x0), the right one x − x0, and "
            "the rows likewise with y.",
            variants(
                wrong.blend,
                "weights",
                lambda u, v: (1 - u, 1 - v),
                lambda u, v: (v, u),
                lambda u, v: (1 - u, v),
                lambda u, v: (u, 1 - v),
                lambda u, v: (1 - v, 1 - u),
            ),
        ),
        _with(_XY, *_exchanged(wrong.blend)),
        Misconception(
            "truncated",
            "`int()` cuts towards 0: −0.3 becomes 0, while the pixel to the left of −0.3 is −1. Use `math.floor`.",
            variants(wrong.blend, "floor", math.trunc),
        ),
        _with(
            _LAST, *_lost(wrong.blend), wrong.inside_only(0, 0, closed=False), wrong.inside_only(-1, 0, closed=False)
        ),
        _with(_RIM, wrong.inside_only(0, 0, closed=True), wrong.inside_only(-1, 0, closed=True)),
        _with(_CLAMP, *variants(wrong.blend, "read", wrong.clamp)),
        _with(_WRAP, *variants(wrong.blend, "read", wrong.wrap, wrong.raw, wrong.wrap_negative, wrong.clamp_far)),
        Misconception(
            "rounded",
            "Your value is that of one pixel: the point is rounded. Blend the four pixels around it.",
            (
                wrong.nearest,
                *variants(wrong.nearest, "round_", lambda t: math.floor(t + 0.5)),
                *variants(wrong.nearest, "round_", math.floor),
            ),
        ),
    ),
    plain=_OUTSIDE,
)

GRADIENT = Exercise(
    "5.2",
    "bilinear_gradient",
    lambda g: draw.draw_points(g, _INSIDE + _EDGE),
    _torch_gradient,
    "autograd through torch's `grid_sample`",
    (
        Misconception(
            "order_swapped",
            "The two slopes are exchanged: give (∂V/∂x, ∂V/∂y), the slope along the columns first.",
            (lambda image, x, y: wrong.slope(image, x, y)[::-1],),
        ),
        Misconception(
            "sign_flipped",
            "The sign is wrong: moving to the right takes weight from the left pixel and gives it to the "
            "right one, so the slope is right minus left, and below minus above.",
            tuple(
                lambda image, x, y, a=a, b=b: (a * wrong.slope(image, x, y)[0], b * wrong.slope(image, x, y)[1])
                for a, b in ((-1, -1), (-1, 1), (1, -1))
            ),
        ),
        Misconception(
            "equation_literal",
            "On a lattice point you give a pixel's value in place of a difference: that is the paper's "
            "equation 7 read word for word. Two neighbours stay there too: take the slope to the right, "
            "with x0 = floor(x).",
            (wrong.slope_literal,),
        ),
        Misconception(
            "other_side",
            "On a lattice point the slope has two sides, and torch takes the one to the right and below: "
            "x0 = floor(x). You take the other side, or the mean of both, as a central difference does.",
            (wrong.slope_before, wrong.slope_between),
        ),
        Misconception(
            "sum_not_difference",
            "You add the neighbours. A slope is a difference: right minus left, below minus above.",
            variants(wrong.slope, "step", lambda far, near: far + near),
        ),
        Misconception(
            "unweighted",
            "The differences are not weighted. ∂V/∂x blends the difference of the upper row, weight "
            "1 − (y − y0), with that of the lower row, weight y − y0; and ∂V/∂y likewise.",
            variants(
                wrong.slope,
                "mix",
                lambda t, near, far: near,
                lambda t, near, far: near + far,
                lambda t, near, far: (near + far) / 2,
            ),
        ),
        Misconception(
            "weights_crossed",
            "The weights are crossed. ∂V/∂x is weighted by where the point lies in y, and the nearer row "
            "has the larger weight: 1 − (y − y0) above, y − y0 below.",
            (*variants(wrong.slope, "mix", lambda t, near, far: t * near + (1 - t) * far), wrong.slope_crossed_axes),
        ),
        Misconception(
            "zero",
            "Your slope is always 0: that is the derivative of rounding. Differentiate the blend of four pixels.",
            (lambda image, x, y: (0.0, 0.0),),
        ),
        Misconception(
            "padding_ignored",
            "At the border your slope does not go down to the 0 outside. A neighbour outside counts as a "
            "pixel of value 0, in every difference; test each neighbour on its own.",
            (
                *variants(
                    wrong.slope,
                    "read",
                    wrong.clamp,
                    wrong.wrap,
                    wrong.raw,
                    wrong.wrap_negative,
                    wrong.clamp_far,
                    wrong.lose_last,
                ),
                *(
                    lambda image, x, y, closed=closed: (
                        wrong.slope(image, x, y) if _inside(image, x, y, closed) else (0.0, 0.0)
                    )
                    for closed in (True, False)
                ),
            ),
        ),
        _with(_XY, *_exchanged(wrong.slope)),
    ),
    plain=_OUTSIDE,
)


def _inside(image: Tensor, x: float, y: float, closed: bool) -> bool:
    height, width = image.shape
    if closed:
        return 0 <= x <= width - 1 and 0 <= y <= height - 1
    return 0 <= x < width - 1 and 0 <= y < height - 1


NEAREST = Exercise(
    "5.3",
    "nearest",
    lambda g: draw.draw_points(g, _HALF + _INSIDE[:8] + _EDGE + _FAR),
    _torch_value("nearest"),
    "torch's `grid_sample` with mode nearest",
    (
        Misconception(
            "half_up",
            "You round halves up, as the paper does: floor(x + 0.5). torch rounds halves to the even "
            "neighbour: 0.5 to 0, 1.5 and 2.5 to 2. Python's `round` does the same.",
            variants(wrong.nearest, "round_", lambda t: math.floor(t + 0.5)),
        ),
        Misconception(
            "truncated",
            "`int()` cuts towards 0: 1.9 becomes 1, and −0.9 becomes 0. Round to the nearest integer.",
            variants(wrong.nearest, "round_", int, lambda t: int(t + 0.5)),
        ),
        Misconception(
            "floored",
            "`floor` takes the pixel to the left, even if the right one is nearer. Round to the nearest integer.",
            variants(wrong.nearest, "round_", math.floor),
        ),
        _with(_XY, *_exchanged(wrong.nearest)),
        _with(_CLAMP, *variants(wrong.nearest, "read", wrong.clamp)),
        _with(_WRAP, *variants(wrong.nearest, "read", wrong.wrap, wrong.raw, wrong.wrap_negative, wrong.clamp_far)),
        _with(_LAST, *_lost(wrong.nearest)),
        Misconception(
            "interpolated",
            "You blend four pixels. Here the point takes the value of one pixel: the nearest.",
            (wrong.blend,),
        ),
    ),
    plain=_OUTSIDE,
)
