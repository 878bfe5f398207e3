"""Measure both networks of the live chapter after 1, 2, 4 and 8 times its training steps, seed 0."""

import argparse
import dataclasses
from typing import Any

from experiments.experiment import Experiment, Job
from experiments.live_gap import KINDS
from experiments.record import Row, shared_config
from stn_lib.training import live_config, train

FACTORS = (1, 2, 4, 8)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the config of the live chapter; a row has a multiple of its steps."""
    return {"config": shared_config(live_config("cnn"), "model", "seed")}


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each number of steps and network."""
    steps = live_config("cnn").steps
    return [{"steps": factor * steps, "model": kind} for factor in FACTORS for kind in KINDS]


def measure(row: Row, job: Job) -> Row:
    """Train one network for that many steps."""
    config = dataclasses.replace(live_config(row["model"]), steps=row["steps"])
    result = train(config, out=job.folder, stop=job.stop, progress=job.progress)
    low, high = result.evaluation.interval
    return {
        "error_percent": round(result.error, 4),
        "interval_percent": [round(low, 2), round(high, 2)],
        "n": result.evaluation.n,
        "seconds": round(result.seconds, 1),
    }


def report(record: dict[str, Any]) -> str:
    """Format the errors in Markdown."""
    lines = ["| steps | network | error, % (95 %) | s |", "|---|---|---|---|"]
    for row in record["runs"]:
        low, high = row["interval_percent"]
        error = f"{row['error_percent']:.2f} ({low:.2f} to {high:.2f})"
        lines.append(f"| {row['steps']} | {row['model']} | {error} | {row['seconds']:.0f} |")
    return "\n".join(lines)


EXPERIMENT = Experiment(
    ("steps", "model"), rows, measure, report, settings, steps=lambda row, options: row["steps"]
)  # fmt: skip
