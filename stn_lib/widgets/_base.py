"""What all explorables share: the joined module, the style sheet, the word table, the fallback without JavaScript."""

import html
import inspect
from pathlib import Path

import anywidget
import traitlets

from stn_lib.widgets import _bundle


class Explorable(anywidget.AnyWidget):
    """An ipywidget whose front end is one JavaScript module that needs no kernel.

    A subclass is declared in the ``__init__.py`` of a folder that holds its ``widget.js`` and, if it has rules of its
    own, ``widget.css``. It keeps every word that the front end shows in ``WORDS``.

    Chapter: all
    """

    #: The words the front end shows; one table, so that an edition in another language replaces it.
    WORDS: dict[str, str] = {}
    words = traitlets.Dict().tag(sync=True)
    #: What a page shows where no JavaScript runs: a fragment of HTML or SVG.
    _fallback = traitlets.Unicode("").tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        # Not where traitlets derives a class of its own from an explorable, to add traits to one widget.
        if Explorable in cls.__bases__ and "_esm" not in vars(cls):
            folder = Path(inspect.getfile(cls)).parent
            cls._esm = _bundle.javascript(folder / "widget.js")
            cls._css = _bundle.stylesheet(folder)
        super().__init_subclass__(**kwargs)

    def __init__(self, **traits):
        super().__init__(**{"words": dict(self.WORDS)} | traits)
        self._fallback = self.fallback()

    def fallback(self) -> str:
        """The image, as HTML, that a page shows without JavaScript."""
        return f"<p>{html.escape(type(self).__name__)}</p>"


def figure(svg: str, caption: str, height: int = 0) -> str:
    """A static image with its caption, for :meth:`Explorable.fallback`.

    Args:
        height: in CSS pixels, of an explorable on the first screen of a page: the text below must not jump when it starts.
    """
    style = f' style="--stn-height: {height}px"' if height else ""
    return f'<figure class="stn-fallback"{style}>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>'


def pixels_svg(values, width: int, left: float = 0.0, least: float = 0.05) -> str:
    """The pixels of an image, row by row, values from 0 to 1, as SVG squares in the page's text colour.

    Args:
        values: of the pixels; those of at most `least` are left out.
        width: of the image in pixels.
        left: x of its left edge.
        least: the largest value that is not drawn.
    """
    return "".join(
        f'<rect x="{k % width + left:g}" y="{k // width}" width="1.02" height="1.02" '
        f'style="fill:var(--stn-ink);fill-opacity:{value:.2f}"/>'
        for k, value in enumerate(values)
        if value > least
    )


def digit_svg(
    pixels: bytes, side: int, label: str, frame: int, x: float, y: float, degrees: float, scale: float, width: int = 280
) -> str:
    """A digit of bytes (0 background, 255 digit), row by row, as SVG, placed in a frame.

    Convention: (x, y) is the digit's centre in pixels from the frame's centre; `degrees` rotates it counter-clockwise.
    """
    squares = pixels_svg((value / 255 for value in pixels), side, least=12 / 255)
    place = f"translate({frame / 2 + x:g} {frame / 2 + y:g}) rotate({-degrees:g}) scale({scale:g})"
    return (
        f'<svg viewBox="0 0 {frame} {frame}" width="{width}" role="img" aria-label="{html.escape(label)}">'
        f'<rect width="{frame}" height="{frame}" style="fill:var(--stn-surface)"/>'
        f'<g transform="{place} translate({-side / 2:g} {-side / 2:g})">{squares}</g></svg>'
    )


def ink_svg(image, levels: int) -> str:
    """Draw an image (H, W), from 0 to 1, as the paths of an SVG group of H x W: runs of equal pixels, in a few levels.

    Example:
        >>> import torch
        >>> ink_svg(torch.tensor([[0.0, 1.0, 1.0]]), 2)
        '<path d="M1 0h2v1h-2z" opacity="1.0"/>'
    """
    paths: dict[int, str] = {}
    for row, line in enumerate((image * levels).round().int().tolist()):
        start = 0
        for column in range(1, len(line) + 1):
            if column == len(line) or line[column] != line[start]:
                paths[line[start]] = paths.get(line[start], "") + f"M{start} {row}h{column - start}v1h{start - column}z"
                start = column
    return "".join(f'<path d="{d}" opacity="{level / levels}"/>' for level, d in sorted(paths.items()) if level)
