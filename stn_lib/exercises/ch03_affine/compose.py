"""Check `compose(outer, inner)`: the theta that applies `inner` to a point first, then `outer`.

Convention: as `stn_lib.transforms.compose`.

Args: outer, inner: theta, float64 (2, 3).
Returns: theta, float64 (2, 3).

Example:
    >>> compose(lambda outer, inner: outer[:, :2] @ inner).misconception
    'outer_shift_lost'
"""

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import join, random_theta, square
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    return [Case({"outer": random_theta(generator), "inner": random_theta(generator)}) for _ in range(8)]


def _product(outer: Tensor, inner: Tensor) -> Tensor:
    return (square(outer) @ square(inner))[:2]


compose = exercise(
    __name__,
    number="3.2",
    cases=_cases,
    oracle=_product,
    oracle_name="the product of the two 3 × 3 matrices",
    misconceptions={
        "wrong_order": Misconception(
            "You apply `outer` first. `inner` acts on the point first, so its matrix is the factor on the right.",
            lambda outer, inner: _product(inner, outer),
            lambda outer, inner: inner[:, :2] @ outer,
        ),
        "outer_shift_lost": Misconception(
            "The shift of `outer` is missing: 2 × 3 matrices do not multiply as square ones do. Append the row 0 0 1 "
            "to each, multiply, and take the upper two rows.",
            lambda outer, inner: outer[:, :2] @ inner,
        ),
        "inner_shift_lost": Misconception(
            "The shift of `inner` is missing. The matrix of `outer` acts on it, too.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, 2]),
        ),
        "shifts_added": Misconception(
            "You add the two shifts. The matrix of `outer` acts on the shift of `inner` before the shift of `outer` is added.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, 2] + inner[:, 2]),
            lambda outer, inner: join(inner[:, :2] @ outer[:, :2], outer[:, 2] + inner[:, 2]),
        ),
        "outer_shift_transformed": Misconception(
            "You apply the matrix of `outer` to both shifts. Its own shift comes last: A₂ (A₁ p + t₁) + t₂.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, :2] @ (inner[:, 2] + outer[:, 2])),
        ),
        "number_by_number": Misconception(
            "You combine the numbers one by one. One map after the other is a MATRIX product, `@`.",
            lambda outer, inner: outer * inner,
            lambda outer, inner: outer + inner,
        ),
    },
)
