"""The paper's table: its cells, their runs, what is written of them, and what is told. MNIST is stood in for by the
embedded digits, so that everybody can run this."""

import dataclasses
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from scipy import stats

from experiments import table1
from experiments.table1 import CELLS, PAPER, Cell, parse_cell, table1_config
from stn_lib import __main__ as cli
from stn_lib.data import held_out_set, load_digits_split, mnist
from stn_lib.metrics import error_interval
from stn_lib.models import count_parameters
from stn_lib.training import TrainConfig, checkpoint, load_run
from stn_lib.training.loop import thinned

ROOT = Path(__file__).parents[2]
SHORT = {"steps": 12, "batch_size": 16, "precision": "float32"}
SCRIPT = """
from stn_lib.data import held_out_set, load_digits_split, mnist
mnist.load_mnist = lambda hold_out: load_digits_split(hold_out=hold_out)
if __name__ == "__main__":
    import signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    from stn_lib.__main__ import main
    sys.exit(main(sys.argv[1:]))
"""
TIMES = ("seconds", "commit", "changed", "command")


@pytest.fixture(autouse=True)
def digits_for_mnist(monkeypatch):
    """What a task on MNIST is given here."""
    monkeypatch.setattr(mnist, "load_mnist", lambda hold_out: load_digits_split(hold_out=hold_out))


def timeless(folder):
    """All results of a folder, by name, without what differs between runs."""
    read = {file.name: json.loads(file.read_text()) for file in folder.glob("*.json")}
    return {name: {k: v for k, v in row.items() if k not in TIMES} for name, row in read.items()}


def test_the_published_table():
    """Oracle: Jaderberg et al. 2015, Table 1, row by row as printed; for TC the text of section 4.1."""
    printed = {
        "fcn": "2.1 5.2 3.1 3.2 13.2", "cnn": "1.2 0.8 1.5 1.4 3.5",
        "st-fcn-affine": "1.2 0.8 1.5 2.7 2.0", "st-fcn-projective": "1.3 0.9 1.4 2.6 2.0",
        "st-fcn-tps": "1.1 0.8 1.4 2.4 2.0", "st-cnn-affine": "0.7 0.5 0.8 1.2 1.7",
        "st-cnn-projective": "0.8 0.6 0.8 1.3 1.7", "st-cnn-tps": "0.7 0.5 0.8 1.1 1.7",
    }  # fmt: skip
    assert {name: " ".join(map(str, row.values())) for name, row in PAPER.items()} == printed
    assert len(CELLS) == 40 and len(set(CELLS)) == 40


def test_all_networks_have_the_same_budget():
    """Oracle: the sizes of all tensors, counted here; the issue allows 10 %, one hidden unit is worth 2 % at most."""
    counts = {cell: sum(p.numel() for p in table1_config(cell).build().parameters()) for cell in CELLS}
    assert max(counts.values()) < 1.02 * min(counts.values())


def test_cells_differ_in_network_task_and_length_only():
    """Oracle: a fair comparison: with a transformer as many steps as without."""
    configs = {cell: dataclasses.asdict(table1_config(cell, 3)) for cell in CELLS}
    for cell, config in configs.items():
        plain = configs[Cell(cell.distortion, "fcn" if "fcn" in cell.network else "cnn")]
        assert {key for key in config if config[key] != plain[key]} <= {"model", "transform"}
        assert config["task"] == f"mnist-{cell.distortion}" and config["seed"] == 3 and config["hold_out"] == "test"


@pytest.mark.parametrize("cell", CELLS[::7], ids=str)
def test_every_network_of_the_table_learns_and_crops(cell):
    """Oracle: shapes by hand; a gradient reaches every weight after the first step has moved the last layer."""
    network = table1_config(cell).build(torch.Generator().manual_seed(1))
    images = torch.rand(6, 1, *network.in_size, generator=torch.Generator().manual_seed(2))
    for _ in range(2):
        network.zero_grad()
        out = network(images)
        torch.nn.functional.cross_entropy(out, torch.arange(6)).backward()
        with torch.no_grad():
            for p in network.parameters():
                p -= 0.001 * p.grad
    assert out.shape == (6, 10)
    assert all(p.grad.abs().sum() > 0 for name, p in network.named_parameters() if "bias" not in name)
    if cell.network.startswith("st-"):
        assert network.transformer(images).shape == (6, 1, 28, 28)


def test_the_order_of_the_runs(tmp_path):
    """Oracle: by hand: one seed of everything, then further seeds of convolutional networks, then the rest."""
    cells = [parse_cell("r-fcn"), parse_cell("r-cnn"), parse_cell("e-st-cnn-tps"), parse_cell("e-st-fcn-tps")]
    stored = {"config": dataclasses.asdict(table1_config(cells[1], device="cuda", threads=4))}
    (tmp_path / "r-cnn-0.json").write_text(json.dumps(stored))
    runs = [f"{cell}-{seed}" for cell, seed in table1.missing(cells, 3, tmp_path)]
    assert runs == [
        "r-fcn-0", "e-st-cnn-tps-0", "e-st-fcn-tps-0",
        "r-cnn-1", "e-st-cnn-tps-1", "r-cnn-2", "e-st-cnn-tps-2",
        "r-fcn-1", "e-st-fcn-tps-1", "r-fcn-2", "e-st-fcn-tps-2",
    ]  # fmt: skip


def test_a_result_of_other_settings_or_a_torn_one_is_missing(tmp_path):
    """Oracle: by hand: the table's own settings, other ones, other ones that are asked for, and no JSON."""
    cell = parse_cell("r-cnn")
    file = tmp_path / "r-cnn-0.json"
    for steps, other, left in ((None, {}, 0), (7, {}, 1), (7, {"steps": 7}, 0), (None, {"steps": 7}, 1)):
        config = table1_config(cell, **({} if steps is None else {"steps": steps}))
        file.write_text(json.dumps({"config": dataclasses.asdict(config)}))
        assert len(table1.missing([cell], 1, tmp_path, **other)) == left
    for torn in ("", "[]", "{}", '{"config": nu'):
        file.write_text(torn)
        assert table1.missing([cell], 1, tmp_path) == [(cell, 0)]


def test_what_is_written_of_a_run(tmp_path):
    """Oracle: the interval from the counts, the weights counted here, and the command, read back, is the same run."""
    cell = parse_cell("rts-st-cnn-affine")
    row = table1.run_cell(cell, 2, results=tmp_path / "results", runs=tmp_path / "runs", progress=False, **SHORT)
    assert row == json.loads((tmp_path / "results" / "rts-st-cnn-affine-2.json").read_text())
    config = table1_config(cell, 2, **SHORT)
    assert row["parameters"] == count_parameters(config.build()) and row["pictures"] == 12 * 16
    assert row["n"] == 445 and row["error_percent"] == pytest.approx(100 * row["wrong"] / 445, abs=1e-4)
    assert row["interval_percent"] == pytest.approx(error_interval(row["wrong"], 445), abs=1e-4)
    words = shlex.split(row["command"])
    assert words[:4] == ["python", "-m", "stn_lib", "train"]
    given = cli._parser().parse_args(words[3:])
    names = [field.name for field in dataclasses.fields(config)]
    assert table1.asked({name: getattr(given, name) for name in names if hasattr(given, name)}) == config
    assert row["curve"][-1]["step"] == 12 and row["threads"] == 1 and row["device"].startswith("cpu")
    trained, _, _ = load_run(tmp_path / "runs" / "rts-st-cnn-affine-2")
    asked = held_out_set(load_digits_split(), "RTS", copies=1)
    with torch.no_grad():
        theta = trained.transformer.theta(asked.images[:8])
    assert torch.allclose(torch.tensor(row["theta"]), theta, atol=1e-5)
    assert row["seconds"] > 0 and set(row) >= {"commit", "changed", "torch", "python", "processes"}


def test_every_stored_run_states_the_command_and_the_network_that_make_it_today():
    """Oracle: its config, as stored: settings or networks that have changed since make it another run."""
    stored = [row for rows in table1.load_results(ROOT / table1.RESULTS).values() for row in rows]
    assert len(stored) >= 40
    for row in stored:
        config = TrainConfig(**row["config"])
        assert row["command"] == table1.command(config)
        assert row["parameters"] == count_parameters(config.build()), row["command"]
        assert config.hold_out == "test"
        assert row["pictures"] == config.steps * config.batch_size and row["n"] == 10_000


def test_the_issue_s_command_is_the_cell_s_run():
    """Oracle: `table1_config`: what is not given comes from the table, what is given overrules it."""
    asked = {"task": "mnist-rts", "model": "st-cnn", "transform": "affine", "seed": 0}
    assert table1.asked(asked) == table1_config(parse_cell("rts-st-cnn-affine"))
    assert table1.asked({**asked, "transform": "attention"}).steps == table1.asked(asked).steps
    assert table1.asked({**asked, "steps": 5}) == table1_config(parse_cell("rts-st-cnn-affine"), steps=5)
    small = table1.asked({**asked, "size": "small"})
    assert small.size == "small" and small.steps == 500


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "cnn", "steps": 100},
        {"model": "pooling-cnn", "pool": "Tri-3", "task": "centred", "max_angle": 90.0},
        {
            "model": "st-cnn",
            "task": "mnist-rts",
            "steps": 6000,
            "batch_size": 256,
            "copies": 1,
            "precision": "bfloat16",
        },
        {"model": "st-fcn", "size": "table1", "transform": "tps", "seed": 2},
        {"model": "st-cnn", "size": "table1", "transform": "attention", "task": "mnist-tc", "hold_out": "validation"},
    ],
)
def test_a_run_s_command_makes_that_run(settings):
    """Oracle: the config, back from the command line."""
    config = TrainConfig(**settings)
    given = cli._parser().parse_args(shlex.split(table1.command(config))[3:])
    names = [field.name for field in dataclasses.fields(config)]
    assert table1.asked({name: getattr(given, name) for name in names if hasattr(given, name)}) == config


def test_a_budget_stops_a_run_and_the_next_call_ends_it(tmp_path):
    """Oracle: the run that nobody stopped."""
    cell = parse_cell("r-cnn")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    settings = {"progress": False, **SHORT}
    assert table1.reproduce([cell], results=whole, runs=tmp_path / "a", **settings) == 0
    calls = 0
    while table1.reproduce([cell], results=parts, runs=tmp_path / "b", budget=0.01, **settings):
        assert not parts.exists()
        calls += 1
        assert calls < 40
    assert calls >= 2 and timeless(parts) == timeless(whole)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is a POSIX signal")
def test_killed_at_random_it_ends_as_if_it_had_not_been(tmp_path):
    """Oracle: the run that nobody killed, in another process."""
    script = tmp_path / "reproduce.py"
    script.write_text(SCRIPT)
    words = [sys.executable, str(script), "reproduce", "table1", "--cells", "rts-st-cnn-tps", "tc-fcn", "--steps", "30"]

    def start(name):
        folders = ["--results", str(tmp_path / name), "--runs", str(tmp_path / f"{name}-runs")]
        return subprocess.Popen([*words, *folders], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    assert start("whole").wait(120) == 0
    for _ in range(3):
        victim = start("killed")
        time.sleep(2.5 + 2 * random.random())
        victim.kill()
        victim.wait()
    assert start("killed").wait(120) == 0
    assert timeless(tmp_path / "killed") == timeless(tmp_path / "whole") != {}


def test_side_by_side_gives_the_same(tmp_path):
    """Oracle: one after the other."""
    script = tmp_path / "reproduce.py"
    script.write_text(SCRIPT)
    words = [sys.executable, str(script), "reproduce", "table1", "--cells", "e-fcn", "p-fcn", "--steps", "6"]
    for jobs in ("1", "2"):
        folders = ["--results", str(tmp_path / jobs), "--runs", str(tmp_path / f"{jobs}-runs")]
        done = subprocess.run(
            [*words, *folders, "--jobs", jobs], capture_output=True, text=True, check=True, timeout=200
        )
        assert "all there" in done.stdout and done.stdout.count("the paper's 3.") == 2
    assert timeless(tmp_path / "1") == timeless(tmp_path / "2") != {}
    assert all(row["theta"] is None for row in timeless(tmp_path / "1").values())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is a POSIX signal")
def test_runs_end_with_the_command_that_started_them(tmp_path):
    """Oracle: the operating system's list of processes; a checkpoint is left."""
    script = tmp_path / "reproduce.py"
    script.write_text(SCRIPT)
    words = [sys.executable, str(script), "reproduce", "table1", "--cells", "r-fcn", "e-fcn", "--jobs", "2"]
    folders = ["--results", str(tmp_path / "results"), "--runs", str(tmp_path / "runs")]
    parent = subprocess.Popen([*words, *folders], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    logs = [tmp_path / "runs" / f"{cell}-0" / "metrics.jsonl" for cell in ("r-fcn", "e-fcn")]
    wait(lambda: all(log.exists() and log.stat().st_size for log in logs))
    children = psutil.Process(parent.pid).children(recursive=True)
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert len(children) >= 2 and not alive
    assert all((log.parent / "checkpoint.pt").exists() for log in logs)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are a POSIX thing")
def test_control_c_ends_all_that_run_side_by_side_and_what_waits_never_begins(tmp_path):
    """Oracle: the exit status, the folders that are there, and the operating system's list of processes."""
    script = tmp_path / "reproduce.py"
    script.write_text(SCRIPT)
    words = [sys.executable, str(script), "reproduce", "table1", "--cells", "r-fcn", "e-fcn", "p-fcn", "r-cnn", "e-cnn"]
    folders = ["--results", str(tmp_path / "results"), "--runs", str(tmp_path / "runs"), "--jobs", "2"]
    parent = subprocess.Popen(
        [*words, *folders], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    logs = [tmp_path / "runs" / f"{cell}-0" / "metrics.jsonl" for cell in ("r-fcn", "e-fcn")]
    wait(lambda: all(log.exists() and log.stat().st_size for log in logs))
    children = psutil.Process(parent.pid).children(recursive=True)
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal does
    said = parent.communicate(timeout=60)[1]
    _, alive = psutil.wait_procs(children, timeout=20)
    assert parent.returncode == 130 and said.endswith("stopped; the same command goes on at the last checkpoint\n")
    assert not alive and sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["e-fcn-0", "r-fcn-0"]
    for log in logs:
        state = checkpoint.load(log.with_name("checkpoint.pt"))
        assert state["step"] - checkpoint.last_logged(log) in range(10)  # the step at which it was stopped


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_that_fails_stops_no_other(tmp_path, jobs):
    """Oracle: a checkpoint of other settings in one folder, of another kind in another; what is left has its result."""
    cells = [parse_cell(name) for name in ("r-fcn", "e-fcn", "p-fcn")]
    state = {key: {} for key in ("model", "optimizer", "generator", "history")} | {"step": 3, "seconds": 1.0}
    for cell, of_a_run in zip(cells, (True, False), strict=False):
        known = {"config": dataclasses.asdict(table1_config(cell, steps=12))} if of_a_run else {}
        checkpoint.save(table1.run_folder(cell, 0, tmp_path / "runs") / "checkpoint.pt", {**state, **known})
    script = tmp_path / "reproduce.py"
    script.write_text(SCRIPT)
    words = [sys.executable, str(script), "reproduce", "table1", "--cells", *map(str, cells), "--steps", "6"]
    words += ["--results", str(tmp_path / "results"), "--runs", str(tmp_path / "runs"), "--jobs", jobs]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    end = done.stderr[done.stderr.index("python -m stn_lib reproduce: expected 3 runs, got 2 that failed:") :]
    assert sorted(line.split(":")[0] for line in end.splitlines()[1:]) == ["e-fcn, seed 0", "r-fcn, seed 0"]
    assert "got one with {'steps': 12}" in end and "expected a checkpoint of a training run" in end
    assert done.stdout.split(":")[0].split() == ["p-fcn", "seed", "0"]
    assert [file.name for file in (tmp_path / "results").iterdir()] == ["p-fcn-0.json"]


def test_what_fails_every_run_ends_it_at_once(tmp_path, monkeypatch):
    """Oracle: by hand: a device that is not there, and a download that nobody answers."""
    cells = CELLS[:2]
    folders = {"results": tmp_path / "results", "runs": tmp_path / "runs"}
    missing = next(
        name for name, kind in (("cuda", torch.cuda), ("mps", torch.backends.mps)) if not kind.is_available()
    )
    with pytest.raises(ValueError, match="expected a device that is there"):
        table1.reproduce(cells, device=missing, **folders)

    def nobody(hold_out):
        raise ConnectionError("no mirror")

    monkeypatch.setattr(mnist, "load_mnist", nobody)
    with pytest.raises(ConnectionError, match="no mirror"):
        table1.reproduce(cells, **folders)
    assert not folders["runs"].exists()


def test_the_folder_of_a_run_that_was_given_none():
    """Oracle: by hand: the table's own runs have the folders of `reproduce`, wherever they run; others their own."""
    cell = parse_cell("rts-st-cnn-affine")
    at_home, away = (table1.default_folder(table1_config(cell, 1, **m)) for m in ({}, {"device": "cuda", "threads": 4}))
    assert at_home == away == table1.RUNS / "rts-st-cnn-affine-1" == table1.run_folder(cell, 1)
    other = [{"lr": 0.1}, {"precision": "float32"}, {"hold_out": "validation"}, {"transform": "attention"}, {}]
    folders = [table1.default_folder(table1_config(cell, 1, **settings)) for settings in other]
    folders += [table1.default_folder(TrainConfig(seed=1)), table1.default_folder(TrainConfig(seed=1, task="E"))]
    assert len(set(folders)) == len(folders) and folders[-2].name == "RTS-st-cnn-affine-1"


def test_the_bar_of_runs_side_by_side_counts_what_they_have_logged(tmp_path, capsys):
    """Oracle: the steps in two logs, one of them torn, and a run that has not begun."""
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder, lines in zip(folders, ('{"step": 10}\n{"step": 20}\n', '{"step": 30}\n{"st'), strict=False):
        folder.mkdir()
        (folder / "metrics.jsonl").write_text(lines)
    with table1._Bar(dict.fromkeys(folders, 100), True) as bar:
        (folders[1] / "metrics.jsonl").write_text('{"step": 60}\n')
        bar.look()
        assert bar._bar.n == 80 and bar._bar.total == 300 and bar._bar.initial == 50
    assert "3 runs" in capsys.readouterr().err


def wait(until, seconds=100):
    """Come back when it is true."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def stored(folder, cell, errors):
    """Results with these errors, one a seed."""
    folder.mkdir(exist_ok=True)
    for seed, error in enumerate(errors):
        row = {
            "cell": cell,
            "seed": seed,
            "error_percent": error,
            "n": 10_000,
            "parameters": 300_000 + seed,
            "seconds": 60.0,
        }
        (folder / f"{cell}-{seed}.json").write_text(json.dumps(row))


def test_summary_and_gap(tmp_path):
    """Oracle: means by hand, Wilson's interval, scipy's t-interval of the paired differences."""
    stored(tmp_path, "rts-cnn", [0.9, 1.1, 1.3])
    stored(tmp_path, "rts-st-cnn-affine", [0.6, 0.5, 0.7])
    found = table1.load_results(tmp_path)
    summary = table1.summarise(found[Cell("rts", "cnn")])
    assert summary.error == pytest.approx(1.1) and summary.spread == (0.9, 1.3) and summary.seeds == 3
    assert summary.interval == pytest.approx(error_interval(110, 10_000)) and summary.paper == 0.8
    gap = table1.gap(found, "rts", "st-cnn-affine")
    theirs = stats.ttest_1samp([0.3, 0.6, 0.6], 0).confidence_interval(0.95)
    assert (
        gap.points == pytest.approx(0.5) and gap.interval == pytest.approx((theirs.low, theirs.high)) and gap.seeds == 3
    )
    assert table1.gap(found, "rts", "st-fcn-affine") is None
    stored(tmp_path, "r-cnn", [1.0])
    stored(tmp_path, "r-st-cnn-tps", [0.8])
    assert table1.gap(table1.load_results(tmp_path), "r", "st-cnn-tps") == (pytest.approx(0.2), None, 1)


def test_report(tmp_path, capsys):
    """Oracle: the words, by hand: mean, seeds, the paper's figure, and a star where ours is above it."""
    stored(tmp_path, "rts-cnn", [0.9, 1.1])
    stored(tmp_path, "rts-st-cnn-affine", [0.4, 0.4])
    assert cli.main(["reproduce", "table1", "report", "--results", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "1.00 (2) / 0.8*" in text and "0.40 (2) / 0.5 " in text and "RTS 0.60" in text and "300,000" in text
    assert "no results in" in table1.report(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cell": "x"}', '{"cell": "r-cnn"'])
def test_a_foreign_result_is_named(tmp_path, content):
    """Oracle: the message names the file or the cell."""
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ValueError, match=r"expected a result .*bad\.json|expected a cell"):
        table1.load_results(tmp_path)


def test_a_curve_is_the_mean_of_its_rows():
    """Oracle: by hand."""
    history = [{"step": 10 * (k + 1), "loss": float(k), "batch_error": 2.0 * k, "lr": 0.1} for k in range(120)]
    curve = thinned(history, 60, ("loss", "batch_error"))
    assert len(curve) == 60 and curve[0] == {"step": 20, "loss": 0.5, "batch_error": 1.0} and curve[-1]["step"] == 1200
    assert len(thinned(history[:3], 60)) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cells", "r-vit"], "expected a cell such as rts-st-cnn-affine, got 'r-vit'"),
        (["--seeds", "0"], "expected --seeds of at least 1, got 0"),
        (["--jobs", "0"], "expected --jobs of at least 1, got 0"),
        (["--budget", "soon"], "expected a time such as 90s, 30m or 2h, got 'soon'"),
    ],
)
def test_wrong_requests(arguments, message, capsys):
    """Oracle: exit status 2 and one line that names what was expected."""
    try:
        status = cli.main(["reproduce", "table1", *arguments])
    except SystemExit as left:
        status = left.code
    assert status == 2 and message in capsys.readouterr().err


def test_budgets_are_times():
    """Oracle: by hand."""
    assert [cli._seconds(text) for text in ("90s", "1.5m", "2h")] == [90, 90, 7200]


def test_a_toml_file_gives_settings_and_flags_overrule_it(tmp_path, capsys):
    """Oracle: the config that the run keeps."""
    file = tmp_path / "run.toml"
    file.write_text('model = "cnn"\nsteps = 2\nbatch-size = 8\ncopies = 1\nlr = 1\n')
    out = tmp_path / "run"
    assert cli.main(["train", "--config", str(file), "--lr", "0.5", "--out", str(out), "--quiet"]) == 0
    config = checkpoint.load(out / "checkpoint.pt")["config"]
    assert (config["model"], config["steps"], config["batch_size"], config["lr"]) == ("cnn", 2, 8, 0.5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("step = 2", "expected settings in"),
        ('steps = "2"', "expected steps to be of type int, got '2'"),
        ("steps 2", "expected TOML in"),
        ("steps = true", "expected steps to be of type int, got True"),
    ],
)
def test_a_wrong_toml_file_is_refused(tmp_path, content, message, capsys):
    """Oracle: exit status 2 and a message that names the file's fault."""
    file = tmp_path / "run.toml"
    file.write_text(content)
    assert cli.main(["train", "--config", str(file), "--quiet"]) == 2
    assert message in capsys.readouterr().err
