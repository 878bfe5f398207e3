"""The runs behind the settings of the table."""

import dataclasses
import json

from experiments import options as command_line
from experiments import runner
from experiments.catalogue import find
from experiments.table1 import Cell, choice, table1_config

ENTRY = find("table1 choice")


def test_each_row_changes_one_setting_and_not_the_number_of_images():
    """Oracle: the table's own config, field by field."""
    given = command_line.parse(ENTRY, ["--precision", "bfloat16"])
    planned = choice.rows(given)
    assert len({json.dumps(row) for row in planned}) == len(planned) == 3 + 2 * 9 + 12
    for row in planned:
        own = dataclasses.asdict(table1_config(Cell("rts", row["network"]), 0))
        config = dataclasses.asdict(choice.config_of(row, given))
        changed = {name for name in own if own[name] != config[name]} - {"steps", "hold_out"}
        assert changed == ({row["setting"]} if row["setting"] else set())
        assert config["hold_out"] == "validation"
        assert (
            config["steps"] * config["batch_size"]
            <= choice.IMAGES[row["network"]]
            < (config["steps"] + 1) * config["batch_size"]
        )
        assert row["value"] != own.get(row["setting"], "")


def test_what_is_stored_and_reported(digits_for_mnist, tmp_path, monkeypatch):
    """Oracle: the words of the report, by hand."""
    monkeypatch.setattr(choice, "IMAGES", dict.fromkeys(choice.IMAGES, 256))
    given = command_line.parse(ENTRY, ["--out", str(tmp_path / "choice.json"), "--runs", str(tmp_path)])
    store = choice.EXPERIMENT.open(ENTRY, given)
    for row in (
        {"network": "fcn", "setting": "batch_size", "value": 128},
        {"network": "fcn", "setting": None, "value": None},
    ):
        store.add(runner.measure(choice.EXPERIMENT, row, given, lambda: False, progress=False).row)
    first, second = choice.report(json.loads((tmp_path / "choice.json").read_text())).splitlines()
    assert first.startswith("fcn            the table's settings") and "fcn            batch_size 128" in second
