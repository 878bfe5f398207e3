"""The config refuses what cannot be run, and its learning rate is the well-known curve."""

import math

import pytest
import torch

from stn_lib.training import TrainConfig, learning_rate, live_config, pooling_config


@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_learning_rate_is_one_cycle(steps):
    """Oracle: torch's OneCycleLR; from 4 steps on, below that the peak is the one thing that must hold."""
    config = TrainConfig(steps=steps, lr=0.01)
    ours = [learning_rate(step, config) for step in range(steps)]
    if steps < 4:
        assert 0 < max(ours) <= 0.01
        return
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.01, total_steps=steps, pct_start=0.25, cycle_momentum=False
    )
    theirs = []
    for _ in range(steps):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(theirs) < steps:
            schedule.step()
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "vit"}, "expected model in"),
        ({"distortion": "TCX"}, "expected distortion in"),
        ({"hold_out": "train"}, "expected hold_out in"),
        ({"steps": 0}, "expected steps of at least 1, got 0"),
        ({"batch_size": 1}, "expected batch_size of at least 2"),
        ({"lr": math.nan}, "expected lr to be a number >= 0"),
        ({"weight_decay": -1.0}, "expected weight_decay"),
        ({"label_smoothing": 1.0}, "expected label_smoothing"),
        ({"max_angle": 200.0}, "expected max_angle in"),
        ({"model": "pooling-cnn", "pool": "mean"}, "expected pool in"),
        ({"model": "cnn", "pool": "Tri-3"}, r"expected pool in \['max'\]"),
        (
            {"dataset": "mnist", "distortion": "R", "evaluate_every": 10},
            "expected MNIST's test digits to be asked at the end only",
        ),
    ],
)
def test_impossible_runs_are_refused(wrong, message):
    """Oracle: the message names the field, expected and got."""
    with pytest.raises(ValueError, match=message):
        TrainConfig(**wrong)


def test_live_runs_differ_in_model_and_seed_only():
    """Oracle: a fair comparison."""
    a, b = live_config("cnn", 1), live_config("st-cnn", 2)
    same = {k: v for k, v in vars(a).items() if k not in ("model", "seed")}
    assert same == {k: v for k, v in vars(b).items() if k not in ("model", "seed")}
    assert (a.model, a.seed, b.model, b.seed) == ("cnn", 1, "st-cnn", 2)


def test_max_angle_is_in_degrees():
    """Oracle: pi / 3."""
    assert TrainConfig(max_angle=60).recipe.max_angle == pytest.approx(math.pi / 3)
    assert TrainConfig().recipe.max_angle == pytest.approx(math.pi / 4)


def test_the_runs_that_compare_poolings_differ_in_the_pooling_only():
    """Oracle: a fair comparison."""
    a, b = vars(pooling_config("max", 3)), vars(pooling_config("Tri-3", 3))
    assert {k for k in a if a[k] != b[k]} == {"pool"}
