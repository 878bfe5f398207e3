"""Define cases: the inputs that a check passes to the learner's function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Case:
    """One set of inputs.

    Args:
        inputs: Name and value of each argument, in the order of the call.
        keywords: Names of the arguments that are passed by keyword.
        is_core: False for a special case (at the border, say). If no misconception explains all cases, the
            core cases are examined alone, so that two mistakes at once do not hide each other.
    """

    inputs: dict[str, Any]
    keywords: tuple[str, ...] = ()
    is_core: bool = True

    @property
    def weight(self) -> int:
        """The number of values in the inputs: the smallest failing case is shown."""
        return sum(v.numel() if isinstance(v, Tensor) else 1 for v in self.inputs.values())

    def call(self, function: Callable[..., Any]) -> Any:
        """Call a function with copies of the inputs, so that the function cannot change the case."""
        copies = {k: _copy(v) for k, v in self.inputs.items()}
        by_keyword = {name: copies.pop(name) for name in self.keywords}
        return function(*copies.values(), **by_keyword)


def _copy(value: Any) -> Any:
    """Copy what a function can change: a tensor, or a list of lists."""
    if isinstance(value, Tensor):
        return value.clone()
    return [_copy(part) for part in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Named:
    """A function among the inputs of a case, which a result shows by its name."""

    name: str
    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def __str__(self) -> str:
        return self.name
