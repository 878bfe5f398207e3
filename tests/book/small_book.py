"""A small book with the real build: one page of text, one notebook."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def make(root: Path) -> Path:
    """Lays the book out in an empty folder."""
    for name in ("_config.yml", "requirements.txt", "stn_lib", "book/_ext", "book/_static"):
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name in ("build.py", "run_notebooks.py", "references.bib"):
        shutil.copy(ROOT / "book" / name, root / "book" / name)
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/one\n")
    (root / "book/index.md").write_text("# A book\n")
    write_notebook(root, "1 + 1")
    return root


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
