"""The recipes that are compared: a network and how it is trained."""

from dataclasses import dataclass, replace

import torch
from torch import nn

from experiments.networks import Tutorial, seeded
from stn_lib import models
from stn_lib.training.config import FitConfig

TARGETS = (98.5, 99.0)
WIDTHS = (16, 32, 64)
LOCALIZATION_LR_FACTOR, WEIGHT_DECAY = 0.25, 0.02
EPOCHS_20 = 20 * 938  # steps of the tutorial


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained.

    Args:
        network: ``"tutorial"``, or ``"ours"``; each with images normalised as it expects them.
        transformer: whether with its spatial transformer.
        optimizer: ``"sgd"`` at a constant 0.01, or ``"one-cycle"``, AdamW.
        batch: images in a step.
        precision: ``"float32"``, or ``"bfloat16"`` where the processor computes with it.
        steps: length of the run, and of its cycle.
        lr: the learning rate of ``"sgd"``, the highest of ``"one-cycle"``.
        look: steps between two measurements.
    """

    network: str = "tutorial"
    transformer: bool = True
    optimizer: str = "sgd"
    batch: int = 64
    precision: str = "float32"
    steps: int = EPOCHS_20
    lr: float = 0.01
    look: int = 235


TUTORIAL = Recipe()
OURS = Recipe("ours", True, "one-cycle", 64, "bfloat16", 300, look=25)

#: By name the recipe, and the target that ends the run.
COMPARED = {
    "tutorial": (TUTORIAL, 99.0),
    "ours, to 98.5 %": (OURS, 98.5),
    "ours, to 99 %": (replace(OURS, steps=800), 99.0),
}
#: One change of the tutorial's recipe, or one of ours. Both have batches of 64. The longest runs are last.
ABLATION = {
    "tutorial, our optimiser": (replace(TUTORIAL, optimizer="one-cycle", steps=1600), 98.5),
    "tutorial, our network": (replace(TUTORIAL, network="ours"), 98.5),
    "ours, without its transformer": (replace(OURS, transformer=False, steps=400), 98.5),
    "ours, without its transformer, to 99 %": (replace(OURS, transformer=False, steps=1200), 99.0),
    "ours, float32": (replace(OURS, precision="float32"), 98.5),
    "ours, the tutorial's optimiser": (replace(OURS, optimizer="sgd", steps=EPOCHS_20), 98.5),
    "ours, the tutorial's network": (replace(OURS, network="tutorial", steps=1600), 98.5),
    "tutorial, without its transformer": (replace(TUTORIAL, transformer=False), 98.5),
    "tutorial, bfloat16": (replace(TUTORIAL, precision="bfloat16"), 98.5),
}
RECIPES = COMPARED | ABLATION


def build(recipe: Recipe, seed: int) -> nn.Module:
    """A new network with first weights that the seed decides."""
    if recipe.network == "tutorial":
        net = seeded(Tutorial, seed)
        if not recipe.transformer:
            net.transformer = nn.Identity()
        return net
    kind = "st-cnn" if recipe.transformer else "cnn"
    return models.build(kind, torch.Generator().manual_seed(seed), in_size=(28, 28), widths=WIDTHS)


def fit_config(recipe: Recipe, seed: int) -> FitConfig:
    """The recipe as the training loop takes it."""
    shared = {
        "seed": seed, "steps": recipe.steps, "batch_size": recipe.batch, "lr": recipe.lr, "precision": recipe.precision,
        "label_smoothing": 0.0,
    }  # fmt: skip
    if recipe.optimizer == "sgd":
        return FitConfig(
            **shared, optimizer="sgd", schedule="constant", weight_decay=0.0, localization_lr_factor=1.0
        )  # fmt: skip
    return FitConfig(**shared, weight_decay=WEIGHT_DECAY, localization_lr_factor=LOCALIZATION_LR_FACTOR)
