"""Check `attention_theta(centres, scale)`: theta of windows of one fixed scale, whose centres are learnt.

Convention: theta maps output to input in normalised coordinates. A window of scale s has half-sides s along both axes; its
centre samples the point `centres`. The gradient must reach the centres.

Args: centres: float64 (N, windows, 2), points (x, y); scale: a positive number.
Returns: theta, float64 (N, windows, 2, 3).

Example:
    >>> attention_theta(lambda centres, scale: centres).passed
    False

Source: Jaderberg et al. 2015, section 4.3.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer
from stn_lib.models import cub

#: With 0.5, s and 1 − s are equal. With 2 the window is larger than the image.
_SCALES = (0.3, 0.25, 0.4, 0.6, 0.75, 0.35, 2.0, 0.45)


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for scale in _SCALES:
        size = random_integer(generator, 2, 3), random_integer(generator, 2, 4), 2
        # Between 0.1 and 0.95, so that no sign is lost; some windows reach beyond the image.
        distance = 0.1 + 0.85 * torch.rand(size, generator=generator, dtype=torch.float64)
        sign = 1 - 2 * torch.randint(2, size, generator=generator)
        cases.append(Case({"centres": (distance * sign).round(decimals=2), "scale": scale}))
    return cases


def _oracle(centres: Tensor, scale: float) -> Tensor:
    """Solve for the theta that maps three corners of the output to three corners of the window."""
    corners = torch.tensor([[-1, -1], [1, -1], [-1, 1]], dtype=torch.float64)
    sources = centres[..., None, :] + scale * corners  # (N, windows, 3, 2)
    return torch.linalg.solve(torch.cat([corners, torch.ones(3, 1)], 1), sources).mT


def _own_scale(scale: float) -> tuple[float, float, float, float]:
    return scale, 0, 0, scale


def _own_centre(centres: Tensor, scale: float) -> Tensor:
    return centres


def _like(
    shift: Callable[[Tensor, float], Tensor] = _own_centre,
    matrix: Callable[[float], tuple[float, float, float, float]] = _own_scale,
) -> Callable[[Tensor, float], Tensor]:
    """Theta from a shift and a matrix, row by row; each is a possible mistake."""

    def attention_theta(centres: Tensor, scale: float) -> Tensor:
        part = torch.tensor(matrix(scale), dtype=torch.float64).view(2, 2)
        return torch.cat([part.expand(*centres.shape, 2), shift(centres, scale)[..., None]], 3)

    return attention_theta


def _columns(*order: int) -> Callable[[Tensor, float], Tensor]:
    return lambda centres, scale: _like()(centres, scale)[..., list(order)]


def _with_last_row(centres: Tensor, scale: float) -> Tensor:
    row = torch.tensor([0.0, 0, 1], dtype=torch.float64)
    return torch.cat([_like()(centres, scale), row.expand(*centres.shape[:2], 1, 3)], 2)


attention_theta = exercise(
    __name__,
    number="11.1",
    cases=_cases,
    oracle=_oracle,
    oracle_name="the theta that maps three output corners to three corners of the window",
    gradient=("centres",),
    forbidden=(cub.windows_theta,),
    misconceptions={
        "inverse": Misconception(
            "Your theta maps input to output. It must map output to input: the scale is s, not 1/s, and the centre is the "
            "translation itself.",
            _like(lambda c, s: -c / s, lambda s: (1 / s, 0, 0, 1 / s)),
            _like(lambda c, s: -c, lambda s: (1 / s, 0, 0, 1 / s)),
            _like(lambda c, s: c / s, lambda s: (1 / s, 0, 0, 1 / s)),
            _like(matrix=lambda s: (1 / s, 0, 0, 1 / s)),
        ),
        "translation_scaled": Misconception(
            "You multiply the translation by the scale, so each window is too near to the image's centre. The output's "
            "centre (0, 0) samples the translation: it is the window's centre.",
            _like(lambda c, s: s * c),
        ),
        "translation_divided": Misconception(
            "You divide the translation by the scale. The output's centre (0, 0) samples the translation: it is the "
            "window's centre.",
            _like(lambda c, s: c / s),
        ),
        "room_left": Misconception(
            "You multiply the centres by (1 − s), which keeps windows inside the image. Here the centre is the translation; "
            "a window may reach beyond the border.",
            _like(lambda c, s: (1 - s) * c),
        ),
        "kept_inside": Misconception(
            "You limit the centres, as if windows had to stay inside the image. A window may reach beyond the border: leave "
            "each centre as it is.",
            _like(lambda c, s: c.clamp(s - 1, 1 - s)),
            _like(lambda c, s: c.clamp(-abs(1 - s), abs(1 - s))),
            _like(lambda c, s: c.tanh()),
        ),
        "corner": Misconception(
            "Your translation is a corner of the window. The output's centre (0, 0) samples the translation: it is the "
            "window's centre, without ± s.",
            _like(lambda c, s: c - s),
            _like(lambda c, s: c + s),
        ),
        "negated": Misconception(
            "Your translation has the wrong sign. Theta says where to SAMPLE: a window on the right has a positive x.",
            _like(lambda c, s: -c),
            _like(lambda c, s: -s * c),
        ),
        "y_upwards": Misconception(
            "Your y is negated. In an image y grows downwards, in theta too: both rows have the same sign.",
            _like(lambda c, s: c * torch.tensor([1, -1])),
            _like(matrix=lambda s: (s, 0, 0, -s)),
            _like(lambda c, s: c * torch.tensor([1, -1]), lambda s: (s, 0, 0, -s)),
        ),
        "swapped": Misconception(
            "You exchanged x and y. A centre is (x, y): x ends the first row of theta, y the second.",
            _like(lambda c, s: c.flip(-1)),
            lambda centres, scale: _like()(centres, scale).flip(2),
        ),
        "one_number": Misconception(
            "Both rows end with the same coordinate. x belongs to the first row, y to the second.",
            _like(lambda c, s: c[..., :1].expand_as(c)),
            _like(lambda c, s: c[..., 1:].expand_as(c)),
        ),
        "centre_missing": Misconception(
            "All your windows are in the middle of the image. The last column of theta is the window's centre: x, then y.",
            _like(lambda c, s: 0 * c),
        ),
        "one_axis": Misconception(
            "You scale one axis only. One scale holds for both: s is at row 0, column 0 and at row 1, column 1.",
            _like(matrix=lambda s: (s, 0, 0, 1)),
            _like(matrix=lambda s: (1, 0, 0, s)),
            _like(matrix=lambda s: (s, 0, 0, 0)),
            _like(matrix=lambda s: (0, 0, 0, s)),
        ),
        "scale_missing": Misconception(
            "The scale is missing: the first two columns of theta must be s times the identity.",
            _like(matrix=lambda s: (1, 0, 0, 1)),
            _like(matrix=lambda s: (0, 0, 0, 0)),
        ),
        "scale_fixed": Misconception(
            "Your scale is always 0.5. Use the argument `scale`.",
            _like(matrix=lambda s: (0.5, 0, 0, 0.5)),
        ),
        "not_diagonal": Misconception(
            "Your scale is not on the diagonal, so x depends on y. Each row has one s: [s, 0, x] and [0, s, y].",
            _like(matrix=lambda s: (s, s, s, s)),
            _like(matrix=lambda s: (0, s, s, 0)),
        ),
        "half_size": Misconception(
            "Your window is too small by a factor of 2. The output runs from −1 to 1, so s is HALF of a side: do not "
            "divide it by 2.",
            _like(matrix=lambda s: (s / 2, 0, 0, s / 2)),
        ),
        "twice_the_size": Misconception(
            "Your window is too large by a factor of 2. The output runs from −1 to 1, so s is half of a side, as it must be.",
            _like(matrix=lambda s: (2 * s, 0, 0, 2 * s)),
        ),
        "scale_squared": Misconception(
            "You apply the scale twice, or take it for an area. Both diagonal entries are s.",
            _like(matrix=lambda s: (s * s, 0, 0, s * s)),
            _like(matrix=lambda s: (s**0.5, 0, 0, s**0.5)),
            _like(lambda c, s: s * c, lambda s: (s * s, 0, 0, s * s)),
        ),
        "converted": Misconception(
            "You convert the centres. They are normalised already, from −1 to 1: use them as they are.",
            _like(lambda c, s: 2 * c - 1),
            _like(lambda c, s: (c + 1) / 2),
            _like(lambda c, s: 2 * c),
            _like(lambda c, s: c / 2),
        ),
        "column_order": Misconception(
            "Your translation is not in the last column. A row of theta holds what is multiplied by x, then by y, then the "
            "translation.",
            _columns(2, 0, 1),
            _columns(0, 2, 1),
        ),
        "layout": Misconception(
            "You reshape the centres so that coordinates of different windows mix. Each row `centres[n, k]` is (x, y) of one "
            "window: take `centres[..., 0]` and `centres[..., 1]`.",
            _like(lambda c, s: c.reshape(len(c), 2, -1).mT),
            _like(lambda c, s: c.mT.reshape(c.shape)),
        ),
        "merged": Misconception(
            "Your numbers are correct, but batch and windows are one axis. Keep both: (N, windows, 2, 3).",
            lambda centres, scale: _like()(centres, scale).flatten(0, 1),
            lambda centres, scale: _like()(centres, scale).flatten(2),
            lambda centres, scale: _like()(centres, scale).flatten(1),
        ),
        "three_rows": Misconception(
            "Your theta is correct, with the row 0 0 1 below it. Return its upper two rows.",
            _with_last_row,
        ),
    },
)
