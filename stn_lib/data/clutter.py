"""Clutter: patches of other digits, strewn over a picture (the paper's TC)."""

import torch
from torch import Tensor

SIDE = 6  # of a patch in pixels

#: How much of a patch must be ink, on the average over its pixels. 44 % of all cuts hold less, 16 % none at all.
LEAST_INK = 0.1


def clutter(placed: Tensor, digits: Tensor, others: Tensor, patches: int, *, generator: torch.Generator) -> Tensor:
    """Pictures with patches of other digits on them.

    Convention:
        Each patch is 6 x 6 pixels, cut from a random digit of `others` at a random place and laid on the picture at a
        random place, all uniform, in whole pixels: pixels are copied, nothing is interpolated. A cut that is nearly
        blank is drawn again, for it would be no clutter; so is one that the picture's own digit has in the same place,
        for it is that digit's. Where a patch meets the digit or another patch the brighter pixel stays: a sum would
        leave [0, 1], and an opaque patch would cut a black hole into a stroke.

    Args:
        placed: (N, C, H, W), the pictures to clutter.
        digits: (N, C, h, w), the digit in each of them, as it was before it was placed.
        others: (M, C, h, w), what patches are cut from; it may hold the digits themselves.
        patches: how many on each picture.
        generator: where all randomness comes from.

    Returns:
        As `placed`, a new tensor.

    Raises:
        ValueError: shapes that do not fit, pictures smaller than a patch, or no other digit with ink in `others`.

    Example:
        >>> ink = torch.ones(1, 1, 28, 28)
        >>> strewn = clutter(torch.zeros(1, 1, 60, 60), 0 * ink, ink, 1, generator=torch.Generator())
        >>> strewn.sum().item()
        36.0

    Source: Jaderberg et al. 2015, section 4.1.
    Chapter: 7
    """
    if others.ndim != 4 or others.shape[1:] != digits.shape[1:]:
        raise ValueError(f"expected others of shape (M, {_sizes(digits)}), as the images, got {tuple(others.shape)}")
    if min(*placed.shape[2:], *digits.shape[2:]) < SIDE:
        raise ValueError(f"expected pictures of at least {SIDE} pixels a side, got {_sizes(digits)}, {_sizes(placed)}")
    cut = _cuts(digits, others.to(digits), patches, generator)  # (N * patches, C, SIDE, SIDE)
    row, column = _places(len(cut), placed, generator)
    where = (row * placed.shape[3] + column).view(
        len(placed), 1, patches * SIDE * SIDE
    )  # the patches' pixels in a flat picture
    ink = cut.view(len(placed), patches, *cut.shape[1:]).transpose(1, 2).flatten(2)  # the same pixels' values
    flat = placed.flatten(2).scatter_reduce(2, where.to(ink.device).expand_as(ink), ink, "amax")
    return flat.view(placed.shape)


def _cuts(digits: Tensor, others: Tensor, patches: int, generator: torch.Generator) -> Tensor:
    """`patches` cuts for each digit, none of them blank or its own: (N * patches, C, SIDE, SIDE)."""
    left = torch.arange(len(digits) * patches)
    cuts = digits.new_zeros(len(left), digits.shape[1], SIDE, SIDE)
    for _ in range(100):
        if not len(left):
            return cuts
        if not len(others):
            break
        pick = torch.randint(len(others), (len(left), 1, 1), generator=generator)
        row, column = _places(len(left), others, generator)
        cut = others[pick, :, row, column].movedim(3, 1)
        own = digits[(left // patches)[:, None, None], :, row, column].movedim(3, 1)
        cuts[left] = cut
        good = (cut.mean((1, 2, 3)) >= LEAST_INK) & (cut != own).flatten(1).any(1)
        left = left[~good.cpu()]
    raise ValueError(
        f"expected other digits with ink to cut patches from, got {len(others)} pictures that are blank or the same "
        "digit: hand over more digits as others"
    )


def _places(count: int, pictures: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The rows (count, SIDE, 1) and columns (count, 1, SIDE) of patches, anywhere in the pictures."""
    height, width = pictures.shape[2:]
    step = torch.arange(SIDE)
    row = torch.randint(height - SIDE + 1, (count, 1, 1), generator=generator) + step[:, None]
    column = torch.randint(width - SIDE + 1, (count, 1, 1), generator=generator) + step
    return row, column


def _sizes(pictures: Tensor) -> str:
    return ", ".join(map(str, pictures.shape[1:]))
