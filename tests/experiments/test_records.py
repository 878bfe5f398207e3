"""Every stored record is true: its command exists today and asks for the settings and the rows that it holds."""

import dataclasses
import json
import shlex

import numpy as np
import pytest

from experiments import options as command_line
from experiments.__main__ import split_name
from experiments.catalogue import ENTRIES, ROOT, find
from experiments.record import Record, load, plain, with_defaults
from experiments.table1 import table1_config
from experiments.table1.experiment import config_of
from experiments.table1.results import load_results
from stn_lib.provenance import git
from stn_lib.training import TrainConfig

RESULTS = load_results()
MEASURING = ("svhn", "cub", "house_numbers large")
RECORDS = sorted(file for file in (ROOT / "stn_lib" / "results").rglob("*.json") if file.parent.name != "table1")


def parsed(command):
    """The entry and the options of a recorded command."""
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "experiments"]
    name, rest = split_name(words[3:])
    return find(name), command_line.parse(find(name), rest)


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
def test_a_record_s_command_measures_what_it_holds(file):
    """Oracle: the file: its settings, and the known part of each of its rows."""
    record = load(file)
    entry, options = parsed(record["command"])
    experiment = entry.load().EXPERIMENT
    assert options.out == file == ROOT / entry.record
    assert with_defaults(record["settings"]) == with_defaults(plain(experiment.settings(options))), (
        f"the record has other settings: take the change back, or delete {file.name} and run {record['command']}"
    )
    if entry.name != "speed sampler":  # its rows are of this machine
        planned = plain(experiment.rows(options))
        assert all(any(row.items() <= known.items() for known in record["runs"]) for row in planned)
        assert len(planned) == len(record["runs"])
    assert command_line.command(entry, options) == record["command"]
    assert experiment.report(record)


def test_every_record_belongs_to_an_experiment():
    """Oracle: the catalogue against the folder."""
    known = {ROOT / entry.record for entry in ENTRIES if entry.record and entry.name not in MEASURING}
    assert {*RECORDS, ROOT / "stn_lib" / "results" / "table1"} == known


def test_every_run_of_the_table_states_the_command_and_the_network_that_make_it(table1_sizes):
    """Oracle: the file's own config, error counts and number of images; the network that the config builds today."""
    results = [(cell, result) for cell, runs in RESULTS.items() for result in runs]
    assert len(results) >= 40
    for cell, result in results:
        entry, options = parsed(result["command"])
        (row,) = entry.load().EXPERIMENT.rows(options)
        config = TrainConfig(**result["config"])
        assert (entry.name, row) == ("table1", {"cell": str(cell), "seed": result["seed"]})
        assert config.hold_out == "test"
        own = table1_config(cell, result["seed"], device=config.device)
        if "answers" not in result:  # it is of the first edition, whose runs may be shorter
            own = dataclasses.replace(own, steps=config.steps)
            options.steps = config.steps
        assert config_of(row, options) == config == own
        assert result["parameters"] == table1_sizes[cell], result["command"]
        assert result["pictures"] == config.steps * config.batch_size and result["n"] == 10_000
        assert result["error_percent"] == pytest.approx(100 * result["wrong"] / result["n"], abs=1e-4)


def test_the_dead_transformers_that_were_found_are_those_of_the_history():
    """Oracle: the results that git stores at that commit."""
    found = load(ROOT / "stn_lib" / "results" / "dead_transformer.json")["found"]
    if git("cat-file", "-e", found["stored_at"]) is None:
        pytest.skip("needs the repository's history")
    assert len(found["runs"]) == 8 and sum(row["spread"] == 0 for row in found["runs"]) == 7
    for row in found["runs"]:
        then = json.loads(git("show", f"{found['stored_at']}:results/table1/{row['cell']}-{row['seed']}.json"))
        assert row["theta"] == then["theta"][0]
        assert all(row[name] == then[name] for name in ("cell", "seed", "error_percent", "n", "pictures"))
        assert then["commit"].startswith(found["commit"])
        assert row["spread"] == pytest.approx(np.std(then["theta"], axis=0).max(), abs=1e-5)


def test_a_record_of_other_settings_is_refused(tmp_path):
    """Oracle: the message names the setting with both values; fields younger than the record have their defaults."""
    file = tmp_path / "record.json"
    file.write_text(json.dumps({"settings": {"config": {"steps": 5}, "pairs": 4}, "runs": []}))
    config = dataclasses.asdict(TrainConfig(steps=5))
    Record(file, {"config": config, "pairs": 4}, ("seed",))
    with pytest.raises(ValueError, match=r"record\.json holds rows of other settings \(pairs was 4 and is now 8\)"):
        Record(file, {"config": config, "pairs": 8}, ("seed",))
    warmer = dataclasses.asdict(TrainConfig(steps=5, lr=0.1, label_smoothing=0.0))
    with pytest.raises(
        ValueError, match=r"\(config\.lr was 0\.004 and is now 0\.1; config\.label_smoothing was 0\.05 and"
    ):
        Record(file, {"config": warmer, "pairs": 4}, ("seed",))
    for torn in ("", "[]", "{}", '{"settings": {}, "ru'):
        file.write_text(torn)
        with pytest.raises(ValueError, match=r"expected a record with settings and runs in .*record\.json"):
            Record(file, {}, ("seed",))
