"""Define what an experiment declares, and what the runner passes to each of its measurements."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from experiments import options as command_line
from experiments.catalogue import Entry
from experiments.record import Record, Row, load, plain


@dataclass(frozen=True)
class Job:
    """The conditions under which one row is measured.

    Args:
        options: the experiment's options.
        folder: for the row's checkpoints, from which the same command resumes.
        stop: whether to write a checkpoint and stop, as `stn_lib.training.fit` takes it.
        progress: whether to show a progress bar.
    """

    options: argparse.Namespace
    folder: Path
    stop: Callable[[], bool] = lambda: False
    progress: bool = False


class Store(Protocol):
    """The interface of what keeps an experiment's rows: a `Record`, or a file for each row."""

    planned: list[Row]

    def missing(self) -> list[Row]: ...
    def check_writable(self) -> None: ...
    def add(self, row: Row) -> None: ...


def _nothing(job: Job) -> None:
    """Default of `Experiment.prepare`."""


@dataclass(frozen=True)
class Experiment:
    """An experiment: rows that are measured independently. A row is a plain dict; a part of it is known before it is measured.

    Args:
        key: the fields that identify a row.
        rows: from the options, the known part of every row, in the order in which they are measured.
        measure: from the known part of a row and a `Job`, the rest of the row. It runs with one torch thread, in any
            process. If it takes more than some seconds, it keeps its checkpoints in ``job.folder`` and resumes from them;
            the runner deletes them when the row is stored, unless `keeps_runs`, so that changed code does not resume from
            them later. It adds ``seconds`` where it is left out.
        report: from the record, its table as text.
        settings: from the options, the plain values that decide every row. A record of other settings is refused.
        line: from a row, one line about it, printed when it has been measured.
        summarise: from all rows, the record's summary.
        prepare: called once before the first row, with a `Job`: loads or trains what all rows need.
        steps: from the known part of a row and the options, its number of training steps, for the progress bar.
        store: from the entry and the options, where rows are kept, if not in a `Record`.
        load: from the record's path, what `report` takes.
        keeps_runs: whether the checkpoints of measured rows stay, for readers who want the trained networks.
    """

    key: tuple[str, ...]
    rows: Callable[[argparse.Namespace], list[Row]]
    measure: Callable[[Row, Job], Row]
    report: Callable[[Any], str]
    settings: Callable[[argparse.Namespace], dict[str, Any]]
    line: Callable[[Row], str] | None = None
    summarise: Callable[[list[Row]], dict[str, Any]] | None = None
    prepare: Callable[[Job], Any] = _nothing
    steps: Callable[[Row, argparse.Namespace], int] | None = None
    store: Callable[[Entry, argparse.Namespace], Store] | None = None
    load: Callable[[Path], Any] = load
    keeps_runs: bool = False

    def open(self, entry: Entry, options: argparse.Namespace) -> Store:
        """Open the record, existing or new."""
        if self.store:
            return self.store(entry, options)
        return Record(
            options.out, self.settings(options), self.key, command=command_line.command(entry, options),
            planned=self.rows(options), summarise=self.summarise,
        )  # fmt: skip

    def name(self, row: Row) -> str:
        """Return a row's name for messages: the values of its key."""
        return ", ".join(f"seed {row[field]}" if field == "seed" else str(row[field]) for field in self.key)

    def folder(self, row: Row, options: argparse.Namespace) -> Path:
        """Return the folder of a row's checkpoints."""
        words = [str(plain(row[field])) for field in self.key]
        if getattr(options, "hold_out", "test") != "test":
            words.append(options.hold_out)
        return options.runs / "-".join(words).replace(" ", "-").replace(",", "").replace("/", "-")

    def describe(self, row: Row) -> str:
        """Describe a measured row in one line."""
        if self.line:
            return self.line(row)
        error = f" error {row['error_percent']:.2f} %," if "error_percent" in row else ""
        return f"{self.name(row)}:{error} {row['seconds']:.1f} s"
