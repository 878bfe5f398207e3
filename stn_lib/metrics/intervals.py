"""Intervals of error rates and of the difference between two networks, from counts or from single answers."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


def error_interval(errors: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval for an error rate: the true rates that are compatible with `errors` mistakes in `n` trials.

    Convention:
        In per cent, as the paper's tables. It stays within [0, 100] and works at 0 errors, where the usual
        p ± z·sqrt(p(1-p)/n) has no width. It takes the trials for independent.

    Args:
        errors: number of wrong answers, 0 <= errors <= n.
        n: number of answers.
        z: half the width in standard deviations; the default gives 95 %.

    Returns:
        (low, high) in per cent.

    Raises:
        ValueError: for impossible counts.

    Example:
        >>> low, high = error_interval(70, 10_000)  # the paper's 0.7 % on MNIST's test set
        >>> f"{low:.2f} to {high:.2f} %"
        '0.55 to 0.88 %'

    Source: Wilson, JASA 22(158), 1927.
    Chapter: 9
    """
    if n < 1 or not 0 <= errors <= n:
        raise ValueError(f"expected n >= 1 and 0 <= errors <= n, got errors={errors}, n={n}")
    rate = errors / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def paired_interval(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """The mean of a - b over pairs, and Student's t-interval of it.

    Convention:
        Pairs share what both depend on, such as the seed, so that its effect cancels. The interval takes the pairs for
        independent of one another and their differences for normally distributed.

    Args:
        a: one number for each pair, such as the error of each seed without a transformer.
        b: the other number of each pair, in the same order.
        level: the confidence level, between 0 and 1.

    Returns:
        (mean, low, high) in the unit of `a` and `b`.

    Raises:
        ValueError: for lists of different lengths, for fewer than two pairs, or for a level outside (0, 1).

    Example:
        >>> [round(end, 2) for end in paired_interval([10.62, 10.90, 12.47], [3.09, 4.21, 3.48])]
        [7.74, 4.85, 10.63]

    Source: Student, The probable error of a mean, Biometrika 6(1), 1908.
    Chapter: 7
    """
    from scipy.special import stdtrit  # not above: a page without an interval need not wait for it

    if len(a) != len(b) or len(a) < 2 or not 0 < level < 1:
        raise ValueError(
            f"expected at least two pairs and a level between 0 and 1, got {len(a)} and {len(b)} numbers, level={level}"
        )
    differences = [float(x) - float(y) for x, y in zip(a, b, strict=True)]
    mean = math.fsum(differences) / len(differences)
    deviation = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (len(differences) - 1))
    half = float(stdtrit(len(differences) - 1, (1 + level) / 2)) * deviation / math.sqrt(len(differences))
    return mean, mean - half, mean + half


class Difference(NamedTuple):
    """The difference between the error rates of two networks, a less b.

    Args:
        points: the mean difference, in percentage points.
        interval: (low, high), in percentage points.
        p: how often a difference at least so far from 0 would be seen if there were none; two-sided.
    """

    points: float
    interval: tuple[float, float]
    p: float


def paired_bootstrap(
    a: ArrayLike, b: ArrayLike, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Difference:
    """How far the error rates of two networks differ, with an interval for other seeds and other images.

    Convention:
        Seeds and images are drawn again, with replacement and independently of each other; both networks get the same
        draws. So whatever a seed or an image does to both networks cancels. The interval holds the middle `level` of
        the mean differences of all draws. With one seed only the images are drawn: the interval then tells nothing of
        other seeds. Few seeds show too little of their own spread: with S of them about (S - 1) / S of its variance.

    Args:
        a: (seeds, images), True where the network's answer is wrong.
        b: the same for the other network; a row has the seed, a column the image of that of `a`.
        level: the confidence level, between 0 and 1.
        resamples: how many draws.
        seed: of the draws.

    Returns:
        A `Difference`. Its p is twice the share of draws on the far side of 0, at least 2 / (resamples + 1).

    Raises:
        ValueError: for arrays of different or other shapes, without an image, or a level outside (0, 1).

    Example:
        >>> wrong = [[True, False, True, False, True, False], [True, True, False, False, True, False]]
        >>> found = paired_bootstrap(wrong, [[False] * 6] * 2)
        >>> round(found.points, 1), [round(end, 1) for end in found.interval]
        (50.0, [16.7, 83.3])

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993; Owen, The pigeonhole bootstrap, 2007, for two
    factors.
    Chapter: 7
    """
    a, b = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if a.shape != b.shape or a.ndim != 2 or not a.size or not 0 < level < 1 or resamples < 1:
        raise ValueError(
            "expected two arrays (seeds, images) of one shape, a level between 0 and 1 and at least one resample, got "
            f"{a.shape} and {b.shape}, level={level}, resamples={resamples}"
        )
    seeds, images = a.shape
    # Images with the same differences in all seeds are interchangeable: it suffices to draw how many there are of each.
    kinds, counts = np.unique(a.astype(int) - b.astype(int), axis=1, return_counts=True)
    generator = np.random.default_rng(seed)
    drawn_images = generator.multinomial(images, counts / images, size=resamples)
    drawn_seeds = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples)
    means = 100 * np.einsum("rs,sk,rk->r", drawn_seeds, kinds, drawn_images, optimize=True) / (seeds * images)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    beyond = min(np.count_nonzero(means <= 0), np.count_nonzero(means >= 0))
    points = 100 * float(kinds.sum(0) @ counts) / (seeds * images)
    return Difference(points, (float(low), float(high)), min(1.0, 2 * float(beyond + 1) / (resamples + 1)))


def mcnemar(a: ArrayLike, b: ArrayLike) -> float:
    """The p-value of two networks' errors on the same images: exact, two-sided.

    Only images count on which one network is right and the other wrong: without a difference between the networks each
    of the two would be as likely.

    Args:
        a: (images,), True where the network's answer is wrong.
        b: the same for the other network.

    Raises:
        ValueError: for arrays of different or other shapes.

    Example:
        >>> mcnemar([True, True, True, False], [False, False, False, False])  # heads three times: 2 / 2³
        0.25

    Source: McNemar, Psychometrika 12(2), 1947.
    Chapter: 9
    """
    from scipy.stats import binomtest

    a, b = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"expected two arrays (images,) of one length, got {a.shape} and {b.shape}")
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several comparisons, each made larger for their number, in the same order.

    Convention: those that are below 0.05 may all be called differences, with a risk of at most 5 % that even one of
    them is none.

    Raises:
        ValueError: for a number outside [0, 1].

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]  # 3 · 0.01, then 2 · 0.03, then at least as much
        [0.03, 0.06, 0.06]

    Source: Holm, Scandinavian Journal of Statistics 6(2), 1979.
    Chapter: 9
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"expected p-values from 0 to 1, got {list(p_values)}")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = largest
    return adjusted
