"""Drawings for DrawDigit's tests, what numpy, scipy and torch make of them, and its stage."""

import itertools
import math
from functools import cache

import numpy as np
import torch
from scipy import ndimage
from scipy.spatial import cKDTree
from torch.nn import functional as F

from stn_lib.data import sample_digits
from stn_lib.models import load_pretrained
from stn_lib.widgets import DrawDigit
from tests.widgets.stage import Stage as Alone

SEVEN = [[25, 22, 50, 21, 74, 20, 66, 38, 56, 58, 48, 80], [38, 52, 70, 50]]
PLACE = ("x", "y", "degrees", "scale")
READ = "() => document.querySelector('.stn-lab').getAttribute('aria-busy') === 'false'"
PATH = [(25, 22), (74, 20), (48, 80)]


def names():
    return "digits-rts-cnn", "digits-rts-st-cnn"


def smoothed(points):
    """Chaikin's corner cutting in numpy, two rounds."""
    for _ in range(2):
        if len(points) < 3:
            return points
        cut = np.stack([0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]], 1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    return points


def covered(lines, width, side):
    """The same as cover, from the nearest of very many points of the lines."""
    dense = [np.linspace(a, b, 2000) for line in lines for a, b in zip(line, [*line[1:], line[-1]], strict=True)]
    centres = np.stack(np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5), -1)
    away, _ = cKDTree(np.concatenate(dense)).query(centres.reshape(-1, 2))
    return np.clip(width / 2 + 0.5 - away, 0, 1).reshape(side, side)


def as_mnist(strokes):
    """Strokes as MNIST's makers would have them, by numpy and scipy: levels 0 to 255, (28, 28). A tie goes right and down."""
    lines = [smoothed(np.asarray(stroke, dtype=float).reshape(-1, 2)) for stroke in strokes]
    every = np.concatenate(lines)
    low, high = every.min(axis=0), every.max(axis=0)
    zoom = 17.4 / max(*(high - low), 9)
    ink = covered([10 + zoom * (line - (low + high) / 2) for line in lines], 2.6, 20)
    down, right = (math.floor(14 - at + 0.5 + 1e-6) for at in ndimage.center_of_mass(ink))
    large = np.pad(ink, 28)
    return np.round(255 * large[28 - down : 56 - down, 28 - right : 56 - right])


def mulberry(seed):
    """The published generator, in Python's integers."""
    most = 0xFFFFFFFF
    while True:
        seed = (seed + 0x6D2B79F5) & most
        t = ((seed ^ (seed >> 15)) * (seed | 1)) & most
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & most)) & most
        yield ((t ^ (t >> 14)) & most) / 2**32


def placed(digit, state):
    """A digit (28, 28) in the frame by torch: an output pixel shows the digit's pixel R (p - place) / scale."""
    angle = math.radians(state["degrees"])
    rows, columns = torch.meshgrid(torch.arange(42.0), torch.arange(42.0), indexing="ij")
    dx, dy = (columns - 20.5 - state["x"]) / state["scale"], (rows - 20.5 - state["y"]) / state["scale"]
    x = math.cos(angle) * dx - math.sin(angle) * dy + 13.5
    y = math.sin(angle) * dx + math.cos(angle) * dy + 13.5
    grid = torch.stack([(2 * x + 1) / 28 - 1, (2 * y + 1) / 28 - 1], -1)
    return F.grid_sample(digit.view(1, 1, 28, 28).float(), grid[None], align_corners=False)


@cache
def networks():
    return [load_pretrained(name) for name in names()]


def widget(**options):
    return DrawDigit(*networks(), **{"example": 7} | options)


class Stage(Alone):
    """The widget alone on a page, and a hand that writes."""

    def __init__(self, browser, shown=None, height=1250, **options):
        super().__init__(browser, shown or widget(), height=height, **options)

    def on_pad(self, x, y):
        box = self.page.locator(".stn-pad").bounding_box()
        return box["x"] + x / 100 * box["width"], box["y"] + y / 100 * box["height"]

    def write(self, points=PATH, steps=6):
        self.page.mouse.move(*self.on_pad(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.on_pad(*point), steps=steps)
        self.page.mouse.up()
        self.settle()

    def hundred(self):
        self.press("Try 100 random distortions")
        self.page.wait_for_function(READ, timeout=60000)
        self.settle()

    def drawn(self):
        """What is on the pad is what Python would make of the strokes; and how many strokes there are."""
        strokes, pixels = self.get("strokes", "pixels")
        assert np.abs(np.subtract(pixels, as_mnist(strokes).ravel())).max() <= 1
        return len(strokes)


@torch.no_grad()
def read(digit, states):
    """Torch's probabilities of both networks, (2, K, 10)."""
    images = torch.cat([placed(digit, state) for state in states])
    return [torch.softmax(network(images), 1) for network in networks()]


def random_states(seed=0):
    """The first hundred distortions of the page, by its generator and the recipe's formula."""
    numbers = mulberry(seed)
    for _ in range(100):
        u = list(itertools.islice(numbers, 4))
        angle, scale = np.radians(45 * (2 * u[0] - 1)), 0.7 + 0.5 * u[1]
        room = 21 - 11 * scale * (abs(np.cos(angle)) + abs(np.sin(angle)))
        yield {"degrees": np.degrees(angle), "scale": scale, "x": (2 * u[2] - 1) * room, "y": (2 * u[3] - 1) * room}


def seven():
    return (sample_digits()[7] * 255).round() / 255


def written():
    """A seven as no digit of the training set is: both networks fail on some distortions of it."""
    return torch.from_numpy(as_mnist(SEVEN) / 255).float().view(1, 1, 28, 28)
