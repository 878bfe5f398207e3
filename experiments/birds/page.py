"""The networks for drawn birds in the page: two windows, and the CNN of the same cost that sees the shrunk image.

Both are measured twice: with their weights in half precision, as they are stored, and in 8 bits, as the page has them. While
the windows train, from two starts, their centres and the network's answers are recorded for the first held-out birds.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from experiments import birds
from experiments.appendix.common import run_row
from experiments.birds import EQUAL, HELD_OUT, LEARNT, SMALL, VARIANTS
from experiments.experiment import Experiment, Job
from experiments.moments import Moments
from experiments.networks import seeded
from experiments.page_networks import BITS, store_and_measure, weights_folder
from experiments.record import Row, rounded
from stn_lib.data import bird_batch
from stn_lib.models import BirdSTCNN

FILES = {LEARNT: "birds-st-cnn", SMALL: "birds-cnn"}
SEED, HOLD_OUT = 0, "test"
SHOWN = 6  # held-out birds whose windows are recorded
#: Steps of training at which they are.
MOMENTS = (
    0, 30, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 160, 180, 200, 220, 240, 280, 320, 360, 400, 450, 500, 600, 700,
)  # fmt: skip
EVERY = 10  # every moment is a multiple


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what decides every row."""
    shared = birds.settings(argparse.Namespace(hold_out=HOLD_OUT))
    return {**shared, "seed": SEED, "bits": BITS, "moments": list(MOMENTS), "shown": SHOWN}


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each network."""
    return [{"network": name} for name in (LEARNT, EQUAL, SMALL)]


def measure(row: Row, job: Job) -> Row:
    """Train one network, store its weights, and measure them on held-out birds, in half precision and in 8 bits."""
    name, variant = row["network"], VARIANTS[row["network"]]
    known = Job(argparse.Namespace(hold_out=HOLD_OUT), job.folder, job.stop, job.progress)
    network = seeded(variant.make, SEED)
    held_out = birds.birds_of(HOLD_OUT, HELD_OUT, variant.free)
    record = Windows(job.folder / "windows.json", bird_batch(held_out, torch.arange(SHOWN)).images)
    watched = {"callback": record, "callback_every": EVERY} if isinstance(network, BirdSTCNN) else {}
    trained = birds.train({**row, "seed": SEED}, known, network, **watched)
    folder = weights_folder("birds page", job.options) if name in FILES else job.folder
    path = folder / f"{FILES.get(name, 'weights')}.safetensors"
    return {
        **run_row(network, *trained, **measure_weights(name, network, path)),
        "multiply_adds": birds.cost(variant, network),
        **({"windows": record.frames} if watched else {}),
    }


class Windows(Moments):
    """Records the windows' centres and the answers for some images."""

    def __init__(self, file: Path, images: Tensor):
        super().__init__(file, MOMENTS, self.windows)
        self.images = images

    def windows(self, network: BirdSTCNN) -> Row:
        theta = network.transformer.theta(self.images)
        return {
            "centres": rounded(theta[..., 2], 4),
            "answers": network.at(self.images, theta).argmax(1).tolist(),
        }


def measure_weights(name: str, network: nn.Module, path: Path) -> Row:
    """Store weights with their error; return it, and what 8 bits change."""
    variant = VARIANTS[name]
    held_out = birds.birds_of(HOLD_OUT, HELD_OUT, variant.free)
    found, coarse, changed = store_and_measure(
        network, path, lambda network: birds.measure_windows(variant, network, held_out),
        (bird_batch(held_out, index).images for index in torch.arange(HELD_OUT).split(100)),
        note=lambda found: {key: found[key] for key in ("error_percent", "interval_percent", "wrong", "n")},
        command="python -m experiments birds page", seed=SEED, config=birds.settings(argparse.Namespace(hold_out=HOLD_OUT)),
        hold_out=HOLD_OUT,
    )  # fmt: skip
    kept = {key: coarse[key] for key in ("error_percent", "wrong", "held_percent") if key in coarse}
    return {**found, "in_8_bits": {**kept, "birds_changed": changed, "n": HELD_OUT}}


def line(row: Row) -> str:
    """One row of the table."""
    coarse = row["in_8_bits"]
    whole = birds.line({**row, "seed": SEED})
    return f"{whole} {row['parameters']:,} | {coarse['error_percent']:.1f} | {coarse['birds_changed']} of {coarse['n']:,} |"


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown."""
    head = (
        "| network | seed | error, % (95 %) | holds head/body, %, of each window | own part (chance) | million "
        "multiply-adds | s | parameters | wrong in 8 bits, % | birds that 8 bits change |"
    )
    return "\n".join([head, "|---" * 10 + "|", *map(line, record["runs"])])


EXPERIMENT = Experiment(
    ("network",), rows, measure, report, settings, line=line, steps=lambda row, options: birds.CONFIG.steps
)
