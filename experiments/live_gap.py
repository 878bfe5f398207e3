"""The networks of chapter 7 over several seeds: CNN, ST-CNN, and as its control an ST-CNN whose theta is fixed."""

import argparse
import dataclasses
from typing import Any

import torch
from torch import Tensor

from experiments.experiment import Experiment, Job
from experiments.record import Row, shared_config
from stn_lib import models
from stn_lib.metrics import is_dead, pose
from stn_lib.training import TrainConfig, live_config, train
from stn_lib.training.runs import held_out
from stn_lib.transforms import compose, identity

KINDS = ("cnn", "st-cnn")
FIXED = "st-cnn fixed"  # the localisation network learns with rate 0, so theta stays the identity
EVALUATE_EVERY = 50  # steps between the points of a curve
HALF_SIDE = 14  # of the transformer's output, in pixels


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the config of the live chapter."""
    return {"config": shared_config(live_config("cnn"), "model", "seed")}


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each seed."""
    return [{"seed": seed} for seed in range(options.seeds)]


def config_of(kind: str, seed: int) -> TrainConfig:
    """The config of one network."""
    if kind == FIXED:
        return dataclasses.replace(live_config("st-cnn", seed), localization_lr_factor=0.0)
    return live_config(kind, seed)


def measure(row: Row, job: Job) -> Row:
    """Train the three networks with one seed, on the same batches."""
    found = {kind: train_one(kind, row["seed"], job) for kind in (*KINDS, FIXED)}
    gap = found["cnn"]["error_percent"] - found["st-cnn"]["error_percent"]
    return {**found, "gap_points": round(gap, 4)}


def train_one(kind: str, seed: int, job: Job) -> dict[str, Any]:
    """Train one network, and measure its error on the test set every 50 steps for the curve."""
    config = dataclasses.replace(config_of(kind, seed), evaluate_every=EVALUATE_EVERY)
    result = train(config, out=job.folder / kind.replace(" ", "-"), stop=job.stop, progress=job.progress)
    found = result.evaluation
    return {
        "parameters": models.count_parameters(result.model),
        "seconds": round(result.seconds, 2),
        "error_percent": round(result.error, 4),
        "interval_percent": [round(end, 2) for end in found.interval],
        "n": found.n,
        "wrong_at": (found.logits.argmax(1) != found.labels).nonzero().flatten().tolist(),
        "curve": [[point["step"], round(point["error"], 3)] for point in result.history if "error" in point],
        **({} if kind == "cnn" else theta_summary(result.model)),
    }


def theta_summary(model: torch.nn.Module) -> dict[str, Any]:
    """What the transformer does to the test digits: whether it is dead, and the poses with theta and without."""
    test_set = held_out(live_config("st-cnn"))
    with torch.no_grad():
        theta = model.transformer.theta(test_set.images)
    return {
        "dead": is_dead(theta),
        "pose": {
            "identity": spreads(test_set.theta, identity(len(theta))),
            "theta": spreads(test_set.theta, theta),
        },
    }


def spreads(distortion: Tensor, theta: Tensor) -> dict[str, float]:
    """How the poses of the transformer's outputs differ.

    Args:
        distortion: what distorted the digits, (N, 2, 3).
        theta: what the transformer applied then, (N, 2, 3).

    Returns:
        Standard deviations of the position, in pixels of the output (root mean square of x and y), of the size, in per
        cent of its mean, and of the rotation, in degrees; the mean size, in per cent of the output's side; and the mean
        stretch, the ratio of the longest to the shortest diameter of a circle on the digit.
    """
    left = compose(distortion, theta)
    center, size, rotation = pose(left)
    values = torch.linalg.svdvals(left[:, :, :2])
    return {
        "position_pixels": round(center.var(0).mean().sqrt().item() * HALF_SIDE, 2),
        "size_percent": round(100 * size.mean().item(), 1),
        "size_spread_percent": round(100 * (size.std() / size.mean()).item(), 1),
        "rotation_degrees": round(rotation.std().item(), 1),
        "stretch": round((values[:, 0] / values[:, 1]).mean().item(), 3),
    }


def line(row: Row) -> str:
    """The three errors, and the gap."""
    cnn, st, fixed = (row[kind] for kind in (*KINDS, FIXED))
    return (
        f"seed {row['seed']}: CNN {cnn['error_percent']:.2f} % in {cnn['seconds']:.0f} s, "
        f"ST-CNN {st['error_percent']:.2f} % in {st['seconds']:.0f} s, gap {row['gap_points']:.2f} percentage points; "
        f"ST-CNN with a fixed theta {fixed['error_percent']:.2f} %"
    )


def report(record: dict[str, Any]) -> str:
    """Format a line for each seed, and the smallest gap."""
    smallest = min(row["gap_points"] for row in record["runs"])
    return "\n".join([*map(line, record["runs"]), f"smallest gap: {smallest:.2f} percentage points"])


EXPERIMENT = Experiment(("seed",), rows, measure, report, settings, line=line)
