"""The second explorable of chapter 5: the loss along a shift, and where gradient descent on it stops."""

import html

import numpy as np
import traitlets

from stn_lib.widgets._base import Explorable, figure


class LossAlongShift(Explorable):
    """Shift an image along x onto a target, and draw the mean squared difference for three modes of interpolation.

    Convention: at shift t the output is V(x) = U(x + t), zeros outside; the target is U(x + goal). As in theta, t moves
    the source points: a positive t moves the content to the left.

    Args:
        image: the image, (H, W), values from 0 to 1.
        shift: the shift of the reader's image, in pixels; goal: the shift of the target, in whole pixels.
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
        "title": "Bilinear loss dips between the pixels, and descent stops there",
        "moved": "Your image",
        "onto": "over",
        "still": "target",
        "images": "Your image and the target, one over the other.",
        "way": "\u2190 moves left as t grows",
        "close": "Loss near t",
        "slope": "slope at t",
        "plot": "Loss at each shift t, in pixels",
        "goalName": "target",
        "shift": "shift t",
        "goal": "target at",
        "blur": "blur of both",
        "mode": "Interpolation",
        "modes": [["bilinear", "Bilinear"], ["bicubic", "Bicubic"], ["nearest", "Nearest"]],
        "step": "One step",
        "play": "Descend",
        "stop": "Stop",
        "position": "{shift} px",
        "values": "Loss {loss}, slope {slope} per pixel.",
        "nothing": "Nearest: the loss is a staircase. Its slope is 0, so descent makes no step.",
        "arrived": "Arrived at the target.",
        "ripple": "Stopped in the ripple, in a dip between two pixels: at whole pixels, the loss still falls.",
        "reach": "Stopped out of reach: even at whole pixels, the loss hardly falls towards the target.",
        "try": "Choose Bicubic and press Descend. Then choose Bilinear and try other shifts, targets and blurs. As t grows, "
        "the source points move to the right, so the content moves to the left.",
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
        """The loss of nearest (a staircase) and of bilinear interpolation."""
        pixels = np.asarray(self.image).reshape(self.height, self.width)
        pad = 2 * self.reach + 2
        wide = np.pad(pixels, ((0, 0), (pad, pad)))

        def sample(t: float) -> np.ndarray:
            low = int(np.floor(t))
            rest, start = t - low, pad + low
            return (1 - rest) * wide[:, start : start + self.width] + rest * wide[:, start + 1 : start + 1 + self.width]

        shifts = np.arange(-self.reach, self.reach + 0.125, 0.25)
        goal = sample(self.goal)
        smooth = [float(((sample(t) - goal) ** 2).mean()) for t in shifts]
        stairs = [float(((sample(round(t)) - goal) ** 2).mean()) for t in shifts]
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
            "The loss along the shift: with bilinear interpolation (solid) it has a slope, with nearest (dashed) it is a staircase.",
        )
