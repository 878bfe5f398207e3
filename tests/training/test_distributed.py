"""Several processes train as one does, and one of them writes. Without torchrun there is one process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from stn_lib.training import FitConfig, TrainConfig, checkpoint, distributed, train
from stn_lib.training.fit import fit

ROOT = Path(__file__).parents[2]
CONFIG = FitConfig(steps=12, batch_size=8, lr=0.05, seed=4)
#: What each of two processes does. The network has no batch norm, which on a CPU would see half of each batch.
SCRIPT = """
import itertools, json, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_distributed import CONFIG, problem
from stn_lib.training.fit import OutOfTime, fit
from stn_lib.training import TrainConfig, distributed, train

out, count = Path(sys.argv[1]), itertools.count(1)
fit(*problem(), CONFIG, out=out / "whole", progress=False)
for folder in ("two", "one"):
    count = itertools.count(1)
    try:
        fit(*problem(), CONFIG, out=out / folder, stop=lambda: next(count) == 6, progress=False)
    except OutOfTime:
        pass
fit(*problem(), CONFIG, out=out / "two", progress=False)
said = ""
try:
    fit(*problem(odd=True), CONFIG, progress=False)
except ValueError as error:
    said = str(error)
result = train(TrainConfig(model="cnn", distortion="R", steps=2, batch_size=4, copies=1), out=out / "cnn", progress=False)
found = {{"wrong": result.evaluation.wrong, "processes": distributed.world_size(), "said": said}}
(out / f"{{distributed.rank()}}.json").write_text(json.dumps(found))
if distributed.is_main_process():
    print("the main process")
"""


def problem(odd=False):
    """A network, its batches and its loss; the batches' size cannot be halved if it is odd."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))

    def batches(generator):
        points = torch.randn(7 if odd else 8, 6, generator=generator)
        return points, points.prod(1, keepdim=True)

    return model, batches, lambda model, points, wanted: (model(points) - wanted).square().mean()


def weights(folder):
    return checkpoint.load(folder / "checkpoint.pt")["model"]


@pytest.mark.process
def test_two_processes_train_as_one_with_the_whole_batch(tmp_path):
    """Oracle: the run of this process alone, weight by weight: for a run of two, for one that two stopped and resumed, and
    for one that two stopped and this process alone resumes."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(here=str(Path(__file__).parent)))
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", script, tmp_path]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=150, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("the main process") == 1

    model, *rest = problem()
    alone = fit(model, *rest, CONFIG, out=tmp_path / "alone", progress=False)
    fit(*problem(), CONFIG, out=tmp_path / "one", progress=False)
    start = problem()[0].state_dict()
    for folder in ("whole", "two", "one"):
        for name, value in weights(tmp_path / folder).items():
            torch.testing.assert_close(value, model.state_dict()[name], rtol=0, atol=1e-6)
            assert (value - start[name]).abs().max() > 1e-3  # they moved
        rows = [json.loads(line) for line in (tmp_path / folder / "metrics.jsonl").read_text().splitlines()]
        assert [row["step"] for row in rows] == [10, 12]
        assert [row["loss"] for row in rows] == pytest.approx([row["loss"] for row in alone.history], abs=1e-6)

    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first == second and first["processes"] == 2
    assert first["said"] == "expected a batch size that 2 processes divide evenly, got 7"


@pytest.mark.parametrize(
    "left", [{}, {"RANK": "0"}, {"RANK": "1"}, {"RANK": "3", "WORLD_SIZE": "1"}, {"WORLD_SIZE": "2"}]
)
def test_one_process_is_the_main_one_whatever_the_environment_holds(left, monkeypatch, tmp_path):
    """Oracle: by hand: the variables were left behind by a cluster's launcher, torchrun is not running."""
    for name, value in left.items():
        monkeypatch.setenv(name, value)
    assert distributed.is_main_process() and distributed.world_size() == 1
    config = TrainConfig(model="cnn", distortion="R", steps=1, batch_size=4, copies=1)
    train(config, out=tmp_path, progress=False)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["checkpoint.pt", "metrics.jsonl"]


def test_a_process_group_that_torchrun_did_not_start_is_refused(monkeypatch):
    """Oracle: by hand: torchrun says the second of two; the caller's group holds this process alone."""
    monkeypatch.setattr(distributed.dist, "is_torchelastic_launched", lambda: True)
    monkeypatch.setattr(distributed.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed.dist, "get_rank", lambda: 0)
    monkeypatch.setattr(distributed.dist, "get_world_size", lambda: 1)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="process 1 of 2, got one in which this is process 0 of 1"):
        distributed.join_processes(torch.device("cpu"))


def test_alone_nothing_is_shared():
    """Oracle: the same objects come back."""
    batch, model = torch.zeros(3, 1), nn.Sequential(nn.BatchNorm1d(1))
    assert (
        distributed.shard(batch) is batch and distributed.mean(batch) is batch and distributed.from_main(batch) is batch
    )
    assert distributed.wrap_ddp(model, torch.device("cpu")) is model


def test_devices():
    """Oracle: torch's own answer to which there are. A missing one ends a run before it begins."""
    assert distributed.local_device("cpu").type == "cpu"
    missing = [n for n, m in (("cuda", torch.cuda), ("mps", torch.backends.mps)) if not m.is_available()]
    for name in missing:
        with pytest.raises(ValueError, match=rf"expected device '{name}' on this machine, got only .*cpu"):
            train(TrainConfig(device=name), progress=False)
    assert len(missing) < 2 or distributed.local_device("auto").type == "cpu"
