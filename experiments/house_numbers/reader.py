"""The networks that read house numbers in the page: an ST-CNN, and CNNs of the same cost and size on a shrunk canvas.

They are narrow, because the page carries them: less than 40,000 weights each, of 8 bits. Of three CNNs, the page shows the
one with the fewest errors on these held-out numbers beside the ST-CNN: with one convolution more its last map is small, so
that its hidden layer can be wider. Each network is measured twice: with its weights in half precision, as they are stored,
and in 8 bits, as the page has them.

While the ST-CNN trains, its window and its answers for the first held-out numbers are recorded.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.common import run_row
from experiments.experiment import Experiment, Job
from experiments.house_numbers import HALF, QUARTER, ST, Study, line
from experiments.moments import Moments
from experiments.networks import seeded
from experiments.page_networks import BITS, store_and_measure, weights_folder
from experiments.record import Row, rounded, shared_config
from stn_lib.data import house_batch, house_held_out, load_dataset
from stn_lib.models import NumberCNN, NumberSTCNN
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit

DEEPER = "CNN, half, four convolutions"
FILES = {ST: "house-numbers-st-cnn", DEEPER: "house-numbers-cnn"}
SHOWN = 6  # held-out numbers whose windows are recorded
#: Steps of training at which they are.
MOMENTS = (
    0, 50, 100, 150, 200, 300, 400, 500, 600, 700, 800, 1000, 1200, 1400, 1600, 1800, 2000, 2400, 2800, 3200, 3600,
)  # fmt: skip
EVERY = 50  # every moment is a multiple


class Reader(Study):
    """`Study` with networks that are small enough for a page."""

    @property
    def networks(self) -> dict[str, Callable[[], nn.Module]]:
        size = {"hidden": self.hidden, "scene": self.scene}
        return {
            ST: partial(NumberSTCNN, (12, 22, 32), narrowing=self.narrowing, **size),
            HALF: partial(NumberCNN, 2, self.widths[HALF], **size),
            QUARTER: partial(NumberCNN, 4, self.widths[QUARTER], **size),
            DEEPER: partial(NumberCNN, 2, self.widths[DEEPER], hidden=48, scene=self.scene),
        }


#: The settings of the large scene, with fewer steps. The seed was fixed before the first run.
READER = Reader(
    "large",
    FitConfig(steps=3600, batch_size=64, lr=3e-3, localization_lr_factor=0.5, precision="bfloat16"),
    hidden=32,
    narrowing=1350,
    widths={HALF: (9, 21, 16), QUARTER: (20, 44, 32), DEEPER: (8, 16, 24, 32)},
    data={"digits": (ST, HALF, QUARTER, DEEPER)},
)
DATA = "digits"


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what decides every row."""
    return {
        "scene": READER.scene, "config": shared_config(READER.config), "hidden": READER.hidden,
        "narrowing": READER.narrowing, "data": DATA, "bits": BITS, "moments": list(MOMENTS), "shown": SHOWN,
    }  # fmt: skip


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each network."""
    return [{"network": name} for name in READER.data[DATA]]


def measure(row: Row, job: Job) -> Row:
    """Train one network, store its weights, and measure them on held-out numbers, in half precision and in 8 bits."""
    name, config, split = row["network"], READER.config, load_dataset(DATA, "test")
    network = seeded(READER.networks[name], config.seed)
    held_out = house_held_out(split, scene=READER.scene)
    record = Windows(job.folder / "windows.json", held_out.images[:SHOWN])

    def loss(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        answers = network(images).float()
        return F.cross_entropy(answers.flatten(0, 1), labels.flatten(), label_smoothing=config.label_smoothing)

    def batches(generator: torch.Generator) -> tuple[Tensor, ...]:
        return tuple(house_batch(split, config.batch_size, READER.scene, generator=generator))[:2]

    about = {"run": f"house numbers for the page, {name}", "digits": len(split.train_images)}
    result = fit(
        network, batches, loss, config, about=about, out=job.folder, stop=job.stop, progress=job.progress,
        callback=record if name == ST else None, callback_every=EVERY,
    )  # fmt: skip
    folder = weights_folder("house_numbers reader", job.options) if name in FILES else job.folder
    path = folder / f"{FILES.get(name, 'weights')}.safetensors"
    measured = measure_weights(name, network, path, held_out)
    return {
        **run_row(network, config, about, result, **measured),
        "multiply_adds": READER.cost(name, network),
        **({"windows": record.frames} if name == ST else {}),
    }


class Windows(Moments):
    """Records the window and the answers for some images."""

    def __init__(self, file: Path, images: Tensor):
        super().__init__(file, MOMENTS, self.windows)
        self.images = images

    def windows(self, network: NumberSTCNN) -> Row:
        shares, answers = network(self.images).softmax(2).max(2)
        return {
            "theta": rounded(network.transformer.theta(self.images), 4),
            "answers": answers.tolist(),
            "shares": rounded(shares, 3),
        }


def measure_weights(name: str, network: nn.Module, path: Path, held_out: Any) -> Row:
    """Store weights with their error; return it, and what 8 bits change."""
    seed = READER.config.seed
    found, coarse, changed = store_and_measure(
        network, path, lambda network: READER.measure_errors(name, network, held_out), held_out.images.split(100),
        command="python -m experiments house_numbers reader", seed=seed,
        config={**settings(argparse.Namespace())["config"], "seed": seed}, hold_out="test",
    )  # fmt: skip
    return {
        **found,
        "in_8_bits": {
            "error_percent": coarse["error_percent"], "wrong": coarse["wrong"], "numbers_changed": changed,
            "n": len(held_out.images),
        },
    }  # fmt: skip


def row_line(row: Row) -> str:
    """One row of the table."""
    coarse = row["in_8_bits"]
    whole = line({**row, "data": DATA, "seed": READER.config.seed})
    return f"{whole} {coarse['error_percent']:.1f} | {coarse['numbers_changed']} of {coarse['n']:,} |"


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown."""
    head = (
        "| digits | network | seed | numbers wrong, % (95 %) | places wrong, % | outside, % | million multiply-adds | "
        "parameters | s | wrong in 8 bits, % | numbers that 8 bits change |"
    )
    return "\n".join([head, "|---" * 11 + "|", *map(row_line, record["runs"])])


EXPERIMENT = Experiment(
    ("network",), rows, measure, report, settings, line=row_line, steps=lambda row, options: READER.config.steps
)
