"""The descent that the experiments share: batches drawn from one generator, and a checkpoint to go on from."""

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from stn_lib.metrics import error_interval
from stn_lib.models.table1 import count_parameters
from stn_lib.training import OutOfTime, TrainConfig, checkpoint, learning_rate
from stn_lib.training.loop import parameter_groups, thinned

log = logging.getLogger(__name__)
LOG_EVERY = 10
CURVE_POINTS = 30
LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}  # of filters: with bfloat16 far the fastest on a CPU

#: What of a `TrainConfig` these runs use; its model and task are not theirs.
USED = (
    "seed", "steps", "batch_size", "lr", "localization_lr_factor", "weight_decay", "label_smoothing", "precision",
    "hold_out",
)  # fmt: skip


class Descent(NamedTuple):
    """What a descent gives besides the trained network: the loss of every tenth step, and the seconds of all calls."""

    history: list[dict[str, float]]
    seconds: float


def seeded(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A network whose first weights a seed decides; the global random state is left alone.

    Example:
        >>> a, b = (seeded(lambda: nn.Linear(2, 2), 3) for _ in range(2))
        >>> torch.equal(a.weight, b.weight)
        True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def settings(config: TrainConfig, **own: Any) -> dict[str, Any]:
    """Everything that decides a run, in plain values: what it uses of the config, and what is its own."""
    return {**own, **{name: getattr(config, name) for name in USED}}


def descend(
    model: nn.Module,
    draw: Callable[[torch.Generator], tuple[Tensor, ...]],
    loss: Callable[..., Tensor],
    config: TrainConfig,
    about: dict[str, Any],
    *,
    out: str | Path | None = None,
    until: float | None = None,
    checkpoint_every: int = 200,
    progress: bool = True,
) -> Descent:
    """Train a network in place; taken up where it stopped if `out` holds a checkpoint of the same run.

    Convention:
        A batch is drawn in float32; with ``precision="bfloat16"`` the loss is computed under autocast. Every module
        called ``localization`` learns at its own share of the rate. The network is left in evaluation mode.

    Args:
        model: the network.
        draw: a generator to a batch; all randomness of the run comes from that generator.
        loss: a batch, unpacked, to the number to descend on.
        config: steps, rates, precision and seed.
        about: what decides the run, as `settings` gives it; a checkpoint of another one is refused.
        out: folder for ``checkpoint.pt``; None writes nothing.
        until: the time (of `time.monotonic`) after which to write a checkpoint and stop; None for no such time.
        checkpoint_every: steps between checkpoints; the end always has one.
        progress: whether to show a progress bar.

    Returns:
        A `Descent`.

    Raises:
        ValueError: where `out` holds another run, or a damaged checkpoint.
        OutOfTime: where `until` has passed before the last step.
        FloatingPointError: where the loss is no longer a number.
    """
    generator = torch.Generator().manual_seed(config.seed)
    half = config.precision == "bfloat16"
    if half:
        for parameter in model.parameters():
            if parameter.ndim in LAYOUTS:
                parameter.data = parameter.data.contiguous(memory_format=LAYOUTS[parameter.ndim])
    model.train()
    optimizer = torch.optim.AdamW(parameter_groups(model, config))
    step, seconds, history = 0, 0.0, []
    file = None if out is None else Path(out) / "checkpoint.pt"
    if file is not None and file.exists():
        state = checkpoint.load(file)
        checkpoint.refuse_another(state.get("about") or {}, about, "run", file)
        checkpoint.put_weights(model, state["model"], file)
        optimizer.load_state_dict(state["optimizer"])
        generator.set_state(state["generator"])
        step, seconds, history = state["step"], state["seconds"], list(state["history"])
        log.info("taken up at step %d of %d from %s", step, config.steps, file)

    def save() -> None:
        if file is not None:
            parts = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            rest = {"generator": generator.get_state(), "step": step, "seconds": seconds, "history": history}
            checkpoint.save(file, {"about": about, **parts, **rest})

    with tqdm(total=config.steps, initial=step, desc=about["run"], disable=not progress) as bar:
        while step < config.steps:
            began = time.perf_counter()
            batch = draw(generator)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, config) * group["factor"]
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                value = loss(*batch)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            step += 1
            seconds += time.perf_counter() - began
            bar.update()
            end = step == config.steps
            if end or step % LOG_EVERY == 0:
                history.append({"step": step, "loss": _finite(value.item(), step, config)})
                bar.set_postfix(loss=f"{value.item():.3f}", refresh=False)
            if end or step % checkpoint_every == 0:
                save()
            elif until is not None and time.monotonic() > until:
                save()
                raise OutOfTime(f"time is over at step {step} of {config.steps}")
    model.eval()
    return Descent(history, seconds)


def _finite(loss: float, step: int, config: TrainConfig) -> float:
    if not math.isfinite(loss):
        raise FloatingPointError(f"expected a finite loss, got {loss} at step {step}: lower lr, now {config.lr}")
    return loss


def error(wrong: int, n: int) -> dict[str, Any]:
    """What is told of a classifier's mistakes.

    Example:
        >>> error(7, 1000)
        {'error_percent': 0.7, 'interval_percent': [0.34, 1.44], 'wrong': 7, 'n': 1000}
    """
    interval = [round(x, 2) for x in error_interval(wrong, n)]
    return {"error_percent": round(100 * wrong / n, 2), "interval_percent": interval, "wrong": wrong, "n": n}


def told(
    name: str, network: nn.Module, config: TrainConfig, about: dict[str, Any], done: Descent, **measured: Any
) -> dict[str, Any]:
    """What is told of a run: what was measured, between how long it took and how it came about."""
    return {
        "run": name, "seed": config.seed, "seconds": round(done.seconds, 1), "parameters": count_parameters(network),
        "pictures": config.steps * config.batch_size, **measured, "settings": about,
        "curve": thinned(done.history, CURVE_POINTS), "model": network,
    }  # fmt: skip
