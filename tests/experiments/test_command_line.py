"""The command line of the experiments."""

import subprocess
import sys

import pooch
import pytest

from experiments import options as command_line
from experiments.__main__ import main
from experiments.catalogue import ENTRIES, ROOT, find
from stn_lib.training.config import MAX_THREADS

WITHOUT_TORCH = """
import contextlib, sys
from experiments.__main__ import main
from experiments.catalogue import ENTRIES
assert main([]) == main(["--help"]) == 0
for entry in ENTRIES:
    with contextlib.suppress(SystemExit):
        main([*entry.name.split(), "--help"])
assert "torch" not in sys.modules and "stn_lib" not in sys.modules
"""


@pytest.mark.process
def test_listing_and_help_import_no_torch():
    """Oracle: a fresh process's modules; every experiment is listed with what it writes and how long it takes."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], cwd=ROOT, capture_output=True, text=True, check=True)
    for entry in ENTRIES:
        assert f"usage: python -m experiments {entry.name}" in done.stdout
        assert entry.title in done.stdout and (entry.record or entry.takes) in done.stdout


@pytest.mark.parametrize(("name", "archive"), [("cub", "CUB_200_2011.tgz"), ("svhn", "train.tar.gz")])
def test_without_the_data_it_says_where_to_put_them(name, archive, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("STN_DATA", str(tmp_path))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache")
    assert main([name, "--out", str(tmp_path / "record.json")]) == 2
    assert f"expected {archive} in" in capsys.readouterr().err and not (tmp_path / "record.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("colapse", "expected an experiment, got 'colapse': did you mean 'collapse'?"),
        ("colapse report", "got 'colapse': did you mean 'collapse'?"),
        ("speed samplr", "did you mean 'speed sampler'?"),
        ("sampler", "did you mean 'speed sampler'?"),
        ("zzz", "python -m experiments lists them"),
        ("collapse reprot", "expected run or report, got 'reprot': did you mean 'report'?"),
        ("table1 choic", "expected run or report or choice or tc, got 'choic': did you mean 'choice'?"),
        ("collapse report --seeds 3", "expected no option with report but --out, got --seeds"),
        ("collapse --sedes 3", "unknown option --sedes: did you mean --seeds?"),
        ("collapse --seeds 0", "argument --seeds: expected a whole number in [1, 1000000], got '0'"),
        ("table1 --jobs no", "argument --jobs: expected a whole number in [1, 1000000], got 'no'"),
        ("table1 --seed -1", "argument --seed: expected a whole number in [0, 4294967295], got '-1'"),
        ("speed sampler --threads 1000000", f"argument --threads: expected a whole number in [1, {MAX_THREADS}], got"),
        ("speed sampler --shapes 99999x9x9999x9999", "expected images of at most 268435456 numbers, got '99999x9"),
        ("table1 --budget soon", "expected a time such as 90s, 30m or 2h, got 'soon'"),
        ("table1 --cells rts-st-cnn-afine", "got 'rts-st-cnn-afine': did you mean 'rts-st-cnn-affine'?"),
        ("speed sampler --shapes 2x1x8", "expected a shape NxCxHxW such as 256x1x28x28, got '2x1x8'"),
        (f"table1 report --out {__file__}", "expected a folder of results, got the file"),
        ("collapse --hold-out tset", "invalid choice: 'tset'"),
    ],
)
def test_a_wrong_request_is_one_line(words, message, capsys):
    """Oracle: exit status 2, and one line on stderr that says what was expected."""
    try:
        status = main(words.split())
    except SystemExit as left:
        status = left.code
    said = capsys.readouterr().err
    assert status == 2 and message in said and said.count("\n") == 1


def test_a_group_is_listed(capsys):
    """Oracle: the catalogue's names that begin with the group's."""
    assert main(["appendix"]) == 0
    said = capsys.readouterr().out
    assert [line.split("  ")[0] for line in said.splitlines()[::2]] == [
        "appendix addition", "appendix colocalisation", "appendix volume",
    ]  # fmt: skip


def test_options_become_the_command_that_repeats_them():
    """Oracle: the words themselves; what decides no row is left out."""
    for words in (
        "table1 --cells r-cnn e-fcn --seeds 3 --device cuda",
        "speed sampler --threads 1 2 --shapes 2x1x8x8 1x3x6x4",
        "basin",
    ):
        name = " ".join(words.split()[: 2 if words.startswith("speed") else 1])
        rest = words.removeprefix(name).split()
        given = command_line.parse(find(name), [*rest, "--jobs", "2", "--budget", "90s", "--out", "x", "--runs", "y"])
        assert command_line.command(find(name), given) == f"python -m experiments {words}"
        assert given.budget == 90 and given.jobs == 2


def test_ctrl_c_ends_with_130_and_says_that_it_resumes(monkeypatch, capsys):
    """Oracle: the shell's convention, 128 + SIGINT."""

    def interrupted(entry, options):
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.runner.run", interrupted)
    assert main(["basin"]) == 130 and "goes on with what is missing" in capsys.readouterr().err
