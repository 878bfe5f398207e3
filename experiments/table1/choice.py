"""The settings of Table 1, chosen on the validation digits: each changed alone, with a short run of seed 0.

A setting is changed for all networks or for none, so the runs here are those of one column, RTS, with and without a
transformer. A row is the error after as many images as `IMAGES` says, a fraction of the table's run.
"""

import argparse
from dataclasses import replace
from typing import Any

from experiments.experiment import Experiment, Job
from experiments.record import Row, shared_config
from experiments.table1.cells import ANYWHERE, Cell, on_machine, table1_config
from stn_lib.training import TrainConfig, record, train
from stn_lib.training.runs import held_out

IMAGES = {"fcn": 2_000_000, "cnn": 400_000, "st-cnn-affine": 400_000}
#: What is tried beside the table's own value. The last one concerns networks with a transformer alone.
TRIED = {
    "lr": (1e-3, 2e-3, 8e-3), "weight_decay": (0.0, 0.1), "label_smoothing": (0.0, 0.1), "batch_size": (128, 512),
    "localization_lr_factor": (0.05, 1.0, 4.0),
}  # fmt: skip


def config_of(row: Row, options: argparse.Namespace) -> TrainConfig:
    """The run of a row: as many images with every batch size."""
    config = table1_config(Cell("rts", row["network"]), 0, hold_out="validation", **on_machine(options))
    if row["setting"]:
        config = replace(config, **{row["setting"]: row["value"]})
    return replace(config, steps=IMAGES[row["network"]] // config.batch_size)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The table's settings, and the number of images."""
    return {
        "config": shared_config(table1_config(Cell("rts", "cnn")), "model", "steps", "hold_out", *ANYWHERE),
        "images": IMAGES,
    }


def rows(options: argparse.Namespace) -> list[Row]:
    """The table's own settings first, then each change, network by network."""
    planned = []
    for network in IMAGES:
        planned.append({"network": network, "setting": None, "value": None})
        for setting, values in TRIED.items():
            if setting != "localization_lr_factor" or network.startswith("st-"):
                planned += [{"network": network, "setting": setting, "value": value} for value in values]
    return planned


def measure(row: Row, job: Job) -> Row:
    """Train one network, and measure it on the validation digits."""
    config = config_of(row, job.options)
    made_by = record.provenance(config)
    result = train(config, out=job.folder, stop=job.stop, progress=job.progress)
    return {
        "seconds": round(result.seconds, 1),
        "device": made_by["device"],
        "precision": config.precision,
        **record.error_summary(result.evaluation),
        "train_percent": record.downsample(result.history, record.CURVE_POINTS, ("batch_error",))[-1]["batch_error"],
    }


def line(row: Row) -> str:
    """One error, and what was changed."""
    low, high = row["interval_percent"]
    changed = f"{row['setting']} {row['value']:g}" if row["setting"] else "the table's settings"
    return f"{row['network']:14s} {changed:28s}{row['error_percent']:6.2f} % ({low:.2f} to {high:.2f})"


def report(content: dict[str, Any]) -> str:
    """A line for each run, network by network."""
    order = {(row["network"], row["setting"], row["value"]): k for k, row in enumerate(rows(argparse.Namespace()))}
    runs = sorted(content["runs"], key=lambda row: order[row["network"], row["setting"], row["value"]])
    return "\n".join(map(line, runs))


EXPERIMENT = Experiment(
    ("network", "setting", "value"), rows, measure, report, settings, line=line,
    prepare=lambda job: held_out(table1_config(Cell("rts", "cnn"), hold_out="validation")),
    steps=lambda row, options: config_of(row, options).steps,
)  # fmt: skip
