"""Localisation networks: an image in, the parameters of a transform out.

They are plain regressors. They see no target parameters: the gradient reaches them through the grid and
the sampler.
"""

import torch
from torch import Tensor, nn


class ConvLocalization(nn.Sequential):
    """A small convolutional localisation network, ending in one linear layer without an activation.

    Convention:
        It shrinks the image by `pool` first (half the size shows the position of a digit as well, at a quarter of
        the cost), and flattens at the end instead of averaging, because position matters.

    Args:
        in_size: (H, W) of the image.
        in_channels: its channels.
        out_features: how many parameters the transform has; 6 for an affine one.
        widths: channels of each convolution; all 3 x 3 but the first, 5 x 5, and max-pooled by 2.
        hidden: units between the flattened features and the parameters.
        pool: factor of the first average pooling; 1 for none.
        batch_norm: whether each convolution is followed by a batch norm.
        hidden_norm: whether the hidden units are, too. Without it, a long warm-up of the learning rate can drive all
            of them below zero for every image: theta is then the same for all images, and its gradient stays zero.

    Raises:
        ValueError: where the image is too small for so many poolings.

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
        super().__init__(*layers, nn.Linear(hidden, out_features))


class FullyConnectedLocalization(nn.Sequential):
    """A localisation network of fully connected hidden layers, as in the paper's fully connected networks.

    Args:
        in_size: (H, W) of the image.
        in_channels: its channels.
        out_features: how many parameters the transform has; 6 for an affine one.
        widths: units of each hidden layer.
        pool: factor of a first average pooling; 1 for none.

    Raises:
        ValueError: where the image is smaller than the pooling.

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
        super().__init__(*layers, nn.Linear(inputs, out_features))


def conv_blocks(in_channels: int, widths: tuple[int, ...], batch_norm: bool) -> list[nn.Module]:
    """Convolution (5 x 5, later 3 x 3; padded to keep the size), norm, ReLU, max-pooling by 2; repeated."""
    layers: list[nn.Module] = []
    for i, width in enumerate(widths):
        kernel = 5 if i == 0 else 3
        # A batch norm has a bias of its own, which makes a second one redundant.
        layers.append(nn.Conv2d(in_channels, width, kernel, padding=kernel // 2, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm2d(width))
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
        in_channels = width
    return layers


def hidden_layer(inputs: int, units: int) -> list[nn.Module]:
    """Linear, norm, ReLU."""
    return [nn.Linear(inputs, units, bias=False), nn.BatchNorm1d(units), nn.ReLU()]


def last_linear(localization: nn.Module) -> nn.Linear:
    """The linear layer that outputs a localisation network's parameters.

    Raises:
        ValueError: if there is none.
    """
    linears = [module for module in localization.modules() if isinstance(module, nn.Linear)]
    if not linears:
        raise ValueError(
            "expected a localisation network that ends in an nn.Linear, got none in "
            f"{type(localization).__name__}: the identity start is written into that layer"
        )
    return linears[-1]


@torch.no_grad()
def start_at(localization: nn.Module, parameters: Tensor) -> None:
    """Make a localisation network output `parameters` for every image: zero weight, and `parameters` as bias.

    Convention:
        The first optimisation step then changes only that last layer: a zero weight passes no gradient on.

    Args:
        localization: ends in an nn.Linear.
        parameters: (P,) the start; the identity of the transform, in most cases.

    Raises:
        ValueError: if the layer does not have P outputs.

    Source: Jaderberg et al. 2015, appendix A.
    Chapter: 6
    """
    last = last_linear(localization)
    if last.out_features != len(parameters):
        raise ValueError(
            f"expected a localisation network with {len(parameters)} outputs, got {last.out_features}: "
            f"build it with out_features={len(parameters)}"
        )
    last.weight.zero_()
    last.bias.copy_(parameters)
