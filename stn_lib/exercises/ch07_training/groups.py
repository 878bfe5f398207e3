"""Check `groups(model, lr, factor)`: parameter groups that give the localisation networks their own learning rate.

Convention: the network of each SpatialTransformer, wherever in the model it is, learns with lr · factor, all other
parameters with lr.

Args: model: a module; lr, factor: numbers.
Returns: A list of dicts with ``params``, a list, and ``lr``, as `torch.optim` takes them.

Example:
    >>> groups(lambda model, lr, factor: [{"params": list(model.parameters()), "lr": lr * factor}]).misconception
    'factor_everywhere'

Source: Jaderberg et al. 2015, appendix A.
"""

from collections.abc import Callable, Iterable
from typing import Any

from torch import nn

from stn_lib.exercises.ch07_training.parameter_groups import is_inside, random_models
from stn_lib.exercises.framework import Misconception, exercise
from stn_lib.spatial_transformer import SpatialTransformer

Groups = list[dict[str, Any]]
Member = Callable[[str, nn.Parameter], bool]
Select = Callable[[nn.Module], set[int]]  # ids of parameters


def _split(
    slow: Select,
    *,
    rest: Select | None = None,
    keep: Member = lambda name, p: True,
    rate: Callable[[float, float], float] = lambda lr, factor: lr * factor,
    other: Callable[[float, float], float] = lambda lr, factor: lr,
) -> Callable[..., Groups]:
    """The groups; each option is a possible mistake: ids of the slow parameters, ids of the rest, and both rates."""

    def groups(model: nn.Module, lr: float, factor: float) -> Groups:
        named = [(name, p) for name, p in model.named_parameters() if keep(name, p)]
        chosen = slow(model)
        others = rest(model) if rest else {id(p) for _, p in named} - chosen
        return [
            {"params": [p for _, p in named if id(p) in others], "lr": other(lr, factor)},
            {"params": [p for _, p in named if id(p) in chosen], "lr": rate(lr, factor)},
        ]

    return groups


def _localizations(model: nn.Module) -> list[nn.Module]:
    return [module.localization for module in model.modules() if isinstance(module, SpatialTransformer)]


def _where(keep: Member) -> Select:
    """The parameters with a property."""
    return lambda model: {id(p) for name, p in model.named_parameters() if keep(name, p)}


def _of(modules: Callable[[nn.Module], Iterable[nn.Module]]) -> Select:
    """The parameters of some modules."""
    return lambda model: {id(p) for module in modules(model) for p in module.parameters()}


_inside = _where(lambda name, p: is_inside(name))
_outside = _where(lambda name, p: not is_inside(name))
_everything = _where(lambda name, p: True)
_nothing = _where(lambda name, p: False)
_inside_weights = _where(lambda name, p: is_inside(name) and name.endswith("weight"))
_inside_matrices = _where(lambda name, p: is_inside(name) and p.ndim > 1)
_called_transformer = _where(lambda name, p: "transformer" in name)
_called_localization = _where(lambda name, p: "localization" in name)
_whole = _of(lambda model: (m for m in model.modules() if isinstance(m, SpatialTransformer)))
_first = _of(lambda model: _localizations(model)[:1])
_last_of_several = _of(lambda model: _localizations(model)[-1:])
_last_layers = _of(lambda model: (network[-1] for network in _localizations(model)))
_convolutions = _of(
    lambda model: (m for part in _localizations(model) for m in part.modules() if isinstance(m, nn.Conv2d))
)
_linear = _of(lambda model: (m for part in _localizations(model) for m in part.modules() if isinstance(m, nn.Linear)))
_children = _of(lambda model: (m.localization for m in model.children() if isinstance(m, SpatialTransformer)))
_attribute = _of(lambda model: [model.transformer.localization] if hasattr(model, "transformer") else [])
_correct = _split(_inside)


def _once(*which: int) -> Callable[..., Groups]:
    """Correct, except that some groups hold iterators."""

    def groups(model: nn.Module, lr: float, factor: float) -> Groups:
        made = _correct(model, lr, factor)
        for k in which:
            made[k]["params"] = iter(made[k]["params"])
        return made

    return groups


def _without_rate(*which: int) -> Callable[..., Groups]:
    def groups(model: nn.Module, lr: float, factor: float) -> Groups:
        made = _correct(model, lr, factor)
        for k in which:
            del made[k]["lr"]
        return made

    return groups


def _repeated(*which: int) -> Callable[..., Groups]:
    """Collected module by module, each with its submodules, so that a parameter is repeated once for each level."""

    def groups(model: nn.Module, lr: float, factor: float) -> Groups:
        made = _correct(model, lr, factor)
        inside = _inside(model)
        walks = ([model], _localizations(model))
        for k in which:
            every = [p for top in walks[k] for module in top.modules() for p in module.parameters()]
            made[k]["params"] = [p for p in every if (id(p) in inside) == bool(k)]
        return made

    return groups


groups = exercise(
    __name__,
    number="7.3",
    cases=random_models,
    oracle=_correct,
    oracle_name="the rates by the parameters' names",
    misconceptions={
        "consumed": Misconception(
            "Your groups can be iterated only once: `parameters()` is a generator, and if anything counts the weights "
            "first, the optimiser gets none. Make a list. (A minus sign marks what is missing in the second "
            "iteration.)",
            _once(0, 1),
            _once(0),
            _once(1),
        ),
        "in_two_groups": Misconception(
            "Some parameters are listed more than once: torch rejects that, or warns. `model.parameters()` holds the "
            "localisation networks too, and every module holds the parameters of its submodules: list each parameter "
            "once. (Its rates are added up here.)",
            _split(_inside, rest=_everything),
            _split(_everything, rest=_outside),
            _repeated(0),
            _repeated(1),
            _repeated(0, 1),
        ),
        "rest_left_out": Misconception(
            "Your groups hold the localisation networks only. A parameter in no group never learns: list all others, too.",
            _split(_inside, rest=_nothing),
        ),
        "localization_left_out": Misconception(
            "The localisation networks are in no group, so they never learn: list them, with `lr * factor`.",
            _split(_nothing, rest=_outside),
        ),
        "weights_only": Misconception(
            "You select weights only. Biases and the parameters of batch norms belong to their layer, with its rate.",
            _split(_inside, keep=lambda name, p: name.endswith("weight")),
            _split(_inside, keep=lambda name, p: p.ndim > 1),
            *(_split(slow, rest=rest) for slow in (_inside_weights, _inside_matrices) for rest in (None, _outside)),
        ),
        "one_transformer_only": Misconception(
            "One localisation network has the rate `lr * factor`; the model has more. Go through all of `model.modules()`.",
            _split(_first),
            _split(_first, rest=_outside),
            _split(_last_of_several),
            _split(_last_of_several, rest=_outside),
        ),
        "nested_missed": Misconception(
            "You look one level deep and miss a transformer inside another module. `model.modules()` visits every level.",
            _split(_children),
            _split(_attribute),
        ),
        "by_name": Misconception(
            "You select by a name, such as `transformer` or `localization`. A transformer can have another name, and another "
            "module this one. Test `isinstance(module, SpatialTransformer)`; its network is `module.localization`.",
            _split(_called_localization),
            _split(_called_transformer),
            _split(_called_transformer, rest=_outside),
        ),
        "last_layer_only": Misconception(
            "You give `lr * factor` to the last layer, which computes θ. The layers before it belong to the "
            "localisation network, too.",
            _split(_last_layers),
            _split(_last_layers, rest=_outside),
        ),
        "one_kind_of_layer": Misconception(
            "You give `lr * factor` to one kind of layer, such as convolutions. All parameters of the localisation network "
            "learn with it: use `localization.parameters()`.",
            _split(_convolutions),
            _split(_convolutions, rest=_outside),
            _split(_linear),
            _split(_linear, rest=_outside),
        ),
        "factor_on_the_classifier": Misconception(
            "You exchanged the rates: `lr * factor` is for the localisation networks, `lr` for all others.",
            _split(_inside, rate=lambda lr, factor: lr, other=lambda lr, factor: lr * factor),
        ),
        "factor_everywhere": Misconception(
            "Everything learns with `lr * factor`. The factor is for the localisation networks only.",
            _split(_everything),
        ),
        "factor_nowhere": Misconception(
            "Everything learns with `lr`: the localisation networks are not found, or their group does not get the factor.",
            _split(_nothing),
        ),
        "factor_alone": Misconception(
            "The rate of the localisation networks is the bare factor. Multiply: `lr * factor`.",
            _split(_inside, rate=lambda lr, factor: factor),
        ),
        "added": Misconception(
            "You add the factor to the learning rate. Multiply: `lr * factor`.",
            _split(_inside, rate=lambda lr, factor: lr + factor),
        ),
        "divided": Misconception(
            "You divide by the factor. A factor of a tenth makes the localisation network SLOWER: `lr * factor`.",
            _split(_inside, rate=lambda lr, factor: lr / factor),
        ),
        "rate_missing": Misconception(
            "A group without `lr` gets the optimiser's own, 0.001 by default. Write the rate into every group.",
            _without_rate(0),
            _without_rate(1),
            _without_rate(0, 1),
        ),
        "whole_transformer": Misconception(
            "You give `lr * factor` to all parameters of a transformer. It can have others than those of its network: use "
            "`module.localization.parameters()`.",
            _split(_whole),
        ),
        "rest_changed": Misconception(
            "Your other parameters do not learn with plain `lr`. The factor is for the localisation networks alone.",
            _split(_inside, other=lambda lr, factor: lr / factor),
            _split(_inside, other=lambda lr, factor: lr * (1 - factor)),
        ),
        "factor_changed": Misconception(
            "You change the factor before you multiply. The rate of the localisation networks is `lr * factor`, with the factor as it is.",
            _split(_inside, rate=lambda lr, factor: lr * factor**2),
            _split(_inside, rate=lambda lr, factor: lr * (1 - factor)),
        ),
    },
    core_name="In a single STCNN",
    tolerance=1e-9,
)
