"""The exercise frame: it runs a learner's function on many small cases and says what went wrong, by name.

A check knows an oracle (torch, or a formula) and a table of misconceptions, each with the wrong function
that it leads to. A misconception is named only if the learner's answers are those of the wrong function
in every case, so that a coincidence in one number names nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.attempt import Attempt, Case, attempt
from stn_lib.exercises.report import Result

#: A wrong function explains nothing until it is wrong in this many cases.
_MIN_WITNESSES = 3


@dataclass(frozen=True)
class Misconception:
    """A mistake with a name.

    Args:
        key: The name, for tests and for `Result.misconception`.
        sentence: What the learner did, and what to change: one or two short sentences.
        wrong: The functions that this mistake leads to, called as the learner's function is.

    Chapter: 5
    """

    key: str
    sentence: str
    wrong: tuple[Callable[..., Any], ...]


@dataclass(frozen=True)
class Exercise:
    """Everything a check needs to know.

    Args:
        number: As the chapter counts them, such as "5.1".
        name: The name of the function that the learner writes.
        draw: Draws the cases from a generator.
        oracle: The right answer, computed by something the learner does not write.
        against: The oracle in words, completing "the same as …".
        misconceptions: The more special before the more general: the first that explains is named.
        plain: Which cases `Case.plain` marks, in words, such as "Inside the picture".
        tolerance: Largest difference that passes; wide enough for a step in single precision, which
            learners slip in unawares, and far below what any misconception changes.

    Chapter: 5
    """

    number: str
    name: str
    draw: Callable[[torch.Generator], list[Case]]
    oracle: Callable[..., Any]
    against: str
    misconceptions: tuple[Misconception, ...]
    plain: str = ""
    tolerance: float = 1e-4


def run(exercise: Exercise, function: Callable[..., Any], seed: int = 0) -> Result:
    """Run a learner's function on the cases of an exercise.

    Args:
        exercise: What is asked.
        function: The learner's function.
        seed: Of the generator that the cases are drawn from; global random state is not touched.

    Returns:
        The result, which shows itself in a notebook (`_repr_html_`) and as text.

    Example:
        >>> exercise = Exercise("0.1", "twice", lambda g: [Case({"x": 1.0}), Case({"x": 2.0})],
        ...                     lambda x: torch.tensor(2 * x), "2 * x", ())
        >>> run(exercise, lambda x: x + x).passed
        True

    Chapter: 5
    """
    if not callable(function):
        blank = function is None or function is Ellipsis
        status = "unanswered" if blank else "failed"
        return Result(exercise.number, exercise.name, status, not_a_function=None if blank else function)
    cases = exercise.draw(torch.Generator().manual_seed(seed))
    truths = [_value(exercise.oracle, case) for case in cases]
    attempts = [attempt(function, case, truth) for case, truth in zip(cases, truths, strict=True)]
    if all(a.problem == "unanswered" for a in attempts):
        return Result(exercise.number, exercise.name, "unanswered")
    right = [_right(a, t, exercise.tolerance) for a, t in zip(attempts, truths, strict=True)]
    count = {"agreed": sum(right), "total": len(cases), "against": exercise.against}
    if all(right):
        return Result(exercise.number, exercise.name, "passed", **count)
    key, sentence, limited = _diagnose(exercise, cases, truths, attempts)
    # A case with a crash or a wrong shape comes first; then the smallest; among equals a plain one.
    index = min(
        (i for i, ok in enumerate(right) if not ok),
        key=lambda i: (
            limited and not cases[i].plain,
            attempts[i].problem is None,
            cases[i].weight,
            not cases[i].plain,
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
        expected=truths[index],
        attempt=attempts[index],
        tolerance=exercise.tolerance,
        **count,
    )


def _value(function: Callable[..., Any], case: Case) -> Tensor:
    answer = case.call(function)
    if isinstance(answer, tuple):
        return torch.tensor([float(part) for part in answer], dtype=torch.float64)
    return torch.as_tensor(answer, dtype=torch.float64)


def _same(a: Tensor, b: Tensor, tolerance: float) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=tolerance, equal_nan=True)


def _right(attempt: Attempt, truth: Tensor, tolerance: float) -> bool:
    if attempt.problem is not None or attempt.value is None:
        return False
    return _same(attempt.value, truth, tolerance)


def _diagnose(
    exercise: Exercise, cases: list[Case], truths: list[Tensor], attempts: list[Attempt]
) -> tuple[str | None, str, bool]:
    """The key and the sentence of the misconception that explains every case, or every plain case."""
    plain = [i for i, case in enumerate(cases) if case.plain]
    for chosen in (range(len(cases)), plain if len(plain) < len(cases) else []):
        limited = chosen is plain
        picked = [(cases[i], truths[i], attempts[i]) for i in chosen]
        for misconception in exercise.misconceptions:
            if any(_explains(wrong, picked, exercise.tolerance) for wrong in misconception.wrong):
                where = f"{exercise.plain}: " if limited else ""
                return misconception.key, where + misconception.sentence, limited
    return None, "", False


def _explains(wrong: Callable[..., Any], picked: list[tuple[Case, Tensor, Attempt]], tolerance: float) -> bool:
    witnesses = 0
    for case, truth, got in picked:
        try:
            value = _value(wrong, case)
        except IndexError:  # a wrong function may run off the picture, as the learner's does
            if got.crash is None or got.crash.kind != "IndexError":
                return False
            witnesses += 1
            continue
        if got.value is None or not _same(got.value, value, tolerance):
            return False
        witnesses += not _same(value, truth, tolerance)
    return witnesses >= _MIN_WITNESSES
