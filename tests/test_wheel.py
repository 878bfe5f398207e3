"""The wheel: what `pip install` brings, and that it works from an empty folder."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.conftest import ROOT
from tools import dist

pytestmark = pytest.mark.process

PACKAGES = ("stn_lib", "experiments")
COMMITTED = 1_700_000_000  # 14 November 2023, 22:13:20 UTC
SHIPPED = {".py", ".js", ".css", ".json", ".safetensors"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of the checkout, so that the checkout gets no `build` folder, and an old one adds nothing."""
    source = tmp_path_factory.mktemp("source")
    for name in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    (source / "runs").mkdir()
    (source / "runs" / "__init__.py").touch()
    dist.build_wheel(source, source / "dist", COMMITTED)
    (built,) = (source / "dist").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        yield archive


def test_it_holds_the_packages_whole_and_nothing_else(wheel):
    """Oracle: the files of the checkout."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.suffix in SHIPPED)
    expected = {file.relative_to(ROOT).as_posix() for file in files} | {"stn_lib/py.typed"}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected


def test_its_files_have_the_time_of_the_commit(wheel):
    assert {entry.date_time for entry in wheel.infolist()} == {(2023, 11, 14, 22, 13, 20)}


def test_it_says_what_it_is(wheel):
    metadata = next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    for line in (
        "License-Expression: MIT",
        "License-File: LICENSE",
        "Requires-Python: >=3.11",
        "Description-Content-Type: text/markdown",
        "# Spatial Transformer Networks: an interactive course",
    ):
        assert f"\n{line}\n" in metadata


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Run Python code in an empty folder, with the wheel's packages; return what it prints."""
    installed, empty = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("empty")
    wheel.extractall(installed)

    def run(code):
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=empty, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert not list(empty.iterdir())
        return done.stdout.replace(str(installed), "INSTALLED").replace(os.sep, "/").splitlines()

    return run


def test_it_works_from_an_empty_folder(run):
    """Oracle: the folder that the modules come from; the record's own command; one logit for each digit."""
    code = """
import stn_lib, torch
from experiments import catalogue
from stn_lib import models, results
print(stn_lib.__path__[0])
print(catalogue.__file__)
print(results.read("basin")["command"])
print(tuple(models.load_pretrained("digits-rts-st-cnn")(torch.zeros(2, 1, 42, 42)).shape))
"""
    assert run(code) == [
        "INSTALLED/stn_lib",
        "INSTALLED/experiments/catalogue.py",
        "python -m experiments basin",
        "(2, 10)",
    ]


def test_every_notebook_finds_what_it_imports(run):
    """The cells `install` and `setup`; what follows them names no file, as tests/test_notebooks.py checks."""
    notebooks = sorted((ROOT / "book").glob("*.ipynb"))
    cells = [cell for path in notebooks for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    sources = ["".join(cell["source"]) for cell in cells if cell["id"] in ("install", "setup")]
    assert len(sources) == 2 * len(notebooks)
    code = f"import stn_lib\nfor source in {sources!r}:\n    exec(source, {{}})\nprint(stn_lib.__path__[0])"
    assert run(code)[-1] == "INSTALLED/stn_lib"
