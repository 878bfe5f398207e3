"""Co-localisation: a transformer learns to frame what images have in common, without their boxes."""

import argparse
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from experiments.appendix.common import line, report, run_row
from experiments.appendix.encoder import Encoder, train_encoder
from experiments.appendix.localizer import Localizer
from experiments.appendix.scenes import (
    BLUR,
    CROP,
    DISTORTIONS,
    IMAGES,
    LARGEST,
    SIDE,
    SMALLEST,
    boxes,
    common_set,
    sample,
    shown,
    soften,
    window,
    windows,
)
from experiments.appendix.triplet import iou, random_patches, triplet_loss
from experiments.experiment import Experiment, Job
from experiments.networks import seeded
from experiments.record import Row
from stn_lib.data import DigitsSplit, distort, load_dataset
from stn_lib.data.batches import HELD_OUT_SEED
from stn_lib.metrics import error_interval
from stn_lib.spatial_transformer import SpatialTransformer
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import FitResult, fit

STEPS, BATCH, LR = 2400, 32, 1e-2
#: How often to train: at least, and, while every attempt has failed, at most. An attempt that found the digits leaves a
#: loss of 0.3 to 0.6; one that leaves more than `FAILED_LOSS` is near the margin 1, where crops are no more alike than
#: patches.
ATTEMPTS, FAILED_LOSS = (3, 9), 0.75
#: Share of digits found, in per cent: (lowest, highest) over the ten classes.
PAPER = {"T": (100, 100), "TC": (75, 94)}

#: Patches' half-sides (None: their window's own), and the share of the steps with them. Against patches of 28 x 28 pixels
#: descent finds the digits, in windows up to twice as wide, which differ from a patch by their size alone; against patches
#: as large as the window only those that fit are unlike. From the start on, windows may flee them.
STAGES = ((CROP / SIDE, 0.75), (None, 0.25))

#: Runs by name: the distortion, and the digit's class.
RUNS = {f"{kind} {label}": (kind, label) for kind in DISTORTIONS for label in range(10)}


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What decides every row."""
    return {
        "steps": STEPS, "batch_size": BATCH, "lr": LR, "tries": ATTEMPTS, "lost": FAILED_LOSS,
        "hold_out": options.hold_out,
    }  # fmt: skip


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each distortion, class and seed."""
    return [{"run": name, "seed": seed} for seed in range(options.seeds) for name in RUNS]


def config_of(row: Row) -> FitConfig:
    """How the first attempt of a row is trained."""
    return FitConfig(seed=row["seed"], steps=STEPS, batch_size=BATCH, lr=LR, localization_lr_factor=1.0)


def prepare(job: Job) -> Encoder:
    """Load MNIST, and train the encoder, or load it: all rows share it."""
    split = load_dataset("mnist", job.options.hold_out)
    folder = job.options.runs / f"encoder-{job.options.hold_out}"
    return train_encoder(split, out=folder, stop=job.stop, progress=job.progress)


def measure(row: Row, job: Job) -> Row:
    """Let a transformer find a class of digits on 100 images of MNIST."""
    split = load_dataset("mnist", job.options.hold_out)
    return find_and_measure(row["run"], config_of(row), split, prepare(job), job)[0]


def find_and_measure(
    name: str, config: FitConfig, split: DigitsSplit, encoder: Encoder, job: Job, attempts: tuple[int, int] = ATTEMPTS
) -> tuple[Row, SpatialTransformer]:
    """Train a transformer on what 100 images have in common, and count where it found the digit.

    As in the paper, it is measured on the images that it was trained on: it never sees where the digit is, and to find
    it there is the task. Its hits on new images, of held-out digits, are measured as well.

    Returns:
        The measured part of the row: ``hit_percent`` of ``n`` images and its 95 % ``interval_percent``;
        ``start_percent``, the same before training; ``attempts``, the seed of each attempt and the loss and hits that
        it left, and ``kept``, the one that is reported; ``boxes_loss``, the loss of windows on the true boxes, which
        separates a failed optimisation from an uninformative loss; ``held_out_percent``, ``held_out_interval_percent``,
        ``held_out_n``; ``window``, the one on the image of `scenes.shown`; ``seconds`` and ``pictures`` of all
        attempts. And the network that was kept, in evaluation mode.

    Raises:
        ValueError: for a batch size or numbers of attempts out of range.

    Source: Jaderberg et al. 2015, appendix A.2.
    """
    if not 2 <= config.batch_size <= IMAGES:
        raise ValueError(f"expected a batch_size from 2 to {IMAGES}, the number of images, got {config.batch_size}")
    kind, label = RUNS[name]
    images, truth = common_set(split, label, kind, generator=torch.Generator().manual_seed(config.seed))
    images = soften(images)
    about = {
        "run": f"co-localisation {name}", "digits": len(split.train_images), "encoder": encoder.fingerprint(),
        "stages": [list(stage) for stage in STAGES], "half_sides": [SMALLEST, LARGEST], "blur": BLUR,
        "hold_out": job.options.hold_out,
    }  # fmt: skip
    found = search(images, truth, encoder, config, about, job, attempts)
    start = count_hits(thetas(seeded(Localizer, config.seed).eval(), images), truth)
    row = run_row(
        found.network, config, about, found.result,
        **_hits("hit_percent", "interval_percent", "n", found.hits, IMAGES),
        start_percent=round(100 * start / IMAGES, 2), attempts=found.attempts, kept=found.kept,
        boxes_loss=remaining_loss(_windows_on(truth), encoder, images), **_unseen(found.network, split, kind, label),
        paper=list(PAPER[kind]),
        window=[round(x, 4) for x in windows(thetas(found.network, soften(shown(label, kind)[0])))[0].tolist()],
    )  # fmt: skip
    return row | {"pictures": len(found.attempts) * row["pictures"]}, found.network


class Search(NamedTuple):
    """The attempt that left the smallest loss, with the seconds of all, and what each attempt left."""

    network: SpatialTransformer
    hits: int
    result: FitResult
    kept: int
    attempts: list[dict[str, Any]]


def search(
    images: Tensor,
    truth: Tensor,
    encoder: Encoder,
    config: FitConfig,
    about: dict[str, Any],
    job: Job,
    attempts: tuple[int, int],
) -> Search:
    """Train several times from other first weights, and keep the network that leaves the smallest loss.

    Convention:
        Training may end with windows that flee the digits. The loss knows no box, so choosing by it uses no knowledge of
        where the digits are. For the same reason there are more attempts while none has left less than `FAILED_LOSS`.
        `truth` only counts the hits.
    """
    least, most = attempts
    if not 1 <= least <= most:
        raise ValueError(f"expected attempts (at least, at most), from 1 up, got {attempts}")
    seconds, smallest, kept, notes = 0.0, float("inf"), None, []
    for k in range(most):
        if k >= least and smallest < FAILED_LOSS:
            break
        # Seeds that no row of another seed has, up to a thousand seeds.
        own = replace(config, seed=config.seed + 1000 * k)
        network, result = train_localizer(images, encoder, own, about, replace(job, folder=job.folder / str(k)))
        seconds += result.seconds
        theta = thetas(network, images)
        loss, hits = remaining_loss(theta, encoder, images), count_hits(theta, truth)
        notes.append({"seed": own.seed, "loss": loss, "hit_percent": round(100 * hits / IMAGES, 2)})
        if kept is None or loss < smallest:
            smallest, kept = loss, (network, hits, result, k)
    network, hits, result, k = kept
    return Search(network, hits, result._replace(seconds=seconds), k, notes)


def train_localizer(
    images: Tensor, encoder: Encoder, config: FitConfig, about: dict[str, Any], job: Job
) -> tuple[SpatialTransformer, FitResult]:
    """One attempt: a localiser trained through all `STAGES`.

    Convention:
        A batch is some of the images; a new random patch is sampled from each, of the size that `STAGES` says, at any
        place with equal probability, the digit's own included. Positives and negatives: see `triplet_loss`.
    """
    network = seeded(Localizer, config.seed)

    def batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = images[torch.randperm(len(images), generator=generator)[: config.batch_size]]
        return chosen, 2 * torch.rand(config.batch_size, 2, generator=generator) - 1

    seconds, history = 0.0, []
    for stage, (size, share) in enumerate(STAGES):

        def loss(network: SpatialTransformer, chosen: Tensor, places: Tensor, size: float | None = size) -> Tensor:
            return crop_loss(network.theta(chosen), encoder, chosen, places, size)

        own = replace(config, steps=max(1, round(share * config.steps)))
        result = fit(
            network, batches, loss, own, about={**about, "stage": stage}, out=job.folder / str(stage), stop=job.stop,
            progress=job.progress,
        )  # fmt: skip
        before = history[-1]["step"] if history else 0
        history += [{**point, "step": point["step"] + before} for point in result.history]
        seconds += result.seconds
    return network, FitResult(history, seconds)


def crop_loss(theta: Tensor, encoder: Encoder, images: Tensor, places: Tensor, size: float | None = None) -> Tensor:
    """The triplet loss of windows theta against patches at the given places."""
    crops, patches = (sample(images, where) for where in (theta, random_patches(theta, places, size)))
    return triplet_loss(encoder(crops), encoder(patches))


@torch.no_grad()
def remaining_loss(theta: Tensor, encoder: Encoder, images: Tensor) -> float:
    """The loss of windows over all images, against patches of their own size at places that never change."""
    frozen = torch.Generator().manual_seed(HELD_OUT_SEED)
    return crop_loss(theta, encoder, images, 2 * torch.rand(len(images), 2, generator=frozen) - 1).item()


@torch.no_grad()
def thetas(network: SpatialTransformer, images: Tensor) -> Tensor:
    """The windows of a network on images."""
    return network.theta(images)


def count_hits(theta: Tensor, truth: Tensor) -> int:
    """How many windows have an IoU above 0.5 with the true boxes (N, 4)."""
    return int((iou(windows(theta), truth) > 0.5).sum())


def _windows_on(truth: Tensor) -> Tensor:
    """Windows on the true boxes."""
    half = (truth[:, 2:3] - truth[:, :1]) / 2
    return window(half, truth[:, :2] + half)


def _unseen(network: SpatialTransformer, split: DigitsSplit, kind: str, label: int) -> Row:
    """The hits on images of held-out digits."""
    digits = split.test_images[split.test_labels == label]
    frozen = torch.Generator().manual_seed(HELD_OUT_SEED)
    images, theta = distort(digits, DISTORTIONS[kind], generator=frozen, others=split.test_images)
    hits = count_hits(thetas(network, soften(images)), boxes(theta))
    return _hits("held_out_percent", "held_out_interval_percent", "held_out_n", hits, len(digits))


def _hits(percent: str, interval: str, n: str, hits: int, count: int) -> Row:
    """Hits in per cent with their 95 % interval, under these names."""
    return {
        percent: round(100 * hits / count, 2), n: count, interval: [round(x, 2) for x in error_interval(hits, count)]
    }  # fmt: skip


EXPERIMENT = Experiment(("run", "seed"), rows, measure, report, settings, line=line, prepare=prepare)
