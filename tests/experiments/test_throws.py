"""The cover's claim on a few hundred throws, and the poses that it is measured by."""

import math

import pytest
import torch

from experiments.throws import poses, summary, throw
from stn_lib import models, results
from stn_lib.transforms import invert


@pytest.fixture(scope="module")
def found():
    """Thirty throws of each digit."""
    cnn, st_cnn = (models.load_pretrained(f"cover-{kind}") for kind in ("cnn", "st-cnn"))
    rows = [{"pair": "cover", "digit": digit, **throw(cnn, st_cnn, digit, 30)} for digit in range(10)]
    return summary(rows)["cover"]


def test_a_throw_separates_the_networks_and_the_window_rotates_and_centres(found):
    """Oracle: the goals of the cover; by chance a network is correct in 10 % of the throws."""
    assert found["throws"] == 300
    assert found["only_st_cnn"]["percent"] >= 25
    assert found["st_cnn"]["percent"] >= 95
    assert found["rotation_undone_percent"] > 50
    assert found["place_spread_pixels"] < found["frozen_spread_pixels"] / 2


@pytest.mark.parametrize("name", ["cnn", "st_cnn", "only_st_cnn", "only_cnn"])
def test_the_record_s_throws_and_these_agree(found, name):
    """Oracle: the record; four standard deviations of 300 throws."""
    recorded = results.read("throws")["summary"]["cover"][name]["percent"]
    rate = min(max(recorded / 100, 0.01), 0.99)
    assert abs(found[name]["percent"] - recorded) < 400 * math.sqrt(rate * (1 - rate) / 300)


def test_a_window_that_undoes_everything_and_one_that_is_frozen():
    """Oracle: by hand: places 3 px left and right of the middle of 42 px are 3 · 28/42 = 2 px from it in a frozen V."""
    angle = torch.linspace(-1, 1, 8)
    cos, sin = angle.cos(), angle.sin()
    linear = torch.stack([cos, -sin, sin, cos], 1).view(8, 2, 2) * 42 / 28
    places = torch.tensor([[3.0, 0.0], [-3.0, 0.0]]).repeat(4, 1) / 21
    shift = -linear @ places[:, :, None]
    theta = torch.cat([linear, shift], 2)
    exact, frozen = poses(theta, invert(theta)), poses(theta, torch.eye(2, 3).expand(8, 2, 3))
    assert exact["rotation_undone_percent"] == pytest.approx(100, abs=0.1) and exact["place_spread_pixels"] == 0
    assert frozen["rotation_undone_percent"] == 0
    assert frozen["place_spread_pixels"] == frozen["frozen_spread_pixels"] == pytest.approx(2, abs=0.01)
    assert exact["frozen_spread_pixels"] == frozen["frozen_spread_pixels"]


def test_shares_are_of_all_throws():
    """Oracle: counted by hand."""
    poses = {"rotation_undone_percent": 80.0, "place_spread_pixels": 1.0, "frozen_spread_pixels": 4.0}
    counts = [(10, 6, 1, 3), (4, 14, 0, 2)]
    rows = [
        {"pair": "cover", "throws": 20, "both": b, "only_st_cnn": s, "only_cnn": c, "neither": n, **poses}
        for b, s, c, n in counts
    ]
    shares = {name: share["percent"] for name, share in summary(rows)["cover"].items() if isinstance(share, dict)}
    assert shares == {"cnn": 37.5, "st_cnn": 85.0, "only_st_cnn": 50.0, "only_cnn": 2.5}
