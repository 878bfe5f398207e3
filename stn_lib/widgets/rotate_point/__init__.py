"""The explorable of chapter 3 that rotates a point and computes its new coordinates."""

import html
import math

import traitlets

from stn_lib.widgets._base import Explorable, figure


class RotatePoint(Explorable):
    """Drag a point, rotate it, and see the formulas of the rotation with their numbers.

    Convention: y points down, so a positive angle moves the sample point clockwise on the screen, and the content of the
    output counter-clockwise; angles in degrees.

    Args:
        radius: the point's distance from the centre, 0.2 to 1.
        angle: the point's own angle; by: how far it is rotated.

    Raises:
        TraitError: a radius outside 0.2 to 1.

    Example:
        >>> RotatePoint(angle=30, by=90).by
        90.0

    Chapter: 3
    """

    WORDS = {
        "title": "Rotate a point",
        "plane": "Drag the orange point or the blue one",
        "point": "point of the output",
        "rotated": "its source in the input",
        "atTarget": "x {x}, y {y}",
        "atSource": "rotated by {by} degrees",
        "said": "Source: x {x}, y {y}.",
        "lines": {
            "start": "The output point, at distance r and angle α",
            "end": "Its source, rotated by φ",
            "matrix": "The four numbers of θ",
        },
        "angle": "α, angle of the output point",
        "by": "φ, angle of the rotation",
        "try": "Drag the orange point to the end of the x axis, where r is 1. Which column of θ holds the coordinates of "
        "the blue point? Then drag it to the end of the y axis.",
    }
    radius = traitlets.Float(0.8, min=0.2, max=1.0).tag(sync=True)
    angle = traitlets.Float(25.0).tag(sync=True)
    by = traitlets.Float(50.0).tag(sync=True)

    def fallback(self) -> str:
        start, end = (math.radians(v) for v in (self.angle, self.angle + self.by))

        def arm(angle: float, name: str) -> str:
            x, y = 100 * self.radius * math.cos(angle), 100 * self.radius * math.sin(angle)
            return (
                f'<line x1="0" y1="0" x2="{x:.1f}" y2="{y:.1f}" style="stroke:var(--stn-muted)"/>'
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" style="fill:var(--stn-{name})"/>'
            )

        svg = (
            f'<svg viewBox="-118 -118 236 236" width="300" role="img" aria-label="{html.escape(self.words["title"])}">'
            f'<path d="M-114 0H110M0-114V110" style="stroke:var(--stn-line)"/>{arm(start, "target")}{arm(end, "source")}</svg>'
        )
        return figure(
            svg,
            f"An output point at {self.angle:g}° and its source, rotated by {self.by:g}°. Because y points down, a positive "
            "angle moves the source clockwise.",
        )
