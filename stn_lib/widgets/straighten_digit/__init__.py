"""The explorable of the cover: two trained networks classify a digit while the reader moves it."""

import math

import torch
import traitlets

from stn_lib import models
from stn_lib.data import sample_digits
from stn_lib.data.distortions import DIGIT_SIDE
from stn_lib.models.export import to_operations
from stn_lib.training.config import cover_config
from stn_lib.widgets._base import Explorable, digit_svg, figure

_NAMES = {"cnn": "cover-cnn", "st_cnn": "cover-st-cnn"}


class StraightenDigit(Explorable):
    """Drag, rotate and scale a test digit; a CNN and an ST-CNN with equally many weights answer in the page.

    Convention: (x, y) is the digit's centre in pixels from the frame's centre; ``degrees`` rotates it
    counter-clockwise on the screen; ``scale`` 1 is the size of the training digits.

    Args:
        digit: which of the ten digits, 0 to 9.
        x, y, degrees, scale: its place, rotation and scale when the page opens.

    Example:
        >>> StraightenDigit(digit=7).labels
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

    Chapter: cover
    """

    WORDS = {
        "title": "Move the digit. Which network changes its answer?",
        "input": "The input image, and the window of the transformer",
        "inputShort": "Input and window",
        "seen": "The ST-CNN classifies this part",
        "seenShort": "In the window",
        "numbers": "The window, in six numbers",
        "matrix": "theta, two rows of three numbers",
        "centre": "move the digit",
        "spin": "rotate and scale the digit",
        "turned": "rotated by {degrees} degrees, scale {scale}",
        "cnn": "Plain CNN",
        "stCnn": "ST-CNN",
        "right": "{digit} ✓ {percent} %",
        "wrong": "{digit} ✗ {percent} %",
        "said": {
            "right": "{name}: {digit}, correct, {percent} %",
            "wrong": "{name}: {digit}, wrong, {percent} %",
        },
        "digit": "Digit",
        "degrees": "rotation",
        "scale": "scale",
        "throw": "Throw a digit",
        "upright": "Upright",
        "tally": {
            "none": "Throw digits and count the correct answers.",
            "one": "1 throw. Correct: plain CNN {cnn}, ST-CNN {stCnn}.",
            "many": "{throws} throws. Correct: plain CNN {cnn}, ST-CNN {stCnn}.",
        },
        "try": "Drag the digit and watch the window follow. The outer knob rotates and scales the digit.",
    }
    labels = traitlets.List().tag(sync=True)
    small = traitlets.Int(28).tag(sync=True)
    large = traitlets.Int(42).tag(sync=True)
    recipe = traitlets.Dict().tag(sync=True)
    digits = traitlets.Bytes().tag(sync=True)
    cnn_layout = traitlets.Dict().tag(sync=True)
    cnn_weights = traitlets.Bytes().tag(sync=True)
    st_cnn_layout = traitlets.Dict().tag(sync=True)
    st_cnn_weights = traitlets.Bytes().tag(sync=True)
    digit = traitlets.Int(7).tag(sync=True)
    x = traitlets.Float(0.0).tag(sync=True)
    y = traitlets.Float(0.0).tag(sync=True)
    degrees = traitlets.Float(0.0).tag(sync=True)
    scale = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, **traits):
        networks = {}
        for key, name in _NAMES.items():
            networks[f"{key}_layout"], networks[f"{key}_weights"] = to_operations(models.load_pretrained(name))
        recipe = cover_config("st-cnn").recipe
        super().__init__(
            recipe={"degrees": math.degrees(recipe.max_angle), "scale": list(recipe.scale), "ink": DIGIT_SIDE},
            digits=(sample_digits() * 255).round().to(torch.uint8).numpy().tobytes(),
            labels=list(range(10)),
            **networks,
            **traits,
        )

    def fallback(self) -> str:
        """The chosen digit in its frame, as when the page opens."""
        size, start = self.small, self.digit * self.small**2
        place = {"x": self.x, "y": self.y, "degrees": self.degrees, "scale": self.scale}
        svg = digit_svg(self.digits[start : start + size**2], size, "The input image", self.large, **place, width=420)
        caption = "Two networks classify this digit. With JavaScript you can move it and watch their answers."
        return figure(svg, caption, height=680)
