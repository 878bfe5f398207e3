"""The consistency of a classifier under shifts."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_lib import _validate
from stn_lib.metrics.intervals import error_interval


class Consistency(NamedTuple):
    """The percentage of pairs of shifts with the same class, its 95 % interval in per cent, and the number of pairs."""

    rate: float
    interval: tuple[float, float]
    n: int


@torch.no_grad()
def shift_consistency(
    model: nn.Module,
    images: Tensor,
    reach: int,
    fill: str = "crop",
    pairs: int = 1,
    *,
    generator: torch.Generator,
    batch_size: int = 64,
) -> Consistency:
    """How often a classifier assigns two shifts of one image the same class, correct or not.

    Convention:
        Each image is shifted twice, by independent uniform draws from 0 to `reach`. With ``"crop"``, the definition in the
        literature, a shift is the position of a crop whose sides are `reach` pixels smaller than those of the image, so
        content enters and leaves at the edges. With ``"circular"``, pixels that leave enter at the opposite side.

    Args:
        model: (N, C, H, W) to logits (N, classes), in eval mode.
        images: (N, C, H, W); with ``"crop"`` the model sees (N, C, H - reach, W - reach).
        reach: largest shift in pixels.
        fill: ``"crop"`` or ``"circular"``.
        pairs: pairs of shifts for each image.
        generator: the source of the shifts.
        batch_size: images at a time.

    Returns:
        A `Consistency`. Its interval assumes independent pairs: with several pairs of one image it is too narrow.

    Raises:
        ValueError: a `reach` that leaves no pixels, no images, an unknown `fill`.

    Example:
        >>> always_zero = lambda x: torch.eye(10)[torch.zeros(len(x), dtype=torch.long)]
        >>> shift_consistency(always_zero, torch.rand(5, 1, 8, 8), 3, generator=torch.Generator()).rate
        100.0

    Source: Zhang, ICML 2019, section 4; Azulay and Weiss, JMLR 20(184), 2019.
    Chapter: 2
    """
    _validate.one_of("fill", fill, ("crop", "circular"))
    height, width = images.shape[-2:]
    if not len(images) or pairs < 1 or not 0 <= reach < (min(height, width) if fill == "crop" else 10**9):
        raise ValueError(
            f"expected images, pairs >= 1 and a reach from 0 to less than their side, got {len(images)} images of "
            f"{height} x {width}, pairs={pairs}, reach={reach}"
        )
    draw = torch.randint(reach + 1, (2, pairs * len(images), 2), generator=generator)
    answers = [_answers(model, images, offsets, reach, fill, batch_size) for offsets in draw]
    agree, n = int((answers[0] == answers[1]).sum()), pairs * len(images)
    return Consistency(100 * agree / n, error_interval(agree, n), n)


def _answers(model: nn.Module, images: Tensor, offsets: Tensor, reach: int, fill: str, batch_size: int) -> Tensor:
    """The class of image ``k % len(images)`` at offset k (x, y), for every k."""
    size = [side - reach if fill == "crop" else side for side in images.shape[-2:]]
    found = []
    for start in range(0, len(offsets), batch_size):
        x, y = offsets[start : start + batch_size].to(images.device).unbind(1)
        which = torch.arange(start, start + len(x), device=images.device) % len(images)
        row = (y[:, None] + torch.arange(size[0], device=images.device)) % images.shape[-2]
        column = (x[:, None] + torch.arange(size[1], device=images.device)) % images.shape[-1]
        moved = images[which[:, None, None], :, row[:, :, None], column[:, None, :]].movedim(-1, 1)
        found.append(model(moved).argmax(dim=1))
    return torch.cat(found)
