"""The numbers of a question: the answer and where each misconception leads, computed by the author's functions."""

import inspect
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Numbers = tuple[float, ...]


def slack(decimals: int, value: float) -> float:
    """How far an entry may be from a number: half a unit of the last decimal."""
    return 0.5 * 10.0**-decimals + 1e-9 * max(1.0, abs(value))


def accepts(expected: Numbers, entered: Sequence[float], decimals: int) -> bool:
    """Whether all entries agree with the numbers, within half a unit of the last decimal.

    Example:
        >>> accepts((1 / 3, 2.0), (0.33, 2), 2), accepts((1 / 3, 2.0), (0.34, 2), 2)
        (True, False)
    """
    return all(abs(e - v) <= slack(decimals, v) for v, e in zip(expected, entered, strict=True))


def alike(one: Numbers, other: Numbers, decimals: int) -> bool:
    """Whether someone who means one of the two, exactly or rounded, may be taken to mean the other."""
    return any(
        accepts(a, b, decimals) or accepts(a, [round(value, decimals) for value in b], decimals)
        for a, b in ((one, other), (other, one))
    )


@dataclass(frozen=True)
class Draw:
    """One choice of inputs, with its answer and its wrong answers in the order of the misconceptions."""

    inputs: Mapping[str, object]
    answer: Numbers
    wrong: tuple[Numbers, ...]


class Clash(ValueError):
    """Two answers that the page could not tell apart."""


class Work:
    """The author's functions, called for one choice of inputs after the other.

    Args:
        fields: labels of the numbers.
        first: the inputs that the page opens with.
        answer: a function of the inputs, or of some of them by name.
        misconceptions: a sentence for each wrong answer, and its function.
        decimals: places that count.

    Raises:
        ValueError: a function that names something else than inputs.
    """

    def __init__(
        self,
        fields: Sequence[str],
        first: Mapping,
        answer: Callable,
        misconceptions: Mapping[str, Callable],
        decimals: int,
    ):
        self.fields, self.first, self.decimals = fields, first, decimals
        self.answer = self._bound(answer, "answer")
        self.wrong = {
            sentence: self._bound(function, f"the misconception {sentence!r}")
            for sentence, function in misconceptions.items()
        }

    def _bound(self, function: Callable, what: str) -> Callable[[Mapping], Numbers]:
        if not callable(function):
            raise ValueError(f"expected {what} to be a function of the inputs, got {function!r}: write lambda …: …")
        parameters = inspect.signature(function).parameters.values()
        anything = any(p.kind is p.VAR_KEYWORD for p in parameters)
        named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        unknown = [p.name for p in named if p.name not in self.first and p.default is p.empty]
        if unknown:
            raise ValueError(
                f"expected {what} to be a function of the inputs ({', '.join(self.first)}), "
                f"got the parameter {', '.join(unknown)}: name an input of `first`"
            )
        wanted = {p.name for p in named}

        def call(inputs: Mapping) -> Numbers:
            given = inputs if anything else {name: value for name, value in inputs.items() if name in wanted}
            return self._numbers(function(**given), what, inputs)

        return call

    def _numbers(self, result, what: str, inputs: Mapping) -> Numbers:
        values = result if hasattr(result, "__len__") and not isinstance(result, str) else (result,)
        try:
            numbers = tuple(float(value) for value in values)
        except (TypeError, ValueError):
            numbers = ()
        if len(numbers) != len(self.fields):
            raise ValueError(
                f"expected {len(self.fields)} number(s) from {what}, one for each field "
                f"({', '.join(self.fields)}), got {result!r} for the inputs {dict(inputs)}: return them as a tuple"
            )
        if not all(map(math.isfinite, numbers)):
            raise Clash(
                f"expected finite numbers from {what}, got {result!r} for the inputs {dict(inputs)}: choose other inputs"
            )
        return numbers

    def at(self, inputs: Mapping) -> Draw:
        """The numbers for these inputs.

        Raises:
            Clash: a number that is not finite, or two answers that agree after rounding.
            ValueError: something else than a number for each field.
        """
        answer = self.answer(inputs)
        wrong: dict[str, Numbers] = {}
        for sentence, function in self.wrong.items():
            numbers = function(inputs)
            for other, found in (("the correct answer", answer), *wrong.items()):
                if alike(found, numbers, self.decimals):
                    raise Clash(
                        f"expected {sentence!r} to give other numbers than {other!r}, got {numbers} and {found} for the "
                        f"inputs {dict(inputs)}, the same after rounding to {self.decimals} decimals: choose other inputs"
                    )
            wrong[sentence] = numbers
        return Draw(dict(inputs), answer, tuple(wrong.values()))

    def draws(self, draw: Callable[[random.Random], Mapping], seed: str, attempts: int) -> Iterator[Draw]:
        """Further choices of inputs; those that `at` refuses, or that divide by zero, are left out.

        Raises:
            ValueError: a draw whose names differ from those of the first inputs.
        """
        rng = random.Random(seed)
        for _ in range(attempts):
            inputs = draw(rng)
            if not isinstance(inputs, Mapping) or set(inputs) != set(self.first):
                raise ValueError(
                    f"expected draw to return the inputs {', '.join(self.first)}, got {inputs!r}: name them as in `first`"
                )
            try:
                yield self.at(inputs)
            except (Clash, ZeroDivisionError):
                continue
