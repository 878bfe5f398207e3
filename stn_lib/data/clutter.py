"""Put clutter on images: patches of other digits at random positions (the paper's TC)."""

import torch
from torch import Tensor

SIDE = 6  # of a patch in pixels

#: The smallest mean of a patch. 44 % of all patches have less, 16 % are blank.
MIN_FOREGROUND = 0.1


def clutter(placed: Tensor, digits: Tensor, others: Tensor, patches: int, *, generator: torch.Generator) -> Tensor:
    """Put patches of other digits on images.

    Convention:
        Each patch is 6 x 6 pixels, cut from a random digit of `others` at a random position and put on the image at a
        random position, all uniform, in whole pixels: pixels are copied, not interpolated. A patch that is nearly blank
        is drawn again, and so is a patch that equals the image's own digit at the same position. Where a patch overlaps
        the digit or another patch, the brighter pixel remains: a sum would leave [0, 1], and an opaque patch would cut
        a black hole into a stroke.

    Args:
        placed: (N, C, H, W), the images to clutter.
        digits: (N, C, h, w), the digit in each of them, as it was before it was placed.
        others: (M, C, h, w), what patches are cut from; it may hold the digits themselves.
        patches: number of patches on each image.
        generator: the only source of randomness.

    Returns:
        As `placed`, a new tensor.

    Raises:
        ValueError: for shapes that do not fit, images smaller than a patch, or `others` without another digit.

    Example:
        >>> white = torch.ones(1, 1, 28, 28)
        >>> cluttered = clutter(torch.zeros(1, 1, 60, 60), 0 * white, white, 1, generator=torch.Generator())
        >>> cluttered.sum().item()
        36.0

    Source: Jaderberg et al. 2015, section 4.1.
    Chapter: 7
    """
    if others.ndim != 4 or others.shape[1:] != digits.shape[1:]:
        raise ValueError(f"expected others of shape (M, {_sizes(digits)}), as the images, got {tuple(others.shape)}")
    if min(*placed.shape[2:], *digits.shape[2:]) < SIDE:
        raise ValueError(f"expected images of at least {SIDE} pixels a side, got {_sizes(digits)}, {_sizes(placed)}")
    cuts = _cut_patches(digits, others.to(digits), patches, generator)  # (N * patches, C, SIDE, SIDE)
    row, column = _positions(len(cuts), placed, generator)
    # The index of each patch pixel in the flat image, and its value.
    width, step = placed.shape[3], torch.arange(SIDE)
    index = (row * width + column)[:, None, None] + step[:, None] * width + step
    index = index.view(len(placed), 1, patches * SIDE * SIDE)
    values = cuts.view(len(placed), patches, *cuts.shape[1:]).transpose(1, 2).flatten(2)
    flat = placed.flatten(2).scatter_reduce(2, index.to(values.device).expand_as(values), values, "amax")
    return flat.view(placed.shape)


def _cut_patches(digits: Tensor, others: Tensor, patches: int, generator: torch.Generator) -> Tensor:
    """`patches` patches for each digit, none of them blank or its own: (N * patches, C, SIDE, SIDE)."""
    # All patches of all digits, (…, C, rows, columns, SIDE, SIDE): a view, which takes no memory.
    all_cuts, all_own = (images.unfold(2, SIDE, 1).unfold(3, SIDE, 1) for images in (others, digits))
    left = torch.arange(len(digits) * patches)
    cuts = digits.new_zeros(len(left), digits.shape[1], SIDE, SIDE)
    for _ in range(100):
        if not len(left):
            return cuts
        if not len(others):
            break
        pick = torch.randint(len(others), (len(left),), generator=generator)
        row, column = _positions(len(left), others, generator)
        cut, own = all_cuts[pick, :, row, column], all_own[left // patches, :, row, column]
        cuts[left] = cut
        good = (cut.mean((1, 2, 3)) >= MIN_FOREGROUND) & (cut != own).flatten(1).any(1)
        left = left[~good.cpu()]
    raise ValueError(
        f"expected other digits to cut patches from, got {len(others)} images that are blank or the same digit: pass "
        "more digits as others"
    )


def _positions(count: int, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The first row and the first column, (count,) each, of patches at random positions in the images."""
    height, width = images.shape[2:]
    row = torch.randint(height - SIDE + 1, (count,), generator=generator)
    return row, torch.randint(width - SIDE + 1, (count,), generator=generator)


def _sizes(images: Tensor) -> str:
    return ", ".join(map(str, images.shape[1:]))
