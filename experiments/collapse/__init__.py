"""How a spatial transformer collapses, and what prevents it: each fault and each cure over seeds.

Four cases on the embedded digits: a window that starts on blank margin; a localisation network that learns too fast;
the frame around a normalised image; PyTorch's tutorial with its padding. The settings were chosen on the validation set.
"""

import argparse
import statistics
from typing import Any

from experiments.collapse.cases import cases
from experiments.collapse.training import BATCH, LR, STEPS, TUTORIAL_STEPS
from experiments.experiment import Experiment, Job
from experiments.record import Row
from stn_lib.data import DigitsSplit, load_digits_split

SHOWN = {
    "error_percent": "error %", "blank_percent": "blank %", "no_gradient_percent": "gradient 0 %", "zoom": "zoom",
    "zoomed_out_percent": "zoomed out %", "outside_percent": "outside %", "frame": "frame",
}  # fmt: skip


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What decides every row."""
    mean, std = moments(load_digits_split(hold_out=options.hold_out))
    return {
        "steps": STEPS, "tutorial_steps": TUTORIAL_STEPS, "batch_size": BATCH, "lr": LR, "hold_out": options.hold_out,
        "mean": round(mean, 4), "std": round(std, 4), "background": round(-mean / std, 4),
    }  # fmt: skip


def moments(split: DigitsSplit) -> tuple[float, float]:
    """Mean and standard deviation of the training images."""
    return split.train_images.mean().item(), split.train_images.std().item()


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each case, run and seed."""
    return [
        {"case": case, "run": name, "seed": seed}
        for seed in range(options.seeds)
        for case, runs in cases(0.0, 1.0).items()
        for name in runs
    ]


def measure(row: Row, job: Job) -> Row:
    """Train one network and examine it."""
    split = load_digits_split(hold_out=job.options.hold_out)
    return cases(*moments(split))[row["case"]][row["run"]](row["seed"], job, split)


def summarise(rows: list[Row]) -> dict[str, dict[str, dict[str, Any]]]:
    """Mean, minimum and maximum of every measure over seeds, and how many runs ended without any gradient.

    Such a transformer need not be dead as `stn_lib.metrics.is_dead` tests it: its theta may differ between images.
    """
    summary: dict[str, dict[str, dict[str, Any]]] = {}
    for case, name in dict.fromkeys((row["case"], row["run"]) for row in rows):
        own = [row for row in rows if (row["case"], row["run"]) == (case, name)]
        stuck = sum(row.get("no_gradient_percent") == 100 for row in own)
        found: dict[str, Any] = {"seeds": len(own), "no_gradient_runs": stuck}
        for measure in SHOWN:
            values = [row[measure] for row in own if row.get(measure) is not None]
            if values:
                found[measure] = [round(statistics.mean(values), 3), min(values), max(values)]
        summary.setdefault(case, {})[name] = found
    return summary


def report(record: dict[str, Any]) -> str:
    """The summary in Markdown: mean (minimum to maximum)."""
    lines = []
    for case, runs in record["summary"].items():
        lines += [
            f"| {case} | runs without gradient | " + " | ".join(SHOWN.values()) + " |",
            "|---" * (len(SHOWN) + 2) + "|",
        ]
        for name, found in runs.items():
            cells = ["{:.4g} ({:.4g} to {:.4g})".format(*found[key]) if key in found else "–" for key in SHOWN]
            lines.append(f"| {name} | {found['no_gradient_runs']} of {found['seeds']} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


EXPERIMENT = Experiment(("case", "run", "seed"), rows, measure, report, settings, summarise=summarise)
