"""Check `compose(outer, inner)`: the theta that applies `inner` to a point first, then `outer`.

Convention: as `stn_lib.transforms.compose`.

Args: outer, inner: theta, float64 (2, 3).
Returns: theta, float64 (2, 3).

Example:
    >>> compose(lambda outer, inner: outer[:, :2] @ inner).misconception
    'outer_shift_lost'
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import join, random_theta, square
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    return [Case({"outer": random_theta(generator), "inner": random_theta(generator)}) for _ in range(8)]


def _product_with_row(*row: float) -> Callable[[Tensor, Tensor], Tensor]:
    """The product of the 2 × 3 matrix and the 3 × 3 one that this row makes of `inner`."""
    return lambda outer, inner: outer @ torch.cat([inner, torch.tensor([row], dtype=inner.dtype)])


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
        "matrix_order": Misconception(
            "The shift is correct, but the four other numbers are those of inner · outer. The matrix that acts first is the "
            "factor on the right.",
            lambda outer, inner: join(inner[:, :2] @ outer[:, :2], _product(outer, inner)[:, 2]),
        ),
        "shift_order": Misconception(
            "The four numbers are correct, but the shift is that of the other order. Here the matrix of `outer` acts on the "
            "shift of `inner`: A₂ t₁ + t₂.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], _product(inner, outer)[:, 2]),
        ),
        "three_rows": Misconception(
            "The product is correct, with the row 0 0 1 below it. Return its upper two rows.",
            lambda outer, inner: square(outer) @ square(inner),
        ),
        "columns_cut": Misconception(
            "You cut off the last column of the 3 × 3 product. Cut off its last row: `[:2]`.",
            lambda outer, inner: (square(outer) @ square(inner))[:, :2],
        ),
        "shifts_multiplied": Misconception(
            "You multiply by the shift of `outer`. It is added: A₂ t₁ + t₂.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] * outer[:, 2]),
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], inner[:, 2] * outer[:, 2]),
        ),
        "shift_times_matrix": Misconception(
            "Your product of matrix and shift is wrong. `A @ t` takes the sum over the COLUMNS of A; `t @ A` and `A * t` do not.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], inner[:, 2] @ outer[:, :2] + outer[:, 2]),
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], (outer[:, :2] * inner[:, 2]).sum(0) + outer[:, 2]),
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, :2].diagonal() * inner[:, 2] + outer[:, 2]),
        ),
        "shift_subtracted": Misconception(
            "You subtract a shift. Both maps add theirs: A₂ (A₁ p + t₁) + t₂.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] - outer[:, 2]),
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, 2] - outer[:, :2] @ inner[:, 2]),
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, :2] @ (inner[:, 2] - outer[:, 2])),
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], inner[:, 2] - outer[:, 2]),
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, 2] - inner[:, 2]),
        ),
        "no_shift": Misconception(
            "Your shift is 0, but both maps shift: A₂ t₁ + t₂ is what is left at p = 0.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2]),
        ),
        "transposed": Misconception(
            "Your matrices are transposed: you multiply points as rows. theta multiplies a point from the left, A p.",
            lambda outer, inner: join((outer[:, :2].T @ inner[:, :2].T), outer[:, :2].T @ inner[:, 2] + outer[:, 2]),
            lambda outer, inner: _product(outer, inner).T,
        ),
        "outer_shift_lost": Misconception(
            "The shift of `outer` is missing: 2 × 3 matrices do not multiply as square ones do. Append the row 0 0 1 "
            "to each, multiply, and take the upper two rows.",
            lambda outer, inner: outer[:, :2] @ inner,
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], inner[:, 2]),
        ),
        "inner_shift_lost": Misconception(
            "The shift of `inner` is missing. The matrix of `outer` acts on it, too.",
            lambda outer, inner: join(outer[:, :2] @ inner[:, :2], outer[:, 2]),
        ),
        "last_row": Misconception(
            "The row that you append is not 0 0 1. It must keep the 1 of the point (x, y, 1).",
            _product_with_row(1, 1, 1),
            _product_with_row(1, 0, 0),
            _product_with_row(0, 1, 0),
            _product_with_row(0, 1, 1),
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
        "own_matrix": Misconception(
            "You apply a matrix to the wrong shift. Only the shift of `inner` is multiplied, and by the matrix of `outer`: A₂ t₁ + t₂.",
            *(
                lambda outer, inner, linear=linear, shift=shift: join(linear(outer, inner), shift(outer, inner))
                for linear in (
                    lambda outer, inner: outer[:, :2] @ inner[:, :2],
                    lambda outer, inner: inner[:, :2] @ outer[:, :2],
                )
                for shift in (
                    lambda outer, inner: inner[:, :2] @ inner[:, 2] + outer[:, 2],
                    lambda outer, inner: inner[:, :2] @ outer[:, 2] + outer[:, 2],
                    lambda outer, inner: outer[:, :2] @ outer[:, 2] + outer[:, 2],
                    lambda outer, inner: outer[:, :2] @ outer[:, 2] + inner[:, 2],
                    lambda outer, inner: outer[:, :2] @ outer[:, 2] + inner[:, :2] @ inner[:, 2],
                    lambda outer, inner: outer[:, :2] @ inner[:, 2] + inner[:, :2] @ outer[:, 2],
                )
            ),
        ),
        "number_by_number": Misconception(
            "You combine the numbers one by one. One map after the other is a MATRIX product, `@`.",
            lambda outer, inner: outer * inner,
            lambda outer, inner: outer + inner,
            lambda outer, inner: join(outer[:, :2] * inner[:, :2], outer[:, 2] + inner[:, 2]),
            lambda outer, inner: join(outer[:, :2] * inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]),
            lambda outer, inner: join(outer[:, :2] + inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]),
        ),
        "no_shift_column": Misconception(
            "The third column is missing: theta is (2, 3), and its shift is A₂ t₁ + t₂.",
            lambda outer, inner: outer[:, :2] @ inner[:, :2],
        ),
    },
)
