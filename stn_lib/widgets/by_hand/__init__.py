"""A question that the reader works by hand: numbers are entered on the page, and a wrong one is explained."""

import html
import random
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import traitlets

from stn_lib.widgets._base import Explorable
from stn_lib.widgets.by_hand._draws import Draw, Work
from stn_lib.widgets.by_hand._texts import Texts

#: How many other numbers a question offers at most, and how many draws are tried to find them.
OTHERS, ATTEMPTS = 24, 600
_questions: dict[str, str] = {}  # by name, of this process


class ByHand(Explorable):
    """Asks for one to six numbers, explains wrong ones, offers hints, and remembers the answer in the reader's browser.

    The functions run in Python, when the cell runs, for the first inputs and for up to 24 draws. The page compares
    numbers and needs no kernel. A function takes the inputs that its parameters name, all of them or some.

    Texts may use {names} of inputs: ``{a}``; ``{a:()}`` puts a negative number in parentheses; ``{a:+}`` is a term of a
    sum, "+ 2" or "− 2"; Python's formats, as ``{a:.2f}``, work too. A line break stays a line break.

    Args:
        name: letters, digits and hyphens, unique in the book: the browser remembers the answer under it.
        question: the text of the question.
        fields: labels of one to six numbers.
        answer: the correct number, or a tuple of as many numbers as there are fields, as a function of the inputs.
        solution: how the answer is found; it may also use {x0}, {x1}, …, the numbers of the answer, rounded.
        first: the inputs that the page opens with.
        draw: returns other inputs from a `random.Random`; None for a question with the first inputs alone.
        misconceptions: a sentence (what the learner did and what to change), and the wrong answer that it leads to as a
            function of the inputs.
        hints: shown one at a time.
        decimals: an entry is correct if it is within half a unit of this decimal.

    Raises:
        ValueError: texts, functions or numbers that do not fit together; the message says which, and what to do.

    Example:
        >>> ask = ByHand(
        ...     "double", "What is 2 · {a}?", fields=("result",), first={"a": 3},
        ...     draw=lambda rng: {"a": rng.randint(3, 9)}, answer=lambda a: 2 * a,
        ...     misconceptions={"You squared {a}: multiply it by 2.": lambda a: a * a},
        ...     hints=("Add {a} to {a}.",), solution="2 · {a} = {x0}",
        ... )
        >>> ask.draws[0]
        {'shown': ['3', '6'], 'answer': [6.0], 'wrong': [[9.0]]}

    Chapter: all
    """

    WORDS = {
        "eyebrow": "Work it out by hand",
        "solved": "\u2713 You have solved this question before.",
        "whole": "Write whole numbers, such as 3 or \u22122.",
        "one": "Write decimals or fractions, such as \u22120.5 or 3/4. One decimal is enough.",
        "many": "Write decimals or fractions, such as \u22120.5 or 3/4. {decimals} decimals are enough.",
        "check": "Check",
        "hint": "Hint {n} of {m}",
        "show": "Show the solution",
        "other": "Other numbers",
        "empty": "empty",
        "unreadable": "not a number",
        "right": "\u2713 correct",
        "wrong": "\u2717 not correct",
        "coarse": "write {decimals} decimals",
        "missing": "Write a number for {names}.",
        "correct": "\u2713 Correct.",
        "incorrect": "\u2717 Not correct yet.",
        "few": "Almost: write {decimals} decimals.",
        "partly": "Correct: {right}. Not correct yet: {wrong}.",
        "tryHint": "Try again, or take a hint.",
        "tryAgain": "Try again.",
        "trySolution": "Try again, or look at the solution.",
        "solution": "Solution",
    }  # fmt: skip
    name = traitlets.Unicode().tag(sync=True)
    fields = traitlets.List(traitlets.Unicode()).tag(sync=True)
    decimals = traitlets.Int().tag(sync=True)
    #: The texts, with numbered places: question, solution, hints, mistakes.
    texts = traitlets.Dict().tag(sync=True)
    #: For each choice of inputs: what fills the places of the texts, the answer, and the wrong answers.
    draws = traitlets.List().tag(sync=True)
    #: Which of the draws is shown, what the reader entered, and whether any of the draws was ever solved.
    asked = traitlets.Int(0, min=0).tag(sync=True)
    entries = traitlets.List(traitlets.Unicode()).tag(sync=True)
    solved = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        name: str,
        question: str,
        fields: Sequence[str],
        *,
        answer: Callable,
        solution: str,
        first: Mapping[str, object] | None = None,
        draw: Callable[[random.Random], Mapping[str, object]] | None = None,
        misconceptions: Mapping[str, Callable] | None = None,
        hints: Sequence[str] = (),
        decimals: int = 2,
        **traits,
    ):
        first, misconceptions = dict(first or {}), dict(misconceptions or {})
        _check_form(name, fields, hints, decimals)
        places = Texts()
        results = {f"x{k}" for k in range(len(fields))}
        if results & set(first):
            raise ValueError(
                f"expected other names of inputs than x0, x1, …, got {sorted(first)}: they name the answer"
            )
        texts = {
            "question": places.add(question, first, "the question"),
            "hints": [places.add(hint, first, "a hint") for hint in hints],
            "mistakes": [places.add(sentence, first, "a misconception") for sentence in misconceptions],
            "solution": places.add(solution, {*first, *results}, "the solution"),
        }
        work = Work(fields, first, answer, misconceptions, decimals)
        draws = [_row(places, work.at(first), decimals)]
        if draw is not None:
            draws += _others(draws[0], (_row(places, one, decimals) for one in work.draws(draw, name, ATTEMPTS)))
        _remember(name, question)
        super().__init__(
            name=name, fields=list(fields), decimals=decimals, texts=texts, draws=draws,
            **{"entries": [""] * len(fields)} | traits,
        )  # fmt: skip

    def text(self, template: str, asked: int = 0) -> str:
        """A text of this question as the page shows it for one of the draws."""
        shown = self.draws[asked]["shown"]
        return re.sub(r"\{(\d+)\}", lambda found: shown[int(found[1])], template)

    def fallback(self) -> str:
        question, solution = (html.escape(self.text(self.texts[part])) for part in ("question", "solution"))
        style = 'style="white-space: pre-wrap"'
        return (
            f'<div class="stn-fallback"><p {style}><strong>{question}</strong></p>'
            f"<details><summary>Show the solution</summary><p {style}>{solution}</p></details></div>"
        )


def _check_form(name: str, fields: Sequence[str], hints: Sequence[str], decimals: int) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", name):
        raise ValueError(f"expected a name of letters, digits and hyphens, got {name!r}: write it as in theta-corner")
    labels = [] if isinstance(fields, str) else list(fields)
    if not (
        1 <= len(labels) <= 6
        and len(set(labels)) == len(labels)
        and all(isinstance(f, str) and f.strip() for f in labels)
    ):
        raise ValueError(f'expected one to six different labels of fields, got {fields!r}: write fields=("x", "y")')
    if isinstance(hints, str):
        raise ValueError(f"expected a sequence of hints, got the text {hints!r}: write hints=(…,), with a comma")
    if isinstance(decimals, bool) or not isinstance(decimals, int) or not 0 <= decimals <= 6:
        raise ValueError(f"expected decimals to be a whole number from 0 to 6, got {decimals!r}")


def _row(places: Texts, draw: Draw, decimals: int) -> dict:
    rounded = {f"x{k}": _rounded(value, decimals) for k, value in enumerate(draw.answer)}
    shown = places.shown({**draw.inputs, **rounded})
    return {"shown": shown, "answer": list(draw.answer), "wrong": [list(numbers) for numbers in draw.wrong]}


def _rounded(value: float, decimals: int) -> float:
    """Round half up: 0.125 to 0.13, and 15.45 to 15.5, whatever its last bit."""
    exact = Decimal(f"{value:.10f}")
    return float(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def _others(first: dict, rows) -> list[dict]:
    """The first OTHERS rows that differ from the first one and from each other in what a reader sees."""
    found = {tuple(first["shown"]): first}
    for row in rows:
        found.setdefault(tuple(row["shown"]), row)
        if len(found) > OTHERS:
            break
    if len(found) == 1:
        raise ValueError(
            "expected draw to return other inputs whose answers can be told apart, got none in "
            f"{ATTEMPTS} draws: draw from more numbers, use the inputs in the question, or leave draw out"
        )
    return list(found.values())[1:]


def _remember(name: str, question: str) -> None:
    """Warn of a name that two questions share; running one cell again is no such case."""
    if _questions.setdefault(name, question) != question:
        warnings.warn(
            f"expected one question for each name, got {name!r} for {_questions[name]!r} and for {question!r}: "
            "choose another name, unless you have just changed the question",
            stacklevel=3,
        )
        _questions[name] = question
