"""The exercises about a theta in units: a shift in pixels, a matrix worked out with a pencil, a warp with a hidden slip.

Convention: theta (2, 3) maps OUTPUT to INPUT in normalised (x, y), ``align_corners=False``; both pictures have one size
(H, W). The oracles are torch's affine_grid and grid_sample.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.attempt import Case
from stn_lib.exercises.draw import draw_image, draw_integer, draw_size
from stn_lib.exercises.frame import Exercise, Misconception


def _tensor(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _draw_shifts(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        # Neither number is 0 and they differ, so that an exchange of x and y, or of the sides, shows.
        right, down = draw_integer(generator, 1, 4) * (-1) ** k, draw_integer(generator, 5, 8) * (-1) ** (k // 2)
        cases.append(Case({"shift": (right, down), "size": draw_size(generator, 9, 40)}))
    return cases


def _pixel_shift(shift, size, *, sign=-1.0, unit=2.0, less=0) -> Tensor:
    (height, width), (right, down) = size, shift
    return _tensor([1, 0, sign * unit * right / (width - less)], [0, 1, sign * unit * down / (height - less)])


def _shift_by_torch(shift, size) -> Tensor:
    """Where torch's own base grid lies, one pixel further: the step between two centres, times the pixels."""
    grid = F.affine_grid(_tensor([1, 0, 0], [0, 1, 0])[None], (1, 1, *size), align_corners=False)[0]
    step = grid[1, 1] - grid[0, 0]
    return torch.cat([_tensor([1, 0], [0, 1]), -(step * torch.tensor(shift, dtype=torch.float64))[:, None]], dim=1)


PIXEL_SHIFT = Exercise(
    "4.4",
    "pixel_shift",
    _draw_shifts,
    _shift_by_torch,
    "the steps of torch's own base grid",
    (
        Misconception(
            "pixels_as_units",
            "You write pixels where units belong. The whole picture is 2 units wide, so a shift of 3 is far outside: one "
            "pixel is 2 / W.",
            (
                lambda shift, size: _tensor([1, 0, -shift[0]], [0, 1, -shift[1]]),
                lambda shift, size: _tensor([1, 0, shift[0]], [0, 1, shift[1]]),
            ),
        ),
        Misconception(
            "other_way",
            "The content moves the other way. Theta says where to READ: to move the content right, read further left.",
            (lambda shift, size: _pixel_shift(shift, size, sign=1.0),),
        ),
        Misconception(
            "half",
            "You move by half of it: the picture is 2 units wide, from −1 to 1, not 1.",
            (lambda shift, size: _pixel_shift(shift, size, unit=1.0),),
        ),
        Misconception(
            "sizes_exchanged",
            "x is divided by the height. A size is (H, W), and x runs along the width.",
            (lambda shift, size: _pixel_shift(shift, size[::-1]),),
        ),
        Misconception(
            "row_before_column",
            "The two shifts are exchanged: x comes first.",
            (
                lambda shift, size: _pixel_shift(shift, size).flip(0)[:, [1, 0, 2]],
                lambda shift, size: _pixel_shift(shift[::-1], size),
            ),
        ),
        Misconception(
            "corners_aligned",
            "2 / (W − 1) is the step with `align_corners=True`. Here −1 and 1 are the outer edges, and the step is 2 / W.",
            (lambda shift, size: _pixel_shift(shift, size, less=1),),
        ),
    ),
)


def _draw_pencils(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        numbers = [(draw_integer(generator, -9, 9) or 9) / 10 for _ in range(6)]
        matrix = torch.tensor(numbers, dtype=torch.float64).view(2, 3)
        cases.append(Case({"matrix": matrix, "size": draw_size(generator, 4, 12)}))
    return cases


def _centres(size: tuple[int, int], align_corners: bool = False) -> Tensor:
    return F.affine_grid(_tensor([1, 0, 0], [0, 1, 0])[None], (1, 1, *size), align_corners=align_corners)[0].view(-1, 2)


def _by_fit(matrix: Tensor, size: tuple[int, int], first: float = 1.0, align_corners: bool = False) -> Tensor:
    """Maps every pixel by the pencil's rule and fits the theta that does the same in torch's coordinates."""
    height, width = size
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    pixels = torch.stack([columns, rows], dim=-1).view(-1, 2).double() + first
    ones = torch.ones(len(pixels), 1, dtype=torch.float64)
    sources = torch.cat([pixels, ones], dim=1) @ matrix.T
    units = torch.cat([_centres(size, align_corners), ones], dim=1)
    to_units = torch.linalg.lstsq(torch.cat([pixels, ones], dim=1), units).solution
    wanted = torch.cat([sources, ones], dim=1) @ to_units
    return torch.linalg.lstsq(units, wanted[:, :2]).solution.T


def _scaled_shift(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    height, width = size
    return torch.cat([matrix[:, :2], matrix[:, 2:] * _tensor([2 / width], [2 / height])], dim=1)


def _inverse(matrix: Tensor) -> Tensor:
    linear = torch.linalg.inv(matrix[:, :2])
    return torch.cat([linear, -linear @ matrix[:, 2:]], dim=1)


PENCIL = Exercise(
    "4.5",
    "from_pencil",
    _draw_pencils,
    _by_fit,
    "every pixel mapped by the pencil, and a line fitted through torch's coordinates",
    (
        Misconception(
            "counted_from_zero",
            "You count pixels from 0. The pencil counts from 1, and a matrix that turns or zooms about another origin "
            "has another shift.",
            (lambda matrix, size: _by_fit(matrix, size, first=0.0),),
        ),
        Misconception(
            "matrix_as_it_is",
            "You hand the pencil's numbers over as they are. They count pixels from a corner; theta counts units from the "
            "centre.",
            (lambda matrix, size: matrix,),
        ),
        Misconception(
            "four_numbers_kept",
            "Your shift is right, but the four numbers stay as they are only where the picture is square: the upper right is "
            "times H / W, the lower left times W / H.",
            (lambda matrix, size: torch.cat([matrix[:, :2], _by_fit(matrix, size)[:, 2:]], dim=1),),
        ),
        Misconception(
            "shift_scaled_only",
            "You bring the shift to units and forget that the origin moved, too: what the matrix does to the centre is "
            "part of the shift.",
            (_scaled_shift,),
        ),
        Misconception(
            "sides_exchanged",
            "Height and width are exchanged: a size is (H, W), and x belongs to W.",
            (lambda matrix, size: _by_fit(matrix, size[::-1]),),
        ),
        Misconception(
            "half_a_pixel",
            "You are half a pixel off. With `align_corners=False` the pencil's pixel p lies at (2 p − 1) / W − 1.",
            (lambda matrix, size: _by_fit(matrix, size, first=0.5), lambda matrix, size: _by_fit(matrix, size, 1.5)),
        ),
        Misconception(
            "corners_aligned",
            "Yours is the theta for `align_corners=True`. Here −1 and 1 are the outer edges.",
            (lambda matrix, size: _by_fit(matrix, size, align_corners=True),),
        ),
        Misconception(
            "inverted",
            "You invert it. The pencil's rule says already where an output pixel is read.",
            (lambda matrix, size: _by_fit(_inverse(matrix), size),),
        ),
    ),
)


def _draw_warps(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        height, width = draw_size(generator, 3, 5)
        steady = _tensor([0.9, 0.0, 0.0], [0.0, 0.9, 0.0])
        theta = steady + 0.5 * (2 * torch.rand(2, 3, generator=generator, dtype=torch.float64) - 1)
        # At least .1, so that what reads the wrong number is seen to.
        theta = torch.where((theta - steady).abs() < 0.1, theta + 0.2, theta)
        picture = draw_image(generator, (height, width + 3))
        # .0013: no point half way between two pixels, where the last bit decides which is nearest
        cases.append(Case({"picture": picture, "theta": theta.round(decimals=2) + 0.0013}))
    return cases


def _warp(picture: Tensor, theta: Tensor, *, align_corners: bool = False, mode: str = "bilinear") -> Tensor:
    grid = F.affine_grid(theta[None], (1, 1, *picture.shape), align_corners=align_corners)
    return F.grid_sample(picture[None, None], grid, mode, align_corners=align_corners)[0, 0]


def _in_pixels(picture: Tensor, theta: Tensor, about: str) -> Tensor:
    """theta taken as a matrix of pixels, about the first pixel or the middle; its shift stays in units."""
    height, width = picture.shape
    half = torch.tensor([width / 2, height / 2], dtype=torch.float64)
    to_units = torch.diag(1 / half)
    linear = to_units @ theta[:, :2] @ torch.diag(half)
    shift = theta[:, 2]
    if about == "corner":  # the first pixel's centre stays where it is
        first = 1 / (2 * half) - 1
        shift = shift + first - linear @ first
    return _warp(picture, torch.cat([linear, shift[:, None]], dim=1))


def _transposed(theta: Tensor) -> Tensor:
    return torch.cat([theta[:, :2].T, theta[:, 2:]], dim=1)


def _other(change: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda picture, theta: _warp(picture, change(theta))


#: Each of them leaves every picture as it is when theta is the identity.
WARP = Exercise(
    "4.6",
    "repaired",
    _draw_warps,
    _warp,
    "torch's affine_grid and grid_sample",
    (
        Misconception(
            "as_it_was",
            "Both slips are still in it: the matrix is used transposed, and the reading is rounded.",
            (lambda picture, theta: _warp(picture, _transposed(theta), mode="nearest"),),
        ),
        Misconception(
            "transposed",
            "The matrix is used transposed: x_s must take the first ROW of theta. The identity is its own transpose, and so "
            "hid it.",
            (_other(_transposed),),
        ),
        Misconception(
            "inverted",
            "Theta is used the other way round. The identity is its own inverse, and so hid it.",
            (_other(_inverse),),
        ),
        Misconception(
            "row_before_column",
            "x and y are exchanged throughout: theta is applied to (y, x). The identity treats both alike, and so hid it.",
            (_other(lambda theta: theta.flip(0)[:, [1, 0, 2]]),),
        ),
        Misconception(
            "about_the_corner",
            "The matrix turns and zooms about the first pixel. The units have their 0 in the centre.",
            (lambda picture, theta: _in_pixels(picture, theta, "corner"),),
        ),
        Misconception(
            "square_only",
            "The matrix acts on pixels, which is the same on a square picture alone. Apply it to the units.",
            (lambda picture, theta: _in_pixels(picture, theta, "middle"),),
        ),
        Misconception(
            "shift_in_pixels",
            "The shift is added in pixels. It is in units: 1 is half the width.",
            (
                lambda picture, theta: _warp(
                    picture,
                    torch.cat(
                        [theta[:, :2], theta[:, 2:] * _tensor([2 / picture.shape[1]], [2 / picture.shape[0]])], dim=1
                    ),
                ),
            ),
        ),
        Misconception(
            "shift_lost",
            "The shift is missing. The identity has none.",
            (_other(lambda theta: theta * torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)),),
        ),
        Misconception(
            "nearest",
            "You read the nearest pixel. On the lattice of the identity nobody can tell.",
            (lambda picture, theta: _warp(picture, theta, mode="nearest"),),
        ),
        Misconception(
            "corners_aligned",
            "Your −1 and 1 are the centres of the outermost pixels, in grid and sampler alike, so the identity fits. Here "
            "they are the edges.",
            (lambda picture, theta: _warp(picture, theta, align_corners=True),),
        ),
    ),
)
