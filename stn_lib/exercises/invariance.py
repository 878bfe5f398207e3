"""The checks of chapter 1: shifting, equivariance, accuracy and consistency under a change.

In a notebook: ``from stn_lib.exercises import invariance as check``, then ``check.shift(my_shift)``.
"""

from collections.abc import Callable
from typing import Any

from stn_lib.exercises import answers, moves
from stn_lib.exercises.frame import run
from stn_lib.exercises.report import Result


def shift(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `shift(image, dx, dy)`: a picture moved by whole pixels, zeros coming in.

    Convention: positive dx moves the content to the right, positive dy down.

    Args:
        function: The learner's; takes a float64 picture (H, W) and two integers, returns a picture of that size.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> shift(lambda image, dx, dy: image.roll((dy, dx), (0, 1))).misconception
        'wraps_round'

    Chapter: 1
    """
    return run(moves.SHIFT, function, seed)


def equivariance_error(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `equivariance_error(f, image, dx, dy, margin)`: the largest |f(Tx) − T f(x)| inside.

    Convention: T is the shift of :func:`shift`; pixels less than `margin` from an edge do not count.

    Args:
        function: The learner's; takes f, which maps (H, W) to (H, W), a float64 picture, the shift and the margin;
            returns a number.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> equivariance_error(lambda f, image, dx, dy, margin: 0.0).passed
        False

    Chapter: 1
    """
    return run(moves.EQUIVARIANCE, function, seed)


def accuracy_under(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `accuracy_under(model, images, labels, change)`: the share of changed pictures that are read right.

    Args:
        function: The learner's; takes a network (N, 1, H, W) to (N, classes), pictures, labels (N,) and a change of
            pictures; returns a number from 0 to 1.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> accuracy_under(lambda model, x, labels, change: (model(x).argmax(1) == labels).double().mean()).misconception
        'change_forgotten'

    Chapter: 1
    """
    return run(answers.ACCURACY, function, seed)


def consistency(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `consistency(model, images, labels, change)`: the share of pictures whose class the change leaves.

    Args:
        function: The learner's; as for :func:`accuracy_under`.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> consistency(lambda model, x, labels, change: (model(change(x)).argmax(1) == labels).double().mean()).misconception
        'compares_with_label'

    Source: Zhang, ICML 2019, section 4 (there for two shifts).
    Chapter: 1
    """
    return run(answers.CONSISTENCY, function, seed)
