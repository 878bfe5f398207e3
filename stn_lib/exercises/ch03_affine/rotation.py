"""Check `rotation(angle)`: the theta that rotates the content counter-clockwise on the screen.

Convention: [[cos, −sin, 0], [sin, cos, 0]], as `stn_lib.transforms.rotation`.

Args: angle: a number, in radians.
Returns: theta, float64 (2, 3).

Example:
    >>> def clockwise(angle):
    ...     angle = torch.tensor(angle, dtype=torch.float64)
    ...     c, s, o = angle.cos(), angle.sin(), 0 * angle
    ...     return torch.stack([c, s, o, -s, c, o]).view(2, 3)
    >>> rotation(clockwise).misconception
    'other_way'
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import join, random_tenth
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    return [Case({"angle": random_tenth(generator, low, low + 12)}) for low in (1, 16, -13, -29, 2, -14, 17, -28)]


def _exponential(angle: float) -> Tensor:
    skew = torch.tensor([[0.0, -angle], [angle, 0.0]], dtype=torch.float64)
    return join(torch.linalg.matrix_exp(skew))


def _matrix(entries: Callable[[float, float], list[list[float]]]) -> Callable[[float], Tensor]:
    """The theta whose entries are functions of cos and sin."""
    return lambda angle: join(torch.tensor(entries(math.cos(angle), math.sin(angle)), dtype=torch.float64))


rotation = exercise(
    __name__,
    number="3.1",
    cases=_cases,
    oracle=_exponential,
    oracle_name="torch's matrix exponential of a rotation",
    misconceptions={
        "other_way": Misconception(
            "Your theta rotates the content clockwise: the minus belongs to the sine at the upper right. (Transposing "
            "a rotation does the same.)",
            lambda angle: _exponential(-angle),
        ),
        "degrees": Misconception(
            "The angle is in radians: pass it to `sin` and `cos` without conversion.",
            lambda angle: _exponential(math.radians(angle)),
            lambda angle: _exponential(math.degrees(angle)),
        ),
        "reflection": Misconception(
            "The determinant of your matrix is −1: it reflects. A rotation has cos twice on the diagonal.",
            _matrix(lambda c, s: [[c, s], [s, -c]]),
            _matrix(lambda c, s: [[-c, s], [s, c]]),
            _matrix(lambda c, s: [[c, -s], [-s, -c]]),
        ),
        "sine_and_cosine_exchanged": Misconception(
            "At angle 0 a rotation is the identity, so cos belongs on the diagonal. Exchange sine and cosine.",
            _matrix(lambda c, s: [[s, -c], [c, s]]),
            _matrix(lambda c, s: [[s, c], [-c, s]]),
            _matrix(lambda c, s: [[s, c], [c, s]]),
        ),
        "signs_alike": Misconception(
            "Both sines have the same sign, so the axes do not stay perpendicular. Only the one at the upper right is negative.",
            _matrix(lambda c, s: [[c, s], [s, c]]),
            _matrix(lambda c, s: [[c, -s], [-s, c]]),
        ),
    },
)
