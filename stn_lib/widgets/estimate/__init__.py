"""A question about two numbers: the reader places two markers on one axis before anything runs."""

import html
import math
from collections.abc import Mapping, Sequence

import traitlets

from stn_lib.widgets._base import Explorable


class Estimate(Explorable):
    """Ask for a guess of two numbers on a logarithmic axis, and remember both in the reader's browser.

    Place a second one with the same key and with `found` after the run: it shows the reader's markers, which follow every
    move, beside the run's results.

    Args:
        key: the name under which the browser stores the markers; unique for each question in the book.
        question: one or two sentences; after the run, a heading.
        names: the two things that the numbers belong to, such as ``("CNN", "ST-CNN")``.
        span: the ends of the axis, both above 0.
        unit: shown after each number, such as "%".
        found: the measured numbers by name, each 0 or more; None for the widget that asks. A number outside the axis is
            marked at its end.

    Raises:
        ValueError: other than two names, an invalid span, or `found` with other names than `names`.

    Example:
        >>> ask = Estimate("ch0-flips", "How often does each come up?", ("heads", "tails"), span=(1, 100), unit="%")
        >>> ask.guesses, Estimate("ch0-flips", "…", ("heads", "tails"), span=(1, 100), found={"heads": 48, "tails": 52}).found
        ([], [48.0, 52.0])

    Chapter: 7
    """

    WORDS: dict[str, str] = {
        "eyebrow": "Predict first",
        "compared": "Compare",
        "axis": "A logarithmic axis from {low} to {high}: each doubling has the same length.",
        "quiet": "Move both markers. There is no score.",
        "half": "Now move the other marker.",
        "missing": "You have set no markers yet: the question is at the top of the page.",
        "guessed": "Your guess: {first} for the {one}, {second} for the {other}, {relation}.",
        "measured": "The run: {first} for the {one}, {second} for the {other}, {relation}.",
        "times": "{ratio} times as many for the {more}",
        "close": "about as many",
        "none": "none for the {less}",
        "mine": "your guess",
        "run": "the run",
        "unset": "not set",
        "again": "Guess again",
    }
    key = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    span = traitlets.List(traitlets.Float()).tag(sync=True)
    unit = traitlets.Unicode("").tag(sync=True)
    #: The reader's numbers in the order of the names; 0 for a marker that is not set, empty if none is.
    guesses = traitlets.List(traitlets.Float()).tag(sync=True)
    #: The measured numbers in the order of the names; empty for the widget that asks.
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
            raise ValueError(f"expected two different names, got {names!r}: each gets a marker")
        if found is not None and (set(found) != set(names) or not all(0 <= v < math.inf for v in found.values())):
            raise ValueError(f"expected found to hold a number >= 0 for each of {names}, got {found}: name both")
        super().__init__(
            key=key, question=question, names=list(names), span=ends, unit=unit,
            found=[] if found is None else [float(found[name]) for name in names], **traits,
        )  # fmt: skip

    def fallback(self) -> str:
        """The question, and the logarithmic axis with a line for each name: empty, or with the measured number."""
        low, high = self.span
        unit = f" {self.unit}".rstrip()
        lines = [name + (f": {self.found[k]:.3g}{unit}" if self.found else "") for k, name in enumerate(self.names)]
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
        ticks = [lead * 10.0**power for power in powers for lead in (1, 2, 5)]

        def x(value: float) -> str:
            return f"{18 + 384 * math.log(min(max(value, low), high) / low) / math.log(high / low):.1f}"

        parts = [
            f'<text x="{x(value)}" y="114" font-size="13" text-anchor="middle">{html.escape(f"{value:g}{unit}")}</text>'
            for value in ticks
            if low <= value <= high
        ]
        for k, line in enumerate(lines):
            y = 46 * k + 30
            parts += [
                f'<text x="18" y="{y - 14}" font-size="14">{html.escape(line)}</text>',
                f'<path d="M18 {y}h384" style="stroke:var(--stn-line);stroke-width:4"/>',
            ]
            if self.found:
                parts.append(f'<circle cx="{x(self.found[k])}" cy="{y}" r="7"/>')
        axis = self.words["axis"].format(low=f"{low:g}{unit}", high=f"{high:g}{unit}")
        svg = (
            f'<svg viewBox="0 0 420 120" width="420" role="img" aria-label="{html.escape("; ".join([*lines, axis]))}" '
            f'style="fill:var(--stn-ink)">{"".join(parts)}</svg>'
        )
        return f'<div class="stn-fallback"><p><strong>{html.escape(self.question)}</strong></p>{svg}</div>'
