"""Table 1 of the paper, cell by cell: what was published, what each cell is here, the runs, and the report."""

import contextlib
import dataclasses
import json
import logging
import multiprocessing
import os
import shlex
import signal
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple

import torch
from scipy.stats import t as student
from tqdm.auto import tqdm

from stn_lib.data import DATASETS, HeldOut, held_out_set, load_dataset, load_digits_split
from stn_lib.metrics import error_interval
from stn_lib.training import checkpoint, distributed, record
from stn_lib.training.config import TrainConfig
from stn_lib.training.loop import MACHINE, OutOfTime, train

log = logging.getLogger(__name__)

RESULTS = Path("results") / "table1"
RUNS = Path("runs") / "table1"
DISTORTIONS = ("r", "rts", "p", "e", "tc")
ANYWHERE = (*MACHINE, "precision")  # a result counts however it was computed
SHOWN = 8  # pictures
LOOK_EVERY = 2.0  # seconds between looks at how far runs side by side have come

#: Error in per cent, Jaderberg et al. 2015, Table 1; TC from the text, which names no transform.
PAPER = {
    "fcn": {"r": 2.1, "rts": 5.2, "p": 3.1, "e": 3.2, "tc": 13.2},
    "cnn": {"r": 1.2, "rts": 0.8, "p": 1.5, "e": 1.4, "tc": 3.5},
    "st-fcn-affine": {"r": 1.2, "rts": 0.8, "p": 1.5, "e": 2.7, "tc": 2.0},
    "st-fcn-projective": {"r": 1.3, "rts": 0.9, "p": 1.4, "e": 2.6, "tc": 2.0},
    "st-fcn-tps": {"r": 1.1, "rts": 0.8, "p": 1.4, "e": 2.4, "tc": 2.0},
    "st-cnn-affine": {"r": 0.7, "rts": 0.5, "p": 0.8, "e": 1.2, "tc": 1.7},
    "st-cnn-projective": {"r": 0.8, "rts": 0.6, "p": 0.8, "e": 1.3, "tc": 1.7},
    "st-cnn-tps": {"r": 0.7, "rts": 0.5, "p": 0.8, "e": 1.1, "tc": 1.7},
}


class Cell(NamedTuple):
    """A cell of the table: a distortion and a network, ``rts`` and ``st-cnn-affine``."""

    distortion: str
    network: str

    def __str__(self) -> str:
        return f"{self.distortion}-{self.network}"


CELLS = [Cell(distortion, network) for network in PAPER for distortion in DISTORTIONS]

#: Pictures that a network trains on, in millions; with a transformer as many as without, so that the two can be compared.
#: After 3 million, the fully connected network alone still erred in 5 to 21 % of its training pictures at RTS, P and TC.
MILLIONS = {
    "fcn": {"r": 3.0, "rts": 12.0, "p": 12.0, "e": 3.0, "tc": 12.0},
    "cnn": {"r": 1.2, "rts": 1.4, "p": 1.6, "e": 1.2, "tc": 1.0},
}


def parse_cell(text: str) -> Cell:
    """A cell by its name.

    Raises:
        ValueError: for a name that is not in `CELLS`.

    Example:
        >>> parse_cell("rts-st-cnn-affine")
        Cell(distortion='rts', network='st-cnn-affine')
    """
    known = {str(cell): cell for cell in CELLS}
    if text not in known:
        raise ValueError(f"expected a cell such as rts-st-cnn-affine, got {text!r}: one of {list(known)}")
    return known[text]


def table1_config(cell: Cell, seed: int = 0, **other: Any) -> TrainConfig:
    """The run of a cell. All cells share their settings; they differ in network, task and length.

    Args:
        cell: which.
        seed: of the run.
        other: fields of `TrainConfig` to set otherwise.

    Example:
        >>> config = table1_config(Cell("rts", "st-cnn-affine"))
        >>> config.dataset, config.distortion, config.model, config.transform, config.size
        ('mnist', 'RTS', 'st-cnn', 'affine', 'table1')

    Chapter: 7
    """
    model = next(name for name in ("st-fcn", "st-cnn", "fcn", "cnn") if cell.network.startswith(name))
    settings = {
        "model": model, "size": "table1", "transform": cell.network.removeprefix(model).lstrip("-") or "affine",
        "dataset": "mnist", "distortion": cell.distortion.upper(), "seed": seed, "batch_size": 256, "copies": 1, "precision": "bfloat16",
        "steps": round(MILLIONS[model.removeprefix("st-")][cell.distortion] * 1e6 / 256),
    }  # fmt: skip
    return TrainConfig(**{**settings, **other})


def result_file(cell: Cell, seed: int, results: str | Path = RESULTS) -> Path:
    """Where the result of a run is kept."""
    return Path(results) / f"{cell}-{seed}.json"


def run_folder(cell: Cell, seed: int, runs: str | Path = RUNS) -> Path:
    """Where the checkpoint and the log of a run are kept."""
    return Path(runs) / f"{cell}-{seed}"


def missing(cells: list[Cell], seeds: int, results: str | Path = RESULTS, **other: Any) -> list[tuple[Cell, int]]:
    """The runs that have no result yet, or one of other settings, in the order they are best made: one seed of everything,
    then further seeds of the convolutional networks, then the rest.

    Args:
        cells, seeds, results: as in `reproduce`.
        other: fields of `TrainConfig` to set otherwise.
    """

    def made(cell: Cell, seed: int) -> bool:
        try:
            stored = TrainConfig(**json.loads(result_file(cell, seed, results).read_text())["config"])
        except (FileNotFoundError, KeyError, TypeError, ValueError):
            return False
        anywhere = {name: getattr(stored, name) for name in ANYWHERE}
        return stored == table1_config(cell, seed, **{**other, **anywhere})

    def rank(run: tuple[Cell, int]) -> tuple[int, int]:
        cell, seed = run
        return (0 if seed == 0 else 1 if "cnn" in cell.network else 2), seed

    runs = [(cell, seed) for seed in range(seeds) for cell in cells if not made(cell, seed)]
    return sorted(runs, key=rank)


def run_cell(
    cell: Cell,
    seed: int,
    *,
    results: str | Path = RESULTS,
    runs: str | Path = RUNS,
    stop: Callable[[], bool] | None = None,
    progress: bool = True,
    **other: Any,
) -> dict[str, Any]:
    """Train a cell, or take its run up again, measure it on the test set once, and write its result.

    Args:
        cell, seed: which run.
        results: folder of the results.
        runs: folder of the checkpoints.
        stop, progress: as in `stn_lib.training.train`.
        other: fields of `TrainConfig` to set otherwise.

    Returns:
        What was written.

    Raises:
        OutOfTime: where `stop` said so; the next call goes on.
    """
    config = table1_config(cell, seed, **other)
    made_by = record.made_by(config)
    done = train(config, out=run_folder(cell, seed, runs), stop=stop, checkpoint_every=500, progress=progress)
    written = {
        "cell": str(cell),
        "seed": seed,
        "command": command(config),
        **made_by,
        **record.outcome(done),
        "theta": _theta(done.model, config),
    }
    record.write(result_file(cell, seed, results), written)
    return written


def reproduce(
    cells: list[Cell],
    seeds: int = 1,
    *,
    jobs: int = 1,
    budget: float | None = None,
    results: str | Path = RESULTS,
    runs: str | Path = RUNS,
    progress: bool = True,
    tell: Callable[[dict[str, Any]], None] | None = None,
    **other: Any,
) -> int:
    """Run the cells that are missing. A run that fails stops no other one.

    Args:
        cells, seeds: which; seeds 0, 1, … of each.
        jobs: how many at a time, each in a process of its own.
        budget: seconds after which every run writes a checkpoint and stops; None for no end.
        results, runs, other: as in `run_cell`.
        progress: whether to show how far the runs are: a bar for each, or one for all of them side by side.
        tell: called with each result as soon as it is written.

    Returns:
        How many runs are still missing.

    Raises:
        ValueError: at the end, where runs failed; it names each with its reason. At once where the device is not there.
        OSError: at once: where MNIST cannot be had, or a result not be written.
        KeyboardInterrupt: side by side, after every run has written a checkpoint.
    """
    left = missing(cells, seeds, results, **other)
    if not left:
        return 0
    # Once, before any run: what is missing here would fail them all, and a download is not made by several at a time.
    first = table1_config(*left[0], **other)
    distributed.local_device(first.device)
    load_dataset(first.dataset, "test")
    until = None if budget is None else time.monotonic() + budget
    settings = {"results": results, "runs": runs, "progress": progress and jobs == 1, **other}
    if jobs == 1:
        ends = (_job(cell, seed, until, None, settings) for cell, seed in left)
    else:
        steps = {run_folder(cell, seed, runs): table1_config(cell, seed, **other).steps for cell, seed in left}
        ends = _side_by_side(left, jobs, until, settings, _Bar(steps, progress))
    failed = []
    with contextlib.closing(ends):
        for end in ends:
            if end.failure:
                failed.append(f"{end.run}: {end.failure}")
                log.warning("%s", failed[-1])
            elif end.written and tell:
                tell(end.written)
    if failed:
        raise ValueError(f"expected {len(left)} runs, got {len(failed)} that failed:\n" + "\n".join(failed))
    return len(missing(cells, seeds, results, **other))


class _End(NamedTuple):
    """How a run ended: with a result, with a failure, or with neither, for its time was over."""

    run: str
    written: dict[str, Any] | None = None
    failure: str = ""


def _side_by_side(
    left: list[tuple[Cell, int]], jobs: int, until: float | None, settings: dict[str, Any], bar: "_Bar"
) -> Generator[_End]:
    """Run several at a time; where the reader stops it, all write checkpoints, and those that wait never begin."""
    context = multiprocessing.get_context("spawn")  # a forked process inherits locks of torch's threads
    stopping = context.Event()
    with bar, ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(stopping,)) as pool:
        waiting = {pool.submit(_job, cell, seed, until, os.getpid(), settings) for cell, seed in left}
        try:
            while waiting:
                ready, waiting = wait(waiting, LOOK_EVERY, FIRST_COMPLETED)
                bar.look()
                for future in ready:
                    yield future.result()
        except BaseException:
            stopping.set()
            pool.shutdown(cancel_futures=True)
            raise


class _Bar:
    """How many steps the runs have taken together, by what each has logged: the steps a second and the time left."""

    def __init__(self, steps: dict[Path, int], shown: bool):
        """``steps``: those of each run, by its folder."""
        self._folders, total = list(steps), sum(steps.values())
        self._bar = tqdm(total=total, initial=self._taken(), desc=f"{len(steps)} runs", unit="step", disable=not shown)

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: Any) -> None:
        self._bar.close()

    def _taken(self) -> int:
        return sum(checkpoint.last_logged(folder / "metrics.jsonl") for folder in self._folders)

    def look(self) -> None:
        if not self._bar.disable:
            self._bar.update(self._taken() - self._bar.n)


_stopping: Any = None  # in a process of its own: set as soon as the reader has stopped the command


def _begin(stopping: Any) -> None:
    """The first thing that such a process does."""
    global _stopping
    _stopping = stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the one that started them decides


def _job(cell: Cell, seed: int, until: float | None, parent: int | None, settings: dict[str, Any]) -> _End:
    """Run a cell until its time is over, the reader stops it or, in a process of its own, the one that asked is gone."""
    run = f"{cell}, seed {seed}"

    def stop() -> bool:
        return (until is not None and time.monotonic() > until) or bool(_stopping and _stopping.is_set()) or orphaned()

    def orphaned() -> bool:
        return parent is not None and os.getppid() != parent

    try:
        return _End(run) if stop() else _End(run, run_cell(cell, seed, stop=stop, **settings))
    except OutOfTime as end:
        log.info("%s: %s", run, end)
        return _End(run)
    except (ValueError, FloatingPointError) as error:  # of this run alone; what an OSError tells is true of all
        return _End(run, failure=str(error))
    finally:
        if orphaned():  # nobody waits for the answer, and the next call takes the same folder up
            os._exit(1)


def asked(given: dict[str, Any]) -> TrainConfig:
    """The run that some settings ask for; what they leave open comes from the cell of the table that they belong to, or,
    away from MNIST and for small networks, from `TrainConfig`.

    Args:
        given: fields of `TrainConfig`.

    Example:
        >>> asked({"dataset": "mnist", "distortion": "RTS", "model": "cnn"}) == table1_config(Cell("rts", "cnn"))
        True
    """
    size = given.get("size", DATASETS[given.get("dataset", "digits")].networks)
    names = ("model", "transform", "dataset", "distortion")
    named = TrainConfig(**{"size": size, **{key: given[key] for key in names if key in given}})
    if size == "table1" and named.dataset == "mnist":
        # Attention is not in the table; it is trained as the affine transform is.
        affine = dataclasses.replace(named, transform="affine") if named.transform == "attention" else named
        named = table1_config(cell_of(affine))
    return dataclasses.replace(named, **given)


def command(config: TrainConfig) -> str:
    """The command that makes a run again.

    Example:
        >>> command(TrainConfig(model="cnn", steps=100))
        'python -m stn_lib train --model cnn --seed 0 --steps 100'
    """
    given = _given(config)
    for name in ("dataset", "distortion"):
        if getattr(config, name) == getattr(TrainConfig, name) and config.dataset == TrainConfig.dataset:
            del given[name]
    flags = [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    return shlex.join(["python", "-m", "stn_lib", "train", *flags])


def _given(config: TrainConfig) -> dict[str, Any]:
    """The settings that, given to `asked`, ask for this run: what it is, and what is not as the table or the class say."""
    given = {
        "dataset": config.dataset,
        "distortion": config.distortion,
        "model": config.model,
        "transform": config.transform,
    }
    if not config.model.startswith("st-"):
        del given["transform"]
    if config.size != DATASETS[config.dataset].networks:
        given["size"] = config.size
    given["seed"] = config.seed
    base = asked(given)
    for field in dataclasses.fields(config):
        if getattr(config, field.name) != getattr(base, field.name):
            given[field.name] = getattr(config, field.name)
    return given


def default_folder(config: TrainConfig) -> Path:
    """Where the command line keeps a run that was given no folder: one for each setting, on whatever machine; for a run of
    the table the one that `reproduce` takes up.

    Example:
        >>> default_folder(asked({"dataset": "mnist", "distortion": "RTS", "model": "cnn"})).name
        'rts-cnn-0'
        >>> default_folder(TrainConfig(model="cnn", lr=0.1)).name
        'digits-RTS-cnn-0-lr-0.1'
    """
    given = {name: value for name, value in _given(config).items() if name not in MACHINE}
    named = [str(given.pop(name)) for name in ("dataset", "distortion", "model", "transform", "seed") if name in given]
    if config.dataset == "mnist" and not given and config.transform != "attention":
        return run_folder(cell_of(config), config.seed)
    return RUNS.parent / "-".join([*named, *(f"{name}-{value}" for name, value in given.items())])


def cell_of(config: TrainConfig) -> Cell:
    """The cell that a run belongs to."""
    network = f"{config.model}-{config.transform}" if config.model.startswith("st-") else config.model
    return parse_cell(f"{config.distortion.lower()}-{network}")


def shown(distortion: str) -> HeldOut:
    """The pictures that every transformer of the table is asked about, so that a page can draw its answers.

    Embedded digits, for the project holds no picture of MNIST; no network of the table has seen one.

    Args:
        distortion: ``"r"`` to ``"tc"``, as in a `Cell`.
    """
    held_out = held_out_set(load_digits_split(), distortion.upper(), copies=1)
    return HeldOut(*(part[:SHOWN] for part in held_out))


def _theta(model: torch.nn.Module, config: TrainConfig) -> list | None:
    """The transformer's answers to the pictures of `shown`; None without a transformer."""
    if not config.model.startswith("st-"):
        return None
    images = shown(cell_of(config).distortion).images.to(next(model.parameters()).device)
    with torch.no_grad():
        theta = model.transformer.theta(images).cpu()
    return [[[round(x, 5) for x in row] for row in one] for one in theta.tolist()]


def load_results(results: str | Path = RESULTS) -> dict[Cell, list[dict[str, Any]]]:
    """All results there are, by cell, each cell's in the order of its seeds.

    Raises:
        ValueError: for a file that is no result.
    """
    found: dict[Cell, list[dict[str, Any]]] = {}
    for file in sorted(Path(results).glob("*.json")):
        try:
            read = json.loads(file.read_text())
            found.setdefault(parse_cell(read["cell"]), []).append(read)
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(f"expected a result of `reproduce table1`, got {file} ({error!r}): delete it") from error
    return {cell: sorted(found[cell], key=lambda read: read["seed"]) for cell in CELLS if cell in found}


class Summary(NamedTuple):
    """A cell in figures, in per cent.

    Args:
        error: mean over the seeds.
        interval: 95 % interval: Wilson's for the mean share of the test set. It says how sure the figure is for other
            digits; how far seeds lie apart is `spread`.
        spread: smallest and largest error.
        seeds: how many.
        paper: what was published.
        parameters: of the network.
        seconds: mean time of a run.
    """

    error: float
    interval: tuple[float, float]
    spread: tuple[float, float]
    seeds: int
    paper: float
    parameters: int
    seconds: float


def summarise(found: list[dict[str, Any]]) -> Summary:
    """The figures of one cell."""
    errors = [read["error_percent"] for read in found]
    mean, n = sum(errors) / len(errors), found[0]["n"]
    cell = parse_cell(found[0]["cell"])
    return Summary(
        mean,
        error_interval(mean * n / 100, n),
        (min(errors), max(errors)),
        len(found),
        PAPER[cell.network][cell.distortion],
        found[0]["parameters"],
        sum(read["seconds"] for read in found) / len(found),
    )


class Gap(NamedTuple):
    """How much a transformer takes off the error, in points, and the 95 % t-interval of it over `seeds` paired runs."""

    points: float
    interval: tuple[float, float] | None
    seeds: int


def gap(found: dict[Cell, list[dict[str, Any]]], distortion: str, network: str) -> Gap | None:
    """The error of the plain network less that of the one with a transformer, seed by seed; None without such runs."""
    plain = Cell(distortion, "cnn" if network.startswith("st-cnn") else "fcn")
    sides = [
        {read["seed"]: read["error_percent"] for read in found.get(c, [])} for c in (plain, Cell(distortion, network))
    ]
    points = [sides[0][seed] - sides[1][seed] for seed in sides[0] if seed in sides[1]]
    if not points:
        return None
    mean, n = sum(points) / len(points), len(points)
    if n < 2:
        return Gap(mean, None, n)
    deviation = (sum((x - mean) ** 2 for x in points) / (n - 1)) ** 0.5
    reach = float(student.ppf(0.975, n - 1)) * deviation / n**0.5
    return Gap(mean, (mean - reach, mean + reach), n)


def report(results: str | Path = RESULTS) -> str:
    """The table, ours beside the paper's, the gaps, and the parameter counts, as text."""
    found = load_results(results)
    if not found:
        return f"no results in {results}: run `python -m stn_lib reproduce table1`"
    lines = ["error in %, mean over seeds (how many) / the paper's; * above the paper's", ""]
    lines.append(f"{'':18s}" + "".join(f"{d.upper():>17s}" for d in DISTORTIONS))
    for network in PAPER:
        row = f"{network:18s}"
        for distortion in DISTORTIONS:
            runs = found.get(Cell(distortion, network))
            s = summarise(runs) if runs else None
            star = "*" if s and s.error > s.paper else " "
            row += f"{f'{s.error:.2f} ({s.seeds}) /{s.paper:4.1f}{star}':>17s}" if s else f"{'-':>17s}"
        lines.append(row)
    lines += ["", "what the transformer takes off the error, in points (95 % interval over paired seeds)", ""]
    for network in PAPER:
        gaps = {d: gap(found, d, network) for d in DISTORTIONS if network.startswith("st-")}
        told = [f"{d.upper()} {g.points:.2f}" + (f" ({g.interval[0]:.2f} to {g.interval[1]:.2f})" if g.interval else "")
                for d, g in gaps.items() if g]  # fmt: skip
        if told:
            lines.append(f"{network:18s} " + "  ".join(told))
    counts = [runs[0]["parameters"] for runs in found.values()]
    lines += ["", f"parameters: {min(counts):,} to {max(counts):,}"]
    return "\n".join(lines)
