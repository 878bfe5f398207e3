"""Random points of every kind, torch's sampler at one point, and the misconceptions that several exercises share.

Convention: images are float64 (H, W); a point is (x, y) in pixels that count from 0, with centres at integers; outside
is 0.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib import sampling
from stn_lib.exercises.framework import SAMPLERS, Case, random_image, random_integer, random_size

# Positions on an axis: between two pixels, on a pixel, on the last one, less than one pixel before the first or
# after the last, further outside, exactly halfway between two.
_KINDS = ("between", "on", "last", "before", "after", "far_before", "far_after", "half")

INSIDE = [("between", "between")] * 12 + [("on", "between"), ("between", "on")] * 4 + [("on", "on")] * 2
EDGE = [
    ("last", "between"),
    ("between", "last"),
    ("last", "last"),
    ("before", "between"),
    ("between", "before"),
    ("after", "between"),
    ("between", "after"),
    ("before", "after"),
    ("before", "before"),
    ("after", "after"),
] * 2
FAR = [("far_before", "between"), ("between", "far_after"), ("far_after", "before"), ("after", "far_before")]
HALF = [("half", "half"), ("half", "between"), ("between", "half")] * 6

CORE_NAME = "Inside the image"

#: An exercise that asks to write a sampler forbids torch's and this library's.
READY_SAMPLERS = (*SAMPLERS, sampling.grid_sample)


WRAP = (
    "An index of −1 is Python's last pixel, so the image wraps round. Use 0 wherever an index is below 0 or beyond "
    "the last row or column."
)
CLAMP = "You clamp the index to the border. Here the outside is 0, so a neighbour outside adds nothing."
XY = (
    "You exchanged x and y. x counts columns and y counts rows, so the pixel is `image[y, x]`, and `image.shape` is "
    "(H, W)."
)
LAST = (
    "You lose the last row and column: a coordinate of exactly W − 1 or H − 1 is still inside. Test `0 <= index < "
    "size` for each of the four neighbours."
)
Y_UP = "You count rows from below. Row 0 is at the top, and y points down."
RIM = (
    "A point less than one pixel outside still has neighbours inside. Test each neighbour, not the point: only the "
    "neighbours outside are 0."
)

COUNTED = "You count pixels from 1, as the worked example does by hand. In code the first pixel is pixel 0: do not subtract 1."

# The image is in the corner of an 8 × 8 canvas of zeros: with a power of two, the conversion to normalised
# coordinates and back rounds nothing, and pixel centres stay exact.
_CANVAS = 8


def torch_sample(image: Tensor, x: Tensor, y: Tensor, mode: str) -> Tensor:
    """torch's sampler at a point in pixels, which may need a gradient."""
    height, width = image.shape
    canvas = F.pad(image, (0, _CANVAS - width, 0, _CANVAS - height))
    grid = (2 * torch.stack([x, y]) + 1) / _CANVAS - 1
    out = F.grid_sample(canvas[None, None], grid.view(1, 1, 1, 2), mode=mode, align_corners=False)
    return out.reshape(())


def torch_value(mode: str) -> Callable[[Tensor, float, float], Tensor]:
    """The oracle of one point: torch's sampler with a mode."""

    def value(image: Tensor, x: float, y: float) -> Tensor:
        point = torch.tensor([x, y], dtype=torch.float64)
        return torch_sample(image, point[0], point[1], mode)

    return value


def _random_coordinate(generator: torch.Generator, size: int, kind: str) -> float:
    """Draw a coordinate along an axis of `size` pixels, with one decimal, so that it is easy to follow by hand."""
    tenths = random_integer(generator, 1, 9) / 10
    index = random_integer(generator, 0, size - 2)
    value = {
        "between": index + tenths,
        "on": float(index),
        "last": float(size - 1),
        "before": tenths - 1,
        "after": size - 1 + tenths,
        "far_before": -2 - tenths,
        "far_after": size + tenths,
        "half": index + 0.5,
    }[kind]
    return round(value, 1)


def random_points(generator: torch.Generator, kinds: list[tuple[str, str]]) -> list[Case]:
    """Draw one case (image, x, y) for each pair of kinds; a core case needs no pixel outside."""
    unknown = {kind for pair in kinds for kind in pair} - set(_KINDS)
    if unknown:
        raise ValueError(f"expected kinds of coordinates from {_KINDS}, got {sorted(unknown)}")
    cases = []
    for kind_x, kind_y in kinds:
        height, width = random_size(generator)
        x = _random_coordinate(generator, width, kind_x)
        y = _random_coordinate(generator, height, kind_y)
        inside = {kind_x, kind_y} <= {"between", "on", "half"}
        cases.append(Case({"image": random_image(generator, (height, width)), "x": x, "y": y}, is_core=inside))
    return cases
