"""Prepare a process for measurements of time."""

import torch


def settle_allocator() -> None:
    """Allocate and free a large tensor, as any training process has done.

    Before that, the C library returns memory to the system after each call, and getting it back for every small tensor
    takes several times longer than the computation itself.
    """
    torch.empty(8_000_000).fill_(0)
