"""A question that the reader answers before anything runs."""

import html

import traitlets

from stn_lib.widgets._base import Explorable


class Prediction(Explorable):
    """Asks for a guess, explains the option that was chosen, and remembers it in the reader's browser.

    Args:
        key: the name under which the browser remembers the answer; one per question in the book.
        question: one or two sentences.
        options: two or more of ``(text, correct, why)``. ``why`` is shown when the option is chosen: for a wrong option
            it explains the thought that leads to it.

    Raises:
        ValueError: fewer than two options, no correct one, or an option without an explanation.

    Example:
        >>> ask = Prediction("ch0-sum", "1 + 1?", [("2", True, "Yes."), ("11", False, "That joins digits.")])
        >>> ask.choice
        -1

    Chapter: all
    """

    WORDS: dict[str, str] = {
        "eyebrow": "Predict first",
        "quiet": "Choose an answer. There is no score, and each wrong answer has an explanation.",
        "correct": "\u2713 correct",
        "wrong": "\u2717 not correct",
        "again": "Answer again",
    }
    key = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    #: Index of the chosen option, -1 while there is none.
    choice = traitlets.Int(-1).tag(sync=True)

    def __init__(self, key: str, question: str, options: list[tuple[str, bool, str]], **traits):
        rows = [{"text": text, "correct": bool(correct), "why": why} for text, correct, why in options]
        if len(rows) < 2 or not any(row["correct"] for row in rows) or not all(row["why"] for row in rows):
            raise ValueError(
                "expected two or more options (text, correct, why), at least one correct and each explained, "
                f"got {options!r}"
            )
        super().__init__(key=key, question=question, options=rows, **traits)

    def fallback(self) -> str:
        items = "".join(f"<li>{html.escape(row['text'])}</li>" for row in self.options)
        return f'<div class="stn-fallback"><p><strong>{html.escape(self.question)}</strong></p><ol type="a">{items}</ol></div>'
