"""The models of the exercise about parameter groups, and the learning rate that groups give to each parameter.

Convention: an answer is converted to one number for each parameter, in the order of ``model.parameters()``: its learning
rate. 0 means that the parameter is in no group; the rates of several groups are added up. A minus sign marks a parameter
that is in a group in the first iteration over the groups and missing in the second.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stn_lib.exercises.framework import Case
from stn_lib.exercises.framework.call_result import is_blank
from stn_lib.models import STCNN
from stn_lib.spatial_transformer import SpatialTransformer

_DEFAULT_RATE = 1e-3  # of torch's SGD and Adam, if neither the group nor the optimiser has one
_RATES = (0.003, 0.006, 0.012, 0.02)
_FACTORS = (0.1, 0.25, 0.5, 4.0)  # no product with a rate is the default rate


def is_inside(name: str) -> bool:
    """Whether a parameter of this name belongs to a localisation network; `Detector` has one that only looks like it."""
    parts = name.split(".")
    return "localization" in parts and "boxes" not in parts


@dataclass(frozen=True)
class Model:
    """A network among the inputs of a case, which a result describes in words."""

    name: str
    network: nn.Module

    def __str__(self) -> str:
        names = [name for name, _ in self.network.named_parameters()]
        inside = [str(i) for i, name in enumerate(names, 1) if is_inside(name)]
        return f"{self.name}: of its {len(names)} parameters {', '.join(inside)} localise"


@dataclass(frozen=True)
class Grouping(Case):
    """A case whose answer, groups, is converted to the rate of each parameter."""

    def call(self, function: Callable[..., Any]) -> Any:
        model, lr, factor = self.inputs.values()
        answer = function(model.network, lr, factor)
        return answer if is_blank(answer) else rates(model.network, answer)


def rates(model: nn.Module, groups: Iterable[Mapping[str, Any]]) -> Tensor:
    """The learning rate of each parameter of a model, by the convention above.

    Args:
        model: Its parameters give the order.
        groups: Dicts with ``params`` and ``lr``, as `torch.optim` takes them; they are iterated twice.

    Returns:
        (P,) float64, for P parameters.

    Raises:
        TypeError: for groups that torch's optimisers reject as well.

    Example:
        >>> layer = nn.Linear(3, 2)
        >>> rates(layer, [{"params": [layer.weight], "lr": 0.5}]).tolist()
        [0.5, 0.0]
        >>> rates(layer, [{"params": layer.parameters(), "lr": 0.5}]).tolist()
        [-0.5, -0.5]
    """
    if isinstance(groups, Mapping | Tensor | str) or not isinstance(groups, Iterable):
        raise TypeError(f"expected a list of dicts with 'params' and 'lr', got {type(groups).__name__}")
    once, again = _reading(groups), _reading(groups)
    ids = [id(parameter) for parameter in model.parameters()]
    return torch.tensor([again[i] if again[i] == once[i] else -once[i] for i in ids], dtype=torch.float64)


def _reading(groups: Iterable[Mapping[str, Any]]) -> Counter:
    found = Counter()
    for group in groups:
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError(f"expected each group to be a dict with 'params' and 'lr', got {type(group).__name__}")
        for parameter in _members(group["params"]):
            found[id(parameter)] += float(group.get("lr", _DEFAULT_RATE))
    return found


def _members(params: Any) -> Iterator[Tensor]:
    if isinstance(params, set | frozenset) or not isinstance(params, Iterable):
        raise TypeError(f"expected the 'params' of a group to be a list of parameters, got {type(params).__name__}")
    for member in [params] if isinstance(params, Tensor) else params:
        parameter = member[1] if isinstance(member, tuple) and len(member) == 2 else member  # torch accepts (name, p)
        if not isinstance(parameter, Tensor):
            raise TypeError(f"expected parameters in 'params', got {type(parameter).__name__}")
        yield parameter


class TwoWindows(nn.Module):
    """Two transformers side by side, each with its own network, and one classifier for both outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = _transformer(), _transformer()
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(2 * 36, 3))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(torch.cat([self.left(images), self.right(images)], dim=1))


class Scaled(SpatialTransformer):
    """A transformer with a parameter of its own, which is no part of its localisation network."""

    def __init__(self, localization: nn.Module) -> None:
        super().__init__(localization)
        self.gain = nn.Parameter(torch.ones(1))


class Detector(nn.Module):
    """A transformer, and a layer that has the name of a localisation network, but belongs to no transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Scaled(_network())
        self.boxes = nn.ModuleDict({"localization": nn.Linear(36, 4)})


def _network() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(36, 4), nn.ReLU(), nn.Linear(4, 6))


def _transformer() -> SpatialTransformer:
    return SpatialTransformer(_network())


def _stcnn(batch_norm: bool = False) -> STCNN:
    return STCNN((8, 8), (6, 6), (3,), 0, (2,), 4, classes=3, batch_norm=batch_norm)


def random_models(generator: torch.Generator) -> list[Case]:
    """Draw transformers alone, nested, side by side and in a row; the core cases are single STCNNs."""
    cases = []
    with torch.random.fork_rng(devices=[]):  # the layers of torch draw their initial weights from it
        for _ in range(3):
            drawn = [
                Model("an STCNN", _stcnn()),
                Model("an STCNN with batch norms", _stcnn(batch_norm=True)),
                Model("an STCNN in a Sequential", nn.Sequential(nn.Identity(), _stcnn())),
                Model("two transformers side by side", TwoWindows()),
                Model("two transformers in a row", nn.Sequential(_transformer(), nn.Conv2d(1, 1, 1), _transformer())),
                Model("a transformer and a layer for boxes", Detector()),
            ]
            for model in drawn:
                picks = torch.randint(4, (2,), generator=generator).tolist()
                inputs = {"model": model, "lr": _RATES[picks[0]], "factor": _FACTORS[picks[1]]}
                cases.append(Grouping(inputs, is_core=isinstance(model.network, STCNN)))
    return cases
