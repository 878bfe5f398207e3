"""The registry: it finds every exercise, and a chapter's package offers its checks."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import stn_lib.exercises
from stn_lib.exercises.framework.registry import all_checks, chapter_checks

CHECKS = all_checks()
ROOT = Path(stn_lib.exercises.__file__).parent


def test_every_file_that_declares_an_exercise_is_found_under_its_name():
    """Oracle: the files whose text calls `exercise`."""
    for chapter, checks in CHECKS.items():
        files = {path.stem for path in (ROOT / chapter).glob("*.py") if "= exercise(\n" in path.read_text("utf-8")}
        assert checks.keys() == files
        assert list(checks) == [check.exercise.name for check in checks.values()]
    assert CHECKS.keys() == {path.name for path in ROOT.glob("ch*") if path.is_dir()}


@pytest.mark.parametrize("chapter", CHECKS)
def test_numbers_count_the_exercises_of_a_chapter(chapter):
    numbers = [check.exercise.number for check in CHECKS[chapter].values()]
    assert numbers == [f"{int(chapter[2:4])}.{k}" for k in range(1, len(numbers) + 1)]


def test_a_package_offers_the_checks_and_their_help():
    package = importlib.import_module("stn_lib.exercises.ch05_sampling")
    assert package.bilinear is chapter_checks(package.__name__)["bilinear"]
    assert package.bilinear.__name__ == "bilinear" and package.bilinear.__module__.endswith("ch05_sampling.bilinear")
    for checks in CHECKS.values():
        for name, check in checks.items():
            assert check.__doc__.startswith(f"Check `{name}("), name
            assert all(part in check.__doc__ for part in ("\nArgs: ", "\nReturns: ", "\nExample:")), name


@pytest.mark.process
def test_importing_all_exercises_does_not_import_scipy():
    """They would add about a second to the first cell of a chapter."""
    code = (
        "import sys; from stn_lib.exercises.framework.registry import all_checks; all_checks(); "
        "print([m for m in ('scipy', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
