"""A small book for the tests of the build: one page of text, one notebook, the real settings and extensions."""

import contextlib
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

from tests.conftest import ROOT

REMOTE = "https://someone:secret-token@github.com/someone/a-course.git"
ADDRESS = "https://github.com/someone/a-course"


def scripts():
    """A context in which `book/build.py` and its neighbours are found by `import`."""
    return mock.patch.object(sys, "path", [str(ROOT / "book"), str(ROOT / "book" / "_ext"), *sys.path])


def make(root: Path) -> Path:
    """Lay the book out in an empty folder."""
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
    return root


def write_notebook(root: Path, code: str, prose: str = "# One") -> None:
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": prose},
        {"cell_type": "code", "id": "sum", "metadata": {}, "source": code, "outputs": [], "execution_count": None},
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    document = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (root / "book/one.ipynb").write_text(json.dumps(document))


def set_remote(root: Path) -> None:
    for command in (["init", "-q", "-b", "trunk"], ["remote", "add", "origin", REMOTE]):
        subprocess.run(["git", "-C", root, *command], check=True)


def set_address(root: Path, address: str) -> None:
    """Give the notebook its cell `install`."""
    with scripts():
        import book_install
    book_install.write(root / "book/one.ipynb", address)


def build_in_process_of_its_own(root: Path) -> tuple[int, str]:
    """Run `python book/build.py`; return the exit status and what was printed."""
    environment = {**os.environ, "PYTHONPATH": str(root), "STN_SITE": ""}
    command = [sys.executable, "book/build.py"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def build(root: Path, site: str = "") -> tuple[int, str]:
    """Call the `main` of `book/build.py` on this book, for a site at this address; return the exit status and what was
    printed."""
    printed = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(scripts())
        module = importlib.import_module("build")
        folders = {name: root / getattr(module, name).relative_to(ROOT) for name in ("BUILD", "SITE", "PAGES", "STAMP")}
        stack.enter_context(mock.patch.multiple(module, ROOT=root, **folders))
        stack.enter_context(mock.patch.dict(os.environ, {"STN_SITE": site}))
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(printed))
        # A thread of its own: an open browser keeps an event loop in this one, which the notebooks need too.
        with ThreadPoolExecutor(1) as pool:
            status = pool.submit(module.main, []).result()
    return status, printed.getvalue()
