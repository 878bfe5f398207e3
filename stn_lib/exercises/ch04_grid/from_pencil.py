"""Check `from_pencil(matrix, size)`: convert a matrix in pixels that count from 1 to theta in normalised coordinates.

Convention: the matrix maps an output pixel (x, y) to an input pixel, both counted from 1 at the centre of the first;
theta is for ``align_corners=False``, both images of the same size.

Args: matrix: float64 (2, 3); size: (H, W).
Returns: theta, float64 (2, 3).

Example:
    >>> from_pencil(lambda matrix, size: matrix).misconception
    'matrix_as_it_is'
"""

import torch
from torch import Tensor

from stn_lib.exercises.ch04_grid.grid_conventions import from_rows, inverse, torch_grid
from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    while len(cases) < 8:
        numbers = [(random_integer(generator, -9, 9) or 9) / 10 for _ in range(6)]
        matrix = torch.tensor(numbers, dtype=torch.float64).view(2, 3)
        if torch.linalg.det(matrix[:, :2]).abs() > 0.05:  # one misconception inverts it
            cases.append(Case({"matrix": matrix, "size": random_size(generator, 4, 12)}))
    return cases


def _by_fit(matrix: Tensor, size: tuple[int, int], first: float = 1.0, align_corners: bool = False) -> Tensor:
    """Map every pixel by the matrix and fit the theta that does the same in torch's coordinates."""
    height, width = size
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    pixels = torch.stack([columns, rows], dim=-1).view(-1, 2).double() + first
    ones = torch.ones(len(pixels), 1, dtype=torch.float64)
    sources = torch.cat([pixels, ones], dim=1) @ matrix.T
    units = torch.cat([torch_grid(size, align_corners).view(-1, 2), ones], dim=1)
    to_units = torch.linalg.lstsq(torch.cat([pixels, ones], dim=1), units).solution
    mapped = torch.cat([sources, ones], dim=1) @ to_units
    return torch.linalg.lstsq(units, mapped[:, :2]).solution.T


def _scaled_shift(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    height, width = size
    return torch.cat([matrix[:, :2], matrix[:, 2:] * from_rows([2 / width], [2 / height])], dim=1)


from_pencil = exercise(
    __name__,
    number="4.5",
    cases=_cases,
    oracle=_by_fit,
    oracle_name="every pixel mapped by the matrix, and a line fitted through torch's coordinates",
    misconceptions={
        "counted_from_zero": Misconception(
            "You count pixels from 0. The pencil's matrix counts from 1, and a matrix that rotates or scales about "
            "another origin has another shift.",
            lambda matrix, size: _by_fit(matrix, size, first=0.0),
        ),
        "matrix_as_it_is": Misconception(
            "You return the pencil's numbers unchanged. They count pixels from a corner; theta uses normalised "
            "coordinates with 0 at the centre.",
            lambda matrix, size: matrix,
        ),
        "four_numbers_kept": Misconception(
            "Your shift is correct, but the four other numbers stay the same only if the image is square: multiply "
            "the upper right by H / W, the lower left by W / H.",
            lambda matrix, size: torch.cat([matrix[:, :2], _by_fit(matrix, size)[:, 2:]], dim=1),
        ),
        "shift_scaled_only": Misconception(
            "You scale the shift and forget that the origin moves, too: what the matrix does to the centre is part of the shift.",
            _scaled_shift,
        ),
        "sides_exchanged": Misconception(
            "You exchanged height and width: a size is (H, W), and x belongs to W.",
            lambda matrix, size: _by_fit(matrix, size[::-1]),
        ),
        "half_a_pixel": Misconception(
            "You are half a pixel off. With `align_corners=False`, pixel p of the pencil is at (2 p − 1) / W − 1.",
            lambda matrix, size: _by_fit(matrix, size, first=0.5),
            lambda matrix, size: _by_fit(matrix, size, 1.5),
        ),
        "corners_aligned": Misconception(
            "Your theta is the one for `align_corners=True`. Here −1 and 1 are the outer edges.",
            lambda matrix, size: _by_fit(matrix, size, align_corners=True),
        ),
        "inverted": Misconception(
            "You invert the matrix. It already says where an output pixel is sampled.",
            lambda matrix, size: _by_fit(inverse(matrix), size),
        ),
    },
)
