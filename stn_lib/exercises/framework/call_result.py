"""Call a learner's function once and classify its answer, or its error, in a form that can be compared."""

import dis
import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.framework.answer_value import describe, is_low_precision, to_tensor
from stn_lib.exercises.framework.cases import Case
from stn_lib.exercises.framework.ready_made import watch

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
        problem: None, or "unanswered", "no_return", "crash", "type", "shape", "extra_axis", "nan".
        description: The answer in words, for a message.
        crash: The exception, for the problem "crash".
        is_low_precision: Whether the answer has fewer digits than float64.
        ready_made: Names of the forbidden functions that the learner's function called.
    """

    value: Tensor | None
    problem: str | None = None
    description: str = ""
    crash: Crash | None = None
    is_low_precision: bool = False
    ready_made: tuple[str, ...] = ()


def call_learner(
    function: Callable[..., Any], case: Case, expected: Tensor, forbidden: tuple[Callable[..., Any], ...] = ()
) -> CallResult:
    """Call the learner's function once and classify its answer.

    Args:
        function: The learner's function.
        case: The inputs.
        expected: The correct answer. Its shape says what is accepted: a number, a tensor, a numpy array, or nested
            lists or tuples of numbers of this shape, of any precision. True or False only if this is a bool tensor.
        forbidden: Ready-made functions that the learner's function must not call.

    Returns:
        The result of the call; an exception in the learner's function is part of it, never raised.

    Example:
        >>> call_learner(lambda x: x + 1, Case({"x": 2.0}), torch.tensor(3.0)).value.item()
        3.0
    """
    try:
        with watch(forbidden) as called:
            answer = case.call(function)
    except NotImplementedError as error:
        if _is_stub(error):
            return CallResult(None, "unanswered")
        return CallResult(None, "crash", crash=_crash(error, function))
    except Exception as error:  # the learner's code may raise anything
        return CallResult(None, "crash", crash=_crash(error, function))
    if answer is None and not _is_empty(function):
        return CallResult(None, "no_return", describe(answer))
    if is_blank(answer):
        return CallResult(None, "unanswered", describe(answer))
    return replace(_classify(answer, expected), ready_made=tuple(dict.fromkeys(called)))


def is_blank(answer: Any) -> bool:
    """Whether an answer is that of a stub: None or `...`, alone or in a tuple."""
    if isinstance(answer, (tuple, list)):
        return len(answer) > 0 and all(part is None or part is Ellipsis for part in answer)
    return answer is None or answer is Ellipsis


def _is_empty(function: Callable[..., Any]) -> bool:
    """Whether a function has no body yet: only `pass`, `...` or a docstring."""
    code = getattr(function, "__code__", None)
    idle = ("RESUME", "NOP", "POP_TOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "COPY_FREE_VARS")
    return code is not None and all(step.opname in idle for step in dis.get_instructions(code))


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


def _classify(answer: Any, expected: Tensor) -> CallResult:
    description = describe(answer)
    value = to_tensor(answer)
    if value is None:
        return CallResult(None, "type", description)
    is_single = is_low_precision(value)
    value = value.detach().to("cpu")
    problem = None
    if expected.ndim == 0 and value.numel() == 1:
        value = value.reshape(())  # float() accepts it, too
    elif value.shape != expected.shape:
        problem = "shape"
        if value.ndim != expected.ndim and _without_ones(value) == _without_ones(expected):
            value, problem = value.reshape(expected.shape), "extra_axis"
    if problem is None and value.dtype == torch.bool != expected.dtype:
        problem = "type"
    value = value.double()
    if problem is None and not value.isfinite().all():
        problem = "nan"
    return CallResult(value, problem, description, is_low_precision=is_single)


def _without_ones(value: Tensor) -> list[int]:
    return [side for side in value.shape if side != 1]
