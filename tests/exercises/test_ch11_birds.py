"""What the exercises of chapter 11 compute is what the library computes."""

import pytest
import torch

from stn_lib import metrics
from stn_lib.data.birds import draw_birds
from stn_lib.exercises import ch11_birds as check
from stn_lib.models import cub


def test_the_oracle_of_attention_theta_is_that_of_the_windows():
    """Oracle: the library's transform of the windows, at three scales."""
    centres = torch.rand(3, 4, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1
    for scale in (0.25, 0.5, 1.5):
        theta = check.attention_theta.exercise.oracle(centres, scale)
        assert torch.allclose(theta, cub.windows_theta(centres.flatten(1), scale), atol=1e-12)


@pytest.mark.parametrize(("tiles", "windows"), [((1, 2), 2), ((2, 2), 4)])
def test_the_oracle_of_tiled_start_is_where_windows_start(tiles, windows):
    """Oracle: the library's start of two and of four windows."""
    assert check.tiled_start.exercise.oracle(*tiles).tolist() == [list(centre) for centre in cub.TILES[windows]]


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_the_oracle_of_holds_is_the_coverage_of_the_library(share):
    """Oracle: `part_coverage`, on the cases and their exact ties."""
    ties = 0
    for case in check.holds.exercise.cases(torch.Generator().manual_seed(5)):
        theta, centres, extents, _ = case.inputs.values()
        coverage = metrics.part_coverage(theta, centres, extents)
        assert torch.equal(check.holds.exercise.oracle(theta, centres, extents, share), coverage >= share)
        ties += int((coverage == share).sum())
    assert ties >= 3


def test_a_window_that_holds_a_whole_head_has_a_small_iou():
    """The reason that the exercise gives against the IoU, on drawn birds. Oracle: areas of boxes, by hand."""
    birds = draw_birds(32, generator=torch.Generator().manual_seed(0))
    head, extent = birds.centres[:, :1].double(), birds.extents[:, :1].double()
    theta = cub.windows_theta(head.flatten(1), 0.5)
    assert check.holds.exercise.oracle(theta, head, extent, 0.75).all()
    assert (4 * extent.prod(2) / (2 * 0.5) ** 2).max() < 0.2


def test_the_oracle_of_specialisation_is_that_of_the_library():
    """Oracle: the share that `specialisation` finds by trying all assignments."""
    for case in check.specialisation.exercise.cases(torch.Generator().manual_seed(5)):
        held = case.inputs["held"]
        found = metrics.specialisation(held, rounds=1, generator=torch.Generator()).share
        assert check.specialisation.exercise.oracle(held) == pytest.approx(found, abs=1e-12)
