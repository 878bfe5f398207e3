"""What a trained transformer does on the held-out images: where its window is, what it holds, whether it is dead."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from stn_lib.coordinates import base_grid
from stn_lib.data import DigitsSplit, HeldOut
from stn_lib.data.distort import distortion_grid
from stn_lib.metrics import is_dead
from stn_lib.sampling import grid_sample
from stn_lib.transforms import invert

BATCH = 500  # images at a time


@torch.no_grad()
def window_summary(model: nn.Module, split: DigitsSplit, held_out: HeldOut) -> dict[str, Any]:
    """The transformer's windows on held-out images, in numbers that affine maps, homographies and splines share.

    Convention:
        The window of an image is the affine map that is nearest to its grid, by least squares; for an affine theta it is
        theta itself. Pairs are the mean over the images and the standard deviation. ``scale`` is the side of the window as
        a share of the image's, ``rotation`` its angle in degrees, counter-clockwise on the screen, ``stretch`` the
        ratio of its longest to its shortest diameter, ``shift_x`` and ``shift_y`` its centre in pixels from the
        image's. ``digit_inside`` is the share of the digit's foreground in the window, without clutter;
        ``hidden_active`` the share of hidden units of the localisation network that are above 0 for at least one image.

    Args:
        model: with a ``transformer``, in evaluation mode.
        split: what the held-out images are made of.
        held_out: from `stn_lib.data.held_out_set`.
    """
    transformer = model.transformer
    device = next(model.parameters()).device
    hidden = nn.Sequential(*list(transformer.localization)[:-1])
    thetas, windows, active, inside = [], [], [], []
    for images, digits in _batches(split, held_out):
        images = images.to(device)
        theta = transformer.theta(images)
        thetas.append(theta.cpu())
        windows.append(nearest_affine(transformer.grid(theta).cpu()))
        active.append((hidden(images) > 0).any(0).cpu())
        inside.append(foreground_inside(digits, windows[-1]))
    window, side = torch.cat(windows), held_out.images.shape[-1]
    a, b, c, d = window[:, 0, 0], window[:, 0, 1], window[:, 1, 0], window[:, 1, 1]
    singular = torch.linalg.svdvals(window[:, :, :2])
    found = {
        "scale": (a * d - b * c).abs().sqrt(),
        "rotation": torch.rad2deg(torch.atan2(b - c, a + d)),
        "stretch": singular[:, 0] / singular[:, 1],
        "shift_x": window[:, 0, 2] * side / 2,
        "shift_y": window[:, 1, 2] * side / 2,
    }
    return {
        **{name: [round(float(value.mean()), 4), round(float(value.std()), 4)] for name, value in found.items()},
        "digit_inside": round(float(torch.cat(inside).mean()), 4),
        "hidden_active": round(float(torch.stack(active).any(0).float().mean()), 4),
        "dead": is_dead(torch.cat(thetas)),
    }


def nearest_affine(grid: Tensor) -> Tensor:
    """The theta (N, 2, 3) whose grid is nearest to a sampling grid (N, H, W, 2), by least squares.

    Example:
        >>> from stn_lib.grid import affine_grid
        >>> theta = torch.tensor([[[0.5, -0.2, 0.3], [0.1, 0.8, -0.4]]])
        >>> nearest_affine(affine_grid(theta, (1, 1, 6, 9))).allclose(theta, atol=1e-6)
        True
    """
    target = base_grid(grid.shape[1:3]).to(grid).flatten(0, 1)  # x and y: mean 0, uncorrelated
    source = grid.flatten(1, 2)
    linear = source.transpose(1, 2) @ target / target.square().sum(0)
    return torch.cat([linear, source.mean(1)[:, :, None]], 2)


def foreground_inside(images: Tensor, window: Tensor) -> Tensor:
    """The share (N,) of each image's foreground (N, 1, H, W) whose pixels have their centre in the window (N, 2, 3).

    Example:
        >>> left_half = torch.tensor([[[0.5, 0.0, -0.5], [0.0, 1.0, 0.0]]])
        >>> foreground_inside(torch.ones(1, 1, 4, 8), left_half).item()
        0.5
    """
    centres = base_grid(images.shape[2:]).to(window).flatten(0, 1)
    linear, shift = invert(window).split([2, 1], 2)
    inside = ((linear @ centres.T + shift).abs() <= 1).all(1)
    weight = images.flatten(1)
    return (weight * inside).sum(1) / weight.sum(1).clamp(min=1e-6)


def _batches(split: DigitsSplit, held_out: HeldOut) -> Iterator[tuple[Tensor, Tensor]]:
    """The held-out images, and the same digits in the same places without clutter."""
    copies = len(held_out.images) // len(split.test_images)
    digits = split.test_images.repeat(copies, 1, 1, 1)
    for images, digit, theta in zip(
        *(part.split(BATCH) for part in (held_out.images, digits, held_out.theta)), strict=True
    ):
        yield images, grid_sample(digit, distortion_grid(theta, images.shape))
