"""Check `smallest_w(theta)`: the smallest w of a projective theta over the square from −1 to 1.

Convention: w = g x + h y + i with the third row (g, h, i), i positive. The horizon, w = 0, is outside the square if the
smallest w is positive; if it is inside, the smallest w is negative.

Args: theta: float64 (3, 3).
Returns: A number.

Example:
    >>> smallest_w(lambda theta: theta[2].sum()).misconception
    'one_corner'
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import random_tenth
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(14):
        theta = torch.tensor(
            [[random_tenth(generator, -9, 9) for _ in range(3)] for _ in range(3)], dtype=torch.float64
        )
        signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))[k % 4]
        # g and h differ in size, and the third number is not 1. In every third case the horizon is inside the square.
        last = 0.2 + k / 100 if k % 3 == 2 else 1.2 + k / 10
        theta[2] = torch.tensor(
            [signs[0] * random_tenth(generator, 1, 4), signs[1] * random_tenth(generator, 5, 8), last]
        )
        cases.append(Case({"theta": theta}))
    return cases


def _row(function: Callable[[float, float, float], float]) -> Callable[[Tensor], Tensor]:
    return lambda theta: torch.tensor(function(*theta[2].tolist()), dtype=torch.float64)


def _at_corners(theta: Tensor) -> Tensor:
    corners = torch.tensor([[x, y, 1.0] for x in (-1, 1) for y in (-1, 1)], dtype=theta.dtype)
    return corners @ theta[2]


def _corners(theta: Tensor) -> Tensor:
    return _at_corners(theta).min()


smallest_w = exercise(
    __name__,
    number="8.2",
    cases=_cases,
    oracle=_corners,
    oracle_name="the smallest w of the four corners",
    misconceptions={
        "absolute": Misconception(
            "You take the smallest |w|. If the horizon is inside the image, w is negative beyond it: keep the sign.",
            lambda theta: _at_corners(theta).abs().min(),
            lambda theta: _corners(theta).abs(),
        ),
        "clamped": Misconception(
            "You return 0 if the horizon is inside the image. Return the smallest w itself, which is negative then.",
            lambda theta: _corners(theta).clamp(min=0),
        ),
        "one_corner": Misconception(
            "You use one fixed corner. Which corner is closest to the horizon depends on the signs of g and h.",
            _row(lambda g, h, i: g + h + i),
            _row(lambda g, h, i: i - g - h),
            _row(lambda g, h, i: i + g - h),
            _row(lambda g, h, i: i - g + h),
        ),
        "negated": Misconception(
            "Your number has the wrong sign: w is positive where the horizon is outside the image.",
            lambda theta: -_corners(theta),
        ),
        "centre": Misconception(
            "That is w at the centre of the image. At a corner g x + h y is added.", _row(lambda g, h, i: i)
        ),
        "without_last": Misconception(
            "The last number of the third row is missing: w = g x + h y + i.", _row(lambda g, h, i: -abs(g) - abs(h))
        ),
        "smallest_entry": Misconception(
            "That is the smallest NUMBER of the third row. Compute w = g x + h y + i at a point.",
            _row(lambda g, h, i: min(g, h, i)),
        ),
        "largest": Misconception(
            "That is the LARGEST w, at the corner farthest from the horizon.", _row(lambda g, h, i: i + abs(g) + abs(h))
        ),
        "one_axis": Misconception(
            "You use the middle of a side. At a corner both g and h count.",
            _row(lambda g, h, i: i - abs(g)),
            _row(lambda g, h, i: i - abs(h)),
            _row(lambda g, h, i: i - max(abs(g), abs(h))),
            _row(lambda g, h, i: i - min(abs(g), abs(h))),
        ),
        "unit_square": Misconception(
            "Your corners run from 0 to 1. The square runs from −1 to 1.",
            _row(lambda g, h, i: i + min(0.0, g) + min(0.0, h)),
        ),
        "all_rows": Misconception(
            "You take the smallest of all three mapped coordinates. w is the third one alone.",
            lambda theta: (
                theta @ torch.tensor([[x, y, 1.0] for x in (-1, 1) for y in (-1, 1)], dtype=theta.dtype).T
            ).min(),
        ),
        "sign_in_difference": Misconception(
            "You subtract the larger of g and h with its sign. Both count, each with the sign that makes w smaller: |g| + |h|.",
            _row(lambda g, h, i: i - max(g, h)),
            _row(lambda g, h, i: i + min(g, h)),
        ),
        "distance": Misconception(
            "You use the length of (g, h), as for a circle around the centre. On the square the corner is the worst point: "
            "subtract |g| + |h|.",
            _row(lambda g, h, i: i - math.hypot(g, h)),
            _row(lambda g, h, i: i / math.hypot(g, h)),
        ),
        "signs_of_sum": Misconception(
            "You subtract |g + h|. If g and h have different signs they cancel there; at a corner both count: |g| + |h|.",
            _row(lambda g, h, i: i - abs(g + h)),
        ),
        "divided": Misconception(
            "You divide by the last number of theta. That is w of another multiple of theta; the exercise asks for g x + h y + i.",
            _row(lambda g, h, i: 1 - (abs(g) + abs(h)) / i),
        ),
        "last_is_one": Misconception(
            "You take the last number of theta to be 1. It can be another number.",
            _row(lambda g, h, i: 1 - abs(g) - abs(h)),
        ),
        "column_for_row": Misconception(
            "You use the third COLUMN, which holds the shift. w comes from the third row.",
            lambda theta: theta[2, 2] - theta[:2, 2].abs().sum(),
        ),
        "half_square": Misconception(
            "Your corners are at −½ and ½. The square runs from −1 to 1.",
            _row(lambda g, h, i: i - (abs(g) + abs(h)) / 2),
        ),
        "other_row": Misconception(
            "You use another row of theta. The first row gives x, the second y; w comes from the THIRD, `theta[2]`.",
            *(lambda theta, row=row: theta[row, 2] - theta[row, :2].abs().sum() for row in (0, 1)),
        ),
    },
)
