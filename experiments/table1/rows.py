"""The rows that `stn_lib.widgets.PaperTable` shows: one for each cell, with its runs."""

from typing import Any

from experiments.table1.cells import CELLS, Cell
from experiments.table1.paper import PAPER
from experiments.table1.results import Results
from experiments.table1.statistics import gap, summarise
from stn_lib.data.distortions import DISTORTIONS

TRANSFORMS = ("affine", "projective", "tps")


def rows(results: Results) -> list[dict[str, Any]]:
    """A row for each cell of the table, with runs or without; the widget's documentation explains its keys."""
    return [_row(results, cell) for cell in CELLS]


def _row(results: Results, cell: Cell) -> dict[str, Any]:
    runs = results.get(cell, [])
    summary = summarise(runs) if runs else None
    found = gap(results, cell.distortion, _with_transformer(results, cell))
    distortion = DISTORTIONS[cell.distortion.upper()]
    return {
        "distortion": cell.distortion,
        "network": cell.network,
        "labels": {"name": distortion.name, "short": distortion.title, "digits": distortion.description},
        "paper": PAPER[cell.network][cell.distortion],
        "paper_shared": cell.distortion == "tc" and cell.network.startswith("st-"),
        "command": f"python -m experiments table1 --cells {cell} --seed 0",
        "error": summary and summary.error,
        "interval": summary and list(summary.interval),
        "gap": found
        and {"points": found.points, "seeds": found.seeds, "interval": found.interval and list(found.interval)},
        "runs": [_run(run) for run in runs],
    }


def _with_transformer(results: Results, cell: Cell) -> str:
    """The network whose gap the row shows: its own, or for a plain one the first of its kind that has runs."""
    if cell.network.startswith("st-"):
        return cell.network
    candidates = [f"st-{cell.network}-{transform}" for transform in TRANSFORMS]
    return next((name for name in candidates if Cell(cell.distortion, name) in results), candidates[0])


def _run(run: dict[str, Any]) -> dict[str, Any]:
    same = (
        "seed", "wrong", "n", "seconds", "parameters", "command", "commit", "changed", "device", "threads", "torch",
    )  # fmt: skip
    return {
        **{name: run[name] for name in same},
        "error": run["error_percent"],
        "images": run["pictures"],
        "curve": [[point["step"], point["batch_error"]] for point in run["curve"]],
    }
