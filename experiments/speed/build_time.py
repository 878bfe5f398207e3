"""How long a build takes: cold, with nothing changed, after an edit of one chapter's prose.

    python benchmarks/build_time.py

Works on a copy of the checkout's files in a temporary folder; touches nothing here.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("_config.yml", "_toc.yml", "requirements.txt", "book", "stn_lib", "results")


def build(root: Path) -> float:
    """Seconds that one build takes."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "book/build.py"],
        cwd=root,
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    return time.perf_counter() - started


def main() -> None:
    """Prints the three times."""
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


if __name__ == "__main__":
    main()
