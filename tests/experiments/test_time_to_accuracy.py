"""The pure parts of the benchmark of seconds to an accuracy."""

from dataclasses import replace

import pytest
import torch

from experiments import time_to_accuracy as benchmark
from experiments.time_to_accuracy import OURS, TUTORIAL, build, first_at, summary


def test_first_at_is_the_first_crossing_not_the_best():
    """Oracle: read off by eye; the curve falls below the target again and rises higher later."""
    curve = [[100, 1.0, 0.9, 97.0], [200, 2.0, 1.9, 98.5], [300, 3.0, 2.9, 98.2], [400, 4.0, 3.9, 99.1]]
    assert first_at(curve, 98.5) == curve[1]
    assert first_at(curve, 98.51) == curve[3]
    assert first_at(curve, 99.2) is None
    assert first_at([], 98.5) is None


def test_tutorial_has_the_parameters_of_its_description():
    """Oracle: by hand. Localisation: 8(49+1) + 10(8·25+1) + 32(90+1) + 6(32+1) = 400 + 2,010 + 2,912 + 198 = 5,520.

    Classifier: 10(25+1) + 20(10·25+1) + 50(320+1) + 10(50+1) = 260 + 5,020 + 16,050 + 510 = 21,840.
    """
    net = build(TUTORIAL, torch.Generator())
    assert sum(p.numel() for p in net.transformer.parameters()) == 5_520
    assert sum(p.numel() for p in net.classifier.parameters()) == 21_840
    plain = build(replace(TUTORIAL, transformer=False), torch.Generator())
    assert sum(p.numel() for p in plain.parameters()) == 21_840


def test_tutorial_has_the_sizes_of_its_description():
    """Oracle: by hand. 28 -7-> 22 -> 11 -5-> 7 -> 3 in the localisation; 28 -5-> 24 -> 12 -5-> 8 -> 4 behind it."""
    net = build(TUTORIAL, torch.Generator()).eval()
    x = torch.rand(3, 1, 28, 28)
    shapes = []
    for part in (net.transformer.localization, net.classifier):
        seen = x
        for layer in part:
            seen = layer(seen)
            if isinstance(layer, torch.nn.Conv2d | torch.nn.MaxPool2d | torch.nn.Linear):
                shapes.append(tuple(seen.shape[1:]))
    assert shapes == [
        *((8, 22, 22), (8, 11, 11), (10, 7, 7), (10, 3, 3), (32,), (6,)),
        *((10, 24, 24), (10, 12, 12), (20, 8, 8), (20, 4, 4), (50,), (10,)),
    ]  # fmt: skip


def test_tutorial_starts_at_the_identity():
    """Oracle: its description: the picture itself, whatever it shows, frame or none."""
    net = build(TUTORIAL, torch.Generator())
    x = torch.randn(2, 1, 28, 28)
    torch.testing.assert_close(net.transformer(x), x, atol=1e-5, rtol=0)


def test_a_constant_rate_is_torchs_own_descent(monkeypatch):
    """Oracle: the recipe written out with torch.optim.SGD(lr=0.01) and nll_loss of log_softmax, batches of 64."""
    digits = (
        torch.rand(150, 1, 28, 28),
        torch.randint(10, (150,)),
        torch.rand(20, 1, 28, 28),
        torch.randint(10, (20,)),
    )
    kept = []
    monkeypatch.setattr(benchmark, "right", lambda net, *_: kept.append(net) or 0)
    curve = benchmark.train(replace(TUTORIAL, steps=4, look=2), 5, digits, 98.5)
    assert [point[0] for point in curve] == [2, 4]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        net = build(TUTORIAL, torch.Generator()).train()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        order = torch.Generator().manual_seed(5)
        batches = [b for _ in range(2) for b in torch.randperm(150, generator=order).split(64)]
        for chosen in batches[:4]:
            optimizer.zero_grad()
            logged = torch.nn.functional.log_softmax(net(digits[0][chosen]), 1)
            torch.nn.functional.nll_loss(logged, digits[1][chosen]).backward()
            optimizer.step()
    for mine, theirs in zip(kept[-1].parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-5)


def test_our_two_networks_differ_by_the_transformer_alone():
    """Oracle: the parameters counted by part; both classifiers have the layers of the same widths."""
    with_it, without = (build(replace(OURS, transformer=t), torch.Generator().manual_seed(0)) for t in (True, False))
    sizes = [[tuple(p.shape) for p in part.parameters()] for part in (with_it.classifier, without)]
    assert sizes[0] == sizes[1]


def test_summary_counts_a_tutorial_that_did_not_arrive_as_a_lower_bound():
    """Oracle: by hand: 100 s against 4 s is 25 times; 300 s of training without arriving against 10 s is over 30."""

    def run(name, seconds, reached, ran):
        point = {"step": 1, "seconds": seconds, "cpu_seconds": seconds / 2}
        spent = {"steps": 9, "seconds": ran, "cpu_seconds": ran / 2}
        hits = {goal: point if goal in reached else None for goal in ("98.5", "99.0")}
        return {"run": name, "seed": 0, "target": 99.0, "best_percent": 98.9, "reached": hits, "ran": spent}

    told = summary([run("tutorial", 100, ["98.5"], 300), run("fast", 4, ["98.5"], 4), run("far", 10, ["99.0"], 10)])
    assert told["fast"]["98.5"]["times_sooner_seconds"] == [25.0]
    assert told["fast"]["98.5"]["times_sooner_cpu_seconds"] == [25.0]
    assert told["fast"]["98.5"]["lower_bound"] is False
    assert told["far"]["99.0"]["times_sooner_seconds"] == [30.0]
    assert told["far"]["99.0"]["lower_bound"] is True
    assert told["tutorial"]["99.0"]["reached"] == "0 of 1"


@pytest.mark.parametrize("name", list(benchmark.COMPARED | benchmark.ABLATION))
def test_every_recipe_takes_a_step(name):
    """Oracle: its own length and look: the curve has the points that they ask for."""
    recipe, _ = (benchmark.COMPARED | benchmark.ABLATION)[name]
    digits = (torch.rand(64, 1, 28, 28), torch.randint(10, (64,)), torch.rand(10, 1, 28, 28), torch.randint(10, (10,)))
    curve = benchmark.train(replace(recipe, steps=3, look=2), 0, digits, 101)
    assert [point[0] for point in curve] == [2, 3]
