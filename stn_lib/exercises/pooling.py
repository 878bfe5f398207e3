"""The checks of chapter 2: blur kernels, blur pooling, and the choice of APS.

In a notebook: ``from stn_lib.exercises import pooling as check``, then ``check.blur_pool(my_blur_pool)``.
"""

from collections.abc import Callable
from typing import Any

from stn_lib.exercises import blurs
from stn_lib.exercises.frame import run
from stn_lib.exercises.report import Result


def blur_kernel(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `blur_kernel(taps)`: the weights of a blur in two dimensions.

    Convention: the weight in row i, column j is the product of taps i and j; all weights add up to 1.

    Args:
        function: The learner's; takes float64 taps (K,), not all symmetric, returns (K, K).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> blur_kernel(lambda taps: taps[:, None] * taps).misconception
        'not_normalised'

    Source: Zhang, ICML 2019.
    Chapter: 2
    """
    return run(blurs.KERNEL, function, seed)


def blur_pool(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `blur_pool(image, taps, stride)`: blur, then keep every stride-th row and column.

    Convention: as `stn_lib.pooling.BlurPool2d`: mirrored at the edges, the first pixel is kept.

    Args:
        function: The learner's; takes a float64 picture (H, W), taps (K,) and an integer, returns the smaller picture.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> blur_pool(lambda image, taps, stride: image[::stride, ::stride]).misconception
        'blur_forgotten'

    Source: Zhang, ICML 2019.
    Chapter: 2
    """
    return run(blurs.BLUR_POOL, function, seed)


def max_blur_pool(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `max_blur_pool(image, taps, stride)`: the maximum over every window of 2 × 2, then :func:`blur_pool`.

    Convention: as `stn_lib.pooling.MaxBlurPool2d`: only whole windows, so the dense maximum is (H − 1, W − 1).

    Args:
        function: The learner's; as for :func:`blur_pool`.
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> max_blur_pool(lambda image, taps, stride: image).passed
        False

    Source: Zhang, ICML 2019.
    Chapter: 2
    """
    return run(blurs.MAX_BLUR_POOL, function, seed)


def polyphase(function: Callable[..., Any], *, seed: int = 0) -> Result:
    """Check `polyphase(image)`: of the four ways to keep every second row and column, the one with the largest norm.

    Args:
        function: The learner's; takes a float64 picture (H, W) of even sides, returns (H / 2, W / 2).
        seed: Of the random cases.

    Returns:
        The result, which shows itself.

    Example:
        >>> polyphase(lambda image: image[::2, ::2]).misconception
        'always_first'

    Source: Chaman and Dokmanić, CVPR 2021.
    Chapter: 2
    """
    return run(blurs.POLYPHASE, function, seed)
