"""What the transformer of the ST-CNN gains on TC: antialiasing, or looking.

The classifier behind the transformer sees the frame of 60 x 60 pixels at 28 x 28 points. At the identity, bilinear
sampling then skips pixels; at (28/30) I it is exactly a mean over 2 x 2 pixels. The variants separate the two effects:
theta fixed at either, learnt with and without antialiasing, and a window that can only zoom in. All networks have the
same number of weights and, with one seed, see the same images. Measured on the validation digits of MNIST, because the
network of Table 1's TC column was chosen here.
"""

import argparse
from dataclasses import replace
from statistics import fmean
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from experiments.experiment import Experiment, Job
from experiments.record import Row, shared_config
from experiments.table1.cells import ANYWHERE, Cell, table1_config
from experiments.table1.experiment import answers, prepare
from experiments.table1.statistics import wrong
from experiments.table1.window import window_summary
from stn_lib.data import load_dataset
from stn_lib.grid import affine_grid
from stn_lib.metrics import paired_bootstrap
from stn_lib.models import Table1Network, count_parameters
from stn_lib.spatial_transformer import Transform
from stn_lib.training import TrainConfig, evaluate, record
from stn_lib.training.fit import fit
from stn_lib.training.runs import classification_loss, held_out, training_batches

IMAGES = 4_000_000  # that each network trains on
MEAN_POOL = 28 / 30  # the scale at which bilinear sampling from 60 to 28 pixels is a mean over 2 x 2 pixels
SMALLEST = 0.4  # of the bounded window: 24 pixels, so that a digit fits


def bounded_window(parameters: Tensor) -> Tensor:
    """The theta of a square window inside the image, between `SMALLEST` and the whole side; (N, 3) to (N, 2, 3).

    Example:
        >>> [round(x, 4) for x in bounded_window(torch.zeros(1, 3)).flatten().tolist()]
        [0.9333, 0.0, 0.0, 0.0, 0.9333, 0.0]
    """
    start = torch.logit(torch.tensor((MEAN_POOL - SMALLEST) / (1 - SMALLEST)))
    scale = SMALLEST + (1 - SMALLEST) * torch.sigmoid(parameters[:, 0] + start)
    x, y = ((1 - scale) * torch.tanh(parameters[:, k]) for k in (1, 2))
    zero = torch.zeros_like(scale)
    return torch.stack([scale, zero, x, zero, scale, y], 1).view(-1, 2, 3)


class Variant(NamedTuple):
    """One network of the study.

    Args:
        text: in the report.
        options: of `Table1Network`, besides classifier and image size.
        learns: whether theta is learnt.
        scale: at which a fixed theta is held.
        rate: the learning rate of the localisation network, as a share of the classifier's.
    """

    text: str
    options: dict[str, Any]
    learns: bool = True
    scale: float = 1.0
    rate: float = 0.25


ST = {"transform": "affine"}
VARIANTS = {
    "cnn": Variant("no transformer, all 60 x 60 pixels", {}, learns=False),
    "pooled cnn": Variant("no transformer, mean over 2 x 2 pixels", {"pool": 2}, learns=False),
    "fixed identity": Variant("theta fixed at the identity, 60 to 28", ST, learns=False),
    "fixed 28/30": Variant("theta fixed at 28/30, a mean over 2 x 2", ST, learns=False, scale=MEAN_POOL),
    "learnt": Variant("theta learnt, 60 to 28", ST),
    "antialiased": Variant("theta learnt, mean of 2 x 2 samples", {**ST, "samples": 2}),
    "pooled": Variant("theta learnt, 60 to 60, mean over 2 x 2 behind it", {**ST, "crop": 60, "pool": 2}),
    "bounded": Variant("a window that only zooms in, started at 28/30", {"transform": "bounded"}),
}


def build(variant: Variant, config: TrainConfig) -> nn.Module:
    """The network of a variant, its first weights decided by the seed."""
    options = dict(variant.options)
    if options.get("transform") == "bounded":
        options["transform"] = Transform((0, 0, 0), bounded_window, affine_grid)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = Table1Network("cnn", in_size=config.recipe.out_size, **options)
    if variant.scale != 1:
        with torch.no_grad():
            network.transformer.localization[-1].bias.mul_(variant.scale)
        network.transformer._start = ()  # not the identity on purpose
    return network


def config_of(name: str, seed: int, options: argparse.Namespace) -> TrainConfig:
    """The run of a variant."""
    variant = VARIANTS[name]
    cell = Cell("tc", "st-cnn-affine" if "transform" in variant.options else "cnn")
    config = table1_config(cell, seed, hold_out="validation", device=options.device, precision=options.precision)
    rate = variant.rate if variant.learns else 0.0
    samples = variant.options.get("samples", 1)
    return replace(config, steps=IMAGES // config.batch_size, localization_lr_factor=rate, samples=samples)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What the variants share."""
    config = config_of("learnt", 0, options)
    return {
        "config": shared_config(config, "seed", "localization_lr_factor", "samples", *ANYWHERE),
        "smallest": SMALLEST,
    }


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each variant and seed, seed after seed.

    Raises:
        ValueError: for an unknown variant.
    """
    names = options.variants or list(VARIANTS)
    for name in names:
        if name not in VARIANTS:
            raise ValueError(f"expected variants of {', '.join(map(repr, VARIANTS))}, got {name!r}")
    return [{"variant": name, "seed": seed} for seed in range(options.seeds) for name in names]


def measure(row: Row, job: Job) -> Row:
    """Train one network, and measure it on the validation digits."""
    variant, config = VARIANTS[row["variant"]], config_of(row["variant"], row["seed"], job.options)
    made_by = record.provenance(config)
    model, split = build(variant, config), load_dataset(config.dataset, config.hold_out)
    result = fit(
        model, training_batches(config, split), classification_loss(config), config, about={"variant": row["variant"]},
        out=job.folder, checkpoint_every=500, stop=job.stop, progress=job.progress,
    )  # fmt: skip
    digits = held_out(config)
    found = evaluate(model, digits)
    return {
        "seconds": round(result.seconds, 1),
        **{name: made_by[name] for name in ("device", "precision")},
        "parameters": count_parameters(model),
        **record.error_summary(found),
        **answers(found),
        "window": window_summary(model, split, digits) if hasattr(model, "transformer") else None,
        "curve": record.downsample(result.history, record.CURVE_POINTS, ("loss", "batch_error")),
    }


def line(row: Row) -> str:
    """One error, and the window behind it."""
    window = row["window"]
    sees = (
        f", window {window['scale'][0]:.2f}, holds {100 * window['digit_inside']:.1f} % of the digit" if window else ""
    )
    return f"{row['variant']:16s} seed {row['seed']}: {row['error_percent']:.2f} %{sees}"


#: What is compared: the second variant less the first one.
QUESTIONS: dict[str, tuple[str, str]] = {
    "antialiasing, without looking": ("fixed identity", "fixed 28/30"),
    "looking, with aliasing": ("fixed identity", "learnt"),
    "looking, without aliasing": ("fixed 28/30", "antialiased"),
    "looking, or a mean over 2 x 2": ("fixed 28/30", "learnt"),
    "antialiasing, with looking": ("learnt", "antialiased"),
    "pooling behind, as the paper": ("learnt", "pooled"),
    "only zooming in": ("learnt", "bounded"),
    "the best against the CNN": ("cnn", "antialiased"),
}


def report(content: dict[str, Any]) -> str:
    """A line for each variant, and what separates them."""
    runs: dict[str, dict[int, Row]] = {}
    for row in content["runs"]:
        runs.setdefault(row["variant"], {})[row["seed"]] = row
    lines = [f"{'validation error, %':52s}{'mean':>6s}{'seeds':>24s}{'train':>7s}{'window':>8s}{'digit':>7s}"]
    for name, variant in VARIANTS.items():
        if name in runs:
            own = list(runs[name].values())
            lines.append(f"{variant.text:52s}" + _figures(own))
    lines += [
        "",
        f"change of the error in percentage points ({len(QUESTIONS)} questions; 95 % interval for other digits, with several "
        "seeds for other seeds, too; not corrected for their number)",
    ]
    for question, (first, second) in QUESTIONS.items():
        seeds = [seed for seed in runs.get(first, {}) if seed in runs.get(second, {})]
        if seeds:
            pair = ([wrong(runs[name][seed]) for seed in seeds] for name in (second, first))
            found = paired_bootstrap(*pair)
            low, high = found.interval
            lines.append(
                f"{question:32s}{found.points:+6.2f} ({low:+.2f} to {high:+.2f}), {len(seeds)} seed{'s' * (len(seeds) > 1)}"
            )
    return "\n".join(lines)


def _figures(own: list[Row]) -> str:
    errors = [row["error_percent"] for row in own]
    train = fmean([row["curve"][-1]["batch_error"] for row in own])
    text = f"{fmean(errors):6.2f}{', '.join(f'{error:.2f}' for error in errors):>24s}{train:7.2f}"
    windows = [row["window"] for row in own if row["window"]]
    if windows:
        text += f"{fmean([window['scale'][0] for window in windows]):8.2f}"
        text += f"{100 * fmean([window['digit_inside'] for window in windows]):6.1f}%"
    return text


EXPERIMENT = Experiment(
    ("variant", "seed"), rows, measure, report, settings, line=line,
    prepare=prepare,
    steps=lambda row, options: config_of(row["variant"], row["seed"], options).steps,
)  # fmt: skip
