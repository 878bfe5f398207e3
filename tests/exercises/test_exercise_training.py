"""The check of an interval for an error rate, against scipy; and its misconceptions, each named."""

import math

import pytest

from stn_lib.exercises import training as check


@pytest.mark.parametrize(("errors", "n"), [(70, 10_000), (0, 450), (6, 450), (40, 40), (1, 20), (333, 600)])
def test_wilson_equals_scipy(errors, n):
    stats = pytest.importorskip("scipy.stats")
    theirs = stats.binomtest(errors, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert check.wilson(errors, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def by_scipy(errors, n):
    stats = pytest.importorskip("scipy.stats")
    interval = stats.binomtest(errors, n).proportion_ci(method="wilson")
    return interval.low, interval.high


def by_roots(errors, n):
    # The rates q with (p - q)² = z² q (1 - q) / n, with the usual rounded z.
    p, z = errors / n, 1.96
    a, b, c = 1 + z**2 / n, -(2 * p + z**2 / n), p**2
    root = math.sqrt(max(0.0, b**2 - 4 * a * c))
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def wald(errors, n):
    p = errors / n
    margin = 1.96 * (p * (1 - p) / n) ** 0.5
    return p - margin, p + margin


def wald_cut(errors, n):
    low, high = wald(errors, n)
    return max(low, 0.0), min(high, 1.0)


def without_n(errors, n):
    p = errors / n
    sd = (p * (1 - p)) ** 0.5
    return p - 1.96 * sd, p + 1.96 * sd


def n_not_rooted(errors, n):
    p = errors / n
    sd = (p * (1 - p)) ** 0.5 / n
    return p - 1.96 * sd, p + 1.96 * sd


def percent(errors, n):
    low, high = by_roots(errors, n)
    return 100 * low, 100 * high


def percent_wald(errors, n):
    low, high = wald(errors, n)
    return 100 * low, 100 * high


def one_error(errors, n):
    p = errors / n
    se = (p * (1 - p) / n) ** 0.5
    return p - se, p + se


def ninety(errors, n):
    p = errors / n
    margin = 1.6449 * (p * (1 - p) / n) ** 0.5
    return p - margin, p + margin


def exchanged(errors, n):
    low, high = by_roots(errors, n)
    return high, low


WRONG = [
    (wald, "normal_approximation"),
    (wald_cut, "normal_approximation"),
    (without_n, "without_n"),
    (n_not_rooted, "without_n"),
    (percent_wald, "percent"),
    (one_error, "one_sigma"),
    (ninety, "one_sided"),
    (exchanged, "order_swapped"),
]


@pytest.mark.parametrize("solution", [by_scipy, by_roots])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_right_passes(solution, seed):
    assert check.interval(solution, seed=seed).passed


@pytest.mark.parametrize(("wrong", "key"), [*WRONG, (percent, "percent")])
@pytest.mark.parametrize("seed", [0, 1])
def test_names(wrong, key, seed):
    result = check.interval(wrong, seed=seed)
    assert (result.status, result.misconception) == ("failed", key)


def test_others_get_no_name():
    for wrong in (lambda e, n: (0.0, 1.0), lambda e, n: (e / n, e / n), lambda e, n: (e / n / 2, e / n * 2)):
        result = check.interval(wrong)
        assert (result.status, result.misconception) == ("failed", None)


def test_a_lone_half_width_is_told_what_was_expected():
    text = repr(check.interval(lambda e, n: 0.1))
    assert "Expected 2 numbers" in text
    assert "got float 0.1" in text


def test_every_misconception_has_a_test():
    assert {m.key for m in check._INTERVAL.misconceptions} == {key for _, key in WRONG}
