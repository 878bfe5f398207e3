"""Check `start(weight, bias)`: initialise the last layer of a localisation network, so that it outputs the identity.

Convention: the layer outputs features @ weightᵀ + bias, six numbers that are theta row by row. The check looks at the
bias, and at how many weights of each output are not 0.

Args: weight: float64 (6, K); bias: float64 (6,).
Returns: Nothing, if it changes weight and bias in place; or the new (weight, bias).

Example:
    >>> start(lambda weight, bias: (0 * weight, 0 * bias)).misconception
    'all_zero'

Source: Jaderberg et al. 2015, appendix A.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer
from stn_lib.exercises.framework.call_result import is_blank

_IDENTITY = torch.tensor([1.0, 0, 0, 0, 1, 0], dtype=torch.float64)


@dataclass(frozen=True)
class _Layer(Case):
    """A case whose answer is the layer after `start` has changed it: its bias, and its weights that are not 0."""

    def call(self, function: Callable[..., Any]) -> Any:
        weight, bias = (value.clone() for value in self.inputs.values())
        written = function(weight, bias)
        if written is not None and is_blank(written):
            return written
        if isinstance(written, tuple | list) and len(written) == 2:
            new = [torch.as_tensor(value).detach().double() for value in written]
            if [value.shape for value in new] != [weight.shape, bias.shape]:
                raise ValueError("expected (weight, bias) of the shapes (6, K) and (6,)")
            weight, bias = new
        return torch.stack([bias, (weight != 0).double().sum(1)])


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(6):
        signs = torch.randint(0, 2, (6, 3 + k % 3), generator=generator).double() * 2 - 1
        weight = signs * torch.randint(1, 10, signs.shape, generator=generator) / 10
        bias = torch.tensor([random_integer(generator, -9, 9) / 10 for _ in range(6)], dtype=torch.float64)
        cases.append(_Layer({"weight": weight, "bias": bias}))
    return cases


def _with(weight: Callable[[Tensor], Tensor], bias: Callable[[Tensor], Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    return lambda w, b: (weight(w), bias(b))


def _keep(value: Tensor) -> Tensor:
    return value


def _diagonal(weight: Tensor) -> Tensor:
    return torch.eye(*weight.shape, dtype=weight.dtype)


def _column(weight: Tensor) -> Tensor:
    """The identity in the first column."""
    return torch.cat([_IDENTITY[:, None], 0 * weight[:, 1:]], 1)


def _two_ones(bias: Tensor) -> Tensor:
    return torch.where(_IDENTITY == 1, _IDENTITY, bias)


def _filled(numbers: list[float]) -> Callable[[Tensor], Tensor]:
    return lambda value: torch.tensor(numbers, dtype=value.dtype)


start = exercise(
    __name__,
    number="6.4",
    cases=_cases,
    oracle=_with(torch.zeros_like, lambda b: _IDENTITY),
    oracle_name="the identity as bias (first row), and no weight that is not 0 (second row)",
    misconceptions={
        "weight_kept": Misconception(
            "The bias is correct, but the weight is not 0. Even small random weights make theta depend on the image from the "
            "start. Set the weight to 0.",
            _with(_keep, lambda b: _IDENTITY),
            _with(lambda w: torch.cat([0 * w[:1], w[1:]]), lambda b: _IDENTITY),
            _with(lambda w: w * (1 - _diagonal(w)), lambda b: _IDENTITY),
        ),
        "bias_kept": Misconception(
            "The bias is still random. Set it to the identity: 1 0 0 0 1 0.", _with(torch.zeros_like, _keep)
        ),
        "all_zero": Misconception(
            "Your bias is 0. Then theta is 0 or near 0, all output pixels sample near the centre of the image, and the "
            "gradient of theta says little. Set the bias to 1 0 0 0 1 0.",
            _with(torch.zeros_like, torch.zeros_like),
            _with(_keep, torch.zeros_like),
        ),
        "all_one": Misconception(
            "Your bias is 1 everywhere. The identity is 1 0 0 0 1 0.",
            *(_with(weight, torch.ones_like) for weight in (torch.zeros_like, torch.ones_like, _keep)),
        ),
        "shifts_last": Misconception(
            "Your bias is 1 0 0 1 0 0, which is the identity column by column, or with both shifts at the end. torch orders "
            "theta row by row: 1 0 0, then 0 1 0.",
            _with(torch.zeros_like, _filled([1.0, 0, 0, 1, 0, 0])),
        ),
        "bias_not_cleared": Misconception(
            "You set the two ones of the bias, and the other four numbers are still random. Set them to 0.",
            *(_with(weight, _two_ones) for weight in (torch.zeros_like, _keep)),
        ),
        "identity_added": Misconception(
            "You add the identity to the existing bias. Overwrite it.", _with(torch.zeros_like, lambda b: b + _IDENTITY)
        ),
        "identity_as_weight": Misconception(
            "You write the identity into the weight. Then theta depends on the features. Set the weight to 0, and the bias to "
            "1 0 0 0 1 0.",
            *(_with(_diagonal, bias) for bias in (_keep, torch.zeros_like, lambda b: _IDENTITY)),
            *(_with(_column, bias) for bias in (_keep, torch.zeros_like)),
        ),
        "nothing_done": Misconception(
            "The layer is unchanged. Change it in place, with `weight.zero_()` and `bias.copy_(…)`, or return (weight, bias).",
            _with(_keep, _keep),
        ),
        "ones_at_the_shifts": Misconception(
            "Your bias is 0 0 1 0 0 1: the ones are at the shifts, and all output pixels sample one point. The identity is "
            "1 0 0 0 1 0, row by row.",
            *(_with(weight, _filled([0.0, 0, 1, 0, 0, 1])) for weight in (torch.zeros_like, _keep)),
        ),
        "ones_elsewhere": Misconception(
            "Your bias has its ones at the wrong places. The identity is 1 0 0 0 1 0, row by row: x_s = x, y_s = y.",
            _with(torch.zeros_like, _filled([1.0, 1, 0, 0, 0, 0])),
            _with(torch.zeros_like, _filled([1.0, 0, 1, 0, 1, 0])),
            _with(torch.zeros_like, _filled([0.0, 1, 0, 1, 0, 0])),
            _with(torch.zeros_like, _filled([1.0, 0, 0, 0, 0, 1])),
            _with(torch.zeros_like, _filled([1.0, 0, 0, 0, 0, 0])),
            _with(torch.zeros_like, _filled([0.0, 1, 0, 0, 0, 1])),
        ),
    },
)
