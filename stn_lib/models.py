"""The networks of the live chapter and of the cover: a small CNN, and an ST-CNN of the same size."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from stn_lib.export import export, fold_batch_norm
from stn_lib.files import write_atomically
from stn_lib.localization import ConvLocalization, conv_blocks
from stn_lib.pooling import KERNELS, MaxBlurPool2d, PolyphasePool2d
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer
from stn_lib.table1 import Table1Network, count_parameters

__all__ = [
    "CNN",
    "MODELS",
    "STCNN",
    "build",
    "count_parameters",
    "export",
    "fold_batch_norm",
    "load_pretrained",
    "pretrained_info",
    "save_weights",
]

WEIGHTS = Path(__file__).parent / "weights"


class CNN(nn.Sequential):
    """A small convolutional classifier of pictures, the one without a spatial transformer.

    Convention:
        Returns logits. Its widths give it as many parameters as `STCNN` has at 42 x 42: it spends on its
        classifier what the other spends on its localisation network.

    Args:
        in_size: (H, W) of the picture.
        widths: channels of the convolutions (5 x 5, then 3 x 3), each followed by max-pooling by 2.
        hidden: units between the features and the logits; 0 for none.
        classes: how many labels there are.
        batch_norm: whether convolutions are followed by batch norms; False once they are folded in.

    Example:
        >>> tuple(CNN()(torch.zeros(5, 1, 42, 42)).shape)
        (5, 10)

    Chapter: 7
    """

    def __init__(
        self,
        in_size: tuple[int, int] = (42, 42),
        widths: tuple[int, ...] = (10, 20, 20),
        hidden: int = 0,
        classes: int = 10,
        batch_norm: bool = True,
    ):
        super().__init__(*_classifier(in_size, widths, hidden, classes, batch_norm))
        self.arguments = {"in_size": in_size, "widths": widths, "hidden": hidden, "classes": classes}
        self.in_size = tuple(in_size)


class STCNN(nn.Sequential):
    """A spatial transformer, and behind it a classifier that looks at the straightened picture.

    Convention:
        Two parts: ``transformer`` and ``classifier``. Returns logits.

    Args:
        in_size: (H, W) of the picture.
        out_size: (H, W) of the straightened picture that the classifier sees.
        widths, hidden, classes, batch_norm: of the classifier, as in `CNN`.
        localization_widths, localization_hidden: of the localisation network.
        transform: ``"affine"``, ``"attention"``, ``"projective"`` or ``"tps"``.

    Example:
        >>> net = STCNN()
        >>> images = torch.zeros(5, 1, 42, 42)
        >>> tuple(net.transformer.theta(images).shape), tuple(net.transformer(images).shape)
        ((5, 2, 3), (5, 1, 28, 28))

    Source: Jaderberg et al. 2015, section 4.1.
    Chapter: 7
    """

    def __init__(
        self,
        in_size: tuple[int, int] = (42, 42),
        out_size: tuple[int, int] = (28, 28),
        widths: tuple[int, ...] = (10, 16, 20),
        hidden: int = 0,
        localization_widths: tuple[int, ...] = (8, 8),
        localization_hidden: int = 16,
        classes: int = 10,
        transform: str = "affine",
        batch_norm: bool = True,
    ):
        super().__init__()
        self.arguments = {
            "in_size": in_size, "out_size": out_size, "widths": widths, "hidden": hidden,
            "localization_widths": localization_widths, "localization_hidden": localization_hidden,
            "classes": classes, "transform": transform,
        }  # fmt: skip
        self.in_size = tuple(in_size)
        localization = ConvLocalization(
            in_size,
            out_features=len(TRANSFORMS[transform].identity) if transform in TRANSFORMS else 6,
            widths=localization_widths,
            hidden=localization_hidden,
            batch_norm=batch_norm,
        )
        self.transformer = SpatialTransformer(localization, tuple(out_size), transform)
        self.classifier = nn.Sequential(*_classifier(out_size, widths, hidden, classes, batch_norm))


#: How `PoolingCNN` halves its pictures: "stride" keeps every second pixel, which is a convolution of stride 2.
POOLS = ("stride", "max", *KERNELS, "aps")


class PoolingCNN(nn.Sequential):
    """A convolutional classifier on which nothing depends on the place but, perhaps, the pooling.

    Convention:
        The convolutions are circular and the features are averaged over the whole picture, so before the first pooling
        a circular shift of the picture only moves them along. Returns logits. All poolings have the same weights.

    Args:
        in_size: (H, W) of the picture; with ``"aps"`` both sides must halve evenly once for each width.
        widths: channels of the convolutions (5 x 5, then 3 x 3), each followed by a batch norm, ReLU and pooling by 2.
        pool: ``"stride"`` (a strided convolution: every second pixel is kept, no maximum); ``"max"``; a kernel of
            `stn_lib.pooling.KERNELS` for a blur between maximum and subsampling; or ``"aps"``.
        classes: how many labels there are.

    Raises:
        ValueError: an unknown pooling, a picture too small.

    Example:
        >>> tuple(PoolingCNN(pool="Tri-3")(torch.zeros(5, 1, 40, 40)).shape)
        (5, 10)

    Source: Zhang, ICML 2019; Chaman and Dokmanić, CVPR 2021 (the same networks, larger).
    Chapter: 2
    """

    def __init__(
        self,
        in_size: tuple[int, int] = (40, 40),
        widths: tuple[int, ...] = (16, 32, 32),
        pool: str = "max",
        classes: int = 10,
    ):
        if pool not in POOLS:
            raise ValueError(f"expected pool to be one of {POOLS}, got {pool!r}")
        if min(in_size) < 2 ** len(widths):
            raise ValueError(f"expected a picture of at least {2 ** len(widths)} pixels a side, got {in_size}")
        layers: list[nn.Module] = []
        channels = 1
        for k, width in enumerate(widths):
            side = 5 if k == 0 else 3
            layers.append(nn.Conv2d(channels, width, side, padding=side // 2, padding_mode="circular", bias=False))
            layers += [nn.BatchNorm2d(width), nn.ReLU(), _pooling(pool)]
            channels = width
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
        self.arguments = {"in_size": in_size, "widths": widths, "pool": pool, "classes": classes}
        self.in_size = tuple(in_size)


def _pooling(name: str) -> nn.Module:
    if name == "stride":
        return nn.MaxPool2d(1, stride=2)  # batch norm and ReLU act on each pixel alone: before or after is the same
    if name == "max":
        return nn.MaxPool2d(2)
    return PolyphasePool2d() if name == "aps" else MaxBlurPool2d(kernel=name, padding="circular")


MODELS = {"cnn": CNN, "pooling-cnn": PoolingCNN, "st-cnn": STCNN, "table1": Table1Network}


def _classifier(
    in_size: tuple[int, int], widths: tuple[int, ...], hidden: int, classes: int, batch_norm: bool
) -> list[nn.Module]:
    side = [s // 2 ** len(widths) for s in in_size]
    if min(side) < 1:
        raise ValueError(f"expected a picture of at least {2 ** len(widths)} pixels a side, got {in_size}")
    flat = widths[-1] * side[0] * side[1]
    layers = [*conv_blocks(1, widths, batch_norm), nn.Flatten()]
    if hidden:
        return [*layers, nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, classes)]
    return [*layers, nn.Linear(flat, classes)]


def build(name: str, generator: torch.Generator | None = None, **arguments: Any) -> nn.Module:
    """A new network by name, with first weights that a generator decides.

    Args:
        name: a name in `MODELS`: ``"cnn"``, ``"pooling-cnn"``, ``"st-cnn"`` or ``"table1"``.
        generator: draws the weights; seeded with 0 if None. The global random state is left alone.
        arguments: of the class.

    Raises:
        ValueError: for an unknown name.

    Example:
        >>> a, b = (count_parameters(build(name)) for name in ("cnn", "st-cnn"))
        >>> abs(a - b) / b < 0.03
        True

    Chapter: 7
    """
    if name not in MODELS:
        raise ValueError(f"expected a model in {sorted(MODELS)}, got {name!r}")
    generator = generator or torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):  # torch's layers draw first weights of their own
        model = MODELS[name](**arguments)
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


def save_weights(model: CNN | STCNN, path: str | Path, **info: Any) -> Path:
    """Write a trained network's folded half-precision weights, and how they came to be, as safetensors.

    Args:
        model: a trained `CNN` or `STCNN`.
        path: the file to write.
        info: what else the file shall say of itself (command, seed, measured error …); JSON values.

    Returns:
        The path.
    """
    from safetensors.torch import save

    kind = next(name for name, cls in MODELS.items() if isinstance(model, cls))
    state = {key: value.half().contiguous() for key, value in fold_batch_norm(model).state_dict().items()}
    about = {"model": kind, "arguments": model.arguments, **info}
    write_atomically(path, save(state, metadata={key: json.dumps(value) for key, value in about.items()}))
    return Path(path)


def pretrained_info(name: str | Path) -> dict[str, Any]:
    """What a weights file says of itself: model, arguments, command, seed, measured error.

    Args:
        name: of a file in ``stn_lib/weights`` (without its ending), or the path of a ``.safetensors`` file.

    Raises:
        FileNotFoundError: where there is none; it names those there are.
        ValueError: for a file that is damaged or of another kind.
    """
    from safetensors import SafetensorError, safe_open

    path = _weights_path(name)
    try:
        with safe_open(path, "pt") as file:
            about = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"expected a weights file, got a damaged one, {path}: {error}") from error
    if about.get("model") not in MODELS:
        raise ValueError(f"expected weights written by `python -m stn_lib export`, got {path} without its model")
    return about


def load_pretrained(name: str | Path) -> CNN | STCNN:
    """A trained network, its batch norms folded, in evaluation mode.

    Args:
        name: ``"digits-rts-cnn"``, ``"digits-rts-st-cnn"``, trained on the embedded digits; ``"mnist-rts-cnn"``,
            ``"mnist-rts-st-cnn"``, on MNIST; or the path of a ``.safetensors`` file.

    Returns:
        The network in float32; each weight is a half-precision number, so `export` loses nothing more.

    Raises:
        FileNotFoundError: where there is none; it names those there are.
        ValueError: for a file that is damaged or of another kind.

    Chapter: 7
    """
    from safetensors.torch import load_file

    about = pretrained_info(name)
    with torch.random.fork_rng(devices=[]):  # reading a file leaves the random state alone
        model = MODELS[about["model"]](**about["arguments"], batch_norm=False)
    state = {key: value.float() for key, value in load_file(_weights_path(name)).items()}
    model.load_state_dict(state)
    return model.eval()


def _weights_path(name: str | Path) -> Path:
    path = Path(name) if str(name).endswith(".safetensors") else WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        known = sorted(p.stem for p in WEIGHTS.glob("*.safetensors"))
        raise FileNotFoundError(f"expected one of {known} or the path of a .safetensors file, got {name!r}")
    return path
