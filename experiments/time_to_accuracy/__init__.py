"""Seconds of training to 98.5 % and to 99 % on undistorted MNIST: the recipe of PyTorch's tutorial against ours.

The tutorial: its spatial transformer network, SGD at 0.01, batches of 64, 20 epochs. It runs on our grid, which is
faster than torch's. Ours: a batch-normed network with a spatial transformer, AdamW in one cycle, bfloat16, batches of
64 too. Both take the same digits from memory, so neither pays for a loader; both have one thread. Before each run three
steps of a network that is discarded are trained, because torch compiles its kernels at their first use.

The clock counts training alone. It pauses at fixed steps, every quarter of an epoch of the tutorial and every 25 steps
of ours, while the accuracy on all 10,000 test digits is measured in single precision; the first such measurement at or
above the target is the time. The test set is used for that published measure only: the number of steps of every cycle
was chosen on the validation digits (`choice`), as were batch size, learning rate and widths. A cycle has a fixed number
of steps, so every target is a run of its own; the tutorial's learning rate is constant, and one run gives both times.

Beside the seconds on the wall are those of the processor (`cpu_seconds`), which other work on the machine affects
least. Several runs at a time slow each other: measure with one job.
"""

import argparse
import dataclasses
from dataclasses import replace
from typing import Any

from experiments.experiment import Experiment, Job
from experiments.record import Row
from experiments.speed.clock import settle_allocator
from experiments.time_to_accuracy.choice import NEVER
from experiments.time_to_accuracy.recipes import (
    ABLATION,
    COMPARED,
    LOCALIZATION_LR_FACTOR,
    RECIPES,
    TARGETS,
    WEIGHT_DECAY,
    WIDTHS,
    Recipe,
)
from experiments.time_to_accuracy.summary import report, summarise
from experiments.time_to_accuracy.timing import Digits, first_at, load_digits_for, race


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What decides every row, besides its recipe."""
    return {
        "targets": TARGETS, "widths": WIDTHS, "weight_decay": WEIGHT_DECAY,
        "localization_lr_factor": LOCALIZATION_LR_FACTOR,
    }  # fmt: skip


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each run and seed, the comparison first; of our own two runs there are more seeds."""
    ours = [name for name in COMPARED if name != "tutorial"]
    plan = [(seed, name) for seed in range(options.seeds) for name in COMPARED]
    plan += [(0, name) for name in ABLATION]
    plan += [(seed, name) for seed in range(options.seeds, options.more) for name in ours]
    plan += [(seed, name) for seed in range(1, options.seeds) for name in ABLATION if name.startswith("ours")]
    return [
        {"run": name, "seed": seed, "recipe": dataclasses.asdict(RECIPES[name][0]), "target": RECIPES[name][1]}
        for seed, name in plan
    ]


def measure(row: Row, job: Job) -> Row:
    """One run on MNIST, measured on the test digits."""
    recipe, target = RECIPES[row["run"]]
    return time_run(recipe, row["seed"], load_digits_for(recipe.network, "test"), target, job)


def time_run(recipe: Recipe, seed: int, digits: Digits, target: float, job: Job) -> Row:
    """The time of one run to each target, its best accuracy, its curve."""
    settle_allocator()
    race(replace(recipe, steps=3), 0, tuple(part[:256] for part in digits), NEVER, job)  # discarded
    curve = race(recipe, seed, digits, target, job)
    clock = ("step", "seconds", "cpu_seconds")
    points = {str(goal): first_at(curve, goal) for goal in TARGETS}
    return {
        "best_percent": max(point[3] for point in curve),
        "reached": {goal: point and dict(zip(clock, point, strict=False)) for goal, point in points.items()},
        "ran": dict(zip(("steps", *clock[1:]), curve[-1], strict=False)),
        "seconds": curve[-1][1],
        "curve": curve,
    }


def line(row: Row) -> str:
    """The time of one run."""
    reached = row["reached"].get(str(row["target"]))
    end = f"{row['target']} % after {reached['cpu_seconds']:.1f} s" if reached else f"not {row['target']} %"
    return f"{row['run']}, seed {row['seed']}: {end}, best {row['best_percent']:.2f} %"


EXPERIMENT = Experiment(("run", "seed"), rows, measure, report, settings, line=line, summarise=summarise)
