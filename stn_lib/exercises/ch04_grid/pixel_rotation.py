"""Check `pixel_rotation(angle, size)`: the theta that rotates an image about its centre without shearing it.

Convention: theta maps output to input in normalised coordinates, counter-clockwise on the screen, both images of the
same size, ``align_corners=False``.

Args: angle: a number, in radians, also negative; size: (H, W).
Returns: theta, of shape (2, 3).

Example:
    >>> from stn_lib.transforms import rotation
    >>> pixel_rotation(lambda angle, size: rotation(angle).double()[0]).misconception
    'shears'
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        height, width = random_size(generator, 8, 40)
        angle = random_integer(generator, 2, 14) / 10 * (-1) ** k
        cases.append(Case({"angle": angle, "size": (height, 2 * width + height % 2)}))
    return cases


def _rotated(angle: float, size: tuple[int, int], *, upper: float = 1.0, lower: float = -1.0) -> Tensor:
    """A rotation whose sines are multiplied by powers of H / W: `upper` at the upper right, `lower` at the lower left."""
    ratio = size[0] / size[1]
    cos, sin = math.cos(angle), math.sin(angle)
    rows = [[cos, -sin * ratio**upper, 0.0], [sin * ratio**lower, cos, 0.0]]
    return torch.tensor(rows, dtype=torch.float64)


def _rotated_in_pixels(angle: float, size: tuple[int, int]) -> Tensor:
    """To pixels, rotated there by torch's matrix exponential, and back."""
    scale = torch.diag(torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64))
    rotation = torch.linalg.matrix_exp(torch.tensor([[0.0, -angle], [angle, 0.0]], dtype=torch.float64))
    linear = torch.linalg.inv(scale) @ rotation @ scale
    return torch.cat([linear, torch.zeros(2, 1, dtype=torch.float64)], dim=1)


def _about_the_first_pixel(angle: float, size: tuple[int, int]) -> Tensor:
    theta = _rotated_in_pixels(angle, size)
    first = torch.tensor([1 / size[1] - 1, 1 / size[0] - 1], dtype=torch.float64)
    theta[:, 2] = first - theta[:, :2] @ first
    return theta


def _shifted(angle: float, size: tuple[int, int], x: float, y: float) -> Tensor:
    theta = _rotated_in_pixels(angle, size)
    theta[:, 2] = torch.tensor([x, y])
    return theta


def _about_the_corner(angle: float, size: tuple[int, int]) -> Tensor:
    theta = _rotated_in_pixels(angle, size)
    corner = torch.tensor([-1.0, -1.0], dtype=torch.float64)
    theta[:, 2] = corner - theta[:, :2] @ corner
    return theta


#: Whether the change back is the one that is made, and how long a side is in normalised coordinates in the learner's formula.
_CHANGES = [(back, unit) for back in (True, False) for unit in (2.0, 1.0)]


def _one_change(angle: float, size: tuple[int, int], back: bool, unit: float) -> Tensor:
    """A rotation followed by the change back to normalised coordinates, or the change to pixels followed by a rotation."""
    scale = torch.diag(torch.tensor([size[1] / unit, size[0] / unit], dtype=torch.float64))
    theta = _rotated(angle, size, upper=0, lower=0)
    linear = torch.linalg.inv(scale) @ theta[:, :2] if back else theta[:, :2] @ scale
    return torch.cat([linear, theta[:, 2:]], dim=1)


def _with(**options: Any) -> Callable[[float, tuple[int, int]], Tensor]:
    return lambda angle, size: _rotated(angle, size, **options)


pixel_rotation = exercise(
    __name__,
    number="4.3",
    cases=_cases,
    oracle=_rotated_in_pixels,
    oracle_name="a rotation in pixels, by torch's matrix exponential",
    misconceptions={
        "shears": Misconception(
            "You rotate in normalised coordinates. One unit is more pixels along the longer side, so that shears the image.",
            _with(upper=0, lower=0),
            lambda angle, size: _rotated(-angle, size, upper=0, lower=0),
        ),
        "degrees": Misconception(
            "You convert the angle from degrees. It is in radians already: pass it to `cos` and `sin` as it is.",
            lambda angle, size: _rotated(math.radians(angle), size),
            lambda angle, size: _rotated(math.degrees(angle), size),
        ),
        "corners_aligned": Misconception(
            "Your ratio is (H − 1) / (W − 1), which belongs to `align_corners=True`. Here −1 and 1 are the outer edges: H / W.",
            lambda angle, size: _rotated(angle, (size[0] - 1, size[1] - 1)),
        ),
        "ratio_upside_down": Misconception(
            "The ratio is inverted. x_s takes y, in units of H / 2, and needs units of W / 2: times H / W.",
            _with(upper=-1, lower=1),
            lambda angle, size: _rotated(-angle, size, upper=-1, lower=1),
        ),
        "one_sine_only": Misconception(
            "One of the two sines is correct. Both need the ratio: H / W at the upper right, W / H at the lower left.",
            _with(lower=0),
            _with(upper=0),
            _with(upper=1, lower=1),
            _with(upper=-1, lower=-1),
        ),
        "one_change_only": Misconception(
            "You change the coordinates once, but it takes two changes: from normalised coordinates to pixels before the "
            "rotation, and back after it.",
            *(
                lambda angle, size, back=back, unit=unit: _one_change(angle, size, back, unit)
                for back, unit in _CHANGES
            ),
        ),
        "other_way": Misconception(
            "It rotates clockwise. For a counter-clockwise rotation, the minus belongs to the upper right.",
            lambda angle, size: _rotated(-angle, size),
        ),
        "about_the_first_pixel": Misconception(
            "It rotates about the first pixel or the corner, so theta has a shift. Normalised coordinates have their 0 "
            "at the centre: no shift is needed.",
            _about_the_first_pixel,
            _about_the_corner,
        ),
        "ratio_on_the_diagonal": Misconception(
            "You put the ratio on the diagonal, too. cos takes x to x and y to y, where the scales agree.",
            lambda angle, size: (
                torch.diag(torch.tensor([size[0] / size[1], size[1] / size[0]], dtype=torch.float64))
                @ _rotated(angle, size, upper=0, lower=0)
            ),
            lambda angle, size: (
                torch.diag(torch.tensor([size[0] / size[1], 1.0], dtype=torch.float64))
                @ _rotated(angle, size, upper=0, lower=0)
            ),
            lambda angle, size: (
                torch.diag(torch.tensor([1.0, size[1] / size[0]], dtype=torch.float64))
                @ _rotated(angle, size, upper=0, lower=0)
            ),
            lambda angle, size: (
                _rotated(angle, size, upper=0, lower=0)
                @ torch.diag(torch.tensor([size[1] / size[0], 1.0, 1.0], dtype=torch.float64))
            ),
        ),
        "ratio_squared": Misconception(
            "Your ratio is squared. x_s takes y, in units of H / 2, and needs units of W / 2: times H / W, once.",
            _with(upper=2, lower=-2),
        ),
        "shift_added": Misconception(
            "Your sines are correct, but you add a shift. Normalised coordinates have their 0 at the centre of the image, so "
            "a rotation about the centre has no shift.",
            lambda angle, size: _shifted(angle, size, size[1] / 2, size[0] / 2),
            lambda angle, size: _shifted(angle, size, -size[1] / 2, -size[0] / 2),
            lambda angle, size: _shifted(angle, size, (size[1] - 1) / 2, (size[0] - 1) / 2),
            lambda angle, size: _shifted(angle, size, 0.5, 0.5),
            lambda angle, size: _shifted(angle, size, 1.0, 1.0),
        ),
        "signs_alike": Misconception(
            "Both sines have the same sign, so the axes do not stay perpendicular. Only the one at the upper right is negative.",
            lambda angle, size: _rotated(angle, size) * torch.tensor([[1.0, -1.0, 1.0], [1.0, 1.0, 1.0]]),
            lambda angle, size: _rotated(angle, size) * torch.tensor([[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]]),
        ),
        "angle_sign_lost": Misconception(
            "You lose the sign of the angle. A negative angle rotates clockwise.",
            lambda angle, size: _rotated(abs(angle), size),
        ),
        "sine_and_cosine_exchanged": Misconception(
            "At angle 0 a rotation is the identity, so cos belongs on the diagonal. Exchange sine and cosine.",
            lambda angle, size: _rotated(math.pi / 2 - angle, size),
            lambda angle, size: _rotated(angle - math.pi / 2, size),
        ),
        "other_angle": Misconception(
            "You rotate by another angle, such as half of it, or one with the ratio of the sides. Use the angle as it is.",
            *(lambda angle, size, factor=factor: _rotated(factor * angle, size) for factor in (0.5, 2.0)),
            *(
                lambda angle, size, up=up: _rotated(angle * (size[0] / size[1]) ** up, size, upper=0, lower=0)
                for up in (1, -1)
            ),
        ),
        "three_rows": Misconception(
            "Your theta is correct, with the row 0 0 1 below it. Return its upper two rows.",
            lambda angle, size: torch.cat(
                [_rotated(angle, size), torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)]
            ),
        ),
    },
)
