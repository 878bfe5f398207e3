"""Call a learner's function once and classify its answer, or its error, in a form that can be compared."""

import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.framework.cases import Case

_OURS = str(Path(__file__).parents[1])


@dataclass(frozen=True)
class Crash:
    """An exception in the learner's code, and the line of that code that raised it."""

    kind: str
    message: str
    where: str
    line: str


@dataclass(frozen=True)
class CallResult:
    """The result of one call.

    Args:
        value: The answer as a float64 tensor; None when there is no comparable one.
        problem: None, or "unanswered", "crash", "type", "shape", "dtype", "nan".
        description: The answer in words, for a message.
        crash: The exception, for the problem "crash".
    """

    value: Tensor | None
    problem: str | None = None
    description: str = ""
    crash: Crash | None = None


def call_learner(function: Callable[..., Any], case: Case, expected: Tensor) -> CallResult:
    """Call the learner's function once and classify its answer.

    Args:
        function: The learner's function.
        case: The inputs.
        expected: The correct answer. Its number of axes says what is accepted: for none a number or a tensor
            without axes, for one a tuple of numbers or a tensor, for more a tensor of the same dtype.

    Returns:
        The result of the call; an exception in the learner's function is part of it, never raised.

    Example:
        >>> call_learner(lambda x: x + 1, Case({"x": 2.0}), torch.tensor(3.0)).value.item()
        3.0
    """
    try:
        answer = case.call(function)
    except NotImplementedError as error:
        if _is_stub(error):
            return CallResult(None, "unanswered")
        return CallResult(None, "crash", crash=_crash(error, function))
    except Exception as error:  # the learner's code may raise anything
        return CallResult(None, "crash", crash=_crash(error, function))
    if is_blank(answer):
        return CallResult(None, "unanswered", describe(answer))
    return _classify(answer, expected)


def describe(answer: Any) -> str:
    """Describe the type and the shape of an answer in words.

    Example:
        >>> describe(torch.zeros(2, 3))
        'a float32 tensor of shape (2, 3)'
        >>> describe((1.0, 2.0))
        'a tuple of length 2'
    """
    if isinstance(answer, Tensor):
        kind = str(answer.dtype).removeprefix("torch.")
        return f"a {kind} tensor of shape {tuple(answer.shape)}"
    if answer is None or answer is Ellipsis:
        return f"{answer}"
    if isinstance(answer, (tuple, list)):
        return f"a {type(answer).__name__} of length {len(answer)}"
    return f"{type(answer).__name__} {answer!r}"[:80]


def describe_expected(expected: Tensor) -> str:
    """Describe the type and the shape of the correct answer in words."""
    if expected.ndim == 0:
        return "one number (a float, or a tensor without axes)"
    if expected.ndim == 1:
        return f"{len(expected)} numbers (a tuple, or a tensor of shape ({len(expected)},))"
    return describe(expected)


def is_blank(answer: Any) -> bool:
    """Whether an answer is that of a stub: None or `...`, alone or in a tuple."""
    if isinstance(answer, (tuple, list)):
        return len(answer) > 0 and all(part is None or part is Ellipsis for part in answer)
    return answer is None or answer is Ellipsis


def _is_stub(error: NotImplementedError) -> bool:
    # torch raises NotImplementedError too, for operations it lacks: only a `raise` line is a stub.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return not frame.line or frame.line.strip().startswith("raise")


def _crash(error: Exception, function: Callable[..., Any]) -> Crash:
    theirs = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(_OURS)]
    code = getattr(function, "__code__", None)
    home = [f for f in theirs if code is not None and f.filename == code.co_filename]
    frame = (home or theirs or [None])[-1]
    message = str(error).strip().split("\n")[0]
    if frame is None:  # the call itself failed: the arguments do not fit the function's
        return Crash(type(error).__name__, message, getattr(function, "__name__", "your function"), "")
    line = frame.line or linecache.getline(frame.filename, frame.lineno or 0)
    return Crash(type(error).__name__, message, f"{frame.name}, line {frame.lineno}", line.strip())


def _is_number(answer: Any) -> bool:
    if isinstance(answer, Tensor):
        return answer.ndim == 0 and not answer.is_complex()
    return isinstance(answer, (int, float)) and not isinstance(answer, bool)


def _classify(answer: Any, expected: Tensor) -> CallResult:
    description = describe(answer)
    if isinstance(answer, (tuple, list)) and expected.ndim == 1 and all(map(_is_number, answer)):
        value = torch.tensor([float(part) for part in answer], dtype=torch.float64)
    elif isinstance(answer, Tensor) and not answer.is_complex():
        value = answer.detach().to("cpu", torch.float64)
    elif expected.ndim == 0 and _is_number(answer):
        value = torch.tensor(float(answer), dtype=torch.float64)
    else:
        return CallResult(None, "type", description)
    problem = None
    if value.shape != expected.shape:
        problem = "shape"
    elif expected.ndim > 1 and answer.dtype != expected.dtype:
        problem = "dtype"
    elif not value.isfinite().all():
        problem = "nan"
    return CallResult(value, problem, description)
