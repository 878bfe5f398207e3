"""The rows that the page's table shows."""

import pytest

from experiments import table1
from experiments.table1 import CELLS, PAPER, Cell

RESULTS = table1.load_results()
KEYS = {
    "distortion", "network", "labels", "paper", "paper_shared", "command", "error", "interval", "gap", "runs"
}  # fmt: skip


def test_every_cell_has_a_row_with_its_runs():
    """Oracle: the stored files."""
    rows = table1.rows(RESULTS)
    assert [(row["distortion"], row["network"]) for row in rows] == CELLS
    for row in rows:
        cell = Cell(row["distortion"], row["network"])
        stored = RESULTS.get(cell, [])
        assert set(row) == KEYS and row["paper"] == PAPER[cell.network][cell.distortion]
        assert row["paper_shared"] == (cell.distortion == "tc" and "st-" in cell.network)
        assert [(run["seed"], run["error"], run["images"], run["command"]) for run in row["runs"]] == [
            (run["seed"], run["error_percent"], run["pictures"], run["command"]) for run in stored
        ]
        assert row["error"] == pytest.approx(sum(run["error_percent"] for run in stored) / len(stored))
        assert row["interval"][0] < row["error"] < row["interval"][1] and len(row["runs"][0]["curve"]) == 60


def test_a_plain_network_has_the_gap_of_the_first_transformer_with_runs():
    """Oracle: `table1.gap`, of the network named here."""
    projective = Cell("rts", "st-cnn-projective")
    results = {cell: runs for cell, runs in RESULTS.items() if cell in (Cell("rts", "cnn"), projective)}
    rows = {(row["distortion"], row["network"]): row for row in table1.rows(results)}
    expected = table1.gap(results, *projective)
    assert expected.seeds == 3
    for network in ("cnn", "st-cnn-projective"):
        found = rows["rts", network]["gap"]
        assert (found["points"], tuple(found["interval"]), found["seeds"]) == (*expected[:2], 3)
    assert rows["rts", "st-cnn-affine"]["gap"] is None and rows["r", "cnn"]["gap"] is None
    empty = rows["rts", "st-cnn-affine"]
    assert (empty["error"], empty["interval"], empty["runs"]) == (None, None, [])
    assert empty["command"] == "python -m experiments table1 --cells rts-st-cnn-affine --seed 0"


def test_labels_are_those_of_the_page():
    """Oracle: the page's words for RTS and TC."""
    labels = {row["distortion"]: row["labels"] for row in table1.rows({})}
    assert labels["rts"] == {
        "name": "RTS",
        "short": "rotated, scaled, moved",
        "digits": "digits rotated by up to 45°, scaled by 0.7 to 1.2 and put anywhere in 42 × 42 pixels",
    }
    assert labels["tc"]["short"] == "moved, cluttered"
