"""The paper's networks for CUB-200-2011: windows that find parts of a bird, on a backbone of the reader's choice."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from stn_lib import _validate
from stn_lib._image_network import ImageNetwork
from stn_lib.data.cub import DEVIATION, MEAN
from stn_lib.data.cub_lists import CLASSES
from stn_lib.grid import affine_grid
from stn_lib.localization import conv_blocks
from stn_lib.spatial_transformer import SpatialTransformer, Transform

SCALE = 0.5  # half of a window's sides; the image's are 1
#: The centres (x, y) at which windows start. Four tile the image. Two are side by side at half the height: they cover half
#: of it.
TILES = {2: ((-0.5, 0.0), (0.5, 0.0)), 4: ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5))}


def small_backbone(widths: tuple[int, ...] = (32, 64, 128, 256, 256)) -> nn.Sequential:
    """Make a plain backbone: convolutions (5 x 5, then 3 x 3), each with batch norm, ReLU and max-pooling by 2.

    Example:
        >>> tuple(small_backbone((4, 8))(torch.zeros(1, 3, 32, 48)).shape)
        (1, 8, 8, 12)

    Chapter: 11
    """
    return nn.Sequential(*conv_blocks(3, widths, batch_norm=True))


class AttentionWindows(SpatialTransformer):
    """Several windows on one image, whose centres one localisation network predicts.

    Convention:
        Only a window's centre is learnt; its scale is fixed, in the paper at half of the image's sides. The localisation
        network sees the image shrunk by a mean over pixels, to about the windows' size, and outputs the centres (x, y),
        two numbers for each window. At the start the windows are at `TILES`. Outside the image they see zeros.

    Args:
        backbone: makes the first layers of the localisation network, which map images to feature maps (N, C, H, W).
        in_size: (H, W) of the image.
        windows: how many, 2 or 4.
        out_size: (H, W) of what a window returns.
        hidden: channels to which a 1 x 1 convolution reduces the features, and the size of the hidden layer behind it.

    Raises:
        ValueError: for another number of windows.

    Example:
        >>> windows = AttentionWindows(small_backbone, (64, 64), 2, (32, 32))
        >>> images = torch.zeros(3, 3, 64, 64)
        >>> tuple(windows(images).shape), windows.theta(images)[0, 0].tolist()
        ((3, 2, 3, 32, 32), [[0.5, 0.0, -0.5], [0.0, 0.5, 0.0]])

    Source: Jaderberg et al. 2015, section 4.3 and appendix A.
    Chapter: 11
    """

    def __init__(
        self,
        backbone: Callable[[], nn.Module],
        in_size: tuple[int, int],
        windows: int,
        out_size: tuple[int, int],
        hidden: int = 128,
    ):
        if windows not in TILES:
            raise ValueError(f"expected windows in {sorted(TILES)}, got {windows!r}")
        shrink = max(min(side // out for side, out in zip(in_size, out_size, strict=True)), 1)
        layers = [nn.AvgPool2d(shrink)] if shrink > 1 else []
        layers.append(backbone())
        channels, height, width = _features(nn.Sequential(*layers), in_size)
        localization = nn.Sequential(
            *layers, nn.Conv2d(channels, hidden, 1), nn.ReLU(), nn.Flatten(),
            nn.Linear(hidden * height * width, hidden), nn.ReLU(), nn.Linear(hidden, 2 * windows),
        )  # fmt: skip
        numbers = tuple(number for centre in TILES[windows] for number in centre)
        family = Transform(numbers, windows_theta, affine_grid)
        super().__init__(localization, out_size, family)

    def forward(self, images: Tensor) -> Tensor:
        """What the windows see (N, windows, C, *out_size) of images (N, C, H, W); `theta` is (N, windows, 2, 3)."""
        return torch.stack([self.sample(images, theta) for theta in self.theta(images).unbind(1)], dim=1)


def windows_theta(parameters: Tensor, scale: float = SCALE) -> Tensor:
    """The theta (N, windows, 2, 3) of windows of one scale, from their centres (N, 2 * windows).

    Example:
        >>> windows_theta(torch.tensor([[0.0, -0.5]]), 0.25).tolist()
        [[[[0.25, 0.0, 0.0], [0.0, 0.25, -0.5]]]]

    Chapter: 11
    """
    centres = parameters.view(len(parameters), -1, 2, 1)
    sides = scale * torch.eye(2, dtype=parameters.dtype, device=parameters.device)
    return torch.cat([sides.expand(*centres.shape[:2], 2, 2), centres], dim=3)


class PartDescriptions(nn.ModuleList):
    """A network for each window: maps (N, windows, C, H, W) to the numbers (N, …) of all networks, one after another."""

    def forward(self, windows: Tensor) -> Tensor:
        return torch.cat([part(window) for part, window in zip(self, windows.unbind(1), strict=True)], dim=1)


class CUBNetwork(ImageNetwork):
    """Maps photographs of birds (N, 3, H, W) to logits (N, 200), from the whole image or from several windows on it.

    Convention:
        Each window has a backbone with weights of its own; the means of their feature maps are concatenated, and one
        linear layer classifies them. Without windows one backbone describes the whole image. The localisation network
        has another backbone; all windows share it. It is trained at a rate far below the others': the paper's is 0.0001
        of it.

        The paper's backbone is Inception with batch norm, pretrained on ImageNet. The 1 x 1 convolution to 128 channels
        and the hidden layer of 128 are those that public replications quote from its appendix. Our choices: the
        activations between them, dropout in front of the classifier, the start of two windows (the paper says that
        windows tile the image, which two of this scale cannot), what the localisation network sees, and zeros outside.

    Args:
        windows: 0, 2 or 4.
        in_size: (H, W) of the image.
        out_size: (H, W) of what a window returns.
        backbone: makes a network that maps images to feature maps (N, C, H, W), such as `small_backbone`, which is not
            pretrained, or ``lambda: torchvision_backbone("resnet50")``.
        classes: how many species.
        hidden: of the localisation network, as in `AttentionWindows`.
        dropout: the probability with which a number of the description is dropped.

    Raises:
        ValueError: for another number of windows, or a backbone that does not return feature maps.

    Example:
        >>> network = CUBNetwork(2, (64, 64), (32, 32), lambda: small_backbone((4, 8)))
        >>> tuple(network(torch.zeros(3, 3, 64, 64)).shape), len(network.transformers)
        ((3, 200), 1)

    Source: Jaderberg et al. 2015, section 4.3 and appendix A.
    Chapter: 11
    """

    def __init__(
        self,
        windows: int = 2,
        in_size: tuple[int, int] = (448, 448),
        out_size: tuple[int, int] = (224, 224),
        backbone: Callable[[], nn.Module] = small_backbone,
        classes: int = CLASSES,
        hidden: int = 128,
        dropout: float = 0.5,
    ):
        if windows not in (0, *TILES):
            raise ValueError(f"expected windows in {[0, *TILES]}, got {windows!r}")
        in_size = _validate.image_size(in_size)
        backbones = [backbone() for _ in range(windows or 1)]
        channels, _, _ = _features(backbones[0], out_size if windows else in_size)
        parts = PartDescriptions(nn.Sequential(one, nn.AdaptiveAvgPool2d(1), nn.Flatten()) for one in backbones)
        super().__init__(
            AttentionWindows(backbone, in_size, windows, out_size, hidden) if windows else nn.Unflatten(1, (1, 3)),
            parts, nn.Dropout(dropout), nn.Linear(channels * len(parts), classes),
            in_size=in_size, in_channels=3,
        )  # fmt: skip

    @property
    def transformers(self) -> list[AttentionWindows]:
        """The windows' spatial transformer, if there are windows."""
        return [layer for layer in self if isinstance(layer, AttentionWindows)]


def _features(backbone: nn.Module, size: tuple[int, int]) -> tuple[int, int, int]:
    """The shape (C, H, W) of a new backbone's feature maps for images of a size."""
    with torch.no_grad():  # in evaluation mode, so that no batch norm counts an image without content
        shape = tuple(backbone.eval()(torch.zeros(1, 3, *size)).shape)
    backbone.train()
    if len(shape) != 4:
        raise ValueError(
            f"expected a backbone that maps images to feature maps (N, C, H, W), got {shape}: leave out its last pooling and "
            "its classifier"
        )
    return shape[1:]


def parts_in_windows(theta: Tensor, parts: Tensor) -> Tensor:
    """Whether each window holds each part.

    Args:
        theta: (N, windows, 2, 3), as `AttentionWindows.theta` returns it.
        parts: (N, P, 2) normalised (x, y); NaN for a part that is hidden.

    Returns:
        (N, windows, P), True where a part is inside a window or on its border.

    Example:
        >>> theta = torch.tensor([[[0.5, 0.0, -0.5], [0.0, 0.5, 0.0]]])
        >>> parts_in_windows(theta[None], torch.tensor([[[-0.9, 0.4], [0.1, 0.0]]])).tolist()
        [[[True, False]]]

    Chapter: 11
    """
    sides = theta[..., :2].diagonal(dim1=2, dim2=3)[:, :, None]
    return ((parts[:, None] - theta[..., 2][:, :, None]).abs() <= sides).all(3)


def torchvision_backbone(name: str) -> nn.Module:
    """Make the layers in front of the last pooling of one of torchvision's networks, with its weights for ImageNet.

    Args:
        name: such as ``"resnet50"`` or ``"googlenet"``, which is the paper's kind. torchvision downloads the weights once.

    Raises:
        ModuleNotFoundError: without a torchvision for this torch; ``pip install "stn_lib[cub]"`` brings it.
        ValueError: for a name that torchvision does not know, or a network that has no average pooling behind its
            features.

    Chapter: 11
    """
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:  # its compiled part is made for one build of torch
        raise ModuleNotFoundError(
            f"expected the package torchvision, built for torch {torch.__version__}, got none ({error}): run pip install "
            '"stn_lib[cub]", with torch and torchvision from one index'
        ) from error
    if name not in models.list_models(module=models):
        raise ValueError(f"expected a classifier of torchvision such as 'resnet50', got {name!r}")
    network = models.get_model(name, weights="DEFAULT")
    network.AuxLogits = None  # Inception's second classifier, which is beside its features
    layers: list[nn.Module] = [_ToInception()] if getattr(network, "transform_input", False) else []
    for layer in network.children():
        if isinstance(layer, nn.AdaptiveAvgPool2d):
            return nn.Sequential(*layers)
        layers.append(layer)
    raise ValueError(
        f"expected a network with an average pooling behind its features, such as 'resnet50', got {name!r}"
    )


class _ToInception(nn.Module):
    """Rescale pixels to [-1, 1], as torchvision's GoogLeNet and Inception do in front of their first layer."""

    def __init__(self):
        super().__init__()
        self.register_buffer("scale", 2 * torch.tensor(DEVIATION).view(3, 1, 1))
        self.register_buffer("shift", 2 * torch.tensor(MEAN).view(3, 1, 1) - 1)

    def forward(self, images: Tensor) -> Tensor:
        return images * self.scale + self.shift
