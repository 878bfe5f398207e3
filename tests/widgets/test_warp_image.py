"""The explorable of chapter 3 on a page: the numbers that a reader types."""

import pytest

from stn_lib.widgets import WarpImage
from tests.widgets.stage import Stage

LABELS = "() => [...document.querySelectorAll('.stn-matrix input')].map((node) => node.getAttribute('aria-label'))"


@pytest.mark.parametrize(("family", "text"), WarpImage.WORDS["families"])
def test_each_family_has_inputs_of_its_own(browser, family, text):
    """Oracle: the word table; by hand, the typed number and its neighbours, and the ninth entry of a projective theta."""
    labels = WarpImage.WORDS["entries"].get(family, [])
    with Stage(browser, WarpImage()) as stage:
        stage.page.get_by_role("radio", name=text, exact=True).check()
        stage.settle()
        assert stage.get("family") == family and stage.page.evaluate(LABELS) == labels
        assert stage.page.locator(".stn-matrix").inner_text().strip() == {"projective": "1"}.get(
            family, "" if labels else WarpImage.WORDS["thirty"]
        )
        before = stage.get("theta")
        if labels:
            stage.page.get_by_label(labels[-1], exact=True).fill("0.25")
            assert stage.get("theta") == [*before[:-1], 0.25]
        assert stage.errors == []


@pytest.mark.parametrize("theta", [[1, 0, 0, 0, 1, 0], [2, 0, 0, 0, 2, 0], [3, 1, 0.5, 0, -2.5, 1]])
def test_a_pixel_is_as_large_in_all_three_windows(browser, theta):
    """Oracle: by hand, the sizes on the screen: all canvases have as many pixels, so they must be equally wide."""
    with Stage(browser, WarpImage(theta=theta)) as stage:
        canvases = stage.page.locator(".stn-window > canvas").all()
        sides = [side for canvas in canvases for side in list(canvas.bounding_box().values())[2:]]
        assert len(sides) == 6 and max(sides) - min(sides) < 0.5 and min(sides) > 60
        assert stage.errors == []
