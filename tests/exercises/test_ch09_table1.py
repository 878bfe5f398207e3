"""What the exercises of chapter 9 claim."""

import pytest
import torch
from scipy import stats

from stn_lib.exercises import ch09_table1 as check
from stn_lib.metrics import paired_bootstrap
from tests.exercises.ch09_table1 import by_torch


@pytest.mark.parametrize(("errors", "n"), [(70, 10_000), (0, 450), (6, 450), (40, 40), (1, 20), (333, 600)])
def test_the_oracle_of_interval_equals_scipy(errors, n):
    """Oracle: scipy's Wilson interval."""
    theirs = stats.binomtest(errors, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert check.interval.exercise.oracle(errors, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_a_lone_half_width_gets_the_expected_type():
    """Oracle: the words that the result has to contain."""
    text = repr(check.interval(lambda e, n: 0.1))
    assert "Expected 2 numbers" in text
    assert "got float 0.1" in text


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_oracle_of_paired_gap_is_the_formula_of_the_text(seeds):
    """Oracle: torch's standard deviations of the differences, averaged over one axis."""
    a, b = torch.rand(2, seeds, 30, generator=torch.Generator().manual_seed(seeds)) < 0.4
    assert check.paired_gap.exercise.oracle(a, b) == pytest.approx(by_torch(a, b).tolist(), abs=1e-4)


def test_both_standard_errors_together_are_about_the_bootstraps():
    """Oracle: `paired_bootstrap` over seeds and images; it draws k of k again, so its error for few seeds is smaller."""
    g = torch.Generator().manual_seed(0)
    hard = torch.rand(2000, generator=g)
    a = torch.rand(40, 2000, generator=g) < 0.3 * hard + 0.1 * torch.rand(40, 1, generator=g)
    b = torch.rand(40, 2000, generator=g) < 0.2 * hard
    gap, from_seeds, from_images = check.paired_gap.exercise.oracle(a, b)
    found = paired_bootstrap(a, b)
    half = 1.96 * (from_seeds**2 + from_images**2) ** 0.5
    assert found.points == pytest.approx(gap)
    assert (found.interval[1] - found.interval[0]) / 2 == pytest.approx(half, rel=0.1)
