"""Networks that classify drawn birds: a plain one, and one with windows that learn where the parts of a bird are."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from stn_lib._image_network import ImageNetwork
from stn_lib.coordinates import centres
from stn_lib.data.birds import CLASSES, SIDE
from stn_lib.grid import affine_grid
from stn_lib.models.cub import PartDescriptions
from stn_lib.models.number_networks import mean_place
from stn_lib.pooling import BlurPool2d
from stn_lib.spatial_transformer import SpatialTransformer, Transform

WINDOW = 64  # side of what a window returns, in pixels
SCALE = 0.45  # half of a window's sides; the image's are 1
MAP = 16  # side of the map of places
SHRINK = SIDE // (2 * MAP)  # of the image that the localisation network sees
#: Weights of the blur in front of subsampling by 3: three means over 3 pixels, one after another.
BLUR = (1.0, 3.0, 6.0, 7.0, 6.0, 3.0, 1.0)
WIDTHS = (16, 32, 32)  # channels of the convolutions that describe a part
FOCUS = 0.5  # standard deviation of the weights in a window's mean; half of the window's side is 1
#: The centres (x, y) at which windows start.
STARTS = {
    "stacked": ((0.0, -0.5), (0.0, 0.5)),
    "swapped": ((0.0, 0.5), (0.0, -0.5)),
    "side by side": ((-0.5, 0.0), (0.5, 0.0)),
    "equal": ((0.0, 0.0), (0.0, 0.0)),
    "four": ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)),
}
LEARNT = ("scale", "angle")  # what a window may learn beside its centre


class PartFinder(SpatialTransformer):
    """Windows of one scale on an image; one localisation network finds the centres of all of them.

    Convention:
        The localisation network sees the image at a sixth of its size and scores the places of a `MAP` x `MAP` map, one map
        for each window. The softmax of a map is a share of attention for each place; the window's centre is the mean place.
        Scores start as planes: of all shares whose mean is the window's start, the softmax of a plane is the most even one.
        The convolutions repeat the border's pixels beyond the border. With zeros there, they could tell where the border
        is, and windows ran into a corner.

    Args:
        start: the centres (x, y), between -1 and 1, at which windows start.
        learns: numbers that each window learns beside its centre, of `LEARNT`: ``"scale"``, a factor on its sides, and
            ``"angle"``, its rotation in radians. A window takes them from maps of their own, each place weighted by its
            share of attention. They start at 1 and at 0.
        widths: channels of the convolutions but the last.

    Raises:
        ValueError: for a start outside the image, or another number to learn.

    Example:
        >>> finder = PartFinder()
        >>> finder.theta(torch.rand(2, 3, 192, 192))[0, 0].mul(100).round().abs().tolist()
        [[45.0, 0.0, 0.0], [0.0, 45.0, 50.0]]

    Chapter: 11
    """

    def __init__(
        self,
        start: Sequence[tuple[float, float]] = STARTS["stacked"],
        learns: Sequence[str] = (),
        widths: tuple[int, ...] = (16, 32, 32),
    ):
        if not set(learns) <= set(LEARNT):
            raise ValueError(f"expected learns to hold names in {LEARNT}, got {tuple(learns)}")
        layers: list[nn.Module] = [nn.AvgPool2d(SHRINK)]
        channels = 3
        for k, width in enumerate(widths):
            layers.append(_repeating(channels, width, 3 if k else 5, bias=False))
            layers += [*([] if k else [nn.MaxPool2d(2)]), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        maps = len(start) * (1 + len(learns))
        layers += [_repeating(channels, maps, 3), nn.Flatten()]
        planes = torch.stack([even_scores(*centre) for centre in start])
        theta = partial(_theta_of_maps, planes=planes, learns=tuple(learns))
        family = Transform((0.0,) * (maps * MAP**2), theta, affine_grid)
        super().__init__(nn.Sequential(*layers), (WINDOW, WINDOW), family, padding_mode="border")
        self.planes, self.learns = planes, tuple(learns)

    def start_at_identity(self) -> None:
        """Set the last layer to 0: one weight of it serves all places, so it is set for all at once."""
        last = self.localization[-2]
        with torch.no_grad():
            last.weight.zero_()
            last.bias.zero_()
        self._start = ()

    def forward(self, images: Tensor) -> Tensor:
        """What the windows see (N, windows, 3, WINDOW, WINDOW) of images (N, 3, SIDE, SIDE)."""
        return self.look(images, self.theta(images))

    def look(self, images: Tensor, theta: Tensor) -> Tensor:
        """What windows at theta (N, windows, 2, 3) see."""
        return torch.stack([self.sample(images, one) for one in theta.unbind(1)], dim=1)


def _repeating(channels: int, width: int, side: int, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(channels, width, side, padding=side // 2, bias=bias, padding_mode="replicate")


def even_scores(x: float, y: float) -> Tensor:
    """The scores (MAP * MAP,) of the most even share of attention whose mean place is (x, y): a plane.

    Example:
        >>> mean_place(even_scores(0.25, -0.5)[None], (MAP, MAP)).mul(100).round().tolist()
        [[25.0, -50.0]]

    Chapter: 11
    """
    axis = centres(MAP, False, dtype=torch.float64)

    def slope(mean: float) -> float:
        if abs(mean) >= axis[-1]:
            raise ValueError(f"expected a window's start between {axis[0]:.3f} and {axis[-1]:.3f}, got {mean}")
        low, high = -1000.0, 1000.0
        for _ in range(60):  # the mean grows with the slope
            middle = (low + high) / 2
            low, high = (middle, high) if ((middle * axis).softmax(0) * axis).sum() < mean else (low, middle)
        return low

    return (slope(x) * axis + slope(y) * axis[:, None]).flatten().float()


def _theta_of_maps(parameters: Tensor, planes: Tensor, learns: tuple[str, ...]) -> Tensor:
    """The theta (N, windows, 2, 3) of maps (N, windows * (1 + learnt numbers) * places), one after another."""
    windows = len(planes)
    maps = parameters.view(len(parameters), windows, -1, MAP**2)
    scores = maps[:, :, 0] + planes.to(parameters)
    share = scores.softmax(2)
    found = dict(zip(learns, ((share * maps[:, :, 1 + k]).sum(2) for k in range(len(learns))), strict=True))
    zero = torch.zeros_like(share[:, :, 0])
    side = SCALE * found.get("scale", zero).exp()
    cos, sin = side * found.get("angle", zero).cos(), side * found.get("angle", zero).sin()
    x, y = mean_place(scores.flatten(0, 1), (MAP, MAP)).view(-1, windows, 2).unbind(2)
    return torch.stack([cos, -sin, x, sin, cos, y], 2).view(-1, windows, 2, 3)


class CentreMean(nn.Module):
    """The mean of each feature map (N, C, H, W) with Gaussian weights around the middle: (N, C).

    A part that moves towards the middle of its window counts more, so the gradient says where to move the window. In a
    plain mean, only what crosses the window's border changes anything.

    Args:
        size: (H, W).

    Example:
        >>> CentreMean((4, 4))(torch.ones(1, 2, 4, 4)).tolist()
        [[1.0, 1.0]]

    Chapter: 11
    """

    def __init__(self, size: tuple[int, int]):
        super().__init__()
        y, x = (torch.exp(-((centres(side, False) / FOCUS) ** 2) / 2) for side in size)
        weights = y[:, None] * x
        self.register_buffer("weights", weights / weights.sum(), persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        return (maps * self.weights).sum((2, 3))


def describing_layers(widths: tuple[int, ...]) -> list[nn.Module]:
    """Convolutions (3 x 3) with batch norm and ReLU; behind the first one a mean over 4 x 4 pixels.

    A mean, not the maximum, and no stride: the strength of a fine pattern then hardly depends on where between the pixels
    a window samples it, and the centre's gradient is less noisy.
    """
    layers: list[nn.Module] = []
    channels = 3
    for k, width in enumerate(widths):
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        layers += [] if k else [nn.AvgPool2d(4)]
        channels = width
    return layers


class BirdSTCNN(ImageNetwork):
    """Classifies birds by what several windows see.

    Convention:
        Three parts: ``transformer``, a `PartFinder`; ``parts``, which describe what each window sees, with weights of their
        own for each; ``classifier``, linear, on all descriptions. Labels are all that it is trained with.

    Args:
        start: a name in `STARTS`, or centres (x, y).
        learns: of the `PartFinder`.
        widths: channels of the convolutions that describe a part.

    Example:
        >>> tuple(BirdSTCNN()(torch.rand(2, 3, 192, 192)).shape)
        (2, 16)

    Source: Jaderberg et al. 2015, section 4.3; the map of places is chapter 10's.
    Chapter: 11
    """

    def __init__(
        self,
        start: str | Sequence[tuple[float, float]] = "stacked",
        learns: Sequence[str] = (),
        widths: tuple[int, ...] = WIDTHS,
    ):
        super().__init__(in_size=(SIDE, SIDE), in_channels=3)
        self.arguments = {"start": start, "learns": tuple(learns), "widths": tuple(widths)}
        centres_of = STARTS[start] if isinstance(start, str) else start
        self.transformer = PartFinder(centres_of, learns)
        side = WINDOW // 4
        parts = (nn.Sequential(*describing_layers(widths), CentreMean((side, side))) for _ in centres_of)
        self.parts = PartDescriptions(parts)
        self.classifier = nn.Linear(len(centres_of) * widths[-1], CLASSES)

    def at(self, images: Tensor, theta: Tensor) -> Tensor:
        """Logits (N, CLASSES) with the windows at a given theta (N, windows, 2, 3)."""
        return self.classifier(self.parts(self.transformer.look(images, theta)))


class BirdCNN(ImageNetwork):
    """Classifies birds by the whole image, which it first shrinks if you like.

    Convention:
        It shrinks the image to the size of a window: a blur, then subsampling by 3, as in chapter 2.

    Args:
        shrunk: whether it does.
        widths: channels of the convolutions.

    Example:
        >>> tuple(BirdCNN()(torch.rand(2, 3, 192, 192)).shape)
        (2, 16)

    Chapter: 11
    """

    def __init__(self, shrunk: bool = True, widths: tuple[int, ...] = WIDTHS):
        super().__init__(in_size=(SIDE, SIDE), in_channels=3)
        self.arguments = {"shrunk": shrunk, "widths": tuple(widths)}
        self.shrink = BlurPool2d(BLUR, SIDE // WINDOW) if shrunk else nn.Identity()
        self.features = nn.Sequential(*describing_layers(widths), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(widths[-1], CLASSES)
