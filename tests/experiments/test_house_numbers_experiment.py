"""House numbers: what is compared costs the same, errors are counted as they should be, and every network trains."""

import dataclasses
import functools

import pytest
import torch
from torch import nn

from experiments import house_numbers as experiment
from experiments.house_numbers import SMALL
from experiments.house_numbers.large import LARGE
from stn_lib.data import HouseNumbers, house_held_out
from stn_lib.models import NumberSTCNN


@pytest.mark.parametrize("study", [SMALL, LARGE], ids=["small", "large"])
def test_the_networks_cost_what_the_comparison_says(study):
    """Oracle: the ST-CNN's own cost; a canvas has 10.7 times as many pixels as a crop."""
    cost = {name: study.cost(name, make()) for name, make in study.networks.items()}
    total = {name: sum(parts.values()) for name, parts in cost.items()}
    for name in (experiment.QUARTER, experiment.HALF):
        assert 0.99 <= total[name] / total[experiment.ST] < 1.1
    assert total[experiment.FULL] > 5 * total[experiment.ST]
    assert total[experiment.POOLED] < total[experiment.ST]
    assert total[experiment.TRUE] < total[experiment.ST] < total[experiment.MULTI]
    assert cost[experiment.TRUE] == cost[experiment.WHOLE]  # samplers in front of which nothing learns are not counted


class Fixed(nn.Module):
    """Answers that are given, as a network would give them."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers

    def forward(self, images, theta):
        return nn.functional.one_hot(self.answers, 11).float()


def test_errors_are_counted_by_number_by_place_and_by_length():
    """Oracle: by hand: four numbers, one with a wrong digit, one that is a digit too long."""
    labels = torch.tensor([[1, 10, 10, 10, 10], [1, 2, 10, 10, 10], [3, 4, 10, 10, 10], [1, 2, 3, 4, 5]])
    answers = labels.clone()
    answers[1, 0], answers[2, 2] = 7, 9
    held_out = HouseNumbers(torch.zeros(4, 1, 128, 128), labels, torch.zeros(4, 2, 3))
    measured = LARGE.measure_errors(experiment.TRUE, Fixed(answers), held_out)
    assert (measured["wrong"], measured["n"], measured["error_percent"]) == (2, 4, 50.0)
    assert measured["place_error_percent"] == 10.0 and "outside_percent" not in measured
    assert measured["error_by_length_percent"][:2] == [0.0, 100.0] and measured["error_by_length_percent"][4] == 0.0


def test_numbers_outside_of_the_window_are_counted():
    """Oracle: by hand: an untrained window is in the middle, 32 pixels to each side and 12 up and down."""
    pixels = torch.tensor([[31.0, 11], [33, 0], [0, 13], [0, 0]])
    boxes = torch.cat([torch.eye(2).expand(4, 2, 2), pixels[:, :, None] / 64], dim=2)
    held_out = HouseNumbers(torch.rand(4, 1, 128, 128), torch.full((4, 5), 10), boxes)
    measured = LARGE.measure_errors(experiment.ST, NumberSTCNN().eval(), held_out)
    assert measured["outside_percent"] == 50.0


@pytest.mark.parametrize("name", SMALL.networks)
def test_each_network_trains_and_resumes(name, job, monkeypatch):
    """Oracle: the settings that the test gives; the second call measures the same network again."""
    study = SMALL._replace(config=dataclasses.replace(SMALL.config, steps=2, batch_size=4))
    few = functools.partial(house_held_out, count=20)
    monkeypatch.setattr(experiment, "house_held_out", few)
    row = {"data": "digits", "network": name, "seed": 3}
    first, again = (study.measure(row, job()) for _ in range(2))
    assert first == again and first["settings"]["seed"] == 3 and first["n"] == 20 and first["pictures"] == 8
    assert f"| digits | {name} | 3 |" in experiment.report({"runs": [row | first]})
