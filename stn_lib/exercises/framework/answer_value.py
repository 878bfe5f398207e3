"""Convert what a learner's function returns to one tensor, and describe it in words."""

from functools import reduce
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor


def to_tensor(answer: Any) -> Tensor | None:
    """Convert a number, an array, a tensor, or nested lists or tuples of them to one tensor.

    Args:
        answer: What a learner's function returned.

    Returns:
        A real tensor that keeps its gradient, of the answer's own dtype (float64 for Python's numbers); None if the
        answer holds anything else, or rows of different lengths.

    Example:
        >>> to_tensor([(1, 2), np.array([3.0, 4.0])])
        tensor([[1., 2.],
                [3., 4.]], dtype=torch.float64)
        >>> to_tensor([[1, 2], [3]]) is None
        True
    """
    if isinstance(answer, Tensor):
        return None if answer.is_complex() else answer
    if isinstance(answer, (bool, np.bool_)):
        return torch.tensor(bool(answer))
    if isinstance(answer, np.ndarray):
        # A copy: torch takes no negative strides, such as those of a flipped array.
        return torch.from_numpy(answer.copy()) if answer.dtype.kind in "biuf" else None
    if isinstance(answer, np.generic | Real):
        is_single = isinstance(answer, np.float32 | np.float16)
        return torch.tensor(float(answer), dtype=torch.float32 if is_single else torch.float64)
    if isinstance(answer, (tuple, list)):
        return _stack([to_tensor(part) for part in answer])
    return None


def _stack(parts: list[Tensor | None]) -> Tensor | None:
    if any(part is None or part.shape != parts[0].shape for part in parts):
        return None
    if not parts:
        return torch.zeros(0, dtype=torch.float64)
    dtype = reduce(torch.promote_types, (part.dtype for part in parts))
    return torch.stack([part.to("cpu", dtype) for part in parts])


def is_low_precision(value: Tensor) -> bool:
    """Whether a tensor has a floating-point type with fewer digits than float64."""
    return value.is_floating_point() and value.dtype != torch.float64


def describe(answer: Any) -> str:
    """Describe the type and the shape of an answer in words, never its many numbers.

    Example:
        >>> describe(torch.zeros(2, 3))
        'a float32 tensor of shape (2, 3)'
        >>> describe(np.zeros((2, 3)))
        'a float64 numpy array of shape (2, 3)'
        >>> describe((1.0, 2.0))
        'a tuple of length 2'
        >>> describe([[1, 2], [3]])
        'a list of length 2, whose parts have different lengths or no numbers'
    """
    if isinstance(answer, Tensor):
        kind = str(answer.dtype).removeprefix("torch.")
        return f"a {kind} tensor of shape {tuple(answer.shape)}"
    if isinstance(answer, np.ndarray):
        return f"a {answer.dtype} numpy array of shape {answer.shape}"
    if answer is None or answer is Ellipsis:
        return f"{answer}"
    if isinstance(answer, (tuple, list)):
        end = "" if to_tensor(answer) is not None else ", whose parts have different lengths or no numbers"
        return f"a {type(answer).__name__} of length {len(answer)}{end}"
    shown = str(answer) if isinstance(answer, np.generic) else repr(answer)
    return f"{type(answer).__name__} {' '.join(shown.split())}"[:80]


def describe_expected(expected: Tensor) -> str:
    """Describe the type and the shape of the correct answer in words."""
    if expected.ndim == 0:
        return "True or False" if expected.dtype == torch.bool else "one number (a float, or a tensor without axes)"
    if expected.ndim == 1:
        return f"{len(expected)} numbers (a tuple, or a tensor of shape ({len(expected)},))"
    return f"a tensor of shape {tuple(expected.shape)}"
