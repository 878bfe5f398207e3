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


def by_meshgrid(size, align_corners, indexing, order):
    """As a learner writes it with torch: x first, because points are (x, y)."""
    axis = centres if align_corners else edges
    x, y = (axis(torch.arange(n, dtype=torch.float64), n) for n in (size[1], size[0]))
    a, b = torch.meshgrid(x, y, indexing=indexing)
    return torch.stack([a, b] if order == "xy" else [b, a], dim=-1)


def sides_mixed(size, align_corners):
    """A grid of the correct shape whose x is divided by the height."""
    (height, width), axis = size, centres if align_corners else edges
    out = torch.zeros(height, width, 2, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            out[row, column] = torch.tensor([axis(column, height), axis(row, width)])
    return out


GRIDS = {
    "flattened": lambda size, align_corners: torch.cat([*loops(size, align_corners)]),
    "homogeneous": lambda size, align_corners: torch.cat(
        [loops(size, align_corners), torch.ones(*size, 1, dtype=torch.float64)], dim=-1
    ),
    "x_to_the_left": lambda size, align_corners: loops(size, align_corners) * torch.tensor([-1.0, 1.0]),
    "one_side_for_both": (
        lambda size, align_corners: loops((size[1], size[1]), align_corners),
        lambda size, align_corners: loops(
            size, align_corners, axis=lambda k, n: (centres if align_corners else edges)(k, size[0])
        ),
    ),
    "always_edges": lambda size, align_corners: loops(size, False),
    "always_centres": lambda size, align_corners: loops(size, True),
    "conventions_exchanged": lambda size, align_corners: loops(size, not align_corners),
    "row_before_column": lambda size, align_corners: loops(size, align_corners, order="yx"),
    "sizes_exchanged": (
        lambda size, align_corners: loops((size[1], size[0]), align_corners),
        lambda size, align_corners: by_meshgrid(size, align_corners, "ij", "yx"),
        sides_mixed,
    ),
    "grid_transposed": lambda size, align_corners: by_meshgrid(size, align_corners, "ij", "xy"),
    "counted_from_one": lambda size, align_corners: loops(
        size, align_corners, axis=lambda k, n: centres(k + 1, n) if align_corners else edges(k + 1, n)
    ),
    "wrong_step": (
        lambda size, align_corners: loops(
            size, align_corners, axis=(lambda k, n: 2 * k / n - 1) if align_corners else edges
        ),
        lambda size, align_corners: loops(
            size, align_corners, axis=centres if align_corners else lambda k, n: (2 * k + 1) / (n + 1) - 1
        ),
    ),
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
    "half_a_pixel": (
        lambda points, size, align: pixel(points, size, align, off=0),
        lambda points, size, align: pixel(points, size, align, off=-1),
    ),
    "counted_from_one": lambda points, size, align: pixel(points, size, align, back=lambda v: v + 1),
    "rounded": lambda points, size, align: pixel(points, size, align, back=math.floor),
    "zero_to_one": lambda points, size, align: pixel(2 * points - 1, size, align),
    "row_before_column": lambda points, size, align: pixel(points, size, align)[:, [1, 0]],
    "origin_at_the_centre": (
        lambda points, size, align: (
            points * (torch.tensor([size[1], size[0]]) - int(align)) / 2 - (0 if align else 0.5)
        ),
        lambda points, size, align: torch.stack([points[:, 0] * size[1] / 2, points[:, 1] * size[0] / 2], dim=1),
    ),
    "wrong_step": (
        lambda points, size, align: pixel(points, size, False, off=0) if align else pixel(points, size, False),
        lambda points, size, align: pixel(points, size, True, back=lambda v: v if align else v - 0.5),
    ),
    "other_direction": lambda points, size, align: coordinates.pixel_to_normalized(points, size, align),
    "clamped": lambda points, size, align: (
        pixel(points, size, align)
        .clamp(min=0)
        .minimum(torch.tensor([size[1] - 1.0, size[0] - 1.0], dtype=torch.float64))
    ),
    "one_side": lambda points, size, align: pixel(points, (size[1], size[1]), align),
    "y_upwards": lambda points, size, align: pixel(torch.stack([points[:, 0], -points[:, 1]], dim=1), size, align),
}


def rotated(angle, size, upper, lower, diagonal=1.0):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c * diagonal, -s * upper, 0], [s * lower, c, 0]], dtype=torch.float64)


def about_the_first_pixel(angle, size):
    """Rotated in pixels counted from 0, then converted to normalised coordinates."""
    rotation = transforms.rotation(torch.tensor(angle, dtype=torch.float64))
    return transforms.theta_to_normalized(rotation, size)[0]


def about_the_corner(angle, size):
    """Moves the corner to 0, rotates, and moves it back."""
    theta = rotated(angle, size, size[0] / size[1], size[1] / size[0])
    theta[:, 2] = torch.tensor([-1.0, -1.0]) + theta[:, :2].sum(1)
    return theta


def with_corners(angle, size):
    height, width = size
    return rotated(angle, size, (height - 1) / (width - 1), (width - 1) / (height - 1))


ROTATIONS = {
    "ratio_squared": lambda angle, size: rotated(angle, size, size[0] ** 2 / size[1] ** 2, size[1] ** 2 / size[0] ** 2),
    "shift_added": lambda angle, size: (
        rotated(angle, size, size[0] / size[1], size[1] / size[0])
        + torch.tensor([[0, 0, size[1] / 2], [0, 0, size[0] / 2]], dtype=torch.float64)
    ),
    "shears": (lambda angle, size: rotated(angle, size, 1, 1), lambda angle, size: rotated(-angle, size, 1, 1)),
    "degrees": (
        lambda angle, size: rotated(angle * math.pi / 180, size, size[0] / size[1], size[1] / size[0]),
        lambda angle, size: rotated(angle * 180 / math.pi, size, size[0] / size[1], size[1] / size[0]),
    ),
    "corners_aligned": with_corners,
    "one_change_only": (
        lambda angle, size: rotated(angle, (1, 1), 1, 1) * torch.tensor([[2 / size[1]], [2 / size[0]]]).double(),
        lambda angle, size: rotated(angle, (1, 1), 1, 1) * torch.tensor([size[1], size[0], 1]).double(),
    ),
    "ratio_upside_down": lambda angle, size: rotated(angle, size, size[1] / size[0], size[0] / size[1]),
    "one_sine_only": lambda angle, size: rotated(angle, size, size[0] / size[1], 1),
    "other_way": lambda angle, size: rotated(-angle, size, size[0] / size[1], size[1] / size[0]),
    "about_the_first_pixel": (about_the_first_pixel, about_the_corner),
    "ratio_on_the_diagonal": lambda angle, size: rotated(angle, size, size[0] / size[1], 1, size[0] / size[1]),
    "signs_alike": (
        lambda angle, size: rotated(angle, size, -size[0] / size[1], size[1] / size[0]),
        lambda angle, size: rotated(angle, size, size[0] / size[1], -size[1] / size[0]),
    ),
    "sine_and_cosine_exchanged": lambda angle, size: torch.tensor(
        [
            [math.sin(angle), -math.cos(angle) * size[0] / size[1], 0],
            [math.cos(angle) * size[1] / size[0], math.sin(angle), 0],
        ]
    ),
    "other_angle": lambda angle, size: rotated(angle / 2, size, size[0] / size[1], size[1] / size[0]),
    "three_rows": lambda angle, size: torch.cat(
        [rotated(angle, size, size[0] / size[1], size[1] / size[0]), torch.tensor([[0, 0, 1.0]])]
    ),
    "angle_sign_lost": lambda angle, size: rotated(abs(angle), size, size[0] / size[1], size[1] / size[0]),
}


def moved(shift, size, sign=-1, whole=2, less=0):
    (right, down), (height, width) = shift, size
    x, y = sign * whole * right / (width - less), sign * whole * down / (height - less)
    return torch.tensor([[1, 0, x], [0, 1, y]], dtype=torch.float64)


SHIFTS = {
    "twice": lambda shift, size: moved(shift, size, whole=4),
    "column_order": lambda shift, size: torch.roll(moved(shift, size), 1, dims=1),
    "pixels_as_units": lambda shift, size: moved(shift, (1, 1), whole=1),
    "other_way": lambda shift, size: moved(shift, size, sign=1),
    "half": (
        lambda shift, size: moved(shift, size, whole=1),
        lambda shift, size: moved(shift, size, sign=1, whole=1),
    ),
    "y_upwards": (
        lambda shift, size: moved((shift[0], -shift[1]), size),
        lambda shift, size: moved((-shift[0], shift[1]), size),
    ),
    "one_side": lambda shift, size: moved(shift, (size[0], size[0])),
    "one_axis": lambda shift, size: moved((shift[0], 0), size),
    "one_number_for_both": lambda shift, size: moved((shift[1], shift[1]), size),
    "three_rows": lambda shift, size: torch.cat([moved(shift, size), torch.tensor([[0, 0, 1.0]])]),
    "multiplied": lambda shift, size: moved(shift, (1 / size[0], 1 / size[1])),
    "shift_as_position": (
        lambda shift, size: moved(shift, size) + torch.tensor([[0, 0, 1.0], [0, 0, 1.0]]),
        lambda shift, size: torch.tensor([[1, 0, edges(shift[0], size[1])], [0, 1, edges(shift[1], size[0])]]).double(),
    ),
    "sign_lost": lambda shift, size: moved((abs(shift[0]), abs(shift[1])), size),
    "identity_missing": lambda shift, size: torch.cat(
        [torch.zeros(2, 2, dtype=torch.float64), moved(shift, size)[:, 2:]], dim=1
    ),
    "sizes_exchanged": lambda shift, size: moved(shift, (size[1], size[0])),
    "row_before_column": lambda shift, size: moved((shift[1], shift[0]), size),
    "corners_aligned": lambda shift, size: moved(shift, size, less=1),
}


def penciled(matrix, size, first=1.0, corners=False):
    """Converts the matrix by two changes of coordinates, n = (p - first + 1/2) 2 / side - 1."""
    normalise = torch.eye(3, dtype=torch.float64)
    for axis, side in enumerate((size[1], size[0])):
        slope = 2 / (side - 1) if corners else 2 / side
        normalise[axis, axis], normalise[axis, 2] = slope, slope * ((0 if corners else 0.5) - first) - 1
    square = torch.cat([matrix, torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)])
    return (normalise @ square @ normalise.inverse())[:2]


def shift_in_normalised(matrix, size):
    out = matrix.clone()
    out[0, 2] *= 2 / size[1]
    out[1, 2] *= 2 / size[0]
    return out


def wrong_way_round(matrix, size):
    """From pixels to normalised coordinates where it should be the other way."""
    height, width = size
    change = torch.tensor([[2 / width, 0, -1 / width - 1], [0, 2 / height, -1 / height - 1], [0, 0, 1]]).double()
    square = torch.cat([matrix, torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)])
    return (change.inverse() @ square @ change)[:2]


def normalised_once(matrix, size):
    """The source is normalised, but the target is not converted to pixels."""
    height, width = size
    change = torch.tensor([[2 / width, 0, -1 / width - 1], [0, 2 / height, -1 / height - 1], [0, 0, 1]]).double()
    return (change @ torch.cat([matrix, torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)]))[:2]


def ratio_inverted(matrix, size):
    theta = penciled(matrix, size)
    theta[0, 1], theta[1, 0] = matrix[0, 1] * size[1] / size[0], matrix[1, 0] * size[0] / size[1]
    return theta


def only_the_shift_scaled(matrix, size):
    theta = penciled(matrix, size)
    theta[0, 2], theta[1, 2] = 2 * matrix[0, 2] / size[1], 2 * matrix[1, 2] / size[0]
    return theta


def swapped_corners(theta):
    (a, b, x), (c, d, y) = theta.tolist()
    return torch.tensor([[a, c, x], [b, d, y]], dtype=torch.float64)


PENCILS = {
    "rows_scaled": lambda matrix, size: torch.stack([matrix[0] * 2 / size[1], matrix[1] * 2 / size[0]]),
    "transposed": (
        lambda matrix, size: swapped_corners(penciled(matrix, size)),
        lambda matrix, size: penciled(swapped_corners(matrix), size),
    ),
    "counted_from_zero": lambda matrix, size: penciled(matrix, size, first=0.0),
    "matrix_as_it_is": lambda matrix, size: 1 * matrix,
    "shift_scaled_only": (shift_in_normalised, only_the_shift_scaled),
    "ratio_upside_down": ratio_inverted,
    "one_side_only": lambda matrix, size: penciled(matrix, (size[1], size[1])),
    "order_exchanged": (wrong_way_round, normalised_once),
    "sides_exchanged": lambda matrix, size: penciled(matrix, (size[1], size[0])),
    "half_a_pixel": lambda matrix, size: penciled(matrix, size, first=1.5),
    "corners_aligned": lambda matrix, size: penciled(matrix, size, corners=True),
    "four_numbers_kept": lambda matrix, size: torch.cat([matrix[:, :2], penciled(matrix, size)[:, 2:]], dim=1),
    "numbers_of_the_example": lambda matrix, size: penciled(matrix, (4, 4)),
    "shift_sign": lambda matrix, size: penciled(torch.cat([matrix[:, :2], -matrix[:, 2:]], dim=1), size),
    "three_rows": lambda matrix, size: torch.cat([penciled(matrix, size), torch.tensor([[0.0, 0.0, 1.0]])]),
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
    base = coordinates.base_grid((height, width), align or slip == "conventions_mixed", dtype=torch.float64)
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
    if slip == "grid_yx":
        grid = grid.flip(-1)
    if slip == "weights_crossed":
        pixel = coordinates.normalized_to_pixel(grid, (height, width))
        grid = coordinates.pixel_to_normalized(pixel.floor() + 1 - pixel % 1, (height, width))
    if slip == "one_axis":
        column, row = coordinates.normalized_to_pixel(grid, (height, width)).unbind(-1)
        grid = coordinates.pixel_to_normalized(torch.stack([column, row.round()], dim=-1), (height, width))
    if slip == "sides_exchanged":
        pixel = coordinates.normalized_to_pixel(grid, (width, height))
        grid = coordinates.pixel_to_normalized(pixel, (height, width))
    if slip == "half_pixels_lost":
        corner = torch.tensor([1 / width, 1 / height], dtype=torch.float64)
        grid = grid - corner @ torch.tensor([[a, c], [b, d]], dtype=torch.float64) + corner
    if slip == "truncated":
        pixel = (coordinates.normalized_to_pixel(grid, (height, width)) + 1e-9).floor()
        grid = coordinates.pixel_to_normalized(pixel, (height, width))
    mode = "nearest" if slip in ("nearest", "as_it_was") else "bilinear"
    padding = "border" if slip == "border" else "zeros"
    if slip == "bicubic":
        return torch.nn.functional.grid_sample(image[None, None], grid[None], slip, align_corners=False)[0, 0]
    out = grid_sample(image[None, None], grid[None], mode, padding, align_corners=align)[0, 0]
    if slip == "rim_lost":
        column, row = coordinates.normalized_to_pixel(grid, (height, width)).unbind(-1)
        beyond = [(k < -1e-9) | (k > side - 1 + 1e-9) for k, side in ((column, width), (row, height))]
        out[beyond[0] | beyond[1]] = 0
    return out


def last_lost(image, theta):
    """The last row and column count as outside."""
    inner = image.clone()
    inner[-1], inner[:, -1] = 0, 0
    return warped(inner, theta)


def rotated_by_library(angle, size):
    rotation = transforms.rotation(torch.tensor(angle, dtype=torch.float64))
    centre = torch.tensor([(size[1] - 1) / 2, (size[0] - 1) / 2], dtype=torch.float64)
    there, back = transforms.translation(centre), transforms.translation(-centre)
    return transforms.theta_to_normalized(transforms.compose(transforms.compose(there, rotation), back), size)[0]


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
        mistaken=slips(warped, check.repaired)
        | {
            "shift_sign": lambda image, theta: warped(image, torch.cat([theta[:, :2], -theta[:, 2:]], dim=1)),
            "edge_lost": last_lost,
        },
        unexplained=(lambda image, theta: image / 2,),
    ),
}
