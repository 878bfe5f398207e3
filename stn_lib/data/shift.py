"""Shift images by whole pixels, without interpolation."""

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib import _validate

FILLS = ("zeros", "circular")


def shift(images: Tensor, dx: int, dy: int = 0, fill: str = "zeros") -> Tensor:
    """Shift images by whole pixels.

    Convention:
        The content moves to the right by `dx` and down by `dy`: pixel (x, y) of the result is pixel (x - dx, y - dy) of
        the image.

    Args:
        images: (..., H, W).
        dx, dy: whole pixels; negative to the left and up.
        fill: what enters: ``"zeros"``, or ``"circular"``, the pixels that leave at the opposite side.

    Returns:
        As `images`.

    Raises:
        TypeError: for a shift that is not a whole number.
        ValueError: for an unknown `fill`.

    Example:
        >>> shift(torch.tensor([[1, 2, 3]]), 1).tolist(), shift(torch.tensor([[1, 2, 3]]), 1, fill="circular").tolist()
        ([[0, 1, 2]], [[3, 1, 2]])

    Chapter: 1
    """
    _validate.one_of("fill", fill, FILLS)
    if int(dx) != dx or int(dy) != dy:
        raise TypeError(f"expected whole pixels, got dx={dx}, dy={dy}: for parts of a pixel use stn_lib.sampling")
    dx, dy = int(dx), int(dy)
    if fill == "circular":
        return torch.roll(images, (dy, dx), dims=(-2, -1))
    height, width = images.shape[-2:]
    dx, dy = max(-width, min(width, dx)), max(-height, min(height, dy))
    # A negative pad crops: one call crops one side and pads the other.
    return F.pad(images, (dx, -dx, dy, -dy))
