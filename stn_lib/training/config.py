"""Everything that decides a training run, in one frozen record."""

import dataclasses
import math
from dataclasses import dataclass

import torch

from stn_lib import models
from stn_lib.data import DATASETS, DISTORTIONS, Distortion, HeldOut, held_out_set, load_dataset
from stn_lib.models import POOLS
from stn_lib.spatial_transformer import TRANSFORMS

#: The networks of each size: those of the live chapter and the cover, and those of the paper's Table 1.
SIZES = {"small": ("cnn", "pooling-cnn", "st-cnn"), "table1": ("cnn", "fcn", "st-cnn", "st-fcn")}
PRECISIONS = ("float32", "bfloat16")
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class TrainConfig:
    """A training run: two runs of one config, on one machine, give the same bits; on a GPU the same up to rounding,
    which sums in no fixed order.

    Args:
        model: ``"cnn"``, ``"st-cnn"``; small also ``"pooling-cnn"``, of Table 1's size also ``"fcn"``, ``"st-fcn"``.
        size: ``"small"``, the networks of the live chapter, or ``"table1"``, those of `stn_lib.models.table1`.
        transform: of the spatial transformer, a name in `stn_lib.spatial_transformer.TRANSFORMS`.
        dataset: a name in `stn_lib.data.DATASETS`.
        distortion: a name in `stn_lib.data.DISTORTIONS`.
        seed: decides the first weights and the order of all training pictures.
        steps: how many batches.
        batch_size: pictures in each.
        lr: highest learning rate; it rises to it over the first quarter of the run and falls to nothing.
        localization_lr_factor: the localisation network's share of it: it must not outrun the classifier.
        weight_decay: AdamW's.
        label_smoothing: of the cross-entropy.
        max_angle: largest turn in degrees where it shall differ from the task's own.
        hold_out: ``"test"`` to report an error, ``"validation"`` to choose settings.
        copies: frozen distortions of each held-out digit.
        evaluate_every: steps between measurements of the held-out error; 0 for the end only, all that MNIST's test
            digits are there for.
        pool: how ``"pooling-cnn"`` pools, a name in `stn_lib.models.POOLS`.
        precision: ``"float32"``, or ``"bfloat16"`` for the products of convolutions and layers, with channels last:
            faster where the processor has it (`benchmarks/step_cost.py`), slower where not. Weights, grids and errors
            stay in float32.
        device: ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"``, the fastest there is. The pictures are the same on each.
            Nobody has run ``"mps"`` yet; `tests/training/test_gpu.py` does where there is one.
        threads: torch's threads; one gives the same bits on more machines. 0 leaves torch as it is.

    Example:
        >>> TrainConfig(model="st-cnn", steps=100).distortion
        'RTS'

    Chapter: 7
    """

    model: str = "st-cnn"
    size: str = "small"
    transform: str = "affine"
    dataset: str = "digits"
    distortion: str = "RTS"
    seed: int = 0
    steps: int = 500
    batch_size: int = 128
    lr: float = 4e-3
    localization_lr_factor: float = 0.25
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    max_angle: float | None = None
    hold_out: str = "test"
    copies: int = 4
    evaluate_every: int = 0
    pool: str = "max"
    precision: str = "float32"
    device: str = "cpu"
    threads: int = 1

    def __post_init__(self):
        for name, known in (
            ("size", list(SIZES)),
            ("model", list(SIZES.get(self.size, ()))),
            ("transform", sorted(TRANSFORMS) if self.model.startswith("st-") else ["affine"]),
            ("dataset", sorted(DATASETS)),
            ("distortion", sorted(DISTORTIONS)),
            ("hold_out", ["test", "validation"]),
            ("precision", list(PRECISIONS)),
            ("device", list(DEVICES)),
            ("pool", list(POOLS) if self.model == "pooling-cnn" else ["max"]),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"expected {name} in {known}, got {getattr(self, name)!r}")
        for name, least in (
            ("steps", 1), ("batch_size", 2), ("copies", 1), ("evaluate_every", 0), ("threads", 0),
        ):  # fmt: skip
            if getattr(self, name) < least:
                raise ValueError(f"expected {name} of at least {least}, got {getattr(self, name)}")
        for name in ("lr", "localization_lr_factor", "weight_decay"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"expected {name} to be a number >= 0, got {value}")
        if self.evaluate_every and self.hold_out == "test" and DATASETS[self.dataset].final_test:
            raise ValueError(
                f"expected MNIST's test digits to be asked at the end only, got evaluate_every={self.evaluate_every}: "
                'take hold_out="validation"'
            )
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"expected label_smoothing in [0, 1), got {self.label_smoothing}")
        if self.max_angle is not None and not 0 <= self.max_angle <= 180:
            raise ValueError(f"expected max_angle in [0, 180] degrees, got {self.max_angle}")

    def build(self, generator: torch.Generator | None = None) -> torch.nn.Module:
        """The network of the run, with first weights from `generator`; see `stn_lib.models.build`."""
        own = {}
        if self.size == "table1":
            own["classifier"] = self.model.removeprefix("st-")
            own["transform"] = self.transform if self.model.startswith("st-") else None
        elif self.model == "st-cnn":
            own["transform"] = self.transform
        elif self.model == "pooling-cnn":
            own["pool"] = self.pool
        name = "table1" if self.size == "table1" else self.model
        return models.build(name, generator, in_size=self.recipe.out_size, **own)

    def held_out(self, copies: int | None = None) -> HeldOut:
        """The frozen pictures that the run is measured on; `copies` of each digit, if not the run's own number."""
        return held_out_set(load_dataset(self.dataset, self.hold_out), self.recipe, copies or self.copies)

    @property
    def recipe(self) -> Distortion:
        """The run's distortion, with its own largest angle."""
        recipe = DISTORTIONS[self.distortion]
        if self.max_angle is None:
            return recipe
        return dataclasses.replace(recipe, max_angle=math.radians(self.max_angle))


def live_config(model: str, seed: int = 0) -> TrainConfig:
    """The run that chapter 7 makes before the reader's eyes, and that its benchmark repeats over five seeds.

    Example:
        >>> live_config("cnn", seed=3).seed
        3

    Chapter: 7
    """
    # Chosen on the validation digits over five seeds; short, so that it is over before the reader has left.
    return TrainConfig(model=model, seed=seed, steps=250, localization_lr_factor=1.0)


def pooling_config(pool: str, seed: int = 0, steps: int = 400) -> TrainConfig:
    """The run behind chapter 2's table: digits turned by up to 90 degrees, never shifted.

    Example:
        >>> pooling_config("Tri-3").build().arguments["pool"]
        'Tri-3'

    Chapter: 2
    """
    # Turned, because on upright digits every blur is right about everything and nothing can be told apart.
    return TrainConfig(
        model="pooling-cnn",
        distortion="centred",
        pool=pool,
        seed=seed,
        steps=steps,
        batch_size=64,
        lr=8e-3,
        max_angle=90.0,
    )


def learning_rate(step: int, config: TrainConfig) -> float:
    """The rate of a step (0-based): a cosine up to ``lr`` in a quarter of the run, a cosine down to nothing.

    A function of the step alone, so that a run that is taken up again needs no scheduler's memory.

    Source: Smith and Topin, Super-Convergence, 2018; the shape of torch's OneCycleLR.
    """
    top = max(0.25 * config.steps - 1, 0.0)
    last = max(config.steps - 1, 1)
    low, end = config.lr / 25, config.lr / 25e4
    if step <= top:
        start, goal, part = low, config.lr, step / top if top else 1.0
    else:
        start, goal, part = config.lr, end, (step - top) / (last - top)
    return goal + (start - goal) * (1 + math.cos(math.pi * part)) / 2
