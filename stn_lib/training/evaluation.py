"""How often a network is wrong on the frozen held-out pictures, and how sure that figure is."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_lib.data import Distortion, HeldOut, held_out_set, load_digits_split
from stn_lib.metrics import error_interval


class Evaluation(NamedTuple):
    """What `evaluate` found: error and interval in per cent, and what stands behind them.

    Args:
        error: wrong answers, in per cent.
        interval: Wilson's 95 % interval of it, in per cent.
        wrong: how many answers were wrong.
        n: how many were asked for.
        logits: (n, classes).
        labels: (n,) the right answers.
        theta: what distorted each picture: (n, 2, 3), or P's (n, 3, 3), or E's (n, 16, 2).
    """

    error: float
    interval: tuple[float, float]
    wrong: int
    n: int
    logits: Tensor
    labels: Tensor
    theta: Tensor


def evaluate(
    model: nn.Module,
    task: str | Distortion | HeldOut = "RTS",
    *,
    hold_out: str = "test",
    copies: int = 4,
    batch_size: int = 256,
) -> Evaluation:
    """Measure a network on held-out digits under distortions that never change.

    Args:
        model: pictures (N, 1, H, W) to logits; put in evaluation mode for the time being.
        task: a name in `stn_lib.data.DISTORTIONS`, a `Distortion` of the embedded digits, or a set from `held_out_set`.
        hold_out: ``"test"`` or ``"validation"``; see `load_digits_split`.
        copies: distortions of each digit. The interval takes them for independent, which copies of one digit
            are not quite: read it as a little too narrow.
        batch_size: pictures at a time.

    Returns:
        An `Evaluation`.

    Example:
        >>> from stn_lib.models import CNN
        >>> evaluate(CNN(), "RTS", copies=1).n
        445

    Chapter: 7
    """
    if not isinstance(task, HeldOut):
        task = held_out_set(load_digits_split(hold_out=hold_out), task, copies)
    training = model.training
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    model.eval()
    try:
        with torch.inference_mode():
            logits = torch.cat([model(images.to(device)).cpu() for images in task.images.split(batch_size)])
    finally:
        model.train(training)
    labels, theta = task.labels.cpu(), task.theta.cpu()
    wrong, n = int((logits.argmax(1) != labels).sum()), len(labels)
    return Evaluation(100 * wrong / n, error_interval(wrong, n), wrong, n, logits.clone(), labels, theta)


def error_by_turn(found: Evaluation, width: float = 15.0) -> list[tuple[tuple[float, float], float, int]]:
    """The error in bins of how far the digits were turned, to either side.

    Args:
        found: what `evaluate` gave.
        width: of a bin, in degrees.

    Returns:
        For each bin with pictures in it ((from, to) in degrees, error in per cent, number of pictures).

    Raises:
        ValueError: for P and E: corners and lattices that move have no angle.

    Example:
        >>> from stn_lib.models import CNN
        >>> [span for span, _, _ in error_by_turn(evaluate(CNN(), "RTS", copies=1))]
        [(0.0, 15.0), (15.0, 30.0), (30.0, 45.0)]

    Chapter: 7
    """
    if tuple(found.theta.shape[1:]) != (2, 3):
        raise ValueError(
            f"expected affine theta (n, 2, 3), got {tuple(found.theta.shape)}: a homography or a spline has no angle to "
            "count by; measure R or RTS"
        )
    turn = torch.atan2(found.theta[:, 0, 1], found.theta[:, 0, 0]).abs() * 180 / math.pi
    wrong = (found.logits.argmax(1) != found.labels).double()
    bins = []
    for k in range(math.ceil(float(turn.max()) / width - 1e-6)):
        inside = (turn >= k * width) & (turn < (k + 1) * width)
        if inside.any():
            span = (k * width, (k + 1) * width)
            bins.append((span, 100 * float(wrong[inside].mean()), int(inside.sum())))
    return bins
