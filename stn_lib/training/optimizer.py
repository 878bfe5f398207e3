"""The optimizer, its parameter groups and its learning rate: what to edit to change the recipe, with `config`."""

import math
from typing import Any

import torch
from torch import nn

from stn_lib.spatial_transformer import SpatialTransformer
from stn_lib.training.config import FitConfig


def make_optimizer(model: nn.Module, config: FitConfig) -> torch.optim.Optimizer:
    """The optimizer of a run. `set_learning_rate` sets the rate before each step."""
    groups = parameter_groups(model, config)
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum)
    return torch.optim.AdamW(groups, lr=config.lr)


def parameter_groups(model: nn.Module, config: FitConfig) -> list[dict[str, Any]]:
    """The parameters of all localisation networks, with their own factor of the learning rate, and all others."""
    localizations = [m.localization for m in model.modules() if isinstance(m, SpatialTransformer)]
    inside = {id(p) for part in localizations for p in part.parameters()}
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in inside], "factor": 1.0},
        {"params": [p for p in model.parameters() if id(p) in inside], "factor": config.localization_lr_factor},
    ]
    return [{**group, "weight_decay": config.weight_decay} for group in groups if group["params"]]


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group: the rate times the group's factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]


def learning_rate(step: int, config: FitConfig) -> float:
    """The learning rate of a step (0-based): constant, falling in steps, or one cycle.

    One cycle is a cosine from lr / 25 up to lr over the first quarter of the run, then a cosine down to about 0. The
    rate depends on the step alone, so that a resumed run needs no state of a scheduler.

    Example:
        >>> config = FitConfig(steps=100, lr=0.01)
        >>> [round(learning_rate(step, config), 5) for step in (0, 24, 99)]
        [0.0004, 0.01, 0.0]

    Source: Smith and Topin, Super-Convergence, 2018; the shape of torch's OneCycleLR. Jaderberg et al. 2015 divide the rate
        by 10 in steps.
    Chapter: 7
    """
    if config.schedule == "constant":
        return config.lr
    if config.schedule == "steps":
        return config.lr * 0.1 ** (step // config.decay_every)
    top = max(0.25 * config.steps - 1, 0.0)
    last = max(config.steps - 1, 1)
    low, end = config.lr / 25, config.lr / 25e4
    if step <= top:
        start, goal, part = low, config.lr, step / top if top else 1.0
    else:
        start, goal, part = config.lr, end, (step - top) / (last - top)
    return goal + (start - goal) * (1 + math.cos(math.pi * part)) / 2
