"""Draw random inputs for the exercises of several chapters."""

import torch
from torch import Tensor


def random_integer(generator: torch.Generator, low: int, high: int) -> int:
    """Draw an integer from `low` to `high`, both included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def random_size(generator: torch.Generator, low: int = 2, high: int = 5) -> tuple[int, int]:
    """Draw a size (H, W) that is not square."""
    height = random_integer(generator, low, high)
    width = random_integer(generator, low, high - 1)
    return height, width + (width >= height)


def random_image(generator: torch.Generator, size: tuple[int, int]) -> Tensor:
    """Draw an image of the numbers 1, 2, … in random order: no two pixels are equal, none equals the padding's 0."""
    count = size[0] * size[1]
    return (torch.randperm(count, generator=generator) + 1.0).to(torch.float64).reshape(size)
