"""The explorable of the cover: two trained networks classify a digit while the reader moves it."""

import math

import torch
import traitlets

from stn_lib import models, transforms
from stn_lib.data import sample_digits
from stn_lib.data.distortions import DIGIT_SIDE
from stn_lib.grid import affine_grid
from stn_lib.sampling import grid_sample
from stn_lib.training.config import cover_config
from stn_lib.widgets._base import Explorable, digit_svg, figure
from stn_lib.widgets._networks import NetworkPair, pair_traits

_NAMES = {"cnn": "cover-cnn", "st_cnn": "cover-st-cnn"}


class StraightenDigit(NetworkPair, Explorable):
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
    digit = traitlets.Int(7).tag(sync=True)
    x = traitlets.Float(0.0).tag(sync=True)
    y = traitlets.Float(0.0).tag(sync=True)
    degrees = traitlets.Float(0.0).tag(sync=True)
    scale = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, **traits):
        recipe = cover_config("st-cnn").recipe
        super().__init__(
            recipe={"degrees": math.degrees(recipe.max_angle), "scale": list(recipe.scale), "ink": DIGIT_SIDE},
            digits=(sample_digits() * 255).round().to(torch.uint8).numpy().tobytes(),
            labels=list(range(10)),
            **pair_traits({key: models.load_pretrained(name) for key, name in _NAMES.items()}),
            **traits,
        )

    def fallback(self) -> str:
        """The chosen digit in its frame, the window, and both answers, as when the page opens."""
        size, start = self.small, self.digit * self.small**2
        pixels = self.digits[start : start + size**2]
        place = {"x": self.x, "y": self.y, "degrees": self.degrees, "scale": self.scale}
        svg = digit_svg(pixels, size, self.words["input"], self.large, **place, width=420)
        image = self._input(torch.frombuffer(bytearray(pixels), dtype=torch.uint8).view(1, 1, size, size) / 255)
        cnn, st_cnn = (models.load_pretrained(name) for name in _NAMES.values())
        with torch.no_grad():
            theta = st_cnn.transformer.theta(image)
            shares = [network(image).softmax(1)[0] for network in (cnn, st_cnn)]
        corners = transforms.apply(theta, transforms.control_points(2, 2)[[0, 1, 3, 2]].expand(1, 4, 2))[0]
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in ((corners + 1) * self.large / 2).tolist())
        window = f'<polygon points="{points}" style="fill:none;stroke:var(--stn-grid);stroke-width:0.4"/>'
        told = [
            self.words["said"]["right" if share.argmax() == self.digit else "wrong"].format(
                name=self.words[name], digit=int(share.argmax()), percent=f"{100 * share.max():.0f}"
            )
            for name, share in zip(("cnn", "stCnn"), shares, strict=True)
        ]
        caption = f"{told[0]}. {told[1]}: it classifies what is in the window. With JavaScript you can move the digit."
        return figure(svg.replace("</svg>", f"{window}</svg>"), caption, height=680)

    def _input(self, digit: torch.Tensor) -> torch.Tensor:
        """The digit in its frame, (1, 1, H, W), as the page places it."""
        # Output to input: the frame's point minus the digit's place, rotated back, in halves of the digit's own side.
        to_place = transforms.translation((-2 * self.x / self.large, -2 * self.y / self.large))
        back = transforms.rotation(math.radians(self.degrees))
        size = transforms.scaling(self.large / self.small / self.scale)
        theta = transforms.compose(transforms.compose(size, back), to_place)
        return grid_sample(digit, affine_grid(theta, (1, 1, self.large, self.large)))
