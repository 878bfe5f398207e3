"""The checks of chapter 5: reading between the pixels.

In a notebook: ``from stn_lib.exercises import sampling as check``, then ``check.bilinear(my_bilinear)``.
"""

from collections.abc import Callable
from typing import Any

from stn_lib.exercises import pictures, points
from stn_lib.exercises.frame import run
from stn_lib.exercises.report import Result


def bilinear(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `bilinear(image, x, y)`: the value between four pixels.

    Convention: 0-based pixel coordinates, centres at integers; outside reads 0.

    Args:
        function: The learner's; takes a float64 picture (H, W) and the floats x and y, returns a number.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> bilinear(lambda image, x, y: 0.0).passed
        False

    Source: the paper, equation 5.
    Chapter: 5
    """
    return run(points.BILINEAR, function, seed)


def bilinear_gradient(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `bilinear_gradient(image, x, y)`: the slopes (∂V/∂x, ∂V/∂y) of the bilinear value.

    Convention: as for :func:`bilinear`; on a lattice point the slope to the right and below, as torch's.

    Args:
        function: The learner's; takes a float64 picture (H, W) and the floats x and y, returns two numbers.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> bilinear_gradient(lambda image, x, y: (0.0, 0.0)).misconception
        'zero'

    Source: the paper, equation 7, with its slip put right.
    Chapter: 5
    """
    return run(points.GRADIENT, function, seed)


def nearest(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `nearest(image, x, y)`: the value of the nearest pixel.

    Convention: as for :func:`bilinear`; halves go to the even neighbour, as torch's.

    Args:
        function: The learner's; takes a float64 picture (H, W) and the floats x and y, returns a number.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> nearest(lambda image, x, y: ...)
        Exercise 5.3 waits for you. Replace the line `raise NotImplementedError` with your own code, \
then run the cell again.

    Source: the paper, equation 4, with torch's rounding.
    Chapter: 5
    """
    return run(points.NEAREST, function, seed)


def warp(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `warp(image, theta, out_size, align_corners=False)`: the whole of an affine transformer.

    Convention: theta maps normalised OUTPUT coordinates (x, y, 1) to INPUT ones; sizes are (H, W); bilinear;
    outside reads 0.

    Args:
        function: The learner's; takes a float64 picture (H, W), theta (2, 3), the size (H, W) of the output,
            and `align_corners` by keyword; returns the output picture.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> warp(lambda image, theta, out_size, align_corners=False: image.new_zeros(out_size)).passed
        False

    Source: the paper, equations 1 and 5.
    Chapter: 5
    """
    return run(pictures.WARP, function, seed)


def shrink(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `shrink(image, factor)`: a smaller picture without aliasing, the mean of each block.

    Convention: sides are multiples of the factor; output pixel (i, j) is the mean of the factor × factor
    block that begins at row i·factor, column j·factor.

    Args:
        function: The learner's; takes a float64 picture (H, W) and an integer, returns the smaller picture.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> shrink(lambda image, factor: image[::factor, ::factor]).misconception
        'strided'

    Chapter: 5
    """
    return run(pictures.SHRINK, function, seed)
