"""The loop: what it logs and calls, what it refuses, and that an interrupted run ends as an uninterrupted one, to the bit."""

import contextlib
import dataclasses
import errno
import itertools
import json
import math
import os

import pytest
import torch
from torch import nn

from stn_lib import files
from stn_lib.spatial_transformer import SpatialTransformer
from stn_lib.training import FitConfig, OutOfTime, checkpoint
from stn_lib.training.fit import fit

CONFIG = FitConfig(steps=23, lr=0.02, seed=5, batch_size=8)
QUIET = {"progress": False, "checkpoint_every": 4}


@pytest.mark.parametrize("step", [1, 3, 4, 10, 17, 22])
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(how, step, tiny, same_bits, timeless, tmp_path):
    """Oracle: the run that nothing interrupted: weights, moments, dropout's random state, history and log, bit by bit."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    result = fit(*tiny().parts(), CONFIG, out=whole, **QUIET)

    def interrupt(now, _):
        if now == step:
            raise KeyboardInterrupt  # after the step, before its checkpoint: as a kill at that moment

    count = itertools.count(1)
    stops = {"callback": interrupt, "callback_every": 1} if how == "killed" else {"stop": lambda: next(count) == step}
    with pytest.raises((KeyboardInterrupt, OutOfTime)):
        fit(*tiny().parts(), CONFIG, out=parts, **QUIET, **stops)
    began = []
    again = fit(
        *tiny().parts(), CONFIG, out=parts, callback=lambda now, _: began.append(now), callback_every=1, **QUIET
    )
    saved = step if how == "stopped" else (step - 1) // 4 * 4  # the callback of a step comes before its checkpoint
    assert began[0] == (saved + 1 if saved else 0)
    assert same_bits(timeless(parts), timeless(whole)) and again.history == result.history
    assert (parts / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()
    assert sorted(p.name for p in parts.iterdir()) == ["checkpoint.pt", "metrics.jsonl"]


def test_dropout_is_part_of_the_run(tiny):
    """Oracle: the losses of a run without dropout, and of one with another seed, differ; those of an equal run do not."""

    def last_loss(seed=5, dropout=0.3):
        config = dataclasses.replace(CONFIG, seed=seed)
        return fit(*tiny(dropout=dropout).parts(), config, progress=False).history[-1]["loss"]

    assert last_loss() == last_loss() and len({last_loss(), last_loss(seed=6), last_loss(dropout=0.0)}) == 3


def test_callbacks_evaluations_and_the_global_random_state_change_nothing(tiny, same_bits):
    """Oracle: the run without them; the steps by hand; torch's global random state before."""
    plain = tiny()
    fit(*plain.parts(), CONFIG, progress=False)
    steps, modes, watched = [], [], tiny()

    def callback(step, model):
        steps.append(step)
        modes.append((model.training, torch.is_grad_enabled()))
        torch.rand(3)

    def evaluate(model):
        return {"error": float(torch.rand(1)), "training": model.training}

    torch.manual_seed(99)
    before = torch.get_rng_state()
    config = dataclasses.replace(CONFIG, evaluate_every=7)
    result = fit(*watched.parts(), config, callback=callback, callback_every=10, evaluate=evaluate, progress=False)
    assert torch.equal(torch.get_rng_state(), before)
    assert steps == [0, 10, 20, 23] and set(modes) == {(False, False)} and not watched.model.training
    assert same_bits(watched.model.state_dict(), plain.model.state_dict())
    assert [row["step"] for row in result.history] == [7, 10, 14, 20, 21, 23]
    assert [row["step"] for row in result.history if row.get("training") is False] == [7, 14, 21]


def test_what_a_loss_logs_beside_itself(tiny, tmp_path):
    """Oracle: the mean of the batch's points, computed from the batches that were drawn; the log's own lines."""
    problem = tiny()

    def loss(model, points, labels):
        return problem.loss(model, points, labels), {"mean": points.mean()}

    result = fit(problem.model, problem.batches, loss, CONFIG, out=tmp_path, progress=False)
    expected = [problem.drawn[row["step"] - 1].mean().item() for row in result.history]
    assert [row["mean"] for row in result.history] == pytest.approx(expected)
    assert [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == result.history


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_run_equals_torchs_own_optimizer(optimizer, tiny, same_bits):
    """Oracle: torch's optimizer in a loop written here, at a constant rate, on the batches of a generator seeded alike."""
    config = FitConfig(
        steps=15, seed=3, lr=0.01, schedule="constant", weight_decay=0.1, optimizer=optimizer,
        momentum=0.9 if optimizer == "sgd" else 0.0,
    )  # fmt: skip
    ours, theirs = tiny(dropout=0.0), tiny(dropout=0.0)
    fit(*ours.parts(), config, progress=False)
    make = {"sgd": lambda p: torch.optim.SGD(p, 0.01, 0.9, weight_decay=0.1),
            "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1)}[optimizer]  # fmt: skip
    descent, generator = make(theirs.model.parameters()), torch.Generator().manual_seed(3)
    for _ in range(15):
        descent.zero_grad()
        theirs.loss(theirs.model, *theirs.batches(generator)).backward()
        descent.step()
    assert same_bits(ours.model.state_dict(), theirs.model.state_dict())


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_channels_are_last_in_memory_and_bfloat16_keeps_float32_weights(dimensions, channels, monkeypatch):
    """Oracle: torch's own strides, those of what a convolution writes too; the loss in float32, which bfloat16 follows."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    convolution = {2: nn.Conv2d, 3: nn.Conv3d}[dimensions]
    size, layout = (4,) * dimensions, {2: torch.channels_last, 3: torch.channels_last_3d}[dimensions]
    losses = []
    for precision in ("float32", "bfloat16"):
        torch.manual_seed(0)
        model = nn.Sequential(convolution(channels, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 2**dimensions, 2))

        def batches(generator):
            images = torch.randn(8, channels, *size, generator=generator)
            return images, (images.flatten(1).mean(1) > 0).long()

        def loss(model, images, labels, precision=precision):
            assert images.is_contiguous(memory_format=layout) and images.stride(1) == 1
            written = model[0](images)
            assert written.is_contiguous(memory_format=layout) and not written.is_contiguous()
            return nn.functional.cross_entropy(model(images).float(), labels)

        config = FitConfig(steps=10, precision=precision)
        losses.append(fit(model, batches, loss, config, progress=False).history[-1]["loss"])
        assert all(p.dtype == torch.float32 for p in model.parameters())
    assert model[0].weight.is_contiguous(memory_format=layout) and losses[1] == pytest.approx(losses[0], rel=0.02)
    assert losses[1] != losses[0]


def test_images_keep_their_order_in_memory_for_a_network_without_convolutions():
    """Oracle: torch's own strides; average pooling of one channel is slow if its channels are last."""
    model = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4, 2))
    seen = []

    def loss(model, images):
        seen.append(images.stride())
        return model(images).square().mean()

    def batches(generator):
        return (torch.randn(3, 1, 4, 4, generator=generator),)

    fit(model, batches, loss, FitConfig(steps=1), progress=False)
    assert seen == [(16, 16, 4, 1)]


def test_localisation_networks_learn_at_their_own_rate():
    """Oracle: by hand: with plain SGD a parameter moves by its rate times its gradient, so by a tenth at a tenth."""

    def moved(factor):
        torch.manual_seed(0)
        localization = nn.Sequential(nn.Flatten(), nn.Linear(16, 6))
        model = nn.Sequential(SpatialTransformer(localization, (4, 4)), nn.Flatten(), nn.Linear(16, 2))
        before = [localization[1].bias.detach().clone(), model[2].weight.detach().clone()]
        config = FitConfig(
            steps=1, optimizer="sgd", schedule="constant", weight_decay=0.0, lr=0.01, localization_lr_factor=factor
        )
        batches = lambda generator: (torch.randn(8, 1, 4, 4, generator=generator),)  # noqa: E731
        fit(model, batches, lambda model, x: model(x).square().mean(), config, progress=False)
        return localization[1].bias.detach() - before[0], model[2].weight.detach() - before[1]

    (slow, rest), (fast, same) = moved(0.1), moved(1.0)
    assert fast.norm() > 0 and torch.allclose(10 * slow, fast, rtol=1e-3, atol=1e-7) and torch.equal(rest, same)


@pytest.mark.parametrize(
    ("change", "about", "message"),
    [
        ({"lr": 0.5}, {"side": 3}, r"a checkpoint with lr=0.5, got one with lr=0.02 in .*c.*: choose another folder"),
        ({}, {"side": 4}, r"a checkpoint with side=4, got one with side=3"),
        ({}, {}, r"a checkpoint with side=None, got one with side=3"),
    ],
)
def test_another_config_in_the_folder_is_refused(change, about, message, tiny, tmp_path):
    """Oracle: the message names what differs, on both sides, and what to do."""
    fit(*tiny().parts(), CONFIG, about={"side": 3}, out=tmp_path, progress=False)
    with pytest.raises(ValueError, match=message):
        fit(*tiny().parts(), dataclasses.replace(CONFIG, **change), about=about, out=tmp_path, progress=False)


def test_a_finished_run_is_read_back_on_another_number_of_threads(tiny, same_bits, tmp_path):
    """Oracle: the run's own result; no step is taken again."""
    first, second = tiny(), tiny()
    result = fit(*first.parts(), CONFIG, out=tmp_path, progress=False)
    config = dataclasses.replace(CONFIG, threads=2)
    assert fit(*second.parts(), config, out=tmp_path, progress=False) == result and not second.drawn
    assert same_bits(second.model.state_dict(), first.model.state_dict())


def test_a_run_that_a_full_disk_ended_resumes_with_the_same_bits(tiny, same_bits, tmp_path, monkeypatch):
    """Oracle: the same run on a disk with room. The disk is full at the second checkpoint."""
    whole, ended, resumed = tiny(), tiny(), tiny()
    fit(*whole.parts(), CONFIG, **QUIET)
    replace = os.replace

    def full(temporary, path):
        if path.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(temporary, path)

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "replace", full)
        with pytest.raises(OSError, match="No space left on device") as raised:
            fit(*ended.parts(), CONFIG, out=tmp_path, **QUIET)
    assert raised.value.filename == str(tmp_path / "checkpoint.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]
    assert checkpoint.load(tmp_path / "checkpoint.pt")["step"] == 4
    fit(*resumed.parts(), CONFIG, out=tmp_path, **QUIET)
    assert same_bits(resumed.model.state_dict(), whole.model.state_dict())


@pytest.mark.parametrize("steps", [1, 0])
def test_a_run_whose_first_step_fails_leaves_no_log(steps, tiny, tmp_path):
    """Oracle: the files in the folder; a step that succeeds leaves both."""
    model, batches, loss = tiny().parts()
    config = dataclasses.replace(CONFIG, steps=1)
    if not steps:
        loss = lambda *_: torch.tensor(math.nan, requires_grad=True)  # noqa: E731
    with contextlib.nullcontext() if steps else pytest.raises(FloatingPointError):
        fit(model, batches, loss, config, out=tmp_path / "run", **QUIET)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["checkpoint.pt", "metrics.jsonl"][: 2 * steps]


@pytest.mark.parametrize("part", ["optimizer", "generator", "rng"])
def test_a_checkpoint_with_foreign_content_is_refused(part, tiny, tmp_path):
    """Oracle: the message names the file and what to do; the parts have the types of a run's, but not its content."""
    fit(*tiny().parts(), CONFIG, out=tmp_path, **QUIET)
    file = tmp_path / "checkpoint.pt"
    foreign = {"optimizer": {"a": 1}, "generator": torch.zeros(3), "rng": {"cpu": torch.zeros(3)}}[part]
    checkpoint.save(file, {**checkpoint.load(file), part: foreign})
    with pytest.raises(ValueError, match=r"checkpoint\.pt is damaged, or not a run of this library: choose another"):
        fit(*tiny().parts(), CONFIG, out=tmp_path, **QUIET)


def test_a_loss_that_is_not_finite_ends_the_run(tiny, tmp_path):
    """Oracle: the message; the last good checkpoint is kept."""
    problem, count = tiny(), itertools.count(1)

    def loss(model, points, labels):
        return problem.loss(model, points, labels) * (math.nan if next(count) == 7 else 1)

    with pytest.raises(FloatingPointError, match=r"expected a finite loss, got nan at step 7: lower lr, now 0.02"):
        fit(problem.model, problem.batches, loss, CONFIG, out=tmp_path, **QUIET)
    assert checkpoint.load(tmp_path / "checkpoint.pt")["step"] == 4
