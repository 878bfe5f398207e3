"""Register the networks, and initialise them from a generator."""

from typing import Any

import torch
from torch import nn

from stn_lib._registry import look_up
from stn_lib.models.bird_networks import BirdCNN, BirdSTCNN
from stn_lib.models.number_networks import NumberCNN, NumberSTCNN
from stn_lib.models.small import CNN, STCNN, PoolingCNN
from stn_lib.models.table1 import Table1Network
from stn_lib.spatial_transformer import SpatialTransformer

MODELS = {
    "cnn": CNN, "pooling-cnn": PoolingCNN, "st-cnn": STCNN, "table1": Table1Network, "number-cnn": NumberCNN,
    "number-st-cnn": NumberSTCNN, "bird-cnn": BirdCNN, "bird-st-cnn": BirdSTCNN,
}  # fmt: skip


def build(name: str, generator: torch.Generator | None = None, **arguments: Any) -> nn.Module:
    """Make a new network by name, with weights drawn from a generator.

    Args:
        name: a name in `MODELS`.
        generator: the source of the weights; seeded with 0 if None. The global random state does not change.
        arguments: the class's arguments.

    Raises:
        ValueError: for an unknown name.

    Example:
        >>> from stn_lib.models import count_parameters
        >>> a, b = (count_parameters(build(name)) for name in ("cnn", "st-cnn"))
        >>> abs(a - b) / b < 0.03
        True

    Chapter: 7
    """
    make = look_up("model", name, MODELS)
    generator = generator or torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
        model = make(**arguments)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, a=5**0.5, generator=generator)  # torch's own default
            if layer.bias is not None:
                bound = layer.weight[0].numel() ** -0.5
                nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    for layer in model.modules():
        if isinstance(layer, SpatialTransformer):
            layer.start_at_identity()
    return model
