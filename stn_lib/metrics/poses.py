"""Where a transformer looks: the pose of its window, and whether it answers to the image at all."""

from typing import NamedTuple

import torch
from torch import Tensor

from stn_lib import _validate
from stn_lib.transforms import invert


class Pose(NamedTuple):
    """Position, size and rotation of images in their frames; see `pose`."""

    center: Tensor
    size: Tensor
    rotation: Tensor


def pose(theta: Tensor) -> Pose:
    """Position, size and rotation of an image in a frame that samples it at theta.

    Convention:
        theta maps the frame to the image (output to input), so the pose is that of its inverse. Stretch and shear
        are left out: `size` is the side of a square of the same area, `rotation` that of the nearest rotation matrix.
        Image and frame are square; otherwise normalised coordinates distort the angle.

    Args:
        theta: (N, 2, 3), normalised, invertible.

    Returns:
        A `Pose`: `center` (N, 2), the image's centre (x, y) in the frame's normalised coordinates; `size` (N,), the
        share of the frame's side that the image fills; `rotation` (N,), in degrees counter-clockwise on the screen, as
        in `stn_lib.data.distort`.

    Raises:
        ValueError: theta of another shape, or one that cannot be inverted.

    Example:
        >>> in_the_upper_right_quarter = torch.tensor([[[2.0, 0.0, -1.0], [0.0, 2.0, 1.0]]])
        >>> center, size, rotation = pose(in_the_upper_right_quarter)
        >>> center.tolist(), size.tolist(), rotation.tolist()
        ([[0.5, -0.5]], [0.5], [0.0])

    Chapter: 7
    """
    _validate.theta(theta)  # a homography could be inverted as well, but has no single size and rotation
    center = invert(theta)[:, :, 2]
    a, b, c, d = theta[:, 0, 0], theta[:, 0, 1], theta[:, 1, 0], theta[:, 1, 1]
    size = (a * d - b * c).abs().rsqrt()
    return Pose(center, size, torch.rad2deg(torch.atan2(c - b, a + d)))


def is_dead(theta: Tensor, tolerance: float = 1e-4) -> bool:
    """Return whether a transformer is dead: whether its theta is the same for every image.

    It tests theta, not the cause. A usual cause is that no gradient reaches the weights before the last layer.

    Args:
        theta: (N, …), of at least two different images, as `SpatialTransformer.theta` returns it.
        tolerance: the largest standard deviation of a parameter that is taken for rounding.

    Raises:
        ValueError: for fewer than two.

    Example:
        >>> is_dead(torch.eye(2, 3).expand(5, 2, 3)), is_dead(torch.rand(5, 2, 3))
        (True, False)

    Chapter: 7
    """
    if theta.ndim < 2 or theta.shape[0] < 2:
        raise ValueError(f"expected theta of at least two images, got {_validate.shape_of(theta)}")
    return bool((theta.detach().double().flatten(1).std(0) <= tolerance).all())
