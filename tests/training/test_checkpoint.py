"""Files that survive, and files that are refused."""

import json

import pytest
import torch

from stn_lib.training import checkpoint


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


@pytest.mark.parametrize("kind", ["empty", "cut", "text", "class", "other"])
def test_damaged_and_foreign_files_are_refused(tmp_path, kind):
    """Oracle: one clear line, whatever is wrong with the file."""
    path = tmp_path / "c.pt"
    checkpoint.save(path, {"x": torch.zeros(1000)})
    if kind == "class":
        torch.save({"format": 1, "x": Foreign()}, path)
    elif kind == "other":
        torch.save({"epoch": 3}, path)
    else:
        whole = path.read_bytes()
        path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "text": b"hello"}[kind])
    with pytest.raises(ValueError, match=r"expected a checkpoint") as caught:
        checkpoint.load(path)
    assert "\n" not in str(caught.value) and "c.pt" in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    """Oracle: the message."""
    with pytest.raises(FileNotFoundError, match="train first"):
        checkpoint.load(tmp_path / "none.pt")


def test_weights_of_a_network_that_has_changed_since_are_refused(tmp_path):
    """Oracle: the message; weights that fit are put in, number by number."""
    old, new = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    checkpoint.put_weights(new, old.state_dict(), None)
    assert torch.equal(new.weight, old.weight)
    for other in (torch.nn.Linear(3, 4), torch.nn.Linear(3, 2, bias=False), torch.nn.BatchNorm1d(2)):
        with pytest.raises(ValueError, match=r"expected the weights of a Linear .* got others in .*c\.pt: .*delete it"):
            checkpoint.put_weights(new, other.state_dict(), tmp_path / "c.pt")


def test_the_log_goes_on_where_the_checkpoint_stands(tmp_path):
    """Oracle: the lines by hand: later steps dropped, a torn line dropped, earlier ones kept."""
    path = tmp_path / "m.jsonl"
    assert checkpoint.last_logged(path) == 0
    path.write_text('{"step": 10}\n{"step": 20}\n{"step": 30}\n{"ste')
    assert checkpoint.last_logged(path) == 30
    log = checkpoint.MetricsLog(path, upto=20)
    log.write(step=30, loss=1.5)
    log.close()
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"step": 10}, {"step": 20}, {"step": 30, "loss": 1.5},
    ]  # fmt: skip


@pytest.mark.parametrize("foreign", ['{"epoch": 3}', "[20]", '{"step": "many"}', "20"])
def test_a_foreign_line_ends_a_log(tmp_path, foreign):
    """Oracle: by hand: what stands before it is kept."""
    path = tmp_path / "m.jsonl"
    path.write_text(f'{{"step": 10}}\n{foreign}\n{{"step": 20}}\n')
    assert checkpoint.last_logged(path) == 10
    checkpoint.MetricsLog(path, upto=20).close()
    assert path.read_text() == '{"step": 10}\n'
