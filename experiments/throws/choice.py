"""The learning rate of the cover's two networks, each chosen on the validation digits."""

import argparse
import dataclasses
from typing import Any

from experiments.experiment import Experiment, Job
from experiments.record import Row, shared_config
from stn_lib import models
from stn_lib.training import TrainConfig, cover_config, train

RATES = (0.004, 0.008, 0.016, 0.032, 0.064)
KINDS = ("cnn", "st-cnn")


def config(kind: str, lr: float) -> TrainConfig:
    """The run of the cover, measured on the validation digits."""
    return dataclasses.replace(cover_config(kind), lr=lr, hold_out="validation")


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The config of the cover without what the rows vary."""
    return {"config": shared_config(config("cnn", RATES[0]), "model", "lr")}


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each network and learning rate."""
    return [{"model": kind, "lr": lr} for kind in KINDS for lr in RATES]


def measure(row: Row, job: Job) -> Row:
    """Train one network, and measure its error on the validation digits."""
    result = train(config(row["model"], row["lr"]), out=job.folder, stop=job.stop, progress=job.progress)
    low, high = result.evaluation.interval
    return {
        "parameters": models.count_parameters(result.model),
        "error_percent": round(result.error, 4),
        "interval_percent": [round(low, 2), round(high, 2)],
        "n": result.evaluation.n,
        "seconds": round(result.seconds, 1),
    }


def best(record: dict[str, Any], kind: str) -> float:
    """The learning rate with the lowest validation error."""
    own = [row for row in record["runs"] if row["model"] == kind]
    return min(own, key=lambda row: row["error_percent"])["lr"]


def report(record: dict[str, Any]) -> str:
    """The validation errors in Markdown, and the choice."""
    lines = ["| network | learning rate | validation error, % (95 %) |", "|---|---|---|"]
    for row in record["runs"]:
        low, high = row["interval_percent"]
        lines.append(f"| {row['model']} | {row['lr']:g} | {row['error_percent']:.1f} ({low:.1f} to {high:.1f}) |")
    chosen = {kind: best(record, kind) for kind in KINDS if any(row["model"] == kind for row in record["runs"])}
    return "\n".join([*lines, *(f"lowest for {kind}: {lr:g}" for kind, lr in chosen.items())])


EXPERIMENT = Experiment(
    ("model", "lr"), rows, measure, report, settings, steps=lambda row, options: cover_config(row["model"]).steps
)
