"""CUB-200-2011, on an archive that the tests make and with small networks: from the command to the record and its report."""

import argparse
import json
import sys

import pooch
import pytest
import torch
from torch import nn

from experiments import cub as experiment
from experiments import options as command_line
from experiments.__main__ import main
from experiments.catalogue import find
from stn_lib.data.cub import load_cub
from stn_lib.models.cub import AttentionWindows, small_backbone
from tests.cub_archive import HIDDEN, make_archive, patch

OPTIONS = {"hold_out": "validation", "precision": "float32", "device": "cpu", "steps": 3, "backbone": "small"}


def tiny():
    return small_backbone((2, 2))


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Six birds in STN_DATA, images of 48 and 96 pixels, and backbones of two channels."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache")
    monkeypatch.setenv("STN_DATA", str(tmp_path / "data"))
    patch(monkeypatch, make_archive(tmp_path / "data"))
    monkeypatch.setattr(experiment, "PAPER", {(24, 0): 82.3, (48, 2): 83.9, (48, 4): 84.1})
    monkeypatch.setattr(experiment, "NETWORK", {"out_size": (24, 24), "hidden": 4, "classes": 3})
    monkeypatch.setattr(experiment, "small_backbone", tiny)
    monkeypatch.setattr(experiment, "BATCH", 4)
    monkeypatch.setattr(experiment, "VALIDATION", 1)


def test_from_the_command_to_the_report(small, tmp_path, capsys):
    """Oracle: the settings given; the photographs of the archive; the paper's table."""
    out = tmp_path / "record.json"
    words = ["cub", "--steps", "2", "--device", "cpu", "--out", str(out), "--runs", str(tmp_path / "runs")]
    assert main(words) == 0
    record = json.loads(out.read_text())
    assert [(row["size"], row["windows"], row["paper"]) for row in record["runs"]] == [
        (24, 0, 82.3), (48, 2, 83.9), (48, 4, 84.1),
    ]  # fmt: skip
    for row in record["runs"]:
        assert row["n"] == 2 and row["settings"]["images"] == 4 and row["pictures"] == 8
        assert len(row.get("held_percent", [])) == row["windows"]
    assert record["command"] == "python -m experiments cub --device cpu --steps 2"
    printed = capsys.readouterr().out
    assert "| 48 | 4 | 0 | " in printed and "| 84.1 |" in printed and "Simon 81.0." in printed
    assert not list((tmp_path / "runs").glob("*/*"))


def test_each_network_of_the_paper_s_table_is_trained_once_for_each_seed():
    """Oracle: the paper's accuracies, which belong to them; the order of its table."""
    planned = experiment.rows(argparse.Namespace(seeds=2))
    assert [(row["size"], row["windows"]) for row in planned if row["seed"] == 1] == list(experiment.PAPER)
    assert len(planned) == 8 and list(experiment.PAPER.values()) == [82.3, 83.1, 83.9, 84.1]


def test_without_torchvision_it_says_what_to_install(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert main(["cub", "--backbone", "resnet50", "--out", str(tmp_path / "record.json")]) == 2
    assert 'run pip install "stn_lib[cub]"' in capsys.readouterr().err and not (tmp_path / "record.json").exists()


def test_a_stopped_row_resumes(small, assert_resumes):
    """Oracle: the row of a run that nobody stopped, but for its seconds."""
    row = {"size": 48, "windows": 2, "seed": 1}
    options = argparse.Namespace(**OPTIONS)
    assert assert_resumes(experiment, row, options)["n"] == 1


def test_no_validation_photograph_is_trained_on(small):
    """Oracle: the files."""
    train, held_out = experiment.load("validation")
    assert (len(train.paths), len(held_out.paths)) == (3, 1)
    assert sorted(train.paths + held_out.paths) == sorted(load_cub("train").paths)
    train, held_out = experiment.load("test")
    assert (len(train.paths), len(held_out.paths)) == (4, 2) and not set(train.paths) & set(held_out.paths)


class Answers(nn.Sequential):
    """Gives known answers, and windows that are where the test puts them."""

    def __init__(self, answers, centres):
        super().__init__(nn.Linear(1, 1))
        self.answers, self.windows = iter(answers), AttentionWindows(tiny, (48, 48), 2, (24, 24))
        with torch.no_grad():
            self.windows.localization[-1].bias.copy_(torch.tensor(centres))

    def forward(self, images):
        return nn.functional.one_hot(torch.tensor([next(self.answers) for _ in images]), 3)

    @property
    def transformers(self):
        return [self.windows]


def test_windows_are_measured_against_windows_that_never_moved(small):
    """Oracle: by hand, on two photographs: one wrong answer; a window in the middle of the image holds the parts whose
    normalised coordinates are within a half, a window at the left those left of the middle.
    """
    birds = load_cub("test")
    parts = experiment.parts_in_crops(birds)
    network = Answers([0, 0], [0.0, 0.0, 0.5, 0.0])
    found = experiment.evaluate(network, birds, 48, experiment.tiles(network))
    assert (found["wrong"], found["n"], found["error_percent"]) == (1, 2, 50.0)
    x, y = parts.unbind(2)
    seen = (~x.isnan()).sum(0)
    assert found["seen"] == seen.tolist() and found["seen"][HIDDEN] == 0 and seen.max() == 2
    middle = 100 * ((x.abs() <= 0.5) & (y.abs() <= 0.5)).sum(0) / seen.clamp(min=1)
    left = 100 * ((x <= 0) & (y.abs() <= 0.5)).sum(0) / seen.clamp(min=1)
    assert found["held_percent"][0] == middle.tolist() and found["held_at_start_percent"][0] == left.tolist()
    assert found["held_percent"][1] == found["held_at_start_percent"][1] and middle.tolist() != left.tolist()


def test_the_recipe_has_the_paper_s_small_rate_for_the_localisation_network():
    """Oracle: the paper, appendix A; what its replications record."""
    config = experiment.config_of({"seed": 0}, command_line.parse(find("cub"), []))
    assert config.localization_lr_factor == 1e-4
    assert (config.steps, config.batch_size, config.lr, config.decay_every) == (30_000, 256, 0.1, 10_000)
