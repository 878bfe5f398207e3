"""Error rate and shift consistency of seven networks that differ only in their pooling.

The networks of chapter 2 train on rotated digits that are never shifted, and are measured on test digits.
"""

import argparse
import statistics
from typing import Any

import torch
from torch import Tensor, nn

from experiments.experiment import Experiment, Job
from experiments.record import Row, shared_config
from stn_lib import models
from stn_lib.data.shift import shift
from stn_lib.metrics import error_interval, shift_consistency
from stn_lib.models import POOLS
from stn_lib.training import pooling_config, train
from stn_lib.training.runs import build_model, held_out

PAIRS = 4
MIDDLE = (
    32  # crops come from the middle of the image, which the digit fills, so that parts of the digit enter and leave
)
CROP = 8  # a crop is smaller than the middle by this many pixels
SHIFTS = range(17)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the config of chapter 2, and the settings of the consistency."""
    return {
        "config": shared_config(pooling_config("max"), "model", "seed", "pool"),
        "pairs": PAIRS,
        "crop_pixels": [MIDDLE - CROP, MIDDLE],
        "shifts": list(SHIFTS),
    }


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each pooling and seed."""
    return [{"pool": pool, "seed": seed} for seed in range(options.seeds) for pool in POOLS]


def measure(row: Row, job: Job) -> Row:
    """Measure one network before and after its training."""
    config = pooling_config(row["pool"], row["seed"])
    images = held_out(config).images
    before = before_training(row["pool"], row["seed"])
    result = train(config, out=job.folder, stop=job.stop, progress=job.progress)
    errors = result.evaluation
    return {
        "parameters": models.count_parameters(result.model),
        "seconds": round(result.seconds, 1),
        "error_percent": round(errors.error, 4),
        "interval_percent": [round(end, 2) for end in error_interval(errors.wrong, errors.n)],
        "n": errors.n,
        "before_training": before,
        **consistency(result.model, images),
        "agreement_percent": [round(agreement(result.model, images, dx), 2) for dx in SHIFTS],
    }


def before_training(pool: str, seed: int) -> dict[str, Any]:
    """The circular consistency before training, by the class whose logit exceeds its own mean most."""
    config = pooling_config(pool, seed)
    images = held_out(config).images
    first = build_model(config).eval()
    return consistency(Centred(first, images), images)["circular"]


class Centred(nn.Module):
    """A network minus its mean logits. Without this an untrained network gives nearly every image the same class."""

    def __init__(self, network: nn.Module, images: Tensor):
        super().__init__()
        self.network = network
        with torch.no_grad():
            self.mean = network(images).mean(0)

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images) - self.mean


def consistency(model: nn.Module, images: Tensor) -> dict[str, dict[str, Any]]:
    """Measure the consistency under circular shifts of the whole image, and between crops that cut the digit."""
    found = {}
    margin = (images.shape[-1] - MIDDLE) // 2
    middle = images[..., margin : margin + MIDDLE, margin : margin + MIDDLE]
    for fill, shifted, reach in (("circular", images, images.shape[-1] - 1), ("crop", middle, CROP)):
        generator = torch.Generator().manual_seed(0)
        rate, (low, high), n = shift_consistency(model, shifted, reach, fill, PAIRS, generator=generator)
        found[fill] = {"percent": round(rate, 3), "interval_percent": [round(low, 2), round(high, 2)], "n": n}
    return found


@torch.no_grad()
def agreement(model: nn.Module, images: Tensor, dx: int) -> float:
    """The percentage of images that keep their class under a circular shift by dx pixels."""
    still, moved = model(images), model(shift(images, dx, fill="circular"))
    return 100 * (still.argmax(1) == moved.argmax(1)).double().mean().item()


def line(row: Row) -> str:
    """The error rate and the consistencies of one network."""
    return (
        f"seed {row['seed']} {row['pool']:7s} error {row['error_percent']:.2f} %, consistency circular "
        f"{row['circular']['percent']:.2f} %, crops {row['crop']['percent']:.2f} %, {row['seconds']:.0f} s"
    )


def report(record: dict[str, Any]) -> str:
    """Format the means over the seeds in Markdown."""
    lines = ["| pooling | seeds | error, % | circular, % | crops, % |", "|---" * 5 + "|"]
    for pool in dict.fromkeys(row["pool"] for row in record["runs"]):
        own = [row for row in record["runs"] if row["pool"] == pool]
        columns = (
            [row["error_percent"] for row in own],
            [row["circular"]["percent"] for row in own],
            [row["crop"]["percent"] for row in own],
        )
        means = " | ".join(f"{statistics.mean(column):.2f}" for column in columns)
        lines.append(f"| {pool} | {len(own)} | {means} |")
    return "\n".join(lines)


EXPERIMENT = Experiment(("pool", "seed"), rows, measure, report, settings, line=line)
