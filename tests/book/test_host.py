"""Boxes and links of ipywidgets on a page without a kernel, and the launch buttons of a clone."""

import pytest

from tests.book.visit import Visit

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def visit(browser, built):
    with Visit(browser, (built / "_build/html/book/one.html").as_uri()) as visit:
        yield visit


def readings(visit, name):
    """The position along one axis that each of the three explorables shows."""
    place = {"x": 0, "y": 1}[name]
    frames = visit.page.locator(".stn-sample-point .stn-frame").all()
    return [float(frame.locator("input[type=range]").nth(place).input_value()) for frame in frames]


def move(visit, widget, name, key):
    frame = visit.page.locator(".stn-sample-point .stn-frame").nth(widget)
    frame.locator("input[type=range]").nth({"x": 0, "y": 1}[name]).focus()
    visit.page.keyboard.press(key)
    visit.rest()


def test_a_link_holds_both_ways(visit):
    start = readings(visit, "x")
    assert len(start) == 3 and start[0] == start[1] != start[2]
    move(visit, 0, "x", "ArrowRight")
    after = readings(visit, "x")
    assert after[0] == after[1] > start[0] and after[2] == start[2]
    move(visit, 1, "x", "ArrowLeft")
    assert readings(visit, "x") == start
    assert visit.errors == []


def test_a_directional_link_holds_one_way(visit):
    start = readings(visit, "y")
    move(visit, 0, "y", "ArrowRight")
    after = readings(visit, "y")
    assert after[2] == after[0] > start[0] and after[1] == start[1]
    move(visit, 2, "y", "ArrowLeft")
    assert readings(visit, "y")[0] == after[0]


def test_boxes_stand_as_they_were_nested(visit):
    boxes = [frame.bounding_box() for frame in visit.page.locator(".stn-sample-point .stn-frame").all()]
    assert boxes[1]["x"] > boxes[0]["x"] + boxes[0]["width"] - 1, "beside"
    assert boxes[2]["y"] > boxes[1]["y"] + boxes[1]["height"] - 1, "below"


def test_a_widget_of_python_says_that_it_needs_python(visit):
    note = visit.page.locator(".stn-note")
    assert note.count() == 1 and "kernel" in note.inner_text()
    assert note.locator("a").get_attribute("href").startswith("https://mybinder.org/v2/gh/someone/a-course/")


def test_the_launch_buttons_open_this_notebook_of_the_clone_and_tell_no_secret(visit, built):
    links = visit.page.locator("a[href*='mybinder.org'], a[href*='colab.research']").evaluate_all(
        "all => [...new Set(all.map((a) => a.href))]"
    )
    assert any("mybinder.org" in link and "book%2Fone.ipynb" in link.replace("/", "%2F") for link in links), links
    assert any("colab" in link and link.endswith("book/one.ipynb") for link in links), links
    for page in (built / "_build").rglob("*.html"):
        assert "secret-token" not in page.read_text(encoding="utf-8")


def test_a_walk_that_meets_no_flip_says_so(visit):
    """Oracle: a network that says 7 to everything."""
    widget = visit.page.locator(".stn-move-digit")
    widget.get_by_role("button", name="Move right until the answer changes").click()
    widget.get_by_text("The answer did not change on the way to the right.").wait_for()
    assert widget.locator(".stn-handle").first.get_attribute("aria-valuetext") == "12 px right, 0 px down"
    assert widget.locator(".stn-answers").get_attribute("data-right") == "true"
