"""Check `base_grid(size, align_corners)`: the pixel centres in normalised coordinates from −1 to 1.

Convention: as `stn_lib.coordinates.base_grid`.

Args: size: (H, W), at least two pixels a side; align_corners: a bool.
Returns: The grid of points (x, y): numbers of shape (H, W, 2).

Example:
    >>> from stn_lib.coordinates import base_grid as ours
    >>> base_grid(lambda size, align_corners: ours(size, False, dtype=torch.float64)).misconception
    'always_edges'
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.ch04_grid.grid_conventions import align_corners_mistakes, torch_grid
from stn_lib.exercises.framework import Case, Misconception, exercise, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    return [Case({"size": random_size(generator, 2, 6), "align_corners": k % 2 == 1}) for k in range(10)]


def _by_axis(axis: Callable[[Tensor, int, bool], Tensor]) -> Callable[[tuple[int, int], bool], Tensor]:
    """A base grid from a function for one axis: indices (n,), n and the convention to coordinates (n,)."""

    def grid(size: tuple[int, int], align_corners: bool) -> Tensor:
        height, width = size
        x, y = (axis(torch.arange(n, dtype=torch.float64), n, align_corners) for n in (width, height))
        return torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=-1)

    return grid


def _aligned(index: Tensor, n: int) -> Tensor:
    return 2 * index / (n - 1) - 1


def _edges(index: Tensor, n: int) -> Tensor:
    return (2 * index + 1) / n - 1


def _other_sides(size: tuple[int, int], align_corners: bool) -> Tensor:
    """The correct shape, but x normalised by the height and y by the width."""
    height, width = size
    if align_corners and min(size) == 1:
        return torch_grid(size, align_corners)
    x, y = (
        (_aligned if align_corners else _edges)(torch.arange(n, dtype=torch.float64), other)
        for n, other in ((width, height), (height, width))
    )
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=-1)


def _one_side(size: tuple[int, int], align_corners: bool, side: int) -> Tensor:
    """The correct shape, but both axes normalised by one side."""
    return _by_axis(lambda k, n, align: (_aligned if align else _edges)(k, side))(size, align_corners)


base_grid = exercise(
    __name__,
    number="4.1",
    cases=_cases,
    oracle=torch_grid,
    oracle_name="torch's affine_grid of the identity",
    misconceptions={
        **align_corners_mistakes(torch_grid),
        "row_before_column": Misconception(
            "Your last axis is (row, column). A grid holds points (x, y): first to the right, then down.",
            lambda size, align: torch_grid(size, align).flip(-1),
        ),
        "sizes_exchanged": Misconception(
            "You exchanged height and width: a size is (H, W). The grid has H rows and W columns, x is normalised by W "
            "and y by H.",
            lambda size, align: torch_grid(size[::-1], align),
            _other_sides,
        ),
        "grid_transposed": Misconception(
            "Your grid is transposed: it has one row for each column of the image. Give `meshgrid` y first, then x, with "
            "indexing='ij'.",
            lambda size, align: torch_grid(size, align).transpose(0, 1),
        ),
        "half_a_pixel": Misconception(
            "Your points are on the edges between pixels, half a pixel off. The centre of pixel k is k + ½ pixels "
            "from the left edge.",
            _by_axis(lambda k, n, align: _aligned(k, n) if align else 2 * k / n - 1),
            _by_axis(lambda k, n, align: _aligned(k, n) if align else 2 * (k + 1) / n - 1),
            _by_axis(lambda k, n, align: 2 * k / n - 1),
        ),
        "zero_to_one": Misconception(
            "Your coordinates run from 0 to 1. Here they run from −1 to 1, with 0 at the centre.",
            lambda size, align: (torch_grid(size, align) + 1) / 2,
        ),
        "y_upwards": Misconception(
            "Your y points upwards. Rows count downwards, so the first row has the smallest y.",
            lambda size, align: torch_grid(size, align) * torch.tensor([1.0, -1.0], dtype=torch.float64),
        ),
        "wrong_step": Misconception(
            "The step is wrong in one convention. With False, n pixels fill the width 2: the step is 2 / n. With True, "
            "n − 1 steps lead from −1 to 1: the step is 2 / (n − 1).",
            _by_axis(lambda k, n, align: 2 * k / n - 1 if align else _edges(k, n)),
            _by_axis(lambda k, n, align: _aligned(k, n) if align else (2 * k + 1) / (n - 1) - 1),
            _by_axis(lambda k, n, align: _aligned(k, n) if align else (2 * k + 1) / (n + 1) - 1),
        ),
        "counted_from_one": Misconception(
            "You count pixels from 1, so every centre is one pixel too far to the right and down. The first pixel is pixel 0.",
            _by_axis(lambda k, n, align: _aligned(k + 1, n) if align else _edges(k + 1, n)),
        ),
        "pixels": Misconception(
            "These are pixel indices. Convert them to normalised coordinates from −1 to 1.",
            _by_axis(lambda k, n, align: k),
            _by_axis(lambda k, n, align: k + 1),
        ),
        "flattened": Misconception(
            "Your grid is one long list of points. Keep the rows of the image: the shape is (H, W, 2).",
            lambda size, align: torch_grid(size, align).reshape(-1, 2),
        ),
        "homogeneous": Misconception(
            "You append a 1 to each point. A grid holds the points (x, y) alone: the shape is (H, W, 2).",
            lambda size, align: F.pad(torch_grid(size, align), (0, 1), value=1.0),
        ),
        "x_to_the_left": Misconception(
            "Your x points to the left. The first column has the smallest x.",
            lambda size, align: torch_grid(size, align).flip(1),
        ),
        "one_side_for_both": Misconception(
            "You use one side of the image for both axes. x depends on the width and y on the height: a size is (H, W).",
            *(lambda size, align, k=k: torch_grid((size[k], size[k]), align) for k in (0, 1)),
            lambda size, align: torch_grid((size[1], size[1]), align)[: size[0]],
            lambda size, align: torch_grid((size[0], size[0]), align)[:, : size[1]],
            *(lambda size, align, k=k: _one_side(size, align, size[k]) for k in (0, 1)),
        ),
    },
)
