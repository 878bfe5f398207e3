"""Check `from_pencil(matrix, size)`: convert a matrix for pixels counted from 1 to theta in normalised coordinates.

Convention: the matrix maps an output pixel (x, y) to an input pixel, both counted from 1 at the centre of the first;
theta is for ``align_corners=False``, both images of the same size.

Args: matrix: float64 (2, 3); size: (H, W).
Returns: theta, of shape (2, 3).

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
    normalised = torch.cat([torch_grid(size, align_corners).view(-1, 2), ones], dim=1)
    normalise = torch.linalg.lstsq(torch.cat([pixels, ones], dim=1), normalised).solution
    mapped = torch.cat([sources, ones], dim=1) @ normalise
    return torch.linalg.lstsq(normalised, mapped[:, :2]).solution.T


def _scaled_shift(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    height, width = size
    return torch.cat([matrix[:, :2], matrix[:, 2:] * from_rows([2 / width], [2 / height])], dim=1)


def _normalise(size: tuple[int, int]) -> Tensor:
    """The matrix (3, 3) from pixels counted from 1 to normalised coordinates."""
    rows = [[2 / n if k == axis else 0.0 for k in (0, 1)] + [-1 / n - 1] for axis, n in enumerate(size[::-1])]
    return from_rows(*rows, [0.0, 0.0, 1.0])


def _wrong_order(matrix: Tensor, size: tuple[int, int], which: int) -> Tensor:
    """The two changes of coordinates exchanged (0), or one of them forgotten (1, 2)."""
    change, back = _normalise(size), torch.linalg.inv(_normalise(size))
    square = torch.cat([matrix, from_rows([0.0, 0.0, 1.0])])
    return ((back @ square @ change, change @ square, square @ back)[which])[:2]


def _ratio_upside_down(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """The correct shift; the upper right times W / H, the lower left times H / W."""
    ratio = size[1] / size[0]
    linear = matrix[:, :2] * from_rows([1.0, ratio], [1 / ratio, 1.0])
    return torch.cat([linear, _by_fit(matrix, size)[:, 2:]], dim=1)


def _transposed(theta: Tensor) -> Tensor:
    return torch.cat([theta[:, :2].T, theta[:, 2:]], dim=1)


def _shift_alone_scaled(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """The correct matrix; the shift times 2 / W and 2 / H."""
    return torch.cat([_by_fit(matrix, size)[:, :2], _scaled_shift(matrix, size)[:, 2:]], dim=1)


from_pencil = exercise(
    __name__,
    number="4.5",
    cases=_cases,
    oracle=_by_fit,
    oracle_name="every pixel mapped by the matrix, and a line fitted through torch's coordinates",
    misconceptions={
        "counted_from_zero": Misconception(
            "You count pixels from 0. The matrix counts from 1, and a map that rotates or scales about another origin "
            "has another shift.",
            lambda matrix, size: _by_fit(matrix, size, first=0.0),
        ),
        "matrix_as_it_is": Misconception(
            "You return the matrix unchanged. It counts pixels from a corner; theta uses normalised coordinates with 0 "
            "at the centre.",
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
            _shift_alone_scaled,
        ),
        "ratio_upside_down": Misconception(
            "The ratio of the sides is inverted. x_s takes y, which counts in halves of H, and needs halves of W: times H / W.",
            _ratio_upside_down,
        ),
        "order_exchanged": Misconception(
            "Your changes of coordinates are in the wrong order, or one is missing. From right to left: normalised to "
            "pixels, then the matrix, then pixels to normalised.",
            *(lambda matrix, size, which=which: _wrong_order(matrix, size, which) for which in (0, 1, 2)),
        ),
        "sides_exchanged": Misconception(
            "You exchanged height and width: a size is (H, W), and x belongs to W.",
            lambda matrix, size: _by_fit(matrix, size[::-1]),
        ),
        "one_side_only": Misconception(
            "You use one side for both axes. The image is not square: x is normalised by W, y by H.",
            lambda matrix, size: _by_fit(matrix, (size[0], size[0])),
            lambda matrix, size: _by_fit(matrix, (size[1], size[1])),
        ),
        "half_a_pixel": Misconception(
            "You are half a pixel off. With `align_corners=False`, pixel p, counted from 1, is at (2 p − 1) / W − 1.",
            lambda matrix, size: _by_fit(matrix, size, first=0.5),
            lambda matrix, size: _by_fit(matrix, size, 1.5),
        ),
        "corners_aligned": Misconception(
            "Your theta is the one for `align_corners=True`. Here −1 and 1 are the outer edges.",
            lambda matrix, size: _by_fit(matrix, size, align_corners=True),
        ),
        "inverted": Misconception(
            "You invert the matrix. It already maps an output pixel to its source.",
            lambda matrix, size: _by_fit(inverse(matrix), size),
        ),
        "rows_scaled": Misconception(
            "You multiply whole rows by 2 / W and 2 / H. That scales the source point, but the point that theta acts on is "
            "normalised, too, and the origin moves to the centre.",
            lambda matrix, size: matrix * from_rows([2 / size[1]], [2 / size[0]]),
        ),
        "transposed": Misconception(
            "Two of your numbers are exchanged: the upper right and the lower left. Or the matrix is transposed throughout: "
            "its first row gives x_s.",
            lambda matrix, size: _transposed(_by_fit(matrix, size)),
            lambda matrix, size: _by_fit(_transposed(matrix), size),
        ),
        "numbers_of_the_example": Misconception(
            "You use the numbers of the worked example, for 4 × 4 pixels. A pixel is 2 / W wide here, and the centre is at (W + 1) / 2.",
            lambda matrix, size: _by_fit(matrix, (4, 4)),
        ),
        "shift_sign": Misconception(
            "You subtract the shift of the matrix. The matrix maps an output pixel to its source already: keep its sign.",
            lambda matrix, size: _by_fit(matrix * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64), size),
        ),
        "three_rows": Misconception(
            "Your theta is correct, with the row 0 0 1 below it. Return its upper two rows.",
            lambda matrix, size: torch.cat([_by_fit(matrix, size), from_rows([0.0, 0.0, 1.0])]),
        ),
    },
)
