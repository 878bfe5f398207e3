"""The explorable of chapter 10: two networks read a house number that the reader types and moves."""

import html
import re

import numpy as np
import torch
import traitlets
from torch.nn import functional as F

from stn_lib import results
from stn_lib.data import house_held_out, load_digits_split, sample_digits
from stn_lib.data.digit_struct import NO_DIGIT
from stn_lib.data.digits import BOX, SIDE
from stn_lib.data.house_numbers import GLYPH, NOISE, PITCH
from stn_lib.models import load_pretrained, round_weights
from stn_lib.widgets._base import Explorable, figure, ink_svg
from stn_lib.widgets._networks import NetworkPair, pair_traits
from stn_lib.widgets.read_number._scene import (
    ASPECT,
    CONTRAST,
    SCENE,
    SIZE,
    WALLS,
    Place,
    draw_number,
    draw_walls,
    half_width,
)

BITS = 8  # of a weight in the page
_NAMES = {"cnn": "house-numbers-cnn", "st_cnn": "house-numbers-st-cnn"}
_ROWS = {"cnn": "CNN, half, four convolutions", "st_cnn": "ST-CNN"}  # of the record
_LEVELS = 16  # grey levels of the images in training


class ReadNumber(NetworkPair, Explorable):
    """Type a number, drag, scale and rotate it; a CNN on the shrunk canvas and an ST-CNN of the same cost answer in the page.

    Convention: (x, y) is the middle of the number in pixels from the middle of the canvas, right and down; ``height`` is
    that of its digits in pixels; ``angle`` rotates it counter-clockwise on the screen, in degrees. The page moves a number
    that would leave the canvas back onto it.

    The networks have 8 bits for each weight; `stn_lib/results/house_numbers_reader.json` says how often that changes an
    answer (``python -m experiments house_numbers reader report``).

    Args:
        number: one to five digits.
        x, y, height, angle: its place; the height is from 5 to 24, the angle from -45 to 45.
        wall: which of four walls, counted from 0.
        view: ``"answers"``, or ``"training"``: the window of six held-out numbers during training.
        frame: of the recorded moments of training, counted from 0.

    Raises:
        TraitError: a number that is not one to five digits, or another value out of its range.

    Example:
        >>> ReadNumber(number="407", height=9).number
        '407'

    Chapter: 10
    """

    WORDS = {
        "title": "Move the house number. Which network still classifies every digit correctly?",
        "view": "View",
        "views": [["answers", "Your number"], ["training", "The window during training"]],
        "canvas": "The canvas, and the window of the ST-CNN",
        "canvasShort": "Canvas and window",
        "move": "move the number",
        "spin": "rotate and scale the number",
        "placed": "{x} pixels {across} and {y} pixels {down} from the middle",
        "across": ["left", "right"],
        "down": ["up", "down"],
        "posed": "digits {height} pixels high, rotated by {angle} degrees",
        "names": {"cnn": "CNN", "st": "ST-CNN"},
        "sees": {"cnn": "sees the shrunk canvas", "st": "sees its window"},
        "right": "{answer} ✓",
        "wrong": "{answer} ✗",
        "said": {
            "right": "The {name} answers {answer}, which is correct.",
            "wrong": "The {name} answers {answer}, which is wrong.",
        },
        "place": {
            "right": "Place {place}: {digit}, correct, {percent} %",
            "wrong": "Place {place}: {digit}, wrong, {percent} %",
        },
        "answersOf": "The {name}’s answer for each of five places",
        "none": "no digit",
        "noneSign": "–",
        "percent": "{percent}\u202f%",
        "signs": {"right": "✓", "wrong": "✗"},
        "number": "House number",
        "expected": "Type 1 to 5 digits, for example 407. The image still shows {number}.",
        "height": "height",
        "pixels": "{value} px",
        "angle": "rotation",
        "degrees": "{value}°",
        "random": "Random number",
        "wall": "Next wall",
        "rates": "On {n} other test numbers the CNN is wrong {cnn}\u00a0% of the time, the ST-CNN {st}\u00a0%; "
        "both have about {weights} weights and cost the same.",
        "training": "Six test numbers, and the window of the ST-CNN",
        "step": "training step",
        "of": "{step} of {steps}",
        "play": "Play",
        "pause": "Pause",
        "back": "Back",
        "next": "Next",
        "scored": "Step {step} of {steps}: the ST-CNN classifies {right} of these {count} numbers correctly.",
        "card": "Number {truth}, the window in the image",
        "truth": "{truth}:",
        "narrow": "The window starts wide, so that some digits are in it, and has its final size from step {narrowing} on.",
        "try": {
            "answers": "One handle moves the number; the one at its end rotates and scales it. When is the ST-CNN wrong, too?",
            "training": "Press Play. From which step on does the window hold a whole number, and when is every digit correct?",
        },
    }
    number = traitlets.Unicode("2015").tag(sync=True)
    x = traitlets.Float(22.0, min=-SIZE / 2, max=SIZE / 2).tag(sync=True)
    y = traitlets.Float(-20.0, min=-SIZE / 2, max=SIZE / 2).tag(sync=True)
    height = traitlets.Float(10.0, min=5, max=24).tag(sync=True)
    angle = traitlets.Float(0.0, min=-45, max=45).tag(sync=True)
    wall = traitlets.Int(0, min=0, max=WALLS - 1).tag(sync=True)
    view = traitlets.Enum(["answers", "training"], "answers").tag(sync=True)
    frame = traitlets.Int(0, min=0).tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)
    walls = traitlets.List().tag(sync=True)
    glyphs = traitlets.Bytes().tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)
    run = traitlets.Dict().tag(sync=True)
    facts = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits):
        rows = {row["network"]: row for row in results.read("house_numbers_reader")["runs"]}
        trained = {key: load_pretrained(name) for key, name in _NAMES.items()}
        images, run = _training(rows["ST-CNN"]["windows"])
        run["narrowing"] = trained["st_cnn"].transformer.narrowing
        super().__init__(
            scene={
                "size": SIZE, "side": SIDE, "box": BOX, "pitch": PITCH, "glyph": GLYPH, "longest": SCENE.longest,
                "aspect": ASPECT, "contrast": CONTRAST, "noise": NOISE, "crop": list(SCENE.crop), "none": NO_DIGIT,
                "heights": list(SCENE.height),
            },
            walls=draw_walls(),
            glyphs=(sample_digits() * 255).round().to(torch.uint8).numpy().tobytes(),
            images=images,
            run=run,
            facts={
                **{key: rows[name]["in_8_bits"]["error_percent"] for key, name in _ROWS.items()},
                "n": rows["ST-CNN"]["n"],
                "weights": round(np.mean([rows[name]["parameters"] for name in _ROWS.values()]), -3),
            },
            **pair_traits(trained, BITS),
            **traits,
        )  # fmt: skip

    @traitlets.validate("number")
    def _valid_number(self, proposal):
        if not re.fullmatch(r"[0-9]{1,5}", proposal["value"]):
            raise traitlets.TraitError(
                f'expected a number of 1 to 5 digits, got {proposal["value"]!r}: give it as text, such as "407"'
            )
        return proposal["value"]

    @torch.no_grad()
    def fallback(self) -> str:
        """The number on its wall, the window, and both answers, as when the page opens."""
        image = draw_number(self.number, self._place(), self.walls[self.wall])
        networks = {key: round_weights(load_pretrained(name), BITS) for key, name in _NAMES.items()}
        answers = {key: _text(network(image)[0].argmax(1).tolist()) for key, network in networks.items()}
        across, down, x, y = _window(networks["st_cnn"].transformer.theta(image)[0])
        box = [SIZE / 2 * value for value in (x - across + 1, y - down + 1, 2 * across, 2 * down)]
        left, top, width, height = (f"{value:.1f}" for value in box)
        svg = (
            f'<svg viewBox="0 0 {SIZE} {SIZE}" width="384" role="img" aria-label="{html.escape(self.words["canvas"])}">'
            f'<rect width="{SIZE}" height="{SIZE}" style="fill:var(--stn-surface)"/>{_ink(image[0, 0])}'
            f'<rect x="{left}" y="{top}" width="{width}" height="{height}" '
            'style="fill:none;stroke:var(--stn-grid);stroke-width:1"/></svg>'
        )
        told = [
            self.words["said"]["right" if answers[key] == self.number else "wrong"].format(
                name=self.words["names"][name], answer=answers[key] or self.words["none"]
            )
            for key, name in (("cnn", "cnn"), ("st_cnn", "st"))
        ]
        return figure(svg, f"The number is {self.number}. {' '.join(told)} With JavaScript you can move the number.")

    def _place(self) -> Place:
        """The place, back on the canvas."""
        angle = np.radians(self.angle)
        wide = half_width(len(self.number), self.height)
        most = SIZE / 2 - 1
        room_x = max(most - wide * np.cos(angle) - self.height / 2 * abs(np.sin(angle)), 0)
        room_y = max(most - wide * abs(np.sin(angle)) - self.height / 2 * np.cos(angle), 0)
        x, y = np.clip(self.x, -room_x, room_x), np.clip(self.y, -room_y, room_y)
        return Place(float(x), float(y), self.height, self.angle)


def _window(theta) -> list[float]:
    """Half of the sides of a window (x, y), and its centre."""
    (across, _, x), (_, down, y) = np.asarray(theta).tolist()
    return [across, down, x, y]


def _text(answer: list[int]) -> str:
    return "".join(str(digit) for digit in answer if digit != NO_DIGIT)


def _training(windows: list[dict]) -> tuple[bytes, dict]:
    """The images that were recorded during training, small and with few grey levels, and what was recorded."""
    count = len(windows[0]["answers"])
    held_out = house_held_out(load_digits_split(), count)
    small = (F.avg_pool2d(held_out.images, 2) * (_LEVELS - 1)).round().byte().view(-1, 2).numpy()
    run = {
        "truths": [_text(label) for label in held_out.labels.tolist()],
        "steps": [frame["step"] for frame in windows],
        "windows": [[[round(value, 3) for value in _window(theta)] for theta in frame["theta"]] for frame in windows],
        "answers": [[_text(answer) for answer in frame["answers"]] for frame in windows],
        "levels": _LEVELS,
        "side": SIZE // 2,
    }
    return (16 * small[:, 0] + small[:, 1]).tobytes(), run


def _ink(image: torch.Tensor) -> str:
    """An image as SVG, at half its size and in six levels, so that it stays short."""
    small = F.avg_pool2d(image[None, None], 2)[0, 0]
    return f'<g transform="scale(2)" style="fill:var(--stn-ink)">{ink_svg(small, 5)}</g>'
