"""The rows of the paper's table, checked, and made small enough for a page."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MOST_POINTS = 30  # of a curve; more cannot be seen in a chart of half a column
ROW = ("distortion", "network", "labels", "paper", "paper_shared", "command", "error", "interval", "gap", "runs")
LABELS = ("name", "short", "digits")
RUN = ("seed", "error", "wrong", "n", "seconds", "parameters", "images", "command", "commit", "changed", "device",
       "threads", "torch", "curve")  # fmt: skip
MAKER = ("commit", "changed", "device", "threads", "torch")


class Cells:
    """The cells as the front end is handed them, and what they share."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], networks: Sequence[str]):
        self._rows = _by_name(rows)
        self.distortions = list(dict.fromkeys(row["distortion"] for row in self._rows.values()))
        self.networks = list(dict.fromkeys(row["network"] for row in self._rows.values()))
        for name in self.networks:
            if name not in networks:
                raise ValueError(f"expected a network in {list(networks)}, got {name!r}")
        for network, distortion in itertools.product(self.networks, self.distortions):
            if f"{distortion}-{network}" not in self._rows:
                raise ValueError(f"expected a row for each cell, got none for {distortion}-{network}")
        self.labels = {row["distortion"]: row["labels"] for row in self._rows.values()}
        self.steps, self.makers, self.commands = [], [], []
        self.cells = [self._cell(name, row) for name, row in self._rows.items()]

    def families(self) -> list[list]:
        """Each plain network with those that put a transformer before it; the plain one first."""
        found: dict[str, list[str]] = {}
        for name in self.networks:
            found.setdefault(_family(name), []).append(name)
        return [[family, sorted(names, key=lambda name: name.startswith("st-"))] for family, names in found.items()]

    def _scale(self, family: str, distortion: str) -> list[float]:
        """The ends of an axis that holds 0, and our gaps, their intervals and the paper's for one family in one column."""
        values = [0.0]
        for network in self.networks:
            row = self._rows[f"{distortion}-{network}"]
            if _family(network) == family and network != family:
                gap = row["gap"] or {"points": 0.0, "interval": None}
                values += [self._paper_gap(row), gap["points"], *(gap["interval"] or ())]
        low, high = min(values), max(values)
        margin = 0.06 * (high - low) or 1.0
        return _shorts([low - margin, high + margin])

    def _paper_gap(self, row: Mapping[str, Any]) -> float:
        rival, sign = self._rival(row)
        return round(sign * (self._rows[rival]["paper"] - row["paper"]), 1) if rival in self._rows else 0.0

    def _cell(self, name: str, row: Mapping[str, Any]) -> dict:
        paper, runs = row["paper"], sorted(row["runs"], key=lambda run: run["seed"])
        cell = {
            "id": name,
            "network": row["network"],
            "distortion": row["distortion"],
            "paper": paper,
            "shared": row["paper_shared"],
            "rival": self._rival(row)[0],
            "paperGap": self._paper_gap(row),
            "gap": row["gap"] and {
                "points": _short(row["gap"]["points"]),
                "seeds": row["gap"]["seeds"],
                "interval": _shorts(row["gap"]["interval"]),
            },
            "scale": self._scale(_family(row["network"]), row["distortion"]),
            "error": None,
            "interval": None,
            "mark": "none",
            "runs": [self._run(run) for run in runs],
        }  # fmt: skip
        if not runs:
            return cell | {"command": row["command"]}
        return cell | {
            "error": round(row["error"], 4),
            "interval": _shorts(row["interval"]),
            "mark": _mark(row),
            **{key: runs[0][key] for key in ("n", "parameters", "images")},
        }

    def _rival(self, row: Mapping[str, Any]) -> tuple[str, int]:
        """The cell that a cell is compared with, and the sign of that gap.

        With a transformer it is the same network without; without, the first with one that has runs, or the first.
        """
        distortion, network = row["distortion"], row["network"]
        if network.startswith("st-"):
            return f"{distortion}-{_family(network)}", 1
        names = [f"{distortion}-{name}" for name in self.networks if name.startswith(f"st-{network}-")]
        return next((name for name in names if self._rows[name]["runs"]), names[0] if names else ""), -1

    def _run(self, run: Mapping[str, Any]) -> dict:
        parts = np.array_split(np.asarray(run["curve"], dtype=float), min(MOST_POINTS, len(run["curve"])))
        return {
            "seed": run["seed"],
            "error": _short(run["error"]),
            "wrong": run["wrong"],
            "seconds": _short(run["seconds"]),
            "command": _place(self.commands, run["command"].replace(f"--seed {run['seed']}", "--seed {seed}")),
            "steps": _place(self.steps, [int(part[-1, 0]) for part in parts]),
            "made": _place(self.makers, {key: run[key] for key in MAKER}),
            "curve": _shorts([part[:, 1].mean() for part in parts]),
        }


def _family(network: str) -> str:
    """The network without its transformer."""
    return network.split("-")[1] if network.startswith("st-") else network


def _mark(row: Mapping[str, Any]) -> str:
    """What a transformer does within its column: the 95 % interval of its gap is above 0, below 0, or contains it."""
    if not row["network"].startswith("st-"):
        return "plain"
    low, high = (row["gap"] or {}).get("interval") or (0, 0)
    return "lowers" if low > 0 else "raises" if high < 0 else "unclear"


def _by_name(rows: Any) -> dict[str, Mapping[str, Any]]:
    if isinstance(rows, str | Mapping) or not isinstance(rows, Sequence) or not rows:
        raise ValueError(f"expected a list of rows, one for each cell, got {type(rows).__name__} {str(rows)[:40]}")
    named: dict[str, Mapping[str, Any]] = {}
    for k, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise ValueError(f"expected row {k} as a dict, got {type(row).__name__}")
        _need(f"row {k}", row, ROW)
        name = f"{row['distortion']}-{row['network']}"
        if name in named:
            raise ValueError(f"expected one row for each cell, got two for {name}")
        _check(name, row)
        named[name] = row
    return named


def _need(name: str, given: Mapping[str, Any], keys: Sequence[str]) -> None:
    lacks = [key for key in keys if key not in given]
    if lacks:
        raise ValueError(f"expected {name} to have {', '.join(lacks)}, got {', '.join(map(str, given))}")


def _check(name: str, row: Mapping[str, Any]) -> None:
    _need(f"the labels of {name}", row["labels"], LABELS)
    runs = row["runs"]
    if isinstance(runs, Mapping) or not isinstance(runs, Sequence):
        raise ValueError(f"expected a list of runs of {name}, got {type(runs).__name__}")
    for k, run in enumerate(runs):
        _need(f"run {k} of {name}", run, RUN)
        _percent(f"error of run {k} of {name}", [run["error"]])
        curve = run["curve"]
        if not curve:
            raise ValueError(f"expected a curve of {name} as a list of [step, error], got {curve}")
        _percent(f"curve of run {k} of {name}", [error for _, error in curve])
        if any(late <= early for (early, _), (late, _) in itertools.pairwise(curve)):
            raise ValueError(f"expected steps of {name}'s curve that rise, got {[step for step, _ in curve]}")
    seeds, sizes = [run["seed"] for run in runs], sorted({run["n"] for run in runs})
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"expected one run of {name} for each seed, got seeds {seeds}: keep one of each")
    if len(sizes) > 1:
        raise ValueError(f"expected runs of {name} on one test set, got n = {sizes}: keep those on the same digits")
    if bool(runs) != (row["error"] is not None) or bool(runs) != (row["interval"] is not None):
        raise ValueError(
            f"expected an error and an interval of {name} where it has runs, otherwise None, got {row['error']}, "
            f"{row['interval']} and {len(runs)} runs"
        )
    if runs:
        _percent(f"error of {name}", [row["error"]])
        _percent(f"interval of {name}", row["interval"])


def _percent(name: str, values: Sequence[float]) -> None:
    wrong = [value for value in values if not (np.isfinite(value) and 0 <= value <= 100)]
    if wrong:
        raise ValueError(f"expected {name} from 0 to 100 per cent, got {wrong[0]}")


def _place(shared: list, value) -> int:
    if value not in shared:
        shared.append(value)
    return shared.index(value)


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _shorts(values: Sequence[float] | None) -> list[float] | None:
    return None if values is None else [_short(value) for value in values]
