"""The explorable of chapter 1: move, rotate, scale, tilt and shade a digit; a network classifies it at each step."""

from collections.abc import Mapping, Sequence

import torch
import traitlets
from torch import nn

from stn_lib.data import RANGES, sample_digits
from stn_lib.data.view_change import DISTANCE
from stn_lib.models.export import to_operations
from stn_lib.widgets._base import Explorable, digit_svg, figure


class MoveDigit(Explorable):
    """Change a test digit in six ways; the given network runs in the page and classifies it.

    Convention: the changes are those of `stn_lib.data.view_change`, with its names and ranges; a positive rotation is
    counter-clockwise on the screen.

    Args:
        network: what `stn_lib.models.export.to_operations` can write, for images of 40 x 40.
        accuracy: for each change a curve, which is drawn above its slider: accuracies in per cent, at equal steps from
            the low to the high end of `stn_lib.data.RANGES`. Changes may be left out.
        digit: which of the ten digits, 0 to 9.
        right, down, rotation, size, tilt, shadow: the state that the page opens with.

    Raises:
        ValueError: a network for images of another size, a curve of an unknown change or with fewer than two values.

    Example:
        >>> from stn_lib.models import CNN
        >>> MoveDigit(CNN(in_size=(40, 40)), {"rotation": [12.0, 99.0, 15.0]}, digit=4).large
        40

    Chapter: 1
    """

    WORDS = {
        "title": "Move the digit until the network's answer changes",
        "input": "The input image",
        "trail": "Input and path: \u25cf correct, \u00d7 wrong",
        "trailShort": "Input and path",
        "network": "CNN",
        "trace": "Probability of the correct class, step by step",
        "traceShort": "Probability of {digit}",
        "map": "Correct or wrong at each position",
        "mapKey": "Map: \u25a0 correct, \u00d7 wrong",
        "computing": "Map: computing\u2026",
        "place": "position in the map",
        "strip": "wrong",
        "centre": "move the digit",
        "spin": "rotate and scale the digit",
        "rotated": "rotated by {rotation} degrees, size {size}",
        "at": "{right} px right, {down} px down",
        "right": "{digit} \u2713 {percent} %",
        "wrong": "{digit} \u2717 {percent} %",
        "said": {
            "right": "{name}: {digit}, correct, {percent} %",
            "wrong": "{name}: {digit}, wrong, {percent} %",
        },
        "changed": "{from} \u2192 {to}",
        "sliders": {
            "right": "right",
            "down": "down",
            "rotation": "rotation",
            "size": "size",
            "tilt": "tilt",
            "shadow": "shadow",
        },
        "units": {
            "right": "{v} px",
            "down": "{v} px",
            "rotation": "{v}\u00b0",
            "size": "\u00d7{v}",
            "tilt": "{v}\u00b0",
            "shadow": "{v} %",
        },
        "curve": "Accuracy on all test digits, if only this value changes",
        "rest": "Nothing is changed: the accuracy is {percent} %.",
        "alone": "Only {change}: the accuracy is {percent} %.",
        "together": "Each alone: {each}. All together: not measured.",
        "one": "{label} {percent} %",
        "flips": "The answer last changed from {from} to {to}, at {at}.",
        "unchanged": "the start",
        "same": "The answer has not changed on this path.",
        "never": "The answer did not change on the way to the right.",
        "digit": "Digit",
        "walk": "Move right until the answer changes",
        "reset": "Reset",
        "try": "Drag the digit, or press the arrow keys on it. The outer knob rotates and scales it.",
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
    rotation = traitlets.Float(0.0).tag(sync=True)
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
        """The chosen digit in its frame, as when the page opens."""
        side, start = self.small, self.digit * self.small**2
        place = {"x": self.right, "y": self.down, "degrees": self.rotation, "scale": self.size}
        svg = digit_svg(self.digits[start : start + side**2], side, self.words["input"], self.large, **place)
        return figure(
            svg, "A trained network classifies this digit. With JavaScript you can move it and watch the answer."
        )
