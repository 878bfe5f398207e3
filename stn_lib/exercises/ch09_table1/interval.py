"""Check `interval(errors, n)`: the 95 % Wilson interval of an error rate.

Args: errors, n: integers, the number of errors among n answers.
Returns: (low, high), fractions from 0 to 1.

Example:
    >>> interval(lambda errors, n: (errors / n, errors / n)).passed
    False

Source: Wilson, JASA 22(158), 1927.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

import torch

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer
from stn_lib.metrics import error_interval

_Z95, _Z90, _Z99 = (NormalDist().inv_cdf(rank) for rank in (0.975, 0.95, 0.995))


def _cases(generator: torch.Generator) -> list[Case]:
    cases = [
        Case({"errors": 70, "n": 10_000}),
        Case({"errors": 6, "n": 450}),
        Case({"errors": 0, "n": 450}, is_core=False),
        Case({"errors": 40, "n": 40}, is_core=False),
    ]
    for _ in range(16):
        n = random_integer(generator, 20, 600)
        cases.append(Case({"errors": random_integer(generator, 1, n - 1), "n": n}))
    return cases


def _wilson(errors: int, n: int, z: float = _Z95) -> tuple[float, float]:
    low, high = error_interval(errors, n, z)
    return low / 100, high / 100


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


def _variant(
    errors: int,
    n: int,
    *,
    shift: float = 0.5,
    inside: float = 0.25,
    scale: tuple[float, float] = (_Z95**2, _Z95**2),
    times: float = _Z95,
    z: float = _Z95,
) -> tuple[float, float]:
    """Wilson's formula with another constant; each option is a possible mistake."""
    p = errors / n
    middle, half = p + shift * z * z / n, times * math.sqrt(p * (1 - p) / n + inside * z * z / n**2)
    middle, half = middle / (1 + scale[0] / n), half / (1 + scale[1] / n)
    return middle - half, middle + half


def _at_share(share: Callable[[int, int], float], half: Callable[[float, int], float]) -> Callable[..., tuple]:
    """Wilson's formula with another error rate, or another half width before the division."""

    def ends(errors: int, n: int) -> tuple[float, float]:
        p = share(errors, n)
        middle, reach, scale = p + _Z95**2 / (2 * n), half(p, n), 1 + _Z95**2 / n
        return (middle - reach) / scale, (middle + reach) / scale

    return ends


def _inside_root(p: float, n: int) -> float:
    return p * (1 - p) / n + _Z95**2 / (4 * n * n)


def _student(n: int) -> float:
    from scipy.special import stdtrit  # not above: it takes longer to import than all exercises together

    return float(stdtrit(n - 1, 0.975))


def _around_p(errors: int, n: int) -> tuple[float, float]:
    low, high = _wilson(errors, n)
    return errors / n - (high - low) / 2, errors / n + (high - low) / 2


def _clopper_pearson(errors: int, n: int) -> tuple[float, float]:
    from scipy.special import betaincinv  # not above: it takes longer to import than all exercises together

    low = float(betaincinv(errors, n - errors + 1, 0.025)) if errors else 0.0
    high = float(betaincinv(errors + 1, n - errors, 0.975)) if errors < n else 1.0
    return low, high


def _percent(function: Callable[..., tuple[float, float]]) -> Callable[..., tuple[float, float]]:
    return lambda errors, n: tuple(100 * end for end in function(errors, n))


interval = exercise(
    __name__,
    number="9.1",
    cases=_cases,
    oracle=_wilson,
    oracle_name="Wilson's formula",
    misconceptions={
        "percent": Misconception(
            "Your numbers are percent. Give fractions from 0 to 1: the errors divided by n.",
            *(
                _percent(lambda e, n, f=f, z=z: f(e, n, z))
                for f in (_wilson, _wald, _wald_clipped)
                for z in (_Z95, 1.96)
            ),
        ),
        "normal_approximation": Misconception(
            "This is p ± 1.96 √(p (1 − p) / n), the normal approximation. With few errors it is too narrow and "
            "reaches below 0; with no error it has no width. Use Wilson's interval.",
            _wald,
            _wald_clipped,
        ),
        "denominator_forgotten": Misconception(
            "You forgot the denominator: divide both ends by 1 + z²/n.",
            lambda e, n: _variant(e, n, scale=(0, 0)),
            lambda e, n: _clipped(_variant(e, n, scale=(0, 0))),
        ),
        "middle_not_moved": Misconception(
            "Your interval is centred at p. Wilson's middle is p + z²/(2n), before the division: add that term.",
            lambda e, n: _variant(e, n, shift=0),
            lambda e, n: _variant(e, n, shift=0, scale=(0, 0)),
            _around_p,
        ),
        "term_forgotten": Misconception(
            "Under the root a term is missing, or it is not divided correctly: it is z²/(4n²), added to p (1 − p)/n.",
            lambda e, n: _variant(e, n, inside=0),
            lambda e, n: _variant(e, n, inside=1),
            lambda e, n: _variant(e, n, inside=0.5),
            lambda e, n: _variant(e, n, inside=n / 4),
        ),
        "middle_too_far": Misconception(
            "You add z²/n to p. Wilson's middle is p + z²/(2n): half of that.",
            lambda e, n: _variant(e, n, shift=1),
        ),
        "denominator_on_a_part": Misconception(
            "The denominator 1 + z²/n divides one part only. It divides the middle AND the half width: put parentheses "
            "around the whole numerator.",
            lambda e, n: _variant(e, n, scale=(_Z95**2, 0)),
            lambda e, n: _variant(e, n, scale=(0, _Z95**2)),
        ),
        "z_not_squared": Misconception(
            "Somewhere you wrote z where the formula has z². There are three: z²/(2n), z²/(4n²), and z²/n in the denominator.",
            lambda e, n: _variant(e, n, scale=(_Z95, _Z95)),
            lambda e, n: _variant(e, n, shift=0.5 / _Z95),
            lambda e, n: _variant(e, n, inside=0.25 / _Z95),
            lambda e, n: _variant(e, n, shift=0.5 / _Z95, inside=0.25 / _Z95, scale=(_Z95, _Z95)),
        ),
        "z_forgotten": Misconception(
            "The factor before the root is not z: it is missing, squared, or inside. The half width is z times the root.",
            lambda e, n: _variant(e, n, times=1),
            lambda e, n: _variant(e, n, times=1, scale=(0, 0)),
            lambda e, n: _variant(e, n, times=math.sqrt(_Z95)),
            lambda e, n: _variant(e, n, times=_Z95**2),
        ),
        "accuracy": Misconception(
            "This is the interval of the ACCURACY. Give that of the error rate: p is errors / n.",
            *(lambda e, n, f=f: f(n - e, n) for f in (_wilson, _wald, _wald_clipped)),
        ),
        "other_level": Misconception(
            "Your z belongs to another level, such as 2.576 to a 99 % interval, 2 to one of 95.4 % and 0.95 to one of 66 %. For 95 % use "
            "z = 1.96.",
            *(
                lambda e, n, f=f, z=z: f(e, n, z)
                for f in (_wilson, _wald, _wald_clipped)
                for z in (_Z99, 2.576, 2, 0.95)
            ),
        ),
        "middle_and_half": Misconception(
            "You give the middle and the half width. Give the ends: middle − half and middle + half.",
            lambda e, n: (sum(_wilson(e, n)) / 2, (_wilson(e, n)[1] - _wilson(e, n)[0]) / 2),
        ),
        "pseudo_errors": Misconception(
            "You add z²/2 errors and z² images, and take p ± 1.96 √(p (1 − p)/n) of those (Agresti and Coull). It has "
            "Wilson's middle (with 2 and 4, nearly), but is wider: use Wilson's formula.",
            lambda e, n: _wald(e + _Z95**2 / 2, n + _Z95**2),
            lambda e, n: _wald(e + 2, n + 4),
        ),
        "exact": Misconception(
            "This is the exact interval of Clopper and Pearson, scipy's default; it is wider, unless there is no error. Use "
            "Wilson's formula.",
            _clopper_pearson,
        ),
        "without_n": Misconception(
            "One answer has the standard deviation √(p (1 − p)); the mean of n answers has that divided by √n. You left out the "
            "division, or divided by n.",
            _without_n,
            lambda e, n: _clipped(_without_n(e, n)),
            _divided_by_n,
            _at_share(
                lambda errors, n: errors / n,
                lambda p, n: _Z95 * math.sqrt(p * (1 - p) + _Z95**2 / (4 * n * n)),
            ),
        ),
        "one_sigma": Misconception(
            "This is one standard error to each side, which covers 68 %. For 95 % use z = 1.96.",
            lambda e, n: _wilson(e, n, 1.0),
            lambda e, n: _wald(e, n, 1.0),
            lambda e, n: _wald_clipped(e, n, 1.0),
        ),
        "one_sided": Misconception(
            "z = 1.645 leaves 5 % on EACH side. For 95 % in the middle leave 2.5 % on each: z = 1.96.",
            lambda e, n: _wilson(e, n, _Z90),
            lambda e, n: _wald(e, n, _Z90),
            lambda e, n: _wald_clipped(e, n, _Z90),
        ),
        "order_swapped": Misconception("You exchanged the ends: give (low, high).", lambda e, n: _wilson(e, n)[::-1]),
        "one_answer_less": Misconception(
            "You use n − 1 in place of n. Wilson's formula has n everywhere.",
            lambda e, n: _variant(e, max(n - 1, e)),  # where e is n, the root of a negative number: not a core case
            lambda e, n: _variant(e * (n - 1) / n, n - 1),
        ),
        "integer_division": Misconception(
            "Your p is 0 unless all answers are wrong: `//` rounds down. Divide with `/`.",
            _at_share(lambda errors, n: errors // n, lambda p, n: _Z95 * math.sqrt(_inside_root(p, n))),
        ),
        "no_root": Misconception(
            "The root is missing, or z²/(4n²) is outside of it. The half width is z times the root of the whole sum.",
            _at_share(lambda errors, n: errors / n, lambda p, n: _Z95 * _inside_root(p, n)),
            _at_share(
                lambda errors, n: errors / n, lambda p, n: _Z95 * (math.sqrt(p * (1 - p) / n) + _Z95**2 / (4 * n * n))
            ),
            _at_share(lambda errors, n: errors / n, lambda p, n: _Z95 * (math.sqrt(p * (1 - p) / n) + _Z95 / (2 * n))),
        ),
        "counts": Misconception(
            "Your numbers are counts of errors. Give fractions from 0 to 1.",
            *(lambda e, n, z=z: tuple(n * end for end in _wilson(e, n, z)) for z in (_Z95, 1.96)),
        ),
        "middle_sign": Misconception(
            "You subtract z²/(2n) from p. It is added: Wilson's middle is nearer to ½ than p.",
            lambda e, n: _variant(e, n, shift=-0.5),
        ),
        "denominator_sign": Misconception(
            "Your denominator is 1 − z²/n. It is 1 + z²/n.",
            lambda e, n: _variant(e, n, scale=(-(_Z95**2), -(_Z95**2))),
        ),
        "one_minus_p_forgotten": Misconception(
            "Under the root 1 − p is missing: it is p (1 − p)/n + z²/(4n²).",
            _at_share(lambda errors, n: errors / n, lambda p, n: _Z95 * math.sqrt(p / n + _Z95**2 / (4 * n * n))),
        ),
        "student": Misconception(
            "You use Student's t. Its formula is for the mean of numbers whose spread is estimated; Wilson's has z = 1.96.",
            *(lambda e, n, f=f: f(e, n, _student(n)) for f in (_wilson, _wald, _wald_clipped)),
        ),
        "half_width_of_the_normal": Misconception(
            "Your middle is Wilson's, but your half width is that of p ± 1.96 √(p (1 − p) / n). Both parts change.",
            lambda e, n: tuple(
                sum(_wilson(e, n)) / 2 + sign * _Z95 * math.sqrt(e / n * (1 - e / n) / n) for sign in (-1, 1)
            ),
        ),
    },
    core_name="Where some answers are wrong and some are correct",
    tolerance=2e-5,  # 1.96 for 1.959964 moves an end by at most 5e-6
)
