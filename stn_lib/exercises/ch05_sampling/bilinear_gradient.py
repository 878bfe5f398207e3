"""Check `bilinear_gradient(image, x, y)`: the derivatives (∂V/∂x, ∂V/∂y) of the bilinear value.

Convention: as in exercise 5.1; on a pixel centre the derivative to the right and below, as torch's.

Args: image: float64 (H, W); x, y: floats in pixels, also far outside.
Returns: Two numbers, for one pixel. Autograd and `grid_sample` are not allowed.

Example:
    >>> bilinear_gradient(lambda image, x, y: (0.0, 0.0)).misconception
    'zero'

Source: Jaderberg et al. 2015, equation 7, corrected.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.ch05_sampling import faulty_samplers as faulty
from stn_lib.exercises.ch05_sampling import random_points as points
from stn_lib.exercises.ch05_sampling.faulty_samplers import variants, xy_exchanged
from stn_lib.exercises.framework import AUTOGRAD, Misconception, exercise


def _torch_gradient(image: Tensor, x: float, y: float) -> Tensor:
    point = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(points.torch_sample(image, point[0], point[1], "bilinear"), point)[0]


def _slope(
    image: Tensor,
    x: float,
    y: float,
    *,
    read: faulty.ReadPixel = faulty.zero,
    floor: Callable[[float], int] = math.floor,
    step: Callable[[float, float], float] = lambda far, near: far - near,
    mix: Callable[[float, float, float], float] = lambda t, near, far: (1 - t) * near + t * far,
) -> tuple[float, float]:
    """The gradient of bilinear interpolation: correct with the defaults, wrong if one of them is replaced."""
    rows, left, top = image.tolist(), floor(x), floor(y)
    a, b = read(rows, top, left), read(rows, top, left + 1)
    c, d = read(rows, top + 1, left), read(rows, top + 1, left + 1)
    u, v = x - left, y - top
    return mix(v, step(b, a), step(d, c)), mix(u, step(c, a), step(d, b))


def _slope_crossed_axes(image: Tensor, x: float, y: float) -> tuple[float, float]:
    """Each derivative weighted by the fraction of its own axis in place of the other's."""
    rows, left, top = image.tolist(), math.floor(x), math.floor(y)
    a, b, c, d = (faulty.zero(rows, top + i, left + j) for i in (0, 1) for j in (0, 1))
    u, v = x - left, y - top
    return (1 - u) * (b - a) + u * (d - c), (1 - v) * (c - a) + v * (d - b)


def _slope_literal(image: Tensor, x: float, y: float) -> tuple[float, float]:
    """The paper's equation 7 taken literally: on a pixel centre only one neighbour remains in the sum."""

    def sign(n: int, t: float) -> float:
        return 0.0 if abs(n - t) >= 1 else (1.0 if n >= t else -1.0)

    dx = dy = 0.0
    for i, row in enumerate(image.tolist()):
        for j, value in enumerate(row):
            dx += value * max(0.0, 1 - abs(y - i)) * sign(j, x)
            dy += value * max(0.0, 1 - abs(x - j)) * sign(i, y)
    return dx, dy


def _slope_before(image: Tensor, x: float, y: float) -> tuple[float, float]:
    """The derivative to the left and above: on a pixel centre the interpolation changes."""
    return _slope(image, x, y, floor=lambda t: math.ceil(t) - 1)


def _slope_between(image: Tensor, x: float, y: float) -> tuple[float, float]:
    """The mean of the derivatives on both sides, as a central difference gives it."""
    sides = zip(_slope(image, x, y), _slope_before(image, x, y), strict=True)
    return tuple((after + before) / 2 for after, before in sides)


def _inside(image: Tensor, x: float, y: float, closed: bool) -> bool:
    height, width = image.shape
    if closed:
        return 0 <= x <= width - 1 and 0 <= y <= height - 1
    return 0 <= x < width - 1 and 0 <= y < height - 1


bilinear_gradient = exercise(
    __name__,
    number="5.2",
    cases=lambda generator: points.random_points(generator, points.INSIDE + points.EDGE + points.FAR),
    oracle=_torch_gradient,
    oracle_name="autograd through torch's `grid_sample`",
    forbidden=(*AUTOGRAD, *points.READY_SAMPLERS),
    misconceptions={
        "order_swapped": Misconception(
            "You exchanged the two derivatives: give (∂V/∂x, ∂V/∂y), x first.",
            lambda image, x, y: _slope(image, x, y)[::-1],
        ),
        "sign_flipped": Misconception(
            "The sign is wrong: a step to the right moves weight from the left pixel to the right one, so the "
            "derivative is right minus left, and below minus above.",
            *(
                lambda image, x, y, a=a, b=b: (a * _slope(image, x, y)[0], b * _slope(image, x, y)[1])
                for a, b in ((-1, -1), (-1, 1), (1, -1))
            ),
        ),
        "equation_literal": Misconception(
            "On a pixel centre you give a pixel's value in place of a difference: that is the paper's equation 7 "
            "taken literally. Two neighbours count there, too: take the derivative to the right, with x0 = floor(x).",
            _slope_literal,
        ),
        "other_side": Misconception(
            "On a pixel centre the derivative has two sides, and torch takes the one to the right and below: x0 = "
            "floor(x). You take the other side, or the mean of both, as a central difference does.",
            _slope_before,
            _slope_between,
        ),
        "per_unit": Misconception(
            "Your slopes are for one unit of a normalised coordinate, or the other way round. Give them for one pixel: no "
            "factor of W / 2 or H / 2.",
            *(
                lambda image, x, y, f=f: tuple(
                    f(n) * part for n, part in zip(image.shape[::-1], _slope(image, x, y), strict=True)
                )
                for f in (lambda n: n / 2, lambda n: 2 / n, lambda n: float(n), lambda n: (n - 1) / 2)
            ),
        ),
        "sum_not_difference": Misconception(
            "You add the neighbours. A derivative is a difference: right minus left, below minus above.",
            *variants(_slope, "step", lambda far, near: far + near),
        ),
        "unweighted": Misconception(
            "The differences are not weighted. ∂V/∂x combines the difference of the upper row, weight 1 − (y − y0), "
            "with that of the lower row, weight y − y0; ∂V/∂y likewise.",
            *variants(
                _slope,
                "mix",
                lambda t, near, far: near,
                lambda t, near, far: near + far,
                lambda t, near, far: (near + far) / 2,
            ),
        ),
        "weights_crossed": Misconception(
            "The weights are crossed. ∂V/∂x is weighted by the position in y, and the nearer row has the larger "
            "weight: 1 − (y − y0) above, y − y0 below.",
            *variants(_slope, "mix", lambda t, near, far: t * near + (1 - t) * far),
            _slope_crossed_axes,
        ),
        "zero": Misconception(
            "Your derivative is always 0: that is the derivative of rounding. Differentiate the interpolation between four pixels.",
            lambda image, x, y: (0.0, 0.0),
        ),
        "padding_ignored": Misconception(
            "At the border your derivative ignores the 0 outside. A neighbour outside counts as a pixel of value 0 in "
            "every difference; test each neighbour on its own.",
            *variants(
                _slope,
                "read",
                faulty.clamp,
                faulty.wrap,
                faulty.raw,
                faulty.wrap_negative,
                faulty.clamp_far,
                faulty.lose_last,
            ),
            *(
                lambda image, x, y, closed=closed: _slope(image, x, y) if _inside(image, x, y, closed) else (0.0, 0.0)
                for closed in (True, False)
            ),
        ),
        "xy_swapped": Misconception(points.XY, *xy_exchanged(_slope)),
        "counted_from_one": Misconception(points.COUNTED, *faulty.counted_from_one(_slope)),
        "truncated": Misconception(
            "`int()` rounds towards 0: −0.3 becomes 0, while the pixel to the left of −0.3 is −1. Use `math.floor`.",
            *variants(_slope, "floor", math.trunc),
        ),
        "halved": Misconception(
            "Your derivatives are half as large. Neighbouring pixels are 1 apart, not 2: do not divide their difference by 2.",
            lambda image, x, y: tuple(part / 2 for part in _slope(image, x, y)),
        ),
        "magnitudes": Misconception(
            "You lose the sign. A derivative is negative where the value falls: right minus left, without `abs`.",
            lambda image, x, y: tuple(abs(part) for part in _slope(image, x, y)),
            *variants(_slope, "step", lambda far, near: abs(far - near)),
        ),
        "value_returned": Misconception(
            "You return the value V, too. Give the two derivatives alone: (∂V/∂x, ∂V/∂y).",
            lambda image, x, y: (faulty.interpolate(image, x, y), *_slope(image, x, y)),
            lambda image, x, y: (*_slope(image, x, y), faulty.interpolate(image, x, y)),
        ),
        "coarse_difference": Misconception(
            "You take the difference of two values of V that are one or two pixels apart. The slope AT the point comes from the four "
            "pixels around it.",
            lambda image, x, y: (
                faulty.interpolate(image, x + 1, y) - faulty.interpolate(image, x, y),
                faulty.interpolate(image, x, y + 1) - faulty.interpolate(image, x, y),
            ),
            lambda image, x, y: (
                (faulty.interpolate(image, x + 1, y) - faulty.interpolate(image, x - 1, y)) / 2,
                (faulty.interpolate(image, x, y + 1) - faulty.interpolate(image, x, y - 1)) / 2,
            ),
        ),
    },
    core_name=points.CORE_NAME,
)
