"""A question whose answer is a number for each of several things: markers on one axis, before anything runs."""

import html
import math
from collections.abc import Mapping, Sequence

import traitlets

from stn_lib.widgets._base import Explorable


class Estimate(Explorable):
    """Asks where on a logarithmic axis each of two numbers will lie, and remembers it in the reader's browser.

    A second one of the same key, given what was found, stands behind the run that found it: it shows the reader's
    markers, as they are moved, and the run's beside them.

    Args:
        key: the name under which the browser remembers the markers; one per question in the book.
        question: one or two sentences; behind the run, a heading.
        names: what the two numbers belong to, as ``("CNN", "ST-CNN")``.
        span: the ends of the axis, both above 0.
        unit: behind each number; "%" for instance.
        found: what was measured, by name, 0 or more; None for the widget that asks. A number off the axis is marked at
            its end.

    Raises:
        ValueError: other than two names, a span that is none, or something found that was not asked for.

    Example:
        >>> ask = Estimate("ch0-flips", "How often does each come up?", ("heads", "tails"), span=(1, 100), unit="%")
        >>> ask.guesses, Estimate("ch0-flips", "…", ("heads", "tails"), span=(1, 100), found={"heads": 48, "tails": 52}).found
        ([], [48.0, 52.0])

    Chapter: 7
    """

    WORDS: dict[str, str] = {
        "eyebrow": "Predict first",
        "compared": "Compare",
        "axis": "Each doubling is as far as the next: a logarithmic axis from {low} to {high}.",
        "quiet": "Move both markers. There is no score.",
        "half": "One marker is still to be moved.",
        "missing": "You have set no markers yet: the question stands at the top of the page.",
        "told": "Your guess: {first} for the {one}, {second} for the {other}, {relation}.",
        "measured": "The run: {first} for the {one}, {second} for the {other}, {relation}.",
        "times": "{ratio} times as many for the {more}",
        "close": "about as many",
        "none": "not one for the {less}",
        "mine": "your guess",
        "run": "the run",
        "unset": "not set",
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
        ends = [float(end) for end in span] if isinstance(span, Sequence) else []
        if len(ends) != 2 or not 0 < ends[0] < ends[1] < math.inf:
            raise ValueError(f"expected span (low, high) with 0 < low < high, got {span!r}: give the ends of the axis")
        if len(names) != 2 or names[0] == names[1]:
            raise ValueError(f"expected two different names, got {names!r}: a marker is asked for each")
        if found is not None and (set(found) != set(names) or not all(0 <= v < math.inf for v in found.values())):
            raise ValueError(f"expected found to hold a number >= 0 for each of {names}, got {found}: name both")
        super().__init__(
            key=key, question=question, names=list(names), span=ends, unit=unit,
            found=[] if found is None else [float(found[name]) for name in names], **traits,
        )  # fmt: skip

    def fallback(self) -> str:
        question = f"<p><strong>{html.escape(self.question)}</strong></p>"
        if not self.found:
            return f'<div class="stn-fallback">{question}</div>'
        rows = "".join(
            f"<li>{html.escape(name)}: {value:.3g} {html.escape(self.unit)}</li>"
            for name, value in zip(self.names, self.found, strict=True)
        )
        return f'<div class="stn-fallback">{question}<ul>{rows}</ul></div>'
