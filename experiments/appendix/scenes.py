"""The images of co-localisation: a digit somewhere in 84 x 84 pixels, its box, and windows on it."""

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib import _validate
from stn_lib.data import DigitsSplit, Distortion, distort, load_digits_split
from stn_lib.grid import affine_grid
from stn_lib.metrics import pose
from stn_lib.registration import blurred

SIDE, CROP = 84, 28  # pixels: of an image; of a digit, and of a crop
IMAGES = 100
#: A digit of 28 x 28 pixels anywhere in 84 x 84; in TC with sixteen patches of 6 x 6 pixels of any digits on it.
DISTORTIONS = {
    "T": Distortion("T, 84 px", out_size=(SIDE, SIDE), max_angle=0.0, max_shift=(SIDE - CROP) / 2),
    "TC": Distortion("TC, 84 px", out_size=(SIDE, SIDE), max_angle=0.0, max_shift=(SIDE - CROP) / 2, patches=16),
}
#: Half-sides of a window; the image's is 1. The smallest, 21 pixels, holds the foreground of any MNIST digit, which is at
#: most 20 wide and high. With 17 pixels, windows on 0s shrank to their rings: they found every digit and framed none
#: (validation, TC).
SMALLEST, LARGEST = 0.25, 0.8
BLUR = 1.2  # pixels
FOREGROUND = 0.2  # half the side of a typical digit's foreground; the image's is 1: some 17 of 84 pixels


def soften(images: Tensor) -> Tensor:
    """Blur images (N, C, H, W) with a Gaussian of `BLUR` pixels.

    A window of three quarters of 84 pixels is sampled at every second or third pixel only: it hits sharp strokes by
    chance, and its gradient is noise.
    """
    return blurred(images, BLUR)


def common_set(
    split: DigitsSplit, label: int, kind: str = "T", count: int = IMAGES, *, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Images that have one thing in common, a digit of one class, and the boxes of that digit.

    Args:
        split: the digits; different training digits of the class are drawn, and clutter from training digits of all.
        label: the class.
        kind: ``"T"``, translated, or ``"TC"``, translated and cluttered.
        count: how many images.
        generator: the source of all randomness.

    Returns:
        Images (count, 1, 84, 84), and the true boxes (count, 4), as `boxes`. Training never sees the boxes.

    Raises:
        ValueError: an unknown kind; a class with fewer digits.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> images, where = common_set(load_digits_split(), 8, count=5, generator=torch.Generator().manual_seed(0))
        >>> tuple(images.shape), tuple(where.shape)
        ((5, 1, 84, 84), (5, 4))

    Source: Jaderberg et al. 2015, appendix A.2.
    Chapter: appendix
    """
    _validate.one_of("kind", kind, list(DISTORTIONS))
    digits = split.train_images[split.train_labels == label]
    if not 2 <= count <= len(digits):
        raise ValueError(f"expected 2 to {len(digits)} images, the training digits of class {label}, got {count}")
    chosen = digits[torch.randperm(len(digits), generator=generator)[:count]]
    images, theta = distort(chosen, DISTORTIONS[kind], generator=generator, others=split.train_images)
    return images, boxes(theta)


def shown(label: int, kind: str = "T") -> tuple[Tensor, Tensor]:
    """An image and its box, as `common_set` makes them, of an embedded digit, so that a page can draw what was found.

    The project holds no image of MNIST, and no network of co-localisation has seen an embedded digit.
    """
    split = load_digits_split()
    held = split._replace(train_images=split.test_images, train_labels=split.test_labels)
    images, where = common_set(held, label, kind, 2, generator=torch.Generator().manual_seed(label))
    return images[:1], where[:1]


def glimpses(split: DigitsSplit, count: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Digits as windows show them: each in an image of its own, T or TC with equal probability, in a window around it.

    Convention:
        The window has any size that it may have in co-localisation, and any position where it holds the foreground of a
        digit of typical size (`FOREGROUND`), or within .03 of the digit's centre where there is no room. At the image's
        edge it is moved back inside.

    Args:
        split: the digits; training digits are drawn, and clutter from them.
        count: how many.
        generator: the source of all randomness.

    Returns:
        The crops (count, 1, 28, 28), softened, and the labels (count,).

    Chapter: appendix
    """
    chosen = torch.randint(len(split.train_images), (count,), generator=generator)
    digits = split.train_images[chosen]
    cluttered = torch.rand(count, generator=generator) < 0.5
    images = torch.empty(count, digits.shape[1], SIDE, SIDE)
    theta = torch.empty(count, 2, 3)
    for kind, which in (("T", ~cluttered), ("TC", cluttered)):
        if which.any():
            images[which], theta[which] = distort(
                digits[which], DISTORTIONS[kind], generator=generator, others=split.train_images
            )
    half = SMALLEST + (LARGEST - SMALLEST) * torch.rand(count, 1, generator=generator)
    offset = (half - FOREGROUND).clamp(min=0.03) * (2 * torch.rand(count, 2, generator=generator) - 1)
    return sample(soften(images), window(half, inside(half, pose(theta).center + offset))), split.train_labels[chosen]


def window(half: Tensor, place: Tensor) -> Tensor:
    """The attention theta (N, 2, 3) of a window of half-side (N, 1) centred at place (N, 2)."""
    return torch.cat([half[:, :, None] * torch.eye(2), place[:, :, None]], dim=2)


def inside(half: Tensor, place: Tensor) -> Tensor:
    """The centre (N, 2) nearest to `place` of a window of half-side (N, 1) inside the image."""
    return torch.minimum(torch.maximum(place, half - 1), 1 - half)


def sample(images: Tensor, theta: Tensor) -> Tensor:
    """The crops of images in windows theta (N, 2, 3): (N, C, 28, 28)."""
    grid = affine_grid(theta, (len(theta), 1, CROP, CROP))
    return F.grid_sample(images, grid, align_corners=False)  # as `SpatialTransformer` does


def boxes(theta: Tensor) -> Tensor:
    """Where the 28 x 28 pixels of a digit are in the image that theta (N, 2, 3) made; see `stn_lib.data.distort`.

    Returns:
        (N, 4): left, top, right, bottom, in normalised coordinates.
    """
    where = pose(theta)
    return _square(where.center, where.size)


def windows(theta: Tensor) -> Tensor:
    """The part of the input that an attention theta (N, 2, 3) samples: (N, 4), as `boxes`."""
    return _square(theta[:, :, 2], theta[:, 0, 0].abs())


def _square(centre: Tensor, half: Tensor) -> Tensor:
    return torch.cat([centre - half[:, None], centre + half[:, None]], dim=1)
