"""The checks of chapter 7: how sure an error is, how sure a gap, two learning rates, and a choice by validation.

In a notebook: ``from stn_lib.exercises import training as check``, then ``check.interval(my_interval)``.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import torch

from stn_lib.exercises import choice, comparison, rates
from stn_lib.exercises.attempt import Case
from stn_lib.exercises.draw import draw_integer
from stn_lib.exercises.frame import Exercise, Misconception, run
from stn_lib.exercises.report import Result

_Z95 = NormalDist().inv_cdf(0.975)
_Z90 = NormalDist().inv_cdf(0.95)


def wilson(errors: int, n: int, z: float = _Z95) -> tuple[float, float]:
    """Wilson's score interval for a rate: the oracle of :func:`interval`.

    Args:
        errors: Number of errors.
        n: Number of trials.
        z: Half-width in standard errors; the default gives 95 %.

    Returns:
        (low, high), fractions from 0 to 1.

    Example:
        >>> low, high = wilson(70, 10_000)
        >>> round(100 * low, 2), round(100 * high, 2)
        (0.55, 0.88)

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    Chapter: 7
    """
    p = errors / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def _wald(errors: int, n: int, z: float = _Z95, spread: float | None = None) -> tuple[float, float]:
    p = errors / n
    half = z * (math.sqrt(p * (1 - p) / n) if spread is None else spread)
    return p - half, p + half


def _clipped(pair: tuple[float, float]) -> tuple[float, float]:
    return max(0.0, pair[0]), min(1.0, pair[1])


def _wald_clipped(errors: int, n: int, z: float = _Z95) -> tuple[float, float]:
    return _clipped(_wald(errors, n, z))


def _without_n(errors: int, n: int) -> tuple[float, float]:
    p = errors / n
    return _wald(errors, n, spread=math.sqrt(p * (1 - p)))


def _divided_by_n(errors: int, n: int) -> tuple[float, float]:
    p = errors / n
    return _wald(errors, n, spread=math.sqrt(p * (1 - p)) / n)


def _percent(function: Callable[..., tuple[float, float]]) -> Callable[..., tuple[float, float]]:
    return lambda errors, n: tuple(100 * end for end in function(errors, n))


def _draw(generator: torch.Generator) -> list[Case]:
    cases = [
        Case({"errors": 70, "n": 10_000}),
        Case({"errors": 6, "n": 450}),
        Case({"errors": 0, "n": 450}, plain=False),
        Case({"errors": 40, "n": 40}, plain=False),
    ]
    for _ in range(16):
        n = draw_integer(generator, 20, 600)
        cases.append(Case({"errors": draw_integer(generator, 1, n - 1), "n": n}))
    return cases


# 1.96 in place of 1.959964 moves an end by at most 5e-6: that passes.
_INTERVAL = Exercise(
    "7.1",
    "interval",
    _draw,
    wilson,
    "Wilson's formula",
    (
        Misconception(
            "percent",
            "Your numbers are percent. Give fractions from 0 to 1, as the errors divided by n.",
            tuple(
                _percent(lambda e, n, f=f, z=z: f(e, n, z))
                for f in (wilson, _wald, _wald_clipped)
                for z in (_Z95, 1.96)
            ),
        ),
        Misconception(
            "normal_approximation",
            "This is p ± 1.96 √(p (1 − p) / n), the normal approximation. With few errors it is too narrow "
            "and reaches below 0; with no error it has no width. Use Wilson's interval.",
            (_wald, _wald_clipped),
        ),
        Misconception(
            "without_n",
            "You took the spread of ONE answer, √(p (1 − p)). The spread of the mean of n answers is that "
            "divided by √n.",
            (_without_n, lambda e, n: _clipped(_without_n(e, n)), _divided_by_n),
        ),
        Misconception(
            "one_sigma",
            "This is one standard error to each side, which holds 68 %. For 95 % take z = 1.96.",
            (lambda e, n: wilson(e, n, 1.0), lambda e, n: _wald(e, n, 1.0), lambda e, n: _wald_clipped(e, n, 1.0)),
        ),
        Misconception(
            "one_sided",
            "z = 1.645 leaves 5 % on EACH side. For 95 % in the middle leave 2.5 % on each: z = 1.96.",
            (lambda e, n: wilson(e, n, _Z90), lambda e, n: _wald(e, n, _Z90), lambda e, n: _wald_clipped(e, n, _Z90)),
        ),
        Misconception(
            "order_swapped",
            "Your ends are exchanged: give (low, high).",
            (lambda e, n: wilson(e, n)[::-1],),
        ),
    ),
    plain="Where there are some errors and some right answers",
    tolerance=2e-5,
)


def interval(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `interval(errors, n)`: the 95 % Wilson interval of an error rate.

    Args:
        function: The learner's; takes two integers and returns (low, high), fractions from 0 to 1.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> interval(lambda errors, n: wilson(errors, n)).passed
        True

    Source: E. B. Wilson, 1927.
    Chapter: 7
    """
    return run(_INTERVAL, function, seed)


def gap(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `gap(a, b)`: the mean difference of two networks' errors over the same seeds, and its 95 % interval.

    Convention: a − b, seed by seed; Student's t with k − 1 degrees of freedom for k seeds.

    Args:
        function: The learner's; takes two lists of k ≥ 2 errors in per cent, returns (mean, low, high).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> gap(lambda a, b: comparison.paired(b, a)).misconception
        'sign'

    Source: Student, "The probable error of a mean", 1908.
    Chapter: 7
    """
    return run(comparison.GAP, function, seed)


def groups(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `groups(model, lr, factor)`: parameter groups that give the localisation networks a rate of their own.

    Convention: the network of each SpatialTransformer, wherever in the model it is, learns with lr · factor, all else
    with lr. Each group is a dict with ``params``, a list, and ``lr``, as `torch.optim` takes them.

    Args:
        function: The learner's; takes a module and two numbers, returns the groups.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> groups(lambda model, lr, factor: [{"params": list(model.parameters()), "lr": lr * factor}]).misconception
        'factor_everywhere'

    Source: Jaderberg et al. 2015, appendix A.
    Chapter: 7
    """
    return run(rates.GROUPS, function, seed)


def choose(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `choose(runs)`: a learning rate chosen by validation error, and the error to report for it.

    Args:
        function: The learner's; takes a list of dicts with ``lr``, ``validation`` and ``test``, the last two errors in
            per cent, no two alike; returns (lr, error).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> choose(lambda runs: min((run["lr"], run["test"]) for run in runs)).passed
        False

    Chapter: 7
    """
    return run(choice.CHOOSE, function, seed)
