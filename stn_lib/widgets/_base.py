"""What all explorables share: the joined module, the style sheet, the word table, the picture without JavaScript."""

import html

import anywidget
import traitlets

from stn_lib.widgets import _bundle


class Explorable(anywidget.AnyWidget):
    """An ipywidget whose front end is one JavaScript module that needs no kernel.

    A subclass names its module and style sheet in the class statement
    (``class SamplePoint(Explorable, module="sample_point")``) and keeps every word it shows in ``WORDS``.

    Chapter: all
    """

    #: The words the front end shows; one table, so that an edition in another language replaces it.
    WORDS: dict[str, str] = {}
    words = traitlets.Dict().tag(sync=True)
    #: What stands in the widget's place where no JavaScript runs: a fragment of HTML or SVG.
    _fallback = traitlets.Unicode("").tag(sync=True)

    def __init_subclass__(cls, module: str | None = None, **kwargs):
        if module is not None:
            cls._esm = _bundle.javascript(f"{module}.js")
            cls._css = _bundle.stylesheet(module)
        super().__init_subclass__(**kwargs)

    def __init__(self, **traits):
        super().__init__(**{"words": dict(self.WORDS)} | traits)
        self._fallback = self.fallback()

    def fallback(self) -> str:
        """The picture, as HTML, that stands here without JavaScript."""
        return f"<p>{html.escape(type(self).__name__)}</p>"


def figure(svg: str, caption: str) -> str:
    """A static picture with its caption, for :meth:`Explorable.fallback`."""
    return f'<figure class="stn-fallback">{svg}<figcaption>{html.escape(caption)}</figcaption></figure>'


def digit_svg(pixels: bytes, side: int, label: str, degrees: float = 0.0) -> str:
    """A digit of bytes (0 paper, 255 ink), row by row, as SVG in the page's ink, turned clockwise."""
    squares = "".join(
        f'<rect x="{k % side}" y="{k // side}" width="1.02" height="1.02" style="fill:var(--stn-ink);fill-opacity:{v / 255:.2f}"/>'
        for k, v in enumerate(pixels)
        if v > 12
    )
    return (
        f'<svg viewBox="0 0 {side} {side}" width="280" role="img" aria-label="{html.escape(label)}">'
        f'<g transform="rotate({degrees:g} {side / 2} {side / 2})">{squares}</g></svg>'
    )
