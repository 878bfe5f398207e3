"""The explorable of chapter 4: one output pixel, and the way to its source point."""

import html
import math

import numpy as np
import torch
import traitlets

from stn_lib import coordinates, transforms
from stn_lib.data import sample_digits
from stn_lib.grid import affine_grid
from stn_lib.sampling import antialiased_sample
from stn_lib.widgets._base import Explorable, figure

_TURN = transforms.rotation(torch.pi / 6)[0].flatten().tolist()

# theta: that of the first convention; centres: that of the second, if it is another one. image: which one is shown, if
# the example needs it; pixel: (row, column) of the traced pixel, counted from 0.
_EXAMPLES = [
    {
        "name": "Rotation by 30°",
        "note": "θ rotates the grid as the digit in U is rotated, so the digit in V is upright.",
        "theta": _TURN,
        "image": "given",
    },
    {
        "name": "Identity",
        "note": "V shows all of U: with equal sizes, the source of each pixel is the same pixel.",
        "theta": [1, 0, 0, 0, 1, 0],
    },
    {
        "name": "Worked example",
        "note": "Counted from 1, the source of (2,\u00a02) is (1.6,\u00a02.4). θ’s shifts depend on the convention.",
        "theta": [0, 0.5, -0.325, 1, 0, 0.2],
        "centres": [0, 0.5, -13 / 30, 1, 0, 4 / 15],
        "image": "squares",
        "pixel": [1, 1],
    },
    {
        "name": "Shift by 3 “pixels”",
        "note": "θ is normalised, and U is 2 wide: with a shift of 3, every source point is outside.",
        "theta": [1, 0, 3, 0, 1, 0],
    },
    {
        "name": "Zoom in to a half",
        "note": "V shows the middle half of U, twice as large.",
        "theta": [0.5, 0, 0, 0, 0.5, 0],
    },
    {
        "name": "Mirror",
        "note": "x changes its sign: the source of V’s first column is U’s last column.",
        "theta": [-1, 0, 0, 0, 1, 0],
    },
]


def _tilted_digit() -> np.ndarray:
    """A digit on 10 by 10 pixels, rotated by 30° clockwise."""
    grid = affine_grid(0.92 * transforms.rotation(-torch.pi / 6), (1, 1, 10, 10))
    return antialiased_sample(sample_digits()[2:3], grid, 4)[0, 0].double().numpy()


def _describe(pixels: np.ndarray, origin: int) -> dict:
    """An image as the page is handed it."""
    values = [int(v) if v == int(v) else round(float(v), 2) for v in pixels.ravel()]
    height, width = pixels.shape
    return {
        "values": values,
        "height": height,
        "width": width,
        "span": float(max(pixels.max(), 1e-9)),
        "origin": origin,
    }


class TracePixel(Explorable):
    """Point at a pixel of the output: see its source point, and each step of the arithmetic with its numbers.

    Convention: theta maps OUTPUT to INPUT, normalised (x, y), row by row. ``row`` and ``column`` count from 0; on the
    page, pixels are counted from ``origin`` (0, as in code; from 1 in the book's worked example, whose image is shown
    as ``"squares"``). The value is bilinear, and 0 outside.

    Args:
        image: the image U, (H, W), at most 12 by 12; a digit rotated by 30° if not given.
        theta: six numbers; a rotation by 30° if not given.
        out_size: (H', W') of the output V, at most 12 by 12; that of the shown image if not given.
        row, column: the output pixel whose source is shown.
        grid_corners, sampler_corners: ``align_corners`` of ``affine_grid`` and of ``grid_sample``.
        origin: the number of the image's first pixel on the page.
        shown: ``"given"``, the image, or ``"squares"``, that of the worked example.

    Raises:
        ValueError: an image or an output that is too large or empty, a theta without six finite numbers from -99 to 99,
            or a pixel outside the output.

    Example:
        >>> widget = TracePixel(theta=[1, 0, 0, 0, 1, 0], out_size=(2, 7))
        >>> widget.out_size, widget.row, widget.column
        ([2, 7], 1, 6)

    Chapter: 4
    """

    WORDS = {
        "title": "Every output pixel has a source point",
        "input": "Input U and the grid",
        "output": "Output V",
        "marker": "chosen pixel of the output",
        "source": "Column {column}, row {row}: source x {x}, y {y}, value {value}",
        "steps": {
            "units": "Normalise",
            "theta": "θ",
            "pixel": "To pixels",
            "value": "Value",
        },
        "counted": "(column, row), counted from {origin}",
        "single": "the place of a single pixel",
        "entries": ["x from x", "x from y", "shift in x", "y from x", "y from y", "shift in y"],
        "agree": "Both calls use the same convention.",
        "resized": "U has {size} pixels, V {outSize}: θ samples the same part of U, at other points.",
        "differ": "Conventions mixed: this source point is ({x}, {y}) pixels from its correct place, dashed.",
        "example": "Example",
        "own": "your own",
        "corners": {"edges": "False: edges", "centres": "True: centres"},
        "height": "height of V",
        "width": "width of V",
        "reset": "Reset",
        "conventions": "align_corners: are −1 and 1 at the edges of the outer pixels, or at their centres?",
        "try": "Point at pixels of V. Then change align_corners for one call only: the grid no longer fits.",
    }
    images = traitlets.Dict().tag(sync=True)
    shown = traitlets.Enum(["given", "squares"], "given").tag(sync=True)
    theta = traitlets.List(traitlets.Float()).tag(sync=True)
    out_size = traitlets.List(traitlets.Int(), minlen=2, maxlen=2).tag(sync=True)
    row = traitlets.Int(1).tag(sync=True)
    column = traitlets.Int(6).tag(sync=True)
    grid_corners = traitlets.Bool(False).tag(sync=True)
    sampler_corners = traitlets.Bool(False).tag(sync=True)
    home = traitlets.Dict().tag(sync=True)
    examples = traitlets.List().tag(sync=True)

    def __init__(
        self, image=None, theta=_TURN, out_size=None, row: int = 1, column: int = 6, origin: int = 0, **traits
    ):
        pixels = _tilted_digit() if image is None else np.asarray(image, dtype=float)
        if pixels.ndim != 2 or max(pixels.shape) > 12 or 0 in pixels.shape or not np.isfinite(pixels).all():
            raise ValueError(f"expected a finite image (H, W) of at most 12 by 12 pixels, got shape {pixels.shape}")
        numbers = [float(v) for v in np.ravel(theta)]
        if len(numbers) != 6 or not all(math.isfinite(v) and abs(v) <= 99 for v in numbers):
            raise ValueError(f"expected theta as six numbers from -99 to 99, got {numbers}")
        squares = np.arange(1.0, 17.0).reshape(4, 4) ** 2
        own_size = (squares if traits.get("shown") == "squares" else pixels).shape
        size = [int(v) for v in (own_size if out_size is None else out_size)]
        if len(size) != 2 or not all(1 <= side <= 12 for side in size):
            raise ValueError(f"expected out_size (H', W') of 1 to 12 pixels a side, got {tuple(size)}")
        if not (0 <= row < size[0] and 0 <= column < size[1]):
            raise ValueError(
                f"expected a pixel of the {size[0]} x {size[1]} output, counted from 0, got row {row}, column {column}"
            )
        super().__init__(
            images={"given": _describe(pixels, origin), "squares": _describe(squares, 1)},
            theta=numbers,
            out_size=size,
            row=row,
            column=column,
            examples=_EXAMPLES,
            **traits,
        )
        state = ("shown", "theta", "out_size", "row", "column", "grid_corners", "sampler_corners")
        self.home = {name: getattr(self, name) for name in state}

    def fallback(self) -> str:
        """The image with a border, and the source points of the grid."""
        cell = 28
        parts = []
        shown = self.images[self.shown]
        height, width = shown["height"], shown["width"]
        for k, value in enumerate(shown["values"]):
            row, column = divmod(k, width)
            share = round(88 * min(max(value / shown["span"], 0), 1))
            fill = f"color-mix(in srgb, var(--stn-ink) {share}%, var(--stn-surface))"
            place = f'x="{column * cell + 1}" y="{row * cell + 1}" width="{cell - 2}" height="{cell - 2}"'
            parts.append(f'<rect {place} style="fill:{fill}"/>')
        theta = torch.tensor(self.theta, dtype=torch.float64).view(1, 2, 3)
        grid = affine_grid(theta, (1, 1, *self.out_size), self.grid_corners)[0]
        points = coordinates.normalized_to_pixel(grid, (height, width), self.sampler_corners)
        for row, line in enumerate(points.tolist()):
            for column, (x, y) in enumerate(line):
                if not (-1.5 <= x <= width + 0.5 and -1.5 <= y <= height + 0.5):
                    continue
                at = f'cx="{(x + 0.5) * cell:.1f}" cy="{(y + 0.5) * cell:.1f}"'
                parts.append(f'<circle {at} r="3.5" style="fill:var(--stn-grid)"/>')
                if (row, column) == (self.row, self.column):
                    parts.append(f'<circle {at} r="9" style="fill:none;stroke:var(--stn-source);stroke-width:3px"/>')
        sides = f"{(width + 2) * cell} {(height + 2) * cell}"
        svg = (
            f'<svg viewBox="{-cell} {-cell} {sides}" width="{(width + 2) * cell}" role="img" '
            f'aria-label="{html.escape(self.words["title"])}">{"".join(parts)}</svg>'
        )
        return figure(svg, "The input image U and the source points of the grid, one of them with a ring.")
