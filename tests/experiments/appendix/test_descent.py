"""The descent that the appendix's experiments share, on a straight line."""

import time

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from experiments.appendix.descent import descend, seeded, settings
from stn_lib.training import OutOfTime, TrainConfig, learning_rate

CONFIG = TrainConfig(steps=30, batch_size=16, lr=0.05, seed=4)
ABOUT = settings(CONFIG, run="line")


def draw(generator):
    x = torch.rand(CONFIG.batch_size, 1, generator=generator)
    return x, 3 * x - 1


def line():
    return seeded(lambda: nn.Linear(1, 1), 0)


def fit(net, config=CONFIG, about=ABOUT, loss=None, **more):
    measure = loss or (lambda x, y: F.mse_loss(net(x), y))
    return descend(net, draw, measure, config, about, progress=False, **more)


def test_the_descent_by_hand():
    """Oracle: AdamW's own steps on the same batches, at the rates of the schedule."""
    net, ours = line(), line()
    generator = torch.Generator().manual_seed(CONFIG.seed)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=CONFIG.weight_decay)
    losses = []
    for step in range(CONFIG.steps):
        optimizer.param_groups[0]["lr"] = learning_rate(step, CONFIG)
        x, y = draw(generator)
        loss = F.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    done = fit(ours)
    assert torch.equal(ours.weight, net.weight) and torch.equal(ours.bias, net.bias) and not ours.training
    assert done.history == [{"step": k, "loss": losses[k - 1]} for k in (10, 20, 30)]


def test_stopped_at_every_step_it_ends_with_the_same_bits(tmp_path):
    """Oracle: the run that nobody stopped."""
    whole = line()
    fit(whole)
    for _ in range(CONFIG.steps - 1):
        with pytest.raises(OutOfTime, match="of 30"):
            fit(line(), out=tmp_path, until=time.monotonic() - 1)
    last = line()
    done = fit(last, out=tmp_path)
    assert torch.equal(last.weight, whole.weight) and [row["step"] for row in done.history] == [10, 20, 30]


def test_another_run_is_refused(tmp_path):
    """Oracle: the message names what differs."""
    fit(line(), out=tmp_path)
    with pytest.raises(ValueError, match="expected a checkpoint of this run, got one with {'run': 'line'}"):
        fit(line(), about={**ABOUT, "run": "curve"}, out=tmp_path)


def test_a_loss_that_is_no_number_ends_it():
    """Oracle: the error, which says what to do."""
    net = line()
    with pytest.raises(FloatingPointError, match="got nan at step 10: lower lr, now 0.05"):
        fit(net, loss=lambda x, y: net(x).sum() * float("nan"))


def test_a_seed_decides_the_weights_and_leaves_the_global_state_alone():
    """Oracle: torch's own random state before and after."""
    before = torch.random.get_rng_state()
    first, second = line(), seeded(lambda: nn.Linear(1, 1), 1)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(first.weight, line().weight) and not torch.equal(first.weight, second.weight)
