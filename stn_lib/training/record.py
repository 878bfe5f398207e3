"""What is written of a run: who made it, how, and what came out."""

import dataclasses
import functools
import json
import os
import platform
from pathlib import Path
from typing import Any

import torch

from stn_lib.files import write_atomically
from stn_lib.models import count_parameters
from stn_lib.provenance import git, processor
from stn_lib.training import distributed
from stn_lib.training.config import TrainConfig
from stn_lib.training.loop import TrainResult, thinned

CURVE_POINTS = 60


def made_by(config: TrainConfig) -> dict[str, Any]:
    """What stands behind a run: the commit, the machine, the library. To be asked before it begins, while the code on the
    disk is that which runs."""
    device = distributed.local_device(config.device)
    chip = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    return {
        **_commit(),
        "device": f"{device.type}: {chip}",
        "threads": config.threads or torch.get_num_threads(),
        "processes": int(os.environ.get("WORLD_SIZE", 1)),  # as torchrun says; the processes join in `train`
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


@functools.lru_cache(maxsize=1)  # of the code that this process has loaded, whatever is checked out later
def _commit() -> dict[str, Any]:
    status = git("status", "--porcelain", "--untracked-files=no", "--", "stn_lib", ":!stn_lib/widgets")
    return {"commit": git("rev-parse", "HEAD"), "changed": None if status is None else bool(status)}


def outcome(done: TrainResult) -> dict[str, Any]:
    """What came out of a run: time, size, error with its 95 % interval, settings, and the curve of its training."""
    config, found = done.config, done.evaluation
    return {
        "seconds": round(done.seconds, 1),
        "parameters": count_parameters(done.model),
        "pictures": config.steps * config.batch_size,
        "error_percent": round(done.test_error, 4),
        "interval_percent": [round(x, 4) for x in found.interval],
        "wrong": found.wrong,
        "n": found.n,
        "config": dataclasses.asdict(config),
        "curve": thinned(done.history, CURVE_POINTS, ("loss", "batch_error")),
    }


def write(file: str | Path, content: dict[str, Any]) -> None:
    """Write a record as JSON, whole or not at all; of several processes the first one writes."""
    if distributed.first():
        write_atomically(file, (json.dumps(content, indent=1) + "\n").encode())
