"""Error rates and their intervals, the consistency of a classifier under shifts, and the pose of an image."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_lib import _validate
from stn_lib.transforms import invert


def error_interval(errors: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval for an error rate: the true rates that are compatible with `errors` mistakes in `n` trials.

    Convention:
        In per cent, as the paper's tables. It stays within [0, 100] and works at 0 errors, where the usual
        p ± z·sqrt(p(1-p)/n) has no width. It takes the trials for independent.

    Args:
        errors: number of wrong answers, 0 <= errors <= n.
        n: number of answers.
        z: half the width in standard deviations; the default gives 95 %.

    Returns:
        (low, high) in per cent.

    Raises:
        ValueError: for impossible counts.

    Example:
        >>> low, high = error_interval(70, 10_000)  # the paper's 0.7 % on MNIST's test set
        >>> f"{low:.2f} to {high:.2f} %"
        '0.55 to 0.88 %'

    Source: Wilson, JASA 22(158), 1927.
    Chapter: 7
    """
    if n < 1 or not 0 <= errors <= n:
        raise ValueError(f"expected n >= 1 and 0 <= errors <= n, got errors={errors}, n={n}")
    rate = errors / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def paired_interval(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """The mean of a - b over pairs, and Student's t-interval of it.

    Convention:
        Pairs share what both depend on, such as the seed, so that its effect cancels. The interval takes the pairs for
        independent of one another and their differences for normally distributed.

    Args:
        a: one number for each pair, such as the error of each seed without a transformer.
        b: the other number of each pair, in the same order.
        level: the confidence level, between 0 and 1.

    Returns:
        (mean, low, high) in the unit of `a` and `b`.

    Raises:
        ValueError: for lists of different lengths, for fewer than two pairs, or for a level outside (0, 1).

    Example:
        >>> [round(end, 2) for end in paired_interval([10.62, 10.90, 12.47], [3.09, 4.21, 3.48])]
        [7.74, 4.85, 10.63]

    Source: Student, The probable error of a mean, Biometrika 6(1), 1908.
    Chapter: 7
    """
    from scipy.special import stdtrit  # not above: a page without an interval need not wait for it

    if len(a) != len(b) or len(a) < 2 or not 0 < level < 1:
        raise ValueError(
            f"expected at least two pairs and a level between 0 and 1, got {len(a)} and {len(b)} numbers, level={level}"
        )
    differences = [float(x) - float(y) for x, y in zip(a, b, strict=True)]
    mean = math.fsum(differences) / len(differences)
    deviation = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (len(differences) - 1))
    half = float(stdtrit(len(differences) - 1, (1 + level) / 2)) * deviation / math.sqrt(len(differences))
    return mean, mean - half, mean + half


class Pose(NamedTuple):
    """Position, size and rotation of images in their frames; see `pose`."""

    center: Tensor
    size: Tensor
    rotation: Tensor


def pose(theta: Tensor) -> Pose:
    """Position, size and rotation of an image in a frame that samples it at theta.

    Convention:
        theta maps the frame to the image (output to input), so the pose is that of its inverse. Stretch and shear
        are left out: `size` is the side of a square of the same area, `rotation` that of the nearest rotation matrix.

    Args:
        theta: (N, 2, 3), normalised, invertible.

    Returns:
        A `Pose`: `center` (N, 2), the image's centre (x, y) in the frame's normalised coordinates; `size` (N,), the
        share of the frame's side that the image fills; `rotation` (N,), in degrees counter-clockwise on the screen, as
        in `stn_lib.data.distort`.

    Raises:
        ValueError: theta of another shape, or one that cannot be inverted.

    Example:
        >>> in_the_upper_right_quarter = torch.tensor([[[2.0, 0.0, -1.0], [0.0, 2.0, 1.0]]])
        >>> center, size, rotation = pose(in_the_upper_right_quarter)
        >>> center.tolist(), size.tolist(), rotation.tolist()
        ([[0.5, -0.5]], [0.5], [0.0])

    Chapter: 7
    """
    _validate.theta(theta)  # a homography could be inverted as well, but has no single size and rotation
    center = invert(theta)[:, :, 2]
    a, b, c, d = theta[:, 0, 0], theta[:, 0, 1], theta[:, 1, 0], theta[:, 1, 1]
    size = (a * d - b * c).abs().rsqrt()
    return Pose(center, size, torch.rad2deg(torch.atan2(c - b, a + d)))


class Consistency(NamedTuple):
    """The share of pairs of shifts with one answer and its 95 % interval, in per cent, and the number of pairs."""

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
    batch_size: int = 128,
) -> Consistency:
    """How often a classifier assigns two shifts of one image the same class, correct or not.

    Convention:
        Each image is shifted twice, by independent uniform draws. With ``"crop"``, the definition of the literature, a
        shift is the position of a crop that is `reach` pixels smaller a side than the image, so content enters and
        leaves at the edges. With ``"circular"`` pixels that leave enter at the other side; draws are from 0 to `reach`.

    Args:
        model: (N, C, H, W) to logits (N, classes), in the mode in which it is to be measured.
        images: (N, C, H, W); with ``"crop"`` the model sees (N, C, H - reach, W - reach).
        reach: largest shift in pixels.
        fill: ``"crop"`` or ``"circular"``.
        pairs: pairs of shifts for each image.
        generator: the source of the shifts.
        batch_size: images at a time.

    Returns:
        A `Consistency`. Its interval takes pairs for independent, so with several pairs of one image it is a little too narrow.

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
