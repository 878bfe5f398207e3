"""The exercise about two learning rates: the localisation networks learn at one of their own, all else at another.

Convention: as `stn_lib.exercises.parameter_groups`. The oracle goes by the parameters' names.
"""

from collections.abc import Callable, Iterable
from typing import Any

from torch import nn

from stn_lib.exercises.frame import Exercise, Misconception
from stn_lib.exercises.parameter_groups import draw_models, is_inside
from stn_lib.spatial_transformer import SpatialTransformer

Groups = list[dict[str, Any]]
Member = Callable[[str, nn.Parameter], bool]


def _split(
    slow: Callable[[nn.Module], set[int]],
    *,
    rest: Callable[[nn.Module], set[int]] | None = None,
    keep: Member = lambda name, p: True,
    rate: Callable[[float, float], float] = lambda lr, factor: lr * factor,
    other: Callable[[float, float], float] = lambda lr, factor: lr,
) -> Callable[..., Groups]:
    """Groups with everything that can go wrong as an option: ids of the slow ones, ids of the rest, and both rates."""

    def groups(model: nn.Module, lr: float, factor: float) -> Groups:
        named = [(name, p) for name, p in model.named_parameters() if keep(name, p)]
        chosen = slow(model)
        others = rest(model) if rest else {id(p) for _, p in named} - chosen
        return [
            {"params": [p for _, p in named if id(p) in others], "lr": other(lr, factor)},
            {"params": [p for _, p in named if id(p) in chosen], "lr": rate(lr, factor)},
        ]

    return groups


def _ids(modules: Iterable[nn.Module]) -> set[int]:
    return {id(p) for module in modules for p in module.parameters()}


def _localizations(model: nn.Module) -> list[nn.Module]:
    return [module.localization for module in model.modules() if isinstance(module, SpatialTransformer)]


def _inside(model: nn.Module) -> set[int]:
    return {id(p) for name, p in model.named_parameters() if is_inside(name)}


def _outside(model: nn.Module) -> set[int]:
    return _everything(model) - _inside(model)


def _everything(model: nn.Module) -> set[int]:
    return _ids([model])


def _nothing(model: nn.Module) -> set[int]:
    return set()


def _inside_weights(model: nn.Module) -> set[int]:
    return {id(p) for name, p in model.named_parameters() if is_inside(name) and name.endswith("weight")}


def _inside_matrices(model: nn.Module) -> set[int]:
    return {id(p) for name, p in model.named_parameters() if is_inside(name) and p.ndim > 1}


def _first(model: nn.Module) -> set[int]:
    return _ids(_localizations(model)[:1])


def _last_of_several(model: nn.Module) -> set[int]:
    return _ids(_localizations(model)[-1:])


def _last_layers(model: nn.Module) -> set[int]:
    return _ids(localization[-1] for localization in _localizations(model))


def _children(model: nn.Module) -> set[int]:
    return _ids(child.localization for child in model.children() if isinstance(child, SpatialTransformer))


def _attribute(model: nn.Module) -> set[int]:
    return _ids([model.transformer.localization]) if hasattr(model, "transformer") else set()


def _called_transformer(model: nn.Module) -> set[int]:
    return {id(p) for name, p in model.named_parameters() if "transformer" in name}


_right = _split(_inside)


def _once(*which: int) -> Callable[..., Groups]:
    """Right, but that some groups hold iterators."""

    def groups(model: nn.Module, lr: float, factor: float) -> Groups:
        made = _right(model, lr, factor)
        for k in which:
            made[k]["params"] = iter(made[k]["params"])
        return made

    return groups


def _without_rate(*which: int) -> Callable[..., Groups]:
    def groups(model: nn.Module, lr: float, factor: float) -> Groups:
        made = _right(model, lr, factor)
        for k in which:
            del made[k]["lr"]
        return made

    return groups


def _repeated(*which: int) -> Callable[..., Groups]:
    """Gathered module by module, each with all that is below it, so that a parameter comes once for each level."""

    def groups(model: nn.Module, lr: float, factor: float) -> Groups:
        made = _right(model, lr, factor)
        inside = _inside(model)
        walks = ([model], _localizations(model))
        for k in which:
            every = [p for top in walks[k] for module in top.modules() for p in module.parameters()]
            made[k]["params"] = [p for p in every if (id(p) in inside) == bool(k)]
        return made

    return groups


GROUPS = Exercise(
    "7.3",
    "groups",
    draw_models,
    _right,
    "the rates that the parameters' names ask for",
    (
        Misconception(
            "consumed",
            "Your groups can be read only once: `parameters()` is a generator, and whoever counts the weights first leaves the "
            "optimiser none. Make a list. (A minus sign marks what is gone at the second reading.)",
            (_once(0, 1), _once(0), _once(1)),
        ),
        Misconception(
            "in_two_groups",
            "Some parameters are listed more than once: torch refuses that, or warns. `model.parameters()` holds the localisation "
            "networks too, and every module holds all that is below it: list each parameter once. (Its rates are added up here.)",
            (
                _split(_inside, rest=_everything),
                _split(_everything, rest=_outside),
                _repeated(0),
                _repeated(1),
                _repeated(0, 1),
            ),
        ),
        Misconception(
            "rest_left_out",
            "Your groups hold the localisation networks only. A parameter in no group never learns: list all others too.",
            (_split(_inside, rest=_nothing),),
        ),
        Misconception(
            "localization_left_out",
            "The localisation networks are in no group, so they never learn: list them, with `lr * factor`.",
            (_split(_nothing, rest=_outside),),
        ),
        Misconception(
            "weights_only",
            "You go by the weights. Biases, and what batch norms learn, are parameters of their layer too, with its rate.",
            (
                _split(_inside, keep=lambda name, p: name.endswith("weight")),
                _split(_inside, keep=lambda name, p: p.ndim > 1),
                *(_split(slow, rest=rest) for slow in (_inside_weights, _inside_matrices) for rest in (None, _outside)),
            ),
        ),
        Misconception(
            "one_transformer_only",
            "One localisation network has the rate `lr * factor`; the model has more. Go on through all of `model.modules()`.",
            (
                _split(_first),
                _split(_first, rest=_outside),
                _split(_last_of_several),
                _split(_last_of_several, rest=_outside),
            ),
        ),
        Misconception(
            "nested_missed",
            "You look one level deep, and miss a transformer inside another module. `model.modules()` goes all the way down.",
            (_split(_children), _split(_attribute)),
        ),
        Misconception(
            "by_name",
            "You go by the name `transformer`, and a transformer may be called otherwise. Ask `isinstance(module, "
            "SpatialTransformer)`; its network is `module.localization`.",
            (_split(_called_transformer), _split(_called_transformer, rest=_outside)),
        ),
        Misconception(
            "last_layer_only",
            "You give `lr * factor` to the last layer, which answers θ. The layers before it belong to the localisation network too.",
            (_split(_last_layers), _split(_last_layers, rest=_outside)),
        ),
        Misconception(
            "factor_on_the_classifier",
            "The rates are exchanged: `lr * factor` is for the localisation networks, `lr` for all others.",
            (_split(_inside, rate=lambda lr, factor: lr, other=lambda lr, factor: lr * factor),),
        ),
        Misconception(
            "factor_everywhere",
            "Everything learns with `lr * factor`. The factor is for the localisation networks only.",
            (_split(_everything),),
        ),
        Misconception(
            "factor_nowhere",
            "Everything learns with `lr`: the localisation networks are not found, or their group does not get the factor.",
            (_split(_nothing),),
        ),
        Misconception(
            "factor_alone",
            "The rate of the localisation networks is the bare factor. Multiply: `lr * factor`.",
            (_split(_inside, rate=lambda lr, factor: factor),),
        ),
        Misconception(
            "divided",
            "You divide by the factor. A factor of a tenth makes the localisation network SLOWER: `lr * factor`.",
            (_split(_inside, rate=lambda lr, factor: lr / factor),),
        ),
        Misconception(
            "rate_missing",
            "A group without `lr` takes the optimiser's own, 0.001 if nobody says otherwise. Write the rate into every group.",
            (_without_rate(0), _without_rate(1), _without_rate(0, 1)),
        ),
    ),
    plain="In a single STCNN",
    tolerance=1e-9,
)
