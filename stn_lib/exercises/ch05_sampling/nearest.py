"""Check `nearest(image, x, y)`: the value of the nearest pixel.

Convention: as in exercise 5.1; halves go to the even neighbour, as torch's.

Args: image: float64 (H, W); x, y: floats in pixels, also far outside.
Returns: A number. `grid_sample` is not allowed.

Example:
    >>> nearest(lambda image, x, y: ...)
    Exercise 5.3 waits for you. Replace the line `raise NotImplementedError` with your own code, \
then run the cell again.

Source: Jaderberg et al. 2015, equation 4, with torch's rounding.
"""

import math
from collections.abc import Callable

from torch import Tensor

from stn_lib.exercises.ch05_sampling import faulty_samplers as faulty
from stn_lib.exercises.ch05_sampling import random_points as points
from stn_lib.exercises.ch05_sampling.faulty_samplers import variants, xy_exchanged
from stn_lib.exercises.framework import Misconception, exercise


def _inside_first(image: Tensor, x: float, y: float) -> float:
    """0 if the point itself, before rounding, is beyond the outermost centres."""
    height, width = image.shape
    return faulty.nearest(image, x, y) if 0 <= x <= width - 1 and 0 <= y <= height - 1 else 0.0


def _two_rules(round_x: Callable[[float], int], round_y: Callable[[float], int]) -> Callable[..., float]:
    """Each coordinate rounded in its own way."""
    return lambda image, x, y: faulty.zero(image.tolist(), round_y(y), round_x(x))


nearest = exercise(
    __name__,
    number="5.3",
    cases=lambda generator: points.random_points(generator, points.HALF + points.INSIDE[:8] + points.EDGE + points.FAR),
    oracle=points.torch_value("nearest"),
    oracle_name="torch's `grid_sample` with mode nearest",
    forbidden=points.READY_SAMPLERS,
    misconceptions={
        "half_up": Misconception(
            "You round halves up, as the paper does: floor(x + 0.5). torch rounds halves to the even neighbour: 0.5 "
            "to 0, 1.5 and 2.5 to 2. Python's `round` does the same.",
            *variants(faulty.nearest, "round_", lambda t: math.floor(t + 0.5)),
        ),
        "truncated": Misconception(
            "`int()` rounds towards 0: 1.9 becomes 1, and −0.9 becomes 0. Round to the nearest integer.",
            *variants(faulty.nearest, "round_", int),
        ),
        "half_truncated": Misconception(
            "`int(x + 0.5)` rounds halves up, and below 0 it rounds towards 0: −0.9 becomes 0. torch rounds to the "
            "nearest integer, halves to the even one, as Python's `round` does.",
            *variants(faulty.nearest, "round_", lambda t: int(t + 0.5)),
        ),
        "half_down": Misconception(
            "You round halves down: ceil(x − 0.5). torch rounds halves to the even neighbour: 0.5 to 0, 1.5 and 2.5 to 2. "
            "Python's `round` does the same.",
            *variants(faulty.nearest, "round_", lambda t: math.ceil(t - 0.5)),
        ),
        "floored": Misconception(
            "`floor` always takes the pixel to the left, `ceil` the one to the right, even if the other one is nearer. Round "
            "to the nearest integer.",
            *variants(faulty.nearest, "round_", math.floor, math.ceil),
        ),
        "counted_from_one": Misconception(
            points.COUNTED,
            *faulty.counted_from_one(faulty.nearest),
            *variants(faulty.nearest, "read", faulty.one_before),
        ),
        "rim_lost": Misconception(
            "You test the point before you round it: −0.3 is outside, but its nearest pixel is 0. Round first, then test the "
            "integers.",
            _inside_first,
        ),
        "xy_swapped": Misconception(points.XY, *xy_exchanged(faulty.nearest)),
        "padding_ignored": Misconception(points.CLAMP, *variants(faulty.nearest, "read", faulty.clamp)),
        "wraps": Misconception(
            points.WRAP,
            *variants(faulty.nearest, "read", faulty.wrap, faulty.raw, faulty.wrap_negative, faulty.clamp_far),
        ),
        "last_row_lost": Misconception(points.LAST, *variants(faulty.nearest, "read", faulty.lose_last)),
        "interpolated": Misconception(
            "You interpolate between four pixels. Here the point takes the value of one pixel: the nearest.",
            faulty.interpolate,
        ),
        "two_rules": Misconception(
            "You round x in one way and y in another. Round both to the nearest integer, halves to the even one.",
            *(
                _two_rules(*pair)
                for other in (math.floor, int, lambda t: math.floor(t + 0.5))
                for pair in ((round, other), (other, round))
            ),
        ),
        "first_row_lost": Misconception(
            "You lose the first row and column: an index of 0 is inside. Test `0 <= index < size` on both axes.",
            *variants(faulty.nearest, "read", faulty.lose_first),
        ),
    },
    core_name=points.CORE_NAME,
)
