"""Functions as learners write them in chapter 4: correct, mistaken, and neither."""

import math

import torch

from stn_lib import coordinates, transforms
from stn_lib.exercises import ch04_grid as check
from stn_lib.sampling import grid_sample
from tests.exercises.answers import Answers, slips


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


def warped(image, theta, slip=None):
    """Pixel by pixel, with the library's sampler; at most one slip, and none shows at the identity."""
    (height, width), align = image.shape, slip == "corners_aligned"
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
    return grid_sample(image[None, None], grid[None], mode, align_corners=align)[0, 0]


def rotated_by_library(angle, size):
    turn = transforms.rotation(torch.tensor(angle, dtype=torch.float64))
    centre = torch.tensor([(size[1] - 1) / 2, (size[0] - 1) / 2], dtype=torch.float64)
    there, back = transforms.translation(centre), transforms.translation(-centre)
    return transforms.theta_to_normalized(transforms.compose(transforms.compose(there, turn), back), size)[0]


ANSWERS = {
    "base_grid": Answers(
        correct=(loops, lambda size, align: coordinates.base_grid(size, align, dtype=torch.float64)),
        mistaken=GRIDS,
        unexplained=(lambda size, align: torch.zeros(*size, 2).double(),),
    ),
    "to_pixel": Answers(
        correct=(pixel, coordinates.normalized_to_pixel),
        mistaken=PIXELS,
        unexplained=(lambda points, size, align: 3 * points,),
    ),
    "pixel_rotation": Answers(
        correct=(rotated_by_library,),
        mistaken=ROTATIONS,
        unexplained=(lambda angle, size: torch.eye(2, 3).double(),),
    ),
    "pixel_shift": Answers(
        correct=(moved,), mistaken=SHIFTS, unexplained=(lambda shift, size: torch.eye(2, 3).double(),)
    ),
    "from_pencil": Answers(
        correct=(penciled,), mistaken=PENCILS, unexplained=(lambda matrix, size: torch.eye(2, 3).double(),)
    ),
    "repaired": Answers(
        correct=(warped,),
        mistaken=slips(warped, check.repaired),
        unexplained=(lambda image, theta: image / 2,),
    ),
}
