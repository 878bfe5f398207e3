"""Small helpers for theta, which several exercises of the chapter use.

Convention: theta is float64 (2, 3); it maps OUTPUT to INPUT, row-major on (x, y, 1), in normalised coordinates; y points
down; angles are in radians.
"""

import torch
from torch import Tensor

from stn_lib.exercises.framework import random_integer


def join(linear: Tensor, shift: Tensor | None = None) -> Tensor:
    """Append the shift, by default 0, to a matrix (2, 2)."""
    shift = torch.zeros(2, dtype=torch.float64) if shift is None else shift
    return torch.cat([linear, shift[:, None]], dim=1)


def square(theta: Tensor) -> Tensor:
    """Append the row 0 0 1."""
    return torch.cat([theta, torch.tensor([[0.0, 0.0, 1.0]], dtype=theta.dtype)])


def random_tenth(generator: torch.Generator, low: int, high: int) -> float:
    """Draw a number with one decimal, never 0, so that it is easy to follow by hand."""
    return (random_integer(generator, low, high) or high) / 10


def random_theta(generator: torch.Generator) -> Tensor:
    """Draw a theta that is not a rotation: no entry is 0, the determinant is neither 0 nor ±1."""
    while True:
        theta = torch.tensor(
            [[random_tenth(generator, -15, 15) for _ in range(3)] for _ in range(2)], dtype=torch.float64
        )
        area = torch.linalg.det(theta[:, :2]).item()
        if abs(area) > 0.3 and abs(abs(area) - 1) > 0.1 and abs(theta[0, 0] - theta[1, 1]) > 0.15:
            return theta
