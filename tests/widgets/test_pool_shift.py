"""The explorable of chapter 2 on a page: the difference that each way of pooling leaves, and its spectrum."""

import numpy as np
import pytest

from stn_lib.widgets import PoolShift
from tests.widgets.stage import Stage

# For the bits 0 0 1 1 0 0 1 1, shifted to the left by one, by hand as in the chapter.
DIFFERENCES = {"None": 0.5, "Rect-2": 0.5, "Tri-3": 0.25, "Tri-4": 0.25, "Bin-5": 0.125}


def make(**traits):
    return PoolShift(np.eye(6), **traits)


def test_each_blur_shows_the_difference_that_choosing_it_leaves(browser):
    with Stage(browser, make()) as stage:
        for name, difference in DIFFERENCES.items():
            radio = stage.page.get_by_role("radio", name=name)
            assert radio.locator("xpath=..").inner_text().split()[-1] == f"{difference:.3f}"
            radio.check()
            assert stage.get("kernel") == name
            assert stage.text(".stn-told").endswith(f"Mean difference: {difference:.3f}.")
        stage.page.get_by_role("radio", name="larger (APS) 0.000").check()
        assert stage.text(".stn-told").startswith("No difference")
        # Now each blur shows what is left if APS stays chosen.
        shown = stage.texts(".stn-meter:first-child label > span")
        assert shown == ["0.000"] * len(DIFFERENCES)
        assert stage.errors == []


def test_the_hint_suits_the_view(browser):
    with Stage(browser, make()) as stage:
        assert "bit" in stage.text(".stn-try")
        stage.page.get_by_role("radio", name="feature map").check()
        assert "bit" not in stage.text(".stn-try") and "halves" not in stage.text(".stn-try")


def test_the_first_state_counts_what_one_step_changes(browser):
    """Oracle: by hand: 0 1 0 1 becomes 1 1 1 1."""
    with Stage(browser, make()) as stage:
        assert stage.text(".stn-told") == "2 of 4 pooled values have changed. Mean difference: 0.500."
        assert stage.page.locator(".stn-off").count() == 2


def test_the_spectrum_is_closed_until_a_reader_or_a_link_opens_it(browser):
    with Stage(browser, make()) as stage:
        chart = stage.page.locator(".stn-spectrum svg")
        assert not chart.is_visible()
        stage.page.locator("summary").press("Enter")
        assert stage.get("spectrum") is True and chart.is_visible()
        stage.page.locator("summary").press("Enter")
        assert stage.get("spectrum") is False and not chart.is_visible()
        stage.page.get_by_role("radio", name="feature map").check()
        stage.page.evaluate("location.hash = '#pool-shift?spectrum=true'")  # only a signal has one
        assert stage.get("view", "spectrum") == ["signal", True] and chart.is_visible()
        stage.press("Reset")
        assert stage.get("spectrum") is True
        assert stage.errors == []


@pytest.mark.parametrize("width", [688, 358])
def test_both_views_are_equally_wide_and_nothing_leaves_the_frame(browser, width):
    with Stage(browser, make(kernel="Bin-5"), width=width) as stage:
        for name in ("feature map", "signal"):
            stage.page.get_by_role("radio", name=name).check()
            stage.settle()
            assert stage.page.evaluate("document.documentElement.scrollWidth") <= width
