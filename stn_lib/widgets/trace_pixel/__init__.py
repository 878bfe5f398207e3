"""The explorable of chapter 4: one output pixel, and the way to its source point."""

import html
import math

import numpy as np
import torch
import traitlets

from stn_lib import coordinates, transforms
from stn_lib.grid import affine_grid
from stn_lib.widgets._base import Explorable, figure

# name, note, theta, the conventions of the grid and of the sampler
_EXAMPLES = [
    (
        "Identity",
        "V shows all of U: with equal sizes, the source of each pixel is the same pixel.",
        [1, 0, 0, 0, 1, 0],
        False,
        False,
    ),
    (
        "Worked example, edges",
        "The edges are ±1: on 4 × 4 pixels counted from 1, the source of (2,\u00a02) is (1.6,\u00a02.4).",
        [0, 0.5, -0.325, 1, 0, 0.2],
        False,
        False,
    ),
    (
        "Worked example, centres",
        "The centres are ±1: the shift has other numbers, and the source of (2,\u00a02) is still (1.6,\u00a02.4).",
        [0, 0.5, -13 / 30, 1, 0, 4 / 15],
        True,
        True,
    ),
    (
        "Identity, conventions mixed",
        "Not the identity any more: the outermost source points are half a pixel too far out.",
        [1, 0, 0, 0, 1, 0],
        True,
        False,
    ),
    (
        "Rotation by 30°",
        "A rotation in normalised coordinates: if the image is not square, it also shears.",
        transforms.rotation(torch.pi / 6)[0].flatten().tolist(),
        False,
        False,
    ),
    (
        "Shift by 3 “pixels”",
        "θ is normalised, and U is 2 wide: with a shift of 3, every source point is outside.",
        [1, 0, 3, 0, 1, 0],
        False,
        False,
    ),
    (
        "Zoom in to a half",
        "V shows the middle half of U, twice as large.",
        [0.5, 0, 0, 0, 0.5, 0],
        False,
        False,
    ),
    (
        "Mirror",
        "x changes its sign: the source of V’s first column is U’s last column.",
        [-1, 0, 0, 0, 1, 0],
        False,
        False,
    ),
]


class TracePixel(Explorable):
    """Point at a pixel of the output: see its source point, and each step of the arithmetic with its numbers.

    Convention: theta maps OUTPUT to INPUT, normalised (x, y), row by row. ``row`` and ``column`` count from 0; on the
    page, pixels are counted from ``origin`` (1 in the book's worked example, 0 in code). The value is bilinear, and 0
    outside.

    Args:
        image: the image U, (H, W), at most 8 by 8; the squares 1, 4, 9 … 256 if not given.
        theta: six numbers; those of the worked example if not given.
        out_size: (H', W') of the output V, at most 8 by 8; that of the image if not given.
        row, column: the output pixel whose source is shown.
        grid_corners, sampler_corners: ``align_corners`` of ``affine_grid`` and of ``grid_sample``.
        origin: the number of the first pixel on the page.

    Raises:
        ValueError: an image or an output that is too large or empty, a theta without six finite numbers from -99 to 99,
            or a pixel outside the output.

    Example:
        >>> widget = TracePixel(theta=[1, 0, 0, 0, 1, 0], out_size=(2, 6))
        >>> widget.out_size, widget.row, widget.column
        ([2, 6], 1, 1)

    Chapter: 4
    """

    WORDS = {
        "title": "From an output pixel to its source point",
        "input": "Input U, with the source points of the grid",
        "output": "Output V. Point at a pixel; click to keep it",
        "marker": "chosen pixel of the output",
        "source": "Column {column}, row {row}: source x {x}, y {y}, value {value}",
        "legend": {
            "target": "target point: the pixel of V",
            "theta": "θ moves it",
            "source": "source point",
            "grid": "sampling grid",
        },
        "steps": {
            "units": "Normalise",
            "theta": "θ",
            "pixel": "To pixels",
            "value": "Value",
        },
        "counted": ["column {place}, counted from 0: {index}", "row {place}, counted from 0: {index}"],
        "from": "counted from {origin}: ",
        "single": "the place of a single pixel",
        "theta": "θ",
        "entries": ["x from x", "x from y", "shift in x", "y from x", "y from y", "shift in y"],
        "agree": "Both calls use the same convention.",
        "differ": "The conventions differ: this source point is ({x}, {y}) pixels from its correct place.",
        "example": "An example",
        "own": "your own",
        "grid": "affine_grid (V): −1 and 1 are",
        "sampler": "grid_sample (U): −1 and 1 are",
        "corners": {"edges": "edges (False)", "centres": "centres (True)"},
        "height": "height of V",
        "width": "width of V",
        "reset": "Reset",
        "try": "Choose the identity, then switch both conventions: −1 and 1 move, and every source point stays. Switch one "
        "of them back: now the source points move. Then change the size of V.",
    }
    image = traitlets.List().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    span = traitlets.Float().tag(sync=True)
    origin = traitlets.Int(1).tag(sync=True)
    theta = traitlets.List(traitlets.Float()).tag(sync=True)
    out_size = traitlets.List(traitlets.Int(), minlen=2, maxlen=2).tag(sync=True)
    row = traitlets.Int(1).tag(sync=True)
    column = traitlets.Int(1).tag(sync=True)
    grid_corners = traitlets.Bool(False).tag(sync=True)
    sampler_corners = traitlets.Bool(False).tag(sync=True)
    home = traitlets.Dict().tag(sync=True)
    examples = traitlets.List().tag(sync=True)

    def __init__(
        self, image=None, theta=(0, 0.5, -0.325, 1, 0, 0.2), out_size=None, row: int = 1, column: int = 1, **traits
    ):
        pixels = np.arange(1.0, 17.0).reshape(4, 4) ** 2 if image is None else np.asarray(image, dtype=float)
        if pixels.ndim != 2 or max(pixels.shape) > 8 or 0 in pixels.shape or not np.isfinite(pixels).all():
            raise ValueError(f"expected a finite image (H, W) of at most 8 by 8 pixels, got shape {pixels.shape}")
        numbers = [float(v) for v in np.ravel(theta)]
        if len(numbers) != 6 or not all(math.isfinite(v) and abs(v) <= 99 for v in numbers):
            raise ValueError(f"expected theta as six numbers from -99 to 99, got {numbers}")
        size = [int(v) for v in (pixels.shape if out_size is None else out_size)]
        if len(size) != 2 or not all(1 <= side <= 8 for side in size):
            raise ValueError(f"expected out_size (H', W') of 1 to 8 pixels a side, got {tuple(size)}")
        if not (0 <= row < size[0] and 0 <= column < size[1]):
            raise ValueError(
                f"expected a pixel of the {size[0]} x {size[1]} output, counted from 0, got row {row}, column {column}"
            )
        super().__init__(
            image=[int(v) if v == int(v) else round(float(v), 2) for v in pixels.ravel()],
            height=pixels.shape[0],
            width=pixels.shape[1],
            span=float(max(pixels.max(), 1e-9)),
            theta=numbers,
            out_size=size,
            row=row,
            column=column,
            examples=[
                {
                    "name": name,
                    "note": note,
                    "theta": [round(float(v), 4) for v in values],
                    "grid": grid,
                    "sampler": sampler,
                }
                for name, note, values, grid, sampler in _EXAMPLES
            ],
            **traits,
        )
        state = ("theta", "out_size", "row", "column", "grid_corners", "sampler_corners")
        self.home = {name: getattr(self, name) for name in state}

    def fallback(self) -> str:
        """The image with a border, and the source points of the grid."""
        cell = 44
        parts = []
        for k, value in enumerate(self.image):
            row, column = divmod(k, self.width)
            share = round(36 * min(max(value / self.span, 0), 1))
            fill = f"color-mix(in srgb, var(--stn-ink) {share}%, var(--stn-surface))"
            parts.append(
                f'<rect x="{column * cell + 1}" y="{row * cell + 1}" width="{cell - 2}" height="{cell - 2}" style="fill:{fill}"/>'
                f'<text x="{(column + 1) * cell - 5}" y="{(row + 1) * cell - 6}" text-anchor="end" '
                f'style="fill:var(--stn-ink);font-size:12px">{value}</text>'
            )
        theta = torch.tensor(self.theta, dtype=torch.float64).view(1, 2, 3)
        grid = affine_grid(theta, (1, 1, *self.out_size), self.grid_corners)[0]
        points = coordinates.normalized_to_pixel(grid, (self.height, self.width), self.sampler_corners)
        for row, line in enumerate(points.tolist()):
            for column, (x, y) in enumerate(line):
                if not (-1.5 <= x <= self.width + 0.5 and -1.5 <= y <= self.height + 0.5):
                    continue
                at = f'cx="{(x + 0.5) * cell:.1f}" cy="{(y + 0.5) * cell:.1f}"'
                parts.append(f'<circle {at} r="3.5" style="fill:var(--stn-grid)"/>')
                if (row, column) == (self.row, self.column):
                    parts.append(f'<circle {at} r="9" style="fill:none;stroke:var(--stn-source);stroke-width:3px"/>')
        width, height = (self.width + 2) * cell, (self.height + 2) * cell
        svg = (
            f'<svg viewBox="{-cell} {-cell} {width} {height}" width="{width}" role="img" '
            f'aria-label="{html.escape(self.words["title"])}">{"".join(parts)}</svg>'
        )
        return figure(svg, "The input image U and the source points of the grid, one of them with a ring.")
