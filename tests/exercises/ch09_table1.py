"""Functions as learners write them in chapter 9: correct, mistaken, and neither."""

import math
from functools import partial

import numpy as np
import torch
from scipy import stats

from stn_lib.exercises import ch09_table1 as check
from tests.exercises.answers import Answers, slips


def by_scipy(errors, n):
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


def by_formula(errors, n, slip=None, z=1.96):
    """As it is printed in the chapter, with at most one slip."""
    p = errors // n if slip == "integer_division" else errors / n
    middle = p if slip == "middle_not_moved" else p + z**2 / n if slip == "middle_too_far" else p + z**2 / (2 * n)
    term = {"no term": 0, "n once": z**2 / (4 * n), "no 4": z**2 / n**2}.get(slip, z**2 / (4 * n**2))
    if slip == "z_not_squared":
        middle = p + z / (2 * n)
    half = math.sqrt(p * (1 - p) / n + term) * (1 if slip == "z_forgotten" else z)
    if slip == "no_root":
        half = z * (p * (1 - p) / n + term)
    if slip == "outside the root":
        half = z * (math.sqrt(p * (1 - p) / n) + term)
    if slip == "one_minus_p_forgotten":
        half = z * math.sqrt(p / n + term)
    if slip == "middle_sign":
        middle = p - z**2 / (2 * n)
    scale = {"denominator_forgotten": 1, "denominator_sign": 1 - z**2 / n}.get(slip, 1 + z**2 / n)
    if slip == "denominator_on_a_part":
        return middle / scale - half, middle / scale + half
    if slip == "middle_and_half":
        return middle / scale, half / scale
    return (middle - half) / scale, (middle + half) / scale


def less_under_the_root(errors, n):
    return by_formula(errors * (n - 1) / n, n - 1)


def ninety_nine(errors, n):
    found = stats.binomtest(errors, n).proportion_ci(0.99, method="wilson")
    return found.low, found.high


def agresti(errors, n):
    n, p = n + 1.96**2, (errors + 1.96**2 / 2) / (n + 1.96**2)
    margin = 1.96 * math.sqrt(p * (1 - p) / n)
    return p - margin, p + margin


def exchanged(errors, n):
    low, high = by_roots(errors, n)
    return high, low


def paired(a, b, slip=None):
    """With numpy, as a learner writes it, with at most one slip."""
    a, b = a.numpy().astype(float), b.numpy().astype(float)
    d = 100 * (b - a if slip == "sign" else a - b)
    if slip == "fraction":
        d = d / 100
    if slip == "either":
        return np.abs(d).mean(), stats.sem(d.mean(1)), stats.sem(d.mean(0))
    by_seed, by_image = d.mean(axis=1), d.mean(axis=0)
    if slip == "axes_exchanged":
        by_seed, by_image = by_image, by_seed
    if slip == "first_seed":
        by_image = d[0]
    if slip == "pooled":
        by_seed = by_image = d.flatten()
    ddof = 0 if slip == "population_deviation" else 1
    errors = [x.std(ddof=ddof) / len(x) ** 0.5 for x in (by_seed, by_image)]
    if slip == "unpaired":
        errors = [100 * (np.var(a.mean(k), ddof=1) / n + np.var(b.mean(k), ddof=1) / n) ** 0.5
                  for k, n in ((1, len(a)), (0, a.shape[1]))]  # fmt: skip
    if slip == "root_forgotten":
        errors = [x.std(ddof=1) for x in (by_seed, by_image)]
    if slip == "divided_by_k":
        errors = [x.std(ddof=1) / len(x) for x in (by_seed, by_image)]
    if slip == "variance":
        errors = [e**2 for e in errors]
    if slip == "root_of_too_few":
        errors = [x.std(ddof=1) / (len(x) - 1) ** 0.5 for x in (by_seed, by_image)]
    if slip == "combined":
        errors[1] = math.hypot(*errors)
    if slip == "relative":
        return [part / a.mean() for part in (d.mean(), *errors)]
    if slip == "half_width":
        errors = [1.96 * e for e in errors]
    if slip == "gap_only_in_points":
        errors = [e / 100 for e in errors]
    if slip == "roots_exchanged":
        errors = [d.mean(k).std(ddof=1) / d.shape[k] ** 0.5 for k in (1, 0)]
    if slip == "root_of_all":
        errors = [d.mean(k).std(ddof=1) / d.size**0.5 for k in (1, 0)]
    if slip == "not_averaged_first":
        errors = [d.std(k, ddof=1).mean() / d.shape[k] ** 0.5 for k in (0, 1)]
    if slip == "counts":
        return d.sum() / 100, stats.sem(d.sum(1) / 100), stats.sem(d.sum(0) / 100)
    if slip == "one_network":
        return 100 * a.mean(), 100 * stats.sem(a.mean(1)), 100 * stats.sem(a.mean(0))
    if slip == "interval_returned":
        half = 1.96 * math.hypot(*errors)
        return d.mean(), d.mean() - half, d.mean() + half
    found = (abs(d.mean()) if slip == "sign_lost" else d.mean(), *errors)
    return (*found[1:], found[0]) if slip == "order_swapped" else found


def by_torch(a, b):
    d = (a.float() - b.float()) * 100
    seeds, images = d.shape
    return torch.stack([d.mean(), d.mean(1).std() / seeds**0.5, d.mean(0).std() / images**0.5])


def by_sem(a, b):
    d = a.numpy().astype(int) - b.numpy().astype(int)
    return 100 * float(d.mean()), 100 * float(stats.sem(d.mean(1))), 100 * float(stats.sem(d.mean(0)))


ANSWERS = {
    "interval": Answers(
        correct=(by_scipy, by_roots, by_formula),
        mistaken={
            "normal_approximation": (wald, wald_cut),
            "denominator_forgotten": partial(by_formula, slip="denominator_forgotten"),
            "middle_not_moved": (
                partial(by_formula, slip="middle_not_moved"),
                lambda errors, n: [errors / n + sign * by_formula(errors, n, "middle_and_half")[1] for sign in (-1, 1)],
            ),
            "one_answer_less": (lambda errors, n: by_formula(errors, n - 1), less_under_the_root),
            "middle_too_far": partial(by_formula, slip="middle_too_far"),
            **{
                slip: partial(by_formula, slip=slip)
                for slip in ("denominator_on_a_part", "z_not_squared", "z_forgotten", "middle_and_half")
            },
            "accuracy": lambda errors, n: by_formula(n - errors, n),
            "other_level": ninety_nine,
            "pseudo_errors": agresti,
            "exact": lambda errors, n: tuple(stats.binomtest(errors, n).proportion_ci()),
            "term_forgotten": tuple(partial(by_formula, slip=slip) for slip in ("no term", "n once", "no 4")),
            "without_n": (without_n, n_not_rooted),
            "percent": (percent, percent_wald),
            "one_sigma": one_error,
            "middle_sign": partial(by_formula, slip="middle_sign"),
            "student": lambda errors, n: by_formula(errors, n, z=stats.t.ppf(0.975, n - 1)),
            "half_width_of_the_normal": lambda errors, n: [
                by_formula(errors, n, "middle_and_half")[0] + wald(errors, n)[k] - errors / n for k in (0, 1)
            ],
            "denominator_sign": partial(by_formula, slip="denominator_sign"),
            "one_minus_p_forgotten": partial(by_formula, slip="one_minus_p_forgotten"),
            "integer_division": partial(by_formula, slip="integer_division"),
            "no_root": (partial(by_formula, slip="no_root"), partial(by_formula, slip="outside the root")),
            "counts": lambda errors, n: [n * end for end in by_roots(errors, n)],
            "one_sided": ninety,
            "order_swapped": exchanged,
        },
        unexplained=(
            lambda errors, n: (0.0, 1.0),
            lambda errors, n: (errors / n, errors / n),
            lambda errors, n: (errors / n / 2, errors / n * 2),
        ),
    ),
    "paired_gap": Answers(
        correct=(paired, by_torch, by_sem),
        mistaken=slips(paired, check.paired_gap),
        unexplained=(lambda a, b: (0.0, 1.0, 1.0), lambda a, b: (float(a.sum()), float(b.sum()), 0.0)),
    ),
}
