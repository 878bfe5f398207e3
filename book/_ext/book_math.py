"""Write every formula as MathML when the book is built: no page loads a script for formulas.

The package math-core translates LaTeX to MathML Core, which browsers draw with the font ``_static/stn-math.woff2``
(tools/math_font.py). A formula that cannot be translated is a warning with its text and place, and so fails the build.
"""

import re
from functools import cache

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

_LOGGER = logging.getLogger(__name__)
# math-core does not know the space after a row, ``\\[.6em]``: it passes through as a mark at the row's beginning.
_ROW_SPACE = re.compile(r"\\\\\s*\[\s*([\d.]+)\s*em\s*\]")
_ROW_MARK = re.compile(r"<mtr>(<mtd[^>]*>)<mtext>⟦([\d.]+)⟧</mtext>")
_SPLIT_NUMBER = re.compile(r"<mi>\.</mi><mn>(\d+)</mn>")  # of ".5", which is one number to read aloud


@cache
def _translator():
    try:
        from math_core import LatexToMathML
    except ImportError as error:
        raise RuntimeError("expected the package math-core: run `pip install -r requirements.txt`") from error
    return LatexToMathML(fancy_error=False)


def mathml(latex: str, display: bool) -> str:
    r"""Return the MathML of a formula.

    Args:
        latex: the formula without its delimiters.
        display: whether the formula is a block.

    Raises:
        math_core.LatexError: with the place in the formula and the reason.

    Example:
        >>> mathml("x_s = .5", display=False)
        '<math><msub><mi>x</mi><mi>s</mi></msub><mo>=</mo><mn>.5</mn></math>'
        >>> mathml(r"\begin{aligned} a \\[.4em] b \end{aligned}", display=False).count("--stn-row:.4em")
        1
    """
    latex = _ROW_SPACE.sub(r"\\\\ \\text{⟦\1⟧}", latex)
    found = _translator().convert_with_local_state(latex, displaystyle=display)
    found = _ROW_MARK.sub(r'<mtr style="--stn-row:\2em">\1', found)
    return _SPLIT_NUMBER.sub(r"<mn>.\1</mn>", found)


def _write(translator, node, latex: str, display: bool) -> None:
    from math_core import LatexError

    try:
        translator.body.append(mathml(latex, display))
    except LatexError as error:
        _LOGGER.warning("a formula cannot be translated to MathML: %s, in %s", error, latex, location=node)


def _visit_inline(translator, node: nodes.math) -> None:
    translator.body.append('<span class="math notranslate nohighlight">')
    _write(translator, node, node.astext(), display=False)
    translator.body.append("</span>")
    raise nodes.SkipNode


def _visit_block(translator, node: nodes.math_block) -> None:
    # A formula wider than the page scrolls, so the keyboard must reach it.
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight", tabindex="0"))
    _write(translator, node, node.astext().strip(), display=True)
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _use(app, config) -> None:
    config.html_math_renderer = "mathml"


def setup(app: Sphinx) -> dict:
    """Make this the renderer of formulas."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    app.connect("config-inited", _use, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
