"""Draw figures in the book's one style, as inline SVG with the colours of the page, light or dark.

A figure is drawn with matplotlib in the light palette. :func:`show` then writes each palette colour as its
CSS variable, with the light value as its default, and adds the palette, so the same output is legible on the light page,
on the dark page, in JupyterLab, and without any style sheet. An image is black with transparency; on a dark page the
style sheet makes it white.

Importing this module also limits torch to one thread, because every chapter needs that, wherever it runs. The book's
networks are so small that several threads gain little, and on a busy machine they wait for each other. The environment
variable ``OMP_NUM_THREADS``, or ``torch.set_num_threads`` after the import, overrides this. No other module of the
library changes the number of threads when it is imported.
"""

import html
import io
import os
import re
from contextlib import contextmanager

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stn_lib import palette
from stn_lib.machine import machine as machine

if "OMP_NUM_THREADS" not in os.environ:
    torch.set_num_threads(1)

#: The light colour of each concept; :func:`show` replaces it by a variable.
COLOURS = dict(palette.LIGHT)

_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11.5,
    "axes.titlesize": 11.5,
    "axes.titlelocation": "left",
    "axes.edgecolor": COLOURS["line"],
    "axes.labelcolor": COLOURS["muted"],
    "axes.titlecolor": COLOURS["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "figure.constrained_layout.use": True,
}

_SHEET = f"""<style>{palette.css()}{palette.DARK_PAGE} .stn-figure image {{ filter: invert(0.92); }}
</style>"""

# 372 pt is narrower than the text column. A phone shrinks it to 358 px, where letters still have 11 px.
_WIDTH = 372 / 72


@contextmanager
def figure(rows: int = 1, columns: int = 1, *, height: float = 0.42, **options):
    """Open a figure in the book's style, which is closed at the end of the block.

    Args:
        rows, columns: panels.
        height: height of the figure as a share of its width.
        options: passed on to ``matplotlib.pyplot.subplots``.

    Yields:
        ``(figure, axes)`` as ``matplotlib.pyplot.subplots`` returns them.

    Example:
        >>> with figure(1, 2) as (fig, axes):
        ...     _ = axes[0].plot([0, 1], [0, 1], color=COLOURS["source"])
        ...     output = show(fig, "A line.")
        >>> "var(--stn-source, #0271d6)" in output.data
        True

    Chapter: all
    """
    with mpl.rc_context(_STYLE):
        fig, axes = plt.subplots(rows, columns, figsize=(_WIDTH, _WIDTH * height), **options)
        try:
            yield fig, axes
        finally:
            plt.close(fig)


def pixels(ax: Axes, image, title: str = "", *, low: float = 0.0, high: float = 1.0) -> None:
    """Draw an image as pixels: ``low`` is transparent, ``high`` is opaque.

    Args:
        ax: the panel.
        image: (H, W), a tensor or array.
        title: what the panel shows.
        low, high: the values of a transparent and of an opaque pixel.

    Raises:
        ValueError: the image is not two-dimensional, or ``high`` is not above ``low``.

    Chapter: all
    """
    values = np.asarray(image.detach() if hasattr(image, "detach") else image, dtype=float)
    if values.ndim != 2 or not high > low:
        raise ValueError(f"expected an image (H, W) and low < high, got shape {values.shape}, low={low}, high={high}")
    layer = np.zeros((*values.shape, 4))
    layer[..., 3] = np.clip((values - low) / (high - low), 0, 1)
    ax.imshow(layer, interpolation="none")
    ax.set(title=title, xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, color=COLOURS["line"])


def show(fig: Figure, caption: str) -> HTML:
    """Return the figure as inline SVG with its caption, in the colours of the page.

    Args:
        fig: a figure drawn in ``COLOURS``.
        caption: what to look at; also the figure's name for a screen reader.

    Returns:
        An object that Jupyter and the built book display.

    Chapter: all
    """
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": caption, "svg.id": None}):
        fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    for name, value in COLOURS.items():
        svg = re.sub(rf"{value}\b", f"var(--stn-{name}, {value})", svg, flags=re.IGNORECASE)
    # The page's own font, not the font of the machine that drew the figure.
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r"(font: [^;\"']*?)'[^;\"]*", r"\1system-ui, sans-serif", svg)
    # matplotlib starts the numbers of its groups again in each figure: without these the ids of a page stay unique.
    used = set(re.findall(r"#([\w.-]+)", svg))
    svg = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", svg)
    name = html.escape(caption, quote=True)
    svg = re.sub(r"<svg ", f'<svg role="img" aria-label="{name}" style="max-width:100%;height:auto" ', svg, count=1)
    return HTML(f'<figure class="stn-figure">{_SHEET}{svg}<figcaption>{html.escape(caption)}</figcaption></figure>')
