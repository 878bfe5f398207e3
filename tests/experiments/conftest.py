"""What the tests of the experiments share: one thread, small data in place of MNIST, options and jobs."""

import argparse
import itertools

import pytest
import torch

from experiments.experiment import Job
from experiments.table1 import CELLS, table1_config
from stn_lib.data import load_digits_split, mnist
from stn_lib.training import OutOfTime
from stn_lib.training.runs import build_model


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small tensors gain nothing from a second thread, and two threads wait for each other on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def digits_for_mnist(monkeypatch):
    """The embedded digits in place of MNIST."""
    monkeypatch.setattr(mnist, "load_mnist", lambda hold_out: load_digits_split(hold_out=hold_out))


@pytest.fixture
def job(tmp_path):
    """A job whose checkpoints are kept in a temporary folder; with ``job(stop=…)`` another one of the same folder."""

    def make(**other):
        options = argparse.Namespace(hold_out="test", runs=tmp_path)
        return Job(**{"options": options, "folder": tmp_path / "row", **other})

    return make


@pytest.fixture
def assert_resumes(job, tmp_path):
    """Check that a row that was stopped at step 2 of 3 ends as one that nobody stopped, but for its seconds; return it."""

    def check(experiment, row, options):
        whole = experiment.measure(row, job(options=options, folder=tmp_path / "whole"))
        steps = itertools.count(1)
        with pytest.raises(OutOfTime, match="stopped at step 2 of 3"):
            experiment.measure(row, job(options=options, stop=lambda: next(steps) == 2))
        ended = experiment.measure(row, job(options=options))
        assert {**ended, "seconds": 0} == {**whole, "seconds": 0}
        return whole

    return check


@pytest.fixture(scope="session")
def table1_sizes():
    """The number of parameters of each cell's network, counted here."""
    return {cell: sum(p.numel() for p in build_model(table1_config(cell)).parameters()) for cell in CELLS}
