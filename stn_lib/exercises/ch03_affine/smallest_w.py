"""Check `smallest_w(theta)`: the smallest w of a projective theta over the square from −1 to 1.

Convention: w = g x + h y + i with the third row (g, h, i), i positive. The horizon, w = 0, is outside the square if the
smallest w is positive.

Args: theta: float64 (3, 3).
Returns: A number.

Example:
    >>> smallest_w(lambda theta: theta[2].sum()).misconception
    'one_corner'
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import random_tenth
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(10):
        theta = torch.tensor(
            [[random_tenth(generator, -9, 9) for _ in range(3)] for _ in range(3)], dtype=torch.float64
        )
        signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))[k % 4]
        # g and h differ in size, and the third number is not 1
        theta[2] = torch.tensor(
            [signs[0] * random_tenth(generator, 1, 4), signs[1] * random_tenth(generator, 5, 8), 1.2 + k / 10]
        )
        cases.append(Case({"theta": theta}))
    return cases


def _row(function: Callable[[float, float, float], float]) -> Callable[[Tensor], Tensor]:
    return lambda theta: torch.tensor(function(*theta[2].tolist()), dtype=torch.float64)


def _corners(theta: Tensor) -> Tensor:
    corners = torch.tensor([[x, y, 1.0] for x in (-1, 1) for y in (-1, 1)], dtype=theta.dtype)
    return (corners @ theta[2]).min()


smallest_w = exercise(
    __name__,
    number="3.5",
    cases=_cases,
    oracle=_corners,
    oracle_name="the smallest w of the four corners",
    misconceptions={
        "one_corner": Misconception(
            "You use one fixed corner. Which corner is closest to the horizon depends on the signs of g and h.",
            _row(lambda g, h, i: g + h + i),
            _row(lambda g, h, i: i - g - h),
            _row(lambda g, h, i: i + g - h),
            _row(lambda g, h, i: i - g + h),
        ),
        "centre": Misconception(
            "That is w at the centre of the image. At a corner g x + h y is added.", _row(lambda g, h, i: i)
        ),
        "largest": Misconception(
            "That is the LARGEST w, at the corner farthest from the horizon.", _row(lambda g, h, i: i + abs(g) + abs(h))
        ),
        "one_axis": Misconception(
            "You use the middle of a side. At a corner both g and h count.",
            _row(lambda g, h, i: i - abs(g)),
            _row(lambda g, h, i: i - abs(h)),
            _row(lambda g, h, i: i - max(abs(g), abs(h))),
        ),
        "last_is_one": Misconception(
            "You take the last number of theta to be 1. It can be another number.",
            _row(lambda g, h, i: 1 - abs(g) - abs(h)),
            _row(lambda g, h, i: 1 - (abs(g) + abs(h)) / i),
        ),
        "column_for_row": Misconception(
            "You use the third COLUMN, which holds the shift. w comes from the third row.",
            lambda theta: theta[2, 2] - theta[:2, 2].abs().sum(),
            lambda theta: _corners(theta.T),
        ),
    },
)
