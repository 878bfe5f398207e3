"""The experiments on MNIST, on the embedded digits and for a few steps: from the command to the record and its report."""

import dataclasses
import json
from dataclasses import replace

import pytest

from experiments import dead_transformer, time_to_accuracy
from experiments.__main__ import main
from experiments.appendix import addition, colocalisation, encoder, volume
from experiments.time_to_accuracy.recipes import RECIPES
from stn_lib.training.config import FitConfig

pytestmark = pytest.mark.usefixtures("digits_for_mnist")


def run(tmp_path, name):
    """The record of an experiment that was run by its command, twice: the second finds nothing missing."""
    out = tmp_path / "record.json"
    for _ in range(2):
        assert main([*name.split(), "--out", str(out), "--runs", str(tmp_path / "runs")]) == 0
        written = out.stat().st_mtime_ns
    assert out.stat().st_mtime_ns == written
    return json.loads(out.read_text())


@pytest.mark.parametrize(
    ("module", "name"),
    [(addition, "fcn"), (volume, "cnn"), (colocalisation, "TC 3")],
    ids=["addition", "volume", "colocalisation"],
)
def test_an_experiment_of_the_appendix(module, name, tmp_path, monkeypatch, capsys):
    """Oracle: the settings that the test gives; the row's own count of images."""
    config = FitConfig(steps=2, batch_size=4)
    monkeypatch.setattr(module, "config_of", lambda row: replace(config, seed=row["seed"]))
    monkeypatch.setattr(encoder.train_encoder, "__defaults__", (0, 2))
    monkeypatch.setattr(colocalisation, "FAILED_LOSS", 9.0)  # three attempts, whatever they leave
    short = replace(module.EXPERIMENT, rows=lambda options: [{"run": name, "seed": 1}], steps=None)
    monkeypatch.setattr(module, "EXPERIMENT", short)
    record = run(tmp_path, f"appendix {module.__name__.split('.')[-1]}")
    (row,) = record["runs"]
    assert (row["run"], row["seed"], row["settings"]["steps"]) == (name, 1, 2)
    assert row["pictures"] == 8 * (3 if module is colocalisation else 1) and row["n"] in (100, 445)
    assert record["settings"]["hold_out"] == "test" and f"| {name} |" in capsys.readouterr().out


def test_the_dead_transformer(tmp_path, monkeypatch, capsys):
    """Oracle: the notes of a network of 32 hidden units at steps 0, 50 and 60, each once."""
    config = dataclasses.replace(dead_transformer.config_of("no norm"), steps=60, batch_size=2)
    monkeypatch.setattr(dead_transformer, "config_of", lambda case: config)
    monkeypatch.setattr(dead_transformer, "CASES", {"no norm": (False, 0.25)})
    monkeypatch.setattr(dead_transformer, "IMAGES", 16)
    (row,) = run(tmp_path, "dead_transformer")["runs"]
    assert [note["step"] for note in row["watched"]] == [0, 50, 60]
    assert all(0 <= note["answering"] <= 32 for note in row["watched"]) and row["watched"][0]["spread"] == 0
    assert row["watched"][0]["scale"] == 1  # the identity
    assert "hidden units above 0" in capsys.readouterr().out


def test_time_to_accuracy(tmp_path, monkeypatch, capsys):
    """Oracle: the points that the recipe's interval gives, and the settings of each row."""
    short = {name: (replace(recipe, steps=4, look=2), target) for name, (recipe, target) in RECIPES.items()}
    for name in ("COMPARED", "ABLATION"):
        monkeypatch.setattr(
            time_to_accuracy, name, {} if name == "ABLATION" else dict.fromkeys(time_to_accuracy.COMPARED)
        )
    monkeypatch.setattr(time_to_accuracy, "RECIPES", short)
    record = run(tmp_path, "time_to_accuracy --seeds 1 --more 1")
    assert [row["run"] for row in record["runs"]] == list(time_to_accuracy.COMPARED)
    for row in record["runs"]:
        assert [point[0] for point in row["curve"]] == [2, 4] and row["ran"]["steps"] == 4
        assert row["recipe"] == dataclasses.asdict(short[row["run"]][0])
    assert "0 of 1" in capsys.readouterr().out
