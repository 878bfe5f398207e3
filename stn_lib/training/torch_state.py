"""Torch's state of the whole process, changed for the time of a run and restored: threads and random numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

RngState = dict[str, Tensor]


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Run with `count` torch threads, and restore the previous number. 0 changes nothing."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def private_rng(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global random state, which dropout draws from, and restore the previous state at the end."""
    before = rng_state(device)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        set_rng_state(before)


@contextmanager
def evaluation_mode(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards training mode, and the random state as before."""
    before = rng_state(device)
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train()
        set_rng_state(before)


def rng_state(device: torch.device) -> RngState:
    """The state of torch's global generators: the CPU's, and that of the run's GPU."""
    states = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        states[device.type] = torch.get_device_module(device).get_rng_state()
    return states


def set_rng_state(states: RngState) -> None:
    """Restore what `rng_state` returned. A state of a device that this machine lacks is ignored."""
    torch.set_rng_state(states["cpu"])
    for kind, module in (("cuda", torch.cuda), ("mps", torch.mps)):
        if kind in states and module.is_available():
            module.set_rng_state(states[kind])
