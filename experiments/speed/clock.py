"""What the measurements of time share."""

import torch


def settle_allocator() -> None:
    """Allocate and free a large tensor, as any training process has done.

    Until then the C library returns memory to the system after each call, and faulting it in again for every small
    tensor takes several times longer than the work itself.
    """
    torch.empty(8_000_000).fill_(0)
