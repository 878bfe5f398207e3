"""Measure the time of a build of the book: cold, with nothing changed, after an edit of one chapter's prose.

This builds a copy of the checkout's files in a temporary folder.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from experiments.catalogue import ROOT

NEEDED = ("_config.yml", "_toc.yml", "requirements.txt", "book", "stn_lib", "experiments")


def build(root: Path) -> float:
    """Build the book once; return the seconds."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "book/build.py"],
        cwd=root,
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    return time.perf_counter() - started


def main(options: argparse.Namespace) -> int:
    """Print the three times."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in NEEDED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, copy / name)
        print(f"cold                   {build(copy):6.1f} s")
        print(f"nothing changed        {build(copy):6.1f} s")
        chapter = copy / "book" / "05_sampling.ipynb"
        notebook = json.loads(chapter.read_text(encoding="utf-8"))
        prose = next(cell for cell in reversed(notebook["cells"]) if cell["cell_type"] == "markdown")
        prose["source"] = "".join(prose["source"]) + "\n\nOne more sentence."
        chapter.write_text(json.dumps(notebook), encoding="utf-8")
        print(f"one chapter's prose    {build(copy):6.1f} s")
    return 0
