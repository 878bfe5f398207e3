"""The explorable of chapter 7 in which the reader writes a digit; two networks classify it under distortions."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import traitlets
from torch import Tensor, nn

from stn_lib import models
from stn_lib.data import RTS, sample_digits
from stn_lib.data.distortions import DIGIT_SIDE
from stn_lib.models.export import to_operations
from stn_lib.widgets._base import Explorable, digit_svg, figure
from stn_lib.widgets._networks import NetworkPair

SMALL, LARGE = 28, RTS.out_size[0]
MOST_EXAMPLES = 12  # more buttons do not fit two rows beside the pad


class DrawDigit(NetworkPair, Explorable):
    """Write a digit of your own, rotate, scale and move it; a CNN and an ST-CNN in the page answer at once.

    The page prepares the strokes as MNIST's authors prepared theirs: the longer side of the foreground becomes 20 pixels,
    its centre of mass moves to pixel (14, 14), up to half a pixel. A hundred random RTS distortions then show where each
    network fails on this digit.

    Convention: (x, y) is the digit's centre in pixels from the frame's centre; ``degrees`` rotates it
    counter-clockwise on the screen; ``scale`` 1 is pixel for pixel. Strokes are lists ``[x0, y0, x1, y1, …]`` on a pad
    of 100 x 100, y downwards.

    Args:
        cnn, st_cnn: trained on 42 x 42 RTS digits: a network that `stn_lib.models.to_operations` can write, or a name or path
            for `stn_lib.models.load_pretrained`. The second has an affine spatial transformer.
        examples: digits that the reader can start from, (K, 1, 28, 28), values from 0 to 1, 1 to 12 of them; `stn_lib.data.sample_digits` if None.
        labels: of the examples, (K,), 0 to 9; only needed to mark answers as correct or wrong.
        example: the one on the pad at first; -1 for an empty pad.
        x, y, degrees, scale: the place, rotation and scale when the page opens.
        seed: of the random distortions.

    Raises:
        ValueError: networks for other images or without a transformer; examples or labels of other shapes or values.
        FileNotFoundError: an unknown name of a network.

    Example:
        >>> widget = DrawDigit("digits-rts-cnn", "digits-rts-st-cnn", example=3)
        >>> widget.meant, tuple(widget.image.shape)
        (3, (1, 1, 28, 28))

    Chapter: 7
    """

    WORDS = {
        "title": "Write a digit, rotate it, and see which network still classifies it correctly",
        "pad": "Write here",
        "padHelp": "Pad to write on, 100 by 100. Arrow keys move the pen, two keys together move it diagonally, Shift makes it faster; "
        "space puts the pen down and lifts it; Control Z removes the last stroke.",
        "padKeys": "Arrows move, space: pen down, up",
        "hint": "Write a digit, 0 to 9",
        "penDown": "Pen down at {x}, {y}.",
        "penUp": "Pen up at {x}, {y}.",
        "undo": "Undo",
        "clear": "Clear",
        "examples": "Or start from one of these",
        "example": "Example {place}",
        "exampleOf": "Example {place}, of class {label}",
        "meant": "Your digit is",
        "unsaid": "?",
        "normal": "Prepared as in MNIST:",
        "recipe": "longer side 20 pixels, centre of mass at +",
        "frame": "Distort: drag the digit",
        "answers": "Answers",
        "move": "move the digit",
        "at": "x {x}, y {y}",
        "sliders": {"degrees": "rotation", "scale": "scale"},
        "turned": "{v}°",
        "sized": "×{v}",
        "band": "Coloured: the trained ranges.",
        "random": "One at random",
        "upright": "Upright",
        "cnn": "CNN",
        "stCnn": "ST-CNN",
        "seesWhole": "sees the input",
        "seesWindow": "sees its window",
        "right": "{digit} ✓ {percent} %",
        "wrong": "{digit} ✗ {percent} %",
        "open": "{digit}, {percent} %",
        "share": "{digit}: {percent} %",
        "nothing": "–",
        "empty": "The pad is empty. Both networks answer while you write.",
        "summary": {
            "same": {
                "right": "Both answer {cnn}, which is correct.",
                "wrong": "Both answer {cnn}, which is wrong.",
                "open": "Both answer {cnn}.",
            },
            "differ": {
                "cnn": "They disagree: the CNN answers {cnn}, which is correct; the ST-CNN answers {st}.",
                "st": "They disagree: the CNN answers {cnn}; the ST-CNN answers {st}, which is correct.",
                "none": "They disagree: the CNN answers {cnn}, the ST-CNN {st}; both are wrong.",
                "open": "They disagree: the CNN answers {cnn}, the ST-CNN {st}. Which digit is it?",
            },
        },
        "outside": "Neither network was trained on such a strong distortion.",
        "lab": "A hundred random distortions",
        "hundred": "Try 100 random distortions",
        "miss": "Next mistake",
        "differs": "Next disagreement",
        "wrongs": "{wrong} of {count} wrong",
        "mostly": "{times} of {count} classified as {digit}",
        "labEmpty": "On how many of a hundred random distortions of your digit will each network fail?",
        "labOpen": "Each mark is one distortion, at its rotation and its scale. Choose above which digit it is, and the mistakes "
        "are counted. Click a mark to see its distortion.",
        "labKey": "Each mark is one distortion, at its rotation and its scale. A dot was classified as {truth}; a number is "
        "the wrong answer. Click a mark to see its distortion.",
        "try": "Write a 7 as you usually do. Rotate it until one network is wrong. Then write it badly: an extra stroke, a gap. "
        "Which distortions can a transformer undo?",
    }
    small = traitlets.Int(SMALL).tag(sync=True)
    large = traitlets.Int(LARGE).tag(sync=True)
    recipe = traitlets.Dict().tag(sync=True)
    examples = traitlets.Bytes().tag(sync=True)
    labels = traitlets.List(traitlets.Int()).tag(sync=True)
    #: The content of the pad: strokes, or the example of this number, or neither (-1); and the true digit (-1: unknown).
    strokes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    example = traitlets.Int(0, min=-1).tag(sync=True)
    meant = traitlets.Int(-1, min=-1, max=9).tag(sync=True)
    pixels = traitlets.List(traitlets.Int(min=0, max=255), minlen=SMALL**2, maxlen=SMALL**2).tag(sync=True)
    x = traitlets.Float(6.0).tag(sync=True)
    y = traitlets.Float(-4.0).tag(sync=True)
    degrees = traitlets.Float(-38.0).tag(sync=True)
    scale = traitlets.Float(0.8).tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        cnn: nn.Module | str = "mnist-rts-cnn",
        st_cnn: nn.Module | str = "mnist-rts-st-cnn",
        examples: Tensor | None = None,
        labels: Sequence[int] | None = None,
        example: int = 0,
        **traits: Any,
    ):
        if examples is None:
            examples, labels = sample_digits(), range(10)
        pixels = _images(examples)
        labels = _classes(labels, len(pixels))
        if not -1 <= example < len(pixels):
            raise ValueError(f"expected example from 0 to {len(pixels) - 1}, or -1 for an empty pad, got {example}")
        networks: dict[str, Any] = {}
        for key, network in (("cnn", cnn), ("st_cnn", st_cnn)):
            networks[f"{key}_layout"], networks[f"{key}_weights"] = _network(key, network)
        opening = {"meant": labels[example], "pixels": pixels[example].ravel().tolist()} if example >= 0 else {}
        super().__init__(
            recipe={"degrees": math.degrees(RTS.max_angle), "scale": list(RTS.scale), "ink": DIGIT_SIDE},
            examples=pixels.tobytes(),
            labels=labels,
            example=example,
            **networks,
            **({"pixels": [0] * SMALL**2} | opening | traits),
        )

    @property
    def image(self) -> Tensor:
        """The digit on the pad as a network takes it, (1, 1, 28, 28), 0 background to 1 foreground; in Jupyter it follows the pen."""
        return torch.tensor(self.pixels, dtype=torch.float32).view(1, 1, SMALL, SMALL) / 255

    def fallback(self) -> str:
        """The digit on the pad, distorted as when the page opens."""
        place = {"x": self.x, "y": self.y, "degrees": self.degrees, "scale": self.scale}
        svg = digit_svg(bytes(self.pixels), self.small, self.words["frame"], self.large, **place)
        return figure(svg, "Two networks classify this digit. With JavaScript you can write your own and rotate it.")


def _images(examples: Any) -> np.ndarray:
    """Bytes (K, 28, 28) of images (K, 1, 28, 28) from 0 to 1."""
    images = np.asarray(examples, dtype=float)
    if images.shape[1:] != (1, SMALL, SMALL) or not 1 <= len(images) <= MOST_EXAMPLES:
        raise ValueError(f"expected 1 to {MOST_EXAMPLES} examples (K, 1, {SMALL}, {SMALL}), got shape {images.shape}")
    if not (images.min() >= 0 and images.max() <= 1):  # so that NaN is refused too
        raise ValueError(f"expected examples with values from 0 to 1, got {images.min()} to {images.max()}")
    return (images[:, 0] * 255).round().astype(np.uint8)


def _classes(labels: Sequence[int] | None, count: int) -> list[int]:
    """The classes of the examples; -1 for each if none are given."""
    if labels is None:
        return [-1] * count
    classes = [int(label) for label in labels]
    if len(classes) != count or any(
        not 0 <= one <= 9 or one != label for one, label in zip(classes, labels, strict=True)
    ):
        raise ValueError(f"expected {count} labels from 0 to 9, one for each example, got {list(labels)}")
    return classes


def _network(key: str, network: nn.Module | str) -> tuple[dict[str, Any], bytes]:
    """A network's layout and weights, if it takes the images that the page makes."""
    network = network if isinstance(network, nn.Module) else models.load_pretrained(network)
    layout, weights = to_operations(network)
    if layout["input"] != [1, LARGE, LARGE]:
        raise ValueError(f"expected {key} for images (1, {LARGE}, {LARGE}), got one for {tuple(layout['input'])}")
    if layout["ops"][-1]["op"] != "linear" or layout["ops"][-1]["weight"]["shape"][0] != 10:
        raise ValueError(f"expected {key} with ten logits, one for each digit, got {layout['ops'][-1]}")
    if key == "st_cnn" and layout["ops"][0]["op"] != "affine_transformer":
        raise ValueError(f"expected st_cnn to begin with a spatial transformer, got {layout['ops'][0]['op']}")
    return layout, weights
