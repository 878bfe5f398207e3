"""Check `feature_transformer(channels, height, width)`: the localisation network of a transformer inside a network.

Convention: flatten, linear to 32, ReLU, linear to 32, ReLU, linear to 6, with biases and without norms. The six numbers
are theta row by row, and they are the identity for every feature map at the start. The check runs the network, counts
its parameters, and runs it once more after it has written fixed numbers into all weights and biases.

Args: channels, height, width: of the feature maps (N, C, H, W).
Returns: An nn.Module that maps feature maps to (N, 6).

Example:
    >>> from torch import nn
    >>> feature_transformer(lambda channels, height, width: nn.Flatten()).passed
    False

Source: Jaderberg et al. 2015, section 4.2 and appendix A.2.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stn_lib.exercises.framework import Case, Misconception, exercise
from stn_lib.exercises.framework.call_result import is_blank

_IDENTITY = (1.0, 0, 0, 0, 1, 0)
_HIDDEN = (32, 32)
_MAPS = 5  # feature maps in a batch


def _maps(channels: int, height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(channels + 10 * height + 100 * width)
    return torch.randn(_MAPS, channels, height, width, generator=generator)


def _fixed(shape: tuple[int, ...], layer: int) -> Tensor:
    """Numbers of both signs for a weight or a bias, such that each layer's outputs have both signs."""
    numbers = torch.arange(1, 1 + math.prod(shape), dtype=torch.float64)
    scale = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.3
    return scale * torch.sin(37.7 * numbers * numbers.sqrt() + layer).reshape(shape)


def _layers(network: nn.Module, maps: Tensor) -> list[nn.Module]:
    """The modules that have parameters of their own, in the order in which they run."""
    found: list[nn.Module] = []
    hooks = [
        module.register_forward_pre_hook(lambda module, _: found.append(module))
        for module in network.modules()
        if any(True for _ in module.parameters(recurse=False))
    ]
    network(maps)
    for hook in hooks:
        hook.remove()
    return found


def _theta(network: nn.Module, maps: Tensor) -> Tensor:
    theta = network(maps)
    if not isinstance(theta, Tensor) or theta.shape != (len(maps), 6):
        given = tuple(theta.shape) if isinstance(theta, Tensor) else type(theta).__name__
        raise ValueError(f"expected six numbers for each map, ({len(maps)}, 6), from your network, got {given}")
    return theta


def _known(theta: Tensor) -> Tensor:
    """0, 1 and −1 as they are, and 0.5 for any other number: a random start differs from run to run."""
    return torch.where((theta == 0) | (theta.abs() == 1), theta, torch.full_like(theta, 0.5))


def _learns(last: nn.Linear, theta: Tensor) -> Tensor:
    """For each output 1 if its weights have a gradient, plus 2 if its bias has one; −1 and −2 for a frozen part."""
    learns = torch.zeros(6)
    for value, part in ((1, last.weight), (2, last.bias)):
        if part is None or not part.requires_grad or not theta.requires_grad:
            learns -= value
            continue
        gradient = torch.autograd.grad(theta.sum(), part, retain_graph=True, allow_unused=True)[0]
        if gradient is not None:
            learns += value * (gradient.reshape(6, -1) != 0).any(1)
    return learns


def _report(network: nn.Module, sizes: tuple[int, int, int]) -> Tensor:
    """Five rows of six numbers, as `oracle_name` says."""
    maps = _maps(*sizes).to(next(network.parameters(), torch.zeros(())).dtype)
    layers = _layers(network.eval(), maps)
    first = _theta(network, maps)
    last = next((layer for layer in layers[::-1] if isinstance(layer, nn.Linear)), None)
    if last is None or last.out_features != 6:
        raise ValueError("expected a network whose last layer is an nn.Linear with six outputs")
    learns = _learns(last, first)
    counts = [sum(part.numel() for part in layer.parameters(recurse=False)) for layer in layers][:5]
    with torch.no_grad():
        last.weight.zero_()
        alone = _theta(network, maps)
        for k, layer in enumerate(layers):
            for part in layer.parameters(recurse=False):
                part.copy_(_fixed(tuple(part.shape), k))
        theta = _theta(network, maps)
    rows = [
        _known(alone[0]),
        (first != alone).any(0),
        learns,
        _filled_up(counts, sum(part.numel() for part in network.parameters())),
        theta[0] - theta[1],  # not theta itself: the identity may be in the bias, or be added behind it
    ]
    return torch.stack([row.detach().double() for row in rows])


def _filled_up(counts: list[int], total: int) -> Tensor:
    return torch.tensor([*counts, *[0] * (5 - len(counts)), total], dtype=torch.float64)


@dataclass(frozen=True)
class _Network(Case):
    """A case whose answer is a report on the network that the function returns."""

    def call(self, function: Callable[..., Any]) -> Any:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():  # a new network draws from the global state
            torch.manual_seed(0)
            network = function(*self.inputs.values())
            if isinstance(network, Tensor) or network is None or is_blank(network):
                return network
            if not isinstance(network, nn.Module):
                raise TypeError(
                    f"expected a network, an nn.Module, got {type(network).__name__}: return the module itself"
                )
            return _report(network, tuple(self.inputs.values()))


def _cases(generator: torch.Generator) -> list[Case]:
    sizes = [(1, 3, 5), (1, 4, 2), (1, 2, 6), (3, 4, 6), (12, 3, 8), (2, 3, 3), (4, 1, 1), (3, 1, 4), (2, 5, 1)]
    order = torch.randperm(len(sizes), generator=generator).tolist()
    return [_Network(dict(zip(("channels", "height", "width"), sizes[k], strict=True))) for k in order]


def _oracle(channels: int, height: int, width: int) -> Tensor:
    """By matrix products, without a module."""
    inputs, values = channels * height * width, _maps(channels, height, width)[:2].flatten(1).double()
    sides = (inputs, *_HIDDEN, 6)
    for k in range(3):
        values = values @ _fixed((sides[k + 1], sides[k]), k).T + _fixed((sides[k + 1],), k)
        values = values.clamp(min=0) if k < 2 else values
    counts = [32 * inputs + 32, 32 * 32 + 32, 6 * 32 + 6]
    difference = values[0] - values[1]
    rows = [torch.tensor(_IDENTITY), torch.zeros(6), torch.full((6,), 3), _filled_up(counts, sum(counts)), difference]
    return torch.stack([row.double() for row in rows])


def _start(layer: nn.Linear, weight: float | None = 0.0, bias: tuple[float, ...] | None = _IDENTITY) -> None:
    """None keeps torch's random numbers, and a weight other than 0 makes them smaller."""
    with torch.no_grad():
        if weight is not None:
            layer.weight.mul_(weight)
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias))


def _like(
    widths: tuple[int, ...] = _HIDDEN,
    inputs: Callable[[int, int, int], int] = lambda c, h, w: c * h * w,
    behind: Callable[[int], list[nn.Module]] = lambda k: [nn.ReLU()],
    end: Callable[[], list[nn.Module]] = list,
    start: Callable[[nn.Linear], None] = _start,
    change: Callable[[nn.Sequential], None] = lambda network: None,
    hidden_bias: bool = True,
) -> Callable[[int, int, int], nn.Module]:
    """The network; each option is a possible mistake. `behind` gives what follows hidden layer k."""

    def feature_transformer(channels: int, height: int, width: int) -> nn.Module:
        sides = (inputs(channels, height, width), *widths)

        def layers() -> Iterator[nn.Module]:
            yield nn.Flatten()
            for k in range(len(widths)):
                yield nn.Linear(sides[k], sides[k + 1], bias=hidden_bias)
                yield from behind(k)

        last = nn.Linear(sides[-1], 6)
        start(last)
        network = nn.Sequential(*layers(), last, *end())
        change(network)
        return network

    return feature_transformer


def _freeze(network: nn.Sequential) -> None:
    for part in network.parameters():
        part.requires_grad_(False)


def _freeze_last(network: nn.Sequential) -> None:
    network[-1].requires_grad_(False)


def _clear(network: nn.Sequential) -> None:
    """All layers 0, and the identity as the last bias."""
    for layer in network:
        if isinstance(layer, nn.Linear):
            _start(layer, 0.0, (0.0,) * len(layer.bias))
    _start(network[-1])


def _begin(*bias: float, weight: float | None = 0.0) -> Callable[[nn.Linear], None]:
    return lambda layer: _start(layer, weight, bias)


feature_transformer = exercise(
    __name__,
    number="10.5",
    cases=_cases,
    oracle=_oracle,
    oracle_name=(
        "these rows: theta at the start (0.5: any other number), without the last weight; where that weight changes it; "
        "1 where the last weight learns, plus 2 where the last bias does (less if frozen); parameters of each layer, and of all; with fixed weights, the difference of two thetas"
    ),
    misconceptions={
        "start_random": Misconception(
            "The last layer has torch's random start, so the first theta is random and the map is distorted. Set its weight "
            "to 0, and its bias to 1 0 0 0 1 0.",
            _like(start=lambda layer: None),
        ),
        "weight_kept": Misconception(
            "The last bias is the identity, but the last weight is not 0: theta depends on the map from the start. Set the "
            "weight to 0.",
            _like(start=_begin(*_IDENTITY, weight=1.0)),
        ),
        "bias_kept": Misconception(
            "The last weight is 0, but its bias is still random. Set the bias to 1 0 0 0 1 0.",
            _like(start=lambda layer: _start(layer, bias=None)),
        ),
        "bias_zero": Misconception(
            "The last weight and bias are 0. Then theta is 0, and all output pixels sample one point. The identity is the "
            "bias 1 0 0 0 1 0.",
            *(_like(start=_begin(*[0.0] * 6, weight=weight)) for weight in (0.0, 1.0)),
        ),
        "wrong_order": Misconception(
            "The ones of the last bias are at wrong places. theta is 2 x 3, row by row: 1 0 0, then 0 1 0.",
            *(
                _like(start=_begin(*bias))
                for bias in (
                    (1.0, 0, 0, 0, 0, 1),
                    (1.0, 0, 0, 1, 0, 0),
                    (1.0, 1, 0, 0, 0, 0),
                    (0.0, 0, 1, 0, 0, 1),
                    (0.0, 1, 0, 1, 0, 0),
                    (1.0, 0, 1, 0, 1, 0),
                    (1.0, 1, 1, 1, 1, 1),
                )
            ),
        ),
        "without_channels": Misconception(
            "The first layer expects height · width numbers, so the network fails for maps with several channels: they have "
            "channels · height · width.",
            _like(inputs=lambda c, h, w: h * w),
        ),
        "without_size": Misconception(
            "The first layer does not expect enough numbers: a flattened map has channels · height · width.",
            *(_like(inputs=inputs) for inputs in (lambda c, h, w: c, lambda c, h, w: c * h, lambda c, h, w: c * w)),
        ),
        "square": Misconception(
            "You use one side twice. A feature map need not be square: channels · height · width.",
            _like(inputs=lambda c, h, w: c * h * h),
            _like(inputs=lambda c, h, w: c * w * w),
        ),
        "one_hidden": Misconception(
            "You have one hidden layer. Add a second one of 32, with its ReLU.", _like(widths=(32,))
        ),
        "no_hidden": Misconception(
            "There is no hidden layer. Put two of 32 in front of the last, each with a ReLU.", _like(widths=())
        ),
        "three_hidden": Misconception(
            "You have three hidden layers. This network has two.", _like(widths=(32, 32, 32))
        ),
        "other_width": Misconception(
            "Your hidden layers do not have 32 outputs each.",
            *(
                _like(widths=widths)
                for widths in ((16, 16), (64, 64), (128, 128), (64, 32), (32, 64), (32, 16), (20, 20))
            ),
        ),
        "no_relu": Misconception(
            "A ReLU is missing. Two linear layers without one between them are one linear layer: put it behind each hidden layer.",
            *(_like(behind=lambda k, kept=kept: [nn.ReLU()] if k in kept else []) for kept in ((), (0,), (1,))),
        ),
        "relu_last": Misconception(
            "A ReLU follows the last layer. theta would never be negative, so nothing could shift left: leave it out.",
            _like(end=lambda: [nn.ReLU()]),
        ),
        "squashed": Misconception(
            "A tanh or sigmoid follows the last layer. The six numbers are theta itself: leave it out.",
            _like(end=lambda: [nn.Tanh()]),
            _like(end=lambda: [nn.Sigmoid()]),
        ),
        "another_activation": Misconception(
            "Your hidden layers have another activation than ReLU.",
            *(
                _like(behind=lambda k, kind=kind: [kind()])
                for kind in (nn.Tanh, nn.Sigmoid, nn.LeakyReLU, nn.GELU, nn.ELU, nn.SiLU)
            ),
        ),
        "norms": Misconception(
            "You added norms, as `stn_lib` does in its own networks. This one has linear layers and ReLUs only.",
            *(
                _like(behind=lambda k, kind=kind: [kind(32), nn.ReLU()], hidden_bias=bias)
                for kind in (nn.BatchNorm1d, nn.LayerNorm)
                for bias in (True, False)
            ),
            _like(behind=lambda k: [nn.ReLU(), nn.BatchNorm1d(32)]),
            _like(
                behind=lambda k: [nn.BatchNorm1d(32), nn.ReLU()], hidden_bias=False, start=lambda layer: None
            ),  # `FullyConnectedLocalization` as it is
        ),
        "no_bias": Misconception(
            "Your hidden layers have no bias. Leave `bias` as it is: without a norm behind it, a layer needs one.",
            _like(hidden_bias=False),
        ),
        "frozen": Misconception(
            "The last layer cannot learn, or not all of it: its weight and its bias both need `requires_grad`. Write into it under `torch.no_grad()`.",
            _like(change=_freeze_last),
            _like(change=lambda network: network[-1].weight.requires_grad_(False)),
            _like(change=lambda network: network[-1].bias.requires_grad_(False)),
            _like(change=_freeze),
        ),
        "all_zero": Misconception(
            "All weights are 0, so the hidden units are 0 as well, and the last weight has no gradient. Set only the LAST "
            "layer; the hidden ones stay random.",
            _like(change=_clear),
        ),
    },
    tolerance=1e-3,  # single precision
)
