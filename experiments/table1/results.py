"""The stored results: one JSON file for each run."""

import json
from pathlib import Path
from typing import Any

from experiments.catalogue import ROOT, find
from experiments.table1.cells import CELLS, Cell, parse_cell
from stn_lib.data import HeldOut, held_out_set, load_digits_split

RESULTS = ROOT / find("table1").record
DRAWN = 8  # images whose theta each result holds

#: The results of each cell, in the order of their seeds.
Results = dict[Cell, list[dict[str, Any]]]


def result_file(cell: Cell, seed: int, folder: str | Path = RESULTS) -> Path:
    """Where the result of a run is stored."""
    return Path(folder) / f"{cell}-{seed}.json"


def load_results(folder: str | Path = RESULTS) -> Results:
    """All stored results by cell.

    Raises:
        ValueError: for a file that is no result, or a file in place of the folder.
    """
    if Path(folder).is_file():
        raise ValueError(f"expected a folder of results, got the file {folder}: choose another --out")
    results: Results = {}
    for file in sorted(Path(folder).glob("*.json")):
        try:
            result = json.loads(file.read_text())
            results.setdefault(parse_cell(result["cell"]), []).append(result)
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(f"expected a result of table1, got {file} ({error!r}): delete it") from error
    return {cell: sorted(results[cell], key=lambda result: result["seed"]) for cell in CELLS if cell in results}


def shown(distortion: str) -> HeldOut:
    """The images for which each result holds its transformer's theta, so that a page can draw them.

    They are embedded digits, because the project holds no image of MNIST; no network of the table has seen one.

    Args:
        distortion: ``"r"`` to ``"tc"``, as in a `Cell`.
    """
    images = held_out_set(load_digits_split(), distortion.upper(), copies=1)
    return HeldOut(*(part[:DRAWN] for part in images))
