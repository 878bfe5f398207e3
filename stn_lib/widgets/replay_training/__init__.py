"""The explorable of chapter 7: a training run of a CNN and an ST-CNN, step by step, and where the transformer looks."""

import html
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import traitlets

from stn_lib import transforms
from stn_lib.grid import affine_grid
from stn_lib.sampling import grid_sample
from stn_lib.widgets._base import Explorable, figure, ink_svg

NETWORKS = ("cnn", "st-cnn")
MOST_DIGITS, MOST_FRAMES = 12, 500  # more digits do not fit the column; a slider cannot address more frames


class ReplayTraining(Explorable):
    """Scrub through a training run: windows, straightened digits, both networks' answers, their error and loss.

    Convention: theta maps OUTPUT to INPUT, normalised (x, y), ``align_corners=False``; outside is 0, as in
    `stn_lib.models.STCNN`. Only theta is kept: the page computes the straightened images. It keeps the inputs in 256
    levels, so they differ from the network's by 1/510 at most.

    Args:
        inputs: 1 to 12 digits that are shown, (K, 1, H, W), values from 0 to 1.
        labels: their classes, (K,), 0 to 9.
        frames: one dict for each recorded step, in order: ``"step"``; ``"theta"``, (K, 2, 3), of the ST-CNN; ``"answers"``,
            the class that ``"cnn"`` and ``"st-cnn"`` give each digit, (K,); ``"error"`` of both in per cent; ``"loss"``.
        out_size: (H', W') of the straightened images.
        tested: the number of images on which ``"error"`` was measured, for a sentence that counts errors; 0 if unknown.
        step: the recorded step to open at; the last one if None.
        digit: the one that is shown large, counted from 0; if None, the one whose window moves furthest. ``curve`` is
            ``"error"`` or ``"loss"``.

    Raises:
        ValueError: images, labels or frames of other shapes or values, steps out of order, an unknown step or digit, a
            negative number of tested images.
        TraitError: an unknown curve.

    Example:
        >>> both = lambda a, b: {"cnn": a, "st-cnn": b}
        >>> frames = [
        ...     {"step": s, "theta": transforms.identity(1), "answers": both([1], [7]), "error": both(9, e), "loss": both(2, 1)}
        ...     for s, e in [(0, 9), (10, 3)]
        ... ]
        >>> ReplayTraining(torch.zeros(1, 1, 42, 42), [7], frames).steps
        [0, 10]

    Chapter: 7
    """

    WORDS = {
        "title": "Two networks learn, and one of them learns where to look",
        "names": {"cnn": "CNN", "st-cnn": "ST-CNN"},
        "curve": "Curve",
        "curves": [["error", "Error rate"], ["loss", "Loss"]],
        "charts": {"error": "Error on all test images, %", "loss": "Loss on all test images"},
        "values": {"error": "{name} {value} %", "loss": "{name} {value}"},
        "step": "training step",
        "of": "{step} of {steps}",
        "play": "Play",
        "pause": "Pause",
        "back": "Back",
        "next": "Next",
        "digits": "First U: the window, and the way of its centre (●) to the digit’s centre (+). Then V: what the window shows.",
        "centred": "The centres are {pixels} px apart on average.",
        "truth": "class {label}",
        "right": "{digit} ✓",
        "wrong": "{digit} ✗",
        "pick": "Image {place}, of class {label}. {cnn} {st}",
        "reads": {
            "right": "The {name} answers {digit}, which is correct.",
            "wrong": "The {name} answers {digit}, which is wrong.",
        },
        "theta": "θ, output to input",
        "chosen": "θ and window of image {place}, class {label}",
        "apart": "{pixels} px",
        "rows": {
            "centre": "centre",
            "apart": "to digit",
            "zoom": "zoom",
            "rotation": "rotation",
            "stretch": "stretch",
        },
        "shift": "{pixels} px {side}",
        "sides": {"left": "left", "right": "right", "up": "up", "down": "down"},
        "zoom": "×{zoom}",
        "rotations": {
            "clockwise": "{degrees}° clockwise",
            "counter": "{degrees}° counter-clockwise",
            "mirrored": "mirrored",
        },
        "none": {"shift": "0.0 px", "rotation": "0°"},
        "stretch": "{stretch} : 1",
        "flat": "–",
        "told": "Step {step}: of all {all} test images the CNN misclassifies {cnnWrong}, the ST-CNN {stWrong}.",
        "rates": "Step {step}: the CNN’s error rate is {cnnError} %, the ST-CNN’s {stError} %.",
        "try": "Press Play. From which step on do the windows move to the digits, and which error rate falls faster then?",
    }
    inputs = traitlets.Bytes().tag(sync=True)
    labels = traitlets.List(traitlets.Int()).tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    out_size = traitlets.List(traitlets.Int()).tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    thetas = traitlets.Bytes().tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)
    error = traitlets.Dict().tag(sync=True)
    loss = traitlets.Dict().tag(sync=True)
    tested = traitlets.Int(0, min=0).tag(sync=True)
    frame = traitlets.Int(0, min=0).tag(sync=True)
    digit = traitlets.Int(0, min=0).tag(sync=True)
    curve = traitlets.Enum(["error", "loss"], "error").tag(sync=True)

    def __init__(
        self,
        inputs,
        labels,
        frames: Sequence[Mapping],
        out_size: tuple[int, int] = (28, 28),
        tested: int = 0,
        step: int | None = None,
        digit: int | None = None,
        **traits,
    ):
        pixels, size = _images(inputs), _out_size(out_size)
        count = len(pixels)
        run = _Run(frames, count)
        digit = run.farthest() if digit is None else digit
        if tested < 0:
            raise ValueError(f"expected tested, a number of images, got {tested}: leave it out if it is unknown")
        if not 0 <= digit < count:
            raise ValueError(f"expected digit from 0 to {count - 1}, got {digit}: they are counted from 0")
        super().__init__(
            inputs=(pixels * 255).round().astype(np.uint8).tobytes(),
            labels=_classes("labels", labels, count),
            height=pixels.shape[2],
            width=pixels.shape[3],
            out_size=size,
            steps=run.steps,
            thetas=np.stack(run.thetas).astype("<f4").tobytes(),
            answers=run.answers,
            error=run.error,
            loss=run.loss,
            tested=int(tested),
            digit=digit,
            **({"frame": run.opening(step)} | traits),
        )

    def fallback(self) -> str:
        """The opening frame: each digit with its window, the image sampled there, and both answers."""
        count, at = len(self.labels), min(self.frame, len(self.steps) - 1)
        thetas = np.frombuffer(self.thetas, "<f4").reshape(-1, count, 2, 3)
        theta = torch.from_numpy(thetas[at].copy())
        inputs = torch.from_numpy(np.frombuffer(self.inputs, np.uint8).copy()).view(count, 1, self.height, self.width)
        seen = grid_sample(inputs / 255, affine_grid(theta, (count, 1, *self.out_size)))
        corners = transforms.apply(theta, transforms.control_points(2, 2)[[0, 1, 3, 2]].expand(count, 4, 2))
        cell, half, parts = 100, 28, []
        for k in range(count):
            x = cell * k + 50
            ring = " ".join(f"{x + half * a:.1f},{50 + half * b:.1f}" for a, b in corners[k].tolist())
            for left, top, side in ((x - half, 50 - half, 2 * half), (x - 45, 110, 90)):
                parts.append(
                    f'<rect x="{left}" y="{top}" width="{side}" height="{side}" style="fill:var(--stn-surface)"/>'
                )
            parts += [
                _ink(inputs[k, 0] / 255, x - half, 50 - half, 2 * half),
                f'<polygon points="{ring}" style="fill:none;stroke:var(--stn-grid);stroke-width:2"/>',
                _ink(seen[k, 0], x - 45, 110, 90),
            ]
            for line, name in enumerate(NETWORKS):
                guess = self.answers[name][at][k]
                verdict = self.words["right" if guess == self.labels[k] else "wrong"].format(digit=guess)
                text = html.escape(f"{self.words['names'][name]} {verdict}")
                parts.append(f'<text x="{x}" y="{220 + 18 * line}" text-anchor="middle" font-size="14">{text}</text>')
        svg = (
            f'<svg viewBox="0 0 {cell * count} 244" width="{min(cell * count, 648)}" role="img" '
            f'aria-label="{html.escape(self.words["title"])}" style="fill:var(--stn-ink)">{"".join(parts)}</svg>'
        )
        return figure(
            svg,
            f"Step {self.steps[at]}: each digit with its window, the image that θ samples there, and both answers.",
        )


class _Run:
    """The frames, checked, as columns."""

    def __init__(self, frames: Sequence[Mapping], count: int):
        if not 2 <= len(frames) <= MOST_FRAMES:
            raise ValueError(f"expected 2 to {MOST_FRAMES} frames, got {len(frames)}: change callback_every")
        self.steps: list[int] = []
        self.thetas: list[np.ndarray] = []
        self.answers, self.error, self.loss = ({name: [] for name in NETWORKS} for _ in range(3))
        for k, frame in enumerate(frames):
            missing = {"step", "theta", "answers", "error", "loss"} - set(frame)
            if missing:
                raise ValueError(f"expected frame {k} to have {', '.join(sorted(missing))}, got {', '.join(frame)}")
            self.steps.append(int(frame["step"]))
            self.thetas.append(_theta(k, frame["theta"], count))
            for name in NETWORKS:
                for key in ("answers", "error", "loss"):
                    if name not in frame[key]:
                        raise ValueError(f"expected {key} of frame {k} for {name!r}, got {', '.join(frame[key])}")
                self.answers[name].append(_classes(f"answers of {name} in frame {k}", frame["answers"][name], count))
                self.error[name].append(_number(f"error of {name} in frame {k}", frame["error"][name], 100))
                self.loss[name].append(_number(f"loss of {name} in frame {k}", frame["loss"][name], np.inf))
        if any(late <= early for early, late in zip(self.steps, self.steps[1:], strict=False)):
            raise ValueError(f"expected steps that rise, got {self.steps}: sort the frames, and keep one for each step")

    def opening(self, step: int | None) -> int:
        if step is None:
            return len(self.steps) - 1
        if step not in self.steps:
            raise ValueError(f"expected a recorded step, got {step}: choose one of {self.steps}")
        return self.steps.index(step)

    def farthest(self) -> int:
        ends = self.thetas[-1][:, :, 2] - self.thetas[0][:, :, 2]
        return int(np.argmax(np.linalg.norm(ends, axis=1)))


def _array(values) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def _images(values) -> np.ndarray:
    pixels = _array(values).astype(float)
    good = pixels.ndim == 4 and pixels.shape[1] == 1 and 1 <= len(pixels) <= MOST_DIGITS
    if not good or min(pixels.shape[2:]) < 4 or max(pixels.shape[2:]) > 64:
        raise ValueError(
            f"expected inputs of shape (K, 1, H, W), at most {MOST_DIGITS} images of 4 to 64 pixels a side, got "
            f"{pixels.shape}: take a few with images[:6]"
        )
    if not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1):
        raise ValueError(
            f"expected inputs of values from 0 to 1, got {pixels.min():g} to {pixels.max():g}: undo the normalisation, or "
            "divide by 255"
        )
    return pixels


def _out_size(values) -> list[int]:
    size = [int(v) for v in values]
    if len(size) != 2 or not all(1 <= side <= 64 for side in size):
        raise ValueError(
            f"expected out_size (H', W') of 1 to 64 pixels a side, got {tuple(size)}: take the transformer's"
        )
    return size


def _theta(frame: int, values, count: int) -> np.ndarray:
    theta = _array(values).astype(float)
    if theta.shape != (count, 2, 3):
        raise ValueError(
            f"expected theta of shape ({count}, 2, 3) in frame {frame}, got {theta.shape}: keep "
            "model.transformer.theta(inputs) of the images in inputs"
        )
    if not (np.isfinite(theta).all() and np.abs(theta).max() <= 99):
        raise ValueError(
            f"expected theta of numbers from -99 to 99 in frame {frame}, got others: lower the learning rate"
        )
    return theta


def _classes(name: str, values, count: int) -> list[int]:
    classes = _array(values)
    if classes.shape != (count,):
        raise ValueError(f"expected {name} of shape ({count},), got {classes.shape}: one class an image, .argmax(1)")
    if not np.isin(classes, np.arange(10)).all():
        raise ValueError(f"expected {name} from 0 to 9, got {classes.tolist()}: classes, not logits")
    return [int(v) for v in classes.tolist()]


def _number(name: str, value, most: float) -> float:
    number = float(value)
    if not (np.isfinite(number) and 0 <= number <= most):
        limits = "from 0 to 100 per cent" if most == 100 else "of at least 0"
        raise ValueError(f"expected {name} {limits}, got {number:g}")
    return float(f"{number:.5g}")


def _ink(pixels: torch.Tensor, x: float, y: float, side: float) -> str:
    """An image as SVG, in five levels, so that many digits remain a short text."""
    height, width = pixels.shape
    scale = f"{side / width:.3f} {side / height:.3f}"
    return f'<g transform="translate({x:g} {y:g}) scale({scale})">{ink_svg(pixels, 4)}</g>'
