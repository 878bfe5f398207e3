"""Everything that decides a training run, as plain values. Imports no torch: the command line reads this for its help."""

import dataclasses
import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stn_lib._registry import look_up
from stn_lib.data.datasets import DATASETS
from stn_lib.data.distortions import DISTORTIONS, Distortion

#: The models of each size: those of the live chapter, those of the cover, and those of the paper's Table 1.
MODELS = {
    "small": ("cnn", "pooling-cnn", "st-cnn"),
    "cover": ("cnn", "st-cnn"),
    "table1": ("cnn", "fcn", "st-cnn", "st-fcn"),
}
OPTIMIZERS = ("adamw", "sgd")
SCHEDULES = ("one-cycle", "constant", "steps")
PRECISIONS = ("float32", "bfloat16")
DEVICES = ("auto", "cpu", "cuda", "mps")
MACHINE = ("device", "threads")  # a run may resume with other values of these
RUNS = Path("runs")
MAX_THREADS = 1024  # many more crash torch
MAX_SAMPLES = 8  # the memory grows with the square
LARGE = 1_000_000  # no training needs a larger factor, and float32 overflows at 1e38


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How `stn_lib.training.fit` trains any network on any batches.

    Convention:
        Two runs of one config on one machine give the same bits. On a GPU they agree up to rounding, because a GPU adds
        numbers in no fixed order.

    Args:
        seed: decides the first weights, the batches and the masks of dropout.
        steps: number of batches.
        batch_size: images in a batch.
        lr: highest learning rate.
        localization_lr_factor: the learning rate of localisation networks, as a multiple of lr. A localisation network
            must not learn faster than the classifier behind it.
        optimizer: adamw or sgd.
        momentum: of sgd.
        schedule: one-cycle (rises to lr over the first quarter of the run, then falls to 0), constant, or steps (a tenth
            of the rate before, after every decay_every steps).
        decay_every: of the schedule steps; 0 with the others.
        weight_decay: of the optimizer.
        label_smoothing: of the cross-entropy.
        precision: float32, or bfloat16 for convolutions and matrix products. A device that is not known to compute with
            bfloat16 uses float32: emulation takes several times as long. Weights, grids and the measured error stay in
            float32.
        device: cpu, cuda, mps, or auto for the fastest available. Training images are the same on every device.
        threads: torch's threads; 0 keeps torch's own number. One thread gives the same bits on most machines.
        evaluate_every: steps between measurements on the held-out images; 0 for none. `train` always measures at the end.

    Chapter: 7
    """

    seed: int = 0
    steps: int = 500
    batch_size: int = 128
    lr: float = 4e-3
    localization_lr_factor: float = 0.25
    optimizer: str = "adamw"
    momentum: float = 0.0
    schedule: str = "one-cycle"
    decay_every: int = 0
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    precision: str = "float32"
    device: str = "cpu"
    threads: int = 1
    evaluate_every: int = 0

    def __post_init__(self):
        self._check_types()
        look_up("optimizer", self.optimizer, dict.fromkeys(OPTIMIZERS))
        look_up("schedule", self.schedule, dict.fromkeys(SCHEDULES))
        look_up("precision", self.precision, dict.fromkeys(PRECISIONS))
        look_up("device", self.device, dict.fromkeys(DEVICES))
        in_range("seed", self.seed, 0, 2**32 - 1)  # torch's CPU generator uses the lowest 32 bits only
        in_range("steps", self.steps, 1, 10**9)
        in_range("batch_size", self.batch_size, 2, 2**16)
        in_range("threads", self.threads, 0, MAX_THREADS)
        in_range("evaluate_every", self.evaluate_every, 0, 10**9)
        in_range("decay_every", self.decay_every, 0, 10**9)
        if (self.schedule == "steps") != (self.decay_every > 0):
            raise ValueError(
                f"expected decay_every of at least 1 with the schedule steps, and 0 with another, got schedule={self.schedule!r} "
                f"and decay_every={self.decay_every}"
            )
        for name in ("lr", "localization_lr_factor", "weight_decay"):
            in_range(name, getattr(self, name), 0, LARGE)
        in_range("label_smoothing", self.label_smoothing, 0, 0.999)
        in_range("momentum", self.momentum, 0, 0.999)
        if self.momentum and self.optimizer != "sgd":
            raise ValueError(f"expected momentum 0 with {self.optimizer}, got {self.momentum}: choose optimizer sgd")

    def _check_types(self) -> None:
        """Refuse a value of another type, which only Python code or a damaged file can give."""
        for field in dataclasses.fields(self):
            value, kind = getattr(self, field.name), field.type
            wanted = kind if kind in (int, str) else kind | int  # a whole number is a float, too
            if not isinstance(value, wanted) or isinstance(value, bool):
                name = getattr(kind, "__name__", str(kind))
                raise TypeError(f"expected {field.name} of type {name}, got {value!r}")


@dataclass(frozen=True, kw_only=True)
class TrainConfig(FitConfig):
    """A training run of one of the course's networks on distorted digits.

    Args:
        model: cnn or st-cnn; of size small also pooling-cnn; of size table1 also fcn and st-fcn.
        size: small for the networks of the live chapter, cover for those of the cover, table1 for those of `stn_lib.models.table1`.
        transform: of the spatial transformer, a name in `stn_lib.spatial_transformer.TRANSFORMS`, such as affine or tps.
        samples: of the spatial transformer of size table1, along each axis of an output pixel; 2 or more for antialiasing.
        pool: of pooling-cnn, a name in `stn_lib.models.POOLS`.
        dataset: a name in `stn_lib.data.DATASETS`: digits (embedded) or mnist (downloaded once).
        distortion: a name in `stn_lib.data.DISTORTIONS`, such as R, RTS, P, E, TC.
        max_angle: largest rotation in degrees, instead of the distortion's own.
        hold_out: validation to choose settings, test to report an error.
        copies: frozen distortions of each held-out digit.

    Example:
        >>> TrainConfig(model="st-cnn", steps=100).distortion
        'RTS'

    Chapter: 7
    """

    model: str = "st-cnn"
    size: str = "small"
    transform: str = "affine"
    samples: int = 1
    pool: str = "max"
    dataset: str = "digits"
    distortion: str = "RTS"
    max_angle: float | None = None
    hold_out: str = "validation"
    copies: int = 4

    def __post_init__(self):
        super().__post_init__()
        look_up("size", self.size, MODELS)
        look_up("model", self.model, dict.fromkeys(MODELS[self.size]))
        look_up("dataset", self.dataset, DATASETS)
        look_up("distortion", self.distortion, DISTORTIONS)
        look_up("hold_out", self.hold_out, dict.fromkeys(("validation", "test")))
        in_range("copies", self.copies, 1, 1000)
        in_range("samples", self.samples, 1, MAX_SAMPLES)
        if self.max_angle is not None:
            in_range("max_angle", self.max_angle, 0, 180)
        if self.evaluate_every and self.hold_out == "test" and DATASETS[self.dataset].final_test:
            raise ValueError(
                f"expected the test set of {self.dataset} to be measured once, at the end, got evaluate_every={self.evaluate_every}: "
                'use hold_out="validation"'
            )
        self._check_parts()

    def _check_parts(self) -> None:
        """Refuse a transform or a pooling that the model does not have."""
        if self.model.startswith("st-"):
            from stn_lib.spatial_transformer import TRANSFORMS  # imports torch

            look_up("transform", self.transform, TRANSFORMS)
        elif self.transform != "affine":
            name = self.model.upper()
            raise ValueError(
                f"expected no transform with model {self.model!r}, got {self.transform!r}: a {name} has no transformer"
            )
        if self.samples > 1 and not (self.model.startswith("st-") and self.size == "table1"):
            raise ValueError(
                f"expected samples 1 with model {self.model!r} of size {self.size!r}, got {self.samples}: only a "
                "transformer of size table1 has a choice of samples"
            )
        if self.model == "pooling-cnn":
            from stn_lib.models import POOLS  # imports torch

            look_up("pool", self.pool, dict.fromkeys(POOLS))
        elif self.pool != "max":
            raise ValueError(
                f"expected no pool with model {self.model!r}, got {self.pool!r}: only pooling-cnn has a choice of pooling"
            )

    @property
    def recipe(self) -> Distortion:
        """The declared distortion, with this run's own `max_angle`."""
        declared = DISTORTIONS[self.distortion]
        if self.max_angle is None:
            return declared
        return dataclasses.replace(declared, max_angle=math.radians(self.max_angle))


def in_range(name: str, value: float, least: float, most: float) -> None:
    """Refuse a number outside [least, most]."""
    if not least <= value <= most:  # NaN fails every comparison
        raise ValueError(f"expected {name} in [{least}, {most}], got {value}")


def stored_config(stored: Any, file: str | Path, remedy: str) -> TrainConfig:
    """Make the config of a run from what a file holds.

    Args:
        stored: the fields of a config, as `dataclasses.asdict` writes them.
        file: where they are from.
        remedy: what the caller's user can do if they are no config; the error ends with it.

    Raises:
        ValueError: if they are no config.
    """
    try:
        return TrainConfig(**stored)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file} is not a run of `train` ({error}): {remedy}") from error


def with_defaults(stored: dict[str, Any], kind: type[FitConfig] | None = None) -> dict[str, Any]:
    """A stored config with the default of each field that it lacks, because it is older than the field.

    Args:
        stored: the fields of a config.
        kind: the config's class; found by its fields if None.

    Example:
        >>> with_defaults({"steps": 5})["optimizer"]
        'adamw'
    """
    kind = kind or (TrainConfig if "model" in stored else FitConfig)
    return {field.name: field.default for field in dataclasses.fields(kind)} | stored


def live_config(model: str, seed: int = 0) -> TrainConfig:
    """The run that chapter 7 makes on the page, and that its experiment repeats over five seeds.

    Example:
        >>> live_config("cnn", seed=3).seed
        3

    Chapter: 7
    """
    # Chosen on the validation digits over five seeds. Short, so that readers can wait for it.
    return TrainConfig(model=model, seed=seed, steps=250, localization_lr_factor=1.0, hold_out="test")


def cover_config(model: str) -> TrainConfig:
    """The run of one of the cover's two networks.

    Example:
        >>> cover_config("st-cnn").max_angle
        60.0

    Chapter: cover
    """
    # Long enough for the transformer to learn to rotate. Each learning rate has the lowest error of
    # `python -m experiments throws choice`.
    return TrainConfig(
        model=model, size="cover", steps=800, lr={"cnn": 0.064, "st-cnn": 0.008}[model], localization_lr_factor=1.0,
        max_angle=60.0, hold_out="test",
    )  # fmt: skip


def pooling_config(pool: str, seed: int = 0, steps: int = 400) -> TrainConfig:
    """The run behind chapter 2's table: digits rotated by up to 90 degrees, never shifted.

    Example:
        >>> pooling_config("Tri-3").pool
        'Tri-3'

    Chapter: 2
    """
    # Rotated, because on upright digits the error of every pooling is near 0, so that they cannot be compared.
    return TrainConfig(
        model="pooling-cnn", distortion="centred", pool=pool, seed=seed, steps=steps, batch_size=64, lr=8e-3,
        max_angle=90.0, hold_out="test",
    )  # fmt: skip


def named_settings(config: TrainConfig) -> dict[str, Any]:
    """The settings that name a run: distortion, model and seed always, the others if they differ from the default."""
    always = ["distortion", "model", "transform", "seed"]
    if not config.model.startswith("st-"):
        always.remove("transform")
    if config.dataset != TrainConfig.dataset:
        always.insert(0, "dataset")
    others = [field.name for field in dataclasses.fields(config) if field.name not in always]
    others = [name for name in others if getattr(config, name) != getattr(TrainConfig, name)]
    return {name: getattr(config, name) for name in [*always, *others]}


def command(config: TrainConfig) -> str:
    """The command line that repeats a run.

    Example:
        >>> command(TrainConfig(model="cnn", steps=100, hold_out="test"))
        'python -m stn_lib train --model cnn --seed 0 --steps 100 --test'
    """
    settings = named_settings(config)
    if "dataset" not in settings and config.distortion == TrainConfig.distortion:
        del settings["distortion"]
    test = settings.pop("hold_out", "validation") == "test"
    flags = [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    return shlex.join(["python", "-m", "stn_lib", "train", *flags, *(["--test"] if test else [])])


def run_folder(config: TrainConfig) -> Path:
    """The folder of a run whose owner named none: one for each config, whatever the machine.

    Example:
        >>> run_folder(TrainConfig(model="cnn", lr=0.1, threads=2)).name
        'RTS-cnn-0-lr-0.1'
    """
    settings = {name: value for name, value in named_settings(config).items() if name not in MACHINE}
    always = [settings.pop(name, None) for name in ("dataset", "distortion", "model", "transform", "seed")]
    named = [str(value) for value in always if value is not None]
    return RUNS / "-".join([*named, *(f"{name}-{value}" for name, value in settings.items())])
