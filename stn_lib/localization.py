"""Localisation networks, which predict the parameters of a transform from an image.

They are plain regressors, trained without target parameters: the gradient reaches them through the sampler and the grid
generator.
"""

import torch
import torch.fx
from torch import Tensor, nn

from stn_lib._image_network import ImageNetwork


class ConvLocalization(ImageNetwork):
    """A small convolutional localisation network, ending in one linear layer without an activation.

    Convention:
        It first shrinks the image by `pool`: at half the size the position of a digit is still visible, at a quarter of
        the cost. At the end it flattens the features instead of averaging them, because their positions matter.

    Args:
        in_size: (H, W) of the image.
        in_channels: its channels.
        out_features: how many parameters the transform has; 6 for an affine one.
        widths: channels of each convolution. The first is 5 x 5, the others 3 x 3; each is max-pooled by 2.
        hidden: hidden units between the flattened features and the parameters.
        pool: factor of the first average pooling; 1 for none.
        batch_norm: whether each convolution is followed by a batch norm.
        hidden_norm: whether the hidden units have a batch norm. Without it, a long warm-up of the learning rate can push
            all of them below zero for every image: then theta is the same for all images, and the gradient of every
            layer but the last bias is zero.

    Raises:
        ValueError: for an image that is too small for so many poolings.

    Example:
        >>> net = ConvLocalization((42, 42), out_features=6)
        >>> tuple(net(torch.zeros(5, 1, 42, 42)).shape)
        (5, 6)

    Source: Jaderberg et al. 2015, section 3.1 and appendix A.
    Chapter: 6
    """

    def __init__(
        self,
        in_size: tuple[int, int],
        in_channels: int = 1,
        out_features: int = 6,
        *,
        widths: tuple[int, ...] = (8, 16),
        hidden: int = 32,
        pool: int = 2,
        batch_norm: bool = True,
        hidden_norm: bool = False,
    ):
        sides = [side // (pool * 2 ** len(widths)) for side in in_size]
        if min(sides) < 1:
            raise ValueError(
                f"expected an image of at least {pool * 2 ** len(widths)} pixels a side for pool={pool} and "
                f"{len(widths)} convolutions, got {tuple(in_size)}: use fewer widths or a smaller pool"
            )
        layers: list[nn.Module] = [nn.AvgPool2d(pool)] if pool > 1 else []
        layers += conv_blocks(in_channels, widths, batch_norm)
        flat = widths[-1] * sides[0] * sides[1]
        layers.append(nn.Flatten())
        layers += hidden_layer(flat, hidden) if hidden_norm else [nn.Linear(flat, hidden), nn.ReLU()]
        super().__init__(*layers, nn.Linear(hidden, out_features), in_size=in_size, in_channels=in_channels)


class FullyConnectedLocalization(ImageNetwork):
    """A localisation network of fully connected hidden layers, as in the paper's fully connected networks.

    Args:
        in_size: (H, W) of the image.
        in_channels: its channels.
        out_features: how many parameters the transform has; 6 for an affine one.
        widths: hidden units of each layer.
        pool: factor of a first average pooling; 1 for none.

    Raises:
        ValueError: for an image that is smaller than the pooling.

    Example:
        >>> net = FullyConnectedLocalization((42, 42), out_features=8, pool=2)
        >>> tuple(net(torch.zeros(5, 1, 42, 42)).shape)
        (5, 8)

    Source: Jaderberg et al. 2015, appendix A.
    Chapter: 7
    """

    def __init__(
        self,
        in_size: tuple[int, int],
        in_channels: int = 1,
        out_features: int = 6,
        *,
        widths: tuple[int, ...] = (32, 32, 32),
        pool: int = 1,
    ):
        if min(in_size) < pool:
            raise ValueError(f"expected an image of at least {pool} pixels a side for pool={pool}, got {in_size}")
        layers: list[nn.Module] = [nn.AvgPool2d(pool)] if pool > 1 else []
        layers.append(nn.Flatten())
        inputs = in_channels * (in_size[0] // pool) * (in_size[1] // pool)
        for width in widths:
            layers += hidden_layer(inputs, width)
            inputs = width
        super().__init__(*layers, nn.Linear(inputs, out_features), in_size=in_size, in_channels=in_channels)


def conv_blocks(in_channels: int, widths: tuple[int, ...], batch_norm: bool) -> list[nn.Module]:
    """Convolution (5 x 5, later 3 x 3; padded to keep the size), norm, ReLU, max-pooling by 2; repeated."""
    layers: list[nn.Module] = []
    for i, width in enumerate(widths):
        kernel = 5 if i == 0 else 3
        # A batch norm has a bias of its own, so the convolution needs none.
        layers.append(nn.Conv2d(in_channels, width, kernel, padding=kernel // 2, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm2d(width))
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
        in_channels = width
    return layers


def hidden_layer(inputs: int, units: int) -> list[nn.Module]:
    """Linear, norm, ReLU."""
    return [nn.Linear(inputs, units, bias=False), nn.BatchNorm1d(units), nn.ReLU()]


#: The layers that can output the parameters: each is a sum with a bias, into which a start can be written.
OUTPUT_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
# What may follow that layer: it reorders numbers or averages equal ones, and so does not change a start.
_PASSING_LAYERS = (
    nn.Flatten, nn.Unflatten, nn.Identity, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d,
    nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d,
)  # fmt: skip
_PASSING_CALLS = {"view", "reshape", "flatten", "squeeze", "unsqueeze", "contiguous", "mean"}
_JOINING_CALLS = {"cat", "concat", "concatenate", "hstack", "column_stack", "stack"}


def output_layer(localization: nn.Module) -> nn.Module:
    """Find the layer that outputs the parameters, by following the data and not the order of registration.

    If the forward of a network branches on values, the path of the data is not known; then the layer that was registered
    last is taken. `SpatialTransformer` compares the start with the identity when it first runs.

    Raises:
        ValueError: if the parameters are not the output of a linear layer or a convolution with a bias, if another
            operation follows it, or if the outputs of several layers are joined: one layer must output all parameters.
    """
    try:
        layer = _layer_behind(localization, type(localization).__name__)
    except _Untraceable:
        layers = [module for module in localization.modules() if isinstance(module, OUTPUT_LAYERS)]
        layer = layers[-1] if layers else None
    if layer is None:
        raise ValueError(
            f"expected a localisation network that ends in nn.Linear or a convolution, got {type(localization).__name__} "
            "without one: its last layer holds the start of theta"
        )
    name = type(layer).__name__
    if isinstance(layer.weight, nn.parameter.UninitializedParameter):
        raise ValueError(
            f"expected a last layer that has its weights, got {name}, which waits for its first input: call the "
            "localisation network once on a batch of images, then build the spatial transformer"
        )
    if layer.bias is None:
        raise ValueError(
            f"expected a last layer with a bias, got {name} with bias=False: the start of theta is written into the bias"
        )
    if "weight" not in layer._parameters:  # computed from others: a parametrization, or an older norm of weights
        raise ValueError(
            f"expected a last layer with plain weights, got {name} with a parametrization: its weight cannot be "
            "set to 0; leave the parametrization out of this layer"
        )
    return layer


class _Untraceable(Exception):
    """The forward of a module depends on values, so the path of the data is not known beforehand."""


class _OneLevel(torch.fx.Tracer):
    """Traces the forward of one module, and not the forward of the modules inside it."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return True


def _layer_behind(module: nn.Module, name: str) -> nn.Module | None:
    """The layer of `OUTPUT_LAYERS` that a module's output comes from; None if the module only passes its input on."""
    if isinstance(module, OUTPUT_LAYERS):
        return module
    if isinstance(module, _PASSING_LAYERS):
        return None
    if isinstance(module, nn.Sequential):
        behind = (_layer_behind(part, f"{name}.{key}") for key, part in reversed(module._modules.items()))
        return next((layer for layer in behind if layer is not None), None)
    if type(module).__module__.startswith("torch.nn"):
        raise _refusal(f"{type(module).__name__} ({name})")
    try:
        graph = _OneLevel().trace(module)
    except Exception as error:  # whatever the learner's own forward raises on a stand-in for a tensor
        raise _Untraceable from error
    node = next(node for node in graph.nodes if node.op == "output").args[0]
    while isinstance(node, torch.fx.Node) and node.op != "placeholder":
        if node.op == "call_module":
            layer = _layer_behind(module.get_submodule(node.target), f"{name}.{node.target}")
            if layer is not None:
                return layer
        else:
            call = getattr(node.target, "__name__", node.target)
            if call in _JOINING_CALLS:
                raise _refusal_of_heads(f"{call}() in {name}")
            if call not in _PASSING_CALLS:
                raise _refusal(f"{call}() in {name}")
        node = next(iter(node.all_input_nodes), None)
    return None


def _refusal(what: str) -> ValueError:
    return ValueError(
        f"expected a localisation network whose output is that of its last linear layer or convolution, got {what} "
        "behind it: theta would not start at the identity, or could not leave it. Let one layer output all "
        "parameters, with nothing behind it; to bound theta, write the bound into a Transform of your own"
    )


def _refusal_of_heads(what: str) -> ValueError:
    return ValueError(
        f"expected a localisation network with one last layer for all parameters, got {what}, which joins several "
        "outputs. Replace these layers by one with as many outputs as all of them: on the same features it computes the "
        "same; join different features in front of it"
    )


@torch.no_grad()
def start_at(localization: nn.Module, parameters: Tensor) -> nn.Module:
    """Make a localisation network output `parameters` for every image: set its last weight to 0, its last bias to them.

    Convention:
        The first optimisation step then changes only that last layer, because a zero weight passes no gradient on.

    Args:
        localization: ends in a linear layer or a convolution. Only what reorders numbers may follow, such as nn.Flatten.
        parameters: (P,) the start; the identity of the transform, in most cases.

    Returns:
        The layer that was changed.

    Raises:
        ValueError: as `output_layer`; if the layer does not have P outputs.

    Source: Jaderberg et al. 2015, appendix A.
    Chapter: 6
    """
    last = output_layer(localization)
    if len(last.bias) != len(parameters):
        raise ValueError(
            f"expected a localisation network with {len(parameters)} outputs, got {len(last.bias)} from {last}: "
            f"build it with {len(parameters)} outputs, all in this last layer"
        )
    last.weight.zero_()
    last.bias.copy_(parameters)
    return last
