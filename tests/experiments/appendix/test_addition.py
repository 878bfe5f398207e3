"""Addition: sums that are sums, networks of one size, a run that goes on where it stopped."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from experiments.appendix import addition
from experiments.appendix.addition import PAPER, AdditionNetwork, addition_batch, addition_held_out, train_and_measure
from stn_lib.data import DigitsSplit, load_digits_split
from stn_lib.training import checkpoint
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import OutOfTime

SHORT = FitConfig(steps=8, batch_size=8, lr=addition.LR)


def labelled(count=10):
    """Digits whose image shows their label: a grey square in the middle, the brighter the larger."""
    images = torch.zeros(count, 1, 28, 28)
    images[:, :, 8:20, 8:20] = (torch.arange(count) + 1).view(-1, 1, 1, 1) / 10
    return DigitsSplit(images, torch.arange(count), images, torch.arange(count))


def labels_in(images):
    """The labels in each channel, from the brightest pixel of the grey squares."""
    return (images.amax((2, 3)) * 10).round().long() - 1


@pytest.mark.parametrize("drawn", ["batch", "held out"])
def test_labels_are_sums_of_what_the_channels_show(drawn):
    """Oracle: images whose grey says which digit they are, added up here."""
    g = torch.Generator().manual_seed(0)
    images, sums = addition_batch(labelled(), 500, generator=g) if drawn == "batch" else addition_held_out(labelled())
    assert torch.equal(labels_in(images).sum(1), sums)


def test_sums_are_those_of_two_independent_digits():
    """Oracle: scipy's chi-squared test against numpy's convolution of the labels' own frequencies."""
    split = load_digits_split()
    _, sums = addition_batch(split, 4000, generator=torch.Generator().manual_seed(1))
    share = np.bincount(split.train_labels.numpy(), minlength=10) / len(split.train_labels)
    expected = np.convolve(share, share) * 4000
    assert stats.chisquare(np.bincount(sums.numpy(), minlength=19), expected).pvalue > 0.01
    assert sums.min() >= 0 and sums.max() <= 18


def test_channels_are_distorted_each_on_its_own():
    """Oracle: scipy's correlation of the two squares' centres of mass and areas over many pairs: none."""
    images, _ = addition_batch(labelled(1), 2000, generator=torch.Generator().manual_seed(2))
    pixels = torch.arange(42.0)
    ink = images.sum((2, 3))
    x = (images.sum(2) * pixels).sum(2) / ink
    for measure in (x.numpy(), ink.numpy()):
        assert measure.std(0).min() > 1
        assert stats.pearsonr(measure[:, 0], measure[:, 1]).pvalue > 0.001


def test_held_out_pairs_stay_and_use_each_digit_once_a_channel():
    """Oracle: counts of greys by numpy; the other call."""
    images, sums = addition_held_out(labelled())
    labels = labels_in(images).numpy()
    assert all(sorted(labels[:, k]) == list(range(10)) for k in (0, 1))
    again = addition_held_out(labelled())
    assert torch.equal(images, again[0]) and torch.equal(sums, again[1])


@pytest.mark.parametrize(("model", "transform"), PAPER)
def test_networks_have_one_size(model, transform):
    """Oracle: the budget, to 1 %; shapes; four channels behind two transformers."""
    net = AdditionNetwork(model, transform)
    assert abs(sum(p.numel() for p in net.parameters()) / 300_000 - 1) < 0.01
    images = torch.rand(3, 2, 42, 42)
    assert net(images).shape == (3, 19)
    channels = {"st-fcn": 2, "2xst-fcn": 4}.get(model)
    assert net.straightened(images).shape == ((3, channels, 28, 28) if channels else (3, 2, 42, 42))


def test_each_transformer_sees_and_moves_both_channels():
    """Oracle: by hand: a transformer that reads one pixel to the right moves both channels of its own pair only."""
    net = AdditionNetwork("2xst-fcn", "affine").eval()
    images = torch.rand(2, 2, 42, 42)
    before = net.straightened(images)
    torch.testing.assert_close(before[:, :2], before[:, 2:])  # both start at the identity
    with torch.no_grad():
        net.transformers[1].localization[-1].bias[2] += 2 / 28 * 1.0  # a pixel of the output, 1.5 of the input
    after = net.straightened(images)
    assert torch.equal(after[:, :2], before[:, :2])
    torch.testing.assert_close(after[:, 2:, :, :-1], before[:, 2:, :, 1:], rtol=0, atol=1e-4)
    for transformer in net.transformers:
        first = transformer.localization[2]  # behind the pooling and flattening
        assert first.in_features == 2 * 21 * 21


def test_splines_are_read_in_full_precision_under_autocast():
    """Oracle: the same images read without autocast, at the theta found under it."""
    net = AdditionNetwork("2xst-fcn", "tps").eval()
    images = torch.rand(2, 2, 42, 42)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        seen = net.straightened(images)
        theta = [transformer.theta(images) for transformer in net.transformers]
    with torch.no_grad():
        expected = torch.cat([st.sample(images, own) for st, own in zip(net.transformers, theta, strict=True)], 1)
    assert seen.dtype == torch.float32 and torch.equal(seen, expected)


def same(a, b):
    """Whether two checkpoints hold the same bits, but for the seconds they took."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(k == "seconds" or same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def test_an_interrupted_run_ends_as_an_unbroken_one(job, tmp_path, monkeypatch):
    """Oracle: the unbroken run's bits; the other is cut between two checkpoints, and again by its time."""
    split, config = load_digits_split(), replace(SHORT, seed=3)
    before = torch.get_rng_state()
    whole, _ = train_and_measure("2xst-fcn affine", config, split, job(folder=tmp_path / "whole"))
    assert torch.equal(torch.get_rng_state(), before)
    cut = job(folder=tmp_path / "cut")
    draws = []

    def torn(*args, **kwargs):
        draws.append(1)
        if len(draws) == 4:
            raise KeyboardInterrupt
        return addition_batch(*args, **kwargs)

    with pytest.raises(OutOfTime, match="at step 1 of 8"):
        train_and_measure("2xst-fcn affine", config, split, replace(cut, stop=lambda: True))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(addition, "addition_batch", torn)
        train_and_measure("2xst-fcn affine", config, split, cut)
    assert checkpoint.load(tmp_path / "cut" / "checkpoint.pt")["step"] == 1
    ended, _ = train_and_measure("2xst-fcn affine", config, split, cut)
    assert same(*(checkpoint.load(tmp_path / name / "checkpoint.pt") for name in ("whole", "cut")))
    plain = [{k: v for k, v in row.items() if k != "seconds"} for row in (whole, ended)]
    assert plain[0] == plain[1] and json.dumps(plain[0])
    with pytest.raises(ValueError, match="expected a checkpoint with seed=4, got one with seed=3"):
        train_and_measure("2xst-fcn affine", replace(config, seed=4), split, cut)


def test_it_learns(job):
    """Oracle: log 19, the loss of a guess; two squares whose greys are to be added, wherever they are."""
    config = replace(SHORT, steps=40, batch_size=32)
    row, network = train_and_measure("cnn", config, labelled(), job())
    assert row["curve"][0]["loss"] > 0.9 * math.log(19) and row["curve"][-1]["loss"] < 0.8 * math.log(19)
    assert row["paper"] == 14.7 and row["pictures"] == 40 * 32 and row["n"] == 10
    assert not network.training


def test_wrong_requests_are_refused():
    """Oracle: the message names expected and got."""
    with pytest.raises(ValueError, match="expected model to be one of 'fcn', 'cnn', .* got 'mlp'"):
        AdditionNetwork("mlp")
    with pytest.raises(ValueError, match="expected transform in .* for '2xst-fcn', got 'warp'"):
        AdditionNetwork("2xst-fcn", "warp")
    with pytest.raises(ValueError, match="expected transform None for 'cnn', which has no transformer, got 'affine'"):
        AdditionNetwork("cnn", "affine")
    with pytest.raises(ValueError, match=r"expected images of shape \(N, 2, 42, 42\), got \(1, 1, 42, 42\)"):
        AdditionNetwork("fcn", None)(torch.zeros(1, 1, 42, 42))
