"""The checks of chapter 3: rotation, composition, inverse, decomposition, the horizon, the thin plate spline.

In a notebook: ``from stn_lib.exercises import affine as check``, then ``check.rotation(my_rotation)``.
"""

from collections.abc import Callable
from typing import Any

from stn_lib.exercises import matrices, splines
from stn_lib.exercises.frame import run
from stn_lib.exercises.report import Result


def rotation(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `rotation(angle)`: the theta that turns the content counter-clockwise on the screen.

    Convention: [[cos, −sin, 0], [sin, cos, 0]], as `stn_lib.transforms.rotation`.

    Args:
        function: The learner's; takes radians, returns a float64 theta (2, 3).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> import torch
        >>> def clockwise(angle):
        ...     angle = torch.tensor(angle, dtype=torch.float64)
        ...     c, s, o = angle.cos(), angle.sin(), 0 * angle
        ...     return torch.stack([c, s, o, -s, c, o]).view(2, 3)
        >>> rotation(clockwise).misconception
        'other_way'

    Chapter: 3
    """
    return run(matrices.ROTATION, function, seed)


def compose(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `compose(outer, inner)`: the theta that applies `inner` to a point first, then `outer`.

    Convention: as `stn_lib.transforms.compose`.

    Args:
        function: The learner's; takes two float64 theta (2, 3), returns one.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> compose(lambda outer, inner: outer[:, :2] @ inner).misconception
        'outer_shift_lost'

    Chapter: 3
    """
    return run(matrices.COMPOSE, function, seed)


def invert(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `invert(theta)`: the theta that undoes theta.

    Convention: as `stn_lib.transforms.invert`.

    Args:
        function: The learner's; takes a float64 theta (2, 3), returns one.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> invert(lambda theta: -theta).misconception
        'number_by_number'

    Chapter: 3
    """
    return run(matrices.INVERT, function, seed)


def decompose(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `decompose(theta)`: angle, shear, x scale and y scale of rotation · shear · scaling.

    Convention: scaling acts first; the x scale is positive, the y scale has the determinant's sign; as
    `stn_lib.transforms.decompose`.

    Args:
        function: The learner's; takes a float64 theta (2, 3), returns four numbers.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> decompose(lambda theta: (0.0, 0.0, 1.0, 1.0)).passed
        False

    Chapter: 3
    """
    return run(matrices.DECOMPOSE, function, seed)


def smallest_w(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `smallest_w(theta)`: the smallest w of a projective theta over the square from −1 to 1.

    Convention: w = g x + h y + i with the third row (g, h, i), i positive; the horizon, w = 0, is outside the square if
    the smallest w is positive.

    Args:
        function: The learner's; takes a float64 theta (3, 3), returns a number.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> smallest_w(lambda theta: theta[2].sum()).misconception
        'one_corner'

    Chapter: 3
    """
    return run(matrices.SMALLEST_W, function, seed)


def thin_plate(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `thin_plate(point, controls, sources)`: where a thin plate spline reads a point.

    Convention: as `stn_lib.transforms.tps_weights`, without regularisation.

    Args:
        function: The learner's; takes float64 tensors (2,), (K, 2) and (K, 2), returns two numbers.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> thin_plate(lambda point, controls, sources: point).passed
        False

    Chapter: 3
    """
    return run(splines.THIN_PLATE, function, seed)
