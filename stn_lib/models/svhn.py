"""The paper's networks for SVHN: five digits at once, with no, one or four spatial transformers."""

import itertools

from torch import Tensor, nn

from stn_lib import _validate
from stn_lib._image_network import ImageNetwork
from stn_lib.data.digit_struct import NO_DIGIT, PLACES
from stn_lib.spatial_transformer import SpatialTransformer

WIDTHS = (48, 64, 128, 160, 192, 192, 192, 192)  # channels of the convolutions, all of 5 x 5
POOLED = (0, 2, 4, 6)  # the convolutions behind which a max-pooling halves the image
TRANSFORMERS = {"none": 0, "single": 1, "multi": 4}  # how many; each is in front of one of the first convolutions
CLASSES = NO_DIGIT + 1


class SVHNNetwork(ImageNetwork):
    """Maps photographs (N, 3, H, W) to logits (N, 5, 11): for each place a digit, or none.

    Convention:
        Eight convolutions of 5 x 5, padded by 2, four of them followed by a max-pooling; two hidden layers; one linear
        layer for all five places: 11 layers of weights. With ``"single"``, an affine transformer warps the image; its
        localisation network has two convolutions of 5 x 5, a max-pooling between them, and a hidden layer. With
        ``"multi"``, four affine transformers warp what the first four convolutions get; their localisation networks have
        two hidden layers. All start at the identity, and their outputs have the size of their inputs.

        The paper does not say: how weights are drawn (here as He et al. do for ReLUs, in the localisation networks too),
        on which side of the pooling dropout is (here behind it, single numbers), which size a transformer returns (here
        that of its input), and what it samples outside (here zeros).

    Args:
        transformers: ``"none"``, ``"single"`` or ``"multi"``.
        in_size: (H, W) of the image, at least 16.
        widths: channels of each convolution.
        hidden: hidden units of each of the two layers.
        localization: channels and hidden units of the localisation networks.
        dropout: the probability with which a number is dropped behind each layer, but for the first convolution and the
            localisation networks.

    Raises:
        ValueError: for an unknown name, or an image that is too small.

    Example:
        >>> import torch
        >>> net = SVHNNetwork("multi", (32, 48), widths=(4,) * 8, hidden=16)
        >>> tuple(net(torch.zeros(2, 3, 32, 48)).shape), len(net.transformers)
        ((2, 5, 11), 4)

    Source: Jaderberg et al. 2015, section 4.2 and appendix A.
    Chapter: 10
    """

    def __init__(
        self,
        transformers: str = "multi",
        in_size: tuple[int, int] = (64, 64),
        widths: tuple[int, ...] = WIDTHS,
        hidden: int = 3072,
        localization: int = 32,
        dropout: float = 0.5,
    ):
        _validate.one_of("transformers", transformers, tuple(TRANSFORMERS))
        size, channels = _validate.image_size(in_size), 3
        if min(size) < 2 ** len(POOLED):
            raise ValueError(f"expected an image of at least {2 ** len(POOLED)} pixels a side, got {tuple(in_size)}")
        layers: list[nn.Module] = []
        for k, width in enumerate(widths):
            if k < TRANSFORMERS[transformers]:
                make = _convolutional if transformers == "single" else _fully_connected
                layers.append(SpatialTransformer(make(channels, size, localization), size))
            layers += [nn.Conv2d(channels, width, 5, padding=2), nn.ReLU()]
            if k in POOLED:
                layers.append(nn.MaxPool2d(2))
                size = (size[0] // 2, size[1] // 2)
            if k > 0:
                layers.append(nn.Dropout(dropout))
            channels = width
        layers.append(nn.Flatten())
        for inputs, outputs in itertools.pairwise((channels * size[0] * size[1], hidden, hidden)):
            layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(dropout)]
        layers += [nn.Linear(hidden, PLACES * CLASSES), nn.Unflatten(1, (PLACES, CLASSES))]
        super().__init__(*layers, in_size=in_size, in_channels=3)
        for layer in self.modules():
            # With torch's own first weights the activations would shrink to a third in each layer.
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        for transformer in self.transformers:
            transformer.start_at_identity()

    @property
    def transformers(self) -> list[SpatialTransformer]:
        """The spatial transformers, the first one first."""
        return [layer for layer in self if isinstance(layer, SpatialTransformer)]


def _convolutional(channels: int, size: tuple[int, int], width: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(channels, width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(width, width, 5, padding=2), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(width * (size[0] // 2) * (size[1] // 2), width), nn.ReLU(), nn.Linear(width, 6)),
    )


def _fully_connected(channels: int, size: tuple[int, int], width: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Flatten(), nn.Linear(channels * size[0] * size[1], width), nn.ReLU()),
        *(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 6)),
    )


def wrong_places(logits: Tensor, labels: Tensor) -> Tensor:
    """Compare the answers for each place with the labels.

    Args:
        logits: (N, 5, 11).
        labels: (N, 5).

    Returns:
        (N, 5), True where the answer is wrong. A number is misread if any of its places is: ``wrong.any(1)``.

    Example:
        >>> import torch
        >>> labels = torch.tensor([[4, 2, 10, 10, 10]])
        >>> logits = nn.functional.one_hot(torch.tensor([[4, 7, 10, 10, 10]]), 11)
        >>> wrong_places(logits, labels).tolist()
        [[False, True, False, False, False]]

    Chapter: 10
    """
    return logits.argmax(2) != labels
