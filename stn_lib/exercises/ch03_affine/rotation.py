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

from stn_lib.exercises.ch03_affine.affine_matrices import join, random_tenth, square
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    return [Case({"angle": random_tenth(generator, low, low + 12)}) for low in (1, 16, -13, -29, 2, -14, 17, -28)]


def _exponential(angle: float) -> Tensor:
    skew = torch.tensor([[0.0, -angle], [angle, 0.0]], dtype=torch.float64)
    return join(torch.linalg.matrix_exp(skew))


def _matrix(entries: Callable[[float, float], list[list[float]]]) -> Callable[[float], Tensor]:
    """The theta whose entries are functions of cos and sin."""
    return lambda angle: join(torch.tensor(entries(math.cos(angle), math.sin(angle)), dtype=torch.float64))


def _matrix_of_angle(angle: float) -> Tensor:
    return join(torch.tensor([[math.cos(angle), -angle], [angle, math.cos(angle)]], dtype=torch.float64))


rotation = exercise(
    __name__,
    number="3.1",
    cases=_cases,
    oracle=_exponential,
    oracle_name="torch's matrix exponential of a rotation",
    misconceptions={
        "shifts_last": Misconception(
            "You wrote the four numbers first and the two shifts last. theta is filled row by row, and each row ends with its "
            "shift: cos, −sin, 0, then sin, cos, 0.",
            lambda angle: torch.cat([_exponential(angle)[:, :2].flatten(), torch.zeros(2)]).view(2, 3),
        ),
        "no_shift_column": Misconception(
            "The third column is missing: theta is (2, 3), and a rotation has the shifts 0 and 0.",
            lambda angle: _exponential(angle)[:, :2],
        ),
        "three_rows": Misconception(
            "theta has two rows of three numbers: leave out the row 0 0 1.", lambda angle: square(_exponential(angle))
        ),
        "transposed": Misconception(
            "Your theta has three rows of two numbers. Each of the two rows holds what is multiplied with x, with y and with 1.",
            lambda angle: _exponential(angle).T,
            lambda angle: _exponential(-angle).T,
        ),
        "other_way": Misconception(
            "Your theta rotates the content clockwise: the minus belongs to the sine at the upper right. (Transposing "
            "a rotation does the same.)",
            lambda angle: _exponential(-angle),
        ),
        "degrees": Misconception(
            "You convert the angle. It is in radians, as `sin` and `cos` expect it: use it as it is.",
            lambda angle: _exponential(math.radians(angle)),
            lambda angle: _exponential(math.degrees(angle)),
        ),
        "reflection": Misconception(
            "The determinant of your matrix is −1: it reflects. A rotation has cos twice on the diagonal.",
            _matrix(lambda c, s: [[c, s], [s, -c]]),
            _matrix(lambda c, s: [[-c, s], [s, c]]),
            _matrix(lambda c, s: [[c, -s], [-s, -c]]),
            _matrix(lambda c, s: [[s, c], [c, -s]]),
            _matrix(lambda c, s: [[-s, c], [c, s]]),
        ),
        "sine_and_cosine_exchanged": Misconception(
            "At angle 0 a rotation is the identity, so cos belongs on the diagonal. Exchange sine and cosine.",
            _matrix(lambda c, s: [[s, -c], [c, s]]),
            _matrix(lambda c, s: [[s, c], [-c, s]]),
            _matrix(lambda c, s: [[s, c], [c, s]]),
            _matrix(lambda c, s: [[-s, -c], [c, -s]]),
        ),
        "signs_alike": Misconception(
            "Both sines have the same sign, so the axes do not stay perpendicular. Only the one at the upper right is negative.",
            _matrix(lambda c, s: [[c, s], [s, c]]),
            _matrix(lambda c, s: [[c, -s], [-s, c]]),
        ),
        "cos_signs": Misconception(
            "One cosine is negative, so at angle 0 your theta mirrors. Both cosines of a rotation have the same sign.",
            _matrix(lambda c, s: [[c, -s], [s, -c]]),
            _matrix(lambda c, s: [[-c, -s], [s, c]]),
            _matrix(lambda c, s: [[c, s], [-s, -c]]),
            _matrix(lambda c, s: [[-c, s], [-s, c]]),
        ),
        "column_order": Misconception(
            "Your shift is not in the last column. Each row of theta holds what is multiplied with x, with y, and then the shift.",
            lambda angle: _exponential(angle)[:, [0, 2, 1]],
            lambda angle: _exponential(angle)[:, [2, 0, 1]],
        ),
        "shift_not_zero": Misconception(
            "Your theta shifts as well. A rotation about the centre has the shifts 0 and 0.",
            lambda angle: _exponential(angle) + torch.tensor([[0.0, 0, 1], [0, 0, 1]]),
            lambda angle: _exponential(angle) + torch.tensor([[0.0, 0, 0], [0, 0, 1]]),
            lambda angle: _exponential(angle) + torch.tensor([[0.0, 0, 1], [0, 0, 0]]),
        ),
        "other_angle": Misconception(
            "You rotate by half the angle, or by twice the angle: pass `angle` itself to `sin` and `cos`.",
            lambda angle: _exponential(angle / 2),
            lambda angle: _exponential(2 * angle),
        ),
        "without_sin_and_cos": Misconception(
            "You use the angle in place of its sine. That is close for small angles only: use `sin` and `cos`.",
            lambda angle: join(torch.tensor([[1, -angle], [angle, 1]], dtype=torch.float64)),
            _matrix_of_angle,
        ),
        "half_rotation": Misconception(
            "The signs of all four numbers are reversed: that is a rotation by 180° more. At angle 0 theta must be the identity.",
            _matrix(lambda c, s: [[-c, s], [-s, -c]]),
            _matrix(lambda c, s: [[-c, -s], [s, -c]]),
        ),
        "tangent": Misconception(
            "You use the tangent. The entries of a rotation are the cosine and the sine of the angle.",
            lambda angle: join(torch.tensor([[1, -math.tan(angle)], [math.tan(angle), 1]], dtype=torch.float64)),
            lambda angle: join(
                torch.tensor([[math.cos(angle), -math.tan(angle)], [math.tan(angle), math.cos(angle)]]).double()
            ),
        ),
        "angle_sign_lost": Misconception(
            "You lose the sign of the angle. A negative angle rotates clockwise.",
            lambda angle: _exponential(abs(angle)),
        ),
    },
)
