"""Networks that read house numbers: a plain one, and one that first finds the number with a spatial transformer."""

import math
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stn_lib._image_network import ImageNetwork
from stn_lib.coordinates import centres
from stn_lib.data.digit_struct import NO_DIGIT
from stn_lib.data.house_numbers import find_scene
from stn_lib.grid import affine_grid
from stn_lib.localization import FullyConnectedLocalization, hidden_layer, output_layer, start_at
from stn_lib.sampling import mean_of_samples, subpixel_grid
from stn_lib.spatial_transformer import SpatialTransformer, Transform

CLASSES = NO_DIGIT + 1
HIDDEN = 128  # hidden units of a reader
CELL = 8  # side of a place on the map in which a number is found, in pixels of the canvas
WIDE = 0.8  # half of both sides of a window that starts wide; the canvas's are 1


class NumberReader(nn.Sequential):
    """Maps images (N, 1, *size) to logits (N, places, 11): for each place of a number a digit, or none.

    Convention:
        Convolutions (5 x 5, later 3 x 3), each max-pooled by 2, then one hidden layer that all places share.

    Args:
        size: (H, W) of the image.
        places: digits of the longest number.
        widths: channels of the convolutions.
        hidden: units of the hidden layer.
        inner: whether a spatial transformer (affine, from the identity on) is in front of each convolution but the first.
            Its localisation network has two hidden layers of 32, as in the paper's network with four transformers.

    Example:
        >>> tuple(NumberReader((24, 64), 5, (12, 24, 48))(torch.zeros(2, 1, 24, 64)).shape)
        (2, 5, 11)

    Source: five softmaxes of 11 classes, as in Jaderberg et al. 2015, section 4.2.
    Chapter: 10
    """

    def __init__(
        self, size: tuple[int, int], places: int, widths: tuple[int, ...], hidden: int = HIDDEN, inner: bool = False
    ):
        layers: list[nn.Module] = []
        channels = 1
        for k, width in enumerate(widths):
            side = 5 if k == 0 else 3
            if inner and k:
                layers.append(SpatialTransformer(FullyConnectedLocalization(size, channels, widths=(32, 32))))
            # Pool before the norm: it is a quarter of the work.
            layers += [
                nn.Conv2d(channels, width, side, padding=side // 2, bias=False),
                nn.MaxPool2d(2), nn.BatchNorm2d(width), nn.ReLU(),
            ]  # fmt: skip
            channels, size = width, (size[0] // 2, size[1] // 2)
        flat = channels * size[0] * size[1]
        layers += [nn.Flatten(), *hidden_layer(flat, hidden), nn.Linear(hidden, places * CLASSES)]
        super().__init__(*layers, nn.Unflatten(1, (places, CLASSES)))


class NumberCNN(ImageNetwork):
    """Reads a number from the whole canvas, which it first shrinks.

    Convention:
        Returns logits (N, longest, 11). Two parts: ``shrink``, a mean over ``shrink`` x ``shrink`` pixels, and ``reader``.

    Args:
        shrink: the factor; 1 reads the canvas at its full size.
        widths, hidden: of the `NumberReader`.
        scene: a name in `stn_lib.data.house_numbers.SCENES`.

    Example:
        >>> tuple(NumberCNN(shrink=4)(torch.zeros(2, 1, 128, 128)).shape)
        (2, 5, 11)

    Chapter: 10
    """

    def __init__(
        self, shrink: int = 4, widths: tuple[int, ...] = (20, 40, 64), hidden: int = HIDDEN, scene: str = "large"
    ):
        (height, width), longest, *_ = find_scene(scene)
        super().__init__(in_size=(height, width))
        self.arguments = {"shrink": shrink, "widths": widths, "hidden": hidden, "scene": scene}
        self.shrink = nn.AvgPool2d(shrink) if shrink > 1 else nn.Identity()
        self.reader = NumberReader((height // shrink, width // shrink), longest, widths, hidden)


def window_sides(scene: str) -> tuple[float, float]:
    """Half of the sides (x, y) of a scene's window, normalised: its pixels are as large as those of the canvas."""
    found = find_scene(scene)
    return found.crop[1] / found.canvas[1], found.crop[0] / found.canvas[0]


def window(centre: Tensor, scene: str = "large") -> Tensor:
    """The theta (N, 2, 3) of a scene's windows around centres (N, 2), normalised.

    Example:
        >>> window(torch.tensor([[0.25, -0.5]])).tolist()
        [[[0.5, 0.0, 0.25], [0.0, 0.1875, -0.5]]]

    Chapter: 10
    """
    sides = torch.diag(torch.tensor(window_sides(scene), dtype=centre.dtype, device=centre.device))
    return torch.cat([sides.expand(len(centre), 2, 2), centre[:, :, None]], dim=2)


def mean_place(scores: Tensor, size: tuple[int, int]) -> Tensor:
    """The mean place (x, y) of the softmax of scores (N, H·W) over a map of a size (H, W), normalised: (N, 2).

    Example:
        >>> mean_place(torch.tensor([[0.0, 0.0, -1e4, -1e4]]), (2, 2)).tolist()
        [[0.0, -0.5]]

    Source: Levine et al., End-to-End Training of Deep Visuomotor Policies, 2016, section 5.1.
    Chapter: 10
    """
    share = scores.softmax(1).view(-1, *size)
    y, x = (centres(side, False, dtype=scores.dtype, device=scores.device) for side in size)
    return torch.stack([(share.sum(1) * x).sum(1), (share.sum(2) * y).sum(1)], dim=1)


def _window_at_mean(scores: Tensor, size: tuple[int, int], scene: str) -> Tensor:
    return window(mean_place(scores, size), scene)


class NumberFinder(SpatialTransformer):
    """Finds a number on the canvas and samples a crop of the scene's size around it.

    Convention:
        The localisation network sees the canvas at a quarter of its size and scores the places of a map, each `CELL`
        pixels of the canvas wide: four convolutions and nothing behind them, so a number is found in the same way
        wherever it is. The scores' softmax is a share of attention for each place, and the window's centre is the mean
        place. At the start all scores are 0, and the window is in the middle of the canvas. Only the position is learnt.

        A window that holds no digit has no gradient that leads to one. So it starts wide, with most of the canvas in it,
        and becomes narrow during the first batches; the number of batches is kept with the weights.

    Args:
        scene: a name in `stn_lib.data.house_numbers.SCENES`.
        narrowing: training batches until the window has its size; 0 for at once.
        pooled: the control: the features of all places are averaged, and one linear layer predicts the centre from the
            mean, in which no place is left but for what zeros beyond the border leave.
        widths: channels of the convolutions but the last.

    Example:
        >>> finder = NumberFinder()
        >>> finder.theta(torch.rand(2, 1, 128, 128))[0].tolist()
        [[0.5, 0.0, 0.0], [0.0, 0.1875, 0.0]]

    Chapter: 10
    """

    def __init__(
        self, scene: str = "large", narrowing: int = 0, pooled: bool = False, widths: tuple[int, ...] = (8, 16, 16)
    ):
        layers: list[nn.Module] = [nn.AvgPool2d(4)]
        channels = 1
        for k, width in enumerate(widths):
            side = 5 if k == 0 else 3
            layers.append(nn.Conv2d(channels, width, side, padding=side // 2, bias=False))
            layers += [*([] if k else [nn.MaxPool2d(2)]), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        found = find_scene(scene)
        size = found.canvas[0] // CELL, found.canvas[1] // CELL
        if pooled:
            layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 2)]
            family = Transform((0.0, 0.0), partial(window, scene=scene), affine_grid)
        else:
            layers += [nn.Conv2d(channels, 1, 3, padding=1), nn.Flatten()]
            at_mean = partial(_window_at_mean, size=size, scene=scene)
            family = Transform((0.0,) * (size[0] * size[1]), at_mean, affine_grid)
        super().__init__(nn.Sequential(*layers), found.crop, family, padding_mode="border")
        self.canvas, self.narrowing, self.sides = found.canvas, narrowing, window_sides(scene)
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def start_at_identity(self) -> None:
        """Score all places equally: one weight of the last layer serves all of them, so it is set for all at once."""
        start_at(self.localization, torch.zeros(len(output_layer(self.localization).bias)))
        self._start = ()

    def theta(self, images: Tensor) -> Tensor:
        """The window's theta (N, 2, 3), as wide as it is after so many batches."""
        done = min(self.batches.item() / self.narrowing, 1.0) if self.narrowing else 1.0
        left = (1 + math.cos(math.pi * done)) / 2  # from 1 to 0
        theta = super().theta(images)
        sides = theta.new_tensor([(WIDE / side) ** left for side in self.sides])
        return torch.cat([theta[:, :, :2] * sides, theta[:, :, 2:]], dim=2)

    def forward(self, images: Tensor) -> Tensor:
        """The crops (N, 1, *crop) of images (N, 1, *canvas)."""
        if self.training:
            self.batches += 1
        return super().forward(images)


class NumberSTCNN(ImageNetwork):
    """Finds a number on the canvas, and reads only what is there, at full resolution.

    Convention:
        Returns logits (N, longest, 11). Two parts: ``transformer``, a `NumberFinder`, and ``reader``, a `NumberReader`.

    Args:
        widths, hidden, inner: of the reader.
        narrowing, pooled: of the transformer.
        scene: a name in `stn_lib.data.house_numbers.SCENES`.

    Example:
        >>> tuple(NumberSTCNN()(torch.zeros(2, 1, 128, 128)).shape)
        (2, 5, 11)

    Source: Jaderberg et al. 2015, section 4.2.
    Chapter: 10
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (12, 24, 48),
        hidden: int = HIDDEN,
        inner: bool = False,
        narrowing: int = 0,
        pooled: bool = False,
        scene: str = "large",
    ):
        found = find_scene(scene)
        super().__init__(in_size=found.canvas)
        self.arguments = {
            "widths": widths, "hidden": hidden, "inner": inner, "narrowing": narrowing, "pooled": pooled, "scene": scene,
        }  # fmt: skip
        self.transformer = NumberFinder(scene, narrowing, pooled)
        self.reader = NumberReader(found.crop, found.longest, widths, hidden, inner)


class GivenWindow(nn.Module):
    """The control: the reader of `NumberSTCNN` behind a window that is not learnt.

    Args:
        widths, hidden: of the reader.
        samples: points that are averaged along each axis of a pixel, for windows that shrink the canvas.
        scene: a name in `stn_lib.data.house_numbers.SCENES`.

    Example:
        >>> tuple(GivenWindow()(torch.zeros(2, 1, 128, 128), torch.eye(2, 3).expand(2, 2, 3)).shape)
        (2, 5, 11)

    Chapter: 10
    """

    def __init__(
        self, widths: tuple[int, ...] = (12, 24, 48), hidden: int = HIDDEN, samples: int = 1, scene: str = "large"
    ):
        super().__init__()
        found = find_scene(scene)
        self.samples, self.crop = samples, found.crop
        self.reader = NumberReader(found.crop, found.longest, widths, hidden)

    def forward(self, images: Tensor, theta: Tensor) -> Tensor:
        """Logits (N, longest, 11) of images (N, 1, *canvas), sampled at theta (N, 2, 3)."""
        grid = subpixel_grid(affine_grid(theta, (len(images), 1, *self.crop)), self.samples)
        fine = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
        return self.reader(mean_of_samples(fine, self.samples))
