"""The one training loop."""

import dataclasses
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from stn_lib import models
from stn_lib.data import HeldOut, held_out_set, load_digits_split, training_batch
from stn_lib.spatial_transformer import SpatialTransformer
from stn_lib.training import checkpoint
from stn_lib.training.config import TrainConfig, learning_rate
from stn_lib.training.evaluation import Evaluation, evaluate

log = logging.getLogger(__name__)
LOG_EVERY = 10
Callback = Callable[[int, nn.Module], None]


class TrainResult(NamedTuple):
    """What a training run gives.

    Args:
        model: the trained network, in evaluation mode.
        history: a dict for every tenth step, ``{"step", "loss", "lr"}``, with ``"error"`` where measured.
        test_error: on the held-out pictures, in per cent.
        seconds: of training in this call, measurements and callbacks not counted.
        evaluation: what stands behind `test_error`.
        config: of the run.
    """

    model: nn.Module
    history: list[dict[str, float]]
    test_error: float
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
    progress: bool = True,
) -> TrainResult:
    """Train a network; taken up where it stopped if `out` holds a checkpoint of the same config.

    Args:
        config: decides the run, to the bit on one machine.
        out: folder for ``checkpoint.pt`` and ``metrics.jsonl``; None writes nothing.
        callback: ``callback(step, model)`` at step 0 before training, then every `callback_every` steps, and
            at the end. The network is in evaluation mode and gradients are off meanwhile.
        callback_every: steps between callbacks.
        checkpoint_every: steps between checkpoints; the end always has one.
        progress: whether to show a progress bar.

    Returns:
        A `TrainResult`.

    Raises:
        ValueError: where `out` holds a run of another config, or a damaged checkpoint.

    Example:
        >>> result = train(TrainConfig(model="cnn", steps=2, batch_size=8, copies=1), progress=False)
        >>> len(result.history), result.evaluation.n
        (1, 445)

    Chapter: 7
    """
    with _threads(config.threads):
        run = _Run(config)
        file = Path(out) / "checkpoint.pt" if out is not None else None
        if file is not None and file.exists():
            run.restore(checkpoint.load(file), file)
            log.info("taken up at step %d of %d from %s", run.step, config.steps, file)
        metrics = checkpoint.MetricsLog(file and file.with_name("metrics.jsonl"), upto=run.step)
        seconds = 0.0
        try:
            if run.step == 0:
                run.tell(callback)
            bar = tqdm(total=config.steps, initial=run.step, desc=config.model, disable=not progress)
            with bar:
                while run.step < config.steps:
                    began = time.perf_counter()
                    loss = run.advance()
                    seconds += time.perf_counter() - began
                    run.record(loss, metrics, bar)
                    end = run.step == config.steps
                    if file is not None and (end or run.step % checkpoint_every == 0):
                        checkpoint.save(file, run.state())
                    if end or run.step % callback_every == 0:
                        run.tell(callback)
        finally:
            metrics.close()
        measured = run.measure()
    return TrainResult(run.model.eval(), run.history, measured.error, seconds, measured, config)


class _Run:
    """The state of a run, and one step of it."""

    def __init__(self, config: TrainConfig):
        self.config = config
        self.generator = torch.Generator().manual_seed(config.seed)
        self.model = models.build(config.model, self.generator, **config.model_arguments).train()
        self.optimizer = torch.optim.AdamW(_parameter_groups(self.model, config))
        self.split = load_digits_split(hold_out=config.hold_out)
        self.step = 0
        self.history: list[dict[str, float]] = []
        self._held_out: HeldOut | None = None

    def advance(self) -> float:
        """Take one step of descent; returns the loss before it."""
        config = self.config
        images, labels = training_batch(self.split, config.distortion, config.batch_size, generator=self.generator)
        rate = learning_rate(self.step, config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        loss = F.cross_entropy(self.model(images), labels, label_smoothing=config.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.step += 1
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"expected a finite loss, got {loss.item()} at step {self.step}: lower lr, now {config.lr}"
            )
        return loss.item()

    def record(self, loss: float, metrics: checkpoint.MetricsLog, bar: tqdm) -> None:
        """Keep the loss of every tenth step, and the error where it is asked for."""
        config = self.config
        bar.update()
        measured = config.evaluate_every and self.step % config.evaluate_every == 0
        if not (measured or self.step % LOG_EVERY == 0 or self.step == config.steps):
            return
        values = {"step": self.step, "loss": loss, "lr": learning_rate(self.step - 1, config)}
        if measured:
            values["error"] = self.measure().error
        self.history.append(values)
        metrics.write(**values)
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)

    def measure(self) -> Evaluation:
        """The error on the frozen held-out pictures; touches no random state."""
        if self._held_out is None:
            self._held_out = held_out_set(self.split, self.config.distortion, self.config.copies)
        return evaluate(self.model, self._held_out)

    def tell(self, callback: Callback | None) -> None:
        """Call back with the network at rest."""
        if callback is None:
            return
        self.model.eval()
        with torch.no_grad():
            callback(self.step, self.model)
        self.model.train()

    def state(self) -> dict[str, Any]:
        return {
            "config": dataclasses.asdict(self.config),
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "history": self.history,
        }

    def restore(self, state: dict[str, Any], file: Path) -> None:
        mine = dataclasses.asdict(self.config)
        other = {key: state["config"].get(key) for key in mine if state["config"].get(key) != mine[key]}
        if other:
            raise ValueError(
                f"expected a checkpoint of this config, got one with {other} in {file}, now "
                f"{ {key: mine[key] for key in other} }: choose another folder, or delete it"
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.step, self.history = state["step"], list(state["history"])


def load_run(out: str | Path) -> tuple[nn.Module, TrainConfig, dict[str, Any]]:
    """The network of a run's last checkpoint, in evaluation mode, its config, and the checkpoint.

    Args:
        out: the run's folder, or its ``checkpoint.pt``.

    Raises:
        FileNotFoundError, ValueError: as `checkpoint.load`.
    """
    path = Path(out)
    state = checkpoint.load(path / "checkpoint.pt" if path.is_dir() else path)
    config = TrainConfig(**state["config"])
    model = models.build(config.model, **config.model_arguments)
    model.load_state_dict(state["model"])
    return model.eval(), config, state


def _parameter_groups(model: nn.Module, config: TrainConfig) -> list[dict[str, Any]]:
    """The localisation networks at their own rate; the rest at the full one."""
    localizations = [m.localization for m in model.modules() if isinstance(m, SpatialTransformer)]
    inside = {id(p) for part in localizations for p in part.parameters()}
    decay = config.weight_decay
    groups = [
        {
            "params": [p for p in model.parameters() if id(p) not in inside],
            "factor": 1.0,
            "weight_decay": decay,
        },
        {
            "params": [p for p in model.parameters() if id(p) in inside],
            "factor": config.localization_lr_factor,
            "weight_decay": decay,
        },
    ]
    return [group for group in groups if group["params"]]


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Run with `count` torch threads, and give back what was set before."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
