"""Fixtures that the tests of training share: a tiny problem, and the comparison of checkpoints."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from stn_lib.training import checkpoint


class Tiny:
    """Labelled points and a network of a few hundred weights, with batch norm and dropout: a step takes a millisecond."""

    def __init__(self, norm: bool = True, dropout: float = 0.3):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            layers = [nn.Linear(6, 16), *([nn.BatchNorm1d(16)] if norm else []), nn.ReLU(), nn.Dropout(dropout)]
            self.model = nn.Sequential(*layers, nn.Linear(16, 3))
        self.drawn: list[torch.Tensor] = []

    def batches(self, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        points = torch.randn(8, 6, generator=generator)
        self.drawn.append(points)
        return points, points[:, :3].argmax(1)

    @staticmethod
    def loss(model: nn.Module, points: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(model(points), labels)

    def parts(self):
        """The first three arguments of `fit`."""
        return self.model, self.batches, self.loss


@pytest.fixture
def tiny():
    """The class, so that a test can start several equal problems."""
    return Tiny


@pytest.fixture(scope="session")
def same_bits():
    """Whether two nested values hold the same bits."""

    def same(a, b) -> bool:
        if isinstance(a, torch.Tensor):
            return a.dtype == b.dtype and torch.equal(a, b)
        if isinstance(a, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
        if isinstance(a, list | tuple):
            return len(a) == len(b) and all(map(same, a, b))
        return a == b

    return same


@pytest.fixture(scope="session")
def timeless():
    """Reads a run's checkpoint without the seconds that it took."""

    def read(folder) -> dict:
        return {key: value for key, value in checkpoint.load(folder / "checkpoint.pt").items() if key != "seconds"}

    return read
