"""Run a learner's function on many small cases and name the misconception behind a wrong answer.

An exercise has an oracle (torch, scipy or a formula) and a list of misconceptions, each with the wrong functions it
leads to. A misconception is named only if the learner's answers equal those of one wrong function in every case: a
coincidence in one number names nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.framework.answer_value import to_tensor
from stn_lib.exercises.framework.call_result import CallResult, call_learner
from stn_lib.exercises.framework.cases import Case
from stn_lib.exercises.framework.gradient import lost_gradient
from stn_lib.exercises.framework.pattern import pattern
from stn_lib.exercises.framework.result import WORDS, Result, gradient_sentence

#: A wrong function explains nothing unless it is wrong in this many cases.
_MIN_WITNESSES = 3

#: What a result gives as its misconception if the answer has the correct values, but not what an option asks for.
NO_GRADIENT, READY_MADE = "no_gradient", "ready_made"


class Misconception:
    """A mistake.

    Args:
        sentence: What the learner did, and what to change: one or two short sentences.
        *wrong: The functions that this mistake leads to, with the arguments of the learner's function.
    """

    def __init__(self, sentence: str, *wrong: Callable[..., Any]) -> None:
        self.sentence, self.wrong = sentence, wrong


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """Everything a check needs to know.

    Args:
        name: The name of the check, and of the file that declares it.
        number: As the chapter counts them, such as "5.1".
        cases: Draws the cases from a generator.
        oracle: Computes the correct answer independently of what the learner writes.
        oracle_name: The oracle in words, completing "the same as …".
        misconceptions: By name, the more special before the more general: the first that explains all answers is named.
        core_name: What the core cases (`Case.is_core`) have in common, such as "Inside the image".
        tolerance: Largest difference that passes. The default accepts a computation in single precision, and is far
            below what any misconception changes.
        gradient: Names of the inputs, tensors or numbers, with respect to which the answer must be differentiable.
            Its gradient is compared with the oracle's, which torch must be able to differentiate, once all values are
            correct.
        forbidden: Ready-made functions that the learner's function must not call, such as
            `stn_lib.exercises.framework.ready_made.SAMPLERS`; functions of this library, too.
    """

    name: str
    number: str
    cases: Callable[[torch.Generator], list[Case]]
    oracle: Callable[..., Any]
    oracle_name: str
    misconceptions: dict[str, Misconception]
    core_name: str = ""
    tolerance: float = 1e-4
    gradient: tuple[str, ...] = ()
    forbidden: tuple[Callable[..., Any], ...] = ()

    @property
    def names(self) -> set[str]:
        """Everything that a check can answer to a wrong function: its misconceptions, and those of its options."""
        options = {NO_GRADIENT: self.gradient, READY_MADE: self.forbidden}
        return set(self.misconceptions) | {name for name, option in options.items() if option}


def run(exercise: Exercise, function: Callable[..., Any], seed: int = 0) -> Result:
    """Run a learner's function on the cases of an exercise.

    Args:
        exercise: The declaration.
        function: The learner's function.
        seed: Of the generator that draws the cases; the global random state is left alone.

    Returns:
        The result, with `_repr_html_` for a notebook and `__repr__` for a terminal.

    Example:
        >>> exercise = Exercise(name="twice", number="0.1", cases=lambda g: [Case({"x": 1.0}), Case({"x": 2.0})],
        ...                     oracle=lambda x: 2 * x, oracle_name="2 * x", misconceptions={})
        >>> run(exercise, lambda x: x + x).passed
        True
    """
    if not callable(function):
        is_blank = function is None or function is Ellipsis
        status = "unanswered" if is_blank else "failed"
        return Result(exercise.number, exercise.name, status, not_a_function=None if is_blank else function)
    cases = exercise.cases(torch.Generator().manual_seed(seed))
    expected = [_value(exercise.oracle, case) for case in cases]
    actual = [call_learner(function, c, e, exercise.forbidden) for c, e in zip(cases, expected, strict=True)]
    if all(answer.problem == "unanswered" for answer in actual):
        return Result(exercise.number, exercise.name, "unanswered")
    correct = [_is_correct(a, e, exercise.tolerance) for a, e in zip(actual, expected, strict=True)]
    counts = {"agreed": sum(correct), "total": len(cases), "oracle_name": exercise.oracle_name}
    if all(answer.problem == "no_return" for answer in actual):
        return Result(exercise.number, exercise.name, "failed", sentence=WORDS["no_return"], **counts)
    if all(correct):
        option = _examine_options(exercise, function, cases, actual)
        return Result(exercise.number, exercise.name, **({"status": "passed"} | option), **counts)
    key, sentence, core_only = _diagnose(exercise, cases, expected, actual)
    if key is None and _is_rounding(actual, expected, exercise.tolerance):
        sentence = WORDS["low_precision"]
    elif key is None and all(answer.problem is None for answer in actual):
        core = [case.is_core for case in cases]
        sentence = pattern(expected, [a.value for a in actual], core, exercise.tolerance, exercise.core_name)
    # A crash or a wrong shape is shown first, then the smallest case; among equals a core case.
    index = min(
        (i for i, is_correct in enumerate(correct) if not is_correct),
        key=lambda i: (
            core_only and not cases[i].is_core,
            actual[i].problem is None,
            cases[i].weight,
            not cases[i].is_core,
            i,
        ),
    )
    return Result(
        exercise.number,
        exercise.name,
        "failed",
        misconception=key,
        sentence=sentence,
        case=cases[index],
        expected=expected[index],
        actual=actual[index],
        tolerance=exercise.tolerance,
        **counts,
    )


def _examine_options(
    exercise: Exercise, function: Callable[..., Any], cases: list[Case], actual: list[CallResult]
) -> dict[str, Any]:
    """Return the fields of the result of a function with correct values; none if it passes."""
    called = next((answer.ready_made[0] for answer in actual if answer.ready_made), None)
    if called is not None:
        return {
            "status": "failed",
            "misconception": READY_MADE,
            "sentence": WORDS["ready_made"].format(function=called),
        }
    lost = lost_gradient(function, exercise.oracle, cases, exercise.gradient) if exercise.gradient else None
    if lost is None:
        return {}
    return {
        "status": "failed",
        "misconception": NO_GRADIENT,
        "sentence": gradient_sentence(lost),
        "case": lost.case,
        "expected": lost.expected,
        "actual": CallResult(lost.actual),
        "gradient_of": lost.name,
        "tolerance": exercise.tolerance,
    }


def _value(function: Callable[..., Any], case: Case) -> Tensor:
    """Return the oracle's answer as a tensor: bool if it is True or False, otherwise float64."""
    value = to_tensor(case.call(function))
    if value is None:
        raise TypeError("expected a number, a tensor, an array or nested lists of numbers from an oracle")
    return value.detach() if value.dtype == torch.bool else value.detach().double()


def _is_equal(a: Tensor, b: Tensor, tolerance: float) -> bool:
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=0, atol=tolerance, equal_nan=True)


def _is_correct(answer: CallResult, expected: Tensor, tolerance: float) -> bool:
    if answer.problem is not None or answer.value is None:
        return False
    return _is_equal(answer.value, expected, tolerance)


def _is_rounding(actual: list[CallResult], expected: list[Tensor], tolerance: float) -> bool:
    """Whether all answers are nearly correct, and those that are not have fewer digits than float64."""
    for answer, value in zip(actual, expected, strict=True):
        close = 100 * tolerance * max(1.0, float(value.double().abs().max()) if value.numel() else 0.0)
        if not _is_correct(answer, value, close if answer.is_low_precision else tolerance):
            return False
    return True


def _diagnose(
    exercise: Exercise, cases: list[Case], expected: list[Tensor], actual: list[CallResult]
) -> tuple[str | None, str, bool]:
    """Find the misconception that explains every case, or every core case: key, sentence, whether core cases only."""
    core = [i for i, case in enumerate(cases) if case.is_core]
    for chosen in (range(len(cases)), core if len(core) < len(cases) else []):
        core_only = chosen is core
        triples = [(cases[i], expected[i], actual[i]) for i in chosen]
        for key, misconception in exercise.misconceptions.items():
            if any(_explains(wrong, triples, exercise.tolerance) for wrong in misconception.wrong):
                where = f"{exercise.core_name}: " if core_only else ""
                return key, where + misconception.sentence, core_only
    return None, "", False


def _explains(wrong: Callable[..., Any], triples: list[tuple[Case, Tensor, CallResult]], tolerance: float) -> bool:
    witnesses, compared = 0, False
    for case, expected, answer in triples:
        try:
            value = _value(wrong, case)
        except (IndexError, RuntimeError) as error:  # such as an index outside the image, or slices of two sizes
            if answer.crash is None or answer.crash.kind != type(error).__name__:
                return False
            witnesses += 1
            continue
        compared = True
        if answer.value is None or not _is_equal(answer.value, value, tolerance):
            return False
        witnesses += not _is_equal(value, expected, tolerance)
    return compared and witnesses >= _MIN_WITNESSES  # if every call fails, the error says more
