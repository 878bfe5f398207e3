"""The error of a network on frozen held-out images, with its confidence interval."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_lib.data import Distortion, HeldOut, held_out_set, load_dataset
from stn_lib.metrics import error_interval


class Evaluation(NamedTuple):
    """What `evaluate` measured.

    Args:
        error: wrong answers, in per cent.
        interval: Wilson's 95 % interval of the error, in per cent.
        wrong: number of wrong answers.
        n: number of images.
        logits: (n, classes).
        labels: (n,) the correct labels.
        theta: what distorted each image: (n, 2, 3), for P (n, 3, 3), for E (n, 16, 2).
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
    distortion: str | Distortion | HeldOut = "RTS",
    *,
    dataset: str = "digits",
    hold_out: str = "test",
    copies: int = 4,
    batch_size: int = 128,
) -> Evaluation:
    """Measure a network on held-out digits under distortions that never change.

    Args:
        model: maps images (N, 1, H, W) to logits. It is in evaluation mode meanwhile.
        distortion: a name in `stn_lib.data.DISTORTIONS`, a `Distortion`, or a set from `held_out_set`.
        dataset: a name in `stn_lib.data.DATASETS`.
        hold_out: ``"test"`` or ``"validation"``; see `stn_lib.data.load_dataset`.
        copies: distortions of each digit. The interval treats them as independent; copies of one digit are not quite,
            so the true interval is wider: 1.3 times for four copies, as measured on the networks of ``live_gap``.
        batch_size: number of images at a time.

    Returns:
        An `Evaluation`.

    Raises:
        ValueError: for an unknown name; for images of another size than the model's ``in_size``.
        FloatingPointError: if logits are not finite.

    Example:
        >>> from stn_lib.models import CNN
        >>> evaluate(CNN(), "RTS", copies=1).n
        445

    Chapter: 7
    """
    held_out = distortion
    if not isinstance(held_out, HeldOut):
        held_out = held_out_set(load_dataset(dataset, hold_out), distortion, copies)
    size, expected = tuple(held_out.images.shape[-2:]), getattr(model, "in_size", None)
    if expected is not None and size != tuple(expected):
        raise ValueError(
            f"expected images of {expected[0]} x {expected[1]} pixels for this network, got {size[0]} x {size[1]}: "
            "choose the distortion it was trained on"
        )
    training = model.training
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    model.eval()
    try:
        with torch.inference_mode():
            logits = torch.cat([model(images.to(device)).cpu() for images in held_out.images.split(batch_size)])
    finally:
        model.train(training)
    if (
        not logits.isfinite().all()
    ):  # argmax takes NaN for the largest, so that an error rate would be measured all the same
        raise FloatingPointError("expected finite logits, got NaN or infinity: train the network with a lower lr")
    labels, theta = held_out.labels.cpu(), held_out.theta.cpu()
    wrong, n = int((logits.argmax(1) != labels).sum()), len(labels)
    return Evaluation(100 * wrong / n, error_interval(wrong, n), wrong, n, logits.clone(), labels, theta)


def error_by_angle(found: Evaluation, width: float = 15.0) -> list[tuple[tuple[float, float], float, int]]:
    """The error in bins of the digits' angle of rotation, to either side.

    Args:
        found: from `evaluate`.
        width: of a bin, in degrees.

    Returns:
        For each bin that holds images: ((from, to) in degrees, error in per cent, number of images). No bin if all digits
        are upright.

    Raises:
        ValueError: for P and E, whose distortions have no single angle.

    Example:
        >>> from stn_lib.models import CNN
        >>> [span for span, _, _ in error_by_angle(evaluate(CNN(), "RTS", copies=1))]
        [(0.0, 15.0), (15.0, 30.0), (30.0, 45.0)]

    Chapter: 7
    """
    if tuple(found.theta.shape[1:]) != (2, 3):
        raise ValueError(
            f"expected affine theta (n, 2, 3), got {tuple(found.theta.shape)}: a homography or a spline has no angle; "
            "measure R or RTS"
        )
    (a, b), (c, d) = found.theta[:, :, :2].permute(1, 2, 0)
    # Of normalised theta: where the image is not square, b and c are multiplied by H/W and W/H.
    angle = torch.atan2((b * c).abs().sqrt(), (a * d).abs().sqrt().copysign(a)) * 180 / math.pi
    wrong = (found.logits.argmax(1) != found.labels).double()
    bins = []
    count = math.ceil(float(angle.max()) / width - 1e-6)
    place = (angle / width).long().clamp(max=count - 1)  # the last bin holds its upper end, too
    for k in range(count):
        inside = place == k
        if inside.any():
            span = (k * width, (k + 1) * width)
            bins.append((span, 100 * float(wrong[inside].mean()), int(inside.sum())))
    return bins
