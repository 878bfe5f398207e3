"""The explorable of chapter 1: a digit that is moved, rotated, scaled, tilted and shaded before a network reads it."""

from collections.abc import Mapping, Sequence

import torch
import traitlets
from torch import nn

from stn_lib.data import RANGES, sample_digits
from stn_lib.data.view_change import DISTANCE
from stn_lib.models.export import to_operations
from stn_lib.widgets._base import Explorable, digit_svg, figure


class MoveDigit(Explorable):
    """Change a held-out digit in six ways; the network that you hand over runs in the page and answers.

    Convention: the changes are those of `stn_lib.data.view_change`, with its names, units and ranges.

    Args:
        network: what `stn_lib.models.export.to_operations` can write, for images of 40 x 40.
        accuracy: for each change its curve: accuracies in per cent, at the values from the low to the high end of
            `stn_lib.data.RANGES` in equal steps, drawn above the change's slider. Changes may be left out.
        digit: which of the ten digits, 0 to 9.
        right, down, turn, size, tilt, shadow: how it first stands.

    Raises:
        ValueError: a network for images of another size, a curve of an unknown change or with fewer than two values.

    Example:
        >>> from stn_lib.models import CNN
        >>> MoveDigit(CNN(in_size=(40, 40)), {"turn": [12.0, 99.0, 15.0]}, digit=4).large
        40

    Chapter: 1
    """

    WORDS = {
        "title": "Move it until the network changes its mind",
        "input": "What the network is given",
        "network": "CNN",
        "trace": "How sure it is of the right answer, step by step",
        "map": "The same digit at every place",
        "place": "place in the map",
        "centre": "move the digit",
        "spin": "turn and scale the digit",
        "turned": "turned {turn} degrees, size {size}",
        "at": "{right} pixels right, {down} pixels down",
        "right": "{digit} \u2713 {percent} %",
        "wrong": "{digit} \u2717 {percent} %",
        "changed": "{from} \u2192 {to}",
        "sliders": {
            "right": "right",
            "down": "down",
            "turn": "turn",
            "size": "size",
            "tilt": "tilt",
            "shadow": "shadow",
        },
        "units": {
            "right": "{v} px",
            "down": "{v} px",
            "turn": "{v}\u00b0",
            "size": "\u00d7{v}",
            "tilt": "{v}\u00b0",
            "shadow": "{v} %",
        },
        "curve": "Above each slider: how many of all held-out digits are read right when this alone is changed.",
        "rest": "As it is: {percent} % of all held-out digits are read right.",
        "alone": "Only {change}: {percent} % of all held-out digits are read right.",
        "flips": "Last change of mind: {from} \u2192 {to}, {at}.",
        "never": "No change of mind on the way to the right.",
        "key": "In the map: filled where it reads the digit right, \u00d7 where not.",
        "digit": "Digit",
        "walk": "Walk to the flip",
        "reset": "Reset",
        "try": "Drag the digit, or focus it and press arrow keys: one press, one pixel. The outer knob turns and scales.",
    }
    labels = traitlets.List().tag(sync=True)
    small = traitlets.Int(28).tag(sync=True)
    large = traitlets.Int(40).tag(sync=True)
    distance = traitlets.Float(DISTANCE).tag(sync=True)
    ranges = traitlets.Dict().tag(sync=True)
    accuracy = traitlets.Dict().tag(sync=True)
    digits = traitlets.Bytes().tag(sync=True)
    network_layout = traitlets.Dict().tag(sync=True)
    network_weights = traitlets.Bytes().tag(sync=True)
    digit = traitlets.Int(7).tag(sync=True)
    right = traitlets.Float(0.0).tag(sync=True)
    down = traitlets.Float(0.0).tag(sync=True)
    turn = traitlets.Float(0.0).tag(sync=True)
    size = traitlets.Float(1.0).tag(sync=True)
    tilt = traitlets.Float(0.0).tag(sync=True)
    shadow = traitlets.Float(0.0).tag(sync=True)

    def __init__(self, network: nn.Module, accuracy: Mapping[str, Sequence[float]] | None = None, **traits):
        accuracy = {name: [round(float(v), 1) for v in curve] for name, curve in (accuracy or {}).items()}
        for name, curve in accuracy.items():
            if name not in RANGES or len(curve) < 2:
                raise ValueError(f"expected curves of {list(RANGES)} with two or more values, got {name}: {curve}")
        if tuple(network.in_size) != (40, 40):
            raise ValueError(f"expected a network for images of 40 x 40 pixels, got in_size={network.in_size}")
        layout, weights = to_operations(network)
        super().__init__(
            digits=(sample_digits() * 255).round().to(torch.uint8).numpy().tobytes(),
            labels=list(range(10)),
            ranges={name: list(values) for name, values in RANGES.items()},
            accuracy=accuracy,
            network_layout=layout,
            network_weights=weights,
            **traits,
        )

    def fallback(self) -> str:
        """The chosen digit, enlarged."""
        side, start = self.small, self.digit * self.small**2
        svg = digit_svg(self.digits[start : start + side**2], side, self.words["input"], self.turn)
        return figure(svg, "A trained network reads this digit; with JavaScript you can move it and watch the answer.")
