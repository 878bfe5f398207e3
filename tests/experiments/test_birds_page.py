"""The networks for drawn birds in the page: their cost, what is recorded while they train, and the stored weights."""

import pytest
import torch

from experiments import birds
from experiments.birds import page
from stn_lib import models, results
from stn_lib.data import bird_batch, bird_set

ROWS = {row["network"]: row for row in results.read("birds_page")["runs"]}


def test_both_networks_cost_the_same():
    """Oracle: the ST-CNN's own cost."""
    cost = {}
    for name in page.FILES:
        network = birds.VARIANTS[name].make()
        cost[name] = sum(birds.cost(birds.VARIANTS[name], network).values())
        assert cost[name] == sum(ROWS[name]["multiply_adds"].values())
        assert models.count_parameters(network) == ROWS[name]["parameters"]
    assert 1 <= cost[birds.SMALL] / cost[birds.LEARNT] < 1.02


@pytest.mark.parametrize(("name", "file"), page.FILES.items(), ids=str)
@torch.no_grad()
def test_the_stored_weights_make_the_recorded_errors(name, file):
    """Oracle: the record, on the first 200 of its birds; another processor may decide some otherwise."""
    row, about = ROWS[name], models.pretrained_info(file)
    assert about["wrong"] == row["wrong"] and about["n"] == row["n"] == 1000
    held_out = bird_batch(bird_set("test", 200), torch.arange(200))
    wrong = (models.load_pretrained(file)(held_out.images).argmax(1) != held_out.labels).sum().item()
    low, high = row["interval_percent"]
    assert low - 4 < wrong / 2 < high + 4


def test_windows_are_recorded_at_the_moments_and_kept_for_a_resumed_run(tmp_path):
    """Oracle: by hand: step 150 is no moment; a run that goes back to step 50 records it once."""
    network = birds.VARIANTS[birds.LEARNT].make().eval()
    images = bird_batch(bird_set("test", 2), torch.arange(2)).images
    file = tmp_path / "windows.json"
    first = page.Windows(file, images)
    with torch.no_grad():
        for step in (0, 50, 100, 150):
            first(step, network)
        again = page.Windows(file, images)
        again(50, network)
    assert [frame["step"] for frame in first.frames] == [0, 50, 100]
    assert [frame["step"] for frame in again.frames] == [0, 50]
    assert again.frames[0]["centres"] == [[[0.0, -0.5], [0.0, 0.5]]] * 2  # they start one above the other
    assert all(step % page.EVERY == 0 for step in page.MOMENTS)
    assert page.MOMENTS[-1] == birds.CONFIG.steps
    for name in (birds.LEARNT, birds.EQUAL):
        assert [frame["step"] for frame in ROWS[name]["windows"]] == list(page.MOMENTS)
