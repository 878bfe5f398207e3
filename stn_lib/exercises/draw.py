"""Small random cases for the checks of chapter 5: pictures that are never square, points of every kind."""

import torch
from torch import Tensor

from stn_lib.exercises.attempt import Case

# Where a coordinate can lie on an axis of n pixels: between two pixels, on a pixel, on the last one,
# half a pixel out of the first or past the last, beyond all reach, exactly halfway between two.
_KINDS = ("between", "on", "last", "before", "after", "far_before", "far_after", "half")


def draw_integer(generator: torch.Generator, low: int, high: int) -> int:
    """A random integer, both ends included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def draw_size(generator: torch.Generator, low: int = 2, high: int = 5) -> tuple[int, int]:
    """A random (H, W) that is not square."""
    height = draw_integer(generator, low, high)
    width = draw_integer(generator, low, high - 1)
    return height, width + (width >= height)


def draw_image(generator: torch.Generator, size: tuple[int, int]) -> Tensor:
    """A picture of the numbers 1, 2, … in random order: no two pixels are equal, none is the padding's 0."""
    count = size[0] * size[1]
    return (torch.randperm(count, generator=generator) + 1.0).to(torch.float64).reshape(size)


def draw_coordinate(generator: torch.Generator, size: int, kind: str) -> float:
    """A coordinate along an axis of `size` pixels; with one decimal, to be easy to follow by hand."""
    tenths = draw_integer(generator, 1, 9) / 10
    index = draw_integer(generator, 0, size - 2)
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


def draw_points(generator: torch.Generator, kinds: list[tuple[str, str]]) -> list[Case]:
    """One case (image, x, y) for each pair of kinds; plain is what needs no pixel outside."""
    unknown = {kind for pair in kinds for kind in pair} - set(_KINDS)
    if unknown:
        raise ValueError(f"expected kinds of coordinates from {_KINDS}, got {sorted(unknown)}")
    cases = []
    for kind_x, kind_y in kinds:
        height, width = draw_size(generator)
        x = draw_coordinate(generator, width, kind_x)
        y = draw_coordinate(generator, height, kind_y)
        inside = {kind_x, kind_y} <= {"between", "on", "half"}
        cases.append(Case({"image": draw_image(generator, (height, width)), "x": x, "y": y}, plain=inside))
    return cases


def draw_thetas(generator: torch.Generator, count: int) -> list[Tensor]:
    """Affine matrices with one decimal, far from singular and from the identity."""
    thetas = []
    while len(thetas) < count:
        theta = torch.randint(-9, 10, (2, 3), generator=generator).to(torch.float64) / 10
        theta[:, 2] /= 2
        determinant = float(theta[0, 0] * theta[1, 1] - theta[0, 1] * theta[1, 0])
        if abs(determinant) >= 0.25 and float(theta.abs().min()) >= 0.05:
            thetas.append(theta)
    return thetas


def draw_warps(generator: torch.Generator, count: int = 14) -> list[Case]:
    """Cases (image, theta, out_size, align_corners), half of them with each convention.

    The mirrors at the start read exactly on the last row and column, which no other theta meets.
    """
    cases = []
    for flip in ((-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)):
        size = draw_size(generator)
        theta = torch.tensor([[flip[0], 0, 0], [0, flip[1], 0]], dtype=torch.float64)
        inputs = {"image": draw_image(generator, size), "theta": theta, "out_size": size}
        cases.append(Case(inputs | {"align_corners": True}, ("align_corners",)))
    for k, theta in enumerate(draw_thetas(generator, count)):
        size, out_size = draw_size(generator), draw_size(generator)
        inputs = {"image": draw_image(generator, size), "theta": theta, "out_size": out_size}
        cases.append(Case(inputs | {"align_corners": k % 2 == 1}, ("align_corners",)))
    return cases


def draw_shrinks(generator: torch.Generator, count: int = 12) -> list[Case]:
    """Cases (image, factor): sides are multiples of the factor, which runs from 2 to 4."""
    cases = []
    for k in range(count):
        factor = 2 + k % 3
        height, width = draw_size(generator, 1, 3)
        image = draw_image(generator, (height * factor, width * factor))
        cases.append(Case({"image": image, "factor": factor}))
    return cases
