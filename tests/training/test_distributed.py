"""Several processes descend as one does, and speak once."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from stn_lib.training import TrainConfig, checkpoint, distributed, train

CONFIG = TrainConfig(model="st-cnn", size="table1", steps=12, batch_size=16, copies=1, seed=4, lr=1e-3)
FLAGS = ["--size", "table1", "--steps", "12", "--batch-size", "16", "--copies", "1", "--seed", "4", "--lr", "1e-3"]

ROOT = Path(__file__).parents[2]
LAUNCHER = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
STOP = """
import itertools, json, sys
from stn_lib.training import OutOfTime, TrainConfig, train
asked = itertools.count(1)
try:
    train(TrainConfig(**json.loads(sys.argv[1])), out=sys.argv[2], stop=lambda: next(asked) == 6, progress=False)
except OutOfTime:
    sys.exit(0)
sys.exit("it was not stopped")
"""


def torchrun(out, *flags, processes=2):
    """The training command under torchrun, on this machine alone, its processes joined by gloo."""
    words = [
        *LAUNCHER,
        f"--nproc-per-node={processes}",
        "-m",
        "stn_lib",
        "train",
        "--quiet",
        "--out",
        str(out),
        *FLAGS,
        *flags,
    ]
    return subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=200, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """One process with the whole batch."""
    out = tmp_path_factory.mktemp("alone")
    return train(CONFIG, out=out, progress=False), out


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two processes with half of each batch."""
    out = tmp_path_factory.mktemp("pair")
    return torchrun(out), out


def test_two_processes_equal_one_with_the_whole_batch(alone, pair):
    """Oracle: the run of one process, against how far each weight has moved. Rounding leaves 5e-5 of it; a batch norm
    that measures the mean of its own half leaves more than all of it."""
    done, out = pair
    assert done.returncode == 0, done.stderr[-2000:]
    ours, theirs = (checkpoint.load(folder / "checkpoint.pt") for folder in (out, alone[1]))
    assert ours["step"] == theirs["step"] == 12
    assert torch.equal(ours["generator"], theirs["generator"])
    first = CONFIG.build(torch.Generator().manual_seed(CONFIG.seed)).state_dict()
    for name, value in theirs["model"].items():
        moved = (value.double() - first[name].double()).norm()
        off = (ours["model"][name].double() - value.double()).norm()
        assert off <= 1e-3 * moved, (name, float(off), float(moved))
    losses = [[row["loss"] for row in state["history"]] for state in (ours, theirs)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_only_the_first_process_speaks_and_writes(pair):
    """Oracle: one line of result, one line of log for each step that is kept."""
    done, out = pair
    assert done.stdout.count("error") == 1 and json.loads((out / "result.json").read_text())["processes"] == 2
    assert [json.loads(line)["step"] for line in (out / "metrics.jsonl").read_text().splitlines()] == [10, 12]


@pytest.fixture(scope="module")
def halfway(tmp_path_factory):
    """Two processes that were told to stop after half of the steps."""
    out = tmp_path_factory.mktemp("halfway")
    script = out / "stop.py"
    script.write_text(STOP)
    settings = json.dumps(dataclasses.asdict(CONFIG))
    done = subprocess.run(
        [*LAUNCHER, "--nproc-per-node=2", str(script), settings, str(out)],
        capture_output=True, text=True, check=False, timeout=200,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert checkpoint.load(out / "checkpoint.pt")["step"] == 6
    return out


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_of_two_that_was_stopped_goes_on_in_one_or_two(alone, halfway, tmp_path, processes):
    """Oracle: the losses of one process that nobody stopped. A run that began anew, or went on with fresh moments of the
    optimiser or another stream of pictures, has others."""
    shutil.copytree(halfway, tmp_path, dirs_exist_ok=True)
    if processes == 1:
        train(CONFIG, out=tmp_path, progress=False)
    else:
        done = torchrun(tmp_path)
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stderr.count("taken up at step 6 of 12") == 1
    ours, theirs = (checkpoint.load(folder / "checkpoint.pt") for folder in (tmp_path, alone[1]))
    assert ours["step"] == 12 and torch.equal(ours["generator"], theirs["generator"])
    losses = [[row["loss"] for row in state["history"]] for state in (ours, theirs)]
    assert len(losses[0]) == 2 and losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path):
    """Oracle: the message."""
    done = torchrun(tmp_path, "--batch-size", "15")
    assert done.returncode != 0 and "expected a batch that 2 processes can share evenly, got 15" in done.stderr


def test_alone_nothing_is_shared():
    """Oracle: the same objects come back."""
    batch, model = torch.zeros(3, 1), nn.Sequential(nn.BatchNorm1d(1))
    assert distributed.share(batch) is batch and distributed.mean(batch) is batch
    assert distributed.joined(model, torch.device("cpu")) is model and distributed.count() == 1 and distributed.first()


def test_devices():
    """Oracle: torch's own answer to which there are."""
    assert distributed.local_device("cpu").type == "cpu"
    missing = [n for n, m in (("cuda", torch.cuda), ("mps", torch.backends.mps)) if not m.is_available()]
    for name in missing:
        with pytest.raises(ValueError, match=rf"expected a device that is there .*cpu.*, got '{name}'"):
            distributed.local_device(name)
    assert len(missing) < 2 or distributed.local_device("auto").type == "cpu"


def test_a_missing_device_ends_a_run_before_it_begins():
    """Oracle: the config takes the name; the machine refuses it."""
    if torch.backends.mps.is_available():
        pytest.skip("this machine has MPS")
    with pytest.raises(ValueError, match="expected a device that is there"):
        train(dataclasses.replace(CONFIG, device="mps"), progress=False)
