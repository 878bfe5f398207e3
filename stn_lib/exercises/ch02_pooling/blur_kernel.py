"""Check `blur_kernel(taps)`: the weights of a blur in two dimensions.

Convention: the weight in row i, column j is the product of taps i and j; all weights add up to 1.

Args: taps: float64 (K,), not all symmetric.
Returns: The weights, float64 (K, K).

Example:
    >>> blur_kernel(lambda taps: taps[:, None] * taps).misconception
    'not_normalised'

Source: Zhang, ICML 2019.
"""

import torch

from stn_lib.exercises.ch02_pooling.reference_blur import normalised, outer
from stn_lib.exercises.framework import Case, Misconception, exercise
from stn_lib.pooling import KERNELS


def _cases(generator: torch.Generator) -> list[Case]:
    cases = [Case({"taps": torch.tensor(taps, dtype=torch.float64)}) for taps in KERNELS.values()]
    for k in range(6):
        taps = torch.randint(1, 9, (2 + k % 4,), generator=generator).double()
        taps[0] = 9.0  # not symmetric
        cases.append(Case({"taps": taps}))
    return cases


blur_kernel = exercise(
    __name__,
    number="2.1",
    cases=_cases,
    oracle=normalised,
    oracle_name="the outer product",
    misconceptions={
        "not_normalised": Misconception(
            "The weights do not add up to 1, so the blur changes the mean of the image. Divide by their sum.", outer
        ),
        "normalised_once": Misconception(
            "You divide by the sum of the taps once, but they are multiplied along both axes. Divide by the sum of all weights.",
            lambda taps: outer(taps) / taps.sum(),
        ),
        "divided_by_count": Misconception(
            "You divide by the number of weights, or by their mean. Divide by their SUM.",
            lambda taps: outer(taps) / len(taps) ** 2,
            lambda taps: outer(taps) / len(taps),
            lambda taps: outer(taps) / outer(taps).mean(),
            lambda taps: outer(taps / taps.mean()),
        ),
        "one_dimension": Misconception(
            "You return the taps of one axis. A blur in two dimensions has a weight for each pair of taps: K × K weights.",
            lambda taps: taps / taps.sum(),
            lambda taps: taps**2 / taps.sum() ** 2,
            lambda taps: taps,
        ),
        "dot_product": Misconception(
            "You add up the products, as in a dot product. Return all K × K products, divided by their sum.",
            lambda taps: taps @ taps,
            lambda taps: taps @ taps / taps.sum() ** 2,
        ),
        "flat": Misconception(
            "Your K · K weights are in one row. Give them the shape (K, K).",
            lambda taps: normalised(taps).flatten(),
            lambda taps: outer(taps).flatten(),
        ),
        "rows_normalised": Misconception(
            "Each row (or column) adds up to 1, so all weights add up to K. Divide by the sum of ALL weights.",
            lambda taps: outer(taps) / outer(taps).sum(dim=1, keepdim=True),
            lambda taps: outer(taps) / outer(taps).sum(dim=0, keepdim=True),
        ),
        "softmax": Misconception(
            "You use a softmax, which changes the ratios of the weights. Divide them by their sum.",
            lambda taps: outer(torch.softmax(taps, 0)),
            lambda taps: torch.softmax(outer(taps).flatten(), 0).view(len(taps), -1),
        ),
        "flipped": Misconception(
            "You reversed the taps along at least one axis. Row i, column j holds taps[i] · taps[j].",
            lambda taps: normalised(taps.flip(0)),
            lambda taps: normalised(taps).flip(0),
            lambda taps: normalised(taps).flip(1),
        ),
        "largest_is_one": Misconception(
            "You divide by the largest weight. For a mean the SUM of the weights must be 1.",
            lambda taps: outer(taps) / outer(taps).max(),
            lambda taps: outer(taps / taps.max()),
        ),
        "unit_norm": Misconception(
            "You divide by the norm. For a mean the SUM of the weights must be 1.",
            lambda taps: outer(taps / taps.norm()),
        ),
        "not_separable": Misconception(
            "You add the taps of row and column. A blur along one axis after the other MULTIPLIES them.",
            lambda taps: taps[:, None] + taps[None, :],
            lambda taps: (taps[:, None] + taps[None, :]) / (taps[:, None] + taps[None, :]).sum(),
            lambda taps: (taps[:, None] + taps[None, :]) / 2,
            lambda taps: (taps[:, None] + taps[None, :]) / (2 * taps.sum()),
        ),
        "one_axis": Misconception(
            "Your kernel blurs along one axis, or along the diagonal. Use the product of taps i and j in row i, column j.",
            lambda taps: torch.diag(taps / taps.sum()),
            lambda taps: torch.diag(taps),
            lambda taps: (taps / taps.sum()).expand(len(taps), -1) / len(taps),
            lambda taps: (taps / taps.sum())[:, None].expand(-1, len(taps)) / len(taps),
        ),
    },
    tolerance=1e-5,
)
