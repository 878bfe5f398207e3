"""Keep the notebooks' outputs in a folder that is named after everything they depend on.

jupyter-cache compares only the code cells of a notebook: it does not notice a change of the library. So the folder's
name holds a hash of the library with its stored results, the experiments and the requirements. An edit of any of them
starts an empty cache.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CHOSEN = "STN_NOTEBOOK_CACHE"
_IGNORED = {"__pycache__", ".ipynb_checkpoints", "_build"}


def files_under(*paths: Path) -> list[Path]:
    """Return all files in these files and folders, sorted, without caches and build products."""
    found: set[Path] = set()
    for path in paths:
        candidates = path.rglob("*") if path.is_dir() else [path]
        found.update(
            p for p in candidates
            if p.is_file() and _IGNORED.isdisjoint(p.relative_to(path).parts) and p.suffix != ".tmp"  # being written
        )  # fmt: skip
    return sorted(found)


def digest(paths: Iterable[Path], *extra: str, root: Path = ROOT) -> str:
    """Return a hash of the names and contents of files, and of the strings in ``extra``."""
    total = hashlib.sha256("\0".join(extra).encode())
    for path in paths:
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def key(root: Path = ROOT) -> str:
    """Return the name of the cache folder for the present library, experiments, requirements and Python."""
    inputs = files_under(*(root / name for name in ("stn_lib", "experiments", "requirements.txt")))
    return digest(inputs, sys.version, root=root)


def folder(root: Path = ROOT) -> Path:
    """Return the folder that keeps the outputs of the present notebooks."""
    return root / "_build" / ".jupyter_cache" / key(root)


@contextlib.contextmanager
def chosen(path: Path) -> Iterator[None]:
    """Let Sphinx use this folder meanwhile.

    `folder` has another name as soon as an experiment stores a row: then Sphinx would find no outputs in it, and run all
    notebooks once more.
    """
    os.environ[_CHOSEN] = str(path)
    try:
        yield
    finally:
        del os.environ[_CHOSEN]


def _set_folder(app, config) -> None:
    config.nb_execution_cache_path = os.environ.get(_CHOSEN) or str(folder(Path(app.srcdir)))


def setup(app) -> dict:
    """Tell Sphinx to use this folder for the outputs of myst-nb."""
    app.connect("config-inited", _set_folder, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
