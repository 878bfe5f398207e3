"""Check `shift_gradient(moving, fixed, t)`: the derivative, with respect to t, of the mean squared difference.

Convention: V_k is `moving` sampled at k + t, linearly, with zeros outside; the loss is the mean of (V_k − fixed_k)².

Args: moving, fixed: signals, float64 (n,); t: a number that is not whole.
Returns: A number.

Example:
    >>> shift_gradient(lambda moving, fixed, t: 0.0).passed
    False
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer


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
    misconceptions={
        "sign": Misconception(
            "The sign is inverted: the residual is the sampled value MINUS the target, the derivative is right minus left.",
            lambda *a: -_gradient(*a),
        ),
        "two_forgotten": Misconception(
            "The derivative of a square brings a factor of 2.", lambda *a: _gradient(*a) / 2
        ),
        "sum_for_mean": Misconception(
            "The loss is the MEAN of the squares: divide by their number.",
            lambda moving, fixed, t: len(moving) * _gradient(moving, fixed, t),
        ),
        "residual_forgotten": Misconception(
            "Those are the derivatives of the signal alone. Multiply each by its residual: 2 (V − F) times the derivative.",
            lambda *a: _chain(*a)[1].mean(),
            lambda *a: 2 * _chain(*a)[1].mean(),
        ),
        "slope_forgotten": Misconception(
            "Those are the residuals alone. Multiply each by the derivative of the signal at the sampled point.",
            lambda *a: 2 * _chain(*a)[0].mean(),
            lambda *a: _chain(*a)[0].mean(),
        ),
        "slope_of_the_target": Misconception(
            "You take the derivative of the fixed signal. The sampled point moves in the MOVING signal.",
            lambda moving, fixed, t: 2 * (_chain(moving, fixed, t)[0] * _derivatives(fixed, t)).mean(),
        ),
        "read_backwards": Misconception(
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
    },
)
