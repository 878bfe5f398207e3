"""Notice the ready-made functions that a learner's function calls although the exercise asks to write them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F

#: torch's samplers, for the `forbidden` of an exercise that asks to write one.
SAMPLERS = (F.grid_sample, torch.grid_sampler, torch.grid_sampler_2d)

#: torch's automatic differentiation, for the `forbidden` of an exercise that asks for a derivative by hand.
AUTOGRAD = (torch.autograd.grad, torch.autograd.backward, torch.Tensor.backward)


@contextmanager
def watch(forbidden: tuple[Callable[..., Any], ...]) -> Iterator[list[str]]:
    """Collect the names of the forbidden functions that are called, however they were imported.

    Args:
        forbidden: Functions written in Python (of torch, numpy or this library) or in C.

    Yields:
        A list that grows with each call of a forbidden function.

    Example:
        >>> with watch((F.grid_sample, torch.flip)) as called:
        ...     _ = torch.flip(torch.eye(2), (0,))
        >>> called
        ['flip']
    """
    codes = {f.__code__: f.__name__ for f in forbidden if hasattr(f, "__code__")}
    built_in = {f: f.__name__ for f in forbidden if not hasattr(f, "__code__")}
    called: list[str] = []

    def profile(frame: Any, event: str, function: Any) -> None:
        if event == "call" and frame.f_code in codes:
            called.append(codes[frame.f_code])
        elif event == "c_call" and _is_hashable(function) and function in built_in:
            called.append(built_in[function])

    before = sys.getprofile()
    if forbidden:
        sys.setprofile(profile)
    try:
        yield called
    finally:
        if forbidden:
            sys.setprofile(before)


def _is_hashable(function: Any) -> bool:
    # A method of a built-in object, such as `[].append`, has the hash of that object, which may have none.
    try:
        hash(function)
    except TypeError:
        return False
    return True
