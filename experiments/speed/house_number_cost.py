"""Measure what spatial transformers add to the cost of the paper's network for SVHN, at its widths and 64 pixels.

Three networks are compared: without a transformer, with one in front of the first convolution, and with four in front of
the first four. Their forward and backward pass is measured, without the update of the weights, as in the paper, which
gives 6 % for four. Each part of the transformers is also measured alone, forward and backward:

- the localisation networks, with the gradient of the feature map that they see;
- the grids;
- the samplers, with the gradient of the grid and of the feature map; the image itself needs none;
- the gradient that the first convolution must pass back to the transformer in front of it, which the network without
  transformers does not compute: the difference between that network's times with and without it.

Everything is measured once in each round, so that other work on the machine slows all of it equally, in processor time on
a CPU. Times are given in per cent of that of the network without transformers in the same round: the mean over the rounds,
with its 95 % interval. Images have torch's own memory format: with the channels last, a sampler's output would have to be
rearranged for the convolution behind it. The multiply-adds of `stn_lib.metrics.multiply_adds` need no clock.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.experiment import Experiment, Job
from experiments.networks import seeded
from experiments.record import Row
from experiments.speed.clock import settle_allocator
from stn_lib.metrics import multiply_adds, paired_interval
from stn_lib.models import SVHNNetwork
from stn_lib.models.svhn import TRANSFORMERS
from stn_lib.training.distributed import local_device

SIZE = (64, 64)
PAPER_PERCENT = 6.0  # of four transformers
NETWORK: dict[str, Any] = {}  # arguments of `SVHNNetwork`; the paper's network has the defaults
PARTS = ("localisation", "grid", "sampler", "input gradient")
WARM_UP = 2  # rounds that are not counted


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that decide every row."""
    return {"rounds": options.rounds, "batch": options.batch, "device": options.device, "size": list(SIZE)}


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each precision."""
    return [{"precision": precision} for precision in ("float32", "bfloat16")]


def measure(row: Row, job: Job) -> Row:
    """Measure all networks and parts, round by round."""
    options, half = job.options, row["precision"] == "bfloat16"
    device = local_device(options.device)
    settle_allocator()
    nets = {name: seeded(lambda name=name: SVHNNetwork(name, SIZE, **NETWORK), 0) for name in TRANSFORMERS}
    counted = {name: multiply_adds(net, torch.zeros(1, 3, *SIZE)) for name, net in nets.items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        images = torch.rand(options.batch, 3, *SIZE).to(device)
        nets = {name: net.to(device).train() for name, net in nets.items()}
        times = _times(functions(nets, images, half), options.rounds, device)
    plain = times["none"]
    parts = {name: {part: times[f"{name}: {part}"] for part in PARTS[:-1]} for name in ("single", "multi")}
    for own in parts.values():
        own["input gradient"] = [a - b for a, b in zip(times["none, gradient of the input"], plain, strict=True)]
    return {
        "ms": {name: round(1e3 * sum(times[name]) / len(plain), 1) for name in nets},
        "added_percent": {name: _percent(times[name], plain, less=100.0) for name in parts},
        "parts_percent": {name: {part: _percent(t, plain) for part, t in own.items()} for name, own in parts.items()},
        "multiply_adds": {name: count.total for name, count in counted.items()},
    }


def _percent(times: list[float], of: list[float], less: float = 0.0) -> list[float]:
    """The mean of 100 · times / of - less over the rounds, and the two ends of its 95 % interval."""
    shares = [100 * a / b for a, b in zip(times, of, strict=True)]
    return [round(end, 2) for end in paired_interval(shares, [less] * len(shares))]


def _times(timed: dict[str, Callable[[], None]], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """The seconds of each function, in each round: the processor's, or the clock's for another device."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    times: dict[str, list[float]] = {name: [] for name in timed}
    names = list(timed)
    for k in range(-WARM_UP, rounds):
        for name in names[k % len(names) :] + names[: k % len(names)]:  # each is first in turn
            began = clock()
            timed[name]()
            if device.type != "cpu":
                torch.get_device_module(device).synchronize()
            if k >= 0:
                times[name].append(clock() - began)
    return times


def functions(nets: dict[str, SVHNNetwork], images: Tensor, half: bool) -> dict[str, Callable[[], None]]:
    """All functions that are timed, by name."""
    timed: dict[str, Callable[[], None]] = {name: passes(net, images, half) for name, net in nets.items()}
    learnt = images.clone().requires_grad_()
    timed["none, gradient of the input"] = passes(nets["none"], learnt, half)
    for name in ("single", "multi"):
        for part, function in parts(nets[name], images, half).items():
            timed[f"{name}: {part}"] = function
    return timed


def passes(net: nn.Module, images: Tensor, half: bool) -> Callable[[], None]:
    """The forward and the backward pass of a network, whose gradients are deleted first."""
    labels = torch.randint(11, (len(images), 5)).to(images.device)

    def run() -> None:
        for tensor in (images, *net.parameters()):
            tensor.grad = None
        with torch.autocast(images.device.type, torch.bfloat16, enabled=half):
            logits = net(images)
        F.cross_entropy(logits.float().flatten(0, 1), labels.flatten()).backward()

    return run


def parts(net: SVHNNetwork, images: Tensor, half: bool) -> dict[str, Callable[[], None]]:
    """The parts of all transformers of a network, each forward and backward from leaves of its own."""
    inputs = _inputs(net, images, half)
    cases = []
    for transformer, seen in zip(net.transformers, inputs, strict=True):
        with torch.no_grad(), torch.autocast(images.device.type, torch.bfloat16, enabled=half):
            theta = transformer.theta(seen)
            grid, warped = transformer.grid(theta), transformer.sample(seen, theta)
        backward = [torch.rand_like(x) for x in (theta, grid, warped)]  # kept out of the clock
        cases.append((transformer, seen, theta, grid, backward, seen is not images))

    def localize() -> None:
        for transformer, seen, _, _, backward, learns in cases:
            for weight in transformer.parameters():
                weight.grad = None
            with torch.autocast(images.device.type, torch.bfloat16, enabled=half):
                found = transformer.theta(seen.detach().requires_grad_(learns))
            found.backward(backward[0])

    def make_grids() -> None:
        for transformer, _, theta, _, backward, _ in cases:
            transformer.grid(theta.detach().requires_grad_()).backward(backward[1])

    def sample() -> None:
        for _, seen, _, grid, backward, learns in cases:
            leaves = seen.detach().requires_grad_(learns), grid.detach().requires_grad_()
            # As the transformer does: in single precision, and back.
            F.grid_sample(leaves[0].float(), leaves[1], align_corners=False).to(seen.dtype).backward(backward[2])

    return {"localisation": localize, "grid": make_grids, "sampler": sample}


def _inputs(net: SVHNNetwork, images: Tensor, half: bool) -> list[Tensor]:
    """What each transformer gets in a forward pass; the first one gets the images themselves."""
    seen: list[Tensor] = []
    hooks = [st.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach())) for st in net.transformers]
    with torch.no_grad(), torch.autocast(images.device.type, torch.bfloat16, enabled=half):
        net(images)
    for hook in hooks:
        hook.remove()
    return [images, *seen[1:]]


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown."""
    head = ["precision", "transformers", "ms", "added % (95 %)", *(f"{part} %" for part in PARTS), "multiply-adds"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in record["runs"]:
        count = row["multiply_adds"]
        for name, (added, low, high) in row["added_percent"].items():
            own = [f"{mean:.1f} ({low:.1f} to {high:.1f})" for mean, low, high in row["parts_percent"][name].values()]
            cells = [row["precision"], name, f"{row['ms'][name]:.0f}", f"{added:.1f} ({low:.1f} to {high:.1f})", *own]
            cells.append(f"+{100 * (count[name] / count['none'] - 1):.1f} %")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"In the paper, four transformers add {PAPER_PERCENT:.0f} %."])


EXPERIMENT = Experiment(("precision",), rows, measure, report, settings)
