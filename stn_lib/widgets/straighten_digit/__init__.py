"""The explorable of the cover: a digit that two trained networks read while the reader moves it."""

import torch
import traitlets

from stn_lib import models
from stn_lib.data import sample_digits
from stn_lib.models.export import to_operations
from stn_lib.widgets._base import Explorable, digit_svg, figure

_NAMES = {"cnn": "digits-rts-cnn", "st_cnn": "digits-rts-st-cnn"}


class StraightenDigit(Explorable):
    """Drag, rotate and scale a held-out digit; a CNN and an ST-CNN of equal size answer in the page.

    Convention: (x, y) is the digit's centre in pixels from the frame's centre; ``degrees`` rotates it
    clockwise on the screen; ``scale`` 1 is the size of the training digits.

    Args:
        digit: which of the ten digits, 0 to 9.
        x, y, degrees, scale: where and how it first stands.

    Example:
        >>> StraightenDigit(digit=7).labels
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

    Chapter: cover
    """

    WORDS = {
        "title": "Turn it. Watch which network changes its mind.",
        "input": "The input, and where the transformer looks",
        "seen": "What it then sees, 28 \u00d7 28",
        "matrix": "theta, two rows of three numbers",
        "centre": "move the digit",
        "spin": "turn and scale the digit",
        "turned": "turned {degrees} degrees, scale {scale}",
        "cnn": "Plain CNN",
        "stCnn": "ST-CNN",
        "right": "{digit} \u2713 {percent} %",
        "wrong": "{digit} \u2717 {percent} %",
        "digit": "Digit",
        "degrees": "turn",
        "scale": "size",
        "throw": "Throw it",
        "upright": "Upright",
        "try": "Drag the digit, or its outer knob. Both networks have the same number of weights and saw the "
        "same distorted digits equally often; one of them may move the picture before it looks.",
    }
    labels = traitlets.List().tag(sync=True)
    small = traitlets.Int(28).tag(sync=True)
    large = traitlets.Int(42).tag(sync=True)
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
        super().__init__(
            digits=(sample_digits() * 255).round().to(torch.uint8).numpy().tobytes(),
            labels=list(range(10)),
            **networks,
            **traits,
        )

    def fallback(self) -> str:
        """The chosen digit, enlarged, as it is before anybody moves it."""
        size, start = self.small, self.digit * self.small**2
        svg = digit_svg(self.digits[start : start + size**2], size, self.words["input"], self.degrees)
        return figure(svg, "Two networks read this digit; with JavaScript you can turn it and watch them answer.")
