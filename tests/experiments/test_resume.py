"""Rows that train several steps: stopped and measured again, a row ends as one that nobody stopped."""

import dataclasses
import importlib
import itertools

import pytest

from experiments import collapse, live_gap
from stn_lib.training import OutOfTime


@pytest.fixture
def four_steps(monkeypatch):
    """Runs of four steps, with a point of the curve every second step."""
    whole = live_gap.live_config
    monkeypatch.setattr(live_gap, "live_config", lambda *run: dataclasses.replace(whole(*run), steps=4, batch_size=8))
    monkeypatch.setattr(live_gap, "EVALUATE_EVERY", 2)
    for module, name in (("cases", "STEPS"), ("training", "STEPS"), ("training", "TUTORIAL_STEPS")):
        monkeypatch.setattr(importlib.import_module(f"experiments.collapse.{module}"), name, 4)


@pytest.mark.parametrize(
    ("experiment", "row"),
    [
        (live_gap, {}),
        (collapse, {"case": "localisation too fast", "run": "no transformer"}),
        (collapse, {"case": "blank margin", "run": "… penalty 1"}),
        (collapse, {"case": "tutorial, upright", "run": "background"}),
    ],
    ids=lambda given: given.get("run") if isinstance(given, dict) else given.__name__,
)
def test_a_stopped_row_resumes(four_steps, job, tmp_path, caplog, experiment, row):
    """Oracle: the row of a run that nobody stopped, but for its seconds."""
    row = {**row, "seed": 0}
    whole = experiment.measure(row, job(folder=tmp_path / "whole"))
    steps = itertools.count(1)
    with pytest.raises(OutOfTime, match="stopped at step 3 of 4"):
        experiment.measure(row, job(stop=lambda: next(steps) == 3))
    with caplog.at_level("INFO", logger="stn_lib"):
        assert timeless(experiment.measure(row, job())) == timeless(whole)
    assert "resumed at step 3 of 4" in caplog.text


def timeless(measured):
    """A row without the fields that differ between two runs."""
    return {k: timeless(v) if isinstance(v, dict) else v for k, v in measured.items() if k != "seconds"}
