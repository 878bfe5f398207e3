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
