"""The cost of transformers in the network for SVHN: what is timed is what the network does."""

import argparse
import json

import pytest
import torch
from torch import nn

from experiments.__main__ import main
from experiments.catalogue import ROOT
from experiments.record import load
from experiments.speed import house_number_cost as cost
from stn_lib.models import SVHNNetwork

SMALL = {"widths": (2,) * 8, "hidden": 8, "localization": 4}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(cost, "NETWORK", SMALL)
    monkeypatch.setattr(cost, "SIZE", (16, 16))


def test_from_the_command_to_the_report(small, tmp_path, capsys):
    """Oracle: the names of the networks and parts; the second command finds nothing missing."""
    out = tmp_path / "record.json"
    words = ["speed", "house_number_cost", "--rounds", "2", "--batch", "2", "--out", str(out)]
    for _ in range(2):
        assert main(words) == 0
        written = out.read_text()
    assert out.read_text() == written
    record = json.loads(written)
    assert [row["precision"] for row in record["runs"]] == ["float32", "bfloat16"]
    for row in record["runs"]:
        assert list(row["ms"]) == ["none", "single", "multi"] and min(row["ms"].values()) > 0
        for name in ("single", "multi"):
            assert tuple(row["parts_percent"][name]) == cost.PARTS
            for mean, low, high in (row["added_percent"][name], *row["parts_percent"][name].values()):
                assert low <= mean <= high
        assert row["multiply_adds"]["none"] < min(row["multiply_adds"][name] for name in ("single", "multi"))
    assert "| bfloat16 | multi |" in capsys.readouterr().out


def test_shares_and_added_time_are_those_of_the_clock(small, monkeypatch, job):
    """Oracle: by hand, with a clock that gives each function a time of its own; the first rounds only warm up."""
    seconds = {"none": 10.0, "single": 11.0, "multi": 12.0, "none, gradient of the input": 10.5}
    seconds |= {f"single: {part}": 0.1 for part in cost.PARTS[:3]} | {f"multi: {part}": 0.3 for part in cost.PARTS[:3]}
    monkeypatch.setattr(
        cost, "_times", lambda timed, rounds, device: {name: [seconds[name]] * rounds for name in timed}
    )
    options = argparse.Namespace(rounds=3, batch=2, device="cpu")
    found = cost.measure({"precision": "float32"}, job(options=options))
    assert found["added_percent"] == {"single": [10.0] * 3, "multi": [20.0] * 3}
    assert found["parts_percent"]["multi"] == {
        "localisation": [3.0] * 3, "grid": [3.0] * 3, "sampler": [3.0] * 3, "input gradient": [5.0] * 3,
    }  # fmt: skip
    assert found["ms"]["none"] == 10_000


def test_each_function_is_timed_once_a_round_and_each_is_first_in_turn():
    """Oracle: the calls, in order."""
    calls = []
    timed = {name: lambda name=name: calls.append(name) for name in "abc"}
    times = cost._times(timed, 3, torch.device("cpu"))
    assert {name: len(found) for name, found in times.items()} == {"a": 3, "b": 3, "c": 3}
    assert ["".join(calls[k : k + 3]) for k in range(0, 15, 3)][cost.WARM_UP :] == ["abc", "bca", "cab"]


@pytest.mark.parametrize("half", [False, True], ids=["float32", "bfloat16"])
def test_the_parts_are_those_of_the_network(half):
    """Oracle: hooks on the network: each localisation network gets what it gets in a step, and all its weights learn."""
    net = SVHNNetwork("multi", (16, 16), **SMALL).train()
    for transformer in net.transformers:
        nn.init.normal_(transformer.localization[-1].weight, std=0.01)
    images = torch.rand(3, 3, 16, 16)
    seen = cost._inputs(net, images, half)
    assert seen[0] is images and [tuple(x.shape[1:]) for x in seen[1:]] == [(2, 8, 8), (2, 8, 8), (2, 4, 4)]
    assert len({x.dtype for x in seen[1:]}) == 1 and seen[1].dtype == (torch.bfloat16 if half else torch.float32)
    timed = cost.parts(net, images, half)
    given = []
    for transformer in net.transformers:
        transformer.localization.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    timed["localisation"]()
    assert [x.requires_grad for x in given] == [False, True, True, True], "the image itself needs no gradient"
    assert all(weight.grad is not None for st in net.transformers for weight in st.parameters())
    timed["grid"]()
    timed["sampler"]()


def test_the_passes_leave_all_gradients_and_no_other_change():
    """Oracle: the weights before; the gradient of the image only where it is wanted."""
    net = SVHNNetwork("none", (16, 16), **SMALL).train()
    before = [weight.clone() for weight in net.parameters()]
    for learns in (False, True):
        images = torch.rand(2, 3, 16, 16, requires_grad=learns)
        cost.passes(net, images, half=False)()
        assert (images.grad is not None) == learns
        assert all(weight.grad is not None for weight in net.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_the_stored_multiply_adds_are_those_of_the_paper_s_network():
    """Oracle: by hand, for 64 pixels: each convolution's outputs times the weights of one, three times (forward, weights,
    input), but twice for the first, whose input is the image; then the three linear layers.
    """
    layers = [(64, 3, 48), (32, 48, 64), (32, 64, 128), (16, 128, 160), (16, 160, 192), (8, 192, 192), (8, 192, 192)]
    once = [side * side * 25 * inputs * outputs for side, inputs, outputs in [*layers, (4, 192, 192)]]
    once += [3072 * 3072, 3072 * 3072, 3072 * 55]
    for row in load(ROOT / "stn_lib" / "results" / "house_number_cost.json")["runs"]:
        assert row["multiply_adds"]["none"] == 3 * sum(once) - once[0]
