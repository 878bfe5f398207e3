"""The explorable of chapter 5: a sample point between the pixels."""

import html

import numpy as np
import traitlets

from stn_lib.widgets._base import Explorable, figure


class SamplePoint(Explorable):
    """Drag a point between the pixels of a small image: four weights as areas, the value and its two slopes.

    Convention: points are (x, y) in pixels with the centre of the first pixel at ``origin`` (1 in the
    book's worked example, 0 in code). Two pixels of the outside are drawn around the image, with their padded values;
    the point may be one and a half pixels outside.

    Args:
        image: the image, (H, W), values from 0 to ``span``; the squares 1, 4, 9 … 256 if not given.
        x, y: the first position.
        mode: ``"bilinear"`` or ``"nearest"``; padding: ``"zeros"``, ``"border"`` or ``"reflection"``.

    Raises:
        ValueError: the image is not two-dimensional, or wider or higher than 8 pixels.

    Example:
        >>> widget = SamplePoint(x=1.6, y=2.4)
        >>> widget.height, widget.width, widget.span
        (4, 4, 256.0)

    Chapter: 5
    """

    WORDS = {
        "title": "Between the pixels: four neighbours, weighted by areas",
        "overview": "Input U: drag the point",
        "close": "Weight = opposite area",
        "arrows": "arrows: \u2202V/\u2202x, \u2202V/\u2202y",
        "handle": "sample point",
        "coordinate": "source {name}",
        "mode": "Interpolation",
        "modes": [["bilinear", "Bilinear"], ["nearest", "Nearest"]],
        "padding": "Outside",
        "paddings": [["zeros", "Zeros"], ["border", "Border"], ["reflection", "Reflection"]],
        "flat": "Constant while the same pixel is nearest.",
        "home": "Back to (1.6, 2.4)",
        "try": "Move the point onto a pixel, then across it: which weights become 0, and which slope jumps? Choose Nearest. "
        "Then move the point outside.",
    }
    image = traitlets.List().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    span = traitlets.Float().tag(sync=True)
    origin = traitlets.Int(1).tag(sync=True)
    x = traitlets.Float(1.6).tag(sync=True)
    y = traitlets.Float(2.4).tag(sync=True)
    home = traitlets.List([1.6, 2.4]).tag(sync=True)
    mode = traitlets.Enum(["bilinear", "nearest"], "bilinear").tag(sync=True)
    padding = traitlets.Enum(["zeros", "border", "reflection"], "zeros").tag(sync=True)

    def __init__(self, image=None, **traits):
        pixels = np.arange(1.0, 17.0).reshape(4, 4) ** 2 if image is None else np.asarray(image, dtype=float)
        if pixels.ndim != 2 or max(pixels.shape) > 8 or 0 in pixels.shape:
            raise ValueError(f"expected an image (H, W) of at most 8 by 8 pixels, got shape {pixels.shape}")
        flat = [int(v) if v == int(v) else round(float(v), 2) for v in pixels.ravel()]
        size = {"height": pixels.shape[0], "width": pixels.shape[1]}
        super().__init__(image=flat, span=float(max(pixels.max(), 1e-9)), **size, **traits)

    def fallback(self) -> str:
        """The image and the sample point."""
        cell = 52
        parts = []
        for k, value in enumerate(self.image):
            row, column = divmod(k, self.width)
            share = round(100 * value / self.span)
            ink = "var(--stn-paper)" if share > 50 else "var(--stn-ink)"
            x, y = (column + 0.5) * cell, (row + 0.5) * cell
            fill = f"color-mix(in srgb, var(--stn-ink) {share}%, var(--stn-surface))"
            parts.append(
                f'<rect x="{column * cell + 1}" y="{row * cell + 1}" width="{cell - 2}" height="{cell - 2}" style="fill:{fill}"/>'
                f'<text x="{x}" y="{y + 5}" text-anchor="middle" style="fill:{ink};font-size:15px">{value}</text>'
            )
        x, y = ((v - self.origin + 0.5) * cell for v in (self.x, self.y))
        parts.append(f'<circle cx="{x}" cy="{y}" r="9" style="fill:none;stroke:var(--stn-source);stroke-width:3px"/>')
        width, height = self.width * cell, self.height * cell
        svg = (
            f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
            f'aria-label="{html.escape(self.words["title"])}">{"".join(parts)}</svg>'
        )
        return figure(svg, f"The sample point at ({self.x:g}, {self.y:g}) between four pixels.")
