"""A training run of the course: a network and batches from a config, trained by `fit`, then measured."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stn_lib import models
from stn_lib.data import DigitsSplit, HeldOut, held_out_set, load_dataset, training_batch
from stn_lib.training import checkpoint
from stn_lib.training.config import FitConfig, TrainConfig, stored_config
from stn_lib.training.distributed import from_main, is_main_process, join_processes, local_device
from stn_lib.training.evaluation import Evaluation, evaluate
from stn_lib.training.fit import Batches, Callback, fit
from stn_lib.training.torch_state import threads


class TrainResult(NamedTuple):
    """What a training run returns.

    Args:
        model: the trained network, in evaluation mode.
        history: as in `stn_lib.training.fit.FitResult`, with ``"batch_error"``, the error in that step's batch in per
            cent, and ``"error"`` where the held-out error was measured.
        error: on the held-out images, in per cent.
        seconds: of training, over all calls that resumed the run; without evaluations and callbacks.
        evaluation: the whole measurement behind `error`.
        config: of the run.
    """

    model: nn.Module
    history: list[dict[str, float]]
    error: float
    seconds: float
    evaluation: Evaluation
    config: TrainConfig


def train(
    config: TrainConfig,
    *,
    out: str | Path | None = None,
    callback: Callback | None = None,
    callback_every: int = 25,
    checkpoint_every: int = 100,
    stop: Callable[[], bool] | None = None,
    progress: bool = True,
) -> TrainResult:
    """Train a network on distorted digits, or resume if `out` holds a checkpoint of the same config; then measure it.

    Args:
        config: decides the run.
        out, callback, callback_every, checkpoint_every, stop, progress: as in `stn_lib.training.fit.fit`.

    Returns:
        A `TrainResult`.

    Raises:
        ValueError, OutOfTime, FloatingPointError: as `stn_lib.training.fit.fit`.

    Example:
        >>> result = train(TrainConfig(model="cnn", steps=2, batch_size=8, copies=1), progress=False)
        >>> len(result.history), result.evaluation.n
        (1, 334)

    Chapter: 7
    """
    device = local_device(config.device)
    join_processes(device)
    with threads(config.threads):
        split = DigitsSplit(*(part.to(device) for part in load_dataset(config.dataset, config.hold_out)))
        model = build_model(config)
        held_out: list[HeldOut] = []  # distorted at the first measurement

        def measure(model: nn.Module) -> Evaluation:
            if not held_out:
                held_out.append(held_out_set(split, config.recipe, config.copies))
            return evaluate(model, held_out[0])

        result = fit(
            model, training_batches(config, split), classification_loss(config), config, out=out,
            evaluate=lambda model: {"error": measure(model).error}, callback=callback, callback_every=callback_every,
            checkpoint_every=checkpoint_every, stop=stop, progress=progress,
        )  # fmt: skip
        measured = from_main(measure(model) if is_main_process() else None)
    return TrainResult(model, result.history, measured.error, result.seconds, measured, config)


def build_model(config: TrainConfig) -> nn.Module:
    """The network of a run with its first weights, which the seed decides; see `stn_lib.models.build`."""
    has_transformer = config.model.startswith("st-")
    own: dict[str, Any] = {}
    if config.size == "table1":
        own["classifier"] = config.model.removeprefix("st-")
        own["transform"] = config.transform if has_transformer else None
        own["samples"] = config.samples
    elif has_transformer:
        own["transform"] = config.transform
    elif config.model == "pooling-cnn":
        own["pool"] = config.pool
    if config.size == "cover":
        own |= models.COVER[config.model]
    name = "table1" if config.size == "table1" else config.model
    generator = torch.Generator().manual_seed(config.seed)
    return models.build(name, generator, in_size=config.recipe.out_size, **own)


def training_batches(config: TrainConfig, split: DigitsSplit) -> Batches:
    """Random training digits of a split, with new distortions in every batch."""
    return lambda generator: training_batch(split, config.recipe, config.batch_size, generator=generator)


def classification_loss(config: FitConfig) -> Callable[..., tuple[Tensor, dict[str, Tensor]]]:
    """The cross-entropy of a batch of images; it also logs the error rate in the batch, in per cent."""

    def loss(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        logits = model(images).float()
        wrong = 100 * (logits.argmax(1) != labels).float().mean()
        return F.cross_entropy(logits, labels, label_smoothing=config.label_smoothing), {"batch_error": wrong}

    return loss


def held_out(config: TrainConfig, hold_out: str | None = None, copies: int | None = None) -> HeldOut:
    """The frozen held-out images of a run.

    Args:
        config: of the run.
        hold_out: ``"validation"`` or ``"test"``, instead of the run's own.
        copies: distortions of each digit, instead of the run's own number.
    """
    split = load_dataset(config.dataset, config.hold_out if hold_out is None else hold_out)
    return held_out_set(split, config.recipe, config.copies if copies is None else copies)


def load_run(
    out: str | Path, remedy: str = "name the folder of a run"
) -> tuple[nn.Module, TrainConfig, dict[str, Any]]:
    """The network of a run's last checkpoint, in evaluation mode, its config, and the checkpoint.

    Args:
        out: the run's folder, or its ``checkpoint.pt``.
        remedy: what the caller's user can do if it is no run; the error ends with it.

    Raises:
        FileNotFoundError, ValueError: as `stn_lib.training.checkpoint.load`.
    """
    file = Path(out) / "checkpoint.pt" if Path(out).is_dir() else Path(out)
    saved = checkpoint.load(file, remedy)
    checkpoint.check_parts(saved, file, remedy)
    config = stored_config(saved["config"], file, remedy)
    model = build_model(config)
    checkpoint.load_weights(model, saved["model"], file)
    return model.eval(), config, saved
