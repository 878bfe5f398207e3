"""The checks of chapter 6: the module assembled, a window that stays inside, a gradient through the sampler by hand.

In a notebook: ``from stn_lib.exercises import module as check``, then ``check.spatial_transformer(mine)``.
"""

from collections.abc import Callable
from typing import Any

from stn_lib.exercises import assembly
from stn_lib.exercises.frame import run
from stn_lib.exercises.report import Result


def spatial_transformer(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `spatial_transformer(images, answer, out_size)`: from the localisation network's answer to V.

    Convention: as `stn_lib.spatial_transformer.SpatialTransformer`: six numbers row by row, zeros outside,
    ``align_corners=False``.

    Args:
        function: The learner's; takes float64 pictures (N, C, H, W), answers (N, 6) and (H', W'), returns (N, C, H', W').
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> spatial_transformer(lambda images, answer, out_size: images).passed
        False

    Source: Jaderberg et al. 2015, section 3.
    Chapter: 6
    """
    return run(assembly.MODULE, function, seed)


def bounded_window(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `bounded_window(raw)`: a theta that only zooms and moves, and never leaves the picture.

    Convention: from (a, b, c): s = ½ + ½ σ(a), t_x = (1 − s) tanh(b), t_y = (1 − s) tanh(c).

    Args:
        function: The learner's; takes float64 numbers (3,), returns theta (2, 3).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> import torch
        >>> bounded_window(lambda raw: torch.eye(2, 3).double()).misconception

    Chapter: 6
    """
    return run(assembly.WINDOW, function, seed)


def shift_gradient(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `shift_gradient(moving, fixed, t)`: the slope, along t, of the mean squared difference.

    Convention: V_k is `moving` read at k + t, linearly, with zeros outside; the loss is the mean of (V_k − fixed_k)².

    Args:
        function: The learner's; takes two float64 signals (n,) and a number that is not whole, returns a number.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> shift_gradient(lambda moving, fixed, t: 0.0).passed
        False

    Chapter: 6
    """
    return run(assembly.SHIFT_GRADIENT, function, seed)
