"""SVHN, on archives that the tests make and with narrow networks: from the command to the record and its report."""

import argparse
import json
import sys

import pooch
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from experiments import svhn as experiment
from experiments.__main__ import main
from stn_lib.data import svhn
from stn_lib.data.svhn import SVHNPart
from tests.svhn_archive import make_archive

NUMBERS = {"train": [7, 210, 10305, 123456, 80, 99], "test": [42, 8, 12345], "extra": [3, 31, 314]}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Three small archives in STN_DATA, and networks of two channels."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache")
    monkeypatch.setenv("STN_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(svhn, "PARTS", {p: make_archive(tmp_path / "data", p, n) for p, n in NUMBERS.items()})
    monkeypatch.setattr(experiment, "NETWORK", {"widths": (2,) * 8, "hidden": 8, "localization": 2})
    monkeypatch.setattr(experiment, "BATCH", 4)
    monkeypatch.setattr(experiment, "VALIDATION", 2)


def test_from_the_command_to_the_report(small, tmp_path, monkeypatch, capsys):
    """Oracle: the settings given; the numbers in the test archive; the paper's table."""
    monkeypatch.setattr(experiment, "TRANSFORMERS", {"multi": 4})
    out = tmp_path / "record.json"
    words = ["svhn", "--steps", "2", "--device", "cpu", "--out", str(out), "--runs", str(tmp_path / "runs")]
    assert main(words) == 0
    record = json.loads(out.read_text())
    assert [(row["size"], row["transformers"], row["paper"]) for row in record["runs"]] == [
        (64, "multi", 3.6), (128, "multi", 3.9),
    ]  # fmt: skip
    for row in record["runs"]:
        assert row["n"] == 3 and row["settings"]["images"] == 5 - 2 + 3 and row["pictures"] == 8
        assert {k: total for k, (_, total) in row["wrong_by_length"].items()} == {
            "1": 1,
            "2": 1,
            "3": 0,
            "4": 0,
            "5": 1,
        }
    assert record["command"] == "python -m experiments svhn --device cpu --steps 2"
    assert "| 128 | multi | 0 |" in capsys.readouterr().out and not list((tmp_path / "runs").glob("*/*"))


def test_each_network_of_the_paper_s_table_is_trained_once_for_each_seed():
    """Oracle: the paper's errors, which belong to them."""
    planned = experiment.rows(argparse.Namespace(seeds=2))
    assert [(row["size"], row["transformers"]) for row in planned if row["seed"] == 1] == list(experiment.PAPER)
    assert len(planned) == 12


def test_without_h5py_it_says_what_to_install(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert main(["svhn", "--out", str(tmp_path / "record.json")]) == 2
    assert capsys.readouterr().err.endswith('got none: run pip install "stn_lib[svhn]"\n')


def test_a_stopped_row_resumes(small, assert_resumes):
    """Oracle: the row of a run that nobody stopped, but for its seconds."""
    row = {"size": 64, "transformers": "multi", "seed": 1}
    options = argparse.Namespace(hold_out="validation", precision="float32", device="cpu", steps=3)
    assert assert_resumes(experiment, row, options)["n"] == 2


def test_no_validation_image_is_trained_on(small):
    """Oracle: the images' own pixels, which differ."""
    train, held_out = experiment.load(64, "validation")
    pixels = [numbers.batch(torch.arange(len(numbers.index)))[0].flatten(1) for numbers in (train, held_out)]
    assert [len(images) for images in pixels] == [6, 2] and (torch.cdist(*pixels) > 0.1).all()
    assert len(experiment.load(64, "test")[0].index) == 6


class Answers(nn.Module):
    """Gives known answers, in order, whatever it sees."""

    def __init__(self, answers):
        super().__init__()
        self.answers, self.weight = iter(answers), nn.Parameter(torch.zeros(1))

    def forward(self, images):
        return F.one_hot(torch.stack([next(self.answers) for _ in images]), 11)


def test_the_errors_are_counted_as_in_the_paper(monkeypatch):
    """Oracle: by hand: one digit wrong in the second number, one digit too many in the third, the others correct."""
    labels = torch.tensor(
        [[7, 10, 10, 10, 10], [4, 2, 10, 10, 10], [8, 0, 10, 10, 10], [1, 2, 3, 4, 5], [9, 9, 9, 9, 9]]
    )
    answers = labels.clone()
    answers[1, 1], answers[2, 2] = 7, 1
    monkeypatch.setattr(experiment, "BATCH", 2)
    part = SVHNPart(torch.zeros(5, 3, 4, 4, dtype=torch.uint8), labels, {})
    found = experiment.errors(Answers(answers), experiment.Numbers([part], torch.arange(5)))
    assert (found["wrong"], found["n"], found["error_percent"]) == (2, 5, 40.0)
    assert found["digit_error_percent"] == round(100 / 15, 2)
    assert found["wrong_by_length"] == {"1": [0, 1], "2": [2, 2], "3": [0, 0], "4": [0, 0], "5": [0, 2]}


def test_the_recipe_is_the_paper_s():
    """Oracle: the paper, appendix A."""
    from experiments import options as command_line
    from experiments.catalogue import find

    options = command_line.parse(find("svhn"), [])
    config = experiment.config_of({"seed": 0}, options)
    assert (config.steps, config.batch_size, config.lr, config.decay_every) == (400_000, 128, 0.01, 80_000)
    assert (config.localization_lr_factor, config.weight_decay, config.optimizer) == (0.1, 5e-4, "sgd")


def test_the_loss_is_the_sum_over_the_places():
    """Oracle: torch's cross-entropy of each place, added."""
    logits, labels = torch.randn(4, 5, 11), torch.randint(11, (4, 5))
    found, logged = experiment.sequence_loss(lambda images: logits, torch.zeros(4, 1), labels)
    torch.testing.assert_close(found, sum(F.cross_entropy(logits[:, k], labels[:, k]) for k in range(5)))
    assert 0 <= logged["batch_error"] <= 100
