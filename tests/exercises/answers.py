"""The tables that the generated tests read: functions as learners write them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True)
class Answers:
    """Answers to one exercise.

    Args:
        correct: Functions that pass, written without the oracle of the check.
        mistaken: By the misconception that the check has to name: one function or several.
        unexplained: Wrong functions that no misconception explains.
    """

    correct: tuple[Function, ...]
    mistaken: dict[str, Function | tuple[Function, ...]]
    unexplained: tuple[Function, ...]


def slips(function: Function, check: Function) -> dict[str, Function]:
    """One function for each misconception of a check: `function(…, slip=key)` makes the mistake `key`, and no other."""
    return {key: partial(function, slip=key) for key in check.exercise.misconceptions}
