"""Train the paper's networks on the birds of CUB-200-2011: Table 3 of the paper, without windows, with two and with four.

From the paper are the networks' form, the windows' fixed scale, their tiled start, the sizes of the images, and the
localisation network's learning rate, 0.0001 of the others'. Only the species are labels. Of the rest of its recipe this
follows what public replications record: SGD, a learning rate of 0.1 that is divided by 10 every 10,000 steps, 256 images in a
batch. Our choices are 30,000 steps, momentum 0.9, weight decay 0.0001, random squares and mirrored images, no other
augmentation. `stn_lib.models.CUBNetwork` and `stn_lib.data.cub_batch` say what else is open.

The paper's backbone is Inception with batch norm, pretrained on ImageNet. Choose a pretrained one by ``--backbone``; the small
one, which is not pretrained, cannot come near the paper's accuracies. Each backbone needs a record of its own.

People's marks of 15 parts of each bird are used after training only, to measure which window holds which part.
"""

import argparse
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from experiments.appendix.common import error, run_row
from experiments.experiment import Experiment, Job
from experiments.networks import seeded
from experiments.record import Row, rounded
from stn_lib.data.cub import Birds, cub_batch, load_cub, parts_in_crops
from stn_lib.data.cub_lists import PARTS
from stn_lib.models import CUBNetwork, torchvision_backbone
from stn_lib.models.cub import parts_in_windows, small_backbone
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit
from stn_lib.training.runs import classification_loss

#: Accuracy in per cent, by the side of the image and the number of windows.
PAPER = {(224, 0): 82.3, (224, 2): 83.1, (448, 2): 83.9, (448, 4): 84.1}
#: The other rows of the paper's table: what others had reached.
BEFORE = {"Cimpoi": 66.7, "Zhang": 74.9, "Branson": 75.7, "Lin": 80.9, "Simon": 81.0}
BATCH, VALIDATION = 256, 600
NETWORK: dict[str, Any] = {}  # arguments of `CUBNetwork`; the paper's network has the defaults
SHOWN = 3  # parts in the report, of each window


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that decide every row."""
    return {
        "hold_out": options.hold_out, "precision": options.precision, "steps": options.steps, "batch_size": BATCH,
        "backbone": options.backbone,
    }  # fmt: skip


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each network of the paper's table and each seed."""
    return [
        {"size": size, "windows": windows, "seed": seed} for seed in range(options.seeds) for size, windows in PAPER
    ]


def config_of(row: Row, options: argparse.Namespace) -> FitConfig:
    """Return how the network of a row is trained."""
    return FitConfig(
        seed=row["seed"], steps=options.steps, batch_size=BATCH, lr=0.1, localization_lr_factor=1e-4, optimizer="sgd",
        momentum=0.9, schedule="steps", decay_every=max(options.steps // 3, 1), weight_decay=1e-4, label_smoothing=0.0,
        precision=options.precision, device=options.device,
    )  # fmt: skip


def backbone_of(name: str) -> Callable[[], nn.Module]:
    """Return what makes a backbone: ours for ``"small"``, otherwise that of torchvision."""
    return small_backbone if name == "small" else lambda: torchvision_backbone(name)


def load(hold_out: str) -> tuple[Birds, Birds]:
    """Load training and held-out photographs. Validation photographs are training photographs that are not trained on."""
    train = load_cub("train")
    if hold_out == "test":
        return train, load_cub("test")
    order = torch.randperm(len(train.labels), generator=torch.Generator().manual_seed(0))
    return train.take(order[VALIDATION:]), train.take(order[:VALIDATION])


def prepare(job: Job) -> None:
    """Unpack the photographs and fetch the backbone's weights, before several processes want them."""
    load_cub("train")
    backbone_of(job.options.backbone)()


def measure(row: Row, job: Job) -> Row:
    """Train one network, and measure it once on the held-out photographs."""
    size, windows, backbone = row["size"], row["windows"], job.options.backbone
    config = config_of(row, job.options)
    train, held_out = load(job.options.hold_out)
    network = seeded(lambda: CUBNetwork(windows, (size, size), backbone=backbone_of(backbone), **NETWORK), config.seed)
    about = {
        "run": f"cub {size} {windows}", "images": len(train.labels), "hold_out": job.options.hold_out,
        "backbone": backbone,
    }  # fmt: skip
    start = tiles(network)

    def batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        index = torch.randint(len(train.labels), (config.batch_size,), generator=generator)
        return cub_batch(train, index, size, generator=generator)

    result = fit(
        network, batches, classification_loss(config), config, about=about, out=job.folder, checkpoint_every=500,
        stop=job.stop, progress=job.progress,
    )  # fmt: skip
    found = evaluate(network, held_out, size, start)
    return run_row(network, config, about, result, **found, paper=PAPER[size, windows])


def tiles(network: CUBNetwork) -> Tensor | None:
    """Return the theta (1, windows, 2, 3) at which windows start, the same for all images; None without windows."""
    for windows in network.transformers:
        return windows.family.theta(torch.tensor([windows.family.identity]))
    return None


def evaluate(network: CUBNetwork, held_out: Birds, size: int, start: Tensor | None) -> Row:
    """Measure the error, and in how many photographs each window holds each part.

    Args:
        network: trained.
        held_out: the photographs.
        size: side of the image in pixels.
        start: the theta of windows that never moved, the control.

    Returns:
        ``error_percent`` with its interval and counts. With windows also ``seen``, in how many images each of the 15 parts
        is seen; ``held_percent``, for each window the share of these images in which the window holds the part; and
        ``held_at_start_percent``, the same for windows that stay at their start.
    """
    device = next(network.parameters()).device
    wrong, parts, theta = 0, parts_in_crops(held_out), []
    with torch.inference_mode():
        for chosen in torch.arange(len(held_out.labels)).split(BATCH):
            images, labels = cub_batch(held_out, chosen, size)
            images = images.to(device)
            wrong += int((network(images).argmax(1).cpu() != labels).sum())
            theta += [windows.theta(images).cpu() for windows in network.transformers]
    found = error(wrong, len(held_out.labels))
    if start is None:
        return found
    return {
        **found,
        "seen": (~parts[..., 0].isnan()).sum(0).tolist(),
        "held_percent": held_percent(torch.cat(theta), parts),
        "held_at_start_percent": held_percent(start.expand(len(parts), *start.shape[1:]), parts),
    }


def held_percent(theta: Tensor, parts: Tensor) -> list[list[float]]:
    """The share of images in which each window holds each part, of those in which the part is seen; 0 if it is in none.

    Args:
        theta: (N, windows, 2, 3).
        parts: (N, 15, 2), NaN where a part is not seen.
    """
    seen = (~parts[..., 0].isnan()).sum(0).clamp(min=1)
    return rounded(100 * parts_in_windows(theta, parts).sum(0) / seen, 1)


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown with the paper's numbers, then the parts that each window holds most often."""
    lines = ["| px | windows | seed | accuracy, % (95 %) | in the paper, % |", "|---" * 5 + "|"]
    for row in record["runs"]:
        low, high = row["interval_percent"]
        lines.append(
            f"| {row['size']} | {row['windows']} | {row['seed']} | {100 - row['error_percent']:.2f} ({100 - high:.2f} to "
            f"{100 - low:.2f}) | {row['paper']} |"
        )
    lines += ["", "Before, in the paper's table, in %: " + ", ".join(f"{name} {x}" for name, x in BEFORE.items()) + "."]
    lines += [
        "", "| px | windows | seed | window | parts that it holds most often, in % of the images that show them (at its start) |",
        "|---" * 5 + "|",
    ]  # fmt: skip
    for row in record["runs"]:
        held = zip(row.get("held_percent", []), row.get("held_at_start_percent", []), strict=True)
        for k, (shares, before) in enumerate(held, 1):
            most = sorted(zip(shares, before, PARTS, strict=True), reverse=True)[:SHOWN]
            parts = ", ".join(f"{part} {share:.0f} ({at_start:.0f})" for share, at_start, part in most)
            lines.append(f"| {row['size']} | {row['windows']} | {row['seed']} | {k} | {parts} |")
    return "\n".join(lines)


EXPERIMENT = Experiment(
    ("size", "windows", "seed"), rows, measure, report, settings, prepare=prepare,
    steps=lambda row, options: options.steps,
)  # fmt: skip
