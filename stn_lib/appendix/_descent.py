"""The descent that the experiments share: batches drawn from one generator, and a checkpoint to go on from."""

import itertools
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from stn_lib.training import OutOfTime, TrainConfig, checkpoint, learning_rate

log = logging.getLogger(__name__)
LOG_EVERY = 10
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


@contextmanager
def one_thread() -> Iterator[None]:
    """Run with one thread of torch's, which gives the same bits on more machines, and give back what was set before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
    optimizer = torch.optim.AdamW(_groups(model, config), weight_decay=config.weight_decay)
    step, seconds, history = 0, 0.0, []
    file = None if out is None else Path(out) / "checkpoint.pt"
    if file is not None and file.exists():
        state = _checked(checkpoint.load(file), about, file)
        model.load_state_dict(state["model"])
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


def _groups(model: nn.Module, config: TrainConfig) -> list[dict[str, Any]]:
    """The localisation networks at their own rate; the rest at the full one."""
    inside = {id(p) for module in model.modules() for p in _localization(module)}
    parts = (
        ([p for p in model.parameters() if id(p) not in inside], 1.0),
        ([p for p in model.parameters() if id(p) in inside], config.localization_lr_factor),
    )
    return [{"params": parameters, "factor": factor} for parameters, factor in parts if parameters]


def _localization(module: nn.Module) -> list[nn.Parameter]:
    part = getattr(module, "localization", None)
    return list(part.parameters()) if isinstance(part, nn.Module) else []


def _checked(state: dict[str, Any], about: dict[str, Any], file: Path) -> dict[str, Any]:
    """A checkpoint, if it is of this run."""
    known = state.get("about") or {}
    other = {key: known.get(key) for key in {*known, *about} if known.get(key) != about.get(key)}
    if other:
        raise ValueError(
            f"expected a checkpoint of this run, got one with {other} in {file}, now "
            f"{ {key: about.get(key) for key in other} }: choose another folder, or delete it"
        )
    return state


def _finite(loss: float, step: int, config: TrainConfig) -> float:
    if not math.isfinite(loss):
        raise FloatingPointError(f"expected a finite loss, got {loss} at step {step}: lower lr, now {config.lr}")
    return loss


def thinned(history: list[dict[str, float]], points: int = 30) -> list[dict[str, float]]:
    """A history in few points, each the mean of the rows since the one before.

    Example:
        >>> thinned([{"step": 10, "loss": 3.0}, {"step": 20, "loss": 1.0}], points=1)
        [{'step': 20, 'loss': 2.0}]
    """
    cuts = sorted({round(k * len(history) / points) for k in range(points + 1)})
    parts = [history[a:b] for a, b in itertools.pairwise(cuts)]
    return [{"step": p[-1]["step"], "loss": round(sum(r["loss"] for r in p) / len(p), 4)} for p in parts]
