"""Check `gap(a, b)`: the mean difference of two networks' errors over the same seeds, and its 95 % interval.

Convention: a − b, seed by seed; Student's t with k − 1 degrees of freedom for k seeds.

Args: a, b: lists of k ≥ 2 errors in per cent.
Returns: (mean, low, high).

Example:
    >>> gap(lambda a, b: (0.0, -1.0, 1.0)).passed
    False

Source: Student, "The probable error of a mean", 1908.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise

Interval = tuple[float, float, float]


@dataclass(frozen=True)
class _Lists(Case):
    """A case that a result shows as tensors, and that passes new lists in each call."""

    def call(self, function: Callable[..., Any]) -> Any:
        return function(*(values.tolist() for values in self.inputs.values()))


def _uniform(generator: torch.Generator, count: int, reach: float) -> Tensor:
    return reach * (2 * torch.rand(count, generator=generator, dtype=torch.float64) - 1)


def _cases(generator: torch.Generator) -> list[Case]:
    five_seeds = {"a": [10.51, 11.57, 13.15, 11.01, 11.07], "b": [3.93, 2.98, 4.10, 5.34, 3.54]}  # as in the chapter
    cases = [_Lists({name: torch.tensor(errors, dtype=torch.float64) for name, errors in five_seeds.items()})]
    for count in (2, 3, 3, 3, 4, 4, 5, 5, 6, 8):
        while True:
            # A seed changes both networks together more than each alone: that is why the seeds are paired.
            luck = 6 + _uniform(generator, count, 2)
            a = luck + _uniform(generator, count, 0.8) + _uniform(generator, 1, 1.5)
            b = luck + _uniform(generator, count, 0.4)
            a, b = a.round(decimals=2), b.round(decimals=2)
            if (a - b).std() > 0.1:
                break
        cases.append(_Lists({"a": a, "b": b}))
    return cases


# scipy is imported in the functions: it takes longer to import than all exercises together.


def _scipy(a: list[float], b: list[float]) -> Interval:
    from scipy.stats import ttest_1samp

    differences = np.subtract(a, b)
    low, high = ttest_1samp(differences, 0.0).confidence_interval(0.95)
    return float(differences.mean()), float(low), float(high)


def _t(degrees: float, rank: float = 0.975) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, rank))


def _student(k: int) -> float:
    return _t(k - 1)


def _printed(k: int) -> float:
    """Student's t from a printed table: a mistake that widens the interval shows its rounding."""
    return round(_student(k), 2)


def _normal(k: int) -> float:
    return 1.96


def _around(middle: float, half: float) -> Interval:
    return middle, middle - half, middle + half


def _half(values: Any, quantile: Callable[[int], float], ddof: int, root: Callable[[int], float]) -> float:
    return quantile(len(values)) * float(np.std(values, ddof=ddof)) / root(len(values))


def _distance(a: list[float], b: list[float]) -> Any:
    return np.abs(np.subtract(a, b))


def _gap(
    a: list[float],
    b: list[float],
    *,
    quantile: Callable[[int], float] = _student,
    ddof: int = 1,
    root: Callable[[int], float] = math.sqrt,
    exchanged: bool = False,
    spread_of: Callable[[Any, Any], Any] = np.subtract,
    middle_of: Callable[[Any, Any], Any] = np.subtract,
) -> Interval:
    """The interval; each option is a possible mistake."""
    a, b = (b, a) if exchanged else (a, b)
    return _around(float(np.mean(middle_of(a, b))), _half(spread_of(a, b), quantile, ddof, root))


def _like(**options: Any) -> Callable[..., Interval]:
    return lambda a, b: _gap(a, b, **options)


_ESTIMATES = [{"quantile": quantile, "ddof": ddof} for quantile in (_student, _printed, _normal) for ddof in (1, 0)]


def _welch(a: list[float], b: list[float]) -> float:
    first, second = np.var(a, ddof=1), np.var(b, ddof=1)
    return (first + second) ** 2 * (len(a) - 1) / (first**2 + second**2)


def _unpaired(freedom: Callable[..., float] | None) -> Callable[..., Interval]:
    """Both variances added up, and Student's t with these degrees of freedom, or 1.96."""

    def interval(a: list[float], b: list[float]) -> Interval:
        spread = math.sqrt((np.var(a, ddof=1) + np.var(b, ddof=1)) / len(a))
        times = _t(freedom(a, b)) if freedom else 1.96
        return _around(float(np.mean(a) - np.mean(b)), times * spread)

    return interval


def _variance(root: Callable[[int], float]) -> Callable[..., Interval]:
    def interval(a: list[float], b: list[float]) -> Interval:
        differences = np.subtract(a, b)
        half = _student(len(a)) * float(differences.var(ddof=1)) / root(len(a))
        return _around(float(differences.mean()), half)

    return interval


def _ends_subtracted(a: list[float], b: list[float]) -> Interval:
    half = sum(_half(errors, _student, 1, math.sqrt) for errors in (a, b))
    return _around(float(np.mean(a) - np.mean(b)), half)


gap = exercise(
    __name__,
    number="7.2",
    cases=_cases,
    oracle=_scipy,
    oracle_name="scipy's t-test on the differences",
    misconceptions={
        "fixed_t": Misconception(
            "You use one t for every number of seeds. It depends on k: 4.30 belongs to three seeds, 2.78 to five. "
            "`stats.t.ppf(0.975, k - 1)` computes it.",
            *(_like(quantile=lambda k, t=t: t) for t in (4.30, 4.303, 4.3027, 2.78, 2.776)),
        ),
        "normal_quantile": Misconception(
            "You multiply by 1.96, as if the standard deviation were known. You estimate it from k seeds, so use "
            "Student's t with k − 1 degrees of freedom: 4.30 for three seeds, 2.78 for five.",
            _like(quantile=_normal),
            _like(quantile=_normal, ddof=0),
            _like(quantile=lambda k: 2.0),
        ),
        "population_deviation": Misconception(
            "Your standard deviation divides by k. The mean comes from the same k numbers, so the deviations from it "
            "are too small: divide by k − 1, as `statistics.stdev` does, or numpy with `ddof=1`.",
            _like(ddof=0),
        ),
        "root_forgotten": Misconception(
            "The standard deviation is how far ONE seed differs from the mean. The mean of k seeds varies less: divide by √k.",
            *(_like(root=lambda k: 1, **how) for how in _ESTIMATES),
        ),
        "unpaired": Misconception(
            "You take the standard deviation of each network separately. Both networks use the same seeds, and what a seed does to "
            "both cancels in a − b: subtract seed by seed first, then take ONE mean and ONE standard deviation.",
            _unpaired(_welch),
            _unpaired(lambda a, b: 2 * len(a) - 2),
            _unpaired(lambda a, b: len(a) - 1),
            _unpaired(None),
            _ends_subtracted,
        ),
        "sign": Misconception(
            "You give b − a. The gap is a − b: positive where b makes fewer errors.",
            *(_like(exchanged=True, **how) for how in _ESTIMATES),
        ),
        "one_network": Misconception(
            "The width is that of one network's errors. The question is how uncertain the DIFFERENCE is: use the "
            "standard deviation of a − b.",
            *(
                _like(spread_of=one, middle_of=middle, **how)
                for how in _ESTIMATES
                for one in (lambda a, b: a, lambda a, b: b)
                for middle in (one, np.subtract)
            ),
        ),
        "degrees_of_freedom": Misconception(
            "Your t has too many degrees of freedom. There are k differences, and their mean uses up one: k − 1.",
            _like(quantile=lambda k: _t(k)),
            _like(quantile=lambda k: _t(2 * k - 2)),
        ),
        "other_level": Misconception(
            "The quantile at 0.995 gives a 99 % interval. For 95 % leave 2.5 % on each side: 0.975.",
            _like(quantile=lambda k: _t(k - 1, 0.995)),
            _like(quantile=lambda k: 2.576),
        ),
        "root_of_too_few": Misconception(
            "You divide s by √(k − 1). The k − 1 belongs into s; the mean of k numbers needs √k.",
            _like(root=lambda k: math.sqrt(k - 1)),
            _like(root=lambda k: math.sqrt(k - 1), quantile=_printed),
        ),
        "signs_lost": Misconception(
            "You take the differences without their signs. Where b makes more errors, a − b is negative: keep that.",
            *(
                _like(middle_of=_distance, spread_of=spread, **how)
                for how in _ESTIMATES
                for spread in (_distance, np.subtract)
            ),
        ),
        "one_sided": Misconception(
            "The quantile at 0.95 leaves 5 % on EACH side. For 95 % in the middle leave 2.5 % on each: 0.975.",
            _like(quantile=lambda k: _t(k - 1, 0.95)),
            _like(quantile=lambda k: 1.645),
        ),
        "one_sigma": Misconception(
            "This is one standard error to each side, which covers 58 % for three seeds. For 95 % multiply it by Student's t.",
            _like(quantile=lambda k: 1.0),
            _like(quantile=lambda k: 1.0, ddof=0),
        ),
        "variance": Misconception(
            "You use the variance s². The interval needs the standard deviation s: take the root.",
            *(_variance(root) for root in (math.sqrt, lambda k: k, lambda k: 1)),
        ),
        "pairs_lost": Misconception(
            "You sort the lists before you subtract. Then the errors of one seed are no longer subtracted from each other: "
            "keep the order.",
            *(lambda a, b, how=how: _gap(sorted(a), sorted(b), **how) for how in _ESTIMATES),
        ),
        "relative": Misconception(
            "You give the gap in per cent of an error. Give percentage points: the plain difference a − b.",
            *(
                lambda a, b, k=k, by=by, how=how: _gap(
                    k * np.array(a) / (a, b)[by], k * np.array(b) / (a, b)[by], **how
                )
                for k in (1, 100)
                for by in (0, 1)
                for how in _ESTIMATES
            ),
        ),
        "range_returned": Misconception(
            "You give the smallest and the largest difference. The interval is one for the MEAN: mean ± t s/√k.",
            lambda a, b: (_gap(a, b)[0], min(np.subtract(a, b)), max(np.subtract(a, b))),
        ),
        "median": Misconception(
            "You take the median. The interval of Student's t is centred at the mean.",
            lambda a, b: _around(float(np.median(np.subtract(a, b))), _gap(a, b)[2] - _gap(a, b)[0]),
        ),
        "half_width": Misconception(
            "You give the distances of the ends from the mean. Give the ends: mean − half, mean + half.",
            lambda a, b: (_gap(a, b)[0], *np.subtract(_gap(a, b)[1:], _gap(a, b)[0])),
        ),
        "order_swapped": Misconception(
            "The numbers are correct but their order is not: give (mean, low, high).",
            lambda a, b: tuple(_gap(a, b)[i] for i in (0, 2, 1)),
            lambda a, b: tuple(_gap(a, b)[i] for i in (1, 0, 2)),
            lambda a, b: tuple(_gap(a, b)[i] for i in (1, 2, 0)),
        ),
        "divided_by_k": Misconception(
            "You divide the standard deviation by k. Divide it by the ROOT of k.",
            *(_like(root=lambda k: k, **how) for how in _ESTIMATES),
        ),
    },
    tolerance=5e-3,  # a t from a printed table, 4.30 for 4.3027, passes
)
