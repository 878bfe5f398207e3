"""Show the progress of rows that are measured at the same time."""

import argparse
from typing import Any

from tqdm.auto import tqdm

from experiments.experiment import Experiment
from experiments.record import Row
from stn_lib.training import checkpoint


class StepBar:
    """One progress bar for all rows. It counts logged training steps, or finished rows if the steps are not known."""

    def __init__(self, experiment: Experiment, rows: list[Row], options: argparse.Namespace, shown: bool):
        self._logs = [experiment.folder(row, options) / "metrics.jsonl" for row in rows] if experiment.steps else []
        total = sum(experiment.steps(row, options) for row in rows) if experiment.steps else len(rows)
        unit = "step" if experiment.steps else "row"
        self.bar = tqdm(total=total, initial=self._logged(), desc=f"{len(rows)} rows", unit=unit, disable=not shown)

    def __enter__(self) -> "StepBar":
        return self

    def __exit__(self, *_: Any) -> None:
        self.bar.close()

    def update(self, finished: int) -> None:
        """Add the steps that were logged since the last call; without logs, the finished rows."""
        if not self.bar.disable:
            self.bar.update((self._logged() if self._logs else finished) - self.bar.n)

    def _logged(self) -> int:
        return sum(checkpoint.last_logged(log) for log in self._logs)
