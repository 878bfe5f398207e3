"""Seconds of training to 98.5 % and to 99 % on plain MNIST: the recipe of PyTorch's tutorial against ours.

    python benchmarks/time_to_accuracy.py [--seeds 2] [--out results/time_to_accuracy.json]
    python benchmarks/time_to_accuracy.py --choose [--out results/time_to_accuracy.json]

The tutorial: its spatial transformer network, SGD at 0.01, batches of 64, 20 epochs. It runs on our grid, which is
faster than torch's. Ours: a batch-normed network with a spatial transformer, AdamW in one cycle, bfloat16, batches of
64 too. Both read the same digits from memory, so neither pays for a loader; both have one thread, and they run in
turns in one process. Three steps of a network that is thrown away come first, as torch makes its kernels at the first
use.

The clock counts training alone. It stops at fixed steps, every quarter of an epoch of the tutorial and every 25 steps
of ours, while all 10,000 test digits are read in single precision; the first such look at or above the target is the
time. The test set is read for that published measure only: the length of every cycle is chosen with --choose, on the
validation digits, as are batch, rate and widths. A cycle has one length, so every target is a run of its own; the
tutorial's rate is constant, and one run gives both.

Beside the seconds on the wall stand those of the processor (`cpu_seconds`), which other work on the machine touches
least. Every run is written as soon as it is over; run the command again and it goes on with those that are missing.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.collapse import Tutorial, taken_up
from experiments.live_gap import ROOT
from stn_lib import models
from stn_lib.data import load_mnist
from stn_lib.provenance import processor
from stn_lib.training import TrainConfig, learning_rate, record

MEAN, STD = 0.1307, 0.3081  # the tutorial's, of MNIST's training digits
TARGETS = (98.5, 99.0)
WIDTHS = (16, 32, 64)
LOCALIZATION_LR_FACTOR, WEIGHT_DECAY = 0.25, 0.02
EPOCHS_20 = 20 * 938  # steps of the tutorial


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained.

    Args:
        network: ``"tutorial"``, or ``"ours"``; each with pictures as it wants them.
        transformer: whether with its spatial transformer.
        optimizer: ``"sgd"`` at a constant 0.01, or ``"one-cycle"``, AdamW.
        batch: pictures a step.
        precision: ``"float32"`` or ``"bfloat16"``, the latter with channels last.
        steps: length of the run, and of its cycle.
        lr: the rate of ``"sgd"``, the highest of ``"one-cycle"``.
        look: steps between two measurements.
    """

    network: str = "tutorial"
    transformer: bool = True
    optimizer: str = "sgd"
    batch: int = 64
    precision: str = "float32"
    steps: int = EPOCHS_20
    lr: float = 0.01
    look: int = 235


TUTORIAL = Recipe()
OURS = Recipe("ours", True, "one-cycle", 64, "bfloat16", 300, look=25)

#: A name, the recipe, and the target that ends the run.
COMPARED = {
    "tutorial": (TUTORIAL, 99.0),
    "ours, to 98.5 %": (OURS, 98.5),
    "ours, to 99 %": (replace(OURS, steps=800), 99.0),
}
#: One thing changed in the tutorial's recipe, or one in ours. Both have batches of 64. The longest runs are last.
ABLATION = {
    "tutorial, our optimiser": (replace(TUTORIAL, optimizer="one-cycle", steps=1600), 98.5),
    "tutorial, our network": (replace(TUTORIAL, network="ours"), 98.5),
    "ours, without its transformer": (replace(OURS, transformer=False, steps=400), 98.5),
    "ours, without its transformer, to 99 %": (replace(OURS, transformer=False, steps=1200), 99.0),
    "ours, float32": (replace(OURS, precision="float32"), 98.5),
    "ours, the tutorial's optimiser": (replace(OURS, optimizer="sgd", steps=EPOCHS_20), 98.5),
    "ours, the tutorial's network": (replace(OURS, network="tutorial", steps=1600), 98.5),
    "tutorial, without its transformer": (replace(TUTORIAL, transformer=False), 98.5),
    "tutorial, bfloat16": (replace(TUTORIAL, precision="bfloat16"), 98.5),
}
TWINS = ("ours, float32", "ours, the tutorial's network")  # as long as what differs from them in precision alone
LENGTHS = (200, 300, 400, 600, 800, 1200, 1600, 2400, 3200)  # steps that --choose tries, shortest first
CHOICE_SEEDS, MARGIN = (100, 101, 102), 0.1


def build(recipe: Recipe, generator: torch.Generator) -> nn.Module:
    """A new network; the tutorial's draws its weights from the global random state, as its dropout does."""
    if recipe.network == "tutorial":
        net: nn.Module = Tutorial()
        if not recipe.transformer:
            net.transformer = nn.Identity()
    else:
        kind = "st-cnn" if recipe.transformer else "cnn"
        net = models.build(kind, generator, in_size=(28, 28), widths=WIDTHS)
    return net.to(memory_format=torch.channels_last) if recipe.precision == "bfloat16" else net


def optimizer_of(recipe: Recipe, net: nn.Module) -> torch.optim.Optimizer:
    """SGD as the tutorial's; AdamW with a smaller rate for the localisation network."""
    if recipe.optimizer == "sgd":
        return torch.optim.SGD([{"params": list(net.parameters()), "factor": 1.0}])
    inside = list(net.transformer.parameters()) if recipe.transformer else []
    rest = net.classifier if recipe.transformer or recipe.network == "tutorial" else net
    groups = [{"params": list(rest.parameters()), "factor": 1.0}]
    groups += [{"params": inside, "factor": LOCALIZATION_LR_FACTOR}] if inside else []
    return torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)


def right(net: nn.Module, images: Tensor, labels: Tensor) -> int:
    """How many pictures a network names rightly, in single precision."""
    net.eval()
    with torch.no_grad():
        found = torch.cat([net(x).argmax(1) for x in images.split(1000)])
    net.train()
    return int((found == labels).sum())


def first_at(curve: list, target: float) -> list | None:
    """The first point of a curve at or above a target in per cent; None where there is none.

    Args:
        curve: of points [step, seconds, cpu_seconds, per cent].
    """
    return next((point for point in curve if point[3] >= target), None)


def train(recipe: Recipe, seed: int, digits: tuple[Tensor, ...], target: float) -> list:
    """The curve of one run, to the first look at or above the target, or to the end of its length.

    Args:
        digits: pictures and labels to learn from, pictures and labels to be measured on.
    """
    images, labels, *held_out = digits
    cycle = partial(learning_rate, config=TrainConfig(steps=recipe.steps, lr=recipe.lr))
    rate = cycle if recipe.optimizer == "one-cycle" else lambda step: recipe.lr
    half = recipe.precision == "bfloat16"
    curve: list = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        net = build(recipe, generator).train()
        optimizer = optimizer_of(recipe, net)
        batches: list[Tensor] = []
        wall = cpu = 0.0
        for step in range(recipe.steps):
            began, began_cpu = time.perf_counter(), time.process_time()
            if not batches:
                batches = list(torch.randperm(len(images), generator=generator).split(recipe.batch))[::-1]
            chosen = batches.pop()
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                logits = net(images[chosen])
            loss = F.cross_entropy(logits.float(), labels[chosen])
            for group in optimizer.param_groups:
                group["lr"] = rate(step) * group["factor"]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            wall, cpu = wall + time.perf_counter() - began, cpu + time.process_time() - began_cpu
            if (step + 1) % recipe.look == 0 or step + 1 == recipe.steps:
                percent = round(100 * right(net, *held_out) / len(held_out[1]), 2)
                curve.append([step + 1, round(wall, 3), round(cpu, 3), percent])
                if percent >= target:
                    break
    return curve


def prepared(digits: tuple[Tensor, ...], network: str) -> tuple[Tensor, ...]:
    """The digits as a network wants them: the tutorial's are normalised, ours from 0 to 1."""
    return tuple((x - MEAN) / STD if network == "tutorial" and x.ndim == 4 else x for x in digits)


def measured(recipe: Recipe, seed: int, digits: dict[str, tuple[Tensor, ...]], target: float) -> dict:
    """One run: what it took to each target, its best accuracy, its curve."""
    few = tuple(x[:256] for x in digits[recipe.network])
    train(replace(recipe, steps=3), 0, few, 101)  # thrown away
    curve = train(recipe, seed, digits[recipe.network], target)
    told: dict = {"best_percent": max(point[3] for point in curve), "reached": {}}
    for goal in TARGETS:
        point = first_at(curve, goal)
        told["reached"][str(goal)] = point and dict(zip(("step", "seconds", "cpu_seconds"), point, strict=False))
    return {**told, "ran": dict(zip(("steps", "seconds", "cpu_seconds"), curve[-1], strict=False)), "curve": curve}


def chosen(name: str, recipe: Recipe, target: float, digits: dict, tried: set[int]) -> Iterator[dict]:
    """Try lengths on the validation digits, up to the first that all seeds end at the target and MARGIN above it."""
    for steps in sorted({*LENGTHS} - tried):
        ends = []
        for seed in CHOICE_SEEDS:
            run = replace(recipe, steps=steps, look=steps)
            ends.append(train(run, seed, digits[recipe.network], 101)[-1][3])
            if ends[-1] < target + MARGIN:
                break
        done = len(ends) == len(CHOICE_SEEDS) and min(ends) >= target + MARGIN
        yield {"run": name, "target": target, "steps": steps, "validation_percent": ends, "chosen": done}
        if done:
            return


def summary(runs: list[dict]) -> dict[str, dict]:
    """Time of every run to the targets, seed by seed, and how many times sooner than the tutorial's of its seed.

    A ratio to a tutorial that did not arrive is a lower bound: its 20 epochs are counted.
    """
    table: dict[str, dict] = {}
    tutorial = {run["seed"]: run for run in runs if run["run"] == "tutorial"}
    for name in dict.fromkeys(run["run"] for run in runs):
        mine = [run for run in runs if run["run"] == name]
        table[name] = {"seeds": len(mine), "best_percent": [run["best_percent"] for run in mine]}
        for goal in (str(goal) for goal in TARGETS if goal <= mine[0]["target"]):  # it ends at its own
            hits = [run for run in mine if run["reached"][goal]]
            told: dict = {"reached": f"{len(hits)} of {len(mine)}"}
            for clock in ("seconds", "cpu_seconds"):
                if hits:
                    told[clock] = [run["reached"][goal][clock] for run in hits]
                pairs = [(tutorial[run["seed"]], run) for run in hits if run["seed"] in tutorial]
                ratios = [(a["reached"][goal] or a["ran"])[clock] / b["reached"][goal][clock] for a, b in pairs]
                if ratios:
                    told[f"times_sooner_{clock}"] = [round(ratio, 1) for ratio in ratios]
                    told["lower_bound"] = not all(a["reached"][goal] for a, _ in pairs)
            table[name][goal] = told
    return table


def markdown(table: dict[str, dict]) -> str:
    """The summary, one number for each seed."""
    clocks, lines = ("seconds", "cpu_seconds"), []
    for name, told in table.items():
        for goal in (str(goal) for goal in TARGETS if str(goal) in told):
            mine, more = told[goal], "> " if told[goal].get("lower_bound") else ""
            cells = [", ".join(f"{x:.1f}" for x in mine.get(clock, [])) for clock in clocks]
            cells += [", ".join(f"{more}{x:g}" for x in mine.get(f"times_sooner_{clock}", [])) for clock in clocks]
            cells = [name, goal, mine["reached"], *cells, ", ".join(f"{x:.2f}" for x in told["best_percent"])]
            lines.append(f"| {' | '.join(cell or '–' for cell in cells)} |")
    head = "| run | target | reached | seconds | of the processor | times sooner | by processor | best % |"
    return "\n".join([head, "|---" * 8 + "|", *lines])


def main() -> int:
    """Measure the runs that the file lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, help="seeds of the comparison, from 0")
    parser.add_argument("--more", type=int, default=5, help="seeds of our own two runs, from 0")
    parser.add_argument("--choose", action="store_true", help="choose the length of every cycle instead")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "time_to_accuracy.json", help="the table")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.empty(8_000_000).fill_(0)  # until a large tensor was freed, every small one is faulted in anew
    split = load_mnist("validation" if arguments.choose else "test")
    raw = (split.train_images, split.train_labels, split.test_images, split.test_labels)
    digits = {network: prepared(raw, network) for network in ("tutorial", "ours")}
    every = COMPARED | ABLATION
    out = arguments.out
    command = f"python benchmarks/time_to_accuracy.py --seeds {arguments.seeds} --more {arguments.more}"
    if arguments.choose:
        out, command = out.with_name(f"{out.stem}_choice.json"), "python benchmarks/time_to_accuracy.py --choose"
        settings: dict = {"lengths": LENGTHS, "seeds": CHOICE_SEEDS, "margin": MARGIN}
    else:
        settings = {"targets": TARGETS, "widths": WIDTHS, "weight_decay": WEIGHT_DECAY}
        settings["localization_lr_factor"] = LOCALIZATION_LR_FACTOR
    found = taken_up(out, command, json.loads(json.dumps(settings)), parser)
    found |= {"device": f"cpu: {processor()}", "threads": torch.get_num_threads()}

    def keep(row: dict) -> None:
        found["runs"].append(row)
        record.write(out, found)
        print({key: value for key, value in row.items() if key != "curve"}, flush=True)

    if arguments.choose:
        done = {row["run"] for row in found["runs"] if row["chosen"]}
        for name, (recipe, target) in every.items():
            if recipe.optimizer == "one-cycle" and name not in {*done, *TWINS}:
                tried = {row["steps"] for row in found["runs"] if row["run"] == name}
                for row in chosen(name, recipe, target, digits, tried):
                    keep(row)
        return 0
    ours = [name for name in COMPARED if name != "tutorial"]
    plan = [(seed, name) for seed in range(arguments.seeds) for name in COMPARED]
    plan += [(0, name) for name in ABLATION]
    plan += [(seed, name) for seed in range(arguments.seeds, arguments.more) for name in ours]
    plan += [(seed, name) for seed in range(1, arguments.seeds) for name in ABLATION if name.startswith("ours")]
    for seed, name in plan:
        recipe, target = every[name]
        row = {"run": name, "seed": seed, "recipe": dataclasses.asdict(recipe), "target": target}
        found["runs"] = [
            old for old in found["runs"] if (old["run"], old["seed"]) != (name, seed) or row.items() <= old.items()
        ]  # a run of a recipe that has changed since makes room
        if not any((old["run"], old["seed"]) == (name, seed) for old in found["runs"]):
            keep({**row, **measured(recipe, seed, digits, target)})
    found["summary"] = summary([row for row in found["runs"] if (row["seed"], row["run"]) in plan])
    record.write(out, found)
    print(markdown(found["summary"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
