"""The figures of a cell, and the gap between a network with a transformer and one without."""

from typing import Any, NamedTuple

from experiments.table1.cells import Cell, parse_cell
from experiments.table1.paper import PAPER
from experiments.table1.results import Results
from stn_lib.metrics import error_interval, paired_interval


class Summary(NamedTuple):
    """The figures of a cell, in per cent.

    Args:
        error: mean over the seeds.
        interval: Wilson's 95 % interval for the mean share of the test set. It tells how certain the figure is for other
            digits; `spread` tells how much seeds differ.
        spread: smallest and largest error.
        seeds: how many.
        paper: what was published.
        parameters: of the network.
        seconds: mean time of a run.
    """

    error: float
    interval: tuple[float, float]
    spread: tuple[float, float]
    seeds: int
    paper: float
    parameters: int
    seconds: float


def summarise(runs: list[dict[str, Any]]) -> Summary:
    """The figures of one cell from its runs."""
    errors = [run["error_percent"] for run in runs]
    mean, n = sum(errors) / len(errors), runs[0]["n"]
    cell = parse_cell(runs[0]["cell"])
    return Summary(
        mean,
        error_interval(mean * n / 100, n),
        (min(errors), max(errors)),
        len(runs),
        PAPER[cell.network][cell.distortion],
        runs[0]["parameters"],
        sum(run["seconds"] for run in runs) / len(runs),
    )


class Gap(NamedTuple):
    """How much a transformer reduces the error, in percentage points, with its 95 % t-interval over `seeds` paired runs."""

    points: float
    interval: tuple[float, float] | None
    seeds: int


def gap(results: Results, distortion: str, network: str) -> Gap | None:
    """The error of the plain network less that of the one with a transformer, seed by seed; None without such runs."""
    plain = Cell(distortion, "cnn" if network.startswith("st-cnn") else "fcn")
    errors = [
        {result["seed"]: result["error_percent"] for result in results.get(cell, [])}
        for cell in (plain, Cell(distortion, network))
    ]
    seeds = [seed for seed in errors[0] if seed in errors[1]]
    if not seeds:
        return None
    pairs = [[own[seed] for seed in seeds] for own in errors]
    if len(seeds) < 2:
        return Gap(pairs[0][0] - pairs[1][0], None, 1)
    mean, low, high = paired_interval(*pairs)
    return Gap(mean, (low, high), len(seeds))
