"""Checkpoints and logs: what is read back, what is refused."""

import dataclasses
import json

import pytest
import torch

from stn_lib.training import FitConfig, TrainConfig, checkpoint


def run_of(config, **other):
    """The content of a training run's checkpoint."""
    parts = {"about": {}, "step": 3, "seconds": 1.0, "history": [], "model": {}, "optimizer": {}, "rng": {}}
    return {"config": config, "generator": torch.zeros(1), **parts, **other}


def test_round_trip(tmp_path):
    """Oracle: what was saved."""
    checkpoint.save(tmp_path / "c.pt", {"step": 3, "x": torch.arange(4.0)})
    content = checkpoint.load(tmp_path / "c.pt")
    assert content["step"] == 3 and content["x"].tolist() == [0, 1, 2, 3]


def test_a_gpu_run_opens_without_a_gpu(tmp_path, monkeypatch):
    """Oracle: the values; a file whose tensors are marked as a GPU's cannot be read as it stands here."""
    with monkeypatch.context() as patched:
        patched.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        checkpoint.save(tmp_path / "c.pt", {"x": torch.arange(4.0)})
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(tmp_path / "c.pt", weights_only=True)
    x = checkpoint.load(tmp_path / "c.pt")["x"]
    assert x.device.type == "cpu" and x.tolist() == [0, 1, 2, 3]


class Foreign:
    """A class that a checkpoint has no business with."""


@pytest.mark.parametrize("kind", ["empty", "cut", "text", "class", "module", "other", "older"])
def test_damaged_and_foreign_files_are_refused(kind, tmp_path):
    """Oracle: one line that names the file and ends with the caller's remedy; nothing of torch's advice to run the file."""
    path = tmp_path / "c.pt"
    checkpoint.save(path, {"x": torch.zeros(1000)})
    whole = path.read_bytes()
    made = {
        "class": {"format": checkpoint.FORMAT, "x": Foreign()}, "module": torch.nn.Linear(2, 2), "other": {"epoch": 3},
        "older": {"format": checkpoint.FORMAT - 1},
    }  # fmt: skip
    if kind in made:
        torch.save(made[kind], path)
    else:
        path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "text": b"# notes\n"}[kind])
    what = "another version of this library wrote" if kind == "older" else "not a run of this library"
    with pytest.raises(ValueError, match=what) as caught:
        checkpoint.load(path, "name another file")
    said = str(caught.value)
    assert (
        str(path) in said and said.endswith(": name another file") and "weights_only" not in said and "\n" not in said
    )


def test_a_missing_file_is_named(tmp_path):
    """Oracle: the message."""
    with pytest.raises(FileNotFoundError, match="train first"):
        checkpoint.load(tmp_path / "none.pt")


def test_a_checkpoint_of_another_kind_is_refused(tmp_path):
    """Oracle: the message names what a training run has and this file lacks."""
    mine = {"config": {"steps": 3}, "about": {}}
    with pytest.raises(ValueError, match=r"c.pt is not a training run of this library, it has no \['config', 'about'"):
        checkpoint.check_same_config({"step": 3, "model": {}, "settings": {}}, mine, tmp_path / "c.pt")
    wrong = run_of({"steps": 3}, step="3", history=None)
    with pytest.raises(ValueError, match=r"c.pt is damaged, .*its \['step', 'history'\] have other types: choose"):
        checkpoint.check_same_config(wrong, mine, tmp_path / "c.pt")


def test_the_machine_may_change(tmp_path):
    """Oracle: by hand."""
    saved = run_of({"steps": 3, "device": "cuda", "threads": 1})
    checkpoint.check_same_config(saved, {"config": {"steps": 3, "device": "cpu", "threads": 4}, "about": {}}, None)
    with pytest.raises(ValueError, match="expected a checkpoint with steps=4, got one with steps=3"):
        checkpoint.check_same_config(saved, {"config": {"steps": 4}, "about": {}}, None)


@pytest.mark.parametrize("config", [FitConfig(steps=4), TrainConfig(steps=4)])
def test_a_checkpoint_older_than_a_field_has_its_default(config):
    """Oracle: the fields' defaults, by hand: another value is refused, and the message names it alone."""
    older = {name: value for name, value in dataclasses.asdict(config).items() if name not in ("lr", "momentum")}
    saved = run_of(older)
    checkpoint.check_same_config(saved, {"config": dataclasses.asdict(config), "about": {}}, None)
    changed = dataclasses.asdict(dataclasses.replace(config, lr=0.5))
    with pytest.raises(ValueError, match=r"expected a checkpoint with lr=0\.5, got one with lr=0\.004 in"):
        checkpoint.check_same_config(saved, {"config": changed, "about": {}}, None)


def test_weights_that_do_not_fit_the_network_are_refused(tmp_path):
    """Oracle: the message; weights that fit are loaded, number by number."""
    old, new = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    checkpoint.load_weights(new, old.state_dict(), None)
    assert torch.equal(new.weight, old.weight)
    for other in (torch.nn.Linear(3, 4), torch.nn.Linear(3, 2, bias=False), torch.nn.BatchNorm1d(2)):
        with pytest.raises(ValueError, match=r"expected the weights of a Linear .* got others in .*c\.pt: .*delete it"):
            checkpoint.load_weights(new, other.state_dict(), tmp_path / "c.pt")
    for foreign in ({1: 2}, {"weight": "text"}):
        with pytest.raises(ValueError, match="expected the weights of a Linear"):
            checkpoint.load_weights(new, foreign, None)


def test_a_resumed_run_logs_no_step_twice(tmp_path):
    """Oracle: the lines by hand: later steps dropped, a torn line dropped, earlier ones kept."""
    path = tmp_path / "m.jsonl"
    assert checkpoint.last_logged(path) == 0
    path.write_text('{"step": 10}\n{"step": 20}\n{"step": 30}\n{"ste')
    assert checkpoint.last_logged(path) == 30
    log = checkpoint.MetricsLog(path, upto=20)
    log.write(step=30, loss=1.5)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"step": 10}, {"step": 20}, {"step": 30, "loss": 1.5},
    ]  # fmt: skip


@pytest.mark.parametrize("foreign", ['{"epoch": 3}', "[20]", '{"step": "many"}', "20"])
def test_a_foreign_line_ends_a_log(tmp_path, foreign):
    """Oracle: by hand: what stands before it is kept."""
    path = tmp_path / "m.jsonl"
    path.write_text(f'{{"step": 10}}\n{foreign}\n{{"step": 20}}\n')
    assert checkpoint.last_logged(path) == 10
    checkpoint.MetricsLog(path, upto=20)
    assert path.read_text() == '{"step": 10}\n'
