"""Check `max_blur_pool(image, taps, stride)`: the maximum over every 2 × 2 window, then blur pooling.

Convention: as `stn_lib.pooling.MaxBlurPool2d`: only whole windows, so the dense maximum is (H − 1, W − 1).

Args: image, taps, stride: as in exercise 2.2.
Returns: The smaller image, float64.

Example:
    >>> max_blur_pool(lambda image, taps, stride: image).passed
    False

Source: Zhang, ICML 2019.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.ch02_pooling.reference_blur import blur, normalised, outer, random_pools, repeat_and_mirror
from stn_lib.exercises.framework import Case, Misconception, exercise


def _dense(image: Tensor) -> Tensor:
    return F.max_pool2d(image[None, None], 2, stride=1)[0, 0]


def _cases(generator: torch.Generator) -> list[Case]:
    """Images with negative pixels: the largest magnitude is not the maximum."""
    return [Case(case.inputs | {"image": case.inputs["image"] - 40}) for case in random_pools(generator, 9, 12)]


def _windows(image: Tensor) -> Tensor:
    return image.unfold(0, 2, 1).unfold(1, 2, 1).flatten(2)


def _symmetric(dense: Tensor, taps: Tensor, stride: int) -> Tensor:
    padded = repeat_and_mirror(dense, (len(taps) - 1) // 2, len(taps) // 2)
    return F.conv2d(padded[None, None], normalised(taps)[None, None])[0, 0, ::stride, ::stride]


def _one_axis(dense: Tensor, taps: Tensor, stride: int, axis: int) -> Tensor:
    """Blurred along one axis only: a single tap along the other."""
    before, after = (len(taps) - 1) // 2, len(taps) // 2
    sides, shape = ((before, after, 0, 0), (1, 1, 1, -1)) if axis == 1 else ((0, 0, before, after), (1, 1, -1, 1))
    padded = F.pad(dense[None, None], sides, "reflect")
    return F.conv2d(padded, (taps / taps.sum()).view(shape))[0, 0, ::stride, ::stride]


def _max_pooled(image: Tensor, stride: int) -> Tensor:
    return F.max_pool2d(image[None, None], 2, stride=stride)[0, 0]


def _padded_first(image: Tensor, taps: Tensor, stride: int) -> Tensor:
    """Mirror the image for the blur and the window at once, before the maximum."""
    before, after = (len(taps) - 1) // 2, len(taps) // 2 + 1
    dense = _dense(F.pad(image[None], (before, after) * 2, "reflect")[0])
    return F.conv2d(dense[None, None], normalised(taps)[None, None])[0, 0, ::stride, ::stride]


max_blur_pool = exercise(
    __name__,
    number="2.3",
    cases=_cases,
    oracle=lambda image, taps, stride: blur(_dense(image), taps, stride),
    oracle_name="`max_pool2d` with stride 1, then exercise 2.2",
    misconceptions={
        "pool_then_blur": Misconception(
            "You pool with the stride and blur the result. Take the maximum at EVERY position, blur, and subsample last.",
            lambda image, taps, stride: blur(_max_pooled(image, stride), taps, 1),
            lambda image, taps, stride: blur(_max_pooled(image, 2), taps, 1),
            lambda image, taps, stride: blur(_max_pooled(image, 2), taps, stride),
        ),
        "blur_first": Misconception(
            "You blur the image and take the maximum after that. The maximum comes first.",
            lambda image, taps, stride: _max_pooled(blur(image, taps, 1), stride),
            lambda image, taps, stride: _max_pooled(blur(image, taps, 1), 2),
            lambda image, taps, stride: _dense(blur(image, taps, 1))[::stride, ::stride],
            lambda image, taps, stride: _dense(blur(image, taps, stride)),
            lambda image, taps, stride: _max_pooled(blur(image, taps, stride), stride),
        ),
        "blur_forgotten": Misconception(
            "You take the maximum, but do not blur. Blur the dense maximum, then subsample.",
            lambda image, taps, stride: _max_pooled(image, stride),
            lambda image, taps, stride: _dense(image)[::stride, ::stride],
            lambda image, taps, stride: _dense(image),
        ),
        "starts_late": Misconception(
            "You keep the wrong rows and columns: begin with the first, `[::stride]`.",
            lambda image, taps, stride: blur(_dense(image), taps, stride, start=1),
            lambda image, taps, stride: blur(_dense(image), taps, stride, start=stride - 1),
        ),
        "minimum": Misconception(
            "You take the minimum of each window. Take the maximum.",
            lambda image, taps, stride: blur(-_dense(-image), taps, stride),
        ),
        "max_forgotten": Misconception(
            "There is no maximum: this is blur pooling alone. Take the maximum over each 2 × 2 window first.", blur
        ),
        "circular_maximum": Misconception(
            "At the last row and column your windows continue on the opposite side. Use whole windows only: the dense maximum "
            "has H − 1 rows and W − 1 columns.",
            lambda image, taps, stride: blur(
                _dense(F.pad(image[None, None], (0, 1, 0, 1), "circular")[0, 0]), taps, stride
            ),
        ),
        "padded_maximum": Misconception(
            "You pad the image before the maximum. Use whole windows only: the dense maximum has H − 1 rows and W − 1 columns.",
            lambda image, taps, stride: blur(_dense(F.pad(image, (0, 1, 0, 1))), taps, stride),
            lambda image, taps, stride: blur(_dense(F.pad(image, (1, 0, 1, 0))), taps, stride),
            lambda image, taps, stride: blur(_dense(F.pad(image, (1, 1, 1, 1))), taps, stride),
            lambda image, taps, stride: blur(_dense(F.pad(image[None], (0, 1, 0, 1), "replicate")[0]), taps, stride),
            lambda image, taps, stride: blur(_dense(F.pad(image[None], (0, 1, 0, 1), "reflect")[0]), taps, stride),
            _padded_first,
        ),
        "other_window": Misconception(
            "Your windows are not 2 × 2. The size of the window does not depend on the stride or the number of taps.",
            lambda image, taps, stride: blur(F.max_pool2d(image[None, None], 3, 1)[0, 0], taps, stride),
            lambda image, taps, stride: blur(F.max_pool2d(image[None, None], 3, 1, 1)[0, 0], taps, stride),
            lambda image, taps, stride: blur(F.max_pool2d(image[None, None], stride, 1)[0, 0], taps, stride),
            lambda image, taps, stride: blur(F.max_pool2d(image[None, None], len(taps), 1)[0, 0], taps, stride),
        ),
        "not_normalised": Misconception(
            "The weights of your blur do not add up to 1. Divide the taps by their sum.",
            lambda image, taps, stride: blur(_dense(image), taps, stride, kernel=outer),
            lambda image, taps, stride: blur(_dense(image), taps, stride, kernel=lambda t: outer(t) / t.sum()),
        ),
        "stride_forgotten": Misconception(
            "You keep every pixel. After the blur, keep every stride-th row and column.",
            lambda image, taps, stride: blur(_dense(image), taps, 1),
        ),
        "mean_for_maximum": Misconception(
            "You average over the windows, or take their median or sum. Take the maximum.",
            lambda image, taps, stride: blur(4 * F.avg_pool2d(image[None, None], 2, 1)[0, 0], taps, stride),
            lambda image, taps, stride: blur(_windows(image).median(-1).values, taps, stride),
            lambda image, taps, stride: blur(F.avg_pool2d(image[None, None], 2, 1)[0, 0], taps, stride),
        ),
        "zero_padding": Misconception(
            "You pad with zeros before the blur. Mirror the dense maximum at its edges, as in exercise 2.2.",
            lambda image, taps, stride: blur(_dense(image), taps, stride, mode="constant"),
        ),
        "edge_repeated": Misconception(
            "At the edges of the dense maximum you repeat pixels or continue on the opposite side. Mirror about the outermost "
            "pixels, as in exercise 2.2.",
            lambda image, taps, stride: blur(_dense(image), taps, stride, mode="replicate"),
            lambda image, taps, stride: blur(_dense(image), taps, stride, mode="circular"),
            lambda image, taps, stride: _symmetric(_dense(image), taps, stride),
        ),
        "one_axis": Misconception(
            "You compare two pixels of each window. A window has four pixels: two rows AND two columns.",
            lambda image, taps, stride: blur(torch.maximum(image[:-1], image[1:]), taps, stride),
            lambda image, taps, stride: blur(torch.maximum(image[:, :-1], image[:, 1:]), taps, stride),
            lambda image, taps, stride: blur(torch.maximum(image[:-1, :-1], image[1:, 1:]), taps, stride),
        ),
        "flipped": Misconception(
            "You flip the taps, as a mathematical convolution does, and scipy's and numpy's `convolve`. Here, as in torch's "
            "`conv2d`, the FIRST tap multiplies the pixel farthest to the left, or at the top.",
            lambda image, taps, stride: blur(_dense(image), taps.flip(0), stride),
            lambda image, taps, stride: blur(_dense(image), taps.flip(0), stride, flip=True),
        ),
        "other_stride": Misconception(
            "You subsample by another stride than `stride`, or twice. Keep every stride-th row and column, once.",
            lambda image, taps, stride: blur(_dense(image), taps, 2),
            lambda image, taps, stride: blur(_dense(image), taps, stride)[::stride, ::stride],
        ),
        "kernel_off_centre": Misconception(
            "With an even number of taps your kernel is off by a pixel. Pad (K − 1) // 2 pixels on the left and at the top, "
            "K // 2 on the right and at the bottom.",
            lambda image, taps, stride: blur(_dense(image), taps, stride, flip=True),
        ),
        "magnitudes": Misconception(
            "You take the largest magnitude. Take the largest value: a negative pixel is smaller than a positive one.",
            lambda image, taps, stride: blur(_dense(image.abs()), taps, stride),
        ),
        "blurred_along_one_axis": Misconception(
            "You blur along one axis only. Blur along the rows AND the columns.",
            *(lambda image, taps, stride, axis=axis: _one_axis(_dense(image), taps, stride, axis) for axis in (0, 1)),
        ),
        "blurred_twice": Misconception(
            "You blur twice. Blur once along the rows and once along the columns, or once with the K × K kernel.",
            lambda image, taps, stride: blur(blur(_dense(image), taps, 1), taps, stride),
        ),
    },
)
