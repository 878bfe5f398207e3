"""The gap between the two networks that chapter 7 trains, seed by seed."""

import argparse
import dataclasses
from typing import Any

import torch

from experiments.experiment import Experiment, Job
from experiments.record import Row, shared_config
from stn_lib import models
from stn_lib.metrics import pose
from stn_lib.training import live_config, train
from stn_lib.training.runs import held_out
from stn_lib.transforms import compose

KINDS = ("cnn", "st-cnn")
EVALUATE_EVERY = 50  # steps between the points of a curve


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The config of the live chapter."""
    return {"config": shared_config(live_config("cnn"), "model", "seed")}


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each seed."""
    return [{"seed": seed} for seed in range(options.seeds)]


def measure(row: Row, job: Job) -> Row:
    """Train both networks with one seed, as the chapter does."""
    found = {kind: train_one(kind, row["seed"], job) for kind in KINDS}
    job.forget()
    gap = found["cnn"]["error_percent"] - found["st-cnn"]["error_percent"]
    return {**found, "gap_points": round(gap, 4)}


def train_one(kind: str, seed: int, job: Job) -> dict[str, Any]:
    """Train one network, and measure its error on the test set every 50 steps for the curve."""
    config = dataclasses.replace(live_config(kind, seed), evaluate_every=EVALUATE_EVERY)
    result = train(config, out=job.folder / kind, stop=job.stop, progress=job.progress)
    low, high = result.evaluation.interval
    poses = {} if kind == "cnn" else {"pose": pose_spreads(result.model)}
    return {
        "parameters": models.count_parameters(result.model),
        "seconds": round(result.seconds, 2),
        "error_percent": round(result.error, 4),
        "interval_percent": [round(low, 2), round(high, 2)],
        "n": result.evaluation.n,
        "curve": [[point["step"], round(point["error"], 3)] for point in result.history if "error" in point],
        **poses,
    }


def pose_spreads(model: torch.nn.Module) -> dict[str, dict[str, float]]:
    """How much the poses of test digits vary before the transformer and after: standard deviations, mean size."""
    test_set = held_out(live_config("st-cnn"))
    with torch.no_grad():
        after = compose(test_set.theta, model.transformer.theta(test_set.images))
    spreads = {}
    for name, theta, half in (("before", test_set.theta, 21), ("after", after, 14)):
        center, size, rotation = pose(theta)
        spreads[name] = {
            "place_pixels": round(center.std(0).mean().item() * half, 2),
            "fills_percent": round(100 * size.mean().item(), 1),
            "size_percent": round(100 * (size.std() / size.mean()).item(), 1),
            "turn_degrees": round(rotation.std().item(), 1),
        }
    return spreads


def line(row: Row) -> str:
    """Both errors, and the gap."""
    cnn, st = row["cnn"], row["st-cnn"]
    return (
        f"seed {row['seed']}: CNN {cnn['error_percent']:.2f} % in {cnn['seconds']:.0f} s, "
        f"ST-CNN {st['error_percent']:.2f} % in {st['seconds']:.0f} s, gap {row['gap_points']:.2f} points"
    )


def report(record: dict[str, Any]) -> str:
    """A line for each seed, and the smallest gap."""
    smallest = min(row["gap_points"] for row in record["runs"])
    return "\n".join([*map(line, record["runs"]), f"smallest gap: {smallest:.2f} points"])


EXPERIMENT = Experiment(("seed",), rows, measure, report, settings, line=line)
