"""Texts with {names}: numbers as a reader sees them, and which names a text may use."""

import math
import numbers
import string
from collections.abc import Collection, Mapping

MINUS = "\u2212"


def plain(value) -> str:
    """A number without needless zeros and with a true minus sign; the entries of a list, with commas; a word as it is.

    Example:
        >>> plain(2.0), plain(-0.25), plain(1 / 3), plain((0, 1, 1)), plain("left")
        ('2', '−0.25', '0.333333', '0, 1, 1', 'left')
    """
    if isinstance(value, (list, tuple)):
        return ", ".join(map(plain, value))
    if not isinstance(value, numbers.Real):
        return str(value)
    number = float(value)
    if not math.isfinite(number):
        return str(number)
    text = f"{number:.3g}" if 0 < abs(number) < 1e-4 else f"{number:.6f}".rstrip("0").rstrip(".")
    return text.replace("-", MINUS) if float(text) else "0"


class _Numbers(string.Formatter):
    """``{a}``; ``{a:()}``, in parentheses if negative; ``{a:+}``, a term of a sum; or Python's own, as ``{a:.2f}``."""

    def format_field(self, value, spec):
        text = plain(value)
        if spec == "()":
            return f"({text})" if text.startswith(MINUS) else text
        if spec == "+":
            return f"{MINUS} {text[1:]}" if text.startswith(MINUS) else f"+ {text}"
        return format(value, spec).replace("-", MINUS) if spec else text


class Texts:
    """The {names} of several texts, numbered, so that the page needs no more than the strings to put there.

    Example:
        >>> texts = Texts()
        >>> texts.add("What is {a:()} · {b}?", {"a", "b"}, "the question")
        'What is {0} · {1}?'
        >>> texts.shown({"a": -1, "b": 2.5})
        ['(−1)', '2.5']
    """

    def __init__(self):
        self.places: list[str] = []

    def add(self, text: str, known: Collection[str], what: str) -> str:
        """Return the text with a number in place of each name.

        Raises:
            ValueError: an empty text, a brace without its partner, or a name that is not known.
        """
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"expected a text for {what}, got {text!r}: write at least one word")
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError as error:
            raise ValueError(f"expected {{name}} or doubled braces in {what}, got {text!r}: {error}") from error
        return "".join(literal + self._place(name, spec, text, known, what) for literal, name, spec, _ in parts)

    def _place(self, name: str | None, spec: str | None, text: str, known: Collection[str], what: str) -> str:
        if name is None:
            return ""
        if name.partition("[")[0] not in known:
            names = ", ".join(sorted(known)) or "no name, for there are no inputs"
            raise ValueError(f"expected {what} to use {names}, got {{{name}}} in {text!r}: name an input of `first`")
        place = f"{{{name}:{spec}}}" if spec else f"{{{name}}}"
        if place not in self.places:
            self.places.append(place)
        return f"{{{self.places.index(place)}}}"

    def shown(self, values: Mapping[str, object]) -> list[str]:
        """What fills each numbered place for these values."""
        return [_Numbers().vformat(place, (), values) for place in self.places]
