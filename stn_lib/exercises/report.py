"""How the result of a check shows itself: as text in a terminal, as HTML in a notebook and on the page."""

from dataclasses import dataclass
from html import escape
from typing import Any

import torch
from torch import Tensor

from stn_lib import palette
from stn_lib.exercises.attempt import Attempt, Case, describe, describe_expected
from stn_lib.exercises.tables import CSS, html_row, number, prose, text_tables

#: Every word that a result shows, apart from the sentences of the misconceptions.
WORDS = {
    "exercise": "Exercise {number}",
    "passed": "right",
    "failed": "not yet",
    "unanswered": "waits for you. Replace the line",
    "unanswered_end": "with your own code, then run the cell again.",
    "passed_over": "The same as {against} in all {total} cases.",
    "agreed": "{agreed} of {total} cases agree with {against}.",
    "not_a_function": "Expected your function, got {got}: pass its name, without brackets.",
    "case": "The smallest case that fails",
    "expected": "expected",
    "yours": "yours",
    "difference": "Largest difference: {size} {where}.",
    "row_column": "at row {row}, column {column}",
    "part": "in number {index}",
    "alone": "",
    "crash": "Your code raised {kind}: {message}",
    "crash_where": "in {where}",
    "type": "Expected {expected}, got {got}.",
    "shape": "Expected {expected}, got {got}.",
    "shape_transposed": "Height and width are exchanged: sizes are (H, W), rows first.",
    "dtype": "Expected {expected}, got {got}: make new tensors with dtype=torch.float64.",
    "nan": "Your answer holds NaN or infinity: look for a division by zero, or the logarithm of 0.",
    "unanswered_once": "Your function returned {got} here: is a `return` missing on one branch?",
}


@dataclass(frozen=True)
class Result:
    """What a check found.

    Args:
        number: Of the exercise.
        name: Of the function asked for.
        status: "passed", "failed" or "unanswered".
        agreed: Number of cases that agree with the oracle.
        total: Number of cases.
        against: The oracle in words.
        misconception: Key of the misconception that explains the answers; None if none does.
        sentence: What it is and what to change.
        case: The smallest case that fails.
        expected: The right answer to it.
        attempt: The learner's.
        not_a_function: What was passed in the place of a function.
        tolerance: Larger differences are marked.

    Example:
        >>> Result("5.1", "bilinear", "unanswered")
        Exercise 5.1 waits for you. Replace the line `raise NotImplementedError` with your own code, \
then run the cell again.

    Chapter: 5
    """

    number: str
    name: str
    status: str
    agreed: int = 0
    total: int = 0
    against: str = ""
    misconception: str | None = None
    sentence: str = ""
    case: Case | None = None
    expected: Tensor | None = None
    attempt: Attempt | None = None
    not_a_function: Any = None
    tolerance: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every case agrees."""
        return self.status == "passed"

    @property
    def title(self) -> str:
        """The exercise's number and the function's name."""
        return f"{WORDS['exercise'].format(number=self.number)} · {self.name}"

    def notes(self) -> list[str]:
        """The sentences below the title, the most useful first."""
        if self.passed:
            return [WORDS["passed_over"].format(against=self.against, total=self.total)]
        if self.not_a_function is not None:
            return [WORDS["not_a_function"].format(got=describe(self.not_a_function))]
        lines = [self.sentence] if self.sentence else []
        lines += _problem(self.attempt, self.expected)
        return [*lines, WORDS["agreed"].format(agreed=self.agreed, total=self.total, against=self.against)]

    def difference(self) -> str:
        """The largest difference and where it is; empty if the answers cannot be compared."""
        return _difference(self.attempt, self.expected)

    def __repr__(self) -> str:
        if self.status == "unanswered":
            start = f"{WORDS['exercise'].format(number=self.number)} {WORDS['unanswered']}"
            return f"{start} `raise NotImplementedError` {WORDS['unanswered_end']}"
        mark = "✓" if self.passed else "✗"
        lines = [f"{mark} {self.title}: {WORDS[self.status]}", *(f"  {note}" for note in self.notes())]
        if self.case is not None:
            lines += ["", f"  {WORDS['case']}:", *text_tables(self.case.inputs), ""]
            lines += text_tables(self._answers())
            lines += [f"  {self.difference()}"] if self.difference() else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<style>{palette.css()}{CSS}</style>{self.html()}"

    def html(self) -> str:
        """The result as HTML, without its style sheet; every value is escaped."""
        if self.status == "unanswered":
            start = f"{WORDS['exercise'].format(number=self.number)} {WORDS['unanswered']}"
            body = f"{escape(start)} <code>raise NotImplementedError</code> {escape(WORDS['unanswered_end'])}"
            return f'<div class="stn-check stn-check-unanswered"><p>{body}</p></div>'
        mark = "✓" if self.passed else "✗"
        parts = [
            f'<p><span class="stn-check-mark"><span aria-hidden="true">{mark}</span> '
            f"{escape(self.title)}: {WORDS[self.status]}</span></p>"
        ]
        first, *rest = self.notes()
        kind = "stn-check-why" if self.status == "failed" and rest else "stn-check-note"
        parts += [f'<p class="{kind}">{prose(first)}</p>']
        parts += [f'<p class="stn-check-note">{prose(note)}</p>' for note in rest]
        if self.case is not None:
            parts += [f"<p>{WORDS['case']}:</p>", html_row(self.case.inputs)]
            parts += [html_row(self._answers(), WORDS["yours"], self._off())]
            if self.difference():
                parts += [f'<p class="stn-check-note">{escape(self.difference())}</p>']
        return f'<div class="stn-check stn-check-{self.status}">{"".join(parts)}</div>'

    def _answers(self) -> dict[str, Any]:
        answers = {WORDS["expected"]: self.expected}
        if self.attempt is not None and self.attempt.value is not None:
            answers[WORDS["yours"]] = self.attempt.value
        return answers

    def _off(self) -> Tensor | None:
        value = self.attempt.value if self.attempt else None
        if value is None or self.expected is None or value.shape != self.expected.shape:
            return None
        return ~torch.isclose(value, self.expected, rtol=0, atol=self.tolerance)


def _problem(attempt: Attempt | None, expected: Tensor | None) -> list[str]:
    if attempt is None or attempt.problem is None or expected is None:
        return []
    if attempt.problem == "crash":
        crash = attempt.crash
        line = WORDS["crash"].format(kind=crash.kind, message=crash.message)
        where = WORDS["crash_where"].format(where=crash.where)
        return [line, f"{where}: `{crash.line}`" if crash.line else where]
    if attempt.problem == "unanswered":
        return [WORDS["unanswered_once"].format(got=attempt.got or "nothing")]
    line = WORDS[attempt.problem].format(expected=describe_expected(expected), got=attempt.got)
    turned = attempt.value is not None and attempt.value.shape == expected.shape[::-1]
    return [line, WORDS["shape_transposed"]] if attempt.problem == "shape" and turned else [line]


def _difference(attempt: Attempt | None, expected: Tensor | None) -> str:
    value = attempt.value if attempt else None
    if value is None or expected is None or value.shape != expected.shape or not expected.numel():
        return ""
    gap = (value - expected).abs().nan_to_num(nan=torch.inf)
    index = int(gap.argmax())
    if expected.ndim == 2:
        where = WORDS["row_column"].format(row=index // gap.shape[1], column=index % gap.shape[1])
    else:
        where = WORDS["part"].format(index=index + 1) if expected.ndim == 1 else WORDS["alone"]
    return WORDS["difference"].format(size=number(gap.flatten()[index]), where=where).replace(" .", ".")
