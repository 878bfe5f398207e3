"""A question that the reader answers before anything runs."""

import html

import traitlets

from stn_lib.widgets._base import Explorable


class Prediction(Explorable):
    """Asks for a guess, explains the option that was chosen, and remembers it in the reader's browser.

    Args:
        key: the name under which the browser remembers the answer; one per question in the book.
        question: one or two sentences.
        options: two or more of ``(text, right, why)``; ``why`` is shown when the option is chosen, so a
            wrong option explains the thought that leads to it.

    Raises:
        ValueError: fewer than two options, no right one, or an option without an explanation.

    Example:
        >>> ask = Prediction("ch0-sum", "1 + 1?", [("2", True, "Yes."), ("11", False, "That joins digits.")])
        >>> ask.choice
        -1

    Chapter: all
    """

    WORDS: dict[str, str] = {
        "eyebrow": "Predict first",
        "quiet": "Pick one. There is no score; the wrong answers are worth reading too.",
        "right": "\u2713 yes",
        "wrong": "\u2717 not quite",
        "again": "Ask me again",
    }
    key = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    #: Index of the chosen option, -1 while there is none.
    choice = traitlets.Int(-1).tag(sync=True)

    def __init__(self, key: str, question: str, options: list[tuple[str, bool, str]], **traits):
        rows = [{"text": text, "right": bool(right), "why": why} for text, right, why in options]
        if len(rows) < 2 or not any(row["right"] for row in rows) or not all(row["why"] for row in rows):
            raise ValueError(
                "expected two or more options (text, right, why), at least one right and each explained, "
                f"got {options!r}"
            )
        super().__init__(key=key, question=question, options=rows, **traits)

    def fallback(self) -> str:
        items = "".join(f"<li>{html.escape(row['text'])}</li>" for row in self.options)
        return f'<div class="stn-fallback"><p><strong>{html.escape(self.question)}</strong></p><ol type="a">{items}</ol></div>'
