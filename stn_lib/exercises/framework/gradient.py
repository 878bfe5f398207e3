"""Compare the gradient of a learner's function with the oracle's, and find out where it is lost.

Each answer is multiplied by fixed random numbers and added up; the gradient of this sum with respect to the inputs
depends on every number of the answer.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from stn_lib.exercises.framework.answer_value import to_tensor
from stn_lib.exercises.framework.cases import Case

#: Largest accepted difference of a gradient, relative to its largest number, or to 1 if that is smaller.
_TOLERANCE = 1e-3
#: A gradient is compared only where it changes by less than half of that if the inputs change by this much: at a kink,
#: such as a sample point on a pixel centre, it has two sides, and either is correct.
_STEP = 1e-5

#: What makes a plain number or a detached tensor of a tensor, and how a learner writes it.
_CUTS = {
    "item": ".item()",
    "detach": ".detach()",
    "detach_": ".detach_()",
    "tolist": ".tolist()",
    "numpy": ".numpy()",
    "__array__": "numpy",
    "tensor": "torch.tensor(…)",
    "new_tensor": ".new_tensor(…)",
    "as_tensor": "torch.as_tensor(…)",
}
#: These may be meant: `math.floor(x)` chooses a pixel.
_SOFT_CUTS = {"__float__": "float(…)", "__int__": "int(…)", "__index__": "int(…)"}


@dataclass(frozen=True)
class LostGradient:
    """A case in which the learner's gradient differs from the oracle's.

    Args:
        case: The inputs.
        name: The input whose gradient differs.
        expected: The oracle's gradient with respect to it.
        actual: The learner's; None if the gradient does not reach this input.
        cut: What the learner's code calls that loses the gradient, such as ".item()"; empty if nothing was seen.
        message: The error that the learner's code raises for inputs that need a gradient; mostly empty.
    """

    case: Case
    name: str
    expected: Tensor
    actual: Tensor | None = None
    cut: str = ""
    message: str = ""


def lost_gradient(
    function: Callable[..., Any], oracle: Callable[..., Any], cases: list[Case], names: tuple[str, ...]
) -> LostGradient | None:
    """Find the first case in which a learner's function has another gradient than the oracle.

    Args:
        function: The learner's function, whose values are correct.
        oracle: The correct function, which torch can differentiate.
        cases: The inputs.
        names: The inputs, tensors or numbers, with respect to which the gradient is compared.

    Returns:
        That case; None if all gradients agree.

    Example:
        >>> cases = [Case({"x": torch.tensor(3.0)})]
        >>> lost_gradient(lambda x: torch.tensor(x.item() ** 2), lambda x: x * x, cases, ("x",)).cut
        '.item()'
    """
    for case in sorted(cases, key=lambda case: case.weight):
        expected = _gradients(oracle, case, names)
        if _is_at_a_kink(oracle, case, names, expected):
            continue
        with _WatchForCuts() as cuts:
            try:
                actual = _gradients(function, case, names)
            except Exception as error:  # the learner's code may raise anything
                message = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
                return LostGradient(case, names[0], expected[0], cut=cuts.first, message=message)
        for name, right, mine in zip(names, expected, actual, strict=True):
            if mine is None and bool((right != 0).any()):
                return LostGradient(case, name, right, cut=cuts.first)
            if mine is not None and not _is_near(mine, right, _TOLERANCE):
                return LostGradient(case, name, right, mine, cuts.first)
    return None


def _gradients(
    function: Callable[..., Any], case: Case, names: tuple[str, ...], change: float = 0.0
) -> list[Tensor | None]:
    """Return the gradient with respect to each input; None if it does not reach that input."""
    inputs = {}
    for k, name in enumerate(names):
        value = torch.as_tensor(case.inputs[name]).detach().double()
        inputs[name] = (value + change * _random_like(value, k)).requires_grad_()
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        answer = to_tensor(replace(case, inputs=case.inputs | inputs).call(function))
        if answer is None or not answer.requires_grad:
            return [None] * len(names)
        total = (answer.double() * _random_like(answer, len(names))).sum()
        found = torch.autograd.grad(total, list(inputs.values()), allow_unused=True)
    return [None if gradient is None else gradient.detach() for gradient in found]


def _random_like(value: Tensor, seed: int) -> Tensor:
    """Return fixed numbers from 0.5 to 1.5, so that every number of the answer counts."""
    return 0.5 + torch.rand(value.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _is_at_a_kink(oracle: Callable[..., Any], case: Case, names: tuple[str, ...], here: list[Tensor | None]) -> bool:
    if any(gradient is None for gradient in here):
        raise ValueError(f"expected an oracle that is differentiable in {names}, got one without a gradient")
    for change in (-_STEP, _STEP):
        for there, gradient in zip(_gradients(oracle, case, names, change), here, strict=True):
            if not _is_near(there, gradient, _TOLERANCE / 2):
                return True
    return False


def _is_near(mine: Tensor, right: Tensor, tolerance: float) -> bool:
    return torch.allclose(mine, right, rtol=0, atol=tolerance * max(1.0, float(right.abs().max())), equal_nan=True)


class _WatchForCuts(TorchFunctionMode):
    """Remember the first call that makes a number or a detached tensor of a tensor that needs a gradient."""

    def __init__(self) -> None:
        super().__init__()
        self._first = self._first_soft = ""

    @property
    def first(self) -> str:
        """That call as a learner writes it; empty if there was none."""
        return self._first or self._first_soft

    def __torch_function__(self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if _needs_gradient(args):
            name = getattr(function, "__name__", "")
            cut = _CUTS.get(name, "" if torch.is_grad_enabled() else "torch.no_grad()")
            if name == "__get__" and getattr(function, "__self__", None) is torch.Tensor.data:
                cut = ".data"
            self._first = self._first or cut
            self._first_soft = self._first_soft or _SOFT_CUTS.get(name, "")
        return function(*args, **(kwargs or {}))


def _needs_gradient(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.requires_grad
    return isinstance(value, (tuple, list)) and any(map(_needs_gradient, value))
