"""Check `theta_from_opencv(matrix, size)`: the theta of a matrix that `cv2.warpAffine` takes.

Convention: the matrix maps an INPUT pixel (x, y) to an OUTPUT pixel, both counted from 0 at the centre of the first; theta
maps output to input, for ``align_corners=False``, both images of the same size.

Args: matrix: float64 (2, 3); size: (H, W).
Returns: theta, float64 (2, 3).

Example:
    >>> theta_from_opencv(lambda matrix, size: matrix).misconception
    'still_in_pixels'
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import random_theta, square
from stn_lib.exercises.framework import Case, Misconception, exercise, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    pixels = torch.tensor([1.0, 1.0, 3.0], dtype=torch.float64)  # a shift of several pixels
    return [Case({"matrix": random_theta(generator) * pixels, "size": random_size(generator, 4, 12)}) for _ in range(8)]


def _with_ones(points: Tensor) -> Tensor:
    return torch.cat([points, torch.ones_like(points[:, :1])], dim=1)


def _to_normalized(size: tuple[int, int], *, first: float = 0.0, align_corners: bool = False) -> Tensor:
    """Pixels counted from `first` to torch's coordinates (3, 3), fitted through the centres of all pixels."""
    height, width = size
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    pixels = torch.stack([columns, rows], dim=-1).view(-1, 2).double() + first
    identity = torch.eye(2, 3, dtype=torch.float64)[None]
    centres = F.affine_grid(identity, (1, 1, *size), align_corners=align_corners).view(-1, 2)
    return square(torch.linalg.lstsq(_with_ones(pixels), centres).solution.T)


def _by_fit(matrix: Tensor, size: tuple[int, int], *, forward: bool = True, **convention) -> Tensor:
    """Move the corners of a square in pixels by the matrix, and fit the theta that takes them back."""
    corners = torch.tensor([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=torch.float64)
    moved = _with_ones(corners) @ matrix.T
    change = _to_normalized(size, **convention)
    here, there = ((_with_ones(points) @ change.T)[:, :2] for points in (corners, moved))
    source, target = (here, there) if forward else (there, here)
    return torch.linalg.lstsq(_with_ones(target), source).solution.T


def _product(*factors: Tensor) -> Tensor:
    return torch.linalg.multi_dot(factors)[:2]


def _wrong_order(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    change = _to_normalized(size)
    return _product(torch.linalg.inv(change), torch.linalg.inv(square(matrix)), change)


def _not_inverted_wrong_order(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    change = _to_normalized(size)
    return _product(torch.linalg.inv(change), square(matrix), change)


theta_from_opencv = exercise(
    __name__,
    number="3.7",
    cases=_cases,
    oracle=_by_fit,
    oracle_name="the theta that takes back four points which the matrix has moved",
    misconceptions={
        "not_inverted": Misconception(
            "You do not invert the matrix. It says where an input pixel GOES; theta says where an output pixel is sampled.",
            lambda matrix, size: _by_fit(matrix, size, forward=False),
        ),
        "sides_exchanged": Misconception(
            "You exchanged rows and columns: a size is (H, W), a point is (x, y), and x belongs to W.",
            lambda matrix, size: _by_fit(matrix, size[::-1]),
            lambda matrix, size: _by_fit(matrix, size)[[1, 0]][:, [1, 0, 2]],
        ),
        "corners_aligned": Misconception(
            "Half a pixel is missing on each side: your theta is the one for `align_corners=True`. Here −1 and 1 are the "
            "outer edges, and n = (2 p + 1) / W − 1.",
            lambda matrix, size: _by_fit(matrix, size, align_corners=True),
        ),
        "half_a_pixel": Misconception(
            "You are half a pixel off. OpenCV counts from the CENTRE of the first pixel: n = (2 p + 1) / W − 1.",
            lambda matrix, size: _by_fit(matrix, size, first=0.5),
        ),
        "wrong_order": Misconception(
            "The order of your product is wrong. A point in normalised coordinates comes from the right: first to pixels, "
            "then by the inverse matrix, then back to normalised coordinates.",
            _wrong_order,
            _not_inverted_wrong_order,
        ),
        "still_in_pixels": Misconception(
            "Your numbers are still in pixels. Change the coordinates on both sides of the inverse matrix.",
            lambda matrix, size: _product(torch.linalg.inv(square(matrix)), torch.eye(3, dtype=torch.float64)),
            lambda matrix, size: matrix,
        ),
        "shift_scaled_only": Misconception(
            "You convert only the shift. The origin moves from the first pixel to the centre, and on an image that is not "
            "square the four other numbers change as well.",
            lambda matrix, size: (
                torch.linalg.inv(square(matrix))[:2] * torch.tensor([[1, 1, 2 / size[1]], [1, 1, 2 / size[0]]])
            ),
        ),
    },
)
