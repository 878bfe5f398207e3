"""Compute coordinates in single precision at least, also under autocast."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
HALF = (torch.float16, torch.bfloat16)


def wide(value: Any) -> Any:
    """Convert a tensor of half precision to single precision; return anything else unchanged."""
    return value.float() if isinstance(value, Tensor) and value.dtype in HALF else value


def no_autocast(device: torch.device) -> contextlib.AbstractContextManager:
    """Switch autocast off; the meta device has no autocast."""
    return contextlib.nullcontext() if device.type == "meta" else torch.autocast(device.type, enabled=False)


def full_precision(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compute a function of coordinates without autocast, and its half-precision arguments in single precision.

    In an image of 224 pixels, rounding a coordinate to bfloat16 moves it by up to 0.2 pixels without a warning, and the sum
    of several such numbers by more. Autocast computes every matrix product in half precision.
    """

    @functools.wraps(function)
    def computed(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
        with no_autocast(tensors[0].device if tensors else torch.device("cpu")):
            return function(*map(wide, args), **{name: wide(value) for name, value in kwargs.items()})

    return computed
