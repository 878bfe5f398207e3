"""Noise that Python and the page compute alike: `hashNoise` of ``shared/random.js`` is the twin."""

import math

import numpy as np
import torch
from torch import Tensor


def hash_noise(length: int, deviation: float) -> Tensor:
    """Noise (length,) with mean 0: the sum of four bytes of each index's hash, which is nearly normal.

    Example:
        >>> round(hash_noise(10_000, 0.5).std().item(), 1)
        0.5
    """
    mixed = np.arange(1, length + 1, dtype=np.uint32) * np.uint32(0x9E3779B1)
    for shift, factor in ((15, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    mixed ^= mixed >> np.uint32(16)
    total = mixed.view(np.uint8).reshape(-1, 4).sum(1)
    return torch.from_numpy(deviation * math.sqrt(3) * (total / 255 - 2)).float()
