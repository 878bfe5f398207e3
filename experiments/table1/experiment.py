"""The runs of the table: which are missing, how one is measured, what is stored of it."""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import torch

from experiments import options as command_line
from experiments.catalogue import Entry, find
from experiments.experiment import Experiment, Job
from experiments.record import Row, write_json
from experiments.table1.cells import ANYWHERE, CELLS, Cell, parse_cell, table1_config
from experiments.table1.paper import PAPER
from experiments.table1.report import report
from experiments.table1.results import load_results, result_file, shown
from experiments.table1.window import window_summary
from stn_lib.data import load_dataset
from stn_lib.files import check_writable
from stn_lib.training import record
from stn_lib.training.config import TrainConfig
from stn_lib.training.distributed import local_device
from stn_lib.training.evaluation import Evaluation
from stn_lib.training.runs import held_out, train


def config_of(row: Row, options: argparse.Namespace) -> TrainConfig:
    """The run of a row, with what the options change."""
    changed = {name: getattr(options, name) for name in ("device", "precision", "threads", "steps")}
    changed = {name: value for name, value in changed.items() if value is not None}
    return table1_config(parse_cell(row["cell"]), row["seed"], **changed)


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each cell and seed: one seed of everything, then the other seeds of convolutional networks, then the rest."""

    def rank(row: Row) -> tuple[int, int]:
        return (0 if row["seed"] == 0 else 1 if "cnn" in row["cell"] else 2), row["seed"]

    cells = CELLS if options.cells is None else [parse_cell(text) for text in dict.fromkeys(options.cells)]
    seeds = range(options.seeds) if options.seed is None else [options.seed]
    return sorted(({"cell": str(cell), "seed": seed} for seed in seeds for cell in cells), key=rank)


class ResultFolder:
    """Where results are stored: a file for each run."""

    def __init__(self, entry: Entry, options: argparse.Namespace):
        self._options, self._folder = options, Path(options.out)
        self.planned = rows(options)

    def missing(self) -> list[Row]:
        """The runs that have no result yet, or one of other settings."""
        return [row for row in self.planned if not self._has(row)]

    def check_writable(self) -> None:
        """Raise OSError if a result cannot be written, ValueError if it would replace one of other settings."""
        check_writable(self._file(self.planned[0]))
        for row in self.missing():
            if "answers" in self._stored(row):  # it is complete
                raise ValueError(
                    f"expected no result of other settings, got {self._file(row)}: delete it, or choose another --out"
                )

    def add(self, row: Row) -> None:
        """Write a result."""
        write_json(self._file(row), row)

    def _stored(self, row: Row) -> dict[str, Any]:
        """The stored result; nothing for a file that is missing or damaged."""
        try:
            result = json.loads(self._file(row).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return result if isinstance(result, dict) else {}

    def _has(self, row: Row) -> bool:
        result = self._stored(row)
        try:
            stored = TrainConfig(**result["config"])
        except (KeyError, TypeError, ValueError):
            return False
        anywhere = {name: getattr(stored, name) for name in ANYWHERE}
        return "answers" in result and stored == dataclasses.replace(config_of(row, self._options), **anywhere)

    def _file(self, row: Row) -> Path:
        return result_file(parse_cell(row["cell"]), row["seed"], self._folder)


def prepare(job: Job) -> None:
    """Find the device, and load MNIST once, so that several processes do not download it."""
    local_device(job.options.device)
    load_dataset("mnist", "test")


def measure(row: Row, job: Job) -> Row:
    """Train the network of a cell, and measure it on the test set once."""
    config = config_of(row, job.options)
    made_by = record.provenance(config)
    result = train(config, out=job.folder, stop=job.stop, checkpoint_every=500, progress=job.progress)
    return {
        "command": command(row, job.options),
        **made_by,
        **record.run_summary(result),
        **answers(result.evaluation),
        **_transformer(result.model, parse_cell(row["cell"]), config),
    }


def answers(found: Evaluation) -> Row:
    """A network's answer to each image, a digit each, and which of them are wrong (counted from 0)."""
    answer = found.logits.argmax(1)
    return {
        "answers": "".join(map(str, answer.tolist())),
        "wrong_at": (answer != found.labels).nonzero().flatten().tolist(),
    }


def command(row: Row, options: argparse.Namespace) -> str:
    """The command of one run.

    Example:
        >>> options = command_line.parse(find("table1"), ["--seeds", "3", "--device", "cuda"])
        >>> command({"cell": "rts-cnn", "seed": 2}, options)
        'python -m experiments table1 --cells rts-cnn --seed 2 --device cuda'
    """
    own = {**vars(options), "cells": [row["cell"]], "seeds": 1, "seed": row["seed"]}
    return command_line.command(find("table1"), argparse.Namespace(**own))


def _transformer(model: torch.nn.Module, cell: Cell, config: TrainConfig) -> Row:
    """The transformer's theta for the images of `shown`, and its windows on the test images; None without a transformer."""
    if not cell.network.startswith("st-"):
        return {"theta": None, "window": None}
    images = shown(cell.distortion).images.to(next(model.parameters()).device)
    with torch.no_grad():
        theta = model.transformer.theta(images).cpu()
    split = load_dataset(config.dataset, config.hold_out)
    return {
        "theta": [[[round(x, 5) for x in row] for row in one] for one in theta.tolist()],
        "window": window_summary(model, split, held_out(config)),
    }


def line(row: Row) -> str:
    """One result beside the paper's figure."""
    low, high = row["interval_percent"]
    cell = parse_cell(row["cell"])
    return (
        f"{row['cell']:22s} seed {row['seed']}: {row['error_percent']:5.2f} % ({low:.2f} to {high:.2f}), "
        f"the paper's {PAPER[cell.network][cell.distortion]}, {row['seconds']:.0f} s"
    )


EXPERIMENT = Experiment(
    ("cell", "seed"), rows, measure, report, lambda options: {}, line=line, prepare=prepare,
    steps=lambda row, options: config_of(row, options).steps, store=ResultFolder, load=load_results,
    keeps_runs=True,
)  # fmt: skip
