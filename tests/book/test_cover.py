"""The first state of the cover shows what the cover says: the plain network is wrong, the other is correct."""

import math
import re

import pytest
import torch
import torch.nn.functional as F

from stn_lib import models
from stn_lib.data import sample_digits
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def first():
    """The cover's digit when the page opens: its image (1, 1, 42, 42) and its label."""
    call = re.search(r"^StraightenDigit\((.*)\)$", (ROOT / "book" / "index.md").read_text(encoding="utf-8"), re.M)[1]
    digit, degrees, x, y, scale = (
        float(re.search(rf"\b{name}=(-?[\d.]+)", call)[1]) for name in ("digit", "degrees", "x", "y", "scale")
    )
    cos, sin = (f(math.radians(degrees)) * 1.5 / scale for f in (math.cos, math.sin))
    # Output to input: the frame's point minus the digit's place (in halves of the frame, 21 px), rotated back. A positive
    # angle is counter-clockwise on the screen.
    linear = torch.tensor([[cos, -sin], [sin, cos]])
    shift = -linear @ torch.tensor([[x / 21], [y / 21]])
    grid = F.affine_grid(torch.cat([linear, shift], dim=1)[None], (1, 1, 42, 42), align_corners=False)
    return F.grid_sample(sample_digits()[int(digit)][None], grid, align_corners=False), int(digit)


def answer(name, image):
    with torch.no_grad():
        share, label = models.load_pretrained(name)(image).softmax(dim=1).max(dim=1)
    return label.item(), share.item()


def test_the_plain_network_is_wrong(first):
    image, digit = first
    assert answer("cover-cnn", image)[0] != digit


def test_the_spatial_transformer_is_correct_and_sure(first):
    image, digit = first
    label, share = answer("cover-st-cnn", image)
    assert label == digit and share > 0.8


def test_the_page_says_what_python_says(browser, served, first):
    """The same digit in the page: its two answers and their shares are Python's."""
    page = browser.new_page()
    page.goto(served + "index.html")
    page.locator(".stn-answers").first.wait_for()
    shown = page.locator(".stn-answers output").all_inner_texts()
    for name, text in zip(("cover-cnn", "cover-st-cnn"), shown, strict=True):
        label, share = answer(name, first[0])
        assert re.search(rf"\b{label}\b", text) and f"{100 * share:.0f}" in text
    page.close()


def test_throws_are_counted_and_the_page_agrees_with_its_tally(browser, served):
    """Oracle: the verdicts that the page shows after each throw."""
    page = browser.new_page()
    page.goto(served + "index.html")
    throw = page.get_by_role("button", name="Throw a digit")
    throw.wait_for()
    correct = [0, 0]
    for _ in range(12):
        throw.click()
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        shown = page.locator(".stn-answers output").all_inner_texts()
        correct = [count + ("✓" in text) for count, text in zip(correct, shown, strict=True)]
    tally = page.locator(".stn-tally").inner_text()
    assert tally == f"12 throws. Correct: plain CNN {correct[0]}, ST-CNN {correct[1]}."
    page.close()


@pytest.mark.parametrize(("width", "height"), [(412, 823), (1280, 800)])
def test_the_text_below_the_explorable_is_not_on_the_first_screen_before_it_starts_either(
    browser, served, width, height
):
    """Else it jumps in front of the reader when the explorable takes the place of its image."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.route("**/stn-host.js*", lambda route: route.abort())
    page.goto(f"{served}book/index.html")
    assert page.locator(".stn-standin").count() == 1
    assert page.locator("p:has(> a.stn-set)").first.bounding_box()["y"] >= height
    page.close()
