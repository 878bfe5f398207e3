"""The explorables on the built pages say what the text beside them says, and open as a link tells them."""

import re

import pytest

from tests.book.visit import Visit

# The one place where these tests spell addresses and names that the widgets choose.
COVER = "book/index.html"
PREDICTION = "book/05_sampling.html"
ESTIMATE = "book/07_training.html"
SAMPLE = "book/05_sampling.html#sample-point?x=3.25&y=1.5"
MOVE = "book/01_invariance.html#move-digit?right=0&down=-1&digit=8"
POOL = "book/02_pooling_shift.html#pool-shift?shift=-1"
WARP, WARP_NAME = "book/03_affine.html#warp-image?theta=1,0,0,0,1,0", ".stn-warp-image"
TRACE = "book/04_grid.html#trace-pixel?image=squares&theta=0,.5,-.325,1,0,.2&row=1&column=1"
TRACE_MIXED = "book/04_grid.html#trace-pixel?theta=1,0,0,0,1,0&grid=true&row=0&column=0"
ALIGN, ALIGN_NAME = "book/06_module.html", ".stn-align-image"


def test_a_prediction_is_remembered_in_this_browser(browser, served):
    with Visit(browser, served + PREDICTION) as visit:
        visit.page.locator(".stn-option").nth(1).click()
        visit.reload()
        assert visit.page.locator(".stn-option[aria-pressed=true]").count() == 1
        assert visit.page.locator(".stn-option").nth(1).get_attribute("aria-pressed") == "true"


def test_two_markers_are_heard_further_down_and_remembered(browser, served):
    with Visit(browser, served + ESTIMATE) as visit:
        asks, tells = visit.page.locator(".stn-estimate").all()
        assert tells.locator(".stn-told").inner_text().startswith("You have set no markers yet")
        for name, key in (("CNN", "End"), ("ST-CNN", "Home")):
            asks.get_by_role("slider", name=name, exact=True).press(key)
        visit.rest()
        said = "Your guess: 90\u00a0% for the CNN, 1\u00a0% for the ST-CNN"
        assert tells.locator(".stn-told").inner_text().startswith(said)
        visit.reload()
        asks, tells = visit.page.locator(".stn-estimate").all()
        for widget in (asks, tells):
            assert widget.locator(".stn-told").inner_text().startswith(said)
        assert tells.locator(".stn-marks .stn-mine").count() == 2
        asks.get_by_role("button", name="Guess again").click()
        assert tells.locator(".stn-marks .stn-mine").count() == 0


def test_the_address_opens_the_point_where_a_link_says(browser, served):
    with Visit(browser, served + SAMPLE) as visit:
        shown = visit.page.locator(".stn-sample-point .stn-slider output").all_inner_texts()
        assert shown == ["3.25", "1.50"]


def test_on_the_cover_the_cnn_is_wrong_and_the_st_cnn_right_at_first_sight(browser, served):
    with Visit(browser, served + COVER) as visit:
        plain, transformer = visit.page.locator(".stn-answers").all()
        assert plain.get_attribute("data-right") == "false"
        assert transformer.get_attribute("data-right") == "true"


def test_an_arrow_key_moves_the_digit_by_one_pixel_and_the_walk_ends_where_the_answer_changes(browser, served):
    with Visit(browser, served + MOVE) as visit:
        widget = visit.page.locator(".stn-move-digit")
        handle = widget.locator(".stn-handle").first
        assert handle.get_attribute("aria-valuetext") == "0 px right, \u22121 px down"
        handle.focus()
        visit.page.keyboard.press("ArrowRight")
        visit.page.keyboard.press("ArrowDown")
        visit.rest()
        assert handle.get_attribute("aria-valuetext") == "1 px right, 0 px down"
        assert widget.locator(".stn-answers").get_attribute("data-right") == "true"
        widget.get_by_role("button", name="Move right until the answer changes").click()
        widget.locator(".stn-answers[data-right=false]").wait_for()  # it takes a step every few frames
        visit.rest()
        assert widget.locator(".stn-flip").get_attribute("d").count("M") == 1
        # The map knew: a cross where the digit now stands, computed from the same network on its own.
        right, down = (float(v) for v in re.findall(r"-?[\d.]+", handle.get_attribute("transform")))
        cross = f"M{right - 20 + 12 + 0.28} {down - 20 + 12 + 0.28}l"
        assert cross in widget.locator(".stn-crosses").get_attribute("d")


def test_the_eight_bits_are_those_of_the_text_and_a_click_turns_one(browser, served):
    with Visit(browser, served + POOL) as visit:
        widget = visit.page.locator(".stn-pool-shift")
        rows = {row.get_attribute("aria-label") for row in widget.locator(".stn-row[role=img]").all()}
        assert {
            "pooled: 1, 1, 1, 1",
            "without the shift: 0, 1, 0, 1",
            "maximum of each pair: 1, 1, 1, 0, 1, 1, 1, 0",
        } <= rows
        for k in (2, 3, 6, 7):
            widget.locator(".stn-toggle").nth(k).click()
        visit.rest()
        rows = {row.get_attribute("aria-label") for row in widget.locator(".stn-row[role=img]").all()}
        assert "pooled: 0, 0, 0, 0" in rows and "Not the same" not in widget.locator(".stn-told").inner_text()


def test_a_dragged_corner_changes_theta_and_what_stays_as_it_is(browser, served):
    with Visit(browser, served + WARP) as visit:
        widget = visit.page.locator(WARP_NAME)
        widget.locator(".stn-analysis summary").click()
        assert widget.locator(".stn-keeps li[data-kept=true]").count() == 4
        widget.locator(".stn-handle").first.focus()
        # Corner A by .05: half as far at B and D, so .025 and not parallel to x.
        visit.page.keyboard.press("ArrowRight")
        visit.rest()
        theta = [float(entry.input_value()) for entry in widget.locator(".stn-matrix input").all()]
        assert theta == [0.988, -0.013, 0.025, 0, 1, 0]
        kept = widget.locator(".stn-keeps li[data-kept=true]").all_inner_texts()
        assert [text.split()[-1] for text in kept] == ["parallels", "lines"]
        widget.locator("select").select_option("Zoom out: 2 \u00b7 identity")
        visit.rest()
        assert "determinant" in widget.inner_text() and "4.00 (400 % area)" in widget.inner_text()


def test_the_four_steps_from_a_pixel_to_its_value_stand_in_order_with_the_numbers_of_the_text(browser, served):
    with Visit(browser, served + TRACE) as visit:
        widget = visit.page.locator(".stn-trace-pixel")
        steps = widget.locator(".stn-steps dd").all_inner_texts()
        ends = [re.findall(r"= (\u2212?[\d.]+)(?![\d.]| \u00b7)", step) for step in steps]
        assert ends == [["\u22120.250"] * 2, ["\u22120.450", "\u22120.050"], ["1.60", "2.40"], ["55.92"]]
        widget.locator(".stn-marker").focus()
        visit.page.keyboard.press("ArrowDown")  # (2, 3), by hand: (2.1, 2.4)
        visit.rest()
        assert (
            widget.locator(".stn-marker")
            .get_attribute("aria-valuetext")
            .startswith("Column 2, row 3: source x 2.10, y 2.40")
        )


def test_mixed_conventions_are_named(browser, served):
    with Visit(browser, served + TRACE_MIXED) as visit:
        told = visit.page.locator(".stn-trace-pixel .stn-told").inner_text()
        assert "this source point is (\u22120.50, \u22120.50) pixels from its correct place" in told


# How the descent from each start ends.
ENDS = {
    "": "arrived, 0.1 pixels",
    "#align-image?x=.3": "Stuck",
    "#align-image?x=.3&blur=coarse": "Arrived",
    "#align-image?x=.3&sampler=linearized": "Arrived",
    "#align-image?sampler=nearest": "nearest",
    "#align-image?x=-1.5": "background alone",
}


@pytest.mark.parametrize("state", ENDS)
def test_the_descent_ends_as_the_text_says(browser, served, state):
    with Visit(browser, served + ALIGN + state) as visit:
        told = visit.page.locator(f"{ALIGN_NAME} .stn-told")
        visit.rest()
        assert told.inner_text().endswith("Guess, then press Play.")  # the outcome is for the reader to guess
        visit.page.locator(ALIGN_NAME).get_by_role("slider", name="step", exact=True).press("End")
        visit.rest()
        assert ENDS[state].lower() in told.inner_text().lower()
