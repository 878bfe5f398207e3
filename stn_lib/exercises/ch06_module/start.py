"""Check `start(weight, bias)`: initialise the last layer of a localisation network so that it answers the identity.

Convention: the layer answers features @ weightᵀ + bias, six numbers that are theta row by row.

Args: weight: float64 (6, F); bias: float64 (6,).
Returns: Nothing, if it writes into weight and bias; or the new (weight, bias).

Example:
    >>> start(lambda weight, bias: (0 * weight, 0 * bias)).misconception
    'all_zero'

Source: Jaderberg et al. 2015, appendix A.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise
from stn_lib.exercises.framework.call_result import is_blank

_IDENTITY = torch.tensor([1.0, 0, 0, 0, 1, 0], dtype=torch.float64)


@dataclass(frozen=True)
class _Layer(Case):
    """A case whose answer is the output of the layer after `start` has changed its weight and bias."""

    def call(self, function: Callable[..., Any]) -> Any:
        weight, bias, features = (value.clone() for value in self.inputs.values())
        written = function(weight, bias)
        if written is not None and is_blank(written):
            return written
        if isinstance(written, tuple | list) and len(written) == 2:
            weight, bias = written
        return F.linear(features, weight, bias)


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(6):
        shapes = {"weight": (6, 3 + k % 3), "bias": (6,), "features": (2, 3 + k % 3)}
        drawn = {
            name: torch.randint(-9, 10, shape, generator=generator).double() / 10 for name, shape in shapes.items()
        }
        cases.append(_Layer(drawn))
    return cases


def _with(weight: Callable[[Tensor], Tensor], bias: Callable[[Tensor], Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    return lambda w, b: (weight(w), bias(b))


def _keep(value: Tensor) -> Tensor:
    return value


def _filled(numbers: list[float]) -> Callable[[Tensor], Tensor]:
    return lambda value: torch.tensor(numbers, dtype=value.dtype)


start = exercise(
    __name__,
    number="6.4",
    cases=_cases,
    oracle=_with(torch.zeros_like, lambda b: _IDENTITY),
    oracle_name="the identity, whatever the features are",
    misconceptions={
        "weight_kept": Misconception(
            "The weight is still random, so theta depends on the image from the first step on. Set it to 0.",
            _with(_keep, lambda b: _IDENTITY),
        ),
        "bias_kept": Misconception(
            "The bias is still random. Set it to the identity: 1 0 0 0 1 0.", _with(torch.zeros_like, _keep)
        ),
        "all_zero": Misconception(
            "Your bias is 0: theta starts at or near 0, every output pixel samples near the centre of the image, and "
            "the gradient of theta says little. Set the bias to 1 0 0 0 1 0.",
            _with(torch.zeros_like, torch.zeros_like),
            _with(_keep, torch.zeros_like),
        ),
        "all_one": Misconception(
            "Your bias is 1 everywhere. The identity is 1 0 0 0 1 0.", _with(torch.zeros_like, torch.ones_like)
        ),
        "shifts_last": Misconception(
            "1 0 0 1 0 0 is the identity column by column, or with the two shifts at the end. torch orders theta row "
            "by row: 1 0 0, then 0 1 0.",
            _with(torch.zeros_like, _filled([1.0, 0, 0, 1, 0, 0])),
        ),
        "identity_added": Misconception(
            "You add the identity to the existing bias. Overwrite it.", _with(torch.zeros_like, lambda b: b + _IDENTITY)
        ),
        "nothing_done": Misconception(
            "The layer is unchanged. Write into it, `weight.zero_()` and `bias.copy_(…)`, or return both, weight and bias.",
            _with(_keep, _keep),
        ),
    },
)
