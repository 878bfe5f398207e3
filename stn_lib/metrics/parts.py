"""Which attention window holds which part of an object, and whether each window has a part of its own."""

from itertools import permutations
from typing import NamedTuple

import torch
from torch import Tensor


def part_coverage(theta: Tensor, centres: Tensor, extents: Tensor) -> Tensor:
    """Measure how much of each part's box is inside each window.

    Convention:
        Windows and boxes are upright, in normalised coordinates. Containment, not the IoU: a window of fixed scale is
        larger than the parts, so that even the best one has a small IoU. A part's centre alone would also count a window
        that shows half of it.

    Args:
        theta: (N, windows, 2, 3), as `stn_lib.models.cub.AttentionWindows.theta` returns it.
        centres: (N, P, 2), the centres (x, y) of the parts' boxes.
        extents: (N, P, 2), half of their sides.

    Returns:
        (N, windows, P), from 0 to 1: the share of the box's area.

    Example:
        >>> theta = torch.tensor([[[[0.5, 0.0, -0.5], [0.0, 0.5, 0.0]]]])  # the left half, at half the height
        >>> part_coverage(theta, torch.tensor([[[0.0, 0.0], [-0.4, 0.5]]]), torch.full((1, 2, 2), 0.2)).tolist()
        [[[0.5, 0.5]]]

    Chapter: 11
    """
    sides = theta[..., :2].diagonal(dim1=2, dim2=3).abs()[:, :, None]
    middle = theta[..., 2][:, :, None]
    low = torch.maximum(middle - sides, (centres - extents)[:, None])
    high = torch.minimum(middle + sides, (centres + extents)[:, None])
    return ((high - low).clamp(min=0) / (2 * extents[:, None])).prod(3)


class Specialisation(NamedTuple):
    """How far each part has a window of its own.

    Args:
        share: the mean over parts of the share of images in which the part's own window holds it.
        chance: the mean of that share if the windows are exchanged at random in each image.
        limit: 95 % of the random exchanges give less than this.
        windows: the window of each part.
    """

    share: float
    chance: float
    limit: float
    windows: tuple[int, ...]


def specialisation(held: Tensor, *, rounds: int = 200, generator: torch.Generator) -> Specialisation:
    """Measure whether the same window holds the same part in all images.

    Convention:
        Each part gets a window of its own, for all images the same: of all such assignments, the one with the largest
        mean share of held parts counts. The chance level knows how much windows hold, and not which window it was: the
        windows of each image are exchanged at random, and the best assignment is chosen again.

        Windows that all hold every part reach 1 by chance too: they do not specialise. Windows that never move may
        specialise, if the parts have their usual places. So compare with windows that stay at their start.

    Args:
        held: (N, windows, P) bool, at least as many windows as parts.
        rounds: random exchanges.
        generator: the source of their randomness.

    Raises:
        ValueError: for more parts than windows, or no image.

    Example:
        >>> held = torch.tensor([[True, False], [False, True]]).expand(400, 2, 2)
        >>> found = specialisation(held, generator=torch.Generator().manual_seed(0))
        >>> found.share, found.windows, round(found.chance, 1)
        (1.0, (0, 1), 0.5)

    Chapter: 11
    """
    if held.ndim != 3 or not 0 < held.shape[2] <= held.shape[1] or not len(held):
        raise ValueError(
            f"expected held of shape (N, windows, P) with at least one image and as many windows as parts, got "
            f"{tuple(held.shape)}"
        )
    held = held.double()
    share, windows = _best(held.mean(0))
    count, number = held.shape[:2]
    by_chance = []
    for _ in range(rounds):
        order = torch.rand(count, number, generator=generator).argsort(1).to(held.device)
        by_chance.append(_best(held.gather(1, order[:, :, None].expand_as(held)).mean(0))[0])
    spread = torch.tensor(by_chance, dtype=torch.float64)
    return Specialisation(share, spread.mean().item(), spread.quantile(0.95).item(), windows)


def _best(shares: Tensor) -> tuple[float, tuple[int, ...]]:
    """The best assignment of a window to each part, from the shares (windows, P), and its mean share."""
    number, parts = shares.shape
    table = shares.tolist()
    return max(
        (sum(table[window][part] for part, window in enumerate(chosen)) / parts, chosen)
        for chosen in permutations(range(number), parts)
    )
