"""Formulas are MathML in the book's own font, which has every sign that they use."""

import html
import re

import pytest

from tests.book import small_book
from tests.conftest import ROOT
from tools import math_font

FONT = ROOT / "book" / "_static" / "stn-math.woff2"
MOST_BYTES = 60_000
INVISIBLE = {"\u2061", "\u2062", "\u2063", "\u2064", "\u200b", "\ufe00", "\xa0", "\n"}


def signs_of(page: str) -> set[str]:
    """The signs of a page's formulas, as a browser draws them: a single letter in `<mi>` is italic."""
    signs = set()
    for formula in re.findall(r"<math\b.*?</math>", page, re.DOTALL):
        for name, text in re.findall(r"<(mi|mn|mo|mtext)\b[^>]*>([^<]*)<", formula):
            text = html.unescape(text)
            signs |= {math_font.italic(text)} if name == "mi" and len(text) == 1 else set(text)
        if "<msqrt" in formula or "<mroot" in formula:
            signs.add("√")
    return signs - INVISIBLE


@pytest.fixture(scope="module")
def in_font():
    pytest.importorskip("brotli")
    from fontTools.ttLib import TTFont

    return {chr(code) for code in TTFont(FONT).getBestCmap()}


def test_the_font_has_every_sign_of_the_book(site, in_font):
    missing = {}
    for page in sorted(site.rglob("*.html")):
        if signs := signs_of(page.read_text(encoding="utf-8")) - in_font:
            missing[page.name] = "".join(sorted(signs))
    assert not missing, "add them to SIGNS in tools/math_font.py, and make the font again"


def test_the_font_has_what_its_tool_says_and_is_light(in_font):
    assert in_font >= math_font.SIGNS
    assert FONT.stat().st_size <= MOST_BYTES
    assert "SIL OPEN FONT LICENSE" in FONT.with_name("stn-math-OFL.txt").read_text(encoding="utf-8")


def test_a_sign_that_the_font_lacks_is_found(in_font):
    assert signs_of("<p>ж</p><math><mi>ж</mi><mo>+</mo><msqrt><mi>h</mi></msqrt></math>") - in_font == {"ж"}


@pytest.mark.parametrize(
    "latex",
    [
        r"\boldsymbol{\theta}",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}",
        r"\textcolor{red}{x}",
    ],
)
def test_what_a_chapter_may_need_is_translated_and_drawn(latex, in_font):
    with small_book.scripts():
        import book_math
    assert signs_of(book_math.mathml(latex, display=True)) <= in_font


def test_a_space_after_a_row_reaches_the_next_row():
    """Oracle: by hand; the row below the space has it, and the sign for it is gone."""
    with small_book.scripts():
        import book_math
    rows = book_math.mathml(r"\begin{aligned} a &= 1 \\ b &= 2 \\[.6em] c &= 3 \end{aligned}", True).split("<mtr")
    assert ["--stn-row:.6em" in row for row in rows[1:]] == [False, False, True]
    assert "⟦" not in "".join(rows) and "6em]" not in "".join(rows)
