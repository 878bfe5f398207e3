"""Measure why the transformer of the ST-CNN on TC dies, what keeps it alive, and what its small output costs.

A transformer is dead if its theta is the same for every image. The cause here: behind the ReLU, the hidden units of the
localisation network become 0 for every image, one after the other. When all are 0, no gradient reaches their weights.

Each case trains the affine ST-CNN of Table 1 on TC and measures it on the validation digits of MNIST. The cases: as in
Table 1, with a batch norm after the hidden units of the localisation network; without that batch norm; without it and
with a fifth of the learning rate; without it and with four times the learning rate; with a transformer that never
learns, so that the classifier sees the 60 x 60 pixels of the image at 28 x 28 points. Every 50 steps a row stores how
many of the 32 hidden units are above 0 for at least one of 256 images, how much theta varies from image to image, and
the mean of its scale. When all of them are 0, theta is the bias of the last layer, which still learns.
"""

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from experiments.experiment import Experiment, Job
from experiments.record import Row
from experiments.table1 import Cell, table1_config
from stn_lib.files import write_atomically
from stn_lib.localization import ConvLocalization
from stn_lib.models import count_parameters
from stn_lib.models import table1 as networks
from stn_lib.training import TrainConfig, record, train
from stn_lib.training.runs import held_out

CELL, SEED, EVERY, IMAGES = Cell("tc", "st-cnn-affine"), 0, 50, 256
#: Whether the hidden units have a batch norm, and the localisation network's learning rate as a share of the classifier's.
CASES = {
    "no norm": (False, 0.25),
    "no norm, a fifth of the rate": (False, 0.05),
    "no norm, four times the rate": (False, 1.0),
    "norm": (True, 0.25),
    "never learns": (True, 0.0),
}


def config_of(case: str) -> TrainConfig:
    """Return the config of a case."""
    return table1_config(CELL, SEED, hold_out="validation", localization_lr_factor=CASES[case][1])


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that all cases share."""
    config = config_of("norm")
    return {
        "cell": str(CELL), "seed": SEED, "steps": config.steps, "lr": config.lr, "hold_out": "validation",
        "pictures": IMAGES,
    }  # fmt: skip


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each case."""
    return [{"case": case} for case in CASES]


def measure(row: Row, job: Job) -> Row:
    """Train the network of one case, and record the answers of its localisation network."""
    norm, _ = CASES[row["case"]]
    config = config_of(row["case"])
    notes, watch = watcher(held_out(config).images[:IMAGES], job.folder / "watched.json")
    # The network of Table 1 has the norm. Patching is the shortest way to one without it, which the library does not offer.
    with mock.patch.object(networks, "ConvLocalization", partial(_localization, norm)):
        result = train(
            config, out=job.folder, callback=watch, callback_every=EVERY, checkpoint_every=EVERY,
            stop=job.stop, progress=job.progress,
        )  # fmt: skip
    return {
        "seconds": round(result.seconds, 1),
        "parameters": count_parameters(result.model),
        **record.error_summary(result.evaluation),
        "watched": list(notes.values()),
    }


def watcher(images: torch.Tensor, log: Path) -> tuple[dict[int, Row], Callable[[int, torch.nn.Module], None]]:
    """Make a callback that measures the localisation network during a run; return its notes by step, and the callback.

    The notes are stored in a file, because a run that resumes does not repeat the steps before its checkpoint.
    """
    notes = {note["step"]: note for note in (json.loads(log.read_text()) if log.exists() else [])}

    def watch(step: int, model: torch.nn.Module) -> None:
        hidden = torch.nn.Sequential(*list(model.transformer.localization)[:-1])
        theta = model.transformer.theta(images)
        notes[step] = {
            "step": step,
            "answering": int((hidden(images) > 0).any(0).sum()),
            "spread": round(float(theta.flatten(1).std(0).mean()), 5),
            "scale": round(float(torch.linalg.det(theta[:, :, :2]).abs().sqrt().mean()), 4),
        }
        write_atomically(log, json.dumps(list(notes.values())).encode())

    return notes, watch


def _localization(norm: bool, *arguments: Any, **options: Any) -> ConvLocalization:
    return ConvLocalization(*arguments, **{**options, "hidden_norm": norm})


def line(row: Row) -> str:
    """The error rate of one case, and its last note."""
    low, high = row["interval_percent"]
    last = row["watched"][-1]
    return (
        f"{row['case']:30s} {row['error_percent']:5.2f} % ({low:.2f} to {high:.2f}), {last['answering']} hidden units "
        f"above 0, theta varies by {last['spread']:.3f}"
    )


def report(record: dict[str, Any]) -> str:
    """Format a line for each case."""
    return "\n".join(map(line, record["runs"]))


EXPERIMENT = Experiment(
    ("case",), rows, measure, report, settings, line=line, prepare=lambda job: held_out(config_of("norm")),
    steps=lambda row, options: config_of(row["case"]).steps,
)  # fmt: skip
