"""Train the paper's networks on SVHN's house numbers: Table 2 of the paper, with no, one or four spatial transformers.

The recipe is the paper's: 400,000 steps of 128 images, SGD, a learning rate of 0.01 that is divided by 10 every 80,000
steps, a tenth of it for the localisation networks, weight decay 0.0005, dropout 0.5. The paper does not say which momentum,
which images are held out for validation, or what is done to the pixels; here momentum is 0.9, 5,000 images of the training
part are drawn for validation and never trained on, and each image's mean is subtracted. There is no augmentation: the paper
reports none. `stn_lib.models.SVHNNetwork` and `stn_lib.data.load_svhn` say what else is open.

An image counts as wrong if any digit of its number, or its length, is wrong.
"""

import argparse
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.common import error, run_row
from experiments.experiment import Experiment, Job
from experiments.networks import seeded
from experiments.record import Row
from stn_lib.data.digit_struct import NO_DIGIT
from stn_lib.data.svhn import EXPANDED, SVHNPart, load_svhn, svhn_batch
from stn_lib.models import SVHNNetwork
from stn_lib.models.svhn import TRANSFORMERS, wrong_places
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit

#: Sequence error in per cent, by the side of the image and the transformers.
PAPER = {
    (64, "none"): 4.0, (64, "single"): 3.7, (64, "multi"): 3.6,
    (128, "none"): 5.6, (128, "single"): 3.9, (128, "multi"): 3.9,
}  # fmt: skip
BATCH, VALIDATION = 128, 5_000
NETWORK: dict[str, Any] = {}  # arguments of `SVHNNetwork`; the paper's network has the defaults


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that decide every row."""
    return {"hold_out": options.hold_out, "precision": options.precision, "steps": options.steps, "batch_size": BATCH}


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each size of image, network and seed."""
    return [
        {"size": size, "transformers": transformers, "seed": seed}
        for seed in range(options.seeds)
        for size in EXPANDED
        for transformers in TRANSFORMERS
    ]


def config_of(row: Row, options: argparse.Namespace) -> FitConfig:
    """Return how the network of a row is trained."""
    return FitConfig(
        seed=row["seed"], steps=options.steps, batch_size=BATCH, lr=0.01, localization_lr_factor=0.1, optimizer="sgd",
        momentum=0.9, schedule="steps", decay_every=max(options.steps // 5, 1), weight_decay=5e-4, label_smoothing=0.0,
        precision=options.precision, device=options.device,
    )  # fmt: skip


class Numbers(NamedTuple):
    """Some images of one or several parts of SVHN: those of an index, in which the parts follow each other."""

    parts: list[SVHNPart]
    index: Tensor

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Return the images and labels of some positions of the index."""
        return svhn_batch(self.parts, self.index[chosen])


def load(size: int, hold_out: str) -> tuple[Numbers, Numbers]:
    """Load training and held-out images; the validation images are left out of the training images in any case."""
    train, extra = parts = [load_svhn(part, size) for part in ("train", "extra")]
    order = torch.randperm(len(train.labels), generator=torch.Generator().manual_seed(0))
    trained_on = torch.cat([order[VALIDATION:], len(order) + torch.arange(len(extra.labels))])
    if hold_out == "validation":
        return Numbers(parts, trained_on), Numbers(parts, order[:VALIDATION])
    test = load_svhn("test", size)
    return Numbers(parts, trained_on), Numbers([test], torch.arange(len(test.labels)))


def prepare(job: Job) -> None:
    """Make the crops that all rows need, before several processes want them."""
    for size in EXPANDED:
        for part in ("train", "extra", "test"):
            load_svhn(part, size)


def measure(row: Row, job: Job) -> Row:
    """Train one network, and measure it once on the held-out images."""
    size, transformers = row["size"], row["transformers"]
    config = config_of(row, job.options)
    train, held_out = load(size, job.options.hold_out)
    network = seeded(lambda: SVHNNetwork(transformers, (size, size), **NETWORK), config.seed)
    count = len(train.index)
    about = {"run": f"svhn {size} {transformers}", "images": count, "hold_out": job.options.hold_out}

    def batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return train.batch(torch.randint(count, (config.batch_size,), generator=generator))

    result = fit(
        network, batches, sequence_loss, config, about=about, out=job.folder, checkpoint_every=1000, stop=job.stop,
        progress=job.progress,
    )  # fmt: skip
    return run_row(network, config, about, result, **errors(network, held_out), paper=PAPER[size, transformers])


def sequence_loss(network: nn.Module, images: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The sum of the five places' cross-entropies, averaged over the images; it also logs the error in the batch."""
    logits = network(images).float()
    wrong = 100 * wrong_places(logits, labels).any(1).float().mean()
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum") / len(labels), {
        "batch_error": wrong
    }


def errors(network: nn.Module, held_out: Numbers) -> Row:
    """Measure the sequence error, that of single digits, and the sequence error by the length of the number."""
    device = next(network.parameters()).device
    wrong, labels = [], []
    with torch.inference_mode():
        for chosen in torch.arange(len(held_out.index)).split(BATCH):
            images, expected = held_out.batch(chosen)
            wrong.append(wrong_places(network(images.to(device)).cpu(), expected))
            labels.append(expected)
    wrong, labels = torch.cat(wrong), torch.cat(labels)
    is_digit, length = labels != NO_DIGIT, (labels != NO_DIGIT).sum(1)
    misread = wrong.any(1)
    return {
        **error(int(misread.sum()), len(labels)),
        "digit_error_percent": round(100 * float(wrong[is_digit].double().mean()), 2),
        "wrong_by_length": {
            str(k): [int(misread[length == k].sum()), int((length == k).sum())] for k in range(1, labels.shape[1] + 1)
        },
    }


def report(record: dict[str, Any]) -> str:
    """The rows in Markdown, with the paper's numbers."""
    lines = [
        "| px | transformers | seed | sequence error, % (95 %) | in the paper, % | digit error, % |",
        "|---" * 6 + "|",
    ]
    for row in record["runs"]:
        low, high = row["interval_percent"]
        lines.append(
            f"| {row['size']} | {row['transformers']} | {row['seed']} | {row['error_percent']:.2f} ({low:.2f} to {high:.2f}) "
            f"| {row['paper']} | {row['digit_error_percent']:.2f} |"
        )
    return "\n".join(lines)


EXPERIMENT = Experiment(
    ("size", "transformers", "seed"), rows, measure, report, settings, prepare=prepare,
    steps=lambda row, options: options.steps,
)  # fmt: skip
