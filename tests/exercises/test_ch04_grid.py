"""What the exercises of chapter 4 claim."""

import pytest
import torch

from stn_lib.exercises import ch04_grid as check
from tests.exercises.ch04_grid import ANSWERS

FOUND = {"conventions_mixed", "grid_yx", "weights_crossed", "sides_exchanged", "edge_lost"}


@pytest.mark.parametrize("slip", sorted(ANSWERS["repaired"].mistaken.keys() - FOUND))
def test_every_other_mistake_of_repaired_passes_the_identity(slip):
    """That is what the exercise is about: a test with the identity finds none of them, but those of FOUND."""
    image = torch.rand(4, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    identity = torch.eye(2, 3, dtype=torch.float64)
    assert torch.allclose(ANSWERS["repaired"].mistaken[slip](image, identity), image, atol=1e-12)


def test_the_worked_example_of_the_pencil():
    """By hand: (a, b, c, d, e, f) = (0, .5, 1, 0, .6, .4) on 4 x 4 pixels is [[0, .5, -.325], [1, 0, .2]]."""
    matrix = torch.tensor([[0, 0.5, 0.6], [1, 0, 0.4]], dtype=torch.float64)
    wanted = torch.tensor([[0, 0.5, -0.325], [1, 0, 0.2]], dtype=torch.float64)
    assert torch.allclose(check.from_pencil.exercise.oracle(matrix, (4, 4)), wanted)
