"""House numbers: an ST-CNN that finds the number first, against CNNs of the same cost that read a shrunk canvas."""

import argparse
import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.common import error, run_row
from experiments.experiment import Experiment, Job
from experiments.networks import seeded
from experiments.record import Row, shared_config
from stn_lib.data import HouseNumbers, house_batch, house_held_out, load_dataset
from stn_lib.data.digit_struct import NO_DIGIT
from stn_lib.data.house_numbers import CANVAS
from stn_lib.metrics import multiply_adds
from stn_lib.models import GivenWindow, NumberCNN, NumberSTCNN
from stn_lib.models.number_networks import window
from stn_lib.models.svhn import wrong_places
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit
from stn_lib.transforms import identity

#: Chosen on validation digits. With the full rate of 0.004 a localisation network that had found the number at step 150
#: lost it again at the rate's peak. With a window that is narrow from the first step on, it found the number with one
#: first weight, and with another one never.
CONFIG = FitConfig(steps=2000, batch_size=64, lr=3e-3, localization_lr_factor=0.5, precision="bfloat16")
NARROWING = 3 * CONFIG.steps // 8  # batches until a learnt window has its size
TRUE, WHOLE, ST, MULTI = "window at the true place", "window on everything", "ST-CNN", "ST-CNN, three transformers"
#: The networks by name. The two CNNs on a shrunk canvas have the widths that make them cost what the ST-CNN costs.
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "CNN, a quarter": lambda: NumberCNN(4, (20, 40, 64)),
    "CNN, half": lambda: NumberCNN(2, (9, 18, 32)),
    "CNN, full size": lambda: NumberCNN(1, (12, 24, 48)),
    ST: lambda: NumberSTCNN(narrowing=NARROWING),
    MULTI: lambda: NumberSTCNN(inner=True, narrowing=NARROWING),
    WHOLE: lambda: GivenWindow(samples=4),
    TRUE: GivenWindow,
}


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what decides every row."""
    return {"config": shared_config(CONFIG, "seed"), "narrowing": NARROWING, "hold_out": options.hold_out}


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each network and seed."""
    return [{"network": name, "seed": seed} for seed in range(options.seeds) for name in NETWORKS]


def logits(name: str, network: nn.Module, images: Tensor, boxes: Tensor) -> Tensor:
    """The answers (N, 5, 11) of a network of `NETWORKS`. Only the control at the true place is given the boxes."""
    if name == TRUE:
        return network(images, window(boxes[:, :, 2]))
    if name == WHOLE:
        return network(images, identity(len(images), device=images.device))
    return network(images)


def measure(row: Row, job: Job) -> Row:
    """Train one network on numbers of training digits, and measure it once on numbers of held-out digits."""
    name, config = row["network"], config_of(row)
    split = load_dataset("digits", job.options.hold_out)
    network = seeded(NETWORKS[name], row["seed"])

    def loss(network: nn.Module, images: Tensor, labels: Tensor, boxes: Tensor) -> Tensor:
        answers = logits(name, network, images, boxes).float()
        return F.cross_entropy(answers.flatten(0, 1), labels.flatten(), label_smoothing=config.label_smoothing)

    about = {"run": f"house numbers, {name}", "digits": len(split.train_images), "hold_out": job.options.hold_out}
    result = fit(
        network, lambda generator: tuple(house_batch(split, config.batch_size, generator=generator)), loss, config,
        about=about, out=job.folder, stop=job.stop, progress=job.progress,
    )  # fmt: skip
    measured = measure_errors(name, network, house_held_out(split))
    return {**run_row(network, config, about, result, **measured), "multiply_adds": cost(name, network)}


def config_of(row: Row) -> FitConfig:
    """How the network of a row is trained."""
    return dataclasses.replace(CONFIG, seed=row["seed"])


@torch.inference_mode()
def measure_errors(name: str, network: nn.Module, held_out: HouseNumbers) -> Row:
    """The share of numbers that are not read whole, and of wrong answers for a place; where the ST-CNN looks.

    Returns:
        ``error_percent`` of whole numbers with its interval and counts; ``place_error_percent``;
        ``error_by_length_percent``, of numbers with one to five digits; for an ST-CNN ``outside_percent``, the share of
        numbers whose middle is outside of its window.
    """
    parts = zip(*(part.split(100) for part in held_out), strict=True)
    wrong, outside = [], 0
    for images, labels, boxes in parts:
        wrong.append(wrong_places(logits(name, network, images, boxes), labels))
        if isinstance(network, NumberSTCNN):
            theta = network.transformer.theta(images)
            away = (theta[:, :, 2] - boxes[:, :, 2]).abs()
            outside += int((away > theta[:, (0, 1), (0, 1)]).any(1).sum())
    wrong = torch.cat(wrong)
    length = (held_out.labels != NO_DIGIT).sum(1)
    return {
        **error(int(wrong.any(1).sum()), len(wrong)),
        "place_error_percent": round(100 * wrong.double().mean().item(), 2),
        "error_by_length_percent": [
            round(100 * wrong[length == digits].any(1).double().mean().item(), 1) for digits in range(1, 6)
        ],
        **({"outside_percent": round(100 * outside / len(wrong), 2)} if isinstance(network, NumberSTCNN) else {}),
    }


def cost(name: str, network: nn.Module) -> dict[str, int]:
    """Multiply-adds of a training step for one image."""
    asks = _Asking(name, network)
    found = multiply_adds(asks, torch.zeros(2, 1, *CANVAS), torch.zeros(2, 2, 3))
    return {"forward": found.forward // 2, "backward": found.backward // 2}


class _Asking(nn.Module):
    """`logits` as a network."""

    def __init__(self, name: str, network: nn.Module):
        super().__init__()
        self.name, self.network = name, network

    def forward(self, images: Tensor, boxes: Tensor) -> Tensor:
        return logits(self.name, self.network, images, boxes)


def line(row: Row) -> str:
    """One row of the table."""
    low, high = row["interval_percent"]
    total = sum(row["multiply_adds"].values()) / 1e6
    return (
        f"| {row['network']} | {row['seed']} | {row['error_percent']:.1f} ({low:.1f} to {high:.1f}) | "
        f"{row['place_error_percent']:.1f} | {row.get('outside_percent', '–')} | {total:.1f} | {row['parameters']:,} | "
        f"{row['seconds']:.0f} |"
    )


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown."""
    head = "| network | seed | numbers wrong, % (95 %) | places wrong, % | outside, % | million multiply-adds | parameters | s |"
    return "\n".join([head, "|---" * 8 + "|", *map(line, record["runs"])])


EXPERIMENT = Experiment(
    ("network", "seed"), rows, measure, report, settings, line=line, steps=lambda row, options: CONFIG.steps
)  # fmt: skip
