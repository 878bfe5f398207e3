"""The second explorable of chapter 5: the loss along a shift, and how far its slope reaches."""

import html

import numpy as np
import traitlets

from stn_lib.widgets._base import Explorable, figure


class LossAlongShift(Explorable):
    """Moves one image onto another along x and draws the mean squared error for three ways of reading.

    Convention: at shift t the output is V(x) = U(x + t), zeros outside; the target is U(x + goal).

    Args:
        image: the image, (H, W), values from 0 to 1.
        shift: where the reader's image stands, in pixels; goal: where the target stands (whole pixels).
        blur: standard deviation of a Gaussian blur of both images, in pixels.
        mode: ``"bilinear"``, ``"nearest"`` or ``"bicubic"``.
        reach: the largest shift, in pixels.

    Raises:
        ValueError: the image is not two-dimensional.

    Example:
        >>> LossAlongShift(np.eye(8), goal=2).goal
        2

    Chapter: 5
    """

    WORDS = {
        "title": "Slide one picture onto the other",
        "moved": "Your picture",
        "onto": "and the",
        "still": "target",
        "images": "The moved picture and the target, laid over each other.",
        "plot": "Loss against shift. Drag the blue point.",
        "goalName": "target",
        "shift": "shift t",
        "goal": "target at",
        "blur": "blur both",
        "mode": "Reading",
        "modes": [["bilinear", "Bilinear"], ["nearest", "Nearest"], ["bicubic", "Bicubic"]],
        "step": "One step",
        "play": "Descend",
        "stop": "Stop",
        "position": "shift {shift} pixels, loss {loss}",
        "told": "loss {loss}, slope {slope} per pixel.",
        "nothing": "Nearest: the staircase is flat, so descent has nothing to follow.",
        "arrived": "Arrived.",
        "lost": "Flat here, and not at the target: outside the basin.",
        "try": "Descend from shift 0. Then put the target at 10 and descend again. Then blur.",
    }
    image = traitlets.List().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    reach = traitlets.Int(14).tag(sync=True)
    shift = traitlets.Float(0.0).tag(sync=True)
    goal = traitlets.Int(4).tag(sync=True)
    blur = traitlets.Float(0.0).tag(sync=True)
    mode = traitlets.Enum(["bilinear", "nearest", "bicubic"], "bilinear").tag(sync=True)

    def __init__(self, image, **traits):
        pixels = np.asarray(image, dtype=float)
        if pixels.ndim != 2 or 0 in pixels.shape:
            raise ValueError(f"expected an image (H, W), got shape {pixels.shape}")
        flat = [round(float(v), 3) for v in pixels.ravel()]
        super().__init__(image=flat, height=pixels.shape[0], width=pixels.shape[1], **traits)

    def fallback(self) -> str:
        """The loss of nearest (stairs) and bilinear reading, drawn once."""
        pixels = np.asarray(self.image).reshape(self.height, self.width)
        pad = 2 * self.reach + 2
        wide = np.pad(pixels, ((0, 0), (pad, pad)))

        def read(t: float) -> np.ndarray:
            low = int(np.floor(t))
            rest, start = t - low, pad + low
            return (1 - rest) * wide[:, start : start + self.width] + rest * wide[:, start + 1 : start + 1 + self.width]

        shifts = np.arange(-self.reach, self.reach + 0.125, 0.25)
        goal = read(self.goal)
        smooth = [float(((read(t) - goal) ** 2).mean()) for t in shifts]
        stairs = [float(((read(round(t)) - goal) ** 2).mean()) for t in shifts]
        top = max(smooth + stairs) or 1.0

        def path(values: list[float]) -> str:
            points = (
                f"{10 + 12 * (t + self.reach):.1f} {190 - 170 * v / top:.1f}"
                for t, v in zip(shifts, values, strict=True)
            )
            return "M" + "L".join(points)

        style = 'style="fill:none;stroke:var(--stn-ink);stroke-width:2px'
        svg = (
            f'<svg viewBox="0 0 {20 + 24 * self.reach} 200" width="{20 + 24 * self.reach}" role="img" '
            f'aria-label="{html.escape(self.words["plot"])}"><path d="{path(smooth)}" {style}"/>'
            f'<path d="{path(stairs)}" {style};stroke-dasharray:5 3"/></svg>'
        )
        return figure(
            svg,
            "The loss along the shift: bilinear reading (solid) slopes, nearest reading (dashed) is flat between jumps.",
        )
