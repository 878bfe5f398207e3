"""Networks of the paper's Table 1: fully connected or convolutional, with and without a spatial transformer."""

from collections.abc import Callable

import torch
from torch import nn

from stn_lib._image_network import ImageNetwork
from stn_lib.localization import ConvLocalization, FullyConnectedLocalization, hidden_layer
from stn_lib.spatial_transformer import SpatialTransformer, transform_family

CLASSIFIERS = ("fcn", "cnn")
CROP = 28  # pixels a side of a transformer's output: the size of an MNIST digit
BUDGET = 300_000  # parameters of every network of the table, up to one hidden unit


class Table1Network(ImageNetwork):
    """One network of Table 1: two parts, ``transformer`` (if it has one) and ``classifier``. Returns logits.

    Convention:
        All networks have `BUDGET` parameters: the larger the localisation network, the fewer hidden units the
        classifier has. A transformer crops images larger than 28 pixels to 28. A CNN without one sees them whole, a
        fully connected network averaged over 2 x 2 pixels, as in the paper.

        They have the roles of the paper's networks, not their layers: a batch norm after each layer, also in the
        localisation networks (those of TC died without it), and three convolutions (5 x 5, 3 x 3, 3 x 3) instead of
        its two of 9 x 9 and 7 x 7, which were worse in equal time here. A fully connected network has two hidden
        layers, as in the paper.

    Args:
        classifier: ``"fcn"``, fully connected, or ``"cnn"``, convolutional; the localisation network is of the same
            kind.
        transform: a name in `stn_lib.spatial_transformer.TRANSFORMS`; None for no transformer.
        in_size: (H, W) of the image.
        classes: number of classes.
        budget: number of parameters, approached as closely as whole hidden units allow.
        crop: side of the transformer's output in pixels; at most that of the image.
        samples: of the transformer, along each axis of an output pixel; see `SpatialTransformer`.
        pool: side of a mean pooling in front of the classifier, behind the transformer if there is one.

    Raises:
        ValueError: for an unknown classifier or transform; for a budget that leaves no hidden unit.

    Example:
        >>> net = Table1Network("cnn", "tps", (42, 42))
        >>> tuple(net.transformer(torch.zeros(5, 1, 42, 42)).shape), tuple(net(torch.zeros(5, 1, 42, 42)).shape)
        ((5, 1, 28, 28), (5, 10))
        >>> sum(p.numel() for p in net.parameters())
        299954

    Source: Jaderberg et al. 2015, section 4.1 and appendix A.
    Chapter: 7
    """

    def __init__(
        self,
        classifier: str = "cnn",
        transform: str | None = None,
        in_size: tuple[int, int] = (28, 28),
        classes: int = 10,
        budget: int = BUDGET,
        *,
        crop: int = CROP,
        samples: int = 1,
        pool: int = 1,
    ):
        super().__init__(in_size=in_size)
        if classifier not in CLASSIFIERS:
            raise ValueError(f"expected classifier in {CLASSIFIERS}, got {classifier!r}")
        self.arguments = {
            "classifier": classifier, "transform": transform, "in_size": self.in_size, "classes": classes,
            "budget": budget, "crop": crop, "samples": samples, "pool": pool,
        }  # fmt: skip
        seen = self.in_size
        if transform is not None:
            seen = (min(crop, in_size[0]), min(crop, in_size[1]))
            outputs = len(transform_family(transform).identity)
            if classifier == "cnn":
                localization = ConvLocalization(
                    self.in_size, out_features=outputs, widths=(16, 24), hidden=32, hidden_norm=True
                )
            else:
                localization = FullyConnectedLocalization(self.in_size, out_features=outputs, pool=_pool(in_size))
            self.transformer = SpatialTransformer(localization, seen, transform, samples=samples)
            budget -= count_parameters(localization)
        if pool > 1:
            self.pool, seen = nn.AvgPool2d(pool), (seen[0] // pool, seen[1] // pool)
        make = convolutional if classifier == "cnn" else fully_connected
        self.classifier = within(budget, lambda hidden: make(seen, hidden, classes))


def count_parameters(model: nn.Module) -> int:
    """The number of trainable parameters.

    Example:
        >>> count_parameters(nn.Linear(3, 2))
        8
    """
    return sum(parameter.numel() for parameter in model.parameters())


def within(budget: int, make: Callable[[int], nn.Module]) -> nn.Module:
    """The network of ``make(hidden)`` whose number of parameters is nearest to the budget.

    Raises:
        ValueError: for a budget that leaves no hidden unit.
    """
    low, high = 1, 4096
    with torch.random.fork_rng(devices=[]), torch.device("meta"):  # no memory: they are only counted
        if count_parameters(make(low)) > budget:
            raise ValueError(
                f"expected a budget that leaves {count_parameters(make(low))} parameters or more, got {budget}"
            )
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if count_parameters(make(middle)) <= budget else (low, middle)
        nearest = min((low, high), key=lambda hidden: abs(count_parameters(make(hidden)) - budget))
    return make(nearest)


def convolutional(size: tuple[int, int], hidden: int, classes: int, channels: int = 1) -> nn.Sequential:
    """A convolutional classifier of images (N, channels, *size), with one hidden layer."""
    layers: list[nn.Module] = []
    for side, width in ((5, 24), (3, 48), (3, 96)):
        # Pool before the norm: it is a quarter of the work, and where a norm's gain is positive the maximum is the same.
        layers += [
            nn.Conv2d(channels, width, side, padding=side // 2, bias=False),
            nn.MaxPool2d(2, ceil_mode=True), nn.BatchNorm2d(width), nn.ReLU(),
        ]  # fmt: skip
        channels, size = width, (-(-size[0] // 2), -(-size[1] // 2))
    flat = channels * size[0] * size[1]
    return nn.Sequential(*layers, nn.Flatten(), *hidden_layer(flat, hidden), nn.Linear(hidden, classes))


def fully_connected(size: tuple[int, int], hidden: int, classes: int, channels: int = 1) -> nn.Sequential:
    """A fully connected classifier of images (N, channels, *size), with two hidden layers."""
    pool = _pool(size)
    flat = channels * (size[0] // pool) * (size[1] // pool)
    return nn.Sequential(
        nn.AvgPool2d(pool) if pool > 1 else nn.Identity(), nn.Flatten(),
        *hidden_layer(flat, hidden), *hidden_layer(hidden, hidden), nn.Linear(hidden, classes),
    )  # fmt: skip


def _pool(size: tuple[int, int]) -> int:
    """The side of the average pooling of a fully connected network: the paper's 2 for RTS and TC."""
    return 2 if min(size) > CROP else 1
