"""Define the networks that several experiments use."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from stn_lib.metrics import multiply_adds
from stn_lib.spatial_transformer import SpatialTransformer


def seeded(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Make a network with initial weights from a seed, without changing the global random state.

    Example:
        >>> a, b = (seeded(lambda: nn.Linear(2, 2), 3) for _ in range(2))
        >>> torch.equal(a.weight, b.weight)
        True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


class Asked(nn.Module):
    """A network with the function that asks it, as one module: inputs to answers.

    Args:
        network: the network.
        ask: from the network and its inputs, its answers.
    """

    def __init__(self, network: nn.Module, ask: Callable[..., Tensor]):
        super().__init__()
        self.network, self.ask = network, ask

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.ask(self.network, *inputs)


def image_cost(network: nn.Module, *inputs: Tensor) -> dict[str, int]:
    """Multiply-adds of a training step for one image.

    Args:
        network: takes the inputs.
        inputs: of two images, because a batch norm of features needs two.

    Example:
        >>> image_cost(nn.Linear(3, 4, bias=False), torch.zeros(2, 3))
        {'forward': 12, 'backward': 12}
    """
    found = multiply_adds(network, *inputs)
    return {"forward": found.forward // 2, "backward": found.backward // 2}


class Tutorial(nn.Module):
    """The network of PyTorch's tutorial on spatial transformers: no batch norm, dropout in the classifier.

    Args:
        outside: ``padding_mode`` and ``background``, as in `SpatialTransformer`.

    Source: https://docs.pytorch.org/tutorials/intermediate/spatial_transformer_tutorial.html
    """

    def __init__(self, **outside: Any):
        super().__init__()
        features = [nn.Conv2d(1, 8, 7), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(8, 10, 5), nn.MaxPool2d(2), nn.ReLU()]
        regressor = [nn.Flatten(), nn.Linear(90, 32), nn.ReLU(), nn.Linear(32, 6)]
        self.transformer = SpatialTransformer(nn.Sequential(*features, *regressor), (28, 28), **outside)
        self.classifier = nn.Sequential(
            *(nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU()),
            *(nn.Conv2d(10, 20, 5), nn.Dropout2d(), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(320, 50), nn.ReLU(), nn.Dropout(), nn.Linear(50, 10)),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.transformer(images))
