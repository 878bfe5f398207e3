"""The checks of chapter 6: the module assembled, a bounded window, a gradient by hand, start, outside, basin, two windows.

In a notebook: ``from stn_lib.exercises import module as check``, then ``check.spatial_transformer(mine)``.
"""

from collections.abc import Callable
from typing import Any

from stn_lib.exercises import assembly, cures
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


def start(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `start(weight, bias)`: the last layer of a localisation network, made to answer the identity.

    Convention: the layer answers features @ weightᵀ + bias, six numbers that are theta row by row.

    Args:
        function: The learner's; takes a weight (6, F) and a bias (6,), float64, and writes into them, or returns new ones.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> start(lambda weight, bias: (0 * weight, 0 * bias)).misconception
        'all_zero'

    Source: Jaderberg et al. 2015, appendix A.
    Chapter: 6
    """
    return run(cures.START, cures.answering(function) if callable(function) else function, seed)


def read_on_background(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `read_on_background(images, grid, background)`: a bilinear sampler with `background` all round the picture.

    Convention: as torch's grid_sample with zeros outside, ``align_corners=False``, but that the outside is `background`.

    Args:
        function: The learner's; takes float64 pictures (N, 1, H, W), a grid (N, H', W', 2) and a number, returns
            pictures (N, 1, H', W').
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> import torch
        >>> read_on_background(lambda images, grid, b: torch.nn.functional.grid_sample(
        ...     images, grid, align_corners=False)).misconception
        'frame_of_zeros'

    Chapter: 6
    """
    return run(cures.OUTSIDE, function, seed)


def basin(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `basin(offsets, slopes)`: from how far away descent comes home.

    Convention: the slope is that of the loss along the offset from the goal; no offset is 0. The basin is the largest
    distance such that from every offset up to it, on both sides, a step of descent leads towards the goal.

    Args:
        function: The learner's; takes float64 offsets (K,) and slopes (K,), returns a number.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> basin(lambda offsets, slopes: offsets[slopes * offsets > 0].abs().max()).misconception
        'island'

    Chapter: 6
    """
    return run(cures.BASIN, function, seed)


def two_transformers(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `two_transformers(images, first, second, out_size)`: two windows of one picture, as two channels.

    Convention: as `spatial_transformer`, but that theta is given.

    Args:
        function: The learner's; takes float64 pictures (N, 1, H, W), two theta (N, 2, 3) and (H', W'), returns
            (N, 2, H', W').
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> two_transformers(lambda images, first, second, out_size: images).passed
        False

    Chapter: 6
    """
    return run(cures.TWO, function, seed)
