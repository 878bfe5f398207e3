"""Several processes, each with its share of every batch, that descend as one process with the whole batch would.

Started by ``torchrun``; without it there is one process, and everything here does nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


@contextmanager
def processes(device: torch.device) -> Iterator[None]:
    """Join the other processes that torchrun has started, if it has."""
    if int(os.environ.get("WORLD_SIZE", 1)) == 1 or dist.is_initialized():
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def first() -> bool:
    """Whether this is the first process, the one that writes and speaks."""
    return os.environ.get("RANK", "0") == "0"


def count() -> int:
    """How many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def local_device(name: str) -> torch.device:
    """The device of this process; see `stn_lib.training.TrainConfig` for the names.

    Raises:
        ValueError: for a device that this machine has not.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if there[kind])
    if not there[name]:
        raise ValueError(f"expected a device that is there ({[k for k, v in there.items() if v]}), got {name!r}")
    if name == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
        return device
    return torch.device(name)


def share(batch: Tensor) -> Tensor:
    """This process's part of a batch (N, …): all parts have one size.

    Raises:
        ValueError: where the batch does not divide evenly.
    """
    if len(batch) % count():
        raise ValueError(f"expected a batch that {count()} processes can share evenly, got {len(batch)} pictures")
    return batch.chunk(count())[dist.get_rank()] if count() > 1 else batch


def mean(value: Tensor) -> Tensor:
    """The mean over the processes."""
    if count() == 1:
        return value
    value = value.clone()
    dist.all_reduce(value)
    return value / count()


def from_first(value: Any) -> Any:
    """What the first process holds, in all of them."""
    if count() == 1:
        return value
    held = [value]
    dist.broadcast_object_list(held)
    return held[0]


def joined(model: nn.Module, device: torch.device) -> nn.Module:
    """The network with gradients averaged and batch norms measured over all processes; the network itself if alone."""
    if count() == 1:
        return model
    for parent in list(model.modules()):
        for name, layer in parent.named_children():
            if type(layer) in _SYNCED:
                synced = _SYNCED[type(layer)](layer.num_features, layer.eps, layer.momentum)
                synced.__dict__ = layer.__dict__  # the same weights, under the same names
                setattr(parent, name, synced)
    ids = [device.index] if device.type == "cuda" else None
    return DistributedDataParallel(model, device_ids=ids, broadcast_buffers=False)


class _Sum(torch.autograd.Function):
    """The sum over the processes. What each makes of it depends on all of them, so the gradient is a sum as well."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        value = value.clone()
        dist.all_reduce(value)
        return value

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        dist.all_reduce(gradient)
        return gradient


class _Synced:
    """A batch norm whose mean and variance are those of the whole batch. (torch's own needs a GPU.)"""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        axes = [0, *range(2, x.ndim)]
        shape = [1, -1, *[1] * (x.ndim - 2)]
        wide = x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
        centre = _Sum.apply(wide.mean(axes)) / count()
        off = wide - centre.view(shape)
        variance = _Sum.apply(off.square().mean(axes)) / count()
        with torch.no_grad():
            n = count() * x.numel() / x.shape[1]
            self.num_batches_tracked += 1
            self.running_mean.lerp_(centre.detach(), self.momentum)
            self.running_var.lerp_(variance.detach() * n / (n - 1), self.momentum)
        gain = self.weight * torch.rsqrt(variance + self.eps)
        return (off * gain.view(shape) + self.bias.view(shape)).to(x.dtype)


class _Synced1d(_Synced, nn.BatchNorm1d):
    pass


class _Synced2d(_Synced, nn.BatchNorm2d):
    pass


_SYNCED = {nn.BatchNorm1d: _Synced1d, nn.BatchNorm2d: _Synced2d}
