"""The explorable of chapters 3 and 8: drag the frame that theta samples, or type its numbers."""

import html

import numpy as np
import torch
import traitlets

from stn_lib import transforms
from stn_lib.spatial_transformer import TRANSFORMS
from stn_lib.widgets._base import Explorable, figure, pixels_svg


def _bulge() -> list[float]:
    points = transforms.control_points()
    inner = points.abs().amax(dim=1, keepdim=True) < 0.5
    return torch.where(inner, 0.55 * points, points).flatten().tolist()


def _wave() -> list[float]:
    points = transforms.control_points()
    points[:, 1] += 0.18 * torch.sin(torch.pi * points[:, 0])
    return points.flatten().tolist()


# name, note, family, theta
_PRESETS = [
    ("Identity", "Every pixel of V samples its own position in U.", "affine", [1, 0, 0, 0, 1, 0]),
    (
        "Zoom out: 2 · identity",
        "The frame is twice as wide and high as U, so the content of V is half as wide and high.",
        "affine",
        [2, 0, 0, 0, 2, 0],
    ),
    (
        "Half the side, shifted by ½",
        "The frame is the lower right quarter of U, and V shows this quarter enlarged.",
        "affine",
        [0.5, 0, 0.5, 0, 0.5, 0.5],
    ),
    (
        "Rotate by 30°",
        "The frame rotates clockwise, so the content of V rotates counter-clockwise.",
        "affine",
        transforms.rotation(torch.pi / 6)[0].flatten().tolist(),
    ),
    ("Shear", "Each row of V samples further to the right than the row above it.", "affine", [1, 0.5, 0, 0, 1, 0]),
    (
        "Mirror",
        "A and B have changed places: the determinant is −1. A rotation by 180° with a negative scale in y is the same θ.",
        "affine",
        [-1, 0, 0, 0, 1, 0],
    ),
    (
        "The worked example",
        "θ exchanges the axes and halves one; its determinant is −0.5. The shifts are 0.6 and 0.4 pixels (chapter 4).",
        "affine",
        [0, 0.5, -0.325, 1, 0, 0.2],
    ),
    ("Rotate by 90°, then shift", "The centre of V samples (0.5, 0).", "affine", [0, -1, 0.5, 1, 0, 0]),
    ("Shift, then rotate by 90°", "The centre of V samples (0, 0.5).", "affine", [0, -1, 0, 1, 0, 0.5]),
    (
        "Attention: a window",
        "Three numbers instead of six: one scale and a shift.",
        "affine",
        [0.5, 0, 0.2, 0, 0.5, -0.25],
    ),
    (
        "Projective: from the side",
        "On the right w is small, so the samples are far apart. Lines stay straight, but parallels do not stay parallel.",
        "projective",
        [0.8, 0, 0, 0, 0.8, 0, -0.45, 0],
    ),
    (
        "Thin plate: a bulge",
        "The sources of the inner four points are closer to the centre, so V enlarges the centre.",
        "tps",
        _bulge(),
    ),
    (
        "Thin plate: a wave",
        "The sources of the sixteen points move up and down; the spline is smooth between them.",
        "tps",
        _wave(),
    ),
]


# The families that the front end draws (families.js), and how their numbers become theta.
_THETA = {
    "affine": lambda numbers: numbers.view(-1, 2, 3),
    "projective": transforms.projective,
    "tps": lambda numbers: numbers.view(-1, 16, 2),
}


_ENTRIES = ["x from x", "x from y", "shift in x", "y from x", "y from y", "shift in y"]


class WarpImage(Explorable):
    """Drag the frame that theta samples, or type its numbers, and follow one point of V to its source in U.

    U and V are drawn at one scale. A push uses the same theta in the other direction.

    Convention: theta maps OUTPUT to INPUT, normalised (x, y), ``align_corners=False``, row by row.

    Args:
        image: the image, square (H, H), values from 0 to 1; a digit of sample_digits if not given.
        family: a key of ``WORDS["families"]``, such as ``"affine"``, or ``"tps"``, a thin plate spline with 4 by 4 control
            points.
        theta: as many numbers as the family has in `stn_lib.spatial_transformer.TRANSFORMS`: of a projective theta 8 (the
            ninth is 1); of a spline 32, x and y of the source of each control point.
        smoothing: the spline's regularisation.
        show: ``"pull"``, V sampled at the sources, or ``"push"``, each pixel of U sent to theta of its place.
        x: of the point that is followed, the target in V (in a push: the point of U); y: likewise.

    Raises:
        ValueError: the image is not square, theta has another number of entries than its family, or a projective
            theta whose horizon is in the image.

    Example:
        >>> WarpImage(theta=[2, 0, 0, 0, 2, 0]).family
        'affine'

    Chapter: 3, 8
    """

    WORDS = {
        "title": "θ says where V takes its values",
        "input": {"pull": "Input U: drag the frame", "push": "Input U: drag the point"},
        "output": {"pull": "Output V: drag the point", "push": "Push: drag the frame"},
        # The point that is followed, and the points that theta moves, in a pull and in a push.
        "still": {"pull": "point of V", "push": "point of U"},
        "moved": {
            "pull": {"handle": "source of {name}", "frame": "the whole frame", "at": "samples x {x}, y {y}"},
            "push": {"handle": "{name} in the output", "frame": "the whole frame", "at": "arrives at x {x}, y {y}"},
        },
        "at": "x {x}, y {y}",
        "theta": "θ",
        "symbols": {
            "affine": ["θ_11", "θ_12", "θ_13", "θ_21", "θ_22", "θ_23"],  # as in chapter 3
            "projective": ["a", "b", "c", "d", "e", "f", "g", "h"],  # as in chapter 8
            "target": ["x_t", "y_t"],
            "source": ["x_s", "y_s"],
            "w": "w",
        },
        "sum": {
            "pull": "The point samples ({x}, {y}): the weighted sum of the sources of the 16 points. The weights depend on "
            "the point and add up to 1. The largest, {weight}, is that of point {point}.",
            "push": "The point arrives at ({x}, {y}): the weighted sum of the places of the 16 points. The weights depend on "
            "the point and add up to 1. The largest, {weight}, is that of point {point}.",
        },
        "entries": {  # by family; the numbers of a family that is not here are not typed
            "affine": _ENTRIES,
            "projective": [*_ENTRIES, "w from x", "w from y"],
        },
        "thirty": "32 numbers: x and y of the 16 sources",
        "analysis": "What θ is made of, and what it keeps",
        "made": "Scale, then shear, rotate and shift:",
        "parts": {
            "determinant": "determinant",
            "rotation": "rotation",
            "shear": "shear",
            "scale": "scale",
            "shift": "shift",
        },
        "area": "{value} ({percent} % area)",
        "mirrored": "{value} (mirrored)",
        "closest": "The closest affine map:",
        "horizon": "The smallest w is {w}, at a corner. On the horizon w is 0.",
        "flat": "flattened",
        "kept": "What θ keeps",
        "keeps": {"lengths": "lengths", "angles": "angles", "parallels": "parallels", "lines": "straight lines"},
        "family": "Family",
        "families": [["affine", "Affine"], ["projective", "Projective"], ["tps", "Thin plate"]],
        "preset": "An example",
        "own": "your own",
        "notes": {
            "affine": "V shows what is inside the frame. The larger the frame, the smaller the content of V.",
            "projective": "V shows what is inside the frame. Where w is small, the samples are far apart.",
            "tps": "V shows what is inside the frame. The spline is smooth between the 16 points.",
        },
        "show": "Show",
        "shows": [["pull", "Pull"], ["push", "Push"]],
        "smoothing": "stiffness",
        "refused": "No θ of this family does that: three corners would be on one line, or the horizon inside the image.",
        "clamped": "Numbers from −9 to 9 are drawn: yours became {limit}.",
        "most": "That θ has a number below −9 or above 9.",
        "empty": "Each pixel of U is sent to θ of its place, so the content moves with the frame. {count} of {all} pixels "
        "get no value (red).",
        "try": {  # by the family at the start
            "affine": "Type numbers that rotate the content of V clockwise. Then find numbers that mirror it.",
            "projective": "Drag corner A: the other three stay where they are. No affine θ can do that.",
            "tps": "Drag one of the inner points. How far away does V still change?",
        },
    }
    image = traitlets.List().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    family = traitlets.Enum(list(_THETA), "affine").tag(sync=True)
    theta = traitlets.List(traitlets.Float()).tag(sync=True)
    smoothing = traitlets.Float(0.0, min=0.0, max=2.0).tag(sync=True)
    show = traitlets.Enum(["pull", "push"], "pull").tag(sync=True)
    x = traitlets.Float(0.4, min=-1.0, max=1.0).tag(sync=True)
    y = traitlets.Float(0.5, min=-1.0, max=1.0).tag(sync=True)
    presets = traitlets.List().tag(sync=True)

    def __init__(self, image=None, family: str = "affine", theta=None, **traits):
        if image is None:
            from stn_lib.data import sample_digits

            image = sample_digits()[4, 0]
        pixels = np.asarray(image, dtype=float)
        if pixels.ndim != 2 or pixels.shape[0] != pixels.shape[1] or not pixels.size:
            raise ValueError(f"expected a square image (H, H), got shape {pixels.shape}")
        if family not in _THETA:
            raise ValueError(f"expected a family in {list(_THETA)}, got {family!r}")
        identity = TRANSFORMS[family].identity
        numbers = [float(v) for v in np.ravel(identity if theta is None else theta)]
        if len(numbers) != len(identity):
            raise ValueError(f"expected {len(identity)} numbers for {family!r}, got {len(numbers)}")
        if family == "projective" and abs(numbers[6]) + abs(numbers[7]) >= 0.95:
            raise ValueError(f"expected a horizon outside the image, got a third row {numbers[6:]} and 1")
        presets = [
            {"name": name, "note": note, "family": kind, "theta": [round(float(v), 4) for v in values]}
            for name, note, kind, values in _PRESETS
        ]
        super().__init__(
            image=[round(float(v), 3) for v in pixels.ravel()],
            height=pixels.shape[0],
            width=pixels.shape[1],
            family=family,
            theta=numbers,
            presets=presets,
            **traits,
        )

    def fallback(self) -> str:
        """The image with the frame that theta samples."""
        side = self.width
        theta = _THETA[self.family](torch.tensor([self.theta]))
        grid = TRANSFORMS[self.family].grid(theta, (1, 1, 2, 2), True)[0]  # align_corners: the frame's corners
        places = grid.flatten(0, 1)[[0, 1, 3, 2]]
        path = " ".join(f"{(x + 1) * side / 2:.2f},{(y + 1) * side / 2:.2f}" for x, y in places.tolist())
        svg = (
            f'<svg viewBox="{-side / 2} {-side / 2} {2 * side} {2 * side}" width="320" role="img" '
            f'aria-label="{html.escape(self.words["title"])}">{pixels_svg(self.image, side)}'
            f'<polygon points="{path}" style="fill:none;stroke:var(--stn-grid);stroke-width:{side / 60:.2f}"/></svg>'
        )
        return figure(svg, "A digit, and the frame that θ samples.")
