"""Check `bilinear(image, x, y)`: the value between four pixels.

Convention: pixel coordinates count from 0, with centres at integers; outside is 0.

Args: image: float64 (H, W); x, y: floats in pixels, also far outside.
Returns: A number. `grid_sample` is not allowed.

Example:
    >>> bilinear(lambda image, x, y: 0.0).passed
    False

Source: Jaderberg et al. 2015, equation 5.
"""

import math

from torch import Tensor

from stn_lib.exercises.ch05_sampling import faulty_samplers as faulty
from stn_lib.exercises.ch05_sampling import random_points as points
from stn_lib.exercises.ch05_sampling.faulty_samplers import variants, xy_exchanged
from stn_lib.exercises.framework import Misconception, exercise


def _by_ceil(image: Tensor, x: float, y: float) -> float:
    """The far neighbours by `ceil`, with weights ceil − x and x − floor."""
    rows, left, top, right, bottom = image.tolist(), math.floor(x), math.floor(y), math.ceil(x), math.ceil(y)
    columns, lines = ((left, right - x), (right, x - left)), ((top, bottom - y), (bottom, y - top))
    return sum(v * u * faulty.zero(rows, i, j) for i, v in lines for j, u in columns)


def _over_weights_inside(image: Tensor, x: float, y: float) -> float:
    """Divided by the weights of the neighbours that are inside."""
    weight = faulty.interpolate(image * 0 + 1, x, y)
    return faulty.interpolate(image, x, y) / weight if weight else 0.0


bilinear = exercise(
    __name__,
    number="5.1",
    cases=lambda generator: points.random_points(generator, points.INSIDE + points.EDGE + points.FAR),
    oracle=points.torch_value("bilinear"),
    oracle_name="torch's `grid_sample`",
    forbidden=points.READY_SAMPLERS,
    misconceptions={
        "weights_crossed": Misconception(
            "The weights are crossed. A pixel's weight is the area of the rectangle opposite to it: the nearer the "
            "pixel, the larger its weight. The left column gets 1 − (x − x0), the right one x − x0, and the rows "
            "likewise with y.",
            *variants(
                faulty.interpolate,
                "weights",
                *faulty.CROSSED_WEIGHTS,
                lambda u, v: (1 - v, 1 - u),
            ),
        ),
        "xy_swapped": Misconception(points.XY, *xy_exchanged(faulty.interpolate)),
        "counted_from_one": Misconception(points.COUNTED, *faulty.counted_from_one(faulty.interpolate)),
        "y_upwards": Misconception(points.Y_UP, faulty.upside_down(faulty.interpolate)),
        "one_axis": Misconception(
            "You interpolate along one axis only. Interpolate along x in two rows, then along y between the results.",
            *variants(faulty.interpolate, "weights", lambda u, v: (u, 0.0), lambda u, v: (0.0, v)),
            *variants(faulty.interpolate, "weights", lambda u, v: (u, 0.5), lambda u, v: (0.5, v)),
            *variants(faulty.interpolate, "weights", lambda u, v: (u, round(v)), lambda u, v: (round(u), v)),
        ),
        "truncated": Misconception(
            "`int()` rounds towards 0: −0.3 becomes 0, while the pixel to the left of −0.3 is −1. Use `math.floor`.",
            *variants(faulty.interpolate, "floor", math.trunc),
        ),
        "last_row_lost": Misconception(
            points.LAST,
            *variants(faulty.interpolate, "read", faulty.lose_last),
            faulty.inside_only(0, closed=False),
            faulty.inside_only(-1, closed=False),
        ),
        "rim_lost": Misconception(points.RIM, faulty.inside_only(0, closed=True), faulty.inside_only(-1, closed=True)),
        "padding_ignored": Misconception(points.CLAMP, *variants(faulty.interpolate, "read", faulty.clamp)),
        "wraps": Misconception(
            points.WRAP,
            *variants(faulty.interpolate, "read", faulty.wrap, faulty.raw, faulty.wrap_negative, faulty.clamp_far),
        ),
        "rounded": Misconception(
            "Your value is that of one pixel: you round the point. Interpolate between the four pixels around it.",
            faulty.nearest,
            *variants(faulty.nearest, "round_", lambda t: math.floor(t + 0.5)),
            *variants(faulty.nearest, "round_", math.floor, math.ceil, int),
        ),
        "ceil_on_a_pixel": Misconception(
            "If a coordinate is a whole number, `floor` and `ceil` are the same pixel and both weights become 0. Take "
            "floor(x) and floor(x) + 1.",
            _by_ceil,
        ),
        "plain_mean": Misconception(
            "You take the mean of the four neighbours, wherever the point is. Weight each by the area of the opposite rectangle.",
            *variants(faulty.interpolate, "weights", lambda u, v: (0.5, 0.5)),
        ),
        "smoothstep": Misconception(
            "You bend the weights, as with `smoothstep` or a cosine. Bilinear weights are straight: x − x0 and 1 − (x − x0).",
            *variants(
                faulty.interpolate,
                "weights",
                lambda u, v: (u * u * (3 - 2 * u), v * v * (3 - 2 * v)),
                lambda u, v: ((1 - math.cos(math.pi * u)) / 2, (1 - math.cos(math.pi * v)) / 2),
            ),
        ),
        "rows_added": Misconception(
            "You weight along one axis and add the two results. They need weights along the other axis, too: 1 − (y − y0) for "
            "the upper row, y − y0 for the lower one, and likewise with x.",
            *(
                lambda image, x, y, half=half: 2 * half(image, x, y)
                for half in variants(faulty.interpolate, "weights", lambda u, v: (u, 0.5), lambda u, v: (0.5, v))
            ),
        ),
        "lines_combined": Misconception(
            "You interpolate once along x and once along y, at pixel x0 or y0, and combine both. Interpolate along x in BOTH "
            "rows, then along y between these two results.",
            *(
                lambda image, x, y, both=both: both(
                    faulty.interpolate(image, x, math.floor(y)), faulty.interpolate(image, math.floor(x), y)
                )
                for both in (lambda a, b: a * b, lambda a, b: (a + b) / 2, lambda a, b: a + b)
            ),
        ),
        "mirrored": Misconception(
            "Outside, you mirror the image. Here a neighbour outside is 0.",
            *variants(faulty.interpolate, "read", faulty.mirror, faulty.mirror_with_edge),
        ),
        "half_a_pixel": Misconception(
            "You move the point by half a pixel. Here pixel centres are at whole numbers: use x and y as they are.",
            lambda image, x, y: faulty.interpolate(image, x - 0.5, y - 0.5),
            lambda image, x, y: faulty.interpolate(image, x + 0.5, y + 0.5),
        ),
        "first_row_lost": Misconception(
            "You lose the first row and column: an index of 0 is inside. Test `0 <= index < size` for each of the four neighbours.",
            *variants(faulty.interpolate, "read", faulty.lose_first),
        ),
        "weights_inside": Misconception(
            "You divide by the weights of the neighbours inside. A neighbour outside counts as a pixel of value 0, with its weight.",
            _over_weights_inside,
        ),
    },
    core_name=points.CORE_NAME,
)
