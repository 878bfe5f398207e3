"""Records of runs: commit, hardware, settings and result, as JSON."""

import dataclasses
import itertools
import json
import platform
from pathlib import Path
from typing import Any

import torch

from stn_lib.files import write_atomically
from stn_lib.models import count_parameters
from stn_lib.provenance import commit, processor
from stn_lib.training import distributed
from stn_lib.training.config import FitConfig
from stn_lib.training.evaluation import Evaluation
from stn_lib.training.precision import used_precision
from stn_lib.training.runs import TrainResult

CURVE_POINTS = 60


def provenance(config: FitConfig) -> dict[str, Any]:
    """The commit, the hardware and the library versions of a run. Call it before the run, while the code on the disk is
    the code that runs."""
    device = distributed.local_device(config.device)
    chip = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    sha, changed = commit()
    return {
        "commit": sha,
        "changed": changed,
        "device": f"{device.type}: {chip}",
        "precision": used_precision(config.precision, device),
        "threads": config.threads or torch.get_num_threads(),
        "processes": distributed.world_size(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def run_summary(result: TrainResult) -> dict[str, Any]:
    """A run's time, size, error with its 95 % interval, config, and training curve."""
    config, found = result.config, result.evaluation
    return {
        "seconds": round(result.seconds, 1),
        "parameters": count_parameters(result.model),
        "pictures": config.steps * config.batch_size,
        **error_summary(found),
        "config": dataclasses.asdict(config),
        "curve": downsample(result.history, CURVE_POINTS, ("loss", "batch_error")),
    }


def error_summary(found: Evaluation) -> dict[str, Any]:
    """The error rate, its 95 % interval, and the counts behind them."""
    return {
        "error_percent": round(found.error, 4),
        "interval_percent": [round(end, 4) for end in found.interval],
        "wrong": found.wrong,
        "n": found.n,
    }


def write(file: str | Path, content: dict[str, Any]) -> None:
    """Write a record as JSON, atomically. Of several processes the main one writes."""
    if distributed.is_main_process():
        write_atomically(file, (json.dumps(content, indent=1) + "\n").encode())


def downsample(
    history: list[dict[str, float]], points: int, keys: tuple[str, ...] = ("loss",)
) -> list[dict[str, float]]:
    """A history in few points, each the mean of the rows since the point before.

    Example:
        >>> downsample([{"step": 10, "loss": 3.0}, {"step": 20, "loss": 1.0}], points=1)
        [{'step': 20, 'loss': 2.0}]
    """
    cuts = sorted({round(k * len(history) / points) for k in range(points + 1)})
    parts = [history[start:stop] for start, stop in itertools.pairwise(cuts)]
    return [
        {"step": part[-1]["step"], **{key: round(sum(row[key] for row in part) / len(part), 4) for key in keys}}
        for part in parts
    ]
