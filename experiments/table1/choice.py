"""The settings of Table 1, chosen on the validation digits: each changed alone, with a short run of seed 0.

A setting is changed for all networks or for none. A row is the error after as many images as `IMAGES` says, usually a
fraction of the table's run.
"""

import argparse
from dataclasses import replace
from typing import Any

from experiments.experiment import Experiment, Job
from experiments.record import Row, shared_config
from experiments.table1.cells import ANYWHERE, Cell, parse_cell, table1_config
from experiments.table1.experiment import prepare
from stn_lib.training import TrainConfig, record, train

IMAGES = {"fcn": 2_000_000, "cnn": 400_000}
#: What is tried beside the table's own value; ``images`` is how many times as many. Those in
#: `OF_TRANSFORMERS` are tried with a transformer alone.
TRIED = {
    "lr": (1e-3, 2e-3, 8e-3, 1.6e-2), "weight_decay": (0.0, 0.1), "label_smoothing": (0.0, 0.1),
    "batch_size": (64, 128, 512), "images": (4,), "localization_lr_factor": (0.05, 1.0, 4.0),
    "samples": (1, 2),
}  # fmt: skip
OF_TRANSFORMERS = ("localization_lr_factor", "samples")


def config_of(row: Row, options: argparse.Namespace) -> TrainConfig:
    """The run of a row: as many images with every batch size."""
    cell, setting, value = parse_cell(row["cell"]), row["setting"], row["value"]
    config = table1_config(cell, 0, hold_out="validation", device=options.device, precision=options.precision)
    images = IMAGES["fcn" if "fcn" in cell.network else "cnn"]
    if setting == "images":
        images *= value
    elif setting:
        config = replace(config, **{setting: value})
    return replace(config, steps=images // config.batch_size)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The table's settings, and the number of images."""
    config = table1_config(Cell("rts", "cnn"))
    varied = ("model", "transform", "samples", "distortion", "steps", "hold_out", *ANYWHERE)
    return {"config": shared_config(config, *varied), "images": IMAGES}


def rows(options: argparse.Namespace) -> list[Row]:
    """The table's own settings first, then each change, cell by cell."""
    planned: list[Row] = []
    for cell in map(parse_cell, dict.fromkeys(options.cells)):
        planned.append({"cell": str(cell), "setting": None, "value": None})
        own = vars(table1_config(cell))
        for setting, values in TRIED.items():
            if setting not in OF_TRANSFORMERS or cell.network.startswith("st-"):
                others = [value for value in values if value != own.get(setting)]
                planned += [{"cell": str(cell), "setting": setting, "value": value} for value in others]
    return planned


def measure(row: Row, job: Job) -> Row:
    """Train one network, and measure it on the validation digits."""
    config = config_of(row, job.options)
    made_by = record.provenance(config)
    result = train(config, out=job.folder, stop=job.stop, progress=job.progress)
    return {
        "seconds": round(result.seconds, 1),
        **{name: made_by[name] for name in ("device", "precision")},
        **record.error_summary(result.evaluation),
        "train_percent": record.downsample(result.history, record.CURVE_POINTS, ("batch_error",))[-1]["batch_error"],
    }


def line(row: Row) -> str:
    """One error, in training too, and what was changed."""
    low, high = row["interval_percent"]
    times = "x " if row["setting"] == "images" else ""
    changed = f"{row['setting']} {times}{row['value']:g}" if row["setting"] else "the table's settings"
    error = f"{row['error_percent']:6.2f} % ({low:.2f} to {high:.2f})"
    return f"{row['cell']:20s}{changed:28s}{error}, {row['train_percent']:.2f} % in training"


def report(content: dict[str, Any]) -> str:
    """A line for each run, in the order of the record."""
    return "\n".join(map(line, content["runs"]))


EXPERIMENT = Experiment(
    ("cell", "setting", "value"), rows, measure, report, settings, line=line,
    prepare=prepare,
    steps=lambda row, options: config_of(row, options).steps,
)  # fmt: skip
