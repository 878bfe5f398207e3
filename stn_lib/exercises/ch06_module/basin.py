"""Check `basin(offsets, slopes)`: the distance from which gradient descent reaches the goal.

Convention: a slope is the derivative of the loss along the offset from the goal. The basin is the largest distance such
that from every offset up to it, on both sides, a step of descent leads towards the goal; 0 if there is none.

Args: offsets: float64 (K,), in increasing order, each on both sides of the goal, none 0; slopes: float64 (K,).
Returns: A number.

Example:
    >>> basin(lambda offsets, slopes: offsets[slopes * offsets > 0].abs().max()).misconception
    'island'
"""

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(11):
        end = random_integer(generator, 1, 3) + 0.5
        offsets = torch.tensor([d + 0.5 for d in range(-8, 8)], dtype=torch.float64)
        slopes = (0.1 + torch.rand(16, generator=generator, dtype=torch.float64)) * offsets.sign()
        # On one side a slope of the wrong sign and, two steps further, a slope of 0 (or the other way round) end the
        # basin. Between and beyond them are islands of correct slopes.
        side = (-1) ** (k // 2)
        away, flat = (end + 1, end + 3) if k % 2 else (end + 3, end + 1)
        slopes[offsets == side * away] *= -1
        slopes[offsets == side * flat] = 0
        if k % 3:  # the other side ends further out
            slopes[offsets == -side * 6.5] *= -1
        if k >= 8:  # no basin at all: the goal is a hill, where only ascent would arrive
            slopes = -slopes
        cases.append(Case({"offsets": offsets, "slopes": slopes.round(decimals=2)}))
    return cases


def _basin(
    offsets: Tensor, slopes: Tensor, *, leads_home=lambda offset, slope: offset * slope > 0, sides=(-1, 1)
) -> Tensor:
    reach = 0.0
    for distance in sorted(set(offsets.abs().tolist())):
        here = [leads_home(o, s) for o, s in zip(offsets.tolist(), slopes.tolist(), strict=True)
                if abs(o) == distance and (o > 0) - (o < 0) in sides]  # fmt: skip
        if not all(here):
            break
        reach = distance
    return torch.tensor(reach, dtype=torch.float64)


def _farthest(offsets: Tensor, slopes: Tensor) -> Tensor:
    right = offsets[offsets * slopes > 0].abs()
    return right.max() if len(right) else torch.tensor(0.0, dtype=torch.float64)


def _each_side(offsets: Tensor, slopes: Tensor) -> Tensor:
    return torch.stack([_basin(offsets, slopes, sides=(side,)) for side in (-1, 1)])


basin = exercise(
    __name__,
    number="6.6",
    cases=_cases,
    oracle=_basin,
    oracle_name="a search outwards, one distance at a time",
    misconceptions={
        "any_slope": Misconception(
            "You test that the slope is not 0, but not its sign. A slope of the wrong sign leads away from the goal.",
            lambda offsets, slopes: _basin(offsets, slopes, leads_home=lambda o, s: s != 0),
        ),
        "ascent": Misconception(
            "You follow the slope upwards. Descent moves AGAINST it: to the right of the goal a positive slope leads back.",
            lambda offsets, slopes: _basin(offsets, slopes, leads_home=lambda o, s: o * s < 0),
        ),
        "island": Misconception(
            "You take the farthest start with a slope of the correct sign. A nearer start already stops descent: the "
            "basin ends before the FIRST that fails.",
            _farthest,
            lambda offsets, slopes: torch.minimum(
                *(_farthest(offsets, torch.where(side * offsets > 0, slopes, 0)) for side in (-1, 1))
            ),
            lambda offsets, slopes: _farthest(offsets, torch.where(offsets > 0, slopes, 0)),
            lambda offsets, slopes: _farthest(offsets, torch.where(offsets < 0, slopes, 0)),
            lambda offsets, slopes: _farthest(
                offsets, torch.where((offsets * slopes > 0) & (offsets * slopes > 0).flip(0), slopes, 0)
            ),
        ),
        "always_zero": Misconception(
            "Your function returns 0, or False, in every case. Return a distance. Perhaps you test for the same sign on both sides: "
            "to the left of the goal, a NEGATIVE slope leads home.",
            lambda offsets, slopes: 0.0,
        ),
        "one_side": Misconception(
            "You test one side of the goal. The basin must hold on both.",
            lambda offsets, slopes: _basin(offsets, slopes, sides=(1,)),
            lambda offsets, slopes: _basin(offsets, slopes, sides=(-1,)),
        ),
        "larger_side": Misconception(
            "You take the better of the two sides. The basin must hold on both: take the smaller distance.",
            lambda offsets, slopes: _each_side(offsets, slopes).max(),
        ),
        "both_sides_added": Misconception(
            "You add both sides. The basin is a distance from the goal, the smaller one of both sides.",
            lambda offsets, slopes: _each_side(offsets, slopes).sum(),
            lambda offsets, slopes: 2 * _basin(offsets, slopes),
        ),
        "counted": Misconception(
            "You count the starts. Return the distance of the last one that arrives.",
            lambda offsets, slopes: (offsets.abs().unique() <= _basin(offsets, slopes)).sum(),
            lambda offsets, slopes: 2 * (offsets.abs().unique() <= _basin(offsets, slopes)).sum(),
            lambda offsets, slopes: (offsets * slopes > 0).sum(),
            lambda offsets, slopes: torch.minimum(
                *((offsets * slopes > 0)[side * offsets > 0].sum() for side in (-1, 1))
            ),
        ),
        "flat_counts": Misconception(
            "You count a slope of exactly 0. Descent does not move there.",
            lambda offsets, slopes: _basin(offsets, slopes, leads_home=lambda o, s: o * s >= 0),
        ),
        "first_outside": Misconception(
            "That is the first distance from which descent does NOT reach the goal. Give the last one before it.",
            lambda offsets, slopes: offsets.abs()[offsets.abs() > _basin(offsets, slopes)].min(),
        ),
        "both_sides_averaged": Misconception(
            "You average both sides. The basin must hold on both: take the smaller distance.",
            lambda offsets, slopes: _each_side(offsets, slopes).mean(),
        ),
    },
)
