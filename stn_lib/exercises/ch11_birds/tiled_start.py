"""Check `tiled_start(rows, columns)`: the centres at which windows start, one in the middle of each tile of the image.

Convention: normalised coordinates, the image from −1 to 1 along both axes, y downwards. Tiles are counted row by row.

Args: rows, columns: how many tiles are above, and beside each other.
Returns: The centres (x, y), of shape (rows · columns, 2).

Example:
    >>> tiled_start(lambda rows, columns: [(0.0, 0.0)] * (rows * columns)).passed
    False

Source: Jaderberg et al. 2015, appendix A.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib.exercises.framework import Case, Misconception, exercise

Places = Callable[[int], Tensor]
Start = Callable[[int, int], Tensor]

#: The tilings of two and four windows, and others that show which side was used for which axis.
_TILINGS = ((1, 2), (2, 2), (2, 1), (2, 3), (3, 2), (1, 3), (4, 2), (3, 3))


def _cases(generator: torch.Generator) -> list[Case]:
    return [Case({"rows": rows, "columns": columns}) for rows, columns in _TILINGS]


def _oracle(rows: int, columns: int) -> Tensor:
    """The pixel centres of torch's own grid, for an image of which each tile is a pixel."""
    theta = torch.eye(2, 3, dtype=torch.float64)[None]
    return F.affine_grid(theta, [1, 1, rows, columns], align_corners=False).view(-1, 2)


def _steps(count: int) -> Tensor:
    return torch.arange(count, dtype=torch.float64)


def _middles(count: int) -> Tensor:
    return (2 * _steps(count) + 1) / count - 1


def _linspace(low: float, high: float) -> Places:
    return lambda count: torch.linspace(low, high, count, dtype=torch.float64)


def _grid(places: Places) -> Callable[[int, int], Tensor]:
    """The points (rows, columns, 2) of given places along x and y."""

    def grid(rows: int, columns: int) -> Tensor:
        y, x = torch.meshgrid(places(rows), places(columns), indexing="ij")
        return torch.stack([x, y], 2)

    return grid


def _like(places: Places = _middles, swap: bool = False, by_column: bool = False, upwards: bool = False) -> Start:
    """The centres; each option is a possible mistake."""

    def tiled_start(rows: int, columns: int) -> Tensor:
        grid = _grid(places)(rows, columns)
        grid = grid.flip(0) if upwards else grid
        centres = (grid.transpose(0, 1) if by_column else grid).flatten(0, 1)
        return centres.flip(1) if swap else centres

    return tiled_start


def _in_any_order(*places: Places) -> list[Start]:
    """Wrong places, in the correct order and in two wrong ones."""
    return [_like(each, **order) for each in places for order in ({}, {"swap": True}, {"by_column": True})]


def _unflattened(rows: int, columns: int) -> Tensor:
    """The check reads an axis of length 1 as if it were not there."""
    grid = _grid(_middles)(rows, columns)
    return grid if min(rows, columns) > 1 else grid.flatten(0, 1)


def _one_side(axis: int) -> Start:
    """One side divides both coordinates."""
    return lambda *tiles: _like(lambda count: (2 * _steps(count) + 1) / tiles[axis] - 1)(*tiles)


tiled_start = exercise(
    __name__,
    number="11.2",
    cases=_cases,
    oracle=_oracle,
    oracle_name="the pixel centres of an image of rows × columns pixels, by torch's grid",
    misconceptions={
        "swapped": Misconception(
            "You return (y, x). A centre is (x, y): x changes from column to column, y from row to row.",
            _like(swap=True),
        ),
        "by_column": Misconception(
            "Your centres are correct, but you count the tiles column by column. Go through the rows, and in each row through "
            "the columns: the second centre is to the right of the first one.",
            _like(by_column=True),
        ),
        "sides_exchanged": Misconception(
            "You put `rows` tiles beside each other and `columns` above each other. x has as many places as there are "
            "columns, y as many as there are rows.",
            lambda rows, columns: _like()(columns, rows),
        ),
        "one_side": Misconception(
            "You divide both coordinates by one number. x belongs to `columns`, y to `rows`.",
            _one_side(0),
            _one_side(1),
        ),
        "y_upwards": Misconception(
            "Your y grows upwards. In an image it grows downwards: the first row of tiles is near y = −1.",
            _like(upwards=True),
            _like(upwards=True, by_column=True),
        ),
        "borders": Misconception(
            "You put the outer centres AT the border, on −1 and 1. A tile's centre is half a tile inside: (2 j + 1)/columns − 1.",
            *_in_any_order(_linspace(-1, 1), lambda count: 0 * _steps(1) if count == 1 else _linspace(-1, 1)(count)),
        ),
        "tile_edges": Misconception(
            "You give an edge of each tile, such as 2 j/columns − 1. Add half a tile to reach its centre: 1/columns.",
            *_in_any_order(
                lambda count: 2 * _steps(count) / count - 1, lambda count: 2 * (_steps(count) + 1) / count - 1
            ),
        ),
        "from_zero_to_one": Misconception(
            "Your image goes from 0 to 1. Normalised coordinates go from −1 to 1: multiply by 2 and subtract 1.",
            *_in_any_order(
                lambda count: (_steps(count) + 0.5) / count,
                lambda count: _steps(count) / count,
                lambda count: (_steps(count) + 1) / count,
                lambda count: (_steps(count) + 1) / (count + 1),
                _linspace(0, 1),
            ),
        ),
        "side_of_one": Misconception(
            "Your centres are correct for an image whose sides are 1 long. From −1 to 1 they are 2 long: multiply by 2.",
            *_in_any_order(lambda count: (_steps(count) + 0.5) / count - 0.5),
        ),
        "indices": Misconception(
            "You count tiles. Give normalised coordinates: −1 is the left or upper border, 1 the right or lower one.",
            *_in_any_order(_steps, lambda count: _steps(count) + 0.5, lambda count: _steps(count) - (count - 1) / 2),
        ),
        "equal_gaps": Misconception(
            "You leave equal gaps between the centres and to the border. From the border to a centre it is only HALF a tile: "
            "1/columns.",
            *_in_any_order(lambda count: 2 * (_steps(count) + 1) / (count + 1) - 1),
        ),
        "always_half": Misconception(
            "Your outer centres are at −0.5 and 0.5, which is correct for two tiles only. They depend on the number of tiles: "
            "(2 j + 1)/columns − 1.",
            *_in_any_order(_linspace(-0.5, 0.5)),
        ),
        "reshaped": Misconception(
            "Your reshape mixes coordinates of different tiles, because x and y are on the first axis. Stack them on the last "
            "axis, then flatten the other two.",
            lambda rows, columns: _grid(_middles)(rows, columns).permute(2, 0, 1).reshape(-1, 2),
        ),
        "unflattened": Misconception(
            "Your numbers are correct, but rows and columns are two axes. Make them one: (rows · columns, 2).",
            _unflattened,
        ),
    },
)
