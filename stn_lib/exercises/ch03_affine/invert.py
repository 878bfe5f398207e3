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


def _inverse(theta: Tensor) -> Tensor:
    return torch.linalg.inv(square(theta))[:2]


def _adjugate(theta: Tensor) -> Tensor:
    (a, b), (c, d) = theta[:, :2].tolist()
    return torch.tensor([[d, -b], [-c, a]], dtype=theta.dtype)


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
    cases=lambda generator: [Case({"theta": random_theta(generator)}) for _ in range(8)],
    oracle=_inverse,
    oracle_name="the inverse of the 3 × 3 matrix",
    misconceptions={
        "shift_negated_only": Misconception(
            "You only negate the shift. The inverse matrix acts on it as well: −A⁻¹ t.",
            _inverse_with(lambda inverse, t: -t),
        ),
        "shift_kept": Misconception(
            "You keep theta's own shift. Solving x_s = A x + t gives x = A⁻¹ x_s − A⁻¹ t.",
            _inverse_with(lambda inverse, t: t),
        ),
        "shift_sign": Misconception(
            "The shift has the wrong sign: x = A⁻¹ (x_s − t), so the shift is −A⁻¹ t.",
            _inverse_with(lambda inverse, t: inverse @ t),
        ),
        "shift_lost": Misconception(
            "The inverse needs a shift as well: −A⁻¹ t.", _inverse_with(lambda inverse, t: 0 * t)
        ),
        "transposed": Misconception(
            "You transpose. That inverts a rotation only; theta also scales and shears.",
            _undo(lambda theta: theta[:, :2].T),
            lambda theta: join(theta[:, :2].T, -theta[:, 2]),
        ),
        "determinant_forgotten": Misconception(
            "The matrix d −b −c a is correct except for one factor: divide by the determinant a d − b c.",
            _undo(_adjugate),
        ),
        "number_by_number": Misconception(
            "You invert or negate each number by itself. The inverse of a MATRIX is needed.",
            lambda theta: 1 / theta,
            lambda theta: join(1 / theta[:, :2], -theta[:, 2]),
            lambda theta: -theta,
        ),
    },
)
