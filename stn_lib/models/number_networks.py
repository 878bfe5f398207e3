"""Networks that read house numbers: a plain one, and one that first finds the number with a spatial transformer."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stn_lib._image_network import ImageNetwork
from stn_lib.coordinates import centres
from stn_lib.data.digit_struct import NO_DIGIT, PLACES
from stn_lib.data.house_numbers import CANVAS
from stn_lib.grid import affine_grid
from stn_lib.localization import FullyConnectedLocalization, hidden_layer, start_at
from stn_lib.sampling import mean_of_samples, subpixel_grid
from stn_lib.spatial_transformer import SpatialTransformer, Transform

CLASSES = NO_DIGIT + 1
CROP = (24, 64)  # (H, W) of what a transformer samples, in pixels
HIDDEN = 128  # hidden units of a reader
MAP = (16, 16)  # (H, W) of the map in which a number is found
#: Half of the window's sides (x, y); the canvas's are 1. A pixel of the crop is as large as one of the canvas.
WINDOW = (CROP[1] / CANVAS[1], CROP[0] / CANVAS[0])
WIDE = 0.8  # the same, of both sides, where a window starts wide


class NumberReader(nn.Sequential):
    """Maps images (N, 1, *size) to logits (N, 5, 11): for each place of a number a digit, or none.

    Convention:
        Convolutions (5 x 5, later 3 x 3), each max-pooled by 2, then one hidden layer that all five places share.

    Args:
        size: (H, W) of the image.
        widths: channels of the convolutions.
        inner: whether a spatial transformer (affine, from the identity on) is in front of each convolution but the first.
            Its localisation network has two hidden layers of 32, as in the paper's network with four transformers.

    Example:
        >>> tuple(NumberReader((24, 64), (12, 24, 48))(torch.zeros(2, 1, 24, 64)).shape)
        (2, 5, 11)

    Source: five softmaxes of 11 classes, as in Jaderberg et al. 2015, section 4.2.
    Chapter: 10
    """

    def __init__(self, size: tuple[int, int], widths: tuple[int, ...], inner: bool = False):
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
        layers += [nn.Flatten(), *hidden_layer(flat, HIDDEN), nn.Linear(HIDDEN, PLACES * CLASSES)]
        super().__init__(*layers, nn.Unflatten(1, (PLACES, CLASSES)))


class NumberCNN(ImageNetwork):
    """Reads a number from the whole canvas, which it first shrinks.

    Convention:
        Returns logits (N, 5, 11). Two parts: ``shrink``, a mean over ``shrink`` x ``shrink`` pixels, and ``reader``.

    Args:
        shrink: the factor; 1 reads the canvas at its full size.
        widths: of the `NumberReader`.

    Example:
        >>> tuple(NumberCNN(shrink=4)(torch.zeros(2, 1, 128, 128)).shape)
        (2, 5, 11)

    Chapter: 10
    """

    def __init__(self, shrink: int = 4, widths: tuple[int, ...] = (20, 40, 64)):
        super().__init__(in_size=CANVAS)
        self.arguments = {"shrink": shrink, "widths": widths}
        self.shrink = nn.AvgPool2d(shrink) if shrink > 1 else nn.Identity()
        self.reader = NumberReader((CANVAS[0] // shrink, CANVAS[1] // shrink), widths)


def window(centre: Tensor) -> Tensor:
    """The theta (N, 2, 3) of windows of `CROP` pixels of the canvas around centres (N, 2), normalised.

    Example:
        >>> window(torch.tensor([[0.25, -0.5]])).tolist()
        [[[0.5, 0.0, 0.25], [0.0, 0.1875, -0.5]]]

    Chapter: 10
    """
    sides = torch.diag(torch.tensor(WINDOW, dtype=centre.dtype, device=centre.device))
    return torch.cat([sides.expand(len(centre), 2, 2), centre[:, :, None]], dim=2)


def _window_at_centroid(scores: Tensor) -> Tensor:
    share = scores.softmax(1).view(-1, *MAP)
    y, x = (centres(side, False, dtype=scores.dtype, device=scores.device) for side in MAP)
    return window(torch.stack([(share.sum(1) * x).sum(1), (share.sum(2) * y).sum(1)], dim=1))


class NumberFinder(SpatialTransformer):
    """Finds a number on the canvas and samples `CROP` pixels around it.

    Convention:
        The localisation network sees the canvas at a quarter of its size and scores the places of a 16 x 16 map: four
        convolutions and nothing behind them, so a number is found in the same way wherever it is. The scores' softmax
        is a share of attention for each place, and the window's centre is the mean place. At the start all scores are 0,
        and the window is in the middle of the canvas. Only the position is learnt.

        A window that holds no digit has no gradient that leads to one. So it starts wide, with most of the canvas in it,
        and becomes narrow during the first batches; the number of batches is kept with the weights.

    Args:
        widths: channels of the convolutions but the last.
        narrowing: training batches until the window has its size; 0 for at once.

    Example:
        >>> finder = NumberFinder()
        >>> finder.theta(torch.rand(2, 1, 128, 128))[0].tolist()
        [[0.5, 0.0, 0.0], [0.0, 0.1875, 0.0]]

    Source: the mean of a softmax over places: Levine et al., End-to-End Training of Deep Visuomotor Policies, 2016.
    Chapter: 10
    """

    def __init__(self, widths: tuple[int, ...] = (8, 16, 16), narrowing: int = 0):
        layers: list[nn.Module] = [nn.AvgPool2d(4)]
        channels = 1
        for k, width in enumerate(widths):
            side = 5 if k == 0 else 3
            layers.append(nn.Conv2d(channels, width, side, padding=side // 2, bias=False))
            layers += [*([] if k else [nn.MaxPool2d(2)]), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        layers += [nn.Conv2d(channels, 1, 3, padding=1), nn.Flatten()]
        family = Transform((0.0,) * (MAP[0] * MAP[1]), _window_at_centroid, affine_grid)
        super().__init__(nn.Sequential(*layers), CROP, family, padding_mode="border")
        self.narrowing = narrowing
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def start_at_identity(self) -> None:
        """Score all places equally: one weight of the last layer serves all of them, so it is set for all at once."""
        start_at(self.localization, torch.zeros(1))
        self._start = ()

    def theta(self, images: Tensor) -> Tensor:
        """The window's theta (N, 2, 3), as wide as it is after so many batches."""
        done = min(self.batches.item() / self.narrowing, 1.0) if self.narrowing else 1.0
        left = (1 + math.cos(math.pi * done)) / 2  # from 1 to 0
        theta = super().theta(images)
        sides = theta.new_tensor([(WIDE / side) ** left for side in WINDOW])
        return torch.cat([theta[:, :, :2] * sides, theta[:, :, 2:]], dim=2)

    def forward(self, images: Tensor) -> Tensor:
        """The crops (N, 1, *CROP) of images (N, 1, *CANVAS)."""
        if self.training:
            self.batches += 1
        return super().forward(images)


class NumberSTCNN(ImageNetwork):
    """Finds a number on the canvas, and reads only what is there, at full resolution.

    Convention:
        Returns logits (N, 5, 11). Two parts: ``transformer``, a `NumberFinder`, and ``reader``, a `NumberReader`.

    Args:
        widths, inner: of the reader.
        narrowing: of the transformer.

    Example:
        >>> tuple(NumberSTCNN()(torch.zeros(2, 1, 128, 128)).shape)
        (2, 5, 11)

    Source: Jaderberg et al. 2015, section 4.2.
    Chapter: 10
    """

    def __init__(self, widths: tuple[int, ...] = (12, 24, 48), inner: bool = False, narrowing: int = 0):
        super().__init__(in_size=CANVAS)
        self.arguments = {"widths": widths, "inner": inner, "narrowing": narrowing}
        self.transformer = NumberFinder(narrowing=narrowing)
        self.reader = NumberReader(CROP, widths, inner)


class GivenWindow(nn.Module):
    """The control: the reader of `NumberSTCNN` behind a window that is not learnt.

    Args:
        widths: of the reader.
        samples: points that are averaged along each axis of a pixel, for windows that shrink the canvas.

    Example:
        >>> tuple(GivenWindow()(torch.zeros(2, 1, 128, 128), torch.eye(2, 3).expand(2, 2, 3)).shape)
        (2, 5, 11)

    Chapter: 10
    """

    def __init__(self, widths: tuple[int, ...] = (12, 24, 48), samples: int = 1):
        super().__init__()
        self.samples = samples
        self.reader = NumberReader(CROP, widths)

    def forward(self, images: Tensor, theta: Tensor) -> Tensor:
        """Logits (N, 5, 11) of images (N, 1, *CANVAS), sampled at theta (N, 2, 3)."""
        grid = subpixel_grid(affine_grid(theta, (len(images), 1, *CROP)), self.samples)
        fine = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
        return self.reader(mean_of_samples(fine, self.samples))
