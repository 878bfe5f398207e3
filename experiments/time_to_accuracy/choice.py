"""The number of steps of every one-cycle recipe, chosen on the validation digits."""

import argparse
from dataclasses import replace
from typing import Any

from experiments.experiment import Experiment, Job
from experiments.record import Row
from experiments.time_to_accuracy.recipes import RECIPES
from experiments.time_to_accuracy.timing import load_digits_for, race

LENGTHS = (200, 300, 400, 600, 800, 1200, 1600, 2400, 3200)  # steps, tried from the shortest
SEEDS, MARGIN = (100, 101, 102), 0.1
SAME_LENGTH = ("ours, float32", "ours, the tutorial's network")  # as long as the run that differs in precision alone
NEVER = 101.0  # a target that no run reaches: it trains to its end


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What decides every row."""
    return {"lengths": LENGTHS, "seeds": SEEDS, "margin": MARGIN}


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each recipe that has a cycle."""
    return [
        {"run": name, "target": target}
        for name, (recipe, target) in RECIPES.items()
        if recipe.optimizer == "one-cycle" and name not in SAME_LENGTH
    ]


def measure(row: Row, job: Job) -> Row:
    """Try the lengths up to the first at which every seed ends `MARGIN` above the target."""
    recipe, target = RECIPES[row["run"]]
    digits = load_digits_for(recipe.network, "validation")
    tried = []
    for steps in LENGTHS:
        ends: list[float] = []
        for seed in SEEDS:
            own = replace(recipe, steps=steps, look=steps)
            ends.append(race(own, seed, digits, NEVER, job)[-1][3])
            if ends[-1] < target + MARGIN:
                break
        tried.append({"steps": steps, "validation_percent": ends})
        if len(ends) == len(SEEDS) and min(ends) >= target + MARGIN:
            return {"tried": tried, "steps": steps}
    return {"tried": tried, "steps": None}


def report(record: dict[str, Any]) -> str:
    """A line for each recipe."""
    return "\n".join(f"{row['run']}: {row['steps']} steps, to {row['target']} %" for row in record["runs"])


EXPERIMENT = Experiment(
    ("run",), rows, measure, report, settings, line=lambda row: f"{row['run']}: {row['steps']} steps"
)
