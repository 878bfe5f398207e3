"""Check `shift_gradient(moving, fixed, t)`: the derivative, with respect to t, of the mean squared difference.

Convention: V_k is `moving` sampled at k + t by linear interpolation, with zeros outside; the loss is the mean of
(V_k − fixed_k)². The derivative is worked out without autograd.

Args: moving, fixed: signals, float64 (n,); t: a number from −2 to 2 that is not whole.
Returns: A number.

Example:
    >>> shift_gradient(lambda moving, fixed, t: 0.0).passed
    False
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import AUTOGRAD, Case, Misconception, exercise, random_integer


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(10):
        count = random_integer(generator, 4, 7)
        moving, fixed = (torch.randint(-9, 10, (count,), generator=generator).double() for _ in range(2))
        t = random_integer(generator, -2, 1) + random_integer(generator, 1, 9) / 10
        cases.append(Case({"moving": moving, "fixed": fixed, "t": round(t, 1)}))
    return cases


def _sample(signal: Tensor, t: Tensor) -> Tensor:
    """The signal at k + t for each k, by torch's sampler; zeros outside."""
    count = len(signal)
    x = (2 * (torch.arange(count, dtype=torch.float64) + t) + 1) / count - 1
    grid = torch.stack([x, torch.zeros_like(x)], dim=1)[None, None]
    return F.grid_sample(signal.view(1, 1, 1, -1), grid, align_corners=False)[0, 0, 0]


def _gradient(moving: Tensor, fixed: Tensor, t: float) -> Tensor:
    shift = torch.tensor(t, dtype=torch.float64, requires_grad=True)
    loss = (_sample(moving, shift) - fixed).square().mean()
    return torch.autograd.grad(loss, shift)[0]


def _by_hand(moving: Tensor, fixed: Tensor, t: float, *, low=math.floor, share=lambda t, low: t - low,
             whole: bool = True, outside: str = "zeros", central: bool = False) -> Tensor:  # fmt: skip
    """The chain rule, pixel by pixel; each option is a possible mistake."""
    count, low, part = len(moving), low(t), share(t, low(t))

    def at(k: Tensor) -> Tensor:
        if outside == "wraps":
            return moving[k % count]
        if outside == "negative":  # an index below 0 counts from the end
            return torch.where(k < count, moving[k % count], 0.0)
        value = moving[k.clamp(0, count - 1)]
        return value if outside == "border" else torch.where((k >= 0) & (k < count), value, 0.0)

    k = torch.arange(count) + (low if whole else 0)
    value = (1 - part) * at(k) + part * at(k + 1)
    slope = (at(k + 1) - at(k - 1)) / 2 if central else at(k + 1) - at(k)
    return (2 * (value - fixed) * slope).mean()


def _without_last(moving: Tensor, fixed: Tensor, t: float) -> Tensor:
    part = t - math.floor(t)
    value = (1 - part) * moving[:-1] + part * moving[1:]
    return (2 * (value - fixed[:-1]) * (moving[1:] - moving[:-1])).mean()


def _derivatives(signal: Tensor, t: float) -> Tensor:
    shift = torch.full_like(signal, t).requires_grad_()
    return torch.autograd.grad(_sample(signal, shift).sum(), shift)[0]


def _chain(moving: Tensor, fixed: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """Residuals and derivatives, whose products make the gradient."""
    return _sample(moving, torch.tensor(t, dtype=torch.float64)) - fixed, _derivatives(moving, t)


def _crossed(moving: Tensor, fixed: Tensor, t: float) -> Tensor:
    low = math.floor(t)
    other = torch.tensor(low + 1 - (t - low), dtype=torch.float64)
    return (2 * (_sample(moving, other) - fixed) * _derivatives(moving, t)).mean()


shift_gradient = exercise(
    __name__,
    number="6.3",
    cases=_cases,
    oracle=_gradient,
    oracle_name="autograd through torch's sampler",
    forbidden=AUTOGRAD,
    misconceptions={
        "sign": Misconception(
            "The sign is inverted: the difference is V minus fixed, the derivative is right minus left.",
            lambda *a: -_gradient(*a),
        ),
        "two_forgotten": Misconception(
            "You left out the factor 2, which is the derivative of a square.", lambda *a: _gradient(*a) / 2
        ),
        "products_added": Misconception(
            "You return the sum of the products. The loss is a MEAN of SQUARES: multiply by 2, and divide by the number of pixels.",
            lambda moving, fixed, t: len(moving) * _gradient(moving, fixed, t) / 2,
        ),
        "loss_returned": Misconception(
            "You return the loss. The exercise asks for its derivative with respect to t.",
            lambda *a: _chain(*a)[0].square().mean(),
        ),
        "difference_unmoved": Misconception(
            "You use moving − fixed at the pixels k. The difference is V − fixed, where V is moving sampled at k + t.",
            lambda moving, fixed, t: 2 * ((moving - fixed) * _derivatives(moving, t)).mean(),
        ),
        "sum_for_mean": Misconception(
            "The loss is the MEAN of the squares: divide by their number.",
            lambda moving, fixed, t: len(moving) * _gradient(moving, fixed, t),
        ),
        "residual_forgotten": Misconception(
            "You use the derivatives of the signal alone. Multiply each by 2 (V − fixed).",
            lambda *a: _chain(*a)[1].mean(),
            lambda *a: 2 * _chain(*a)[1].mean(),
        ),
        "slope_forgotten": Misconception(
            "You use the differences V − fixed alone. Multiply each by the derivative of the signal at the sampled point.",
            lambda *a: 2 * _chain(*a)[0].mean(),
            lambda *a: _chain(*a)[0].mean(),
        ),
        "slope_of_the_fixed": Misconception(
            "You take the derivative of the fixed signal. The sampled point moves in the MOVING signal.",
            lambda moving, fixed, t: 2 * (_chain(moving, fixed, t)[0] * _derivatives(fixed, t)).mean(),
        ),
        "sampled_backwards": Misconception(
            "You sample at k − t. V_k is the moving signal at k + t.",
            lambda moving, fixed, t: _gradient(moving, fixed, -t),
            lambda moving, fixed, t: -_gradient(moving, fixed, -t),
        ),
        "weights_crossed": Misconception(
            "The weights are crossed: the right neighbour's weight is the fractional part of t, the left neighbour has the rest.",
            lambda moving, fixed, t: _crossed(moving, fixed, t),
        ),
        # At 1e-6, not 0: on a pixel, rounding errors decide which neighbour the derivative comes from.
        "slope_unmoved": Misconception(
            "You take the derivative at k, not at k + t, where the signal is sampled.",
            lambda moving, fixed, t: 2 * (_chain(moving, fixed, t)[0] * _derivatives(moving, 1e-6)).mean(),
        ),
        "truncated": Misconception(
            "int(t) rounds a negative t upwards. The left neighbour is at math.floor(t): floor(−1.3) is −2.",
            lambda *a: _by_hand(*a, low=int),
        ),
        "table_copied": Misconception(
            "You use the numbers of the table. Its weights .75 and .25 belong to t = .25, and its 2/5 to five pixels.",
            lambda *a: _by_hand(*a, share=lambda t, low: 0.25),
            lambda *a: _by_hand(*a, share=lambda t, low: 0.25, whole=False),
            lambda *a: len(a[0]) / 5 * _by_hand(*a, share=lambda t, low: 0.25, whole=False),
        ),
        "whole_part_lost": Misconception(
            "You always use the neighbours k and k + 1. They are at k + floor(t) and one further on.",
            lambda *a: _by_hand(*a, whole=False),
            lambda *a: _by_hand(*a, whole=False, share=lambda t, low: t),
        ),
        "share_without_floor": Misconception(
            "You use t itself as the weight. The weight of the right neighbour is t − floor(t).",
            lambda *a: _by_hand(*a, share=lambda t, low: t),
        ),
        "rounded": Misconception(
            "You round k + t to the nearest pixel. Interpolate between both neighbours: V_k = (1 − share) · left + share · right.",
            lambda *a: _by_hand(*a, low=round, share=lambda t, low: 0),
            lambda *a: _by_hand(*a, share=lambda t, low: 0),
        ),
        "wraps": Misconception(
            "Outside, you continue at the other end (torch.roll, or an index of −1). Every value outside is 0.",
            lambda *a: _by_hand(*a, outside="wraps"),
            lambda *a: _by_hand(*a, outside="negative"),
        ),
        "border": Misconception(
            "Outside, you repeat the first or the last value. Every value outside is 0.",
            lambda *a: _by_hand(*a, outside="border"),
        ),
        "last_pixel_lost": Misconception(
            "You leave out the last pixel. It has a right neighbour, too: outside, every value is 0.", _without_last
        ),
        "central_difference": Misconception(
            "You take half the difference of the pixels on both sides. Between two pixels the slope is right minus left.",
            lambda *a: _by_hand(*a, central=True),
        ),
        "one_fewer": Misconception(
            "You divide by the number of pixels minus 1. The loss is a plain mean: divide by their number.",
            lambda moving, fixed, t: len(moving) / (len(moving) - 1) * _gradient(moving, fixed, t),
        ),
        "signals_exchanged": Misconception(
            "You exchanged the signals. V samples the MOVING signal, and the difference is V minus fixed.",
            lambda moving, fixed, t: _gradient(fixed, moving, t),
        ),
        "residual_without_sign": Misconception(
            "You use the magnitude of V − fixed, or its sign alone. The derivative of its square is 2 (V − fixed), with the "
            "sign.",
            lambda *a: 2 * (_chain(*a)[0].abs() * _chain(*a)[1]).mean(),
            lambda *a: (_chain(*a)[0].round(decimals=9).sign() * _chain(*a)[1]).mean(),
        ),
        "root_of_the_loss": Misconception(
            "You take the derivative of the ROOT of the loss. The loss is the mean of the squares itself, without a root.",
            lambda *a: _gradient(*a) / (2 * _chain(*a)[0].square().mean().sqrt()),
        ),
    },
)
