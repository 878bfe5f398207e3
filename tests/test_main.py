"""The command line, as a reader types it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stn_lib.__main__ import main
from stn_lib.training import checkpoint

ROOT = Path(__file__).parents[1]

SHORT = ["--model", "cnn", "--steps", "3", "--batch-size", "4", "--copies", "1", "--quiet"]


@pytest.mark.parametrize("command", ["train", "evaluate", "export", "reproduce"])
def test_help(command, capsys):
    """Oracle: argparse leaves with 0 and says how it is used."""
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"usage: python -m stn_lib {command}" in capsys.readouterr().out


def test_module_runs():
    """Oracle: the exit status of a process of its own."""
    done = subprocess.run([sys.executable, "-m", "stn_lib", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "{train,evaluate,export,reproduce}" in done.stdout


def test_train_evaluate_export(tmp_path, capsys):
    """Oracle: three commands, one error: the run's, and that of the weights written from it."""
    run, file = tmp_path / "run", tmp_path / "net.safetensors"
    assert main(["train", *SHORT, "--out", str(run)]) == 0
    assert "error" in capsys.readouterr().out and json.loads((run / "metrics.jsonl").read_text())["step"] == 3
    assert main(["export", str(run), "--to", str(file)]) == 0
    assert main(["evaluate", str(file), "--copies", "1"]) == 0
    text = capsys.readouterr().out
    assert "turned   0 to  15 degrees" in text and "of 445 wrong" in text
    assert main(["evaluate", str(run), "--distortion", "RTS", "--max-angle", "90", "--copies", "1"]) == 0
    assert "turned  75 to  90 degrees" in capsys.readouterr().out


@pytest.mark.parametrize("task", ["P", "E", "TC"])
@pytest.mark.parametrize("model", ["cnn", "st-cnn"])
def test_the_papers_other_distortions_can_be_trained_on(task, model, tmp_path, capsys):
    """Oracle: the exit status, and the number of held-out pictures."""
    short = ["--steps", "2", "--batch-size", "8", "--copies", "1", "--quiet"]
    assert main(["train", "--distortion", task, "--model", model, "--out", str(tmp_path), *short]) == 0
    assert "on 445 pictures" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path), "--copies", "1"]) == 0  # turns are told of affine distortions alone
    assert "of 445 wrong" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--steps", "0"], "expected steps of at least 1, got 0"),
        (["train", *SHORT, "--lr", "nan"], "expected lr"),
        (["train", *SHORT, "--checkpoint-every", "0"], "expected --checkpoint-every of at least 1"),
        (["evaluate", "no-such-network"], "expected one of"),
        (["export", "no-such-run", "--to", "x.safetensors"], "expected a checkpoint, got no file"),
        (["export", "no-such-run", "--to", "x.pt"], "expected --to to end in .safetensors"),
    ],
)
def test_wrong_requests_get_one_line(arguments, message, capsys):
    """Oracle: exit status 2 and one line on stderr."""
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


@pytest.mark.parametrize("arguments", [["train", "--model", "vit"], ["train", "--step-size", "3"], ["fly"], []])
def test_unknown_flags_are_refused(arguments):
    """Oracle: argparse's own exit status."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2


def test_damaged_checkpoint_gets_one_line(tmp_path, capsys):
    """Oracle: exit status 2; the message names the file and the remedy."""
    (tmp_path / "checkpoint.pt").write_bytes(b"PK\x03\x04 not really")
    for arguments in (["train", *SHORT, "--out", str(tmp_path)], ["evaluate", str(tmp_path)]):
        assert main(arguments) == 2
        said = capsys.readouterr().err
        assert "damaged or foreign file" in said and "delete it" in said


def test_a_checkpoint_of_another_kind_gets_one_line(tmp_path, capsys):
    """Oracle: exit status 2; the encoder of co-localisation leaves such a one, without a run's config."""
    checkpoint.save(tmp_path / "checkpoint.pt", {"step": 3, "model": {}, "settings": {"steps": 3}})
    for arguments in (["train", *SHORT, "--out", str(tmp_path)], ["evaluate", str(tmp_path)]):
        assert main(arguments) == 2
        assert "expected a checkpoint of a training run" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is a POSIX signal")
def test_a_run_that_was_given_no_folder_is_kept_and_goes_on(tmp_path):
    """Oracle: the run that nobody killed, bit by bit; both are typed alike, in folders of their own."""
    words = [sys.executable, "-m", "stn_lib", "train", "--model", "cnn", "--seed", "0", "--steps", "60"]
    words += ["--batch-size", "16", "--copies", "1", "--checkpoint-every", "5"]
    room = {"env": {**os.environ, "PYTHONPATH": str(ROOT)}, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    kept = Path("runs") / "RTS-cnn-0-steps-60-batch_size-16-copies-1"
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    assert subprocess.run(words, cwd=tmp_path / "whole", check=True, **room).returncode == 0
    victim = subprocess.Popen(words, cwd=tmp_path / "killed", **room)
    while not (tmp_path / "killed" / kept / "checkpoint.pt").exists():
        assert victim.poll() is None
    victim.kill()
    victim.communicate()
    again = subprocess.run(words, cwd=tmp_path / "killed", check=True, **room)
    assert b"taken up at step" in again.stderr
    states = [checkpoint.load(tmp_path / name / kept / "checkpoint.pt") for name in ("whole", "killed")]
    assert states[0]["step"] == states[1]["step"] == 60 and states[0]["history"] == states[1]["history"]
    assert all(torch.equal(states[1]["model"][name], value) for name, value in states[0]["model"].items())
    rows = [json.loads((tmp_path / name / kept / "result.json").read_text()) for name in ("whole", "killed")]
    assert rows[0]["wrong"] == rows[1]["wrong"] and rows[0]["command"] == " ".join(["python", *words[1:-2]])


def test_an_unfinished_run_is_not_exported(tmp_path, capsys):
    """Oracle: exit status 2, after the config in a checkpoint was made to ask for more steps than it took."""
    assert main(["train", *SHORT, "--out", str(tmp_path)]) == 0
    state = checkpoint.load(tmp_path / "checkpoint.pt")
    state["config"]["steps"] = 9
    checkpoint.save(tmp_path / "checkpoint.pt", state)
    assert main(["export", str(tmp_path), "--to", str(tmp_path / "x.safetensors")]) == 2
    assert "expected a finished run, got step 3 of 9" in capsys.readouterr().err
