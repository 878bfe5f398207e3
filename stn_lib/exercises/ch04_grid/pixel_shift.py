"""Check `pixel_shift(shift, size)`: the theta that moves the content by whole pixels.

Convention: theta maps output to input in normalised coordinates, both images of the same size, ``align_corners=False``.

Args: shift: (right, down), whole pixels, also negative; size: (H, W).
Returns: theta, of shape (2, 3).

Example:
    >>> pixel_shift(lambda s, size: torch.tensor([[1.0, 0, -s[0]], [0, 1, -s[1]]]).double()).misconception
    'pixels_as_units'
"""

import torch
from torch import Tensor

from stn_lib.exercises.ch04_grid.grid_conventions import from_rows, torch_grid
from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        # The two numbers differ and are not 0, so that an exchange of x and y, or of the sides, is visible.
        right, down = random_integer(generator, 1, 4) * (-1) ** k, random_integer(generator, 5, 8) * (-1) ** (k // 2)
        cases.append(Case({"shift": (right, down), "size": random_size(generator, 9, 40)}))
    return cases


def _pixel_shift(shift, size, *, sign=-1.0, unit=2.0, less=0) -> Tensor:
    (height, width), (right, down) = size, shift
    return from_rows([1, 0, sign * unit * right / (width - less)], [0, 1, sign * unit * down / (height - less)])


def _shift_by_torch(shift, size) -> Tensor:
    """The step between two pixel centres of torch's base grid, times the pixels."""
    grid = torch_grid(size, align_corners=False)
    step = grid[1, 1] - grid[0, 0]
    return torch.cat([from_rows([1, 0], [0, 1]), -(step * torch.tensor(shift, dtype=torch.float64))[:, None]], dim=1)


pixel_shift = exercise(
    __name__,
    number="4.4",
    cases=_cases,
    oracle=_shift_by_torch,
    oracle_name="the steps of torch's own base grid",
    misconceptions={
        "pixels_as_units": Misconception(
            "You use pixels where normalised coordinates belong. The whole image is 2 wide, so a shift of 3 is far "
            "outside: one pixel is 2 / W.",
            lambda shift, size: from_rows([1, 0, -shift[0]], [0, 1, -shift[1]]),
            lambda shift, size: from_rows([1, 0, shift[0]], [0, 1, shift[1]]),
        ),
        "other_way": Misconception(
            "The content moves the other way. Theta says where to SAMPLE: to move the content to the right, sample further left.",
            lambda shift, size: _pixel_shift(shift, size, sign=1.0),
        ),
        "half": Misconception(
            "You shift by half as much: the image is 2 wide, from −1 to 1, not 1.",
            lambda shift, size: _pixel_shift(shift, size, unit=1.0),
            lambda shift, size: _pixel_shift(shift, size, sign=1.0, unit=1.0),
        ),
        "y_upwards": Misconception(
            "Along one axis the content moves the other way. y points down, so both shifts need the same sign: sample "
            "further left to move right, further up to move down.",
            lambda shift, size: _pixel_shift((shift[0], -shift[1]), size),
            lambda shift, size: _pixel_shift((-shift[0], shift[1]), size),
        ),
        "identity_missing": Misconception(
            "Your shift is correct, but the matrix before it must be the identity: with zeros, every pixel has the same source.",
            lambda shift, size: _pixel_shift(shift, size) * torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64),
            lambda shift, size: (
                _pixel_shift(shift, size, sign=1.0) * torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
            ),
        ),
        "sizes_exchanged": Misconception(
            "You divide x by the height. A size is (H, W), and x runs along the width.",
            lambda shift, size: _pixel_shift(shift, size[::-1]),
            lambda shift, size: _pixel_shift(shift, size[::-1], sign=1.0),
        ),
        "row_before_column": Misconception(
            "You exchanged the two shifts: x comes first.",
            lambda shift, size: _pixel_shift(shift, size).flip(0)[:, [1, 0, 2]],
            lambda shift, size: _pixel_shift(shift[::-1], size),
        ),
        "corners_aligned": Misconception(
            "2 / (W − 1) is the step with `align_corners=True`. Here −1 and 1 are the outer edges, and the step is 2 / W.",
            lambda shift, size: _pixel_shift(shift, size, less=1),
            lambda shift, size: _pixel_shift(shift, size, sign=1.0, less=1),
        ),
        "twice": Misconception(
            "You shift twice as far. The image is 2 wide and has W pixels, so one pixel is 2 / W.",
            lambda shift, size: _pixel_shift(shift, size, unit=4.0),
            lambda shift, size: _pixel_shift(shift, size, sign=1.0, unit=4.0),
        ),
        "column_order": Misconception(
            "Your shift is not in the last column. Each row of theta holds what is multiplied with x, with y, and then the shift.",
            lambda shift, size: _pixel_shift(shift, size)[:, [2, 0, 1]],
            lambda shift, size: _pixel_shift(shift, size)[:, [0, 2, 1]],
            lambda shift, size: (
                from_rows([1, 0, 0], [0, 1, 0])
                + torch.cat(
                    [torch.diag(_pixel_shift(shift, size)[:, 2]), torch.zeros(2, 1, dtype=torch.float64)], dim=1
                )
            ),
        ),
        "one_side": Misconception(
            "You use one side for both axes. x belongs to W and y belongs to H.",
            lambda shift, size: _pixel_shift(shift, (size[1], size[1])),
            lambda shift, size: _pixel_shift(shift, (size[0], size[0])),
        ),
        "shift_as_position": Misconception(
            "You convert the shift as if it were a position. A shift is a distance: 2 / W for each pixel, without − 1 or half a pixel.",
            lambda shift, size: _pixel_shift([s - n / 2 for s, n in zip(shift, size[::-1], strict=True)], size),
            lambda shift, size: _pixel_shift([s + 0.5 for s in shift], size),
            lambda shift, size: _pixel_shift([s + 0.5 - n / 2 for s, n in zip(shift, size[::-1], strict=True)], size),
            lambda shift, size: _pixel_shift(
                [s + 0.5 - n / 2 for s, n in zip(shift, size[::-1], strict=True)], size, sign=1.0
            ),
        ),
        "sign_lost": Misconception(
            "You lose the sign of the shift. Negative numbers move the content to the left and up.",
            lambda shift, size: _pixel_shift([abs(s) for s in shift], size),
        ),
        "one_axis": Misconception(
            "You shift along one axis only. The two numbers are in the last column: x in the first row, y in the second.",
            lambda shift, size: _pixel_shift((shift[0], 0), size),
            lambda shift, size: _pixel_shift((0, shift[1]), size),
        ),
        "one_number_for_both": Misconception(
            "You use one number in both rows. The first row shifts along x, the second along y.",
            *(
                lambda shift, size, k=k: torch.cat(
                    [from_rows([1, 0], [0, 1]), _pixel_shift(shift, size)[k, 2].expand(2, 1)], dim=1
                )
                for k in (0, 1)
            ),
            lambda shift, size: _pixel_shift((shift[0], shift[0]), size),
            lambda shift, size: _pixel_shift((shift[1], shift[1]), size),
        ),
        "three_rows": Misconception(
            "Your theta is correct, with the row 0 0 1 below it. Return its upper two rows.",
            lambda shift, size: torch.cat([_pixel_shift(shift, size), from_rows([0.0, 0.0, 1.0])]),
        ),
        "multiplied": Misconception(
            "You multiply by the side. One pixel is 2 / W wide: divide by it.",
            lambda shift, size: from_rows([1, 0, -2 * shift[0] * size[1]], [0, 1, -2 * shift[1] * size[0]]),
            lambda shift, size: from_rows([1, 0, -shift[0] * size[1] / 2], [0, 1, -shift[1] * size[0] / 2]),
        ),
    },
)
