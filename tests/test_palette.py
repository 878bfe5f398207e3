"""The colours: readable on their page, and apart for readers who see fewer of them."""

import itertools

import numpy as np
import pytest
from colorspacious import cspace_convert

from stn_lib import palette

CONCEPTS = ("source", "target", "theta", "grid", "gradient", "answer")
THEMES = {"light": palette.LIGHT, "dark": palette.DARK}
SIGHT = {"normal": None, "protanopia": "protanomaly", "deuteranopia": "deuteranomaly"}


def rgb(colour):
    return np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])


def contrast(one, other):
    """The contrast ratio of WCAG 2.1."""

    def luminance(colour):
        value = rgb(colour)
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def seen(colour, kind):
    """CIE Lab of a colour as a reader with this sight has it (Machado et al., 2009)."""
    space = "sRGB1" if kind is None else {"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100}
    return cspace_convert(np.clip(cspace_convert(rgb(colour), space, "sRGB1"), 0, 1), "sRGB1", "CIELab")


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [*CONCEPTS, "ink", "muted", "ok", "bad"])
def test_text_in_each_colour_can_be_read(theme, name):
    colours = THEMES[theme]
    assert contrast(colours[name], colours["paper"]) >= 4.5
    assert contrast(colours[name], colours["surface"]) >= 4.5


@pytest.mark.parametrize("kind", SIGHT.values(), ids=SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_the_concepts_are_told_apart(theme, kind):
    points = {name: seen(THEMES[theme][name], kind) for name in CONCEPTS}
    for one, other in itertools.combinations(CONCEPTS, 2):
        assert np.linalg.norm(points[one] - points[other]) >= 20, (one, other)


def test_both_themes_name_the_same_colours():
    assert list(palette.LIGHT) == list(palette.DARK)
    for name, value in palette.DARK.items():
        assert f"--stn-{name}: {value};" in palette.css()
