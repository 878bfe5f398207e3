"""Show the result of a check: as text in a terminal, as HTML in a notebook and on the page."""

from dataclasses import dataclass
from html import escape
from typing import Any

import torch
from torch import Tensor

from stn_lib import palette
from stn_lib.exercises.framework.answer_value import describe, describe_expected
from stn_lib.exercises.framework.call_result import CallResult
from stn_lib.exercises.framework.cases import Case
from stn_lib.exercises.framework.gradient import LostGradient
from stn_lib.exercises.framework.html import CSS, cells, html_row, number, prose

#: Every word that a result shows, apart from the sentences of the misconceptions.
WORDS = {
    "exercise": "Exercise {number}",
    "passed": "correct",
    "failed": "not yet",
    "unanswered": "waits for you. Replace the line",
    "unanswered_end": "with your own code, then run the cell again.",
    "passed_over": "The same as {oracle_name} in all {total} cases.",
    "agreed": "{agreed} of {total} cases agree with {oracle_name}.",
    "not_a_function": "Expected your function, got {got}: pass its name, without brackets.",
    "case": "The smallest case that fails",
    "expected": "expected",
    "yours": "yours",
    "difference": "Largest difference: {size}{where}.",
    "row_column": " at row {row}, column {column}",
    "part": " in number {index}",
    "crash": "Your code raised {kind}: {message}",
    "crash_where": "in {where}",
    "type": "Expected {expected}, got {got}.",
    "shape": "Expected {expected}, got {got}.",
    "shape_transposed": "Rows and columns are exchanged: an image has the shape (H, W), theta the shape (2, 3).",
    "extra_axis": "Expected {expected}, got {got}: drop an axis of length 1 with `[0]`, or add one with `[None]`.",
    "nan": "Your answer holds NaN or infinity: look for a division by 0 or the logarithm of 0.",
    "no_return": "Your function returns nothing: add a `return` line with its result (`print` only shows a value).",
    "no_return_once": "Your function returned {got} here: is a `return` missing on one branch?",
    "low_precision": "Your numbers are nearly correct, but rounded: compute in float64 (`.double()`, or "
    "dtype=torch.float64), not in float32.",
    "crash_dtype": "The inputs are float64. Make your own tensors with dtype=torch.float64, or convert them with `.double()`.",
    "crash_array": "Your code mixes numpy arrays and tensors. `torch.from_numpy(…)` makes a tensor of an array.",
    "ready_made": "The values are correct, but your code calls the ready-made `{function}`, which the exercise asks you "
    "to do without.",
    "gradient_cut": "The values are correct, but no gradient reaches `{name}`: it ends at `{cut}`, which gives plain "
    "numbers or a detached tensor. Compute with the tensors themselves up to the `return`.",
    "gradient_none": "The values are correct, but no gradient reaches `{name}`. Rounding, comparisons and numbers that "
    "do not come from `{name}` have none.",
    "gradient_wrong": "The values are correct, but the gradient with respect to `{name}` is not.",
    "gradient_wrong_cut": "The values are correct, but the gradient with respect to `{name}` is not: part of it may end "
    "at `{cut}`, which gives plain numbers or a detached tensor.",
    "gradient_crash": "The values are correct, but your code raises an error if `{name}` needs a gradient: {message}",
    "of_gradient": "{answer}, gradient with respect to {name}",
}


@dataclass(frozen=True)
class Result:
    """The result of a check.

    Args:
        number: Of the exercise.
        name: Of the function to write.
        status: "passed", "failed" or "unanswered".
        agreed: Number of cases that agree with the oracle.
        total: Number of cases.
        oracle_name: The oracle in words.
        misconception: Key of the misconception that explains the answers; None if none does.
        sentence: What the learner did, and what to change.
        case: The smallest case that fails.
        expected: The correct answer to it.
        actual: The learner's answer to it.
        not_a_function: What was passed in place of a function.
        tolerance: Larger differences are marked.
        gradient_of: Name of an input, if `expected` and `actual` are gradients with respect to it.

    Example:
        >>> Result("5.1", "bilinear", "unanswered")
        Exercise 5.1 waits for you. Replace the line `raise NotImplementedError` with your own code, \
then run the cell again.
    """

    number: str
    name: str
    status: str
    agreed: int = 0
    total: int = 0
    oracle_name: str = ""
    misconception: str | None = None
    sentence: str = ""
    case: Case | None = None
    expected: Tensor | None = None
    actual: CallResult | None = None
    not_a_function: Any = None
    tolerance: float = 0.0
    gradient_of: str = ""

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
            return [WORDS["passed_over"].format(oracle_name=self.oracle_name, total=self.total)]
        if self.case is None and self.sentence:
            return [self.sentence]
        if self.gradient_of:
            return [self.sentence]
        if self.not_a_function is not None:
            return [WORDS["not_a_function"].format(got=describe(self.not_a_function))]
        lines = [self.sentence] if self.sentence else []
        lines += _problem(self.actual, self.expected)
        return [*lines, WORDS["agreed"].format(agreed=self.agreed, total=self.total, oracle_name=self.oracle_name)]

    def difference(self) -> str:
        """The largest difference and its place; empty if the answers cannot be compared."""
        return _difference(self.actual, self.expected)

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
            parts += [html_row(self._answers(), self._label("yours"), self._is_wrong())]
            if self.difference():
                parts += [f'<p class="stn-check-note">{escape(self.difference())}</p>']
        return f'<div class="stn-check stn-check-{self.status}">{"".join(parts)}</div>'

    def _label(self, key: str) -> str:
        answer = WORDS[key]
        return WORDS["of_gradient"].format(answer=answer, name=self.gradient_of) if self.gradient_of else answer

    def _answers(self) -> dict[str, Any]:
        answers = {self._label("expected"): self.expected}
        if self.actual is not None and self.actual.value is not None:
            value = self.actual.value
            is_flag = self.expected is not None and self.expected.dtype == torch.bool and value.eq(value.bool()).all()
            answers[self._label("yours")] = value.bool() if is_flag else value
        return answers

    def _is_wrong(self) -> Tensor | None:
        value = self.actual.value if self.actual else None
        if value is None or self.expected is None or value.shape != self.expected.shape:
            return None
        return ~torch.isclose(value.double(), self.expected.double(), rtol=0, atol=self.tolerance)


def _problem(actual: CallResult | None, expected: Tensor | None) -> list[str]:
    if actual is None or actual.problem is None or expected is None:
        return []
    if actual.problem == "crash":
        crash = actual.crash
        line = WORDS["crash"].format(kind=crash.kind, message=crash.message)
        where = WORDS["crash_where"].format(where=crash.where)
        return [line, f"{where}: `{crash.line}`" if crash.line else where, *_cure(crash.message)]
    if actual.problem in ("unanswered", "no_return"):
        return [WORDS["no_return_once"].format(got=actual.description or "nothing")]
    line = WORDS[actual.problem].format(expected=describe_expected(expected), got=actual.description)
    is_transposed = actual.value is not None and expected.ndim > 1 and actual.value.shape == expected.mT.shape
    return [line, WORDS["shape_transposed"]] if actual.problem == "shape" and is_transposed else [line]


def _cure(message: str) -> list[str]:
    """What to change after an error that torch reports in words which a beginner does not know."""
    if "dtype" in message or ("Double" in message and "Float" in message):
        return [WORDS["crash_dtype"]]
    return [WORDS["crash_array"]] if "numpy.ndarray" in message else []


def gradient_sentence(lost: LostGradient) -> str:
    """Say that the gradient is lost, and at which call.

    Example:
        >>> gradient_sentence(LostGradient(Case({}), "x", torch.zeros(()), torch.ones(())))
        'The values are correct, but the gradient with respect to `x` is not.'
    """
    if lost.actual is not None:
        key = "gradient_wrong_cut" if lost.cut else "gradient_wrong"
    elif lost.cut:
        key = "gradient_cut"
    else:
        key = "gradient_crash" if lost.message else "gradient_none"
    return WORDS[key].format(name=lost.name, cut=lost.cut, message=lost.message)


def _difference(actual: CallResult | None, expected: Tensor | None) -> str:
    value = actual.value if actual else None
    if value is None or expected is None or value.shape != expected.shape or not expected.numel():
        return ""
    if expected.dtype == torch.bool:
        return ""
    gap = (value - expected.double()).abs().nan_to_num(nan=torch.inf)
    if not gap.any():  # only the shape is wrong
        return ""
    index = int(gap.argmax())
    if expected.ndim == 2:
        where = WORDS["row_column"].format(row=index // gap.shape[1], column=index % gap.shape[1])
    else:
        where = WORDS["part"].format(index=index + 1) if expected.ndim == 1 else ""
    return WORDS["difference"].format(size=number(gap.flatten()[index]), where=where)


def text_tables(named: dict[str, Any]) -> list[str]:
    """Lay out tables side by side, as lines of text.

    Example:
        >>> text_tables({"x": 1.6, "y": 2.4})
        ['    x      y', '    1.6    2.4']
    """
    blocks = []
    for name, value in named.items():
        texts = cells(value)
        width = max((len(c) for row in texts for c in row), default=0)
        lines = [name, *("  ".join(c.rjust(width) for c in row) for row in texts)]
        full = max(map(len, lines))
        blocks.append([line.ljust(full) for line in lines])
    height = max(map(len, blocks))
    filled = [block + [" " * len(block[0])] * (height - len(block)) for block in blocks]
    return ["    " + "    ".join(parts).rstrip() for parts in zip(*filled, strict=True)]
