"""The sampler benchmark: its record holds several machines, and a run replaces the entry of its own machine only."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import sampler  # noqa: E402

TINY = ["--rounds", "1", "--shapes", "2x1x4x5", "1x3x6x4"]
OTHER = {"processor": "another", "instruction_set": "AVX2", "system": "Linux x86_64", "allocator": "musl", "rows": [1]}


def run(out, *words):
    assert sampler.main([*TINY, *words, "--out", str(out)]) == 0
    return json.loads(out.read_text())["machines"]


def test_a_run_adds_its_machine_and_replaces_only_its_own_entry(tmp_path):
    out = tmp_path / "sampler.json"
    out.write_text(json.dumps({"machines": [OTHER]}))
    first = run(out)
    assert first[0] == OTHER and len(first) == 2
    assert all(first[1][key] for key in sampler.MACHINE)
    again = run(out, "--threads", "1", "2")
    assert again[0] == OTHER and len(again) == 2
    assert again[1]["command"] == f"python benchmarks/sampler.py {' '.join(TINY)} --threads 1 2 --out {out}"
    assert {(tuple(row["shape"]), row["threads"]) for row in again[1]["rows"]} == {
        (shape, threads) for shape in ((2, 1, 4, 5), (1, 3, 6, 4)) for threads in (1, 2)
    }


def test_another_allocator_is_another_machine():
    mine = {**OTHER, "allocator": "glibc 2.36, MALLOC_TOP_PAD_=0"}
    assert sampler.merged({"machines": [OTHER]}, mine) == {"machines": [OTHER, mine]}
    assert sampler.merged({"machines": [OTHER, mine]}, {**mine, "rows": []})["machines"] == [
        OTHER,
        {**mine, "rows": []},
    ]


def test_the_allocator_is_named_without_paths():
    said = sampler.allocator({"MALLOC_TRIM_THRESHOLD_": "9", "LD_PRELOAD": "/opt/lib/libjemalloc.so", "HOME": "/x"})
    assert said.endswith(", LD_PRELOAD=libjemalloc.so, MALLOC_TRIM_THRESHOLD_=9")
    assert sampler.allocator({}).endswith(", no settings")


def test_the_stored_record_has_this_form():
    machines = json.loads((ROOT / "results" / "sampler.json").read_text())["machines"]
    assert len({tuple(one[key] for key in sampler.MACHINE) for one in machines}) == len(machines)
    for one in machines:
        assert {"command", "commit", "torch", "python"} <= one.keys()
        for row in one["rows"]:
            assert {"case", "shape", "threads"} <= row.keys()
            for key in ("forward", "forward_backward"):
                assert row[key]["ours_ms"] > 0 and row[key]["torch_ms"] > 0
                assert row[key]["ratio"] == pytest.approx(row[key]["ours_ms"] / row[key]["torch_ms"], rel=0.5)
