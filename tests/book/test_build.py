"""The build fails when it should, also the second time, and knows what it has to run again."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
import book_cache  # noqa: E402


@pytest.fixture
def copy(tmp_path):
    """A small book with the real build: one page of text, one notebook."""
    for name in ("_config.yml", "requirements.txt", "stn_lib", "book/_ext", "book/_static"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name in ("build.py", "run_notebooks.py", "references.bib"):
        shutil.copy(ROOT / "book" / name, tmp_path / "book" / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/one\n")
    (tmp_path / "book/index.md").write_text("# A book\n")
    write_notebook(tmp_path, "1 + 1")
    return tmp_path


def write_notebook(root, code, prose="# One"):
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": prose},
        {"cell_type": "code", "id": "sum", "metadata": {}, "source": code, "outputs": [], "execution_count": None},
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    document = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (root / "book/one.ipynb").write_text(json.dumps(document))


def build(root):
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "book/build.py"], cwd=root, env=environment, capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stdout + done.stderr


def test_a_failing_cell_fails_the_build_twice_and_is_named(copy):
    write_notebook(copy, "x = 1\nx / 0")
    for _ in range(2):
        status, told = build(copy)
        assert status == 1
        assert "one.ipynb: cell 2 failed" in told and "x / 0" in told and "ZeroDivisionError" in told


def test_a_warning_of_sphinx_fails_the_build_twice(copy):
    (copy / "book/index.md").write_text("# A book\n\n{ref}`nowhere`\n")
    for _ in range(2):
        status, told = build(copy)
        assert status == 1 and "nowhere" in told


def test_prose_runs_nothing_again_and_an_unchanged_book_is_left_alone(copy):
    assert build(copy)[0] == 0
    assert "Nothing changed" in build(copy)[1]
    write_notebook(copy, "1 + 1", prose="# Another title")
    status, told = build(copy)
    assert status == 0 and "kept from an earlier run" in told
    assert "Another title" in (copy / "_build/html/book/one.html").read_text(encoding="utf-8")


def test_an_edit_in_the_library_runs_everything_again(copy):
    before = book_cache.key(copy)
    module = copy / "stn_lib/metrics.py"
    module.write_text(module.read_text(encoding="utf-8") + "\n# a change\n", encoding="utf-8")
    assert book_cache.key(copy) != before
