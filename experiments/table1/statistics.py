"""The figures of a cell, and the gap between a network with a transformer and one without."""

from typing import Any, NamedTuple

import numpy as np

from experiments.table1.cells import ANYWHERE, Cell, parse_cell, table1_config
from experiments.table1.paper import PAPER, plain_network
from experiments.table1.results import Results
from stn_lib.metrics import error_interval, paired_bootstrap, paired_interval


class Summary(NamedTuple):
    """The figures of a cell, in per cent.

    Args:
        error: mean over the seeds.
        interval: Wilson's 95 % interval for the mean share of the test set. It tells how certain the figure is for other
            digits; `spread` tells how much seeds differ.
        spread: smallest and largest error.
        train: mean error on the training images of the last sixtieth of the run, seen in training.
        seeds: how many.
        paper: what was published.
        parameters: of the network.
        seconds: mean time of a run.
    """

    error: float
    interval: tuple[float, float]
    spread: tuple[float, float]
    train: float
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
        sum(run["curve"][-1]["batch_error"] for run in runs) / len(runs),
        len(runs),
        PAPER[cell.network][cell.distortion],
        runs[0]["parameters"],
        sum(run["seconds"] for run in runs) / len(runs),
    )


def of_other_settings(run: dict[str, Any]) -> bool:
    """Whether a run has other settings than its cell's, such as fewer steps. The machine may differ."""
    own = table1_config(parse_cell(run["cell"]), run["seed"])
    return any(run["config"].get(name, value) != value for name, value in vars(own).items() if name not in ANYWHERE)


class Gap(NamedTuple):
    """How much a transformer reduces the error, in percentage points, over `seeds` pairs of runs.

    The interval (95 %) and p are those of `stn_lib.metrics.paired_bootstrap`: for other seeds and other images; with one
    seed, for other images alone. Runs of the first edition have no stored answers: their interval is for other seeds
    alone, and p is None.
    """

    points: float
    interval: tuple[float, float] | None
    p: float | None
    seeds: int


def gap(results: Results, distortion: str, network: str) -> Gap | None:
    """The error of the plain network less that of the one with a transformer; None without runs of one seed of both."""
    plain, own = (
        {run["seed"]: run for run in results.get(Cell(distortion, name), [])}
        for name in (plain_network(network), network)
    )
    seeds = [seed for seed in plain if seed in own]
    if not seeds:
        return None
    if not all("wrong_at" in runs[seed] for runs in (plain, own) for seed in seeds):  # of the first edition
        errors = [[runs[seed]["error_percent"] for seed in seeds] for runs in (plain, own)]
        if len(seeds) == 1:
            return Gap(errors[0][0] - errors[1][0], None, None, 1)
        mean, *interval = paired_interval(*errors)
        return Gap(mean, tuple(interval), None, len(seeds))
    pair = ([wrong(runs[seed]) for seed in seeds] for runs in (plain, own))
    # Holm multiplies a p-value by up to thirty, and with it the error that it has from too few draws.
    found = paired_bootstrap(*pair, resamples=100_000)
    return Gap(*found, len(seeds))


def wrong(run: dict[str, Any]) -> np.ndarray:
    """For each test image whether the network's answer is wrong: (n,)."""
    answers = np.zeros(run["n"], dtype=bool)
    answers[run["wrong_at"]] = True
    return answers
