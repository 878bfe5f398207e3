"""The runs behind the settings of the table."""

import dataclasses
import json

import pytest
import torch

from experiments import options as command_line
from experiments import runner
from experiments.catalogue import find
from experiments.table1 import choice, table1_config
from experiments.table1.cells import parse_cell
from stn_lib.training.precision import used_precision

ENTRY = find("table1 choice")


def test_each_row_changes_one_setting_and_no_other_the_number_of_images():
    """Oracle: the table's own config, field by field."""
    given = command_line.parse(
        ENTRY, ["--precision", "float32", "--device", "auto", "--cells", "p-fcn", "tc-st-cnn-tps", "p-fcn"]
    )
    planned = choice.rows(given)
    assert len({json.dumps(row) for row in planned}) == len(planned) == 2 * 13 + 4
    for row in planned:
        cell, images = parse_cell(row["cell"]), 2_000_000 if row["cell"] == "p-fcn" else 400_000
        own = dataclasses.asdict(table1_config(cell, 0))
        config = dataclasses.asdict(choice.config_of(row, given))
        changed = {name for name in own if own[name] != config[name]} - {"steps", "hold_out"}
        assert changed == {row["setting"], "device", "precision"} - {None, "images"}
        assert (config["device"], config["precision"]) == ("auto", "float32")
        assert config["hold_out"] == "validation"
        images *= row["value"] if row["setting"] == "images" else 1
        assert config["steps"] * config["batch_size"] <= images < (config["steps"] + 1) * config["batch_size"]
        assert row["value"] != own.get(row["setting"], "")


def test_what_is_stored_and_reported(digits_for_mnist, tmp_path, monkeypatch):
    """Oracle: the words of the report, by hand; the error in training, which a network of 8 steps has not left."""
    monkeypatch.setattr(choice, "IMAGES", dict.fromkeys(choice.IMAGES, 1024))
    words = ["--cells", "p-fcn", "--out", str(tmp_path / "choice.json"), "--runs", str(tmp_path)]
    given = command_line.parse(ENTRY, words)
    store = choice.EXPERIMENT.open(ENTRY, given)
    for row in (
        {"cell": "p-fcn", "setting": "batch_size", "value": 128},
        {"cell": "p-fcn", "setting": None, "value": None},
    ):
        assert row in store.missing()
        store.add(runner.measure(choice.EXPERIMENT, row, given, lambda: False, progress=False).row)
    first, second = choice.report(json.loads((tmp_path / "choice.json").read_text())).splitlines()
    assert first.startswith("p-fcn               the table's settings")
    assert second.startswith("p-fcn               batch_size 128") and second.endswith("% in training")
    for row in store.rows:
        assert row["precision"] == used_precision("bfloat16", torch.device("cpu")) and row["device"].startswith("cpu: ")
        assert 50 < row["train_percent"] < 100
        assert row["error_percent"] == pytest.approx(100 * row["wrong"] / row["n"], abs=1e-4)
    with pytest.raises(ValueError, match="did you mean 'p-fcn'"):
        choice.rows(command_line.parse(ENTRY, ["--cells", "p-fnc"]))
