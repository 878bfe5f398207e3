"""The explorable of chapter 6: gradient descent on theta aligns one image with another, without labels."""

import html

import numpy as np
import torch
import traitlets
from torch.nn import functional as F

from stn_lib import transforms
from stn_lib.grid import affine_grid
from stn_lib.sampling import grid_sample
from stn_lib.widgets._base import Explorable, figure, pixels_svg

_MARGIN = 6  # around the digits of sample_digits, so that they can move
_ROTATION, _SHIFT = 25.0, (-4.0, 3.0)  # degrees and pixels: `_pair` moves a digit by these, and the descent undoes it


def _pair() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A moved digit and the digit itself, both (H, W), and the theta (2, 3) that samples the first as the second."""
    from stn_lib.data import sample_digits

    fixed = F.pad(sample_digits()[4:5], (_MARGIN,) * 4).double()
    height, width = fixed.shape[2:]
    shift = torch.tensor([2 * _SHIFT[0] / width, 2 * _SHIFT[1] / height], dtype=torch.float64)
    angle = torch.tensor(_ROTATION, dtype=torch.float64).deg2rad()
    made = transforms.compose(transforms.rotation(angle), transforms.translation(shift))
    moving = grid_sample(fixed, affine_grid(made, fixed.shape))
    return moving[0, 0], fixed[0, 0], transforms.invert(made)[0]


def _image(name: str, values) -> np.ndarray:
    pixels = np.asarray(values, dtype=float)
    if pixels.ndim != 2 or min(pixels.shape) < 4 or max(pixels.shape) > 64:
        raise ValueError(f"expected a {name} image (H, W) of 4 to 64 pixels a side, got shape {pixels.shape}")
    if not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1):
        raise ValueError(f"expected a {name} image of values from 0 to 1, got {pixels.min():g} to {pixels.max():g}")
    return pixels


def _six(name: str, values) -> list[float]:
    numbers = [float(v) for v in np.ravel(values)]
    if len(numbers) != 6 or not np.isfinite(numbers).all():
        raise ValueError(f"expected six finite numbers for {name}, row by row, got {numbers}")
    return [round(v, 6) for v in numbers]


class AlignImage(Explorable):
    """Steps through the gradient descent on theta that aligns one image with another: window, output, loss, gradient.

    Convention: theta maps OUTPUT to INPUT, normalised (x, y), ``align_corners=False``; values outside are 0. The page
    computes the descent of `stn_lib.registration.register`, with its default learning rate.

    Args:
        moving: the image that is sampled, (H, W), values from 0 to 1; a moved digit of sample_digits if not given.
        fixed: the image that the output should match, of the same shape; that digit, not moved, if not given.
        start: theta at the first step, six numbers; the identity if None. ``x``, ``y`` (the shift) and ``rotation`` (degrees,
            positive for an output that is rotated counter-clockwise) can be changed by the reader.
        goal: a theta that makes both images equal, for the distance to it; None if unknown.
        sampler: ``"bilinear"``, ``"nearest"`` or ``"linearized"``.
        blur: of both images: ``"0"``, ``"1"``, ``"2"`` or ``"4"`` pixels, or ``"coarse"``: 4, 2, 1 and 0, one after the other.
        move: ``"affine"`` for all six numbers, ``"translation"`` for the last column alone.
        steps: the number of steps, 1 to 400; ``step`` is the step that is shown.

    Raises:
        ValueError: images of other shapes or values, a start or goal that is not six numbers, steps outside 1 to 400.
        TraitError: an unknown sampler, blur or move.

    Example:
        >>> AlignImage(sampler="nearest").blur
        '0'

    Chapter: 6
    """

    WORDS = {
        "title": "Gradient descent aligns an image with another",
        "moving": "U, and the window",
        "overlay": "V, and the goal’s outline",
        "loss": "Loss at each step",
        "left": "{left} px to the goal",
        "map": "Loss by shift",
        "handle": "start of the window",
        "starts": "start at x {x}, y {y}",
        "step": "step",
        "of": "{step} of {steps}",
        "play": "Play",
        "pause": "Pause",
        "once": "One step",
        "rewind": "Rewind",
        "guess": "Your guess:",
        "guesses": [["arrived", "it arrives"], ["stuck", "it gets stuck"], ["still", "it stays"]],
        "guessed": "Your guess: {guess}. Press Play.",
        "verdicts": {"met": "You guessed it.", "missed": "You guessed: {guess}."},
        "theta": "θ, from output to input",
        "formula": "The two shifts in the next step. Adam scales each ∂L/∂θ by itself",
        "terms": {"next": "next θ", "now": "θ", "rate": "η", "direction": "direction", "slope": "∂L/∂θ"},
        "unknown": "–",
        "sampler": "Sampling",
        "samplers": [["bilinear", "Bilinear"], ["nearest", "Nearest"], ["linearized", "Linearised"]],
        "blur": "Blur of both images, pixels",
        "blurs": [["0", "0"], ["1", "1"], ["2", "2"], ["4", "4"], ["coarse", "Coarse to fine"]],
        "stage": "blur {sigma}",
        "move": "Free numbers of θ",
        "moves": [["translation", "Shift"], ["affine", "All six"]],
        "rotation": "rotation at start",
        "reset": "Reset",
        "busy": "Computing step {known} of {steps} …",
        "ready": "Will gradient descent move the window to the goal? Guess, then press Play.",
        "going": "Step {step} of {steps}: {left} pixels to the goal.",
        "ends": {
            "arrived": "Arrived, {left} pixels from the goal. No label was needed.",
            "rounded": "With nearest sampling the gradient is exactly 0, so θ stays.",
            "blank": "The window sees background alone: the gradient is exactly 0.",
            "under way": "{left} pixels from the goal after {steps} steps, and the loss still falls.",
            "held": "Stuck {left} pixels from the goal: four numbers are wrong, and fixed.",
            "valley": "Stuck {left} pixels from the goal, in another valley of the loss.",
            "settled": "After {steps} steps, the loss no longer falls.",
        },
        "try": "Move the ring a little to the right, to x = 0.3, and play again. Choose Coarse to fine. Then drag the ring far to "
        "the left, until the window sees background alone.",
    }
    moving = traitlets.List().tag(sync=True)
    fixed = traitlets.List().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    start = traitlets.List(traitlets.Float()).tag(sync=True)
    goal = traitlets.List(traitlets.Float()).tag(sync=True)
    x = traitlets.Float(0.0, min=-1.75, max=1.75).tag(sync=True)
    y = traitlets.Float(0.0, min=-1.75, max=1.75).tag(sync=True)
    rotation = traitlets.Float(0.0, min=-90.0, max=90.0).tag(sync=True)
    sampler = traitlets.Enum(["bilinear", "nearest", "linearized"], "bilinear").tag(sync=True)
    blur = traitlets.Enum(["0", "1", "2", "4", "coarse"], "0").tag(sync=True)
    move = traitlets.Enum(["translation", "affine"], "affine").tag(sync=True)
    step = traitlets.Int(0, min=0, max=400).tag(sync=True)
    steps = traitlets.Int(120, min=1, max=400).tag(sync=True)

    def __init__(
        self,
        moving=None,
        fixed=None,
        start=None,
        goal=None,
        sampler: str = "bilinear",
        blur: str = "0",
        move: str = "affine",
        steps: int = 120,
        **traits,
    ):
        if (moving is None) != (fixed is None):
            given, missing = ("fixed", "moving") if moving is None else ("moving", "fixed")
            raise ValueError(f"expected both images or none, got {given} alone: give {missing}, too")
        if moving is None:
            moving, fixed, known = _pair()
            goal = known if goal is None else goal
        moving, fixed = _image("moving", moving), _image("fixed", fixed)
        if moving.shape != fixed.shape:
            raise ValueError(f"expected two images of one shape, got {moving.shape} and {fixed.shape}")
        if not 1 <= steps <= 400:
            raise ValueError(f"expected 1 to 400 steps, got {steps}")
        start = _six("start", [1, 0, 0, 0, 1, 0] if start is None else start)
        if max(abs(start[2]), abs(start[5])) > 1.75:
            raise ValueError(f"expected a start whose shift is at most 1.75 along x and y, got {start[2]}, {start[5]}")
        super().__init__(
            moving=[round(float(v), 3) for v in moving.ravel()],
            fixed=[round(float(v), 3) for v in fixed.ravel()],
            height=fixed.shape[0],
            width=fixed.shape[1],
            start=start,
            goal=[] if goal is None else _six("goal", goal),
            sampler=sampler,
            blur=blur,
            move=move,
            steps=int(steps),
            **({"x": start[2], "y": start[5]} | traits),
        )

    def fallback(self) -> str:
        """The moving image with the window at the start, and the fixed image."""
        height, width = self.height, self.width

        theta = torch.tensor(self.start).view(1, 2, 3)
        theta[0, :, 2] = torch.tensor([self.x, self.y])
        corners = transforms.apply(theta, transforms.control_points(2, 2)[None, [0, 1, 3, 2]])[0]
        path = " ".join(f"{(x + 1) * width / 2:.2f},{(y + 1) * height / 2:.2f}" for x, y in corners.tolist())
        gap = 1.3 * width
        line = f"fill:none;stroke-width:{width / 80:.2f}"
        svg = (
            f'<svg viewBox="{-width / 5} {-height / 5} {2.7 * width} {1.4 * height}" width="540" role="img" '
            f'aria-label="{html.escape(self.words["title"])}">{pixels_svg(self.moving, width)}{pixels_svg(self.fixed, width, gap)}'
            f'<polygon points="{path}" style="stroke:var(--stn-grid);{line}"/>'
            f'<rect x="{gap}" y="0" width="{width}" height="{height}" style="stroke:var(--stn-target);{line}"/></svg>'
        )
        return figure(
            svg, "The moving image U with the window that θ samples first, and the fixed image that V should match."
        )
