"""Wilson's interval against scipy's own."""

import pytest
from scipy.stats import binomtest

from stn_lib.metrics import error_interval


@pytest.mark.parametrize(("errors", "n"), [(0, 10), (10, 10), (1, 3), (70, 10_000), (24, 1780)])
def test_equals_scipy(errors, n):
    """Oracle: scipy.stats.binomtest(...).proportion_ci(method='wilson')."""
    low, high = binomtest(errors, n).proportion_ci(method="wilson")
    assert error_interval(errors, n) == pytest.approx((100 * low, 100 * high), abs=1e-5)


@pytest.mark.parametrize(("errors", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(errors, n):
    """Oracle: there are no such counts."""
    with pytest.raises(ValueError, match="expected n >= 1"):
        error_interval(errors, n)
