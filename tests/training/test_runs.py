"""Runs of the course's networks: what they are trained on, measured on, and that they learn."""

import dataclasses
import json

import pytest
import torch

from stn_lib.data import load_digits_split
from stn_lib.training import TrainConfig, evaluate, load_run, runs, train
from stn_lib.training.runs import held_out

CONFIG = TrainConfig(model="st-cnn", distortion="R", steps=12, batch_size=8, copies=1, seed=5, evaluate_every=5)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short run and its folder."""
    out = tmp_path_factory.mktemp("run")
    return train(CONFIG, out=out, progress=False), out


def test_two_models_with_one_seed_see_the_same_images(monkeypatch):
    """Oracle: the batches that `train` draws for a CNN and for an ST-CNN, pixel by pixel; another seed has others."""
    drawn: dict = {}

    def stream(model, seed):
        batches = drawn[model, seed] = []

        def recording(*arguments, **options):
            batches.append(draw(*arguments, **options))
            return batches[-1]

        monkeypatch.setattr(runs, "training_batch", recording)
        steps = 100 if seed == 0 else 1
        train(TrainConfig(model=model, distortion="R", seed=seed, steps=steps, batch_size=8, copies=1), progress=False)
        return batches

    draw = runs.training_batch
    # The images do not depend on the loss. This one needs no forward pass, so that a hundred steps take a second.
    monkeypatch.setattr(
        runs, "classification_loss", lambda _: lambda model, *batch: sum(map(torch.sum, model.parameters()))
    )
    cnn, st_cnn, other = stream("cnn", 0), stream("st-cnn", 0), stream("cnn", 1)
    assert len(cnn) == len(st_cnn) == 100
    for ours, theirs in zip(cnn, st_cnn, strict=True):
        assert torch.equal(ours[0], theirs[0]) and torch.equal(ours[1], theirs[1])
    assert not torch.equal(other[0][0], cnn[0][0])
    assert len({batch[0].sum().item() for batch in cnn}) == 100  # no batch comes twice


@pytest.mark.parametrize("hold_out", ["validation", "test"])
def test_a_run_is_measured_on_the_set_it_names(hold_out, monkeypatch):
    """Oracle: the labels of the split, and the digits that the batches are drawn from."""
    trained_on = []
    draw = runs.training_batch
    monkeypatch.setattr(
        runs, "training_batch", lambda split, *a, **k: (trained_on.append(split), draw(split, *a, **k))[1]
    )
    config = dataclasses.replace(CONFIG, steps=1, hold_out=hold_out)
    found = train(config, progress=False).evaluation
    split = load_digits_split(hold_out=hold_out)
    assert torch.equal(found.labels, split.test_labels)
    assert torch.equal(trained_on[0].train_images, split.train_images)
    assert torch.equal(held_out(config).labels, split.test_labels)
    assert torch.equal(held_out(config, "test", 2).labels, load_digits_split().test_labels.repeat(2))


def test_history_and_log_agree(run):
    """Oracle: the steps by hand."""
    result, out = run
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert rows == result.history
    assert [row["step"] for row in rows] == [5, 10, 12] and [row["step"] for row in rows if "error" in row] == [5, 10]
    assert all(row["batch_error"] * 8 % 100 == 0 for row in rows)  # eight images in a batch


def test_a_finished_run_is_read_back(run):
    """Oracle: the run's own result; the error counted here from the logits."""
    result, out = run
    again = train(CONFIG, out=out, progress=False)
    assert again.error == result.error == result.evaluation.error and again.seconds == result.seconds > 0
    model, config, _ = load_run(out)
    found = evaluate(model, held_out(config))
    wrong = sum(int(row.argmax()) != label for row, label in zip(found.logits, found.labels.tolist(), strict=True))
    assert config == CONFIG and found.wrong == wrong and result.error == pytest.approx(100 * wrong / found.n)
    assert found.interval[0] < found.error < found.interval[1] and not model.training


def test_first_step_moves_only_the_last_localisation_layer():
    """Oracle: by hand: a zero weight passes no gradient down. Weight decay alone may shrink the others."""
    config = dataclasses.replace(CONFIG, steps=2, schedule="constant", weight_decay=0.0, evaluate_every=0)
    seen = []

    def callback(_, model):
        seen.append([p.detach().clone() for p in model.transformer.localization.parameters()])

    train(config, callback=callback, callback_every=1, progress=False)
    first = [not torch.equal(a, b) for a, b in zip(seen[0], seen[1], strict=True)]
    assert first == [False] * (len(first) - 2) + [True, True]
    assert all(not torch.equal(a, b) for a, b in zip(seen[1], seen[2], strict=True))


@pytest.mark.parametrize("model", ["cnn", "st-cnn"])
def test_it_learns(model):
    """Oracle: chance is 90 % wrong; before training a network is near it."""
    errors = []
    config = TrainConfig(model=model, distortion="R", steps=40, batch_size=48, copies=1, seed=1, max_angle=15, lr=8e-3)
    images = held_out(config)
    result = train(
        config,
        progress=False,
        callback_every=40,
        callback=lambda _, model: errors.append(evaluate(model, images).error),
    )
    assert errors[0] > 80 and result.error < 40 and errors[-1] == result.error
