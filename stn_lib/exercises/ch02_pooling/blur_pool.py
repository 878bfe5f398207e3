"""Check `blur_pool(image, taps, stride)`: blur, then subsample: keep every stride-th row and column.

Convention: as `stn_lib.pooling.BlurPool2d`: mirrored at the edges, the taps are not flipped, the first pixel is
kept.

Args: image: float64 (H, W); taps: float64 (K,); stride: an integer.
Returns: The smaller image, float64.

Example:
    >>> blur_pool(lambda image, taps, stride: image[::stride, ::stride]).misconception
    'blur_forgotten'

Source: Zhang, ICML 2019.
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.ch02_pooling.reference_blur import blur, normalised, outer, random_pools, repeat_and_mirror
from stn_lib.exercises.framework import Misconception, exercise


def _along(image: Tensor, taps: Tensor, stride: int, axis: int) -> Tensor:
    line = taps / taps.sum()
    before, after = (len(taps) - 1) // 2, len(taps) // 2
    sides, shape = ((before, after, 0, 0), (1, -1)) if axis == 1 else ((0, 0, before, after), (-1, 1))
    padded = F.pad(image[None, None], sides, mode="reflect")
    return F.conv2d(padded, line.view(1, 1, *shape))[0, 0, ::stride, ::stride]


def _padded(image: Tensor, taps: Tensor, stride: int, pad: Callable[[Tensor], Tensor]) -> Tensor:
    return F.conv2d(pad(image)[None, None], normalised(taps)[None, None])[0, 0, ::stride, ::stride]


def _symmetric(image: Tensor, taps: Tensor, stride: int) -> Tensor:
    return _padded(image, taps, stride, lambda x: repeat_and_mirror(x, (len(taps) - 1) // 2, len(taps) // 2))


def _half_on_both_sides(image: Tensor, taps: Tensor, stride: int) -> Tensor:
    half = len(taps) // 2
    return _padded(image, taps, stride, lambda x: F.pad(x[None], (half,) * 4, mode="reflect")[0])


blur_pool = exercise(
    __name__,
    number="2.2",
    cases=random_pools,
    oracle=blur,
    oracle_name="`conv2d` on the mirrored image",
    misconceptions={
        "zero_padding": Misconception(
            'You pad with zeros, so the values at the edges get lower. Mirror the image there (`mode="reflect"`).',
            lambda *a: blur(*a, mode="constant"),
            lambda image, taps, stride: _padded(image, taps, stride, lambda x: F.pad(x, (len(taps) // 2,) * 4)),
        ),
        "mean_of_blocks": Misconception(
            "You average over blocks. Blur with the taps at every pixel, then keep every stride-th row and column.",
            *(
                lambda image, taps, stride, up=up: F.avg_pool2d(image[None], stride, ceil_mode=up)[0]
                for up in (True, False)
            ),
        ),
        "edge_repeated": Misconception(
            'You repeat the outermost pixels at the edges. Mirror the image ABOUT them (`mode="reflect"`).',
            lambda *a: blur(*a, mode="replicate"),
        ),
        "outermost_pixel_repeated": Misconception(
            "You mirror the image but repeat its outermost pixels (`reflect` in scipy, `symmetric` in numpy). Mirror ABOUT "
            "them: `mirror` in scipy, `reflect` in numpy and torch.",
            _symmetric,
        ),
        "no_padding": Misconception(
            "You blur without padding, so the edges are lost. Mirror the image by (K − 1) // 2 pixels before and K // 2 after.",
            lambda image, taps, stride: _padded(image, taps, stride, lambda x: x),
        ),
        "wraps_round": Misconception(
            'At the edges you continue with the opposite side. Mirror the image there (`mode="reflect"`).',
            lambda *a: blur(*a, mode="circular"),
        ),
        "not_normalised": Misconception(
            "The weights do not add up to 1, so the image gets brighter. Divide the taps by their sum.",
            lambda *a: blur(*a, kernel=outer),
            lambda *a: blur(*a, kernel=lambda t: outer(t) / t.sum()),
        ),
        "blur_after_subsampling": Misconception(
            "You subsample first and blur after that. High frequencies are aliased by then: blur first, then subsample.",
            lambda image, taps, stride: blur(image[::stride, ::stride], taps, 1),
        ),
        "starts_late": Misconception(
            "You keep the wrong rows and columns: begin with the first, `[::stride]`.",
            lambda *a: blur(*a, start=1),
            lambda image, taps, stride: blur(image, taps, stride, start=stride - 1),
        ),
        "blur_forgotten": Misconception(
            "You do not blur. Blur along both axes before you keep every stride-th row and column.",
            lambda image, taps, stride: image[::stride, ::stride],
        ),
        "stride_on_one_axis": Misconception(
            "You subsample along one axis only. Keep every stride-th row AND every stride-th column.",
            lambda image, taps, stride: blur(image, taps, 1)[::stride],
            lambda image, taps, stride: blur(image, taps, 1)[:, ::stride],
        ),
        "blurred_twice": Misconception(
            "You blur twice. Blur once along the rows and once along the columns, or once with the K × K kernel.",
            lambda image, taps, stride: blur(blur(image, taps, 1), taps, stride),
        ),
        "corner": Misconception(
            "You keep a corner of the blurred image. Keep every stride-th row and column of the whole image.",
            lambda image, taps, stride: blur(image, taps, 1)[
                : (image.shape[0] - 1) // stride + 1, : (image.shape[1] - 1) // stride + 1
            ],
        ),
        "other_stride": Misconception(
            "You subsample by another stride than `stride`, or twice. Keep every stride-th row and column, once.",
            lambda image, taps, stride: blur(image, taps, 2),
            lambda image, taps, stride: blur(image, taps, stride)[::stride, ::stride],
        ),
        "stride_forgotten": Misconception(
            "You blur, but keep every pixel. Keep every stride-th row and column.",
            lambda image, taps, stride: blur(image, taps, 1),
        ),
        "one_axis": Misconception(
            "You blur along one axis only. Blur along the rows AND the columns.",
            lambda *a: _along(*a, 0),
            lambda *a: _along(*a, 1),
        ),
        "kernel_off_centre": Misconception(
            "With an even number of taps your kernel is off by a pixel. Pad (K − 1) // 2 pixels on the left and at the top, "
            "K // 2 on the right and at the bottom.",
            lambda *a: blur(*a, flip=True),
            _half_on_both_sides,
        ),
        "flipped": Misconception(
            "You flip the taps, as a mathematical convolution does, and scipy's and numpy's `convolve`. Here, as in torch's "
            "`conv2d`, the FIRST tap multiplies the pixel farthest to the left, or at the top.",
            lambda image, taps, stride: blur(image, taps.flip(0), stride),
            lambda image, taps, stride: blur(image, taps.flip(0), stride, flip=True),
        ),
    },
)
