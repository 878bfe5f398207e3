"""Check `invert(theta)`: the theta that undoes theta.

Convention: as `stn_lib.transforms.invert`.

Args: theta: float64 (2, 3).
Returns: theta, float64 (2, 3).

Example:
    >>> invert(lambda theta: -theta).misconception
    'number_by_number'
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import join, random_theta, square
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    cases = [Case({"theta": random_theta(generator)}) for _ in range(8)]
    for k, case in enumerate(cases):  # every second theta reflects
        theta = case.inputs["theta"]
        theta[1] *= torch.linalg.det(theta[:, :2]).sign() * (-1) ** k
    return cases


def _inverse(theta: Tensor) -> Tensor:
    return torch.linalg.inv(square(theta))[:2]


def _adjugate(theta: Tensor) -> Tensor:
    (a, b), (c, d) = theta[:, :2].tolist()
    return torch.tensor([[d, -b], [-c, a]], dtype=theta.dtype)


def _cofactors(entries: Callable[..., list[list[float]]], sign: float = -1) -> Callable[[Tensor], Tensor]:
    """The matrix of these entries over the determinant a d − b c, or a d + b c."""

    def of(theta: Tensor) -> Tensor:
        (a, b), (c, d) = theta[:, :2].tolist()
        return torch.tensor(entries(a, b, c, d), dtype=theta.dtype) / (a * d + sign * b * c)

    return of


def _undo(linear: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The inverse, if `linear` inverted the matrix."""
    return lambda theta: join(linear(theta), -linear(theta) @ theta[:, 2])


def _inverse_with(shift: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def of(theta: Tensor) -> Tensor:
        inverse = torch.linalg.inv(theta[:, :2])
        return join(inverse, shift(inverse, theta[:, 2]))

    return of


invert = exercise(
    __name__,
    number="3.3",
    cases=_cases,
    oracle=_inverse,
    oracle_name="the inverse of the 3 × 3 matrix",
    misconceptions={
        "pseudo_inverse": Misconception(
            "`pinv` of the 2 × 3 matrix does not undo the shift, and it is (3, 2). Append the row 0 0 1, invert the 3 × 3 matrix, "
            "and return its upper two rows.",
            lambda theta: torch.linalg.pinv(theta),
            lambda theta: torch.linalg.pinv(theta).T,
        ),
        "three_rows": Misconception(
            "The inverse is correct, with the row 0 0 1 below it. Return its upper two rows.",
            lambda theta: torch.linalg.inv(square(theta)),
        ),
        "columns_cut": Misconception(
            "You cut off the last column of the 3 × 3 inverse. Cut off its last row: `[:2]`.",
            lambda theta: torch.linalg.inv(square(theta))[:, :2],
        ),
        "three_by_two": Misconception(
            "Your theta has three rows of two numbers. It needs two rows of three.", lambda theta: _inverse(theta).T
        ),
        "no_shift_column": Misconception(
            "The third column is missing: return theta (2, 3), with the shift −A⁻¹ t.",
            lambda theta: torch.linalg.inv(theta[:, :2]),
        ),
        "shift_negated_only": Misconception(
            "You negate the shift without the inverse matrix, which acts on it as well: −A⁻¹ t.",
            _inverse_with(lambda inverse, t: -t),
            _inverse_with(lambda inverse, t: -t * torch.linalg.det(inverse)),
            _inverse_with(lambda inverse, t: -t / torch.linalg.det(inverse)),
        ),
        "shift_kept": Misconception(
            "You keep theta's own shift. Solving x_s = A x + t gives x = A⁻¹ x_s − A⁻¹ t.",
            _inverse_with(lambda inverse, t: t),
        ),
        "shift_sign": Misconception(
            "The shift has the wrong sign: x = A⁻¹ (x_s − t), so the shift is −A⁻¹ t.",
            _inverse_with(lambda inverse, t: inverse @ t),
        ),
        "shift_by_matrix": Misconception(
            "You multiply the shift by A. The INVERSE matrix acts on it: −A⁻¹ t.",
            lambda theta: join(torch.linalg.inv(theta[:, :2]), -theta[:, :2] @ theta[:, 2]),
            lambda theta: join(torch.linalg.inv(theta[:, :2]), theta[:, :2] @ theta[:, 2]),
        ),
        "shift_times_matrix": Misconception(
            "Your product of matrix and shift is wrong. `B @ t` takes the sum over the COLUMNS of B; `t @ B` and `B * t` do not.",
            _inverse_with(lambda inverse, t: -t @ inverse),
            _inverse_with(lambda inverse, t: t @ inverse),
            _inverse_with(lambda inverse, t: -(inverse * t).sum(0)),
            _inverse_with(lambda inverse, t: -inverse.diagonal() * t),
        ),
        "matrix_kept": Misconception(
            "Your matrix is theta's own. Invert both parts: A⁻¹ and −A⁻¹ t.",
            lambda theta: join(theta[:, :2], -theta[:, 2]),
            lambda theta: join(theta[:, :2], -torch.linalg.inv(theta[:, :2]) @ theta[:, 2]),
            lambda theta: join(theta[:, :2], -theta[:, :2] @ theta[:, 2]),
        ),
        "cofactor_signs": Misconception(
            "The inverse of (a, b; c, d) is (d, −b; −c, a) / (a d − b c): a and d change places, b and c change their signs.",
            _undo(_cofactors(lambda a, b, c, d: [[d, b], [c, a]])),
            _undo(_cofactors(lambda a, b, c, d: [[a, -b], [-c, d]])),
            _undo(_cofactors(lambda a, b, c, d: [[-d, b], [c, -a]])),
        ),
        "determinant_sign": Misconception(
            "Your determinant is wrong, by a plus or by a lost sign. It is a d − b c, which can be negative.",
            _undo(_cofactors(lambda a, b, c, d: [[d, -b], [-c, a]], sign=1)),
            _undo(lambda theta: torch.linalg.inv(theta[:, :2]) * torch.linalg.det(theta[:, :2]).sign()),
            lambda theta: join(
                torch.linalg.inv(theta[:, :2]) * torch.linalg.det(theta[:, :2]).sign(), _inverse(theta)[:, 2]
            ),
        ),
        "determinant_multiplied": Misconception(
            "You multiply by the determinant, or divide by it twice. Divide (d, −b; −c, a) by it once.",
            _undo(lambda theta: _adjugate(theta) * torch.linalg.det(theta[:, :2])),
            _undo(lambda theta: _adjugate(theta) / torch.linalg.det(theta[:, :2]) ** 2),
            lambda theta: join(_adjugate(theta) * torch.linalg.det(theta[:, :2]), _inverse(theta)[:, 2]),
            lambda theta: join(_adjugate(theta) / torch.linalg.det(theta[:, :2]) ** 2, _inverse(theta)[:, 2]),
        ),
        "inverse_transposed": Misconception(
            "You transpose the inverse matrix. Use A⁻¹ as it is.",
            _undo(lambda theta: torch.linalg.inv(theta[:, :2]).T),
            lambda theta: join(torch.linalg.inv(theta[:, :2]).T, _inverse(theta)[:, 2]),
        ),
        "shift_lost": Misconception(
            "The inverse needs a shift as well: −A⁻¹ t.", _inverse_with(lambda inverse, t: 0 * t)
        ),
        "transposed": Misconception(
            "You transpose the matrix. This inverts a rotation only; theta also scales and shears.",
            _undo(lambda theta: theta[:, :2].T),
            lambda theta: join(theta[:, :2].T, -theta[:, 2]),
        ),
        "determinant_forgotten": Misconception(
            "The matrix d −b −c a is correct except for one factor: divide by the determinant a d − b c.",
            _undo(_adjugate),
            lambda theta: join(torch.linalg.inv(theta[:, :2]), -_adjugate(theta) @ theta[:, 2]),
            lambda theta: join(_adjugate(theta), -torch.linalg.inv(theta[:, :2]) @ theta[:, 2]),
        ),
        "number_by_number": Misconception(
            "You invert or negate each number by itself. The inverse of a MATRIX is needed.",
            lambda theta: 1 / theta,
            lambda theta: join(1 / theta[:, :2], -1 / theta[:, :2] @ theta[:, 2]),
            lambda theta: join(1 / theta[:, :2], -theta[:, 2]),
            lambda theta: -theta,
            _inverse_with(lambda inverse, t: 1 / t),
            _inverse_with(lambda inverse, t: -1 / t),
        ),
    },
)
