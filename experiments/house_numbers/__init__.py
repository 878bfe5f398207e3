"""House numbers: an ST-CNN that finds the number first, against CNNs of the same cost that read a shrunk canvas.

This is the small scene, on which chapter 10 trains two of these networks; `experiments.house_numbers.large` has the other.
"""

import argparse
import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.common import error, run_row
from experiments.experiment import Experiment, Job
from experiments.networks import Asked, image_cost, seeded
from experiments.record import Row, shared_config
from stn_lib.data import HouseNumbers, house_batch, house_held_out, load_dataset
from stn_lib.data.digit_struct import NO_DIGIT
from stn_lib.data.house_numbers import find_scene
from stn_lib.models import GivenWindow, NumberCNN, NumberSTCNN
from stn_lib.models.number_networks import window
from stn_lib.models.svhn import wrong_places
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit
from stn_lib.transforms import identity

QUARTER, HALF, FULL = "CNN, a quarter", "CNN, half", "CNN, full size"
ST, MULTI, POOLED = "ST-CNN", "ST-CNN, three transformers", "ST-CNN, position pooled away"
TRUE, WHOLE = "window at the true place", "window on everything"


class Study(NamedTuple):
    """Networks that are compared on one scene, and how each of them is trained.

    Args:
        scene: its name.
        config: the settings, whose seed is that of the row.
        hidden: units of a reader's hidden layer.
        narrowing: batches until a learnt window has its size.
        widths: channels of the two CNNs that see a shrunk canvas, with which they cost what the ST-CNN costs.
        data: the sets of digits, by their names in `stn_lib.data.datasets.DATASETS`, and the networks of each.
    """

    scene: str
    config: FitConfig
    hidden: int
    narrowing: int
    widths: dict[str, tuple[int, ...]]
    data: dict[str, tuple[str, ...]]

    @property
    def networks(self) -> dict[str, Callable[[], nn.Module]]:
        """The networks by name."""
        size = {"hidden": self.hidden, "scene": self.scene}
        st_cnn = partial(NumberSTCNN, narrowing=self.narrowing, **size)
        return {
            ST: st_cnn,
            TRUE: partial(GivenWindow, **size),
            HALF: partial(NumberCNN, 2, self.widths[HALF], **size),
            QUARTER: partial(NumberCNN, 4, self.widths[QUARTER], **size),
            FULL: partial(NumberCNN, 1, (12, 24, 48), **size),
            WHOLE: partial(GivenWindow, samples=4, **size),
            POOLED: partial(st_cnn, pooled=True),
            MULTI: partial(st_cnn, inner=True),
        }

    def settings(self, options: argparse.Namespace) -> dict[str, Any]:
        """Return what decides every row."""
        return {
            "scene": self.scene, "config": shared_config(self.config, "seed"), "hidden": self.hidden,
            "narrowing": self.narrowing, "hold_out": options.hold_out,
        }  # fmt: skip

    def rows(self, options: argparse.Namespace) -> list[Row]:
        """List a row for each set of digits, network and seed."""
        seeds = range(options.seeds)
        return [
            {"data": data, "network": name, "seed": seed}
            for data, names in self.data.items() for name in names for seed in seeds
        ]  # fmt: skip

    def config_of(self, row: Row) -> FitConfig:
        """How the network of a row is trained."""
        return dataclasses.replace(self.config, seed=row["seed"])

    def measure(self, row: Row, job: Job) -> Row:
        """Train one network on numbers of training digits, and measure it once on numbers of held-out digits."""
        name, config = row["network"], self.config_of(row)
        split = load_dataset(row["data"], job.options.hold_out)
        network = seeded(self.networks[name], row["seed"])

        def loss(network: nn.Module, images: Tensor, labels: Tensor, boxes: Tensor) -> Tensor:
            answers = self.logits(name, network, images, boxes).float()
            return F.cross_entropy(answers.flatten(0, 1), labels.flatten(), label_smoothing=config.label_smoothing)

        def batches(generator: torch.Generator) -> tuple[Tensor, ...]:
            return tuple(house_batch(split, config.batch_size, self.scene, generator=generator))

        about = {
            "run": f"house numbers, {self.scene}, {name}", "digits": len(split.train_images),
            "hold_out": job.options.hold_out,
        }  # fmt: skip
        result = fit(network, batches, loss, config, about=about, out=job.folder, stop=job.stop, progress=job.progress)
        measured = self.measure_errors(name, network, house_held_out(split, scene=self.scene))
        return {**run_row(network, config, about, result, **measured), "multiply_adds": self.cost(name, network)}

    def logits(self, name: str, network: nn.Module, images: Tensor, boxes: Tensor) -> Tensor:
        """The answers (N, longest, 11) of one of the networks. Only the control at the true place is given the boxes."""
        if name == TRUE:
            return network(images, window(boxes[:, :, 2], self.scene))
        if name == WHOLE:
            return network(images, identity(len(images), device=images.device))
        return network(images)

    @torch.inference_mode()
    def measure_errors(self, name: str, network: nn.Module, held_out: HouseNumbers) -> Row:
        """The share of numbers that are not read whole, and of wrong answers for a place; where the ST-CNN looks.

        Returns:
            ``error_percent`` of whole numbers with its interval and counts; ``place_error_percent``;
            ``error_by_length_percent``, of numbers with one digit, two, and so on; for an ST-CNN ``outside_percent``, the
            share of numbers whose middle is outside of its window.
        """
        parts = zip(*(part.split(100) for part in held_out), strict=True)
        wrong, outside = [], 0
        for images, labels, boxes in parts:
            wrong.append(wrong_places(self.logits(name, network, images, boxes), labels))
            if isinstance(network, NumberSTCNN):
                theta = network.transformer.theta(images)
                away = (theta[:, :, 2] - boxes[:, :, 2]).abs()
                outside += int((away > theta[:, (0, 1), (0, 1)]).any(1).sum())
        wrong = torch.cat(wrong)
        length = (held_out.labels != NO_DIGIT).sum(1)
        return {
            **error(int(wrong.any(1).sum()), len(wrong)),
            "place_error_percent": round(100 * wrong.double().mean().item(), 2),
            "error_by_length_percent": [
                round(100 * wrong[length == digits].any(1).double().mean().item(), 1)
                for digits in range(1, find_scene(self.scene).longest + 1)
            ],
            **({"outside_percent": round(100 * outside / len(wrong), 2)} if isinstance(network, NumberSTCNN) else {}),
        }

    def cost(self, name: str, network: nn.Module) -> dict[str, int]:
        """Multiply-adds of a training step for one image."""
        asked = Asked(network, partial(self.logits, name))
        return image_cost(asked, torch.zeros(2, 1, *find_scene(self.scene).canvas), torch.zeros(2, 2, 3))

    def experiment(self) -> Experiment:
        """The study as an experiment with a record."""
        return Experiment(
            ("data", "network", "seed"), self.rows, self.measure, report, self.settings, line=line,
            steps=lambda row, options: self.config.steps,
        )  # fmt: skip


def line(row: Row) -> str:
    """One row of the table."""
    low, high = row["interval_percent"]
    total = sum(row["multiply_adds"].values()) / 1e6
    return (
        f"| {row['data']} | {row['network']} | {row['seed']} | {row['error_percent']:.1f} ({low:.1f} to {high:.1f}) | "
        f"{row['place_error_percent']:.1f} | {row.get('outside_percent', '–')} | {total:.1f} | {row['parameters']:,} | "
        f"{row['seconds']:.0f} |"
    )


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown."""
    head = "| digits | network | seed | numbers wrong, % (95 %) | places wrong, % | outside, % | million multiply-adds | parameters | s |"
    return "\n".join([head, "|---" * 9 + "|", *map(line, record["runs"])])


#: Chosen on validation digits. The rate of the localisation network is lower than in the large scene: its window is narrow
#: after a tenth of the run.
SMALL = Study(
    "small",
    FitConfig(steps=1200, batch_size=64, lr=8e-3, localization_lr_factor=0.3, precision="bfloat16"),
    hidden=64,
    narrowing=120,
    widths={HALF: (11, 21, 36), QUARTER: (24, 46, 72)},
    data={"digits": (ST, TRUE, HALF, QUARTER, FULL, WHOLE, POOLED, MULTI)},
)
EXPERIMENT = SMALL.experiment()
