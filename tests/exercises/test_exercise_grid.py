"""The checks of chapter 4: every misconception is fed as a learner would write it, and named."""

import math

import pytest
import torch

from stn_lib import coordinates, transforms
from stn_lib.exercises import grid as check
from stn_lib.exercises import lattices, units
from stn_lib.sampling import grid_sample


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


def about_the_first_pixel(angle, size):
    """Turned in pixels counted from 0, and brought to units."""
    turn = transforms.rotation(torch.tensor(angle, dtype=torch.float64))
    return transforms.theta_to_normalized(turn, size)[0]


ROTATIONS = {
    "shears": lambda angle, size: turned(angle, size, 1, 1),
    "ratio_upside_down": lambda angle, size: turned(angle, size, size[1] / size[0], size[0] / size[1]),
    "one_sine_only": lambda angle, size: turned(angle, size, size[0] / size[1], 1),
    "other_way": lambda angle, size: turned(-angle, size, size[0] / size[1], size[1] / size[0]),
    "about_the_first_pixel": about_the_first_pixel,
    "ratio_on_the_diagonal": lambda angle, size: turned(angle, size, size[0] / size[1], 1, size[0] / size[1]),
}


def moved(shift, size, sign=-1, whole=2, less=0):
    (right, down), (height, width) = shift, size
    x, y = sign * whole * right / (width - less), sign * whole * down / (height - less)
    return torch.tensor([[1, 0, x], [0, 1, y]], dtype=torch.float64)


SHIFTS = {
    "pixels_as_units": lambda shift, size: moved(shift, (1, 1), whole=1),
    "other_way": lambda shift, size: moved(shift, size, sign=1),
    "half": lambda shift, size: moved(shift, size, whole=1),
    "sizes_exchanged": lambda shift, size: moved(shift, (size[1], size[0])),
    "row_before_column": lambda shift, size: moved((shift[1], shift[0]), size),
    "corners_aligned": lambda shift, size: moved(shift, size, less=1),
}


def penciled(matrix, size, first=1.0, corners=False):
    """Brings the pencil's matrix to units by two changes of coordinates, n = (p - first + 1/2) 2 / side - 1."""
    to_units = torch.eye(3, dtype=torch.float64)
    for axis, side in enumerate((size[1], size[0])):
        slope = 2 / (side - 1) if corners else 2 / side
        to_units[axis, axis], to_units[axis, 2] = slope, slope * ((0 if corners else 0.5) - first) - 1
    square = torch.cat([matrix, torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)])
    return (to_units @ square @ to_units.inverse())[:2]


def shift_in_units(matrix, size):
    out = matrix.clone()
    out[0, 2] *= 2 / size[1]
    out[1, 2] *= 2 / size[0]
    return out


PENCILS = {
    "counted_from_zero": lambda matrix, size: penciled(matrix, size, first=0.0),
    "matrix_as_it_is": lambda matrix, size: 1 * matrix,
    "shift_scaled_only": shift_in_units,
    "sides_exchanged": lambda matrix, size: penciled(matrix, (size[1], size[0])),
    "half_a_pixel": lambda matrix, size: penciled(matrix, size, first=1.5),
    "corners_aligned": lambda matrix, size: penciled(matrix, size, corners=True),
    "four_numbers_kept": lambda matrix, size: torch.cat([matrix[:, :2], penciled(matrix, size)[:, 2:]], dim=1),
    "inverted": lambda matrix, size: penciled(transforms.invert(matrix[None])[0], size),
}


def warped(picture, theta, slip=None):
    """Pixel by pixel, with the library's sampler; at most one slip, and none shows at the identity."""
    (height, width), align = picture.shape, slip == "corners_aligned"
    (a, b, tx), (c, d, ty) = theta.tolist()
    if slip in ("transposed", "as_it_was"):
        b, c = c, b
    if slip == "inverted":
        (a, b, tx), (c, d, ty) = transforms.invert(theta[None])[0].tolist()
    if slip == "row_before_column":
        (a, b, tx), (c, d, ty) = (d, c, ty), (b, a, tx)
    if slip == "shift_lost":
        tx = ty = 0
    if slip == "shift_in_pixels":
        tx, ty = 2 * tx / width, 2 * ty / height
    base = coordinates.base_grid((height, width), align, dtype=torch.float64)
    x, y = base.unbind(-1)
    if slip in ("square_only", "about_the_corner"):
        middle = [(width - 1) / 2, (height - 1) / 2] if slip == "square_only" else [0, 0]
        pixel = coordinates.normalized_to_pixel(base, (height, width)) - torch.tensor(middle, dtype=torch.float64)
        linear = torch.tensor([[a, b], [c, d]], dtype=torch.float64)
        shift = torch.tensor([tx * width / 2, ty * height / 2], dtype=torch.float64)
        source = pixel @ linear.T + shift + torch.tensor(middle, dtype=torch.float64)
        grid = coordinates.pixel_to_normalized(source, (height, width))
    else:
        grid = torch.stack([a * x + b * y + tx, c * x + d * y + ty], dim=-1)
    mode = "nearest" if slip in ("nearest", "as_it_was") else "bilinear"
    return grid_sample(picture[None, None], grid[None], mode, align_corners=align)[0, 0]


WARPS = {m.key: lambda picture, theta, slip=m.key: warped(picture, theta, slip) for m in units.WARP.misconceptions}
TABLES = {
    "base_grid": GRIDS,
    "to_pixel": PIXELS,
    "pixel_rotation": ROTATIONS,
    "pixel_shift": SHIFTS,
    "from_pencil": PENCILS,
    "repaired": WARPS,
}
EXERCISES = [
    lattices.BASE_GRID,
    lattices.TO_PIXEL,
    lattices.PIXEL_ROTATION,
    units.PIXEL_SHIFT,
    units.PENCIL,
    units.WARP,
]


def test_right_answers_pass():
    """Oracle: loops, and the library, which the checks do not use."""
    for seed in range(5):
        assert check.base_grid(loops, seed=seed).passed
        assert check.to_pixel(pixel, seed=seed).passed
        assert check.pixel_shift(moved, seed=seed).passed
        assert check.from_pencil(penciled, seed=seed).passed
        assert check.repaired(warped, seed=seed).passed
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
    assert check.pixel_shift(lambda shift, size: torch.eye(2, 3).double()).misconception is None
    assert check.from_pencil(lambda matrix, size: torch.eye(2, 3).double()).misconception is None
    assert check.repaired(lambda picture, theta: picture / 2).misconception is None


@pytest.mark.parametrize("slip", WARPS)
def test_every_slip_of_the_last_exercise_passes_the_identity(slip):
    """That is what the exercise is about: a test with the identity sees none of them."""
    picture = torch.rand(4, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    identity = torch.eye(2, 3, dtype=torch.float64)
    assert torch.allclose(warped(picture, identity, slip), picture, atol=1e-12)


def test_the_worked_example_for_the_picture_of_the_pencil():
    """By hand: (a, b, c, d, e, f) = (0, .5, 1, 0, .6, .4) on 4 x 4 pixels is [[0, .5, -.325], [1, 0, .2]]."""
    matrix = torch.tensor([[0, 0.5, 0.6], [1, 0, 0.4]], dtype=torch.float64)
    wanted = torch.tensor([[0, 0.5, -0.325], [1, 0, 0.2]], dtype=torch.float64)
    assert torch.allclose(units.PENCIL.oracle(matrix, (4, 4)), wanted)
