"""The explorable of the cover on a page: its two images at one scale, theta and the window."""

import re

import pytest
import torch

from stn_lib import palette
from stn_lib.data import sample_digits
from stn_lib.models import load_pretrained
from stn_lib.widgets import StraightenDigit
from tests.widgets.drawing import placed
from tests.widgets.stage import Stage


@pytest.fixture(scope="module")
def shown():
    return StraightenDigit(digit=7, degrees=35.0, scale=0.8)


@pytest.mark.parametrize("width", [688, 358, 288])
def test_both_images_have_one_scale_and_handles_for_a_finger(browser, shown, width):
    """Oracle: 42 pixels are as wide as they are on the left, 28 on the right."""
    with Stage(browser, shown, width=width) as stage:
        left, right = (image.bounding_box()["width"] for image in stage.page.locator("canvas").all())
        assert abs(left / 42 - right / 28) < 0.02
        for knob in stage.page.locator(".stn-knob").all():
            assert min(knob.bounding_box()[side] for side in ("width", "height")) >= 24
        assert stage.page.evaluate("document.documentElement.scrollWidth") <= width


def lit(stage):
    return stage.page.locator(".stn-lit").evaluate_all("all => all.map((node) => node.tagName.toLowerCase()).sort()")


def test_theta_and_the_window_light_together(browser, shown):
    with Stage(browser, shown) as stage:
        assert lit(stage) == []
        stage.page.locator(".stn-matrix").hover()
        assert lit(stage) == ["div", "g"]
        stage.page.locator(".stn-title").hover()
        assert lit(stage) == []


def test_images_have_the_colours_of_a_theme_before_the_next_frame(browser):
    """A page that is being printed has no further frame. Oracle: the palette; the first pixel is background."""
    with Stage(browser, StraightenDigit()) as stage:
        pixel = stage.page.evaluate("""async () => {
            document.documentElement.dataset.theme = "dark";
            await null;
            const canvas = document.querySelector("canvas");
            return [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data].slice(0, 3);
        }""")
        assert bytes(pixel).hex() == palette.DARK["surface"][1:]


def test_without_javascript_the_window_and_both_answers_are_there():
    """Oracle: the networks' own answers to the digit as torch places it; the window's corner by theta's columns."""
    place = {"x": -5.0, "y": 4.0, "degrees": 30.0, "scale": 0.7}
    image = placed(sample_digits()[7], place)
    text = StraightenDigit(digit=7, **place)._fallback
    for name, word, network in [("Plain CNN", "wrong", "cover-cnn"), ("ST-CNN", "correct", "cover-st-cnn")]:
        network = load_pretrained(network)
        with torch.no_grad():
            share, label = network(image).softmax(1).max(1)
        assert f"{name}: {label.item()}, {word}, {100 * share.item():.0f} %" in text
    with torch.no_grad():
        (a, b, x), (c, d, y) = network.transformer.theta(image)[0].tolist()
    corner = [21 * (1 + x - a - b), 21 * (1 + y - c - d)]
    assert [float(one) for one in re.search(r'points="([-\d.]+),([-\d.]+)', text).groups()] == pytest.approx(
        corner, abs=0.006
    )
