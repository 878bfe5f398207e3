"""Measure the time that a spatial transformer adds to a training step, part by part, and where it saves more than it adds.

For each size of the image, size of the transformer's output and width of the classifier this measures a step of the
ST-CNN, of the same classifier without a transformer, and of that classifier on the whole image. It also measures each
part of the transformer alone, forward and backward:

- its localisation network;
- the grid;
- the sampler, with the gradient of the grid (the image itself needs none);
- the gradient that the first convolution must pass back to the sampler, and that a network without a transformer does
  not compute: the difference between the classifier's two times;
- the update of the localisation network's weights.

All of them are measured alternately, so that other work on the machine slows all of them equally, in processor time. A
share is the median over the rounds of the part's time divided by the step's of the same round;
`parts_percent` is their sum, to be compared with `added_percent`, the time that the step takes longer than without a
transformer. Images and filters have their channels last in memory, as in training. The figures hold for these networks
on this machine.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.experiment import Experiment, Job
from experiments.networks import Tutorial
from experiments.record import Row
from experiments.speed.clock import settle_allocator
from stn_lib import models
from stn_lib._layout import as_laid_out, channels_last

WIDTHS = {"narrow": (8, 16, 16), "wide": (32, 64, 64)}
CROP = 28
#: (side of the image, side of the transformer's output, width); the last is the tutorial's own network.
CASES = [
    (size, out, width) for width in WIDTHS for size in (28, 42, 60, 84) for out in sorted({CROP, size}, reverse=True)
] + [(28, 28, "tutorial")]
PARTS = ("localisation", "grid", "sampler", "input gradient", "update")


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that decide every row."""
    return {"rounds": options.rounds, "batch": options.batch}


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each case and precision."""
    return [
        {"picture": size, "handed_on": out, "width": width, "precision": precision}
        for precision in ("float32", "bfloat16")
        for size, out, width in CASES
    ]


def measure(row: Row, job: Job) -> Row:
    """Measure the times of one case."""
    half = row["precision"] == "bfloat16"
    settle_allocator()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        timed = _timed(row["picture"], row["handed_on"], row["width"], half, job.options.batch)
        times = _times(timed, job.options.rounds)
    with_gradient, without = times["classifier, gradient handed back"], times["classifier"]
    times["input gradient"] = [a - b for a, b in zip(with_gradient, without, strict=True)]

    def ratio(a: str, b: str) -> float:
        return statistics.median(x / y for x, y in zip(times[a], times[b], strict=True))

    shares = {part: round(100 * ratio(part, "st"), 1) for part in PARTS}
    return {
        "ms": {name: round(1e3 * statistics.median(times[name]), 2) for name in ("st", "plain", "whole")},
        "share_percent": shares,
        "parts_percent": round(sum(shares.values()), 1),
        "added_percent": round(100 * (1 - ratio("plain", "st")), 1),
        "st_over_plain": round(ratio("st", "plain"), 3),
        "st_over_whole": round(ratio("st", "whole"), 3),
    }


def _timed(size: int, out: int, width: str, half: bool, batch: int) -> dict[str, Callable[[], None]]:
    """All functions that are timed, by name."""
    net, plain, whole = (n.train().to(memory_format=torch.channels_last) for n in networks(size, out, width))
    images, small = (channels_last(torch.rand(batch, 1, side, side)) for side in (size, out))
    labels = torch.randint(10, (batch,))
    return {
        "st": training_step(net, images, labels, half),
        "plain": training_step(plain, small, labels, half),
        "whole": training_step(whole, images, labels, half),
        **parts(net, images, labels, half),
    }


def _times(timed: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """The processor's seconds of each function, in each round."""
    times: dict[str, list[float]] = {name: [] for name in timed}
    for k in range(-3, rounds):  # the first three only warm up
        for name, function in timed.items():
            began = time.process_time()
            function()
            spent = time.process_time() - began
            if k >= 0:
                times[name].append(spent)
    return times


def networks(size: int, out: int, width: str) -> tuple[nn.Module, nn.Module, nn.Module]:
    """The network with a transformer, its classifier alone, and a classifier of that width for the whole image."""
    if width == "tutorial":
        return Tutorial(), Tutorial().classifier, Tutorial().classifier
    widths = WIDTHS[width]
    net = models.build("st-cnn", in_size=(size, size), out_size=(out, out), widths=widths)
    plain, whole = (models.build("cnn", in_size=(side, side), widths=widths) for side in (out, size))
    return net, plain, whole


def training_step(net: nn.Module, images: Tensor, labels: Tensor, half: bool) -> Callable[[], None]:
    """One step of training: forward, backward, update."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits = net(images)
        F.cross_entropy(logits.float(), labels).backward()
        optimizer.step()

    return step


def parts(net: nn.Module, images: Tensor, labels: Tensor, half: bool) -> dict[str, Callable[[], None]]:
    """The transformer's parts, each forward and backward from leaves of its own."""
    transformer, size = net.transformer, net.transformer.out_size
    weights = list(transformer.parameters())
    optimizer = torch.optim.AdamW(weights, lr=1e-9)
    theta = transformer.theta(images).detach().requires_grad_()
    grid = transformer.grid(theta).detach().requires_grad_()
    seen = channels_last(torch.rand(len(images), 1, *size))
    backward = [torch.rand_like(x) for x in (theta, grid, seen)]  # kept out of the clock

    def leaf(x: Tensor) -> Tensor:
        return x.detach().requires_grad_()

    def localize() -> None:
        for weight in weights:
            weight.grad = None
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            found = transformer.theta(images)
        found.backward(backward[0])

    def sample() -> None:
        as_laid_out(F.grid_sample(images, leaf(grid), align_corners=False), images).backward(backward[2])

    def classify(x: Tensor) -> None:
        for weight in net.classifier.parameters():
            weight.grad = None
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits = net.classifier(x)
        F.cross_entropy(logits.float(), labels).backward()

    return {
        "localisation": localize,
        "grid": lambda: transformer.grid(leaf(theta)).backward(backward[1]),
        "sampler": sample,
        "update": optimizer.step,  # finds the gradients that `localize` left
        "classifier": lambda: classify(seen),
        "classifier, gradient handed back": lambda: classify(leaf(seen)),
    }


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown."""
    head = ["precision", "width", "px", "handed on", "ST ms", *(f"{part} %" for part in PARTS), "sum %", "added %"]
    lines = [f"| {' | '.join([*head, 'ST / same without', 'ST / CNN on whole image'])} |"]
    lines.append("|---" * (len(head) + 2) + "|")
    for row in record["runs"]:
        cells = [row["precision"], row["width"], row["picture"], row["handed_on"], row["ms"]["st"]]
        cells += [*row["share_percent"].values(), row["parts_percent"], row["added_percent"]]
        lines.append("| " + " | ".join(map(str, [*cells, row["st_over_plain"], row["st_over_whole"]])) + " |")
    return "\n".join(lines)


EXPERIMENT = Experiment(("picture", "handed_on", "width", "precision"), rows, measure, report, settings)
