"""The checks of chapter 4: base grid, units and pixels, rotation and shift of pixels, the pencil, a hidden slip.

In a notebook: ``from stn_lib.exercises import grid as check``, then ``check.base_grid(my_base_grid)``.
"""

from collections.abc import Callable
from typing import Any

from stn_lib.exercises import lattices, units
from stn_lib.exercises.frame import run
from stn_lib.exercises.report import Result


def base_grid(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `base_grid(size, align_corners)`: where the pixel centres lie, in units from −1 to 1.

    Convention: as `stn_lib.coordinates.base_grid`.

    Args:
        function: The learner's; takes (H, W) and a bool, returns a float64 grid (H, W, 2) of (x, y).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> from stn_lib.coordinates import base_grid as ours
        >>> import torch
        >>> base_grid(lambda size, align_corners: ours(size, False, dtype=torch.float64)).misconception
        'always_edges'

    Chapter: 4
    """
    return run(lattices.BASE_GRID, function, seed)


def to_pixel(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `to_pixel(points, size, align_corners)`: from units to pixels counted from 0.

    Convention: as `stn_lib.coordinates.normalized_to_pixel`.

    Args:
        function: The learner's; takes float64 points (K, 2) as (x, y), (H, W) and a bool, returns points (K, 2).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> from stn_lib.coordinates import normalized_to_pixel
        >>> to_pixel(lambda points, size, align: normalized_to_pixel(points, size, align).round()).misconception
        'rounded'

    Chapter: 4
    """
    return run(lattices.TO_PIXEL, function, seed)


def pixel_rotation(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `pixel_rotation(angle, size)`: the theta that turns a picture (H, W) about its centre without shearing it.

    Convention: theta maps output to input in units from −1 to 1, counter-clockwise on the screen, both pictures of the
    same size, ``align_corners=False``.

    Args:
        function: The learner's; takes radians and (H, W), returns a float64 theta (2, 3).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> from stn_lib.transforms import rotation
        >>> pixel_rotation(lambda angle, size: rotation(angle).double()[0]).misconception
        'shears'

    Chapter: 4
    """
    return run(lattices.PIXEL_ROTATION, function, seed)


def pixel_shift(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `pixel_shift(shift, size)`: the theta that moves the content by whole pixels.

    Convention: the shift is (right, down) in pixels, both pictures have the size (H, W), ``align_corners=False``.

    Args:
        function: The learner's; takes (right, down) and (H, W), returns a float64 theta (2, 3).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> import torch
        >>> pixel_shift(lambda s, size: torch.tensor([[1.0, 0, -s[0]], [0, 1, -s[1]]]).double()).misconception
        'pixels_as_units'

    Chapter: 4
    """
    return run(units.PIXEL_SHIFT, function, seed)


def from_pencil(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `from_pencil(matrix, size)`: a matrix of pixels counted from 1, as a theta in units.

    Convention: the matrix maps an output pixel (x, y) to an input pixel, both counted from 1 at the centre of the first;
    the theta is for ``align_corners=False``, both pictures of the size (H, W).

    Args:
        function: The learner's; takes a float64 matrix (2, 3) and (H, W), returns a float64 theta (2, 3).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> from_pencil(lambda matrix, size: matrix).misconception
        'matrix_as_it_is'

    Chapter: 4
    """
    return run(units.PENCIL, function, seed)


def repaired(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `repaired(picture, theta)`: a warp of a picture that is not square, whatever theta is.

    Convention: as torch's affine_grid and grid_sample, bilinear, zeros outside, ``align_corners=False``; the output has
    the size of the picture.

    Args:
        function: The learner's; takes a float64 picture (H, W) and theta (2, 3), returns a picture (H, W).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> repaired(lambda picture, theta: picture).passed
        False

    Chapter: 4
    """
    return run(units.WARP, function, seed)
