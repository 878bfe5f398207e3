"""The loop: it learns, calls back, and a killed run ends as an unbroken one, to the bit."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from stn_lib.training import TrainConfig, checkpoint, evaluate, load_run, train

CONFIG = TrainConfig(model="st-cnn", steps=60, batch_size=16, copies=1, seed=5, evaluate_every=20)
SLOW = """
import json, sys, time
from stn_lib.training import TrainConfig, train
train(TrainConfig(**json.loads(sys.argv[1])), out=sys.argv[2], checkpoint_every=7, progress=False,
      callback_every=1, callback=lambda step, model: (print(step, flush=True), time.sleep(0.02)))
"""


def same(a, b):
    """Whether two checkpoints hold the same bits."""
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def timeless(folder):
    """A run's checkpoint without the seconds it took."""
    return {key: value for key, value in checkpoint.load(folder / "checkpoint.pt").items() if key != "seconds"}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A run that nobody disturbed."""
    out = tmp_path_factory.mktemp("unbroken")
    return train(CONFIG, out=out, progress=False), out


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is a POSIX signal")
def test_killed_and_resumed_equals_unbroken(unbroken, tmp_path):
    """Oracle: the unbroken run; another is killed twice at steps that nobody chose, then ends."""
    result, out = unbroken
    arguments = [sys.executable, "-c", SLOW, json.dumps(dataclasses.asdict(CONFIG)), str(tmp_path)]
    last = 0
    for _ in range(2):
        victim = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        stop = last + random.randint(8, 24)
        for line in victim.stdout:
            last = int(line)
            if last >= stop:
                break
        time.sleep(random.random() * 0.03)
        os.kill(victim.pid, signal.SIGKILL)
        assert victim.wait() == -signal.SIGKILL
        victim.stdout.close()
    assert last < CONFIG.steps
    steps = []
    resumed = train(CONFIG, out=tmp_path, progress=False, callback=lambda step, _: steps.append(step))
    assert 0 not in steps  # it did not begin anew
    assert same(timeless(tmp_path), timeless(out))
    assert (tmp_path / "metrics.jsonl").read_bytes() == (out / "metrics.jsonl").read_bytes()
    assert resumed.history == result.history and resumed.test_error == result.test_error
    assert sorted(p.name for p in tmp_path.iterdir() if "tmp" not in p.name) == ["checkpoint.pt", "metrics.jsonl"]


def test_callbacks_and_folders_change_nothing(unbroken):
    """Oracle: the unbroken run's bits; the steps by hand; the global random state is neither read nor moved."""
    steps, modes = [], []

    def callback(step, model):
        steps.append(step)
        modes.append((model.training, torch.is_grad_enabled()))

    torch.manual_seed(99)
    before = torch.get_rng_state()
    again = train(CONFIG, callback=callback, callback_every=25, progress=False)
    assert torch.equal(torch.get_rng_state(), before)
    assert steps == [0, 25, 50, 60] and set(modes) == {(False, False)}
    assert same(again.model.state_dict(), unbroken[0].model.state_dict())


def test_history_and_log_agree(unbroken):
    """Oracle: the steps by hand."""
    result, out = unbroken
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert rows == result.history
    assert [row["step"] for row in rows] == [10, 20, 30, 40, 50, 60]
    assert [row["step"] for row in rows if "error" in row] == [20, 40, 60]
    assert rows[-1]["error"] == result.test_error


def test_first_step_moves_only_the_last_localisation_layer():
    """Oracle: by hand: a zero weight passes no gradient down. Weight decay alone may shrink the others."""
    config = dataclasses.replace(CONFIG, steps=8, weight_decay=0.0, evaluate_every=0)
    seen = []

    def callback(_, model):
        seen.append([p.detach().clone() for p in model.transformer.localization.parameters()])

    train(config, callback=callback, callback_every=1, progress=False)
    first = [not torch.equal(a, b) for a, b in zip(seen[0], seen[1], strict=True)]
    assert first == [False] * (len(first) - 2) + [True, True]
    assert all(not torch.equal(a, b) for a, b in zip(seen[1], seen[2], strict=True))


def test_a_finished_run_is_read_back(unbroken):
    """Oracle: the run's own result; the error counted here from the logits."""
    result, out = unbroken
    again = train(CONFIG, out=out, progress=False)
    assert again.test_error == result.test_error and again.seconds == result.seconds > 0
    model, config, _ = load_run(out)
    found = evaluate(model, config.recipe, copies=1)
    wrong = sum(int(row.argmax()) != label for row, label in zip(found.logits, found.labels.tolist(), strict=True))
    assert config == CONFIG and found.wrong == wrong and found.error == pytest.approx(100 * wrong / 445)
    assert found.interval[0] < found.error < found.interval[1]


def test_another_config_in_the_folder_is_refused(unbroken):
    """Oracle: the message names what differs and what to do."""
    with pytest.raises(ValueError, match=r"'lr': 0.004.*now.*'lr': 0.001.*choose another folder"):
        train(dataclasses.replace(CONFIG, lr=0.001), out=unbroken[1], progress=False)


def test_a_run_goes_on_with_another_number_of_threads(unbroken):
    """Oracle: the run that had one; no step is taken again."""
    again = train(dataclasses.replace(CONFIG, threads=2), out=unbroken[1], progress=False)
    assert again.test_error == unbroken[0].test_error and again.seconds == unbroken[0].seconds


@pytest.mark.parametrize("model", ["cnn", "st-cnn"])
def test_it_learns(model):
    """Oracle: chance is 90 % wrong; before training a network is near it."""
    errors = []
    config = TrainConfig(model=model, distortion="R", steps=60, batch_size=64, copies=1, seed=1, max_angle=20)
    result = train(
        config,
        progress=False,
        callback_every=60,
        callback=lambda _, model: errors.append(evaluate(model, config.recipe, copies=1).error),
    )
    assert errors[0] > 80 and result.test_error < 30
    assert errors[-1] == result.test_error


def test_threads_are_given_back():
    """Oracle: torch's own count."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train(dataclasses.replace(CONFIG, steps=1, threads=1, evaluate_every=0), progress=False)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
