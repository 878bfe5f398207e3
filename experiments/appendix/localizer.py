"""The network of co-localisation: from an image to a window inside it."""

import torch
from torch import Tensor, nn

from experiments.appendix.scenes import CROP, LARGEST, SMALLEST, inside, window
from stn_lib.coordinates import centres
from stn_lib.grid import affine_grid
from stn_lib.localization import conv_blocks
from stn_lib.spatial_transformer import SpatialTransformer, Transform


def _window(parameters: Tensor) -> Tensor:
    # Without these bounds there are shortcuts: crops of nothing (outside the image), of one point (zoomed in without
    # limit) and of everything (zoomed out) are all alike, and unlike a random patch. Within the bounds the centre is the
    # parameter itself: a digit at the edge needs no infinite parameter, as it would with a tanh.
    half = SMALLEST + (LARGEST - SMALLEST) * torch.sigmoid(parameters[:, :1])
    return window(half, inside(half, parameters[:, 1:]))


#: The attention transform, kept inside the image, its side between a quarter and four fifths of the image's. It starts
#: in the middle, at .73: wide enough to hold a part of every digit. If many crops are blank at the start, training makes
#: all of them blank.
WINDOW = Transform((2.0, 0.0, 0.0), _window, affine_grid)


class Points(nn.Module):
    """Where each channel of an image is bright: (N, C, H, W) to (N, 2 C), x and y of each, in -1 to 1.

    Convention:
        A softmax over the pixels of a channel, sharpened four times, then the mean position. If the image moves, the
        point moves as far: positions need not be learnt for each place separately.

    Example:
        >>> image = torch.zeros(1, 1, 3, 3)
        >>> image[0, 0, 0, 2] = 9.0
        >>> [round(x, 3) for x in Points()(image)[0].tolist()]
        [0.667, -0.667]

    Source: Levine et al., End-to-End Training of Deep Visuomotor Policies, 2016, section 5.1.
    """

    def forward(self, maps: Tensor) -> Tensor:
        share = (4 * maps.flatten(2)).softmax(2).view(maps.shape)
        height, width = maps.shape[2:]
        x, y = (centres(side, False, dtype=maps.dtype, device=maps.device) for side in (width, height))
        return torch.stack([(share.sum(2) * x).sum(2), (share.sum(3) * y).sum(2)], dim=2).flatten(1)


class Localizer(SpatialTransformer):
    """Maps (N, 1, 84, 84) to crops (N, 1, 28, 28). Its windows start in the middle of each image."""

    def __init__(self):
        localization = nn.Sequential(
            nn.AvgPool2d(2),
            *conv_blocks(1, (8,), batch_norm=True),
            *(nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()),
            *(nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)),
            Points(),
            nn.Linear(32, 3),
        )
        super().__init__(localization, (CROP, CROP), WINDOW)
