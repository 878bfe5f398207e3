"""Drawn birds: what is compared costs the same, what windows hold is counted as it should be, every network trains."""

import dataclasses

import pytest
import torch
from torch import nn

from experiments import birds as experiment
from experiments.birds import CONFIG, FULL, LEARNT, SMALL, TRUE, VARIANTS
from stn_lib.data import DrawnBirds
from stn_lib.models import BirdSTCNN


def test_the_networks_cost_what_the_comparison_says():
    """Oracle: the cost of the network with two windows; an image has nine times as many pixels as a window."""
    cost = {name: sum(experiment.cost(variant, variant.make()).values()) for name, variant in VARIANTS.items()}
    assert 1 <= cost[SMALL] / cost[LEARNT] < 1.05
    assert 2.5 < cost[FULL] / cost[LEARNT] < 4.5
    assert cost[TRUE] < cost[LEARNT]


class Fixed(nn.Module):
    """Answers that are given, at windows that are given."""

    def __init__(self, answers):
        super().__init__()
        self.answers, self.transformer = answers, BirdSTCNN().transformer

    def at(self, images, theta):
        return nn.functional.one_hot(self.answers, 16).float()


def test_errors_and_held_parts_are_counted():
    """Oracle: by hand: windows at the true places hold all of a small part; one of four answers is wrong."""
    labels = torch.tensor([0, 5, 10, 15])
    centres = torch.tensor([[0.1, -0.4], [0.0, 0.4]]).expand(4, 2, 2)
    birds = DrawnBirds(torch.zeros(4, 3, 192, 192, dtype=torch.uint8), labels, centres, torch.full((4, 2, 2), 0.2))
    found = experiment.measure_windows(VARIANTS[TRUE], Fixed(torch.tensor([0, 5, 10, 3])), birds)
    assert (found["wrong"], found["n"], found["error_percent"]) == (1, 4, 25.0)
    # From 0.4 to -0.4 there are 0.8; the window ends at 0.45, so that no part of the other box is in it.
    assert found["held_percent"] == found["covered_percent"] == [[100.0, 0.0], [0.0, 100.0]]
    facing = found["held_facing_percent"]  # the heads are to the right of the bodies
    assert facing == {"left": None, "right": found["held_percent"]}
    assert found["specialisation"]["share"] == 1.0 and found["specialisation"]["windows"] == [0, 1]
    assert found["centre"]["mean"] == [[0.1, -0.4], [0.0, 0.4]] and found["scale"]["mean"] == [0.45, 0.45]


@pytest.fixture
def small(monkeypatch):
    """A run of two batches of four birds, out of few."""
    monkeypatch.setattr(experiment, "CONFIG", dataclasses.replace(CONFIG, steps=2, batch_size=4))
    monkeypatch.setattr(experiment, "TRAIN", 16)
    monkeypatch.setattr(experiment, "HELD_OUT", 16)


@pytest.mark.parametrize("name", VARIANTS)
def test_each_network_trains_and_resumes(name, job, small):
    """Oracle: the settings that the test gives; the second call measures the same network again."""
    row = {"network": name, "seed": 3}
    first, again = (experiment.measure(row, job()) for _ in range(2))
    assert first == again and first["settings"]["seed"] == 3 and first["n"] == 16
    assert first["pictures"] == 8 * VARIANTS[name].longer
    assert ("centre" in first) == (name not in (SMALL, FULL, experiment.LONGER))
    moved = first["settings"]["localization_lr_factor"] > 0
    assert moved == VARIANTS[name].moves
    assert f"| {name} | 3 |" in experiment.report({"runs": [row | first]})


def test_rows_start_with_the_main_comparison():
    """Oracle: the options: two seeds of it, four of the equal starts, one of the others."""
    rows = experiment.rows(type("Options", (), {"seeds": 2, "probes": 1}))
    names = [row["network"] for row in rows]
    assert names[: len(experiment.FIRST)] == names[len(experiment.FIRST) : 2 * len(experiment.FIRST)]
    assert names[: len(experiment.FIRST)] == list(experiment.FIRST)
    rest = names[2 * len(experiment.FIRST) :]
    assert rest[:2] == [experiment.EQUAL] * 2 and sorted(rest[2:]) == sorted(set(VARIANTS) - set(experiment.FIRST))
    assert [row["seed"] for row in rows if row["network"] == experiment.EQUAL] == [0, 1, 2, 3]
