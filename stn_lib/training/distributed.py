"""Several processes under ``torchrun``, each with its share of every batch. Without torchrun, one process.

On GPUs batch norm uses the statistics of the whole batch (torch's SyncBatchNorm). On CPUs torch has no such layer: the
batch norm of each process sees its own share, so a network with batch norm trains a little differently than in one
process. Evaluation and checkpoints use the main process's network.
"""

import atexit
import os
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


def join_processes(device: torch.device) -> None:
    """Join the other processes that torchrun started, if there are any, until this process ends.

    Raises:
        ValueError: if a process group that the caller made is not the one that torchrun started: two processes could
            then both write the files of a run, or none.
    """
    if not _launched():
        return
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(dist.destroy_process_group)
    started = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if started != (rank(), world_size()):
        raise ValueError(
            f"expected the process group of torchrun, process {started[0]} of {started[1]}, got one in which this is "
            f"process {rank()} of {world_size()}: call init_process_group without rank and world_size, or leave it out"
        )


def is_main_process() -> bool:
    """Whether this process writes files and prints: the first of torchrun's, or the only one."""
    return rank() == 0


def world_size() -> int:
    """The number of processes."""
    if dist.is_initialized():
        return dist.get_world_size()
    return int(os.environ["WORLD_SIZE"]) if _launched() else 1


def rank() -> int:
    """The number of this process, from 0."""
    if dist.is_initialized():
        return dist.get_rank()
    return int(os.environ["RANK"]) if _launched() else 0


def local_device(name: str) -> torch.device:
    """The device of this process, by a name as in `stn_lib.training.TrainConfig`.

    Raises:
        ValueError: for a device that this machine does not have.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    if not available[name]:
        raise ValueError(
            f"expected device {name!r} on this machine, got only {[kind for kind, yes in available.items() if yes]}: "
            "choose another, or auto"
        )
    if name == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]) if _launched() else 0)
        torch.cuda.set_device(device)
        return device
    return torch.device(name)


def shard(batch: Tensor) -> Tensor:
    """This process's share of a batch (N, …). All shares have one size.

    Raises:
        ValueError: if the batch does not divide evenly.
    """
    count = world_size()
    if len(batch) % count:
        raise ValueError(f"expected a batch size that {count} processes divide evenly, got {len(batch)}")
    return batch.chunk(count)[rank()] if count > 1 else batch


def mean(value: Tensor) -> Tensor:
    """The mean over all processes."""
    if world_size() == 1:
        return value
    value = value.clone()
    dist.all_reduce(value)
    return value / world_size()


def from_main(value: Any) -> Any:
    """The main process's value, in every process."""
    if world_size() == 1:
        return value
    held = [value]
    dist.broadcast_object_list(held)
    return held[0]


def wrap_ddp(model: nn.Module, device: torch.device) -> nn.Module:
    """The network, with gradients averaged over all processes; the network itself if there is one process."""
    if world_size() == 1:
        return model
    if device.type == "cuda":
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # in place, with the same parameters
        return DistributedDataParallel(model, device_ids=[device.index])
    return DistributedDataParallel(model)


def _launched() -> bool:
    """Whether torchrun started this process among others. A RANK that something else left behind does not count."""
    return dist.is_torchelastic_launched() and int(os.environ.get("WORLD_SIZE", 1)) > 1
