"""What the experiments of the appendix share: the parts of a row, and the table of a record."""

import dataclasses
from typing import Any

from torch import nn

from experiments.record import Row
from stn_lib.metrics import error_interval
from stn_lib.models import count_parameters
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import FitResult
from stn_lib.training.record import downsample, provenance

CURVE_POINTS = 30


def error(wrong: int, n: int) -> Row:
    """A classifier's error in per cent, with its 95 % interval.

    Example:
        >>> error(7, 1000)
        {'error_percent': 0.7, 'interval_percent': [0.34, 1.44], 'wrong': 7, 'n': 1000}
    """
    interval = [round(x, 2) for x in error_interval(wrong, n)]
    return {"error_percent": round(100 * wrong / n, 2), "interval_percent": interval, "wrong": wrong, "n": n}


def run_row(network: nn.Module, config: FitConfig, about: dict[str, Any], result: FitResult, **measured: Any) -> Row:
    """The row of a run: its cost, what was measured, its settings, and the curve of its loss."""
    return {
        "seconds": round(result.seconds, 1),
        "parameters": count_parameters(network),
        "pictures": config.steps * config.batch_size,
        **{name: value for name, value in provenance(config).items() if name in ("device", "precision")},
        **measured,
        "settings": {**about, **dataclasses.asdict(config)},
        "curve": downsample(result.history, CURVE_POINTS, ("loss",)),
    }


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown, with the paper's numbers."""
    lines = ["| run | measured, % (95 %) | paper, % | images | parameters | s |", "|---" * 6 + "|"]
    for row in record["runs"]:
        what = "error" if "error_percent" in row else "hit"
        low, high = row["interval_percent"]
        paper = row["paper"]
        if isinstance(paper, list):
            paper = paper[0] if paper[0] == paper[1] else f"{paper[0]} to {paper[1]}"
        lines.append(
            f"| {row['run']} | {what} {row[f'{what}_percent']:.1f} ({low:.1f} to {high:.1f}) | "
            f"{'–' if paper is None else paper} | {row['pictures']:,} | {row['parameters']:,} | {row['seconds']:.0f} |"
        )
    return "\n".join(lines)


def line(row: Row) -> str:
    """One row of the table."""
    return report({"runs": [row]}).splitlines()[-1]
