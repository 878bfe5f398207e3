"""The cells of the paper's table as its explorable is told them: checked, compared, and kept small."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

OPENING = "rts-st-cnn-affine"
MOST_POINTS = 30  # of a curve; more cannot be seen in a chart of half a column
FAMILIES = (("", ("fcn", "cnn")), *((f"st-{n}", (f"st-{n}-affine", f"st-{n}-projective", f"st-{n}-tps")) for n in ("fcn", "cnn")))  # fmt: skip
ROUNDING = 0.05  # the paper prints one decimal: 0.5 is anything from 0.45 to 0.55
NEEDED = ("cell", "seed", "error_percent", "interval_percent", "wrong", "n", "seconds", "parameters", "pictures",
          "command", "commit", "changed", "device", "threads", "torch", "curve")  # fmt: skip


class Cells:
    """The results, checked, and put together as the page is told them."""

    def __init__(self, results: Mapping[Any, Sequence[Mapping]]):
        # Here and not above: it loads scipy's statistics, which every chapter with an explorable would wait for.
        from experiments import table1

        if not isinstance(results, Mapping):
            raise ValueError(
                f"expected results by cell, got {type(results).__name__}: take table1.load_results(folder)"
            )
        names = [str(cell) for cell in table1.CELLS]
        self._table1, self._found = table1, {}
        for key, runs in results.items():
            name = key if isinstance(key, str) else "-".join(map(str, key)) if isinstance(key, tuple) else repr(key)
            if name not in names:
                raise ValueError(f"expected a cell such as {OPENING}, got {name}: one of {names}")
            self._found[table1.parse_cell(name)] = _checked(name, runs)
        self.distortions, self.steps, self.makers, self.commands = list(table1.DISTORTIONS), [], [], []
        self.cells = [self._cell(cell) for cell in table1.CELLS]

    def opening(self) -> str:
        there = [one["id"] for one in self.cells if one["runs"]]
        return OPENING if OPENING in there or not there else there[0]

    def _cell(self, cell) -> dict:
        runs, rival = self._found.get(cell, []), self._rival(cell)
        transformer = cell if cell.network.startswith("st-") else rival
        gap = self._table1.gap(self._found, cell.distortion, transformer.network)
        paper, paper_rival = (self._table1.PAPER[one.network][one.distortion] for one in (cell, rival))
        told = {
            "id": str(cell),
            "network": cell.network,
            "distortion": cell.distortion,
            "paper": paper,
            "shared": cell.distortion == "tc" and cell.network.startswith("st-"),
            "rival": str(rival),
            "paperGap": round((paper_rival - paper) * (1 if transformer is cell else -1), 1),
            "gap": gap and {"points": _short(gap.points), "seeds": gap.seeds, "interval": _shorts(gap.interval)},
            "error": None,
            "interval": None,
            "mark": "none",
            "verdict": "none",
            "runs": [self._run(run) for run in runs],
        }
        if not runs:
            return told | {"command": self._table1.command(self._table1.table1_config(cell, 0))}
        summary = self._table1.summarise(runs)
        error, (low, high) = round(summary.error, 4), summary.interval  # a mean of 1.1 and 1.3 is not above 1.2
        near = low <= paper + ROUNDING and paper - ROUNDING <= high
        mark = "above" if error > paper else "below"
        return told | {
            "error": error,
            "interval": _shorts(summary.interval),
            "mark": mark,
            "verdict": mark + ("Near" if near else ""),
            **{name: runs[0][name] for name in ("n", "parameters", "pictures")},
        }

    def _rival(self, cell):
        """With a transformer: the same without. Without: the first with one that has run."""
        if cell.network.startswith("st-"):
            return type(cell)(cell.distortion, cell.network.split("-")[1])
        family = next(networks for name, networks in FAMILIES if name == f"st-{cell.network}")
        candidates = [type(cell)(cell.distortion, network) for network in family]
        return next((one for one in candidates if one in self._found), candidates[0])

    def _run(self, run: Mapping) -> dict:
        parts = np.array_split(np.arange(len(run["curve"])), min(MOST_POINTS, len(run["curve"])))
        steps = [int(run["curve"][part[-1]]["step"]) for part in parts]
        errors = [float(np.mean([run["curve"][k]["batch_error"] for k in part])) for part in parts]
        maker = {name: run[name] for name in ("commit", "changed", "device", "threads", "torch")}
        return {
            "seed": run["seed"],
            "error": _short(run["error_percent"]),
            "wrong": run["wrong"],
            "seconds": _short(run["seconds"]),
            "command": _place(self.commands, run["command"].replace(f"--seed {run['seed']}", "--seed {seed}")),
            "steps": _place(self.steps, steps),
            "made": _place(self.makers, maker),
            "curve": _shorts(errors),
        }


def _checked(name: str, runs: Sequence[Mapping]) -> list[Mapping]:
    if isinstance(runs, Mapping) or not runs:
        raise ValueError(f"expected a list of one or more results of {name}, got {runs!r}: leave a missing cell out")
    for k, run in enumerate(runs):
        lacks = [key for key in NEEDED if key not in run]
        if lacks:
            raise ValueError(f"expected result {k} of {name} to have {', '.join(lacks)}, got {', '.join(run)}")
        if run["cell"] != name:
            raise ValueError(f"expected results of {name}, got one of {run['cell']}: sort them by their cell")
        if not (np.isfinite(run["error_percent"]) and 0 <= run["error_percent"] <= 100):
            raise ValueError(f"expected an error of {name} from 0 to 100 per cent, got {run['error_percent']}")
        curve = run["curve"]
        if not curve or any(not (np.isfinite(p["batch_error"]) and 0 <= p["batch_error"] <= 100) for p in curve):
            raise ValueError(f"expected a curve of {name} with errors from 0 to 100 per cent, got {curve[:2]} …")
        if any(late["step"] <= early["step"] for early, late in itertools.pairwise(curve)):
            raise ValueError(f"expected steps of {name}'s curve that rise, got {[p['step'] for p in curve]}")
    seeds, sizes = [run["seed"] for run in runs], sorted({run["n"] for run in runs})
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"expected one result of {name} for each seed, got seeds {seeds}: keep one of each")
    if len(sizes) > 1:
        raise ValueError(f"expected results of {name} on one test set, got n = {sizes}: keep those on the same digits")
    return sorted(runs, key=lambda run: run["seed"])


def _place(shared: list, value) -> int:
    if value not in shared:
        shared.append(value)
    return shared.index(value)


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _shorts(values: Sequence[float] | None) -> list[float] | None:
    return None if values is None else [_short(value) for value in values]
