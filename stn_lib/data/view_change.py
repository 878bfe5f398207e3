"""The changes of chapter 1: a digit is translated, rotated, scaled, tilted away from the viewer, and shaded."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib.grid import projective_grid

#: Distance of the viewer from the centre of a tilted image, in sides of the image.
DISTANCE = 3.0

#: Chapter 1's range of each change: the value without effect, the two ends, and a visible step.
RANGES = {
    "right": (0.0, -12.0, 12.0, 1.0),
    "down": (0.0, -12.0, 12.0, 1.0),
    "rotation": (0.0, -180.0, 180.0, 10.0),
    "size": (1.0, 0.4, 1.6, 0.05),
    "tilt": (0.0, -65.0, 65.0, 5.0),
    "shadow": (0.0, 0.0, 1.0, 0.05),
}


def view_change(
    images: Tensor,
    *,
    right: float = 0.0,
    down: float = 0.0,
    rotation: float = 0.0,
    size: float = 1.0,
    tilt: float = 0.0,
    shadow: float = 0.0,
    out_size: tuple[int, int] = (40, 40),
) -> Tensor:
    """Images on a larger background, changed four times in space and once in light.

    Convention:
        In this order: scaled, rotated, tilted, translated, all about the image's centre; then shaded. A positive
        rotation is counter-clockwise on the screen, as in the whole book. The shadow covers the background as well: a
        value of 1 is black foreground and 0 white background here, so light that decreases to 1 - shadow at the right
        edge changes a pixel v to 1 - light (1 - v). No warp can do that.

    Args:
        images: (N, C, H, W), floating, from 0 (background) to 1 (foreground).
        right, down: translation of the centre in pixels; whole pixels need no interpolation.
        rotation: degrees, counter-clockwise on the screen.
        size: scale relative to the original, pixel for pixel.
        tilt: degrees about the vertical axis, the right side away from the viewer, who is `DISTANCE` sides away.
        shadow: fraction of the light that is missing at the right edge, 0 to 1; none is missing at the left edge.
        out_size: (H, W) of the result.

    Returns:
        (N, C, *out_size).

    Raises:
        ValueError: for a size of 0 or less, a tilt of 90 degrees or more, a shadow outside 0 to 1, a horizon in the image.

    Example:
        >>> dot = torch.zeros(1, 1, 4, 4)
        >>> dot[..., 0, 0] = 1
        >>> view_change(dot, right=1, out_size=(4, 4))[0, 0, 0].tolist()
        [0.0, 1.0, 0.0, 0.0]

    Source: the perspective of a pinhole camera.
    Chapter: 1
    """
    if not size > 0 or not abs(tilt) < 90 or not 0 <= shadow <= 1:
        raise ValueError(
            f"expected size > 0, tilt within 90 degrees and shadow from 0 to 1, got {size}, {tilt}, {shadow}"
        )
    theta = change_theta(tuple(images.shape[-2:]), out_size, right, down, rotation, size, tilt)
    theta = theta.to(device=images.device).expand(len(images), 3, 3)
    grid = projective_grid(theta, (len(images), images.shape[1], *out_size)).to(images.dtype)
    moved = F.grid_sample(images, grid, align_corners=False)
    if not shadow:
        return moved
    column = (torch.arange(out_size[1], device=images.device, dtype=images.dtype) + 0.5) / out_size[1]
    return 1 - (1 - shadow * column) * (1 - moved)


def change_theta(
    in_size: tuple[int, int],
    out_size: tuple[int, int],
    right: float = 0.0,
    down: float = 0.0,
    rotation: float = 0.0,
    size: float = 1.0,
    tilt: float = 0.0,
) -> Tensor:
    """The projective theta (1, 3, 3), normalised, output to input, of the spatial part of `view_change`.

    Chapter: 1
    """
    # A point u to the right of the centre of a plane tilted by t has depth u sin t; the camera at distance d sees it at
    # x = d u cos t / (d + u sin t). Solved for u, and likewise for v, this is the matrix `perspective`.
    t, phi, d = math.radians(tilt), math.radians(rotation), DISTANCE * max(in_size)
    move = torch.tensor([[1, 0, -right], [0, 1, -down], [0, 0, 1]], dtype=torch.float64)
    perspective = torch.tensor([[1 / math.cos(t), 0, 0], [0, 1, 0], [-math.tan(t) / d, 0, 1]], dtype=torch.float64)
    c, s = math.cos(phi) / size, math.sin(phi) / size
    # y points down: this matrix rotates the source points clockwise, so the content rotates counter-clockwise.
    rotate = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=torch.float64)
    to_pixels = torch.diag(torch.tensor([out_size[1] / 2, out_size[0] / 2, 1.0], dtype=torch.float64))
    to_normalised = torch.diag(torch.tensor([2 / in_size[1], 2 / in_size[0], 1.0], dtype=torch.float64))
    return (to_normalised @ rotate @ perspective @ move @ to_pixels)[None]
