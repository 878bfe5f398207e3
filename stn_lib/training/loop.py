"""The one training loop."""

import dataclasses
import itertools
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from stn_lib.data import DigitsSplit, HeldOut, held_out_set, load_dataset, training_batch
from stn_lib.spatial_transformer import SpatialTransformer
from stn_lib.training import checkpoint, distributed
from stn_lib.training.config import TrainConfig, learning_rate
from stn_lib.training.evaluation import Evaluation, evaluate

log = logging.getLogger(__name__)
LOG_EVERY = 10
MACHINE = ("device", "threads")  # where a run goes on may differ from where it began
Callback = Callable[[int, nn.Module], None]


class OutOfTime(Exception):
    """A run was told to stop before its last step; the same call takes it up again."""


class TrainResult(NamedTuple):
    """What a training run gives.

    Args:
        model: the trained network, in evaluation mode.
        history: a dict for every tenth step, ``{"step", "loss", "lr", "batch_error"}``, the last one the share of
            wrong answers in that step's batch in per cent; with ``"error"`` where the held-out error was measured.
        test_error: on the held-out pictures, in per cent.
        seconds: of training, in all calls that took the run up; measurements and callbacks not counted.
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
    stop: Callable[[], bool] | None = None,
    progress: bool = True,
) -> TrainResult:
    """Train a network; taken up where it stopped if `out` holds a checkpoint of the same config, be it of another device.

    Started by ``torchrun``, all processes share each batch, and the first one writes and speaks.

    Args:
        config: decides the run, to the bit on one machine.
        out: folder for ``checkpoint.pt`` and ``metrics.jsonl``; None writes nothing.
        callback: ``callback(step, model)`` at step 0 before training, then every `callback_every` steps, and
            at the end. The network is in evaluation mode and gradients are off meanwhile.
        callback_every: steps between callbacks.
        checkpoint_every: steps between checkpoints; the end always has one.
        stop: asked after each step whether to write a checkpoint and leave; None for never.
        progress: whether to show a progress bar, with the steps a second and the time left.

    Returns:
        A `TrainResult`.

    Raises:
        ValueError: where `out` holds a run of another config, or a damaged checkpoint; for a device that is not there.
        OutOfTime: where `stop` said so before the last step.
        FloatingPointError: where the loss is no longer a number.

    Example:
        >>> result = train(TrainConfig(model="cnn", steps=2, batch_size=8, copies=1), progress=False)
        >>> len(result.history), result.evaluation.n
        (1, 445)

    Chapter: 7
    """
    device = distributed.local_device(config.device)
    with threads(config.threads), distributed.processes(device):
        first = distributed.first()
        run = _Run(config, device)
        file = Path(out) / "checkpoint.pt" if out is not None else None
        state = distributed.from_first(checkpoint.load(file) if first and file is not None and file.exists() else None)
        if state is not None:
            run.restore(state, file)
            if first:
                log.info("taken up at step %d of %d from %s", run.step, config.steps, file)
        metrics = checkpoint.MetricsLog(file.with_name("metrics.jsonl") if first and file else None, upto=run.step)

        def save():
            if first and file is not None:
                checkpoint.save(file, run.state())

        try:
            if run.step == 0:
                run.tell(callback)
            bar = tqdm(total=config.steps, initial=run.step, desc=config.model, disable=not (progress and first))
            with bar:
                while run.step < config.steps:
                    loss, wrong = run.advance()
                    run.record(loss, wrong, metrics, bar)
                    end = run.step == config.steps
                    if end or run.step % checkpoint_every == 0:
                        save()
                    if end or run.step % callback_every == 0:
                        run.tell(callback)
                    if not end and stop is not None and distributed.from_first(stop()):
                        save()
                        raise OutOfTime(f"stopped at step {run.step} of {config.steps}")
        finally:
            metrics.close()
        measured = run.measure()
    return TrainResult(run.model.eval(), run.history, measured.error, run.seconds, measured, config)


class _Run:
    """The state of a run, and one step of it."""

    def __init__(self, config: TrainConfig, device: torch.device):
        self.config, self.device = config, device
        self.generator = torch.Generator().manual_seed(config.seed)
        self.model = config.build(self.generator).to(device).train()
        if config.precision == "bfloat16":
            self.model.to(memory_format=torch.channels_last)
        self.joined = distributed.joined(self.model, device)
        self.optimizer = torch.optim.AdamW(parameter_groups(self.model, config))
        self.split = DigitsSplit(*(part.to(device) for part in load_dataset(config.dataset, config.hold_out)))
        self.step = 0
        self.seconds = 0.0
        self.history: list[dict[str, float]] = []
        self._held_out: HeldOut | None = None

    def advance(self) -> tuple[float, float]:
        """Take one step of descent; returns the loss before it, and the share of wrong answers."""
        began = time.perf_counter()
        config = self.config
        # Every process draws the whole batch, so that they agree on it, and keeps its share.
        batch = training_batch(self.split, config.recipe, config.batch_size, generator=self.generator)
        images, labels = map(distributed.share, batch)
        rate = learning_rate(self.step, config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        half = config.precision == "bfloat16"
        if half:
            images = images.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            logits = self.joined(images)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=config.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.step += 1
        wrong = (logits.detach().argmax(1) != labels).float().mean()
        loss, wrong = distributed.mean(torch.stack([loss.detach(), wrong])).tolist()
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"expected a finite loss, got {loss} at step {self.step}: lower lr, now {config.lr}"
            )
        self.seconds += time.perf_counter() - began
        return loss, wrong

    def record(self, loss: float, wrong: float, metrics: checkpoint.MetricsLog, bar: tqdm) -> None:
        """Keep the loss of every tenth step, and the error where it is asked for."""
        config = self.config
        bar.update()
        measured = config.evaluate_every and self.step % config.evaluate_every == 0
        if not (measured or self.step % LOG_EVERY == 0 or self.step == config.steps):
            return
        rate = learning_rate(self.step - 1, config)
        values = {"step": self.step, "loss": loss, "lr": rate, "batch_error": round(100 * wrong, 4)}
        if measured:
            values["error"] = self.measure().error
        self.history.append(values)
        metrics.write(**values)
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)

    def measure(self) -> Evaluation:
        """The error on the frozen held-out pictures; touches no random state."""
        if self._held_out is None:
            self._held_out = held_out_set(self.split, self.config.recipe, self.config.copies)
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
            "seconds": self.seconds,
        }

    def restore(self, state: dict[str, Any], file: Path | None) -> None:
        if lacking := [key for key in self.state() if key not in state]:
            raise ValueError(f"expected a checkpoint of a training run, got one without {lacking} in {file}")
        known, mine = (
            {name: value for name, value in config.items() if name not in MACHINE}
            for config in (state["config"], dataclasses.asdict(self.config))
        )
        checkpoint.refuse_another(known, mine, "config", file)
        checkpoint.put_weights(self.model, state["model"], file)
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.step, self.history, self.seconds = state["step"], list(state["history"]), state["seconds"]


def load_run(out: str | Path) -> tuple[nn.Module, TrainConfig, dict[str, Any]]:
    """The network of a run's last checkpoint, in evaluation mode, its config, and the checkpoint.

    Args:
        out: the run's folder, or its ``checkpoint.pt``.

    Raises:
        FileNotFoundError, ValueError: as `checkpoint.load`.
    """
    path = Path(out)
    file = path / "checkpoint.pt" if path.is_dir() else path
    state = checkpoint.load(file)
    try:
        config = TrainConfig(**state["config"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"expected a checkpoint of a training run, got another one in {file} ({error})") from error
    model = config.build()
    checkpoint.put_weights(model, state["model"], file)
    return model.eval(), config, state


def parameter_groups(model: nn.Module, config: TrainConfig) -> list[dict[str, Any]]:
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


def thinned(history: list[dict[str, float]], points: int, keys: tuple[str, ...] = ("loss",)) -> list[dict[str, float]]:
    """A history in few points, each the mean of the rows since the one before.

    Example:
        >>> thinned([{"step": 10, "loss": 3.0}, {"step": 20, "loss": 1.0}], points=1)
        [{'step': 20, 'loss': 2.0}]
    """
    cuts = sorted({round(k * len(history) / points) for k in range(points + 1)})
    parts = [history[start:stop] for start, stop in itertools.pairwise(cuts)]
    return [
        {"step": part[-1]["step"], **{key: round(sum(row[key] for row in part) / len(part), 4) for key in keys}}
        for part in parts
    ]


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Run with `count` torch threads, and give back what was set before."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
