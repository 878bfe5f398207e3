"""The learning rate is the well-known curve."""

import pytest
import torch

from stn_lib.training import FitConfig, learning_rate


@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_learning_rate_is_one_cycle(steps):
    """Oracle: torch's OneCycleLR; from 4 steps on, below that the peak is the one thing that must hold."""
    config = FitConfig(steps=steps, lr=0.01)
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


def test_a_constant_learning_rate():
    """Oracle: the number itself."""
    config = FitConfig(steps=10, lr=0.03, schedule="constant")
    assert {learning_rate(step, config) for step in range(10)} == {0.03}


def test_a_learning_rate_that_falls_in_steps():
    """Oracle: torch's StepLR."""
    config = FitConfig(steps=11, lr=0.01, schedule="steps", decay_every=4)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.1)
    for step in range(11):
        assert learning_rate(step, config) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        schedule.step()
