"""The cover's first picture shows what the cover says: the plain network is wrong, the other right."""

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
    """The cover's digit as it first stands: its picture (1, 1, 42, 42) and what it is."""
    call = re.search(r"^StraightenDigit\((.*)\)$", (ROOT / "book" / "index.md").read_text(encoding="utf-8"), re.M)[1]
    digit, degrees, x, y, scale = (
        float(re.search(rf"\b{name}=(-?[\d.]+)", call)[1]) for name in ("digit", "degrees", "x", "y", "scale")
    )
    cos, sin = (f(math.radians(degrees)) * 1.5 / scale for f in (math.cos, math.sin))
    # Output to input: the frame's point minus the digit's place (in units of half the frame, 21 px), turned back.
    linear = torch.tensor([[cos, sin], [-sin, cos]])
    shift = -linear @ torch.tensor([[x / 21], [y / 21]])
    grid = F.affine_grid(torch.cat([linear, shift], dim=1)[None], (1, 1, 42, 42), align_corners=False)
    return F.grid_sample(sample_digits()[int(digit)][None], grid, align_corners=False), int(digit)


def answer(name, picture):
    with torch.no_grad():
        share, label = models.load_pretrained(name)(picture).softmax(dim=1).max(dim=1)
    return label.item(), share.item()


def test_the_plain_network_is_wrong_and_sure(first):
    picture, digit = first
    label, share = answer("digits-rts-cnn", picture)
    assert label != digit and share > 0.6


def test_the_spatial_transformer_is_right_and_sure(first):
    picture, digit = first
    label, share = answer("digits-rts-st-cnn", picture)
    assert label == digit and share > 0.8


def test_the_page_says_what_python_says(browser, served, first):
    """The same digit in the page: its two answers and their shares are Python's."""
    page = browser.new_page()
    page.goto(served + "index.html")
    page.locator(".stn-answers").first.wait_for()
    shown = page.locator(".stn-answers output").all_inner_texts()
    for name, text in zip(("digits-rts-cnn", "digits-rts-st-cnn"), shown, strict=True):
        label, share = answer(name, first[0])
        assert re.search(rf"\b{label}\b", text) and f"{100 * share:.0f}" in text
    page.close()
