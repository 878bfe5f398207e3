"""One run against the clock: the accuracy on held-out digits after so many seconds of training."""

import time
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.experiment import Job
from experiments.time_to_accuracy.recipes import Recipe, build, fit_config
from stn_lib.data import load_dataset
from stn_lib.training.fit import OutOfTime, fit

MEAN, STD = 0.1307, 0.3081  # the tutorial's, of MNIST's training digits

#: Images and labels to train on, images and labels to measure on.
Digits = tuple[Tensor, Tensor, Tensor, Tensor]


@cache
def load_digits_for(network: str, hold_out: str) -> Digits:
    """MNIST as a network expects it: normalised for the tutorial's, from 0 to 1 for ours."""
    split = load_dataset("mnist", hold_out)
    images = (split.train_images, split.test_images)
    if network == "tutorial":
        images = tuple((part - MEAN) / STD for part in images)
    return images[0], split.train_labels, images[1], split.test_labels


class Clock:
    """Seconds on the wall and of the processor, while it is not paused."""

    def __init__(self):
        self.wall = self.cpu = 0.0
        self.resume()

    def resume(self) -> None:
        """Start counting."""
        self._began = time.perf_counter(), time.process_time()

    def pause(self) -> None:
        """Stop counting."""
        self.wall += time.perf_counter() - self._began[0]
        self.cpu += time.process_time() - self._began[1]


def race(recipe: Recipe, seed: int, digits: Digits, target: float, job: Job) -> list[list[float]]:
    """Train until the first measurement at or above the target, or to the end of the recipe.

    Returns:
        The curve: a point [step, seconds, cpu_seconds, per cent] for each measurement.

    Raises:
        OutOfTime: where the job says so before.
    """
    images, labels, *held_out = digits
    curve: list[list[float]] = []
    clock = Clock()

    def watch(step: int, net: nn.Module) -> None:
        clock.pause()
        if step == 0:
            clock.wall = clock.cpu = 0.0
        else:
            percent = round(100 * count_correct(net, *held_out) / len(held_out[1]), 2)
            curve.append([step, round(clock.wall, 3), round(clock.cpu, 3), percent])
        clock.resume()

    def loss(net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(net(images).float(), labels)

    def arrived() -> bool:
        return bool(curve) and curve[-1][3] >= target

    try:
        fit(
            build(recipe, seed), epochs(images, labels, recipe.batch), loss, fit_config(recipe, seed), callback=watch,
            callback_every=recipe.look, stop=lambda: arrived() or job.stop(), progress=job.progress,
        )  # fmt: skip
    except OutOfTime:
        if not arrived():
            raise
    return curve


def epochs(images: Tensor, labels: Tensor, size: int) -> Callable[[torch.Generator], tuple[Tensor, Tensor]]:
    """Batches that use each image once an epoch, in random order."""
    left: list[Tensor] = []

    def next_batch(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        if not left:
            left.extend(reversed(torch.randperm(len(images), generator=generator).split(size)))
        chosen = left.pop()
        return images[chosen], labels[chosen]

    return next_batch


def count_correct(net: nn.Module, images: Tensor, labels: Tensor) -> int:
    """How many images a network classifies correctly, in single precision."""
    found = torch.cat([net(part).argmax(1) for part in images.split(1000)])
    return int((found == labels).sum())


def first_at(curve: list[list[float]], target: float) -> list[float] | None:
    """The first point of a curve at or above a target in per cent; None where there is none."""
    return next((point for point in curve if point[3] >= target), None)
