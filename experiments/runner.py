"""Measure the rows that a record lacks: one after another or several at a time, within a time limit, resumable."""

import argparse
import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, wait
from typing import Any, NamedTuple

import torch
from tqdm.auto import tqdm

from experiments.catalogue import Entry, find
from experiments.experiment import Experiment, Job
from experiments.progress import StepBar
from experiments.record import Row
from stn_lib.training.fit import OutOfTime

log = logging.getLogger(__name__)
POLL_SECONDS = 2.0  # between updates of the progress bar of rows that run at the same time


class Outcome(NamedTuple):
    """The result of measuring a row: the row, a failure, or neither, because the time was over."""

    name: str
    row: Row | None = None
    failure: str = ""


def run(entry: Entry, options: argparse.Namespace, *, progress: bool = True) -> int:
    """Measure the rows that the record lacks. If a row fails, the others are still measured.

    Args:
        entry: the experiment.
        options: its options; ``jobs`` rows at a time, until ``budget`` seconds have passed.
        progress: whether to show progress bars.

    Returns:
        The number of rows that are still missing.

    Raises:
        ValueError: at the end, if rows failed; it names each with its reason. Immediately, for a record of other settings.
        OSError: immediately, if data cannot be loaded or the record cannot be written.
        KeyboardInterrupt: after every running row has written a checkpoint; with one job, at once after a second Ctrl-C.
    """
    experiment: Experiment = entry.load().EXPERIMENT
    store = experiment.open(entry, options)
    left = store.planned if getattr(options, "again", False) else store.missing()
    if not left:
        return 0
    store.check_writable()
    until = None if options.budget is None else time.monotonic() + options.budget
    try:
        experiment.prepare(Job(options, options.runs, lambda: _is_over(until), progress))
    except OutOfTime:
        return len(left)
    if options.jobs == 1:
        outcomes = _one_by_one(experiment, left, options, until, progress)
    else:
        bar = StepBar(experiment, left, options, shown=progress)
        outcomes = _side_by_side(entry.name, left, options, until, bar)
    failed = []
    with contextlib.closing(outcomes):
        for outcome in outcomes:
            if outcome.failure:
                failed.append(f"{outcome.name}: {outcome.failure}")
                log.warning("%s", failed[-1])
            elif outcome.row:
                store.add(outcome.row)
                if not experiment.keeps_runs:
                    shutil.rmtree(experiment.folder(outcome.row, options), ignore_errors=True)
                tqdm.write(experiment.describe(outcome.row))  # above the progress bar, if there is one
    if failed:
        raise ValueError(f"expected {len(left)} rows, got {len(failed)} that failed:\n" + "\n".join(failed))
    return len(store.missing())


def _is_over(until: float | None) -> bool:
    return until is not None and time.monotonic() > until


def report(entry: Entry, options: argparse.Namespace) -> str:
    """Return the experiment's report of its record."""
    experiment: Experiment = entry.load().EXPERIMENT
    if not options.out.exists():
        return f"no rows in {options.out}: python -m experiments {entry.name} measures them"
    return experiment.report(experiment.load(options.out))


def _one_by_one(
    experiment: Experiment, left: list[Row], options: argparse.Namespace, until: float | None, progress: bool
) -> Generator[Outcome]:
    threads_before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _first_interrupt() as pressed:
            for row in left:
                yield measure(experiment, row, options, lambda: pressed.is_set() or _is_over(until), progress)
                if pressed.is_set():
                    raise KeyboardInterrupt
    finally:
        torch.set_num_threads(threads_before)


@contextlib.contextmanager
def _first_interrupt() -> Generator[threading.Event]:
    """Take the first Ctrl-C as a wish: the event is set, and the row can write a checkpoint. The second one interrupts."""
    pressed, before = threading.Event(), signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # a background command ignores it, or this is no program of its own
        yield pressed
        return

    def press(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, before)
        pressed.set()
        log.warning("stopping after a checkpoint; Ctrl-C again stops at once")

    try:
        signal.signal(signal.SIGINT, press)
    except ValueError:  # only the main thread may; elsewhere nobody presses Ctrl-C
        yield pressed
        return
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _side_by_side(
    name: str, left: list[Row], options: argparse.Namespace, until: float | None, bar: StepBar
) -> Generator[Outcome]:
    """Measure several rows at a time. After Ctrl-C, running rows write checkpoints and the others do not start."""
    context = multiprocessing.get_context("spawn")  # a forked process inherits locks of torch's threads
    stopping = context.Event()
    with bar, pool(options.jobs, context, stopping) as executor:
        waiting = {executor.submit(_in_child, name, row, options, until, os.getpid()) for row in left}
        try:
            while waiting:
                ready, waiting = wait(waiting, POLL_SECONDS, FIRST_COMPLETED)
                for future in sorted(
                    ready, key=lambda future: future.exception() is not None
                ):  # finished rows first, before an error ends the loop
                    yield future.result()
                bar.update(finished=len(left) - len(waiting))
        except BaseException:
            stopping.set()
            executor.shutdown(cancel_futures=True)
            raise


def pool(jobs: int, context: Any, stopping: Any) -> Executor:
    """Make the processes that measure rows at the same time; a test uses threads instead."""
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_child, initargs=(stopping,))


_stopping: Any = None  # in a child process: set when the command is being stopped


def _start_child(stopping: Any) -> None:
    global _stopping
    _stopping = stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent decides
    torch.set_num_threads(1)


def _in_child(name: str, row: Row, options: argparse.Namespace, until: float | None, parent: int) -> Outcome:
    """Measure a row until the time is over, the command is stopped, or the parent process has ended."""

    def orphaned() -> bool:
        return parent not in (os.getppid(), os.getpid())

    def stop() -> bool:
        return _is_over(until) or bool(_stopping and _stopping.is_set()) or orphaned()

    try:
        return measure(find(name).load().EXPERIMENT, row, options, stop, progress=False)
    finally:
        if orphaned():  # no process waits for the result; the next command resumes from the checkpoint
            os._exit(1)


def measure(
    experiment: Experiment, row: Row, options: argparse.Namespace, stop: Callable[[], bool], progress: bool
) -> Outcome:
    """Measure one row and add its known part."""
    name = experiment.name(row)
    if stop():
        return Outcome(name)
    job = Job(options, experiment.folder(row, options), stop, progress)
    began = time.perf_counter()
    try:
        measured = experiment.measure(row, job)
    except OutOfTime as end:
        log.info("%s: %s", name, end)
        return Outcome(name)
    except (ValueError, FloatingPointError) as error:  # only this row fails; an OSError would occur for all rows
        return Outcome(name, failure=str(error))
    seconds = round(time.perf_counter() - began, 1)
    return Outcome(name, {**row, **({} if "seconds" in measured else {"seconds": seconds}), **measured})
