"""The cost of a training step in multiply-adds, counted by hand from the sizes of the layers."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_lib.spatial_transformer import SpatialTransformer

CORNERS = 4  # pixels that bilinear sampling weights for one output pixel


class Cost(NamedTuple):
    """Multiply-adds of a forward pass, and of the backward pass behind it."""

    forward: int
    backward: int

    @property
    def total(self) -> int:
        """Multiply-adds of both."""
        return self.forward + self.backward


def multiply_adds(network: nn.Module, *inputs: Tensor) -> Cost:
    """Count the multiply-adds of convolutions, linear layers and samplers in a training step.

    Convention:
        A convolution takes one multiply-add for each output number and each weight that it depends on; so does a linear
        layer. Its backward pass takes as many for the gradient of its weights, and as many again for that of its input
        if anything in front of it learns. A sampler weights four pixels for each output number; its backward pass takes
        eight for the gradients of x and y, and four for that of the image if anything in front of it learns. Norms,
        poolings, activations, biases and the grid are left out: they take a few operations for each number.

    Args:
        network: a copy of it runs once, in training mode.
        inputs: what it is called with. Divide by their number of images for the cost of one.

    Returns:
        A `Cost`.

    Raises:
        ValueError: for a layer with weights that this function cannot count.

    Example:
        >>> layers = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.Flatten(), nn.Linear(8 * 6 * 6, 10))
        >>> multiply_adds(layers, torch.zeros(1, 1, 6, 6))  # 6·6·8·9 + 288·10; the first layer's input needs no gradient
        Cost(forward=5472, backward=8352)

    Chapter: 10
    """
    counts = [0, 0]
    network = copy.deepcopy(network).train()

    def count(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        input_learns = int(given[0].requires_grad)
        if isinstance(layer, SpatialTransformer):
            once = CORNERS * layer.samples**2 * output.numel()
            theta_learns = input_learns or any(weight.requires_grad for weight in layer.localization.parameters())
            counts[0] += once
            counts[1] += once * (2 * theta_learns + input_learns)
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            once = output.numel() * layer.weight[0].numel()
            counts[0] += once
            counts[1] += once * (int(layer.weight.requires_grad) + input_learns)
        else:
            raise ValueError(f"expected convolutions and linear layers, got {layer}, whose cost is unknown")

    for layer in network.modules():
        own = bool(layer._parameters) and not isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
        if own or isinstance(layer, SpatialTransformer):
            layer.register_forward_hook(count)
    with torch.enable_grad():
        network(*inputs)
    return Cost(*counts)
