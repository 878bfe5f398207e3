"""Make the font of the book's formulas, `book/_static/stn-math.woff2`, from STIX Math 1.1.1.

    apt-get download fonts-stix && dpkg -x fonts-stix_*.deb stix
    python -m pip install fonttools brotli
    python tools/math_font.py stix/usr/share/fonts/opentype/stix-word/STIXMath-Regular.otf

The font keeps the signs of `SIGNS`; a test compares them with the formulas of the book. STIX is under the SIL Open Font
License (`book/_static/stn-math-OFL.txt`), which asks that a changed font has another name.
"""

import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "book" / "_static" / "stn-math.woff2"
NAME = "STN Math"
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_GREEK = "αβγδεζηθικλμνξοπρςστυφχψω"
_GREEK_CAPITALS = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡϴΣΤΥΦΧΨΩ"
_OWN_CAPITALS = "ΓΔΘΛΞΠΣΥΦΨΩ"  # those that are not Latin letters
#: Where Unicode has the italic and the bold italic letters. Browsers draw `<mi>x</mi>` as the italic x.
_LATIN_FORMS = (0x1D434, 0x1D468)
_SMALL_GREEK_FORMS = (0x1D6FC, 0x1D736)
_OPERATORS = "∂∇∞∑∏∫√−±∓×÷·⋅∗∘⊙⊗⊕⊤⊥∈∉∋⊂⊆∪∩∅∧∨¬∀∃≤≥≪≫≠≈≃≅∼≡∝→←↔⇒⇐⇔↦⟨⟩⌊⌋⌈⌉‖∥…⋯⋮⋱′″ℓℎℝℤℕℒ"
_ACCENTS = "¯ˆ˜˙¨ˇ´`\u0302\u0303\u0304\u0305\u0307\u0308\u20d7^~"
#: Every sign that formulas may use.
SIGNS = (
    frozenset(map(chr, range(0x20, 0x7F)))
    | frozenset(_OWN_CAPITALS + _OPERATORS + _ACCENTS)
    | {chr(first + k) for first in _LATIN_FORMS for k in range(52) if first + k != 0x1D455}
    | {chr(first + k) for first in _SMALL_GREEK_FORMS for k in range(32)}  # with ∂ ϵ ϑ ϕ ϱ ϖ
    | {chr(0x1D6E2 + _GREEK_CAPITALS.index(sign)) for sign in _OWN_CAPITALS}
    | {"𝖳"}  # the sign of a transposed matrix
)


def italic(sign: str) -> str:
    """Return the sign that a browser draws for an `<mi>` with this single sign.

    Example:
        >>> [hex(ord(italic(sign))) for sign in "xhθ1"]
        ['0x1d465', '0x210e', '0x1d703', '0x31']
    """
    if sign == "h":
        return "ℎ"
    plain = (_LATIN.upper(), 0x1D434), (_LATIN, 0x1D44E), (_GREEK_CAPITALS, 0x1D6E2), (_GREEK, 0x1D6FC)
    for letters, first in (*plain, ("∂ϵϑϰϕϱϖ", 0x1D715)):
        if sign in letters:
            return chr(first + letters.index(sign))
    return sign


def _lower_prime(font) -> None:
    """Make the prime a sign of full size on the line: MathML puts it into a superscript, which makes it small and high."""
    from fontTools.pens.t2CharStringPen import T2CharStringPen
    from fontTools.pens.transformPen import TransformPen

    glyphs, top = font.getGlyphSet(), font["CFF "].cff.topDictIndex[0]
    for sign in "′″":
        name = font.getBestCmap()[ord(sign)]
        old = top.CharStrings[name]
        pen = T2CharStringPen(glyphs[name].width - old.private.nominalWidthX, glyphs)
        glyphs[name].draw(TransformPen(pen, (1.35, 0, 0, 1.85, -40, -735)))
        top.CharStrings[name] = pen.getCharString(old.private, old.globalSubrs)


def make(source: Path, target: Path = TARGET) -> None:
    """Write the font."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(source)
    options = subset.Options(desubroutinize=True, hinting=False, notdef_outline=True)
    options.drop_tables += ["FFTM", "GPOS"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=map(ord, SIGNS))
    cutter.subset(font)
    _lower_prime(font)
    # All subscripts on one line, as TeX has them: that of y, which goes below the line, no lower than that of x.
    font["MATH"].table.MathConstants.SubscriptBaselineDropMin.Value = 0
    for rule in ("FractionRuleThickness", "RadicalRuleThickness", "OverbarRuleThickness"):
        getattr(font["MATH"].table.MathConstants, rule).Value = 48
    # The original's lines are 3 em high, which Firefox gives every row of a matrix.
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = 800, -200, 0
    lines = font["OS/2"]
    lines.sTypoAscender, lines.sTypoDescender, lines.sTypoLineGap = 800, -200, 0
    lines.usWinAscent, lines.usWinDescent = 800, 200
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME
    top = font["CFF "].cff
    top.fontNames = [NAME.replace(" ", "")]
    top.topDictIndex[0].FullName = top.topDictIndex[0].FamilyName = NAME
    font.flavor = "woff2"
    font.save(target)
    print(f"{target}: {target.stat().st_size / 1000:.1f} kB, {len(font.getBestCmap())} signs")
    print("without: " + "".join(sorted(sign for sign in SIGNS if ord(sign) not in font.getBestCmap())))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
