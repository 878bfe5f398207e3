"""Moving pictures by whole pixels: no interpolation, so nothing but the place changes."""

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib import _validate

FILLS = ("zeros", "circular")


def shift(images: Tensor, dx: int, dy: int = 0, fill: str = "zeros") -> Tensor:
    """The pictures, moved by whole pixels.

    Convention:
        The content moves to the right by `dx` and down by `dy`: pixel (x, y) of the answer is pixel (x - dx, y - dy) of
        the picture.

    Args:
        images: (..., H, W).
        dx, dy: whole pixels; negative to the left and up.
        fill: what comes in: ``"zeros"``, or with ``"circular"`` what went out at the other side.

    Returns:
        As `images`.

    Raises:
        TypeError: a shift that is no whole number.
        ValueError: an unknown `fill`.

    Example:
        >>> shift(torch.tensor([[1, 2, 3]]), 1).tolist(), shift(torch.tensor([[1, 2, 3]]), 1, fill="circular").tolist()
        ([[0, 1, 2]], [[3, 1, 2]])

    Chapter: 1
    """
    _validate.one_of("fill", fill, FILLS)
    if int(dx) != dx or int(dy) != dy:
        raise TypeError(f"expected whole pixels, got dx={dx}, dy={dy}: parts of a pixel need stn_lib.sampling")
    dx, dy = int(dx), int(dy)
    if fill == "circular":
        return torch.roll(images, (dy, dx), dims=(-2, -1))
    height, width = images.shape[-2:]
    dx, dy = max(-width, min(width, dx)), max(-height, min(height, dy))
    # A negative pad crops: one call takes away on one side and fills on the other.
    return F.pad(images, (dx, -dx, dy, -dy))
