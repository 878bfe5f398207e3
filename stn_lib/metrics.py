"""Numbers that say how good a network is, how far to trust them, and how a picture stands."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from stn_lib.transforms import invert


def error_interval(errors: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval for an error rate: which true rates fit `errors` mistakes in `n` trials.

    Convention:
        In per cent, as the paper's tables. It stays within [0, 100] and works at 0 errors, where the usual
        p ± z·sqrt(p(1-p)/n) claims certainty. It takes the trials for independent.

    Args:
        errors: number of wrong answers, 0 <= errors <= n.
        n: number of answers.
        z: how many standard deviations; the default gives 95 %.

    Returns:
        (low, high) in per cent.

    Raises:
        ValueError: for counts that cannot be.

    Example:
        >>> low, high = error_interval(70, 10_000)  # the paper's 0.7 % on MNIST's test set
        >>> f"{low:.2f} to {high:.2f} %"
        '0.55 to 0.88 %'

    Source: Wilson, JASA 22(158), 1927.
    Chapter: 7
    """
    if n < 1 or not 0 <= errors <= n:
        raise ValueError(f"expected n >= 1 and 0 <= errors <= n, got errors={errors}, n={n}")
    rate = errors / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


class Pose(NamedTuple):
    """How pictures stand in their frames; see `pose`."""

    place: Tensor
    size: Tensor
    turn: Tensor


def pose(theta: Tensor) -> Pose:
    """How a picture stands in a frame that reads it through theta: where, how large, how turned.

    Convention:
        theta maps the frame to the picture (output to input), so the pose is that of its inverse. Stretch and
        shear are left out: `size` is the side of a square of the same area, `turn` that of the nearest rotation.

    Args:
        theta: (N, 2, 3), normalised, invertible.

    Returns:
        A `Pose`: `place` (N, 2), the picture's centre (x, y) in the frame's units of -1 to 1; `size` (N,), the share
        of the frame's side that the picture fills; `turn` (N,), degrees
        counter-clockwise on the screen, as in `stn_lib.data.distort`.

    Raises:
        ValueError: theta of another shape, or one that cannot be inverted.

    Example:
        >>> in_the_upper_right_quarter = torch.tensor([[[2.0, 0.0, -1.0], [0.0, 2.0, 1.0]]])
        >>> place, size, turn = pose(in_the_upper_right_quarter)
        >>> place.tolist(), size.tolist(), turn.tolist()
        ([[0.5, -0.5]], [0.5], [0.0])

    Chapter: 7
    """
    place = invert(theta)[:, :, 2]
    a, b, c, d = theta[:, 0, 0], theta[:, 0, 1], theta[:, 1, 0], theta[:, 1, 1]
    size = (a * d - b * c).abs().rsqrt()
    return Pose(place, size, torch.rad2deg(torch.atan2(c - b, a + d)))
