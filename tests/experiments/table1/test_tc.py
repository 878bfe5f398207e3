"""The study of the TC column: its networks, what is stored of them, and what the report compares."""

import json

import pytest
import torch
from torch.nn import functional as F

from experiments import options as command_line
from experiments import runner
from experiments.catalogue import find
from experiments.table1.tc import EXPERIMENT, MEAN_POOL, VARIANTS, bounded_window, build, config_of, report, rows
from stn_lib.models import count_parameters

ENTRY = find("table1 tc")


def options(tmp_path, words=""):
    """The study's options, with folders that are temporary."""
    folders = ["--out", str(tmp_path / "tc.json"), "--runs", str(tmp_path / "runs")]
    return command_line.parse(ENTRY, [*words.split(), *folders])


def test_the_networks_have_one_budget_and_start_where_they_say(tmp_path):
    """Oracle: sizes counted here; torch's mean pooling, resize and crop of the same images."""
    images = torch.rand(4, 1, 60, 60, generator=torch.Generator().manual_seed(0))
    networks = {
        name: build(variant, config_of(name, 1, options(tmp_path))).eval() for name, variant in VARIANTS.items()
    }
    sizes = [count_parameters(network) for network in networks.values()]
    assert max(sizes) < 1.02 * min(sizes)
    mean_pool = F.avg_pool2d(images, 2)[:, :, 1:-1, 1:-1]
    resized = F.interpolate(images, (28, 28), mode="bilinear")
    fine = F.avg_pool2d(F.interpolate(images, (56, 56), mode="bilinear"), 2)
    seen = {
        "fixed identity": resized, "fixed 28/30": mean_pool, "learnt": resized, "antialiased": fine, "pooled": images,
        "bounded": mean_pool,
    }  # fmt: skip
    with torch.no_grad():
        for name, expected in seen.items():
            assert torch.allclose(networks[name].transformer(images), expected, atol=2e-5), name
        for network in networks.values():
            assert network(images).shape == (4, 10)
    assert networks["pooled cnn"].classifier[0].in_channels == 1 and networks["pooled cnn"].pool.kernel_size == 2


def test_only_what_learns_learns(tmp_path):
    """Oracle: by hand: the localisation network of a fixed theta has learning rate 0."""
    rates = {name: config_of(name, 0, options(tmp_path)).localization_lr_factor for name in VARIANTS}
    assert {name for name, rate in rates.items() if rate} == {"learnt", "antialiased", "pooled", "bounded"}
    assert all(config_of(name, 0, options(tmp_path)).hold_out == "validation" for name in VARIANTS)


def test_variants_are_chosen_by_name(tmp_path):
    """Oracle: by hand; a name that no variant has is named in the error."""
    chosen = command_line.parse(ENTRY, ["--variants", "learnt", "fixed 28/30", "--seeds", "2"])
    assert [(row["variant"], row["seed"]) for row in rows(chosen)] == [
        ("learnt", 0), ("fixed 28/30", 0), ("learnt", 1), ("fixed 28/30", 1)
    ]  # fmt: skip
    assert rows(options(tmp_path, "--seeds 1")) == [{"variant": name, "seed": 0} for name in VARIANTS]
    with pytest.raises(ValueError, match=r"expected variants of 'cnn', .*got 'pool'"):
        rows(options(tmp_path, "--variants pool"))


def test_the_bounded_window_cannot_leave_the_image():
    """Oracle: the corners of the window, for the most extreme parameters; its start is a window of 28/30."""
    parameters = torch.tensor([[9.0, 0, 0], [-9.0, 9, -9], [50.0, -50, 50], [-50.0, 50, 50]])
    theta = bounded_window(parameters)
    reach = theta[:, [0, 1], [0, 1]] + theta[:, :, 2].abs()
    assert (reach <= 1 + 1e-6).all() and (theta[:, 0, 0] >= 0.4).all()
    assert bounded_window(torch.zeros(1, 3))[0, 0, 0] == pytest.approx(MEAN_POOL)


def test_what_is_stored_and_reported(digits_for_mnist, tmp_path, monkeypatch):
    """Oracle: the counts of the row; a fixed theta stays where it was put; the report names each comparison once."""
    from experiments.table1 import tc

    whole = tc.table1_config
    monkeypatch.setattr(tc, "table1_config", lambda *a, **k: whole(*a, **{**k, "batch_size": 8}))
    monkeypatch.setattr(tc, "IMAGES", 16)
    given = options(tmp_path, "--seeds 1")
    for name in ("fixed 28/30", "antialiased", "cnn"):
        row = {"variant": name, "seed": 0}
        store = EXPERIMENT.open(ENTRY, given)
        outcome = runner.measure(EXPERIMENT, row, given, lambda: False, progress=False)
        assert not outcome.failure, outcome.failure
        store.add(outcome.row)
    content = json.loads((tmp_path / "tc.json").read_text())
    fixed, learnt, cnn = (
        next(r for r in content["runs"] if r["variant"] == n) for n in ("fixed 28/30", "antialiased", "cnn")
    )
    assert fixed["window"]["scale"] == pytest.approx([MEAN_POOL, 0], abs=1e-4) and fixed["window"]["dead"]
    assert not learnt["window"]["dead"] and cnn["window"] is None
    for row in content["runs"]:
        assert len(row["wrong_at"]) == row["wrong"] and len(row["answers"]) == row["n"]
        assert row["precision"] in ("float32", "bfloat16") and row["device"].startswith("cpu: ")
    text = report(content)
    assert text.count("looking, without aliasing") == 1 and "looking, with aliasing" not in text
    assert "theta fixed at 28/30, a mean over 2 x 2" in text and "theta fixed at the identity" not in text
    assert len(EXPERIMENT.open(ENTRY, given).missing()) == len(rows(given)) - 3
