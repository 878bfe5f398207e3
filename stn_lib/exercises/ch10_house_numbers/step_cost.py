"""Check `step_cost(c_in, c_out, kernel, height, width, first)`: the multiply-adds of a convolution in a training step.

Convention: one image, stride 1, zeros around it so that the output is as large as the input, no bias. A product with
one of these zeros counts, too.

Args: c_in, c_out: channels; kernel: side of the square kernel; height, width: of the input; first: True if nothing in
front of the layer learns.
Returns: An integer: forward pass, gradient of the weights, and gradient of the input if it is needed.

Example:
    >>> step_cost(lambda c_in, c_out, kernel, height, width, first: c_out * c_in * kernel**2).passed
    False
"""

from collections.abc import Callable

import torch
from torch import nn

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer, random_size
from stn_lib.metrics import multiply_adds


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(10):
        c_in = random_integer(generator, 2, 8)
        height, width = random_size(generator, 7, 20)
        sizes = {
            "c_in": c_in if k > 1 else k + 1,
            "c_out": c_in + random_integer(generator, 1, 6),
            "kernel": (3, 5, 3, 7, 1)[k % 5],
            "height": height,
            "width": width,
        }
        cases.append(Case(sizes | {"first": k in (0, 3, 5, 8)}))
    return cases


def _oracle(c_in: int, c_out: int, kernel: int, height: int, width: int, first: bool) -> int:
    """Count on a real layer, of the device that computes shapes alone."""
    layer = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=False, device="meta")
    image = torch.zeros(1, c_in, height, width, device="meta", requires_grad=not first)
    return multiply_adds(layer, image).total


def _passes(first: bool) -> int:
    return 2 if first else 3


def _like(
    passes: Callable[[bool], int] = _passes,
    once: Callable[[int, int, int, int, int], float] = lambda i, o, k, h, w: i * o * k * k * h * w,
    more: Callable[[int, int, int, bool], int] = lambda o, h, w, first: 0,
) -> Callable[..., float]:
    """The count; each option is a possible mistake."""
    return lambda c_in, c_out, kernel, height, width, first: (
        passes(first) * once(c_in, c_out, kernel, height, width) + more(c_out, height, width, first)
    )


step_cost = exercise(
    __name__,
    number="10.3",
    cases=_cases,
    oracle=_oracle,
    oracle_name="`metrics.multiply_adds` of the real layer",
    misconceptions={
        "forward_only": Misconception(
            "You count the forward pass alone. A training step also computes the gradient of the weights and, unless the "
            "layer is the first, that of the input: as many multiply-adds each.",
            _like(lambda first: 1),
        ),
        "always_input": Misconception(
            "You always count the gradient of the input. Nothing in front of the first layer learns, so nobody needs it: "
            "leave it out if `first`.",
            _like(lambda first: 3),
        ),
        "never_input": Misconception(
            "You never count the gradient of the input. The layers in front learn from it: count it unless `first`.",
            _like(lambda first: 2),
        ),
        "first_reversed": Misconception(
            "You count the gradient of the input if `first`, and leave it out otherwise. It is the other way round.",
            _like(lambda first: 3 if first else 2),
            _like(lambda first: 2 if first else 1),
            _like(lambda first: 4 if first else 3),
        ),
        "a_part_missing": Misconception(
            "The forward pass or the gradient of the weights is missing. Count both, for every layer, and the gradient of "
            "the input unless `first`.",
            _like(lambda first: 1 if first else 2),
        ),
        "first_not_trained": Misconception(
            "For the first layer you leave out the gradient of the weights, too. It learns as all others: only the gradient "
            "of its INPUT is not needed.",
            _like(lambda first: 1 if first else 3),
            _like(lambda first: 0 if first else 3),
        ),
        "kernel_not_squared": Misconception(
            "You multiply by `kernel` once. The kernel is square: each output number takes kernel² pixels of each channel.",
            _like(once=lambda i, o, k, h, w: i * o * k * h * w),
            _like(once=lambda i, o, k, h, w: i * o * 2 * k * h * w),
        ),
        "kernel_forgotten": Misconception(
            "The kernel is missing: each output number takes kernel² pixels of each input channel.",
            _like(once=lambda i, o, k, h, w: i * o * h * w),
        ),
        "c_in_forgotten": Misconception(
            "The input channels are missing. Each output number is a sum over ALL of them: multiply by `c_in`.",
            _like(once=lambda i, o, k, h, w: o * k * k * h * w),
        ),
        "c_out_forgotten": Misconception(
            "The output channels are missing. Each of them has its own kernel and its own output numbers: multiply by `c_out`.",
            _like(once=lambda i, o, k, h, w: i * k * k * h * w),
        ),
        "channels_added": Misconception(
            "You add the channels. Every output channel sees every input channel: multiply them.",
            _like(once=lambda i, o, k, h, w: (i + o) * k * k * h * w),
        ),
        "same_channels": Misconception(
            "You use the same number of channels on both sides. Input and output differ: c_in · c_out.",
            _like(once=lambda i, o, k, h, w: i * i * k * k * h * w),
            _like(once=lambda i, o, k, h, w: o * o * k * k * h * w),
        ),
        "counted_twice": Misconception(
            "You count a multiplication and its addition as two. Here one multiply-add counts once.",
            _like(lambda first: 2 * _passes(first)),
            _like(once=lambda i, o, k, h, w: (2 * i * k * k - 1) * o * h * w),
        ),
        "biases_added": Misconception(
            "You also count biases. This layer has none, and they would take one addition, not a multiply-add.",
            _like(more=lambda o, h, w, first: o * h * w),
            _like(more=lambda o, h, w, first: 2 * o * h * w),
            _like(more=lambda o, h, w, first: _passes(first) * o * h * w),
            _like(more=lambda o, h, w, first: o),
            _like(more=lambda o, h, w, first: 2 * o),
            _like(more=lambda o, h, w, first: _passes(first) * o),
        ),
        "output_too_small": Misconception(
            "Your output is smaller than the input: height − kernel + 1 rows. Zeros around the image keep its size: "
            "height · width places.",
            _like(once=lambda i, o, k, h, w: i * o * k * k * (h - k + 1) * (w - k + 1)),
            _like(once=lambda i, o, k, h, w: i * o * k * k * (h - k // 2) * (w - k // 2)),
        ),
        "parameters": Misconception(
            "You count the weights. Each weight is used at every place of the output: multiply by height · width.",
            _like(once=lambda i, o, k, h, w: i * o * k * k),
            lambda c_in, c_out, kernel, height, width, first: c_in * c_out * kernel**2,
        ),
        "one_side": Misconception(
            "Height and width do not both count once. The output has height · width places.",
            _like(once=lambda i, o, k, h, w: i * o * k * k * h),
            _like(once=lambda i, o, k, h, w: i * o * k * k * w),
            _like(once=lambda i, o, k, h, w: i * o * k * k * h * h),
            _like(once=lambda i, o, k, h, w: i * o * k * k * w * w),
            _like(once=lambda i, o, k, h, w: i * o * k * k * (h + w)),
        ),
        "backward_doubled": Misconception(
            "You count the backward pass twice as often. It has one count for the weights, and one for the input unless `first`.",
            _like(lambda first: 3 if first else 5),
        ),
    },
    tolerance=0.25,  # whole numbers
)
