"""The networks of the page: their cost and size, what is recorded while they train, and the stored weights."""

import pytest
import torch

from experiments.house_numbers import reader
from stn_lib import models, results
from stn_lib.data import house_held_out, load_digits_split
from stn_lib.models.svhn import wrong_places

ROWS = {row["network"]: row for row in results.read("house_numbers_reader")["runs"]}


def test_the_networks_are_of_one_cost_and_one_size():
    """Oracle: the ST-CNN's own cost and parameters."""
    built = {name: make() for name, make in reader.READER.networks.items()}
    cost = {name: sum(reader.READER.cost(name, network).values()) for name, network in built.items()}
    size = {name: models.count_parameters(network) for name, network in built.items()}
    for name in built:
        assert 1 <= cost[name] / cost[reader.ST] < 1.1
        assert size[name] == pytest.approx(size[reader.ST], rel=0.01)
        assert {"cost": cost[name], "size": size[name]} == {
            "cost": sum(ROWS[name]["multiply_adds"].values()), "size": ROWS[name]["parameters"],
        }  # fmt: skip


@pytest.mark.parametrize(("name", "file"), reader.FILES.items(), ids=str)
def test_the_stored_weights_make_the_recorded_errors(name, file):
    """Oracle: the record, on the first 300 of its numbers; another processor may decide some otherwise."""
    row, about = ROWS[name], models.pretrained_info(file)
    assert about["wrong"] == row["wrong"] and about["n"] == row["n"] == 2000
    numbers = house_held_out(load_digits_split(), 300)
    with torch.no_grad():
        wrong = wrong_places(models.load_pretrained(file)(numbers.images), numbers.labels).any(1).sum().item()
    low, high = row["interval_percent"]
    assert low - 6 < 100 * wrong / 300 < high + 6


def test_windows_are_recorded_at_the_moments_and_kept_for_a_resumed_run(tmp_path):
    """Oracle: by hand: step 30 is no moment; a run that goes back to step 50 records it once."""
    network = reader.READER.networks[reader.ST]().eval()
    images = house_held_out(load_digits_split(), 2).images
    file = tmp_path / "windows.json"
    first = reader.Windows(file, images)
    with torch.no_grad():
        for step in (0, 30, 50, 100):
            first(step, network)
        again = reader.Windows(file, images)
        again(50, network)
    assert [frame["step"] for frame in first.frames] == [0, 50, 100]
    assert [frame["step"] for frame in again.frames] == [0, 50]
    (sx, _, x), (_, sy, y) = again.frames[0]["theta"][1]
    assert (sx, sy, x, y) == (0.8, 0.8, 0.0, 0.0)  # wide, in the middle
    assert all(step % reader.EVERY == 0 for step in reader.MOMENTS)
    assert reader.MOMENTS[-1] == reader.READER.config.steps
    assert [frame["step"] for frame in ROWS[reader.ST]["windows"]] == list(reader.MOMENTS)
