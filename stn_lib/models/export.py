"""Write a trained network as a plain list of operations that a few lines of any language can run."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from stn_lib.grid import affine_grid
from stn_lib.localization import output_layer
from stn_lib.models.bird_networks import FOCUS, MAP, SCALE, CentreMean, PartFinder
from stn_lib.models.cub import PartDescriptions
from stn_lib.models.number_networks import CELL, NumberFinder
from stn_lib.pooling import BlurPool2d
from stn_lib.spatial_transformer import SpatialTransformer


def fold_batch_norm(model: nn.Module, strict: bool = True) -> nn.Module:
    """Copy a trained network without batch norms: each is folded into the convolution or linear layer before it.

    Convention:
        The copy is in evaluation mode and computes what ``model.eval()`` computes: with running mean m and
        variance v, gamma (w x - m) / sqrt(v + eps) + beta is again a weight and a bias.

    Args:
        model: built of nn.Sequential and a `SpatialTransformer`.
        strict: whether to refuse a batch norm that cannot be folded; False leaves it in the copy.

    Raises:
        ValueError: if strict, for a batch norm with no convolution or linear layer directly before it.

    Chapter: 7
    """
    folded = copy.deepcopy(model).eval()
    for parent in [m for m in folded.modules() if isinstance(m, nn.Sequential)]:
        kept: list[nn.Module] = []
        for name, layer in list(parent.named_children()):
            if not isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                kept.append(layer)
            elif kept and isinstance(kept[-1], nn.Conv2d | nn.Linear):
                _fold(kept[-1], layer)
            elif not strict:
                kept.append(layer)
            else:
                raise ValueError(f"expected a Conv2d or Linear before the batch norm {name}, got {kept[-1:]}")
        if len(kept) < len(parent):  # number the layers again, as a network built without batch norms has them
            for name in list(parent._modules):
                delattr(parent, name)
            for i, layer in enumerate(kept):
                parent.add_module(str(i), layer)
    return folded


@torch.no_grad()
def _fold(layer: nn.Conv2d | nn.Linear, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    bias = torch.zeros_like(gain) if layer.bias is None else layer.bias
    layer.bias = nn.Parameter((bias - norm.running_mean) * gain + norm.bias)
    layer.weight.mul_(gain.view(-1, *[1] * (layer.weight.ndim - 1)))


@torch.no_grad()
def round_weights(model: nn.Module, bits: int = 8) -> nn.Module:
    """Copy a trained network with few bits for each weight; the copy computes in float32.

    Convention:
        Batch norms are folded where they can be. The weights of an output channel are whole multiples, of at most
        2 ** (bits - 1) - 1 to either side of 0, of that channel's step, which is a half-precision number. Biases and
        batch norms that remain are in half precision.

    Example:
        >>> layer = nn.Linear(3, 1)
        >>> _ = layer.weight.data.copy_(torch.tensor([[1.0, -0.5, 0.2]]))
        >>> (round_weights(nn.Sequential(layer), bits=3)[0].weight * 3).round(decimals=2).tolist()
        [[3.0, -2.0, 1.0]]

    Chapter: 10
    """
    rounded = fold_batch_norm(model, strict=False)
    for layer in rounded.modules():
        if isinstance(layer, nn.BatchNorm2d):  # it becomes what the page computes: times a gain, plus a bias
            gain, bias = _gain_and_bias(layer)
            layer.weight.copy_(gain)
            layer.bias.copy_(bias)
            layer.running_mean.zero_()
            layer.running_var.fill_(1 - layer.eps)
        for name, values in layer.named_parameters(recurse=False):
            coded = isinstance(layer, nn.Conv2d | nn.Linear) and name == "weight"
            values.copy_(_decoded(*_coded(values, bits)) if coded else values.half().float())
    return rounded


def _gain_and_bias(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return gain, norm.bias - norm.running_mean * gain


def _coded(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """The whole numbers of a weight (O, …), as int8, and each output channel's step (O,), in half precision."""
    most = 2 ** (bits - 1) - 1
    steps = (weight.flatten(1).abs().amax(1) / most).half()
    wide = steps.float().view(-1, *[1] * (weight.ndim - 1))
    return torch.where(wide > 0, weight / wide, 0.0).round().clamp(-most, most).to(torch.int8), steps


def _decoded(whole: Tensor, steps: Tensor) -> Tensor:
    return whole.float() * steps.float().view(-1, *[1] * (whole.ndim - 1))


def to_operations(model: nn.Module, bits: int = 16) -> tuple[dict[str, Any], bytes]:
    """Convert a network to plain operations and one buffer of weights.

    Convention:
        Batch norms are folded first; one that cannot be becomes an operation that scales each channel and adds a bias.
        Offsets count float16 elements, little-endian, from the buffer's start.
        Shapes are torch's: a convolution's weight is (out, in, kernel, kernel), a linear one's (out, in).

        With 8 bits, the weights of convolutions and linear layers are those of `round_weights`. Each is an int8 in the
        buffer's second part, where the layout's ``"bytes"`` says; its offset counts from there, and its ``"steps"`` are
        the float16 numbers, one for each output channel, that it is multiplied by.

    Args:
        model: a `stn_lib.models.CNN` or `STCNN`, a `NumberCNN` or `NumberSTCNN`, a `BirdCNN` or `BirdSTCNN`, or another
            sequence of the same layers with an ``in_size``.
        bits: of a weight, 16 or 8. For the page's networks that read house numbers or classify birds, 8 bits change few
            answers: `stn_lib/results/house_numbers_reader.json` and `birds_page.json` count them.

    Returns:
        The layout ``{"input": [C, H, W], "ops": [{"op": "conv2d", …}, …]}``, ready for JSON, and the buffer.

    Raises:
        ValueError: for a layer or a transform family that the layout has no operation for; for other bits.

    Example:
        >>> from stn_lib.models import CNN
        >>> layout, weights = to_operations(CNN())
        >>> layout["input"], layout["ops"][0]["op"], layout["ops"][0]["weight"]["offset"]
        ([1, 42, 42], 'conv2d', 0)

    Chapter: 7
    """
    if bits not in (8, 16):
        raise ValueError(f"expected weights of 8 or 16 bits, got {bits}: the page reads no others")
    writer = _Writer(bits)
    folded = fold_batch_norm(model, strict=False)
    layout = {"input": [], "ops": writer.ops(folded)}
    first = next(m for m in folded.modules() if isinstance(m, nn.Conv2d))
    layout["input"] = [first.in_channels, *model.in_size]
    if bits == 8:
        layout["bytes"] = 2 * writer.length
    return layout, b"".join([*writer.chunks, *writer.whole])


@torch.no_grad()
def affine_localization(layer: SpatialTransformer) -> nn.Module:
    """Copy a transformer's localisation network so that it predicts the six numbers of an affine theta.

    A family fits if its theta is an affine matrix and a linear function of its parameters, plus a constant. That map is
    multiplied into the last layer. ``"affine"`` and ``"attention"`` fit; ``"projective"`` and ``"tps"`` do not.

    Raises:
        ValueError: for a family that does not fit.
    """
    family = layer.family
    count = len(family.identity)
    probe = torch.linspace(-0.7, 1.9, count, dtype=torch.float64)  # not symmetric: an odd function must not pass
    rows = torch.cat([probe.new_zeros(1, count), torch.eye(count).to(probe), probe[None]])
    theta = family.theta(rows)
    fits = family.grid is affine_grid and theta.shape[1:] == (2, 3)
    if fits:
        constant, matrix = theta[0].flatten(), (theta[1:-1] - theta[:1]).flatten(1).T  # (6,), (6, P)
        fits = torch.allclose(matrix @ probe + constant, theta[-1].flatten())
    if not fits:
        raise ValueError(
            f"expected an affine transformer whose theta is linear in its parameters, got {layer.extra_repr()}: "
            'the page can run no other; train with "affine" or "attention"'
        )
    localization = copy.deepcopy(layer.localization)
    last = output_layer(localization)
    matrix, constant = matrix.to(last.weight), constant.to(last.weight)
    last.weight = nn.Parameter(matrix @ last.weight)
    last.bias = nn.Parameter(matrix @ last.bias + constant)
    return localization


class _Writer:
    """Convert layers to operations, and collect their weights one after another."""

    def __init__(self, bits: int):
        self.bits = bits
        self.chunks: list[bytes] = []
        self.length = 0
        self.whole: list[bytes] = []

    def tensor(self, values: Tensor) -> dict[str, Any]:
        spec = {"offset": self.length, "shape": list(values.shape)}
        self.chunks.append(values.detach().half().contiguous().numpy().astype("<f2").tobytes())
        self.length += values.numel()
        return spec

    def weight(self, values: Tensor) -> dict[str, Any]:
        if self.bits == 16:
            return self.tensor(values)
        whole, steps = _coded(values.detach(), self.bits)
        spec = {"offset": sum(map(len, self.whole)), "shape": list(values.shape), "steps": self.tensor(steps)}
        self.whole.append(whole.contiguous().numpy().tobytes())
        return spec

    def ops(self, layer: nn.Module) -> list[dict[str, Any]]:
        match layer:
            case NumberFinder():
                return [self.finder(layer)]
            case PartFinder():
                return [self.part_finder(layer)]
            case PartDescriptions():
                return [{"op": "parts", "parts": [self.ops(part) for part in layer]}]
            case CentreMean():
                return [{"op": "centre_mean", "focus": FOCUS}]
            case nn.Sequential():
                return [op for child in layer for op in self.ops(child)]
            case SpatialTransformer():
                return [self.transformer(layer)]
            case nn.Conv2d():
                return [self.convolution(layer)]
            case nn.Linear():
                return [{"op": "linear", "weight": self.weight(layer.weight), "bias": self.tensor(layer.bias)}]
            case nn.MaxPool2d() if layer.stride == layer.kernel_size and layer.padding == 0:
                return [{"op": "maxpool2d", "size": layer.kernel_size, "ceil": layer.ceil_mode}]
            case nn.AvgPool2d() if layer.stride == layer.kernel_size and layer.padding == 0:
                return [{"op": "avgpool2d", "size": layer.kernel_size}]
            case nn.AdaptiveAvgPool2d() if layer.output_size == 1:
                return [{"op": "mean2d"}]
            case BlurPool2d() if layer.padding == "reflect":
                return [{"op": "blur2d", "taps": layer.taps.tolist(), "stride": layer.stride}]
            case nn.BatchNorm2d():
                gain, bias = _gain_and_bias(layer)
                return [{"op": "scale", "weight": self.tensor(gain), "bias": self.tensor(bias)}]
            case nn.Unflatten():
                return [{"op": "unflatten", "shape": list(layer.unflattened_size)}]
            case nn.Identity():
                return []
            case nn.ReLU():
                return [{"op": "relu"}]
            case nn.Flatten():
                return [{"op": "flatten"}]
        raise ValueError(f"expected a layer that can be exported, got {layer}: see stn_lib.models.export")

    def convolution(self, layer: nn.Conv2d) -> dict[str, Any]:
        strides, padding = set(layer.stride), set(layer.padding)
        plain = layer.groups == 1 and layer.dilation == (1, 1) and layer.padding_mode in ("zeros", "replicate")
        if len(strides) > 1 or len(padding) > 1 or not plain:
            raise ValueError(f"expected a plain convolution with one stride and one padding, got {layer}")
        bias = torch.zeros(layer.out_channels) if layer.bias is None else layer.bias
        return {
            "op": "conv2d",
            "stride": strides.pop(),
            "padding": padding.pop(),
            **({"repeat": True} if layer.padding_mode == "replicate" else {}),
            "weight": self.weight(layer.weight),
            "bias": self.tensor(bias),
        }

    def finder(self, layer: NumberFinder) -> dict[str, Any]:
        """A transformer whose localisation network ends in the mean place of a map of scores."""
        size = [side // CELL for side in layer.canvas]
        if len(layer.family.identity) != size[0] * size[1]:
            raise ValueError(
                "expected a NumberFinder that scores places, got one with pooled=True: the page runs no such"
            )
        theta = layer.theta(torch.zeros(1, 1, *layer.canvas, device=layer.batches.device))[0]
        ops = self.ops(layer.localization)
        mean = {"op": "mean_place", "size": size, "sides": [theta[0, 0].item(), theta[1, 1].item()]}
        return {**self.sampler(layer), "localization": [*ops, mean]}

    def part_finder(self, layer: PartFinder) -> dict[str, Any]:
        """Windows whose localisation network ends in a map of scores for each, to which a plane is added."""
        if layer.learns:
            raise ValueError(
                f"expected windows that learn their centres only, got learns={layer.learns}: see export.py"
            )
        planes = layer.planes.view(-1, MAP, MAP)
        steps = planes[:, 0, 1] - planes[:, 0, 0], planes[:, 1, 0] - planes[:, 0, 0]
        slopes = (torch.stack(steps, 1) * MAP / 2).tolist()  # a place is 2 / MAP wide
        windows = {"op": "windows", "size": [MAP, MAP], "slopes": slopes, "side": SCALE}
        return {**self.sampler(layer), **windows, "localization": self.ops(layer.localization)}

    def transformer(self, layer: SpatialTransformer) -> dict[str, Any]:
        return {**self.sampler(layer), "localization": self.ops(affine_localization(layer))}

    def sampler(self, layer: SpatialTransformer) -> dict[str, Any]:
        if layer.out_size is None or layer.background:
            raise ValueError(f"expected a transformer with an out_size and a background of 0, got {layer.extra_repr()}")
        return {
            "op": "affine_transformer",
            "out_size": list(layer.out_size),
            "align_corners": layer.align_corners,
            "padding_mode": layer.padding_mode,
        }
