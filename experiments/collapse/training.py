"""Build the networks of the collapse experiment, train them, and measure them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.experiment import Job
from experiments.networks import Tutorial, seeded
from stn_lib import models
from stn_lib.data import DigitsSplit, Distortion, held_out_set, training_batch
from stn_lib.grid import affine_grid
from stn_lib.localization import start_at
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer, Transform
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit

STEPS, BATCH, LR = 150, 64, 8e-3
TUTORIAL_STEPS = 400

Prepare = Callable[[Tensor], Tensor]


def bounded(parameters: Tensor) -> Tensor:
    """Theta of a window of half to all of the image's side: s = 1/2 + 1/2 sigmoid(a), t = (1 - s) tanh(b)."""
    size = 0.5 + 0.5 * torch.sigmoid(parameters[:, :1])
    centre = (1 - size) * torch.tanh(parameters[:, 1:])
    zero = torch.zeros_like(size)
    return torch.cat([size, zero, centre[:, :1], zero, size, centre[:, 1:]], 1).view(-1, 2, 3)


WINDOW = Transform((0.0, 0.0, 0.0), bounded, affine_grid)


def network(
    generator: torch.Generator,
    in_size: tuple[int, int],
    transform: str | Transform = "affine",
    start: tuple[float, ...] | None = None,
    **outside: Any,
) -> models.STCNN:
    """The ST-CNN of chapter 7, with another transform, start or padding."""
    net = models.build("st-cnn", generator, in_size=in_size)
    localization, family = net.transformer.localization, TRANSFORMS.get(transform, transform)
    localization[-1] = nn.Linear(localization[-1].in_features, len(family.identity))
    net.transformer = SpatialTransformer(localization, (28, 28), transform, **outside)
    if start is not None:
        start_at(localization, torch.tensor(start))
    return net


def train_st_cnn(
    seed: int,
    job: Job,
    split: DigitsSplit,
    distortion: Distortion,
    factor: float = 1.0,
    penalty: float = 0.0,
    prepare: Prepare | None = None,
    blank: float = 0.0,
    **kind: Any,
) -> dict[str, Any]:
    """Train the ST-CNN as chapter 7 does; `factor` times the learning rate is that of the localisation network."""
    generator = torch.Generator().manual_seed(seed)
    net = seeded(lambda: network(generator, distortion.out_size, **kind), seed)
    config = FitConfig(seed=seed, steps=STEPS, batch_size=BATCH, lr=LR, localization_lr_factor=factor)
    train(net, config, job, split, distortion, penalty, prepare)
    return examine(net, distortion, split, prepare, blank)


def train_tutorial(
    seed: int,
    job: Job,
    split: DigitsSplit,
    distortion: Distortion,
    prepare: Prepare | None = None,
    blank: float = 0.0,
    **outside: Any,
) -> dict[str, Any]:
    """Train the tutorial's network with its recipe, and with momentum, so that 400 steps are enough."""
    net = seeded(lambda: Tutorial(**outside), seed)
    config = FitConfig(
        seed=seed, steps=TUTORIAL_STEPS, batch_size=BATCH, lr=0.01, localization_lr_factor=1.0, optimizer="sgd",
        momentum=0.9, schedule="constant", weight_decay=0.0, label_smoothing=0.0,
    )  # fmt: skip
    train(net, config, job, split, distortion, prepare=prepare)
    return examine(net, distortion, split, prepare, blank)


def train(
    net: nn.Module,
    config: FitConfig,
    job: Job,
    split: DigitsSplit,
    distortion: Distortion,
    penalty: float = 0.0,
    prepare: Prepare | None = None,
) -> None:
    """Train a transformer and its classifier; `penalty` is the weight of |theta - identity|^2 in the loss."""

    def batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        images, labels = training_batch(split, distortion, config.batch_size, generator=generator)
        return (prepare(images) if prepare else images), labels

    def loss(net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        theta = net.transformer.theta(images)
        logits = net.classifier(net.transformer.sample(images, theta))
        value = F.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
        away = (theta - torch.eye(2, 3)).square().sum((1, 2)).mean()
        return value + penalty * away if penalty else value

    about = {"row": job.folder.name}
    fit(net, batches, loss, config, about=about, out=job.folder, stop=job.stop, progress=job.progress)


def examine(
    net: nn.Module, distortion: Distortion, split: DigitsSplit, prepare: Prepare | None = None, blank: float = 0.0
) -> dict[str, Any]:
    """Measure a network: its error rate, blank windows, thetas without a gradient, zoom, and sample points outside.

    Args:
        net: the network, in evaluation mode.
        distortion: the distortion of the held-out images.
        split: the digits.
        prepare: is applied to the images first.
        blank: the value of the background after `prepare`.
    """
    held_out = held_out_set(split, distortion, copies=2)
    images, labels = prepare(held_out.images) if prepare else held_out.images, held_out.labels
    theta = net.transformer.theta(images).detach().requires_grad_()
    grid, seen = net.transformer.grid(theta), net.transformer.sample(images, theta)
    logits = net.classifier(seen)
    F.cross_entropy(logits, labels, reduction="sum").backward()
    zoom = (theta[:, 0, 0] * theta[:, 1, 1] - theta[:, 0, 1] * theta[:, 1, 0]).detach().abs().sqrt()
    reach = grid.detach().abs().amax(3)
    beyond = seen.detach()[:, 0][reach > 1 + 1 / images.shape[-1]]  # no bilinear neighbour inside
    shares = {
        "error_percent": logits.argmax(1) != labels,
        "blank_percent": (seen - blank).abs().amax((1, 2, 3)) < 1e-6,
        "no_gradient_percent": theta.grad.abs().amax((1, 2)) == 0,
        "zoomed_out_percent": zoom > 1,
        "outside_percent": reach > 1,
    }
    measured = {name: round(100 * share.double().mean().item(), 2) for name, share in shares.items()}
    frame = round(beyond.mean().item() - blank, 3) + 0.0 if len(beyond) else None
    return measured | {"zoom": round(zoom.mean().item(), 3), "frame": frame, "n": len(labels)}
