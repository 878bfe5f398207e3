"""The networks of the paper's Table 1: fully connected or convolutional, with and without a spatial transformer."""

from collections.abc import Callable

import torch
from torch import nn

from stn_lib.localization import ConvLocalization, FullyConnectedLocalization, hidden_layer
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer

CLASSIFIERS = ("fcn", "cnn")
CROP = 28  # side in pixels of what a transformer hands to its classifier: the size of a digit of MNIST
BUDGET = 300_000  # parameters of every network of the table, to the width of one hidden unit


class Table1Network(nn.Sequential):
    """One network of Table 1: two parts, ``transformer`` (if it has one) and ``classifier``. Returns logits.

    Convention:
        All of them have as many parameters as `BUDGET` says: what a localisation network costs, the classifier
        behind it lacks in hidden units. Pictures larger than 28 pixels are cropped by a transformer to 28; a CNN
        without one sees them whole, a fully connected network averaged over 2 x 2 pixels, as in the paper.

        They have the roles of the paper's networks, not their layers: a batch norm behind each layer, the localisation
        networks' included (without it those of TC died), and three convolutions (5 x 5, 3 x 3, 3 x 3) for its two of
        9 x 9 and 7 x 7, which were worse in equal time here. A fully connected network has two hidden layers, as in the
        paper.

    Args:
        classifier: ``"fcn"``, fully connected, or ``"cnn"``, convolutional; the localisation network is of the same
            kind.
        transform: ``"affine"``, ``"attention"``, ``"projective"`` or ``"tps"``; None for no transformer.
        in_size: (H, W) of the picture.
        classes: how many labels there are.
        budget: parameters to come as near to as whole hidden units allow.

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
    ):
        super().__init__()
        if classifier not in CLASSIFIERS:
            raise ValueError(f"expected classifier in {CLASSIFIERS}, got {classifier!r}")
        if transform is not None and transform not in TRANSFORMS:
            raise ValueError(f"expected transform in {sorted(TRANSFORMS)} or None, got {transform!r}")
        self.in_size = tuple(in_size)
        self.arguments = {
            "classifier": classifier, "transform": transform, "in_size": self.in_size, "classes": classes,
            "budget": budget,
        }  # fmt: skip
        seen = self.in_size
        if transform is not None:
            seen = (min(CROP, in_size[0]), min(CROP, in_size[1]))
            numbers = len(TRANSFORMS[transform].identity)
            if classifier == "cnn":
                localization = ConvLocalization(
                    self.in_size, out_features=numbers, widths=(16, 24), hidden=32, hidden_norm=True
                )
            else:
                localization = FullyConnectedLocalization(self.in_size, out_features=numbers, pool=_pool(in_size))
            self.transformer = SpatialTransformer(localization, seen, transform)
            budget -= count_parameters(localization)
        make = convolutional if classifier == "cnn" else fully_connected
        self.classifier = within(budget, lambda hidden: make(seen, hidden, classes))


def count_parameters(model: nn.Module) -> int:
    """How many numbers training may change.

    Example:
        >>> count_parameters(nn.Linear(3, 2))
        8
    """
    return sum(parameter.numel() for parameter in model.parameters())


def within(budget: int, make: Callable[[int], nn.Module]) -> nn.Module:
    """What `make` makes of that number of hidden units which brings its parameters nearest to the budget.

    Raises:
        ValueError: for a budget that leaves no hidden unit.
    """
    low, high = 1, 4096
    with torch.random.fork_rng(devices=[]), torch.device("meta"):  # only counted
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
    """The convolutional classifier of pictures (N, channels, *size), with one hidden layer."""
    layers: list[nn.Module] = []
    for side, width in ((5, 24), (3, 48), (3, 96)):
        # Pooled before the norm: the larger of two numbers is the same before and after, where a norm's gain is
        # positive, and a quarter of the work.
        layers += [
            nn.Conv2d(channels, width, side, padding=side // 2, bias=False),
            nn.MaxPool2d(2, ceil_mode=True), nn.BatchNorm2d(width), nn.ReLU(),
        ]  # fmt: skip
        channels, size = width, (-(-size[0] // 2), -(-size[1] // 2))
    flat = channels * size[0] * size[1]
    return nn.Sequential(*layers, nn.Flatten(), *hidden_layer(flat, hidden), nn.Linear(hidden, classes))


def fully_connected(size: tuple[int, int], hidden: int, classes: int, channels: int = 1) -> nn.Sequential:
    """The fully connected classifier of pictures (N, channels, *size), with two hidden layers."""
    pool = _pool(size)
    flat = channels * (size[0] // pool) * (size[1] // pool)
    return nn.Sequential(
        nn.AvgPool2d(pool) if pool > 1 else nn.Identity(), nn.Flatten(),
        *hidden_layer(flat, hidden), *hidden_layer(hidden, hidden), nn.Linear(hidden, classes),
    )  # fmt: skip


def _pool(size: tuple[int, int]) -> int:
    """What a fully connected network averages over: the paper's 2 for RTS and TC."""
    return 2 if min(size) > CROP else 1
