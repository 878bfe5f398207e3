"""Check `theta_from_opencv(matrix, size)`: the theta of a matrix that `cv2.warpAffine` takes.

Convention: the matrix maps an INPUT pixel (x, y) to an OUTPUT pixel, both counted from 0 at the centre of the first; theta
maps output to input, for ``align_corners=False``, both images of the same size.

Args: matrix: float64 (2, 3); size: (H, W).
Returns: theta, float64 (2, 3).

Example:
    >>> theta_from_opencv(lambda matrix, size: matrix).misconception
    'still_in_pixels'
"""

import inspect

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib import transforms
from stn_lib.exercises.ch03_affine.affine_matrices import join, random_theta, square
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
    return _product(torch.linalg.inv(change), _inverse(matrix), change)


def _inverse(matrix: Tensor) -> Tensor:
    return torch.linalg.inv(square(matrix))


def _with_shift(matrix: Tensor, shift: Tensor, *, inverse: bool) -> Tensor:
    """A matrix with another shift."""
    linear = torch.linalg.inv(matrix[:, :2]) if inverse else matrix[:, :2]
    return join(linear, shift)


def _sides_only(matrix: Tensor, size: tuple[int, int], *, half: bool = True) -> Tensor:
    """Each coordinate multiplied by 2 / W or 2 / H, with no other point as the origin."""
    height, width = size
    change = torch.diag(torch.tensor([1 / width, 1 / height, 1], dtype=torch.float64))
    change[[0, 1], [0, 1]] *= 2 if half else 1
    return _product(change, _inverse(matrix), torch.linalg.inv(change))


def _other_ratio(matrix: Tensor, size: tuple[int, int], ratio: float | None) -> Tensor:
    """theta with the two numbers off the diagonal multiplied by this ratio, or by its inverse (None: W / H for H / W)."""
    height, width = size
    theta, inverse = _by_fit(matrix, size), _inverse(matrix)
    ratio = width / height if ratio is None else ratio
    theta[0, 1], theta[1, 0] = inverse[0, 1] * ratio, inverse[1, 0] / ratio
    return theta


def _not_inverted_wrong_order(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    change = _to_normalized(size)
    return _product(torch.linalg.inv(change), square(matrix), change)


theta_from_opencv = exercise(
    __name__,
    number="3.5",
    cases=_cases,
    oracle=_by_fit,
    oracle_name="the theta that takes back four points which the matrix has moved",
    forbidden=tuple(map(inspect.unwrap, (transforms.from_pixel_matrix, transforms.theta_to_normalized))),
    misconceptions={
        "three_rows": Misconception(
            "Your theta is correct, with the row 0 0 1 below it. Return its upper two rows.",
            lambda matrix, size: square(_by_fit(matrix, size)),
        ),
        "transposed": Misconception(
            "Your theta has three rows of two numbers. It needs two rows of three.",
            lambda matrix, size: _by_fit(matrix, size).T,
        ),
        "not_inverted": Misconception(
            "You do not invert the matrix. It says where an input pixel GOES; theta says where an output pixel is sampled.",
            lambda matrix, size: _by_fit(matrix, size, forward=False),
            lambda matrix, size: _by_fit(matrix, size, forward=False, align_corners=True),
            lambda matrix, size: _by_fit(matrix, size, forward=False, first=0.5),
            lambda matrix, size: _by_fit(matrix, size[::-1], forward=False),
            lambda matrix, size: matrix * torch.tensor([[1, 1, 2 / size[1]], [1, 1, 2 / size[0]]]),
        ),
        "shift_negated_only": Misconception(
            "Your inverse of the matrix is wrong: negating the shift is not enough. Both parts change: A⁻¹ and −A⁻¹ t.",
            lambda matrix, size: _by_fit(_with_shift(matrix, -matrix[:, 2], inverse=False), size, forward=False),
            lambda matrix, size: _by_fit(_with_shift(matrix, -matrix[:, 2], inverse=True), size, forward=False),
            lambda matrix, size: _by_fit(_with_shift(matrix, matrix[:, 2], inverse=True), size, forward=False),
            lambda matrix, size: _by_fit(-matrix, size, forward=False),
        ),
        "one_side": Misconception(
            "You use one side for both axes. x belongs to W and y belongs to H.",
            lambda matrix, size: _by_fit(matrix, (size[1], size[1])),
            lambda matrix, size: _by_fit(matrix, (size[0], size[0])),
        ),
        "sides_not_mixed": Misconception(
            "The two numbers off the diagonal mix x and y, whose pixels have different normalised sizes: multiply the upper one by "
            "H / W and the lower one by W / H.",
            lambda matrix, size: _other_ratio(matrix, size, 1.0),
        ),
        "ratio_reversed": Misconception(
            "You exchanged H / W and W / H in the numbers off the diagonal: the upper one is multiplied by H / W.",
            lambda matrix, size: _other_ratio(matrix, size, None),
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
            lambda matrix, size: _by_fit(matrix, size, first=-0.5),
        ),
        "origin_not_moved": Misconception(
            "You only change the scale of the coordinates. The origin moves as well, from the first pixel to the image's centre: "
            "n = (2 p + 1) / W − 1.",
            _sides_only,
            lambda matrix, size: _sides_only(matrix, size, half=False),
        ),
        "inverse_transposed": Misconception(
            "You transpose the 2 × 2 part in place of inverting it. This inverts a rotation only.",
            lambda matrix, size: _by_fit(join(matrix[:, :2].T, -matrix[:, :2].T @ matrix[:, 2]), size, forward=False),
        ),
        "one_change": Misconception(
            "You change the coordinates on one side only. theta takes normalised coordinates and gives normalised coordinates, so "
            "the inverse matrix is between two changes.",
            lambda matrix, size: _product(_to_normalized(size), _inverse(matrix)),
            lambda matrix, size: _product(_inverse(matrix), torch.linalg.inv(_to_normalized(size))),
        ),
        "wrong_order": Misconception(
            "The order of your product is wrong. A point in normalised coordinates comes from the right: first to pixels, "
            "then by the inverse matrix, then back to normalised coordinates.",
            _wrong_order,
            _not_inverted_wrong_order,
        ),
        "still_in_pixels": Misconception(
            "Your numbers are still in pixels. Change the coordinates on both sides of the inverse matrix.",
            lambda matrix, size: _inverse(matrix)[:2],
            lambda matrix, size: matrix,
        ),
        "shift_scaled_only": Misconception(
            "You convert only the shift. The origin moves from the first pixel to the centre, and on an image that is not "
            "square the four other numbers change as well.",
            lambda matrix, size: join(_inverse(matrix)[:2, :2], (_to_normalized(size) @ _inverse(matrix)[:, 2])[:2]),
            lambda matrix, size: _inverse(matrix)[:2] * torch.tensor([[1, 1, 2 / size[1]], [1, 1, 2 / size[0]]]),
            lambda matrix, size: _inverse(matrix)[:2] * torch.tensor([[1, 1, 2 / size[0]], [1, 1, 2 / size[1]]]),
            lambda matrix, size: _inverse(matrix)[:2] * torch.tensor([[1, 1, 1 / size[1]], [1, 1, 1 / size[0]]]),
            lambda matrix, size: _inverse(matrix * torch.tensor([[1, 1, 2 / size[1]], [1, 1, 2 / size[0]]]))[:2],
            lambda matrix, size: (
                _inverse(matrix)[:2] * torch.tensor([[1, 1, 2 / (size[1] - 1)], [1, 1, 2 / (size[0] - 1)]])
            ),
        ),
        "counted_from_one": Misconception(
            "You count pixels from 1. OpenCV counts from 0: the centre of the first pixel is (0, 0).",
            lambda matrix, size: _by_fit(matrix, size, first=1.0),
        ),
    },
)
