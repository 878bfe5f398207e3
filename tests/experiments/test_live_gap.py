"""What the record of the live chapter holds, and what chapter 7 says of it."""

import numpy as np
import pytest
import torch

from experiments.live_gap import FIXED, KINDS, config_of, spreads
from stn_lib import results
from stn_lib.transforms import identity


def test_spreads_by_hand():
    """Oracle: by hand: two windows of half the side, shifted by -0.5 and 0.5 of x, stretched 2 to 1 in the second."""
    distortion = identity(2)
    theta = torch.tensor([[[0.5, 0.0, 0.25], [0.0, 0.5, 0.0]], [[1.0, 0.0, -0.5], [0.0, 0.5, 0.0]]])
    found = spreads(distortion, theta)
    # Centres at x = -0.5 and 0.5: variance 0.5 in x, 0 in y, so 14 · sqrt(0.25) pixels. Sizes 2 and sqrt(2).
    assert found["position_pixels"] == 7.0
    assert found["size_percent"] == pytest.approx(100 * (2 + 2**0.5) / 2, abs=0.06)
    assert (found["stretch"], found["rotation_degrees"]) == (1.5, 0.0)


def test_the_control_does_not_learn_its_theta():
    assert config_of(FIXED, 3).localization_lr_factor == 0 and config_of(FIXED, 3).seed == 3


def wrong(kind):
    """Whether each answer of the stored runs is wrong: (seeds, copies, digits)."""
    runs = results.read("live_gap")["runs"]
    answers = torch.zeros(len(runs), runs[0][kind]["n"])
    for k, run in enumerate(runs):
        answers[k, run[kind]["wrong_at"]] = 1
    return answers.unflatten(1, (4, -1)).double()


def test_the_sentences_of_chapter_7_about_the_stored_runs():
    """Oracle: the record's own numbers: what a dead transformer costs, and what a living one leaves of the poses."""
    runs = results.read("live_gap")["runs"]
    errors = {kind: [run[kind]["error_percent"] for run in runs] for kind in (*KINDS, FIXED)}
    assert all(fixed > 2 * own for fixed, own in zip(errors[FIXED], errors["st-cnn"], strict=True))
    assert sum(fixed > cnn for fixed, cnn in zip(errors[FIXED], errors["cnn"], strict=True)) == 4
    assert all(own < cnn / 2 for own, cnn in zip(errors["st-cnn"], errors["cnn"], strict=True))
    assert abs(np.corrcoef(errors["cnn"], errors["st-cnn"])[0, 1]) < 0.2  # "hardly correlated"
    for run in runs:
        identity, own = (run["st-cnn"]["pose"][name] for name in ("identity", "theta"))
        assert run[FIXED]["dead"] and not run["st-cnn"]["dead"]
        assert own["position_pixels"] < 1.1 and identity["position_pixels"] > 3
        assert identity["size_percent"] < own["size_percent"] < 1.3 * identity["size_percent"]
        assert 0.7 < own["rotation_degrees"] / identity["rotation_degrees"] < 0.95


def test_four_copies_of_a_digit_widen_its_interval_by_a_third():
    """Oracle: the standard error of the gap over digits, each the mean of its four copies, against that over images."""
    gap = (wrong("cnn") - wrong("st-cnn")).mean(0)
    independent = gap.std() / gap.numel() ** 0.5
    assert 1.25 < gap.mean(0).std() / gap.shape[1] ** 0.5 / independent < 1.45
