"""MNIST addition: two distorted digits in two channels, one answer, their sum."""

import argparse
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.common import error, line, report, run_row
from experiments.experiment import Experiment, Job
from experiments.networks import seeded
from experiments.record import Row
from stn_lib import _validate
from stn_lib.data import DigitsSplit, held_out_set, load_dataset, training_batch
from stn_lib.data.batches import HELD_OUT_SEED
from stn_lib.localization import FullyConnectedLocalization
from stn_lib.models import count_parameters
from stn_lib.models.table1 import BUDGET, convolutional, fully_connected, within
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit

SIDE = 42  # of an image, as the distortion RTS makes it
SUMS = 19  # 0 + 0 to 9 + 9
SEEN = 28  # side of a transformer's output, as that of an undistorted digit
TRANSFORMERS = {"fcn": 0, "cnn": 0, "st-fcn": 1, "2xst-fcn": 2}

#: Error in per cent, by model and transform; for the single transformer the best of three, whose transform it does not name.
PAPER = {
    ("fcn", None): 47.7, ("cnn", None): 14.7, ("st-fcn", "affine"): 18.5, ("2xst-fcn", "affine"): 9.0,
    ("2xst-fcn", "projective"): 5.9, ("2xst-fcn", "tps"): 5.8,
}  # fmt: skip


def addition_batch(split: DigitsSplit, size: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw pairs of training digits, distort each independently (RTS), and add their labels.

    Args:
        split: the digits.
        size: how many pairs.
        generator: the source of all randomness.

    Returns:
        Images (size, 2, 42, 42), one digit in each channel, and the sums (size,), from 0 to 18.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> images, sums = addition_batch(load_digits_split(), 8, generator=torch.Generator().manual_seed(0))
        >>> tuple(images.shape), tuple(sums.shape)
        ((8, 2, 42, 42), (8,))

    Source: Jaderberg et al. 2015, appendix A.1.
    Chapter: appendix
    """
    (a, of_a), (b, of_b) = (training_batch(split, "RTS", size, generator=generator) for _ in range(2))
    return torch.cat([a, b], dim=1), of_a + of_b


def addition_held_out(split: DigitsSplit) -> tuple[Tensor, Tensor]:
    """The held-out digits in pairs that never change: each digit is once in each channel.

    Convention:
        The first channel is that of `stn_lib.data.held_out_set`; the second holds the same digits in another order,
        distorted again.

    Returns:
        Images (N, 2, 42, 42) and sums (N,), N the number of held-out digits.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> tuple(addition_held_out(load_digits_split())[0].shape)
        (445, 2, 42, 42)

    Source: Jaderberg et al. 2015, appendix A.1.
    Chapter: appendix
    """
    n = len(split.test_images)
    twice = held_out_set(split, "RTS", copies=2)
    other = n + torch.randperm(n, generator=torch.Generator().manual_seed(HELD_OUT_SEED))
    images = torch.cat([twice.images[:n], twice.images[other]], dim=1)
    return images, twice.labels[:n] + twice.labels[other]


class AdditionNetwork(nn.Module):
    """Maps two channels to logits of the 19 sums; ``transformers``, if any, and ``classifier``.

    Convention:
        Every transformer sees both channels and warps both by one theta; their outputs are concatenated by channel, so
        that two of them give four. All networks have `stn_lib.models.table1.BUDGET` parameters. The fully connected
        networks have two hidden layers, and localisation networks of three layers of 32 hidden units, as the paper's; without
        a transformer, images are averaged over 2 x 2 pixels. Each layer is followed by a batch norm.

    Args:
        model: ``"fcn"``, fully connected; ``"cnn"``, convolutional; ``"st-fcn"`` and ``"2xst-fcn"``, fully connected
            behind one or two transformers side by side.
        transform: of the transformers, a name in `stn_lib.spatial_transformer.TRANSFORMS`; None where there is none.

    Raises:
        ValueError: for an unknown model or transform; for a transform without a transformer, or a missing one.

    Example:
        >>> net = AdditionNetwork("2xst-fcn", "tps")
        >>> tuple(net.straightened(torch.zeros(5, 2, 42, 42)).shape), tuple(net(torch.zeros(5, 2, 42, 42)).shape)
        ((5, 4, 28, 28), (5, 19))

    Source: Jaderberg et al. 2015, appendix A.1 and A.4.
    Chapter: appendix
    """

    def __init__(self, model: str = "2xst-fcn", transform: str | None = "affine"):
        super().__init__()
        _validate.one_of("model", model, list(TRANSFORMERS))
        if TRANSFORMERS[model] and transform not in TRANSFORMS:
            raise ValueError(f"expected transform in {sorted(TRANSFORMS)} for {model!r}, got {transform!r}")
        if not TRANSFORMERS[model] and transform is not None:
            raise ValueError(f"expected transform None for {model!r}, which has no transformer, got {transform!r}")
        self.transformers = nn.ModuleList(_transformer(transform) for _ in range(TRANSFORMERS[model]))
        left = BUDGET - count_parameters(self.transformers)
        size = (SEEN, SEEN) if transform else (SIDE, SIDE)
        make = convolutional if model == "cnn" else fully_connected
        self.classifier = within(left, lambda hidden: make(size, hidden, SUMS, 2 * max(TRANSFORMERS[model], 1)))

    def straightened(self, images: Tensor) -> Tensor:
        """The classifier's input: (N, 2, 42, 42) unchanged, or (N, 2 T, 28, 28) from T transformers."""
        if not len(self.transformers):
            return images
        return torch.cat([transformer(images) for transformer in self.transformers], dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, 19) of images (N, 2, 42, 42)."""
        if images.shape[1:] != (2, SIDE, SIDE):
            raise ValueError(f"expected images of shape (N, 2, {SIDE}, {SIDE}), got {_validate.shape_of(images)}")
        return self.classifier(self.straightened(images))


def _transformer(transform: str) -> SpatialTransformer:
    numbers = len(TRANSFORMS[transform].identity)
    localization = FullyConnectedLocalization((SIDE, SIDE), 2, numbers, pool=2)
    return SpatialTransformer(localization, (SEEN, SEEN), transform)


#: Steps of each model, five to twenty minutes: a fully connected step costs a fraction of a convolutional one.
STEPS = {"fcn": 24000, "cnn": 6000, "st-fcn": 24000, "2xst-fcn": 24000}
BATCH, LR = 256, 1e-2

#: (model, transform) by the name of a run.
RUNS = {model if transform is None else f"{model} {transform}": (model, transform) for model, transform in PAPER}


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What decides every row."""
    return {"steps": STEPS, "batch_size": BATCH, "lr": LR, "hold_out": options.hold_out}


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each network and seed."""
    return [{"run": name, "seed": seed} for seed in range(options.seeds) for name in RUNS]


def config_of(row: Row) -> FitConfig:
    """How the network of a row is trained."""
    model, _ = RUNS[row["run"]]
    return FitConfig(seed=row["seed"], steps=STEPS[model], batch_size=BATCH, lr=LR, precision="bfloat16")


def measure(row: Row, job: Job) -> Row:
    """Train one network on MNIST, and measure it once on held-out pairs."""
    split = load_dataset("mnist", job.options.hold_out)
    return train_and_measure(row["run"], config_of(row), split, job)[0]


def train_and_measure(name: str, config: FitConfig, split: DigitsSplit, job: Job) -> tuple[Row, AdditionNetwork]:
    """Train the network of a name in `RUNS` to add two digits, and measure its error on held-out pairs.

    Returns:
        The measured part of the row, and the network, in evaluation mode.

    Source: Jaderberg et al. 2015, appendix A.1.
    """
    model, transform = RUNS[name]
    network = seeded(lambda: AdditionNetwork(model, transform), config.seed)
    about = {"run": f"addition {name}", "digits": len(split.train_images), "hold_out": job.options.hold_out}

    def batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return addition_batch(split, config.batch_size, generator=generator)

    def loss(network: nn.Module, images: Tensor, sums: Tensor) -> Tensor:
        return F.cross_entropy(network(images).float(), sums, label_smoothing=config.label_smoothing)

    result = fit(
        network, batches, loss, config, about=about, out=job.folder, checkpoint_every=500, stop=job.stop,
        progress=job.progress,
    )  # fmt: skip
    images, sums = addition_held_out(split)
    with torch.inference_mode():
        answers = torch.cat([network(part).argmax(1) for part in images.split(500)])
    measured = error(int((answers != sums).sum()), len(sums))
    return run_row(network, config, about, result, **measured, paper=PAPER[model, transform]), network


EXPERIMENT = Experiment(
    ("run", "seed"), rows, measure, report, settings, line=line, steps=lambda row, options: config_of(row).steps,
    prepare=lambda job: load_dataset("mnist", job.options.hold_out),
)  # fmt: skip
