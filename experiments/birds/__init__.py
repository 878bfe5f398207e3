"""Drawn birds: do windows find head and body when only the class of a bird is known, and what does that gain?

All networks with windows have the same parts and the same number of steps; they differ in where their windows are: learnt
from some start, fixed at the start, at the true centres of the parts, or at random. Beside them: a CNN that costs as much
and sees the whole image at the size of a window, and the same CNN at the full size.
"""

import argparse
import dataclasses
from collections.abc import Callable
from functools import cache, partial
from statistics import fmean
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.common import error, run_row
from experiments.experiment import Experiment, Job
from experiments.networks import Asked, image_cost, seeded
from experiments.record import Row, rounded, shared_config
from stn_lib.data import DrawnBirds, bird_batch, bird_set
from stn_lib.data.birds import PARTS
from stn_lib.metrics.parts import part_coverage, specialisation
from stn_lib.models import BirdCNN, BirdSTCNN
from stn_lib.models.bird_networks import SCALE
from stn_lib.models.cub import windows_theta
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import FitResult, fit

TRAIN, HELD_OUT = 2048, 1000  # birds
WIDE = (30, 62, 62)  # channels of the CNN that costs what two windows cost
HOLDS = 0.75  # of a part's box: a window holds the part if so much of the box is inside
CONFIG = FitConfig(steps=700, batch_size=32, lr=4e-3, localization_lr_factor=0.25, precision="bfloat16")


class Variant(NamedTuple):
    """One network of the study.

    Args:
        make: makes it.
        moves: whether its windows learn where to look.
        places: ``"true"`` or ``"random"``, if its windows are not its own.
        free: whether the birds are rotated freely.
        longer: by how much its training is longer.
    """

    make: Callable[[], nn.Module]
    moves: bool = True
    places: str | None = None
    free: bool = False
    longer: int = 1


SMALL, LONGER, FULL = "CNN, shrunk image", "CNN, shrunk image, 4 times as long", "CNN, full size"
LEARNT, FIXED, TRUE, RANDOM = "two windows", "two windows, fixed", "two windows, true places", "two windows, random"
SWAPPED, EQUAL, SIDE, SIDE_FIXED = "swapped starts", "equal starts", "starts side by side", "side by side, fixed"
FOUR, FOUR_FIXED, SCALED = "four windows", "four windows, fixed", "learnt scale"
FREE, FREE_FIXED, FREE_TRUE, TURNED = (
    "free birds",
    "free birds, fixed",
    "free birds, true places",
    "free birds, learnt angle",
)
VARIANTS = {
    SMALL: Variant(partial(BirdCNN, True, WIDE)),
    LONGER: Variant(partial(BirdCNN, True, WIDE), longer=4),
    FULL: Variant(partial(BirdCNN, False)),
    LEARNT: Variant(BirdSTCNN),
    FIXED: Variant(BirdSTCNN, moves=False),
    TRUE: Variant(BirdSTCNN, places="true"),
    RANDOM: Variant(BirdSTCNN, places="random"),
    SWAPPED: Variant(partial(BirdSTCNN, "swapped")),
    EQUAL: Variant(partial(BirdSTCNN, "equal")),
    SIDE: Variant(partial(BirdSTCNN, "side by side")),
    SIDE_FIXED: Variant(partial(BirdSTCNN, "side by side"), moves=False),
    FOUR: Variant(partial(BirdSTCNN, "four")),
    FOUR_FIXED: Variant(partial(BirdSTCNN, "four"), moves=False),
    SCALED: Variant(partial(BirdSTCNN, learns=("scale",))),
    FREE: Variant(BirdSTCNN, free=True),
    FREE_FIXED: Variant(BirdSTCNN, moves=False, free=True),
    FREE_TRUE: Variant(BirdSTCNN, places="true", free=True),
    TURNED: Variant(partial(BirdSTCNN, learns=("angle",)), free=True),
}
#: The main comparison, which is measured first.
FIRST = (LEARNT, FIXED, TRUE, RANDOM, SMALL, SWAPPED, EQUAL, SIDE)


def config_of(row: Row) -> FitConfig:
    """How the network of a row is trained."""
    variant = VARIANTS[row["network"]]
    rate = CONFIG.localization_lr_factor if variant.moves else 0.0
    steps = CONFIG.steps * variant.longer
    return dataclasses.replace(CONFIG, seed=row["seed"], steps=steps, localization_lr_factor=rate)


@cache
def birds_of(split: str, count: int, free: bool) -> DrawnBirds:
    """The birds of a split, drawn once in a process."""
    return bird_set(split, count, free=free)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what decides every row."""
    return {
        "config": shared_config(CONFIG, "seed", "steps", "localization_lr_factor"), "steps": CONFIG.steps, "train": TRAIN, "held_out": HELD_OUT,
        "holds": HOLDS, "hold_out": options.hold_out,
    }  # fmt: skip


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each network and seed: the main comparison, then the others, seed after seed.

    From equal starts nothing but the seed can decide which window takes which part: this has twice as many seeds.
    """
    others = tuple(name for name in VARIANTS if name not in FIRST)
    more = range(options.seeds, 2 * options.seeds)
    groups = (FIRST, range(options.seeds)), ((EQUAL,), more), (others, range(options.probes))
    return [{"network": name, "seed": seed} for group, seeds in groups for seed in seeds for name in group]


def logits(network: nn.Module, images: Tensor, theta: Tensor | None = None) -> Tensor:
    """The network's answers; with the windows at theta, if it is given."""
    return network(images) if theta is None else network.at(images, theta)


def given_places(variant: Variant, birds: DrawnBirds, generator: torch.Generator) -> Tensor | None:
    """The theta of a control: at the parts, or anywhere. None for a network with windows of its own."""
    if variant.places is None:
        return None
    anywhere = 2 * torch.rand(birds.centres.shape, generator=generator) - 1
    places = birds.centres if variant.places == "true" else anywhere
    return windows_theta(places.flatten(1), SCALE)


def train(row: Row, job: Job, network: nn.Module, **options: Any) -> tuple[FitConfig, dict[str, Any], FitResult]:
    """Train the network of a row with `fit`, which takes the options; return the settings, as `run_row` wants them."""
    variant, config = VARIANTS[row["network"]], config_of(row)
    birds = birds_of("train", TRAIN, variant.free)

    def batches(generator: torch.Generator) -> tuple[Tensor, ...]:
        batch = bird_batch(birds, torch.randint(TRAIN, (config.batch_size,), generator=generator))
        theta = given_places(variant, batch, generator)
        return (batch.images, batch.labels, *([] if theta is None else [theta]))

    def loss(network: nn.Module, images: Tensor, labels: Tensor, theta: Tensor | None = None) -> Tensor:
        answers = logits(network, images, theta).float()
        return F.cross_entropy(answers, labels, label_smoothing=config.label_smoothing)

    about = {"run": f"birds, {row['network']}", "birds": TRAIN, "hold_out": job.options.hold_out}
    result = fit(
        network, batches, loss, config, about=about, out=job.folder, stop=job.stop, progress=job.progress, **options
    )
    return config, about, result


def measure(row: Row, job: Job) -> Row:
    """Train one network, and measure it once on held-out birds."""
    variant = VARIANTS[row["network"]]
    network = seeded(variant.make, row["seed"])
    trained = train(row, job, network)
    measured = measure_windows(variant, network, birds_of(job.options.hold_out, HELD_OUT, variant.free))
    return {**run_row(network, *trained, **measured), "multiply_adds": cost(variant, network)}


@torch.inference_mode()
def measure_windows(variant: Variant, network: nn.Module, birds: DrawnBirds) -> Row:
    """The error on held-out birds, and what each window holds.

    Returns:
        ``error_percent`` with its interval and counts. With windows: ``held_percent`` (windows, parts), the share of birds in
        which a window holds a part; ``held_facing_percent``, the same for birds that face left and that face right;
        ``covered_percent``, the mean share of a part's box inside; ``specialisation``, as
        `stn_lib.metrics.parts.specialisation` measures it; ``centre`` and ``scale``, the mean and the standard deviation
        of each window's. Of windows that rotate, only centre and scale.
    """
    network.eval()
    generator = torch.Generator().manual_seed(0)
    wrong, thetas = 0, []
    for index in torch.arange(len(birds.labels)).split(100):
        batch = bird_batch(birds, index)
        theta = given_places(variant, batch, generator)
        if theta is None and isinstance(network, BirdSTCNN):
            theta = network.transformer.theta(batch.images)
        wrong += int((logits(network, batch.images, theta).argmax(1) != batch.labels).sum())
        thetas.append(theta)
    found = error(wrong, len(birds.labels))
    if thetas[0] is None:
        return found
    theta = torch.cat(thetas)
    centre = theta[..., 2]
    found["centre"] = {"mean": rounded(centre.mean(0), 3), "std": rounded(centre.std(0), 3)}
    side = theta[..., :2].square().sum((2, 3)).div(2).sqrt()
    found["scale"] = {"mean": rounded(side.mean(0), 3), "std": rounded(side.std(0), 3)}
    if "angle" in network.transformer.learns:
        return found
    covered = part_coverage(theta, birds.centres, birds.extents)
    held = covered >= HOLDS
    found["held_percent"] = rounded(100 * held.double().mean(0), 1)
    right = birds.centres[:, 0, 0] > birds.centres[:, 1, 0]  # the head is on the right of the body
    found["held_facing_percent"] = {
        side: rounded(100 * held[those].double().mean(0), 1) if those.any() else None
        for side, those in (("left", ~right), ("right", right))
    }
    found["covered_percent"] = rounded(100 * covered.double().mean(0), 1)
    own = specialisation(held, generator=generator)
    found["specialisation"] = {
        "share": round(own.share, 4), "chance": round(own.chance, 4), "limit": round(own.limit, 4), "windows": list(own.windows),
    }  # fmt: skip
    return found


def cost(variant: Variant, network: nn.Module) -> dict[str, int]:
    """Multiply-adds of a training step for one image."""
    inputs = [torch.zeros(2, network.in_channels, *network.in_size)]
    if variant.places:
        inputs.append(windows_theta(torch.zeros(2, 2 * len(PARTS)), SCALE))
    return image_cost(Asked(network, logits), *inputs)


def line(row: Row) -> str:
    """One row of the table."""
    low, high = row["interval_percent"]
    held = "; ".join("/".join(f"{share:.0f}" for share in window) for window in row.get("held_percent", []))
    own = row.get("specialisation")
    alone = f"{own['share']:.2f} ({own['chance']:.2f})" if own else "–"
    total = sum(row["multiply_adds"].values()) / 1e6
    return (
        f"| {row['network']} | {row['seed']} | {row['error_percent']:.1f} ({low:.1f} to {high:.1f}) | {held or '–'} | "
        f"{alone} | {total:.0f} | {row['seconds']:.0f} |"
    )


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown, and the mean error of each network."""
    head = "| network | seed | error, % (95 %) | holds head/body, %, of each window | own part (chance) | million multiply-adds | s |"
    lines = [head, "|---" * 7 + "|", *map(line, record["runs"]), ""]
    for name in VARIANTS:
        errors = [row["error_percent"] for row in record["runs"] if row["network"] == name]
        if errors:
            lines.append(f"{name:26s} mean error {fmean(errors):5.1f} %, {min(errors):.1f} to {max(errors):.1f}")
    return "\n".join(lines)


EXPERIMENT = Experiment(
    ("network", "seed"), rows, measure, report, settings, line=line, steps=lambda row, options: config_of(row).steps,
)  # fmt: skip
