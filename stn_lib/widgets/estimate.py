"""A question whose answer is a number for each of several things: markers on one axis, before anything runs."""

import html
import math
from collections.abc import Mapping

import traitlets

from stn_lib.widgets._base import Explorable


class Estimate(Explorable, module="estimate"):
    """Asks where on a logarithmic axis each of two numbers will lie, and remembers it in the reader's browser.

    A second one of the same key, given what was found, stands behind the run that found it: it shows the reader's
    markers, as they are moved, and the run's beside them.

    Args:
        key: the name under which the browser remembers the markers; one per question in the book.
        question: one or two sentences.
        names: what the two numbers belong to, as ``("CNN", "ST-CNN")``.
        span: the ends of the axis, both above 0.
        unit: behind each number; "%" for instance.
        found: what was measured, by name; none for the widget that asks.

    Raises:
        ValueError: other than two names, a span that is none, or something found that was not asked for, or lies off
            the axis.

    Example:
        >>> ask = Estimate("ch0-flips", "How often does each come up?", ("heads", "tails"), span=(1, 100), unit="%")
        >>> ask.guesses, Estimate("ch0-flips", "…", ("heads", "tails"), span=(1, 100), found={"heads": 48, "tails": 52}).found
        ([], [48.0, 52.0])

    Chapter: 7
    """

    WORDS: dict[str, str] = {
        "eyebrow": "Predict first",
        "compared": "Your guess and the run",
        "quiet": "Move both markers. There is no score.",
        "told": "Your guess: {first} for the {one}, {second} for the {other}, {ratio} times as many for the {more}.",
        "same": "Your guess: {first} for both.",
        "half": "Now the other one.",
        "missing": "You have set no markers yet: the question stands at the top of the page.",
        "measured": "The run: {first} for the {one}, {second} for the {other}, {ratio} times as many for the {more}.",
        "equal": "The run: {first} for both.",
        "mine": "your guess",
        "run": "the run",
        "unset": "?",
        "again": "Ask me again",
    }
    key = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    span = traitlets.List(traitlets.Float()).tag(sync=True)
    unit = traitlets.Unicode("").tag(sync=True)
    #: The reader's numbers in the order of the names; 0 where none was set, empty where none was at all.
    guesses = traitlets.List(traitlets.Float()).tag(sync=True)
    #: What was measured, in the order of the names; empty while it asks.
    found = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(
        self,
        key: str,
        question: str,
        names: tuple[str, str],
        *,
        span: tuple[float, float],
        unit: str = "",
        found: Mapping[str, float] | None = None,
        **traits,
    ):
        low, high = map(float, span)
        if len(names) != 2 or not (0 < low < high and math.isfinite(high)):
            raise ValueError(f"expected two names and a span (low, high) with 0 < low < high, got {names!r}, {span!r}")
        if found is not None and (set(found) != set(names) or not all(low <= v <= high for v in found.values())):
            raise ValueError(
                f"expected found to hold a number from {low:g} to {high:g} for each of {names}, got {found}"
            )
        super().__init__(
            key=key, question=question, names=list(names), span=[low, high], unit=unit,
            found=[] if found is None else [float(found[name]) for name in names], **traits,
        )  # fmt: skip

    def fallback(self) -> str:
        if not self.found:
            return f'<div class="stn-fallback"><p><strong>{html.escape(self.question)}</strong></p></div>'
        rows = "".join(
            f"<li>{html.escape(name)}: {value:.3g} {html.escape(self.unit)}</li>"
            for name, value in zip(self.names, self.found, strict=True)
        )
        return f'<div class="stn-fallback"><p>{html.escape(self.words["run"])}</p><ul>{rows}</ul></div>'
