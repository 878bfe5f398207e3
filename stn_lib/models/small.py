"""Small networks of the live chapter, the cover and chapter 2, with and without a spatial transformer."""

from torch import nn

from stn_lib._image_network import ImageNetwork
from stn_lib.localization import ConvLocalization, conv_blocks
from stn_lib.pooling import KERNELS, MaxBlurPool2d, PolyphasePool2d
from stn_lib.spatial_transformer import SpatialTransformer, transform_family


class CNN(ImageNetwork):
    """A small convolutional image classifier without a spatial transformer.

    Convention:
        Returns logits. With the default widths it has as many parameters as `STCNN` at 42 x 42, to 3 %: its classifier is
        larger by the size of the localisation network of `STCNN`.

    Args:
        in_size: (H, W) of the image.
        widths: channels of the convolutions (5 x 5, then 3 x 3), each followed by max-pooling by 2.
        hidden: number of hidden units between the features and the logits; 0 for none.
        classes: number of classes.
        batch_norm: whether convolutions are followed by batch norms; False once they are folded in.

    Example:
        >>> import torch
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
        super().__init__(*_classifier(in_size, widths, hidden, classes, batch_norm), in_size=in_size)
        self.arguments = {"in_size": in_size, "widths": widths, "hidden": hidden, "classes": classes}


class STCNN(ImageNetwork):
    """A spatial transformer, followed by a classifier of the warped image.

    Convention:
        Two parts: ``transformer`` and ``classifier``. Returns logits.

    Args:
        in_size: (H, W) of the image.
        out_size: (H, W) of the warped image, the classifier's input.
        widths, hidden, classes, batch_norm: of the classifier, as in `CNN`.
        localization_widths, localization_hidden: of the localisation network.
        transform: a name in `stn_lib.spatial_transformer.TRANSFORMS`.

    Example:
        >>> import torch
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
        super().__init__(in_size=in_size)
        self.arguments = {
            "in_size": in_size, "out_size": out_size, "widths": widths, "hidden": hidden,
            "localization_widths": localization_widths, "localization_hidden": localization_hidden,
            "classes": classes, "transform": transform,
        }  # fmt: skip
        localization = ConvLocalization(
            in_size,
            out_features=len(transform_family(transform).identity),
            widths=localization_widths,
            hidden=localization_hidden,
            batch_norm=batch_norm,
        )
        self.transformer = SpatialTransformer(localization, tuple(out_size), transform)
        self.classifier = nn.Sequential(*_classifier(out_size, widths, hidden, classes, batch_norm))


#: How `PoolingCNN` halves its images: "stride" keeps every second pixel, as a convolution of stride 2 does.
POOLS = ("stride", "max", *KERNELS, "aps")


class PoolingCNN(nn.Sequential):
    """A convolutional classifier in which only the pooling may depend on position.

    Convention:
        The convolutions are circular and the features are averaged over the whole image, so before the first pooling
        a circular shift of the image only shifts the features. Returns logits. All poolings have the same weights.

    Args:
        in_size: (H, W) of the image; with ``"aps"`` both sides must halve evenly once for each width.
        widths: channels of the convolutions (5 x 5, then 3 x 3), each followed by a batch norm, ReLU and pooling by 2.
        pool: ``"stride"`` (a strided convolution: every second pixel is kept, no maximum); ``"max"``; a kernel of
            `stn_lib.pooling.KERNELS` for a blur between maximum and subsampling; or ``"aps"``.
        classes: number of classes.

    Raises:
        ValueError: an unknown pooling, an image that is too small.

    Example:
        >>> import torch
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
            raise ValueError(f"expected an image of at least {2 ** len(widths)} pixels a side, got {in_size}")
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


def _classifier(
    in_size: tuple[int, int], widths: tuple[int, ...], hidden: int, classes: int, batch_norm: bool
) -> list[nn.Module]:
    side = [s // 2 ** len(widths) for s in in_size]
    if min(side) < 1:
        raise ValueError(f"expected an image of at least {2 ** len(widths)} pixels a side, got {in_size}")
    flat = widths[-1] * side[0] * side[1]
    layers = [*conv_blocks(1, widths, batch_norm), nn.Flatten()]
    if hidden:
        return [*layers, nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, classes)]
    return [*layers, nn.Linear(flat, classes)]
