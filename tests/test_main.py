"""The command line, as a reader types it."""

import io
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from stn_lib.__main__ import COMMANDS, main
from stn_lib.training import checkpoint

ROOT = Path(__file__).parents[1]
SHORT = ["--model", "cnn", "--distortion", "R", "--steps", "3", "--batch-size", "4", "--copies", "1", "--quiet"]


def one_line(capsys, *words) -> str:
    """The line on stderr of a request that is refused."""
    assert main([str(word) for word in words]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and said.out == ""
    return said.err


@pytest.mark.process
def test_help_needs_no_torch():
    """Oracle: the modules of a process of its own, for --help and for a mistyped flag."""
    script = (
        "import sys; from stn_lib.__main__ import main; status = main(['train', '--stps', '3'])\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit as left: print(status, left.code, 'torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)
    assert "highest learning rate" in done.stdout and done.stdout.splitlines()[-1] == "2 0 False"


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command, capsys):
    """Oracle: exit status 0, the usage line, and a line for every setting."""
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    text = capsys.readouterr().out
    assert left.value.code == 0 and f"usage: python -m stn_lib {command}" in text
    assert command != "train" or all(
        f"--{name}" in text for name in ("lr", "optimizer", "test", "config", "batch-size")
    )
    assert "--hold-out" not in text  # --test says it


def test_overview(capsys):
    """Oracle: exit status 0 if asked for, 2 if nothing was said; every command has its line."""
    assert main(["--help"]) == 0 and main([]) == 2
    text = capsys.readouterr().out
    assert all(f"\n  {command} " in text for command in COMMANDS) and "python -m experiments" in text


def test_train_evaluate_export(tmp_path, capsys):
    """Oracle: three commands, one error: the run's, and that of the weights written from it."""
    run, file = tmp_path / "run", tmp_path / "net.safetensors"
    assert main(["train", *SHORT, "--test", "--out", str(run)]) == 0
    said = capsys.readouterr().out
    result = json.loads((run / "result.json").read_text())
    assert f"error {result['error_percent']:.2f} %" in said and "on 445 test images" in said and "steps/s" in said
    assert json.loads((run / "metrics.jsonl").read_text())["step"] == 3
    assert main(["evaluate", str(run)]) == 0
    assert f"{result['wrong']} of 445 wrong" in capsys.readouterr().out
    assert main(["export", str(run), "--to", str(file)]) == 0
    assert main(["evaluate", str(file)]) == 0
    text = capsys.readouterr().out
    assert "rotated by  75 to  90 degrees" in text and "of 445 wrong" in text
    assert main(["evaluate", str(run), "--distortion", "R", "--max-angle", "15", "--copies", "2"]) == 0
    text = capsys.readouterr().out
    assert "of 890 wrong" in text and "15 to  30" not in text


def test_the_validation_set_is_measured_unless_told_otherwise(tmp_path, capsys):
    """Oracle: the number of images of each set; `evaluate` measures the test set."""
    assert main(["train", *SHORT, "--out", str(tmp_path)]) == 0
    assert "on 334 validation images" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path)]) == 0
    assert "of 445 wrong" in capsys.readouterr().out


@pytest.mark.parametrize(("distortion", "model"), [("P", "cnn"), ("E", "st-cnn"), ("TC", "cnn")])
def test_the_papers_other_distortions_can_be_trained_on(distortion, model, tmp_path, capsys):
    """Oracle: the exit status, and the number of held-out images; none of the three rotates by an angle of its own."""
    assert main(["train", *SHORT, "--distortion", distortion, "--model", model, "--out", str(tmp_path)]) == 0
    assert main(["evaluate", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "of 445 wrong" in text and "rotated" not in text


def test_settings_from_a_file(tmp_path, capsys):
    """Oracle: by hand: the file's settings, of which a flag overrides one; what is wrong in it is refused as a flag is."""
    file, out = tmp_path / "run.toml", tmp_path / "run"
    file.write_text(
        'model = "cnn"\ndistortion = "R"\nsteps = 3\nbatch_size = 4\ncopies = 1\nlr = 1\nquiet = true\ntest = true\n'
    )
    assert main(["train", "--lr", "0.5", "--config", str(file), "--out", str(out)]) == 0
    config = json.loads((out / "result.json").read_text())["config"]
    capsys.readouterr()
    assert (config["lr"], config["steps"], config["batch_size"], config["hold_out"]) == (0.5, 3, 4, "test")
    for wrong, message in (
        ("stps = 3", "did you mean --steps?"), ('steps = "many"', "invalid literal for int"), ("steps = [3]", "to be a number"),
        ("steps = ", "expected TOML in"), ('model = "st-cn"', "did you mean 'st-cnn'?"),
    ):  # fmt: skip
        file.write_text(wrong)
        assert message in one_line(capsys, "train", "--config", file)
    assert "No such file" in one_line(capsys, "train", "--config", tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train --steps 0", "train: expected steps in [1, 1000000000], got 0"),
        ("train --steps many", "invalid literal for int"),
        ("train --stps 3", "did you mean --steps?"),
        ("train --seed 99999999999999999999", "expected seed in [0, 4294967295]"),
        ("train --copies 0", "expected copies in [1, 1000], got 0"),
        ("train --lr nan", "expected lr in [0, 1000000], got nan"),
        ("train --lr 1e38", "expected lr in [0, 1000000], got 1e+38"),
        ("train --batch-size 1000000000", "expected batch_size in [2, 65536]"),
        ("train --threads 1000000", "expected threads in [0, 1024], got 1000000"),
        ("train --seed -1", "expected seed in [0, 4294967295], got -1"),
        (f"train --model cnn --out {__file__}", f"expected to read or write '{__file__}/"),
        (f"train --config {Path(__file__).parent}", "got: Is a directory: choose another path"),
        (f"evaluate {__file__}", "is damaged, or not a run of this library: name a run's folder"),
        (f"evaluate {Path(__file__).parent}", "expected a checkpoint, got no file"),
        ("train --model vit", "expected model in"),
        ("train --distortion RT", "did you mean 'RTS'?"),
        ("train --model cnn --transform tps", "a CNN has no transformer"),
        ("train --checkpoint-every 0", "expected --checkpoint-every of at least 1"),
        ("evaluate", "Missing"),
        ("evaluate no-such-network", "expected one of"),
        ("evaluate digits-rts-cnn --copies 0", "expected copies in [1, 1000], got 0"),
        (
            "evaluate digits-rts-cnn --distortion R --copies 1",
            "expected images of 42 x 42 pixels for this network, got 28 x 28",
        ),
        ("evaluate digits-rts-st-cnn --distortion TC --copies 1", "42 x 42 pixels for this network, got 60 x 60"),
        ("export no-such-run --to x.safetensors", "expected a checkpoint, got no file"),
        ("export no-such-run --to x.pt", "expected --to to end in .safetensors"),
        ("trian", "did you mean: python -m stn_lib train"),
        ("report", "did you mean: python -m experiments table1 report"),
        ("reproduce table1", "did you mean: python -m experiments table1 run"),
        ("fly", "expected a command, one of train, evaluate, export, got 'fly'\n"),
    ],
)
def test_wrong_requests_get_one_line(words, message, capsys):
    """Oracle: exit status 2 and one line on stderr, which names what to do."""
    assert message in one_line(capsys, *words.split())


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_mistyped_flag_gets_one_line_in_any_encoding(encoding, monkeypatch, capsys):
    """Oracle: the line by hand. The parser frames its message, in another way where there is no UTF-8."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert main(["train", "--localisation-lr-factor", "1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("python -m stn_lib train: Unrecognized options: --localisation-lr-factor, 1: did you mean")
    assert "--localization-lr-factor" in said and said.count("\n") == 1


class Attack:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("kind", ["model", "text", "cut", "encoder", "code", "code saved by torch"])
def test_what_is_no_run_is_refused_with_a_remedy_for_the_command(kind, tmp_path, capsys):
    """Oracle: to evaluate or export, name another; to train, choose another folder or delete the file. No code is run."""
    file = tmp_path / "checkpoint.pt"
    if kind == "model":
        torch.save(nn.Linear(2, 2), file)
    elif kind == "code":
        file.write_bytes(pickle.dumps(Attack(tmp_path / "attacked")))
    elif kind == "code saved by torch":
        torch.save({"format": checkpoint.FORMAT, "config": Attack(tmp_path / "attacked")}, file)
    elif kind == "encoder":  # a checkpoint of this library without a run's config
        checkpoint.save(file, {"step": 3, "model": {}, "settings": {"steps": 3}})
    else:
        file.write_bytes({"text": b"# notes\n", "cut": b"PK\x03\x04 not really"}[kind])
    for words, remedy in (
        (("evaluate", file), "name a run's folder"), (("evaluate", tmp_path), "name a run's folder"),
        (("export", tmp_path, "--to", "x.safetensors"), "name the folder of a run"),
        (("train", *SHORT, "--out", tmp_path), "choose another folder, or delete it"),
    ):  # fmt: skip
        said = one_line(capsys, *words)
        assert remedy in said and "run of" in said and "weights_only" not in said
    assert not (tmp_path / "attacked").exists()


def test_an_unfinished_run_is_not_exported(tmp_path, capsys):
    """Oracle: exit status 2, after the config in a checkpoint was made to ask for more steps than it took."""
    assert main(["train", *SHORT, "--out", str(tmp_path)]) == 0
    state = checkpoint.load(tmp_path / "checkpoint.pt")
    state["config"]["steps"] = 9
    checkpoint.save(tmp_path / "checkpoint.pt", state)
    capsys.readouterr()
    said = one_line(capsys, "export", tmp_path, "--to", tmp_path / "x.safetensors")
    assert "expected a finished run, got step 3 of 9" in said


LONG = ["train", "--model", "cnn", "--distortion", "R", "--steps", "200", "--batch-size", "4", "--copies", "1"]
LONG += ["--checkpoint-every", "5", "--quiet"]


def start(folder: Path) -> tuple[subprocess.Popen, Path]:
    """Start the long run in a folder; return after its first checkpoint."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "stn_lib", *LONG]
    victim = subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    run = folder / "runs" / "R-cnn-0-steps-200-batch_size-4-copies-1"
    while not (run / "checkpoint.pt").exists():
        assert victim.poll() is None, victim.stderr.read()
        time.sleep(0.01)
    return victim, run


@pytest.mark.process
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is a POSIX signal")
def test_a_killed_run_ends_as_one_that_was_not(tmp_path, monkeypatch, caplog):
    """Oracle: the run that nobody killed: checkpoint, log and result, bit by bit. Neither was given a folder."""
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    victim, run = start(tmp_path / "killed")
    time.sleep(0.3 * random.random())
    victim.kill()
    assert (
        victim.wait() == -signal.SIGKILL
        and victim.communicate()
        and checkpoint.load(run / "checkpoint.pt")["step"] < 200
    )
    ended = []
    for name in ("killed", "whole"):
        monkeypatch.chdir(tmp_path / name)
        assert main(LONG) == 0
        folder = Path(*run.parts[-2:])
        state = checkpoint.load(folder / "checkpoint.pt")
        weights = {**state["model"], "batches": state["generator"], "random": state["rng"]["cpu"]}
        result = {
            key: value for key, value in json.loads((folder / "result.json").read_text()).items() if key != "seconds"
        }
        ended.append([weights, state["history"], (folder / "metrics.jsonl").read_text(), result])
        assert sorted(p.name for p in folder.iterdir() if "tmp" not in p.name) == [
            "checkpoint.pt", "metrics.jsonl", "result.json"
        ]  # fmt: skip
    (ours, *told), (theirs, *heard) = ended
    assert told == heard and "resumed at step" in caplog.text
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], value) for name, value in theirs.items())
    assert told[2]["command"].startswith("python -m stn_lib train --distortion R --model cnn --seed 0 --steps 200")


def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    """Oracle: exit status 130 and one line; the signal is a real one, sent at the first checkpoint."""
    save = checkpoint.save

    def interrupted(*content):
        save(*content)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(checkpoint, "save", interrupted)
    assert main([*LONG, "--out", str(tmp_path)]) == 130
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "stopped; the same command resumes at the last checkpoint\n")
    assert checkpoint.load(tmp_path / "checkpoint.pt")["step"] == 5
