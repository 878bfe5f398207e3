"""The one training loop of the course: every network, in the book and in the experiments, is trained by `fit`."""

import dataclasses
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from stn_lib._layout import channels_last
from stn_lib.training import checkpoint, distributed
from stn_lib.training.config import FitConfig
from stn_lib.training.optimizer import learning_rate, make_optimizer, set_learning_rate
from stn_lib.training.precision import used_precision
from stn_lib.training.torch_state import evaluation_mode, private_rng, rng_state, set_rng_state, threads

log = logging.getLogger(__name__)
LOG_EVERY = 10

Batches = Callable[[torch.Generator], tuple[Tensor, ...]]
Loss = Callable[..., Tensor | tuple[Tensor, dict[str, Tensor]]]
Callback = Callable[[int, nn.Module], None]


class OutOfTime(Exception):
    """A run was stopped before its last step. The same call resumes it."""


class FitResult(NamedTuple):
    """What `fit` returns besides the trained network.

    Args:
        history: for every tenth step ``{"step", "loss", "lr"}`` and what else the loss logs; where `evaluate` was called,
            also its result.
        seconds: of training, over all calls that resumed the run; without evaluations and callbacks.
    """

    history: list[dict[str, float]]
    seconds: float


def fit(
    model: nn.Module,
    batches: Batches,
    loss: Loss,
    config: FitConfig,
    *,
    about: dict[str, Any] | None = None,
    out: str | Path | None = None,
    evaluate: Callable[[nn.Module], dict[str, float]] | None = None,
    callback: Callback | None = None,
    callback_every: int = 25,
    checkpoint_every: int = 100,
    stop: Callable[[], bool] | None = None,
    progress: bool = True,
) -> FitResult:
    """Train a network in place; resume if `out` holds a checkpoint of the same config. The device may differ, and with it
    the precision, which is logged.

    Convention:
        The batches have a generator of their own, seeded from ``config.seed`` alone: two networks with one seed see the
        same images. Randomness inside the network, such as dropout, draws from torch's global generator, which is
        seeded for the run and restored afterwards. Both states are in the checkpoint, so that a run that was killed at
        any moment ends with the same bits as one that was not (on a CPU, in one process).

        Under ``torchrun`` each process trains on its share of every batch, and the main process writes files, prints
        and calls back; see `stn_lib.training.distributed`.

    Args:
        model: the network. It is moved to the device of the config and left there, in evaluation mode.
        batches: maps a generator to the next batch, a tuple of tensors (N, …). All randomness of the batches must come
            from that generator, and their state must be in it alone, or resumed runs see others.
        loss: maps the network and a batch, ``loss(model, *batch)``, to the loss, or to the loss and a dict of further
            scalars to log. In bfloat16 it runs under autocast. Under ``torchrun`` it must call the network as a whole,
            not its parts.
        config: decides the run; see `FitConfig`.
        about: further plain values that decide the run. A checkpoint with others is refused.
        out: folder for ``checkpoint.pt`` and ``metrics.jsonl``; None writes nothing.
        evaluate: called with the network every ``config.evaluate_every`` steps; what it returns is logged.
        callback: called as ``callback(step, model)`` before training (step 0), every `callback_every` steps, and at the
            end.
        callback_every: steps between callbacks.
        checkpoint_every: steps between checkpoints. The end always has one.
        stop: called after each step; True writes a checkpoint and raises OutOfTime.
        progress: whether to show a progress bar, with steps per second and the time left.

    During `evaluate` and `callback` the network is in evaluation mode and gradients are off; random numbers that they
    draw change nothing in the run.

    Raises:
        ValueError: if `out` holds a run with another config, or a damaged checkpoint; for a missing device.
        OutOfTime: if `stop` returned True before the last step.
        FloatingPointError: if the loss is no longer finite.

    Example:
        >>> model = nn.Linear(3, 1)
        >>> batches = lambda generator: (torch.randn(8, 3, generator=generator),)
        >>> loss = lambda model, x: (model(x) - x.sum(1, keepdim=True)).square().mean()
        >>> result = fit(model, batches, loss, FitConfig(steps=200, lr=0.05, weight_decay=0.0), progress=False)
        >>> result.history[-1]["loss"] < 0.01
        True

    Chapter: 7
    """
    device, main = distributed.local_device(config.device), distributed.is_main_process()
    file = Path(out) / "checkpoint.pt" if out is not None else None
    precision = used_precision(config.precision, device)
    half = precision == "bfloat16"
    if precision != config.precision and main:
        log.info("computing in float32: this device is not known to compute with %s", config.precision)
    # A convolution with its channels last in memory takes half to three quarters of the time on a CPU, and less with
    # bfloat16 anywhere. Without convolutions there is nothing to gain, and average pooling of one channel takes three
    # times as long.
    reorder = (half or device.type == "cpu") and any(parameter.ndim > 3 for parameter in model.parameters())
    settings = {"config": dataclasses.asdict(config), "about": about or {}}

    distributed.join_processes(device)
    with threads(config.threads), private_rng(config.seed, device):
        model.to(device).train()
        if reorder:
            for parameter in model.parameters():
                parameter.data = channels_last(parameter.data)
        optimizer = make_optimizer(model, config)
        generator = torch.Generator().manual_seed(config.seed)
        step, seconds, history = 0, 0.0, []

        # Resume. One process reads the file, so that all agree on whether there is one.
        saved = distributed.from_main(checkpoint.load(file) if main and file is not None and file.exists() else None)
        if saved is not None:
            checkpoint.check_same_config(saved, settings, file)
            checkpoint.load_weights(model, saved["model"], file)
            with checkpoint.usable(file):
                optimizer.load_state_dict(saved["optimizer"])
                generator.set_state(saved["generator"])
                set_rng_state(saved["rng"])
            step, seconds, history = saved["step"], saved["seconds"], list(saved["history"])
            if main:
                log.info("resumed at step %d of %d from %s", step, config.steps, file)
                if saved.get("precision", precision) != precision:
                    log.warning("the steps before were computed in %s, the others in %s", saved["precision"], precision)
        if distributed.world_size() > 1:  # each process needs dropout masks of its own; a resumed run draws new ones
            torch.manual_seed(config.seed + step + 1_000_003 * distributed.rank())
        wrapped = distributed.wrap_ddp(model, device)

        def save() -> None:
            if not (main and file is not None):
                return
            content = {
                **settings, "precision": precision, "step": step, "seconds": seconds, "history": history,
                "model": model.state_dict(), "optimizer": optimizer.state_dict(), "generator": generator.get_state(),
                "rng": rng_state(device),
            }  # fmt: skip
            checkpoint.save(file, content)

        def call_back() -> None:
            if main and callback is not None:
                with evaluation_mode(model, device):
                    callback(step, model)

        metrics = checkpoint.MetricsLog(file.with_name("metrics.jsonl") if main and file else None, upto=step)
        name = Path(out).name if out is not None else type(model).__name__
        bar = tqdm(total=config.steps, initial=step, desc=name, unit="step", disable=not (progress and main))
        with bar:
            if step == 0:
                call_back()
            while step < config.steps:
                began = time.perf_counter()
                rate = learning_rate(step, config)
                set_learning_rate(optimizer, rate)
                # Every process draws the whole batch, so that all generators stay equal, and keeps its share.
                batch = [distributed.shard(part).to(device) for part in batches(generator)]
                if reorder:
                    batch = [channels_last(part) for part in batch]
                with torch.autocast(device.type, torch.bfloat16, enabled=half):
                    value = loss(wrapped, *batch)
                value, scalars = value if isinstance(value, tuple) else (value, {})
                optimizer.zero_grad(set_to_none=True)
                value.backward()
                optimizer.step()
                step += 1
                if not math.isfinite(value.item()):  # .item() also waits for a GPU, so that `seconds` is true
                    raise FloatingPointError(
                        f"expected a finite loss, got {value.item()} at step {step}: lower lr, now {config.lr}"
                    )
                seconds += time.perf_counter() - began
                bar.update()

                end = step == config.steps
                measure = evaluate is not None and config.evaluate_every and step % config.evaluate_every == 0
                if measure or end or step % LOG_EVERY == 0:
                    scalars = {"loss": value, **scalars}
                    logged = distributed.mean(
                        torch.stack([scalar.detach().float() for scalar in scalars.values()])
                    ).tolist()
                    row = {"step": step, "lr": rate, **dict(zip(scalars, logged, strict=True))}
                    if measure:
                        with evaluation_mode(model, device):
                            row |= distributed.from_main(evaluate(model) if main else None)
                    history.append(row)
                    metrics.write(**row)
                    bar.set_postfix(loss=f"{row['loss']:.3f}", refresh=False)
                if end or step % callback_every == 0:
                    call_back()
                if end or step % checkpoint_every == 0:
                    save()  # after the callback: a run that is killed between the two repeats it and skips none
                if not end and stop is not None and distributed.from_main(stop()):
                    save()
                    raise OutOfTime(f"stopped at step {step} of {config.steps}")
    model.eval()
    return FitResult(history, seconds)
