"""The sampler's times: the record holds several machines, and a command measures the rows of its own machine only."""

import json

import pytest

from experiments.__main__ import main
from experiments.catalogue import ROOT
from experiments.record import load
from experiments.speed.sampler import MACHINE, allocator, machine

TINY = ["--rounds", "1", "--shapes", "2x1x4x5", "1x3x6x4"]


def run(out, *words):
    """The rows of the record after a command."""
    assert main(["speed", "sampler", *TINY, *words, "--out", str(out)]) == 0
    return json.loads(out.read_text())["runs"]


def test_a_command_adds_its_machine_and_replaces_only_its_own_rows(tmp_path, capsys):
    """Oracle: the rows of another machine, and of another allocator on this one, written here."""
    out = tmp_path / "sampler.json"
    known = {"shape": [2, 1, 4, 5], "threads": 1, "rounds": 1, "case": "our grid + our sampler"}
    known |= {key: {"ratio": 9.0, "ratio_of_fastest": 9.0} for key in ("forward", "forward_backward")}
    others = [{**machine(), "processor": "another", **known}, {**machine(), "allocator": "musl", **known}]
    out.write_text(json.dumps({"settings": {}, "runs": others}))
    first = run(out)
    assert [row for row in first if row in others] == others and len(first) == 2 + 2 * 4
    assert all(row[key] for row in first for key in MACHINE) and run(out) == first
    again = run(out, "--again")
    assert [row for row in again if row in others] == others and len(again) == len(first) and again != first
    more = [row for row in run(out, "--threads", "1", "2") if row not in others]
    assert {(tuple(row["shape"]), row["threads"]) for row in more} == {
        (shape, threads) for shape in ((2, 1, 4, 5), (1, 3, 6, 4)) for threads in (1, 2)
    }
    assert "| another, " in capsys.readouterr().out


def test_the_allocator_is_named_without_paths():
    """Oracle: by hand."""
    found = allocator({"MALLOC_TRIM_THRESHOLD_": "9", "LD_PRELOAD": "/opt/lib/libjemalloc.so", "HOME": "/x"})
    assert found.endswith(", LD_PRELOAD=libjemalloc.so, MALLOC_TRIM_THRESHOLD_=9")
    assert allocator({}).endswith(", no settings")


def test_the_stored_ratios_are_those_of_the_stored_times():
    """Oracle: the medians' own quotient, near the median of the quotients."""
    for row in load(ROOT / "stn_lib" / "results" / "sampler.json")["runs"]:
        for key in ("forward", "forward_backward"):
            assert row[key]["ours_ms"] > 0 and row[key]["torch_ms"] > 0
            assert row[key]["ratio"] == pytest.approx(row[key]["ours_ms"] / row[key]["torch_ms"], rel=0.5)
