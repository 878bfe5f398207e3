"""The runner: what is missing, one after another and side by side, within a budget, after failures and Ctrl-C."""

import contextlib
import dataclasses
import itertools
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from experiments import options as command_line
from experiments import runner
from experiments.catalogue import Entry
from experiments.experiment import Experiment
from experiments.progress import StepBar
from stn_lib.training import checkpoint
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit

STEPS = 12


def train_line(row, job):
    """A straight line, trained for a moment: the known part of the row decides what it learns."""
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, row["seed"])
    nn.init.zeros_(model.bias)

    def batches(generator):
        x = torch.rand(4, 1, generator=generator)
        return x, row["slope"] * x

    def loss(model, x, y):
        return (model(x) - y).square().mean()

    config = FitConfig(seed=row["seed"], steps=STEPS, batch_size=4)
    fit(model, batches, loss, config, out=job.folder, checkpoint_every=5, stop=job.stop, progress=False)
    return {"weight": model.weight.item()}


class Toy:
    """An experiment of six rows whose rows can be made to fail, and that counts its measurements."""

    def __init__(self):
        self.measured, self.prepared, self.faults = [], 0, {}
        self.EXPERIMENT = Experiment(
            ("slope", "seed"), self.rows, self.measure, lambda record: f"{len(record['runs'])} rows",
            lambda options: {"steps": STEPS}, summarise=lambda rows: {"rows": len(rows)}, prepare=self.prepare,
            steps=lambda row, options: STEPS,
        )  # fmt: skip

    def rows(self, options):
        return [{"slope": slope, "seed": seed} for seed in range(options.seeds) for slope in (1.0, 2.0)]

    def measure(self, row, job):
        self.measured.append((row["slope"], row["seed"]))
        if fault := self.faults.get((row["slope"], row["seed"])):
            raise fault
        return train_line(row, job)

    def prepare(self, job):
        self.prepared += 1


@pytest.fixture
def toy(monkeypatch):
    """The toy experiment in place of the catalogue's, measured by threads in place of processes."""
    found = Toy()
    monkeypatch.setattr(Entry, "load", lambda entry: found)
    monkeypatch.setattr(runner, "find", lambda name: ENTRY)
    monkeypatch.setattr(runner, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(runner, "pool", lambda jobs, context, stopping: ThreadPoolExecutor(jobs))
    return found


ENTRY = Entry("toy", "a straight line", "toy", "no time", "stn_lib/results/toy.json", {"seeds": 3})


def options(tmp_path, *words, name="record"):
    """Options of the toy whose record and checkpoints are in a temporary folder."""
    folders = ["--out", str(tmp_path / f"{name}.json"), "--runs", str(tmp_path / f"{name}-runs")]
    return command_line.parse(ENTRY, [*words, *folders])


def timeless(file):
    """The rows of a record without what differs between runs."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in json.loads(file.read_text())["runs"]]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_is_missing_is_measured_once(toy, tmp_path, capsys, jobs):
    """Oracle: the calls that the toy counts; the rows in the planned order; the header's fields."""
    given = options(tmp_path, "--seeds", "1", "--jobs", jobs)
    assert runner.run(ENTRY, given, progress=False) == 0
    assert sorted(toy.measured) == [(1.0, 0), (2.0, 0)] and toy.prepared == 1
    given = options(tmp_path, "--jobs", jobs)
    assert runner.run(ENTRY, given, progress=False) == 0 and runner.run(ENTRY, given, progress=False) == 0
    assert len(toy.measured) == len(set(toy.measured)) == 6 and toy.prepared == 2
    record = json.loads(given.out.read_text())
    assert [(row["slope"], row["seed"]) for row in record["runs"]] == list(
        itertools.starmap(lambda seed, slope: (slope, seed), itertools.product(range(3), (1.0, 2.0)))
    )
    assert record["command"] == "python -m experiments toy" and record["settings"] == {"steps": STEPS}
    assert {"commit", "date", "device", "threads", "torch", "python"} < set(record) and record["summary"] == {"rows": 6}
    assert "1.0, seed 0: " in capsys.readouterr().out and runner.report(ENTRY, given) == "6 rows"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_checkpoints_stay_until_the_row_is_stored(toy, tmp_path, monkeypatch, jobs):
    """Oracle: by hand: the folders of the rows, after a full disk and after a record."""
    given = options(tmp_path, "--seeds", "1", "--jobs", jobs)

    def full(record, row):
        raise OSError("disk full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr("experiments.record.Record.add", full)
        runner.run(ENTRY, given, progress=False)
    assert list(given.runs.glob("*/checkpoint.pt"))
    assert runner.run(ENTRY, given, progress=False) == 0 and not list(given.runs.iterdir())
    toy.EXPERIMENT = dataclasses.replace(toy.EXPERIMENT, keeps_runs=True)
    assert runner.run(ENTRY, options(tmp_path, "--seeds", "2"), progress=False) == 0
    assert len(list(given.runs.glob("*/checkpoint.pt"))) == 2


def test_the_first_interrupt_writes_a_checkpoint(toy, tmp_path, monkeypatch):
    """Oracle: the step of the checkpoint, and the rows that nobody interrupted."""
    whole = options(tmp_path, "--seeds", "1", name="whole")
    runner.run(ENTRY, whole, progress=False)
    given = options(tmp_path, "--seeds", "1")

    def press(row, job):
        steps = itertools.count(1)
        stop = dataclasses.replace(
            job, stop=lambda: (next(steps) == 3 and signal.raise_signal(signal.SIGINT)) or job.stop()
        )
        return train_line(row, stop)

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(toy, "EXPERIMENT", dataclasses.replace(toy.EXPERIMENT, measure=press))
        runner.run(ENTRY, given, progress=False)
    assert signal.getsignal(signal.SIGINT) is before
    (saved,) = given.runs.glob("*/checkpoint.pt")
    assert checkpoint.load(saved)["step"] == 3  # between two of its own, which come every fifth step
    assert runner.run(ENTRY, given, progress=False) == 0 and timeless(given.out) == timeless(whole.out)


def test_two_commands_add_to_one_record(toy, tmp_path):
    """Oracle: by hand: the rows of both."""
    first, second = (toy.EXPERIMENT.open(ENTRY, options(tmp_path)) for _ in "ab")
    first.add({"slope": 1.0, "seed": 0, "seconds": 1})
    second.add({"slope": 2.0, "seed": 1, "seconds": 1})
    first.add({"slope": 2.0, "seed": 0, "seconds": 1})
    assert [(row["slope"], row["seed"]) for row in timeless(options(tmp_path).out)] == [(1.0, 0), (2.0, 0), (2.0, 1)]


def test_side_by_side_gives_the_same(toy, tmp_path):
    """Oracle: one after another."""
    alone, together = options(tmp_path), options(tmp_path, "--jobs", "3", name="together")
    for given in (alone, together):
        assert runner.run(ENTRY, given, progress=False) == 0
    assert timeless(alone.out) == timeless(together.out)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_budget_stops_rows_and_the_next_commands_end_them(toy, tmp_path, monkeypatch, jobs):
    """Oracle: the rows that nobody stopped. Each command here has time for a few steps."""
    whole = options(tmp_path, "--seeds", "1")
    runner.run(ENTRY, whole, progress=False)
    given = options(tmp_path, "--seeds", "1", "--jobs", jobs, name="parts")
    calls = itertools.count()
    monkeypatch.setattr(runner, "_is_over", lambda until: next(calls) % 5 == 4)
    commands = next(k for k in range(1, 20) if runner.run(ENTRY, given, progress=False) == 0)
    assert commands >= 3 and timeless(given.out) == timeless(whole.out)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_row_that_fails_stops_no_other(toy, tmp_path, jobs):
    """Oracle: the message names each row with its reason; the others are in the record; the next command retries."""
    toy.faults = {(2.0, 0): ValueError("no data"), (1.0, 1): FloatingPointError("nan")}
    given = options(tmp_path, "--jobs", jobs)
    with pytest.raises(ValueError, match="expected 6 rows, got 2 that failed") as failed:
        runner.run(ENTRY, given, progress=False)
    assert sorted(str(failed.value).splitlines()[1:]) == ["1.0, seed 1: nan", "2.0, seed 0: no data"]
    assert len(timeless(given.out)) == 4
    toy.faults = {}
    assert runner.run(ENTRY, given, progress=False) == 0 and len(toy.measured) == 8


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("fault", [OSError("disk full"), KeyboardInterrupt()])
def test_what_concerns_all_rows_ends_the_command_and_keeps_what_was_measured(toy, tmp_path, jobs, fault):
    """Oracle: the error itself; the record holds what was measured before, and the next command the rest."""
    toy.faults = {(1.0, 1): fault}
    given = options(tmp_path, "--jobs", jobs)
    with pytest.raises(type(fault)):
        runner.run(ENTRY, given, progress=False)
    assert (1.0, 1) not in {(row["slope"], row["seed"]) for row in timeless(given.out)} and toy.measured[0] == (1.0, 0)
    toy.faults = {}
    assert runner.run(ENTRY, given, progress=False) == 0 and len(timeless(given.out)) == 6


def test_what_cannot_be_prepared_is_said_before_any_row(toy, tmp_path):
    """Oracle: by hand: a download that nobody answers."""

    def nobody(job):
        raise ConnectionError("no mirror")

    toy.EXPERIMENT = Experiment(
        ("slope", "seed"), toy.rows, toy.measure, str, lambda options: {}, prepare=nobody
    )  # fmt: skip
    with pytest.raises(ConnectionError, match="no mirror"):
        runner.run(ENTRY, options(tmp_path), progress=False)
    assert not toy.measured and not list(tmp_path.iterdir())


def test_a_row_of_another_known_part_is_measured_again_in_its_place(toy, tmp_path):
    """Oracle: by hand: a recipe that has changed since."""
    given = options(tmp_path, "--seeds", "1")
    rows = toy.rows
    toy.rows = lambda options: [{**row, "recipe": {"lr": lr}} for row in rows(options)]
    for lr, count in ((0.1, 2), (0.1, 2), (0.2, 4)):
        toy.EXPERIMENT = Experiment(
            ("slope", "seed"), toy.rows, lambda *_: toy.measured.append(1) or {}, str, lambda o: {}
        )
        runner.run(ENTRY, given, progress=False)
        assert len(toy.measured) == count
        assert [row["recipe"]["lr"] for row in timeless(given.out)] == [lr, lr]


def test_a_row_measured_elsewhere_says_so(toy, tmp_path):
    """Oracle: the header of a record that another machine began."""
    given = options(tmp_path, "--seeds", "1")
    runner.run(ENTRY, given, progress=False)
    record = json.loads(given.out.read_text())
    given.out.write_text(json.dumps({**record, "device": "cpu: another", "torch": "1.0"}))
    given = command_line.parse(ENTRY, ["--seeds", "2", "--out", str(given.out), "--runs", str(tmp_path / "runs")])
    runner.run(ENTRY, given, progress=False)
    old, new = (row for row in json.loads(given.out.read_text())["runs"] if row["slope"] == 1.0)
    assert "device" not in old and (new["device"], new["torch"]) == (record["device"], record["torch"])
    assert "commit" not in new


def test_a_row_whose_parent_process_is_gone_writes_a_checkpoint_and_exits(toy, tmp_path, monkeypatch):
    """Oracle: the process that exits, here by an exception, and the checkpoint of the first step."""

    def leave(status):
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", leave)
    given = options(tmp_path)
    parents = itertools.chain([77, 77], itertools.repeat(1))
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    row = {"slope": 1.0, "seed": 0}
    with pytest.raises(SystemExit):
        runner._in_child("toy", row, given, None, parent=77)
    assert checkpoint.load(toy.EXPERIMENT.folder(row, given) / "checkpoint.pt")["step"] == 2


def test_the_bar_counts_what_rows_side_by_side_have_logged(toy, tmp_path, capsys):
    """Oracle: the steps in two logs, one of them torn, and a row that has not begun."""
    given = options(tmp_path)
    rows = toy.rows(given)[:3]
    folders = [toy.EXPERIMENT.folder(row, given) for row in rows]
    for folder, lines in zip(folders, ('{"step": 3}\n{"step": 6}\n', '{"step": 5}\n{"st'), strict=False):
        folder.mkdir(parents=True)
        (folder / "metrics.jsonl").write_text(lines)
    with StepBar(toy.EXPERIMENT, rows, given, shown=True) as bar:
        (folders[1] / "metrics.jsonl").write_text('{"step": 9}\n')
        bar.update(finished=0)
        assert (bar.bar.n, bar.bar.total, bar.bar.initial) == (15, 3 * STEPS, 11)
    assert "3 rows" in capsys.readouterr().err


def test_a_record_that_cannot_be_written_is_refused_before_a_row_is_measured(toy, tmp_path):
    """Oracle: the calls that the toy counts; the error names the record."""
    (tmp_path / "text").write_text("")
    given = options(tmp_path, name="text/record")
    with pytest.raises(OSError) as refused:
        runner.run(ENTRY, given, progress=False)
    assert refused.value.filename == str(given.out) and (toy.measured, toy.prepared) == ([], 0)


def test_a_report_of_nothing_says_what_to_do(toy, tmp_path):
    """Oracle: the message names the command."""
    assert "python -m experiments toy measures them" in runner.report(ENTRY, options(tmp_path))
    with contextlib.suppress(FileNotFoundError):
        assert not os.listdir(tmp_path)
