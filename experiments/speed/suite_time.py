"""Print the time of the test suite by phase and by folder, and the slowest tests.

This reads the times of the last `make test` or `make quick` from `_build/tests`; with --run it runs all tests before. The
time of a phase is wall-clock time. The time of a folder is the sum over its tests, fixtures included, which several
workers run at the same time.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from experiments.catalogue import ROOT

TIMES = ROOT / "_build" / "tests"


def read_tests(report: Path) -> dict[str, float]:
    """Return the seconds of each test in pytest's JUnit report, by `package.module::name`."""
    seconds: Counter = Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        seconds[f"{case.get('classname')}::{case.get('name')}"] += float(case.get("time", 0))
    return seconds


def folder_of(test: str) -> str:
    """Return the folder of a test, or of a doctest's module, at most two levels deep.

    Example:
        >>> folder_of("tests.widgets.test_twin::test_affine_grid"), folder_of("stn_lib.grid::stn_lib.grid.affine_grid")
        ('tests/widgets', 'stn_lib')
    """
    return str(PurePosixPath(*test.split("::")[0].split(".")[:-1][:2]))


def main(options: argparse.Namespace) -> int:
    """Print the three tables; the exit status is that of the tests, or 1 if no run was recorded."""
    status = subprocess.run([sys.executable, "tools/run_tests.py"], cwd=ROOT).returncode if options.run else 0
    phases = TIMES / "phases.json"
    if not phases.exists():
        print("No recorded run: run `make test` first, or this with --run.")
        return 1
    tests: dict[str, float] = {}
    for report in sorted(TIMES.glob("*.xml")):
        tests |= read_tests(report)
    folders, counts = Counter(), Counter(map(folder_of, tests))
    for test, seconds in tests.items():
        folders[folder_of(test)] += seconds
    for name, seconds in json.loads(phases.read_text(encoding="utf-8")).items():
        print(f"{seconds:7.1f} s  {name}")
    print()
    for name, seconds in folders.most_common():
        print(f"{seconds:7.1f} s  {name} ({counts[name]} tests)")
    print()
    for test, seconds in Counter(tests).most_common(options.slowest):
        print(f"{seconds:7.1f} s  {test}")
    return status
