"""The checks of chapter 4: every misconception is fed as a learner would write it, and named."""

import math

import torch

from stn_lib import coordinates, transforms
from stn_lib.exercises import grid as check
from stn_lib.exercises import lattices


def edges(k, n):
    return -1 + (k + 0.5) * 2 / n


def centres(k, n):
    return -1 + k * 2 / (n - 1)


def loops(size, align_corners, *, axis=None, order="xy", up=False):
    """A base grid as a learner writes it, number by number."""
    height, width = size
    axis = axis or (centres if align_corners else edges)
    out = torch.zeros(height, width, 2, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            x, y = axis(column, width), axis(height - 1 - row if up else row, height)
            out[row, column] = torch.tensor([x, y] if order == "xy" else [y, x])
    return out


GRIDS = {
    "always_edges": lambda size, align_corners: loops(size, False),
    "always_centres": lambda size, align_corners: loops(size, True),
    "conventions_exchanged": lambda size, align_corners: loops(size, not align_corners),
    "row_before_column": lambda size, align_corners: loops(size, align_corners, order="yx"),
    "sizes_exchanged": lambda size, align_corners: loops((size[1], size[0]), align_corners),
    "half_a_pixel": lambda size, align_corners: loops(
        size, align_corners, axis=centres if align_corners else lambda k, n: -1 + 2 * k / n
    ),
    "zero_to_one": lambda size, align_corners: loops(size, align_corners) / 2 + 0.5,
    "y_upwards": lambda size, align_corners: loops(size, align_corners, up=True),
    "pixels": lambda size, align_corners: loops(size, align_corners, axis=lambda k, n: k),
}


def pixel(points, size, align_corners, *, off=-0.5, back=lambda v: v):
    out = []
    for x, y in points.tolist():
        pair = []
        for value, side in ((x, size[1]), (y, size[0])):
            pair.append((value + 1) / 2 * (side - 1) if align_corners else (value + 1) / 2 * side + off)
        out.append([back(v) for v in pair])
    return torch.tensor(out, dtype=torch.float64)


PIXELS = {
    "always_edges": lambda points, size, align: pixel(points, size, False),
    "always_centres": lambda points, size, align: pixel(points, size, True),
    "conventions_exchanged": lambda points, size, align: pixel(points, size, not align),
    "sizes_exchanged": lambda points, size, align: pixel(points, (size[1], size[0]), align),
    "half_a_pixel": lambda points, size, align: pixel(points, size, align, off=0),
    "counted_from_one": lambda points, size, align: pixel(points, size, align, back=lambda v: v + 1),
    "rounded": lambda points, size, align: pixel(points, size, align, back=math.floor),
    "zero_to_one": lambda points, size, align: pixel(2 * points - 1, size, align),
    "row_before_column": lambda points, size, align: pixel(points, size, align)[:, [1, 0]],
}


def turned(angle, size, upper, lower, diagonal=1.0):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c * diagonal, -s * upper, 0], [s * lower, c, 0]], dtype=torch.float64)


ROTATIONS = {
    "shears": lambda angle, size: turned(angle, size, 1, 1),
    "ratio_upside_down": lambda angle, size: turned(angle, size, size[1] / size[0], size[0] / size[1]),
    "one_sine_only": lambda angle, size: turned(angle, size, size[0] / size[1], 1),
    "other_way": lambda angle, size: turned(-angle, size, size[0] / size[1], size[1] / size[0]),
    "ratio_on_the_diagonal": lambda angle, size: turned(angle, size, size[0] / size[1], 1, size[0] / size[1]),
}
TABLES = {"base_grid": GRIDS, "to_pixel": PIXELS, "pixel_rotation": ROTATIONS}
EXERCISES = [lattices.BASE_GRID, lattices.TO_PIXEL, lattices.PIXEL_ROTATION]


def test_right_answers_pass():
    """Oracle: loops, and the library, which the checks do not use."""
    for seed in range(5):
        assert check.base_grid(loops, seed=seed).passed
        assert check.to_pixel(pixel, seed=seed).passed
    assert check.base_grid(lambda size, align: coordinates.base_grid(size, align, dtype=torch.float64)).passed
    assert check.to_pixel(coordinates.normalized_to_pixel).passed

    def by_library(angle, size):
        turn = transforms.rotation(torch.tensor(angle, dtype=torch.float64))
        return transforms.theta_to_normalized(turn_about_centre(turn, size), size)[0]

    def turn_about_centre(turn, size):
        centre = torch.tensor([(size[1] - 1) / 2, (size[0] - 1) / 2], dtype=torch.float64)
        there, back = transforms.translation(centre), transforms.translation(-centre)
        return transforms.compose(transforms.compose(there, turn), back)

    assert check.pixel_rotation(by_library).passed


def test_what_no_misconception_explains_gets_no_name():
    assert check.base_grid(lambda size, align: torch.zeros(*size, 2).double()).misconception is None
    assert check.to_pixel(lambda points, size, align: 3 * points).misconception is None
    assert check.pixel_rotation(lambda angle, size: torch.eye(2, 3).double()).misconception is None
