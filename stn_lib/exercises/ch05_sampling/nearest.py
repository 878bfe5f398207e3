"""Check `nearest(image, x, y)`: the value of the nearest pixel.

Convention: as in exercise 5.1; halves go to the even neighbour, as torch's.

Args: image: float64 (H, W); x, y: floats.
Returns: A number.

Example:
    >>> nearest(lambda image, x, y: ...)
    Exercise 5.3 waits for you. Replace the line `raise NotImplementedError` with your own code, \
then run the cell again.

Source: Jaderberg et al. 2015, equation 4, with torch's rounding.
"""

import math

from stn_lib.exercises.ch05_sampling import faulty_samplers as faulty
from stn_lib.exercises.ch05_sampling import random_points as points
from stn_lib.exercises.ch05_sampling.faulty_samplers import variants, xy_exchanged
from stn_lib.exercises.framework import Misconception, exercise

nearest = exercise(
    __name__,
    number="5.3",
    cases=lambda generator: points.random_points(generator, points.HALF + points.INSIDE[:8] + points.EDGE + points.FAR),
    oracle=points.torch_value("nearest"),
    oracle_name="torch's `grid_sample` with mode nearest",
    misconceptions={
        "half_up": Misconception(
            "You round halves up, as the paper does: floor(x + 0.5). torch rounds halves to the even neighbour: 0.5 "
            "to 0, 1.5 and 2.5 to 2. Python's `round` does the same.",
            *variants(faulty.nearest, "round_", lambda t: math.floor(t + 0.5)),
        ),
        "truncated": Misconception(
            "`int()` rounds towards 0: 1.9 becomes 1, and −0.9 becomes 0. Round to the nearest integer.",
            *variants(faulty.nearest, "round_", int, lambda t: int(t + 0.5)),
        ),
        "floored": Misconception(
            "`floor` takes the pixel to the left, even if the right one is nearer. Round to the nearest integer.",
            *variants(faulty.nearest, "round_", math.floor),
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
    },
    core_name=points.CORE_NAME,
)
