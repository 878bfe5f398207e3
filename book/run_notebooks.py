"""Run the notebooks that have no outputs yet, several at a time, and keep their outputs in jupyter-cache.

jupyter-cache's own executors report a notebook only at its end, and do not say which cell failed. This one prints a line
for each finished notebook, or for each finished cell in a terminal, and names the cell that failed.
"""

import asyncio
import re
import sys
import time
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
TIMEOUT = 300  # seconds for one cell


def notebooks(root: Path) -> list[Path]:
    """Return the notebooks of the table of contents, in its order: .ipynb, and Markdown that names a kernel."""
    found = []
    for name in _entries(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))):
        candidates = [p for p in (root / name, root / f"{name}.ipynb", root / f"{name}.md") if p.is_file()]
        found += [path for path in candidates[:1] if _is_notebook(path)]
    return found


def _is_notebook(path: Path) -> bool:
    if path.suffix == ".md":
        return is_myst_markdown_notebook(path.read_text(encoding="utf-8"))
    return path.suffix == ".ipynb"


def _entries(node) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _entries(item)]
    if not isinstance(node, dict):
        return []
    own = [node[key] for key in ("root", "file") if key in node]
    return own + [name for value in node.values() if isinstance(value, list) for name in _entries(value)]


def read(path: Path):
    """Return a notebook as myst-nb will read it, so that both look for the same cached outputs."""
    if path.suffix == ".ipynb":
        return nbformat.read(path, as_version=4)
    return read_myst_markdown_notebook(
        path.read_text(encoding="utf-8"), config=MdParserConfig(), add_source_map=True, path=path
    )


class _Run:
    """One notebook while it runs."""

    def __init__(self, path: Path):
        self.path, self.name = path, path.stem
        self.notebook = read(path)
        self.cells = [i for i, cell in enumerate(self.notebook.cells) if cell.cell_type == "code"]
        self.seconds = 0.0
        self.failure: str | None = None
        self._current = 0

    async def go(self) -> None:
        started = time.perf_counter()
        client = NotebookClient(
            self.notebook,
            timeout=TIMEOUT,
            kernel_name="python3",
            store_widget_state=True,
            record_timing=False,  # it would change the cells, and with them the key in the cache
            # Otherwise each kernel warns that its messages are not encrypted; they never leave this machine.
            extra_arguments=["--IPKernelApp.log_level=40"],
            resources={"metadata": {"path": str(self.path.parent)}},
            on_cell_start=self._begin,
            on_cell_executed=self._end,
        )
        try:
            await client.async_execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            self.failure = self._explain(error)
        self.seconds = time.perf_counter() - started

    def _begin(self, cell, cell_index) -> None:
        self._current = cell_index

    def _end(self, cell, cell_index, execute_reply=None) -> None:
        said = [o for o in cell.outputs if o.output_type == "stream" and o.name == "stderr" and "Warning" in o.text]
        note = f"   (cell {cell_index + 1} warns: {said[0].text.strip().splitlines()[0][:90]})" if said else ""
        done = self.cells.index(cell_index) + 1
        if note or done == len(self.cells) or sys.stdout.isatty():
            print(f"  {self.name}: {done} of {len(self.cells)} cells{note}", flush=True)

    def _explain(self, error: Exception) -> str:
        cell = self.notebook.cells[self._current]
        source = "\n".join(f"    {line}" for line in cell.source.splitlines()[:6])
        tail = "\n".join(f"    {line}" for line in _ANSI.sub("", str(error)).rstrip().splitlines()[-12:])
        return f"{self.path}: cell {self._current + 1} failed\n{source}\n\n{tail}\n"


def run_all(root: Path, folder: Path, jobs: int) -> dict[str, float] | None:
    """Run the notebooks whose outputs are not in ``folder``.

    Returns:
        Seconds by notebook (0 where the outputs were there), or None if one failed; what failed is printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cache = get_cache(str(folder))
    todo, seconds = [], {}
    for path in notebooks(root):
        run = _Run(path)
        seconds[run.name] = 0.0
        try:
            cache.match_cache_notebook(run.notebook)
        except KeyError:
            todo.append(run)
    if todo:
        print(f"Running {', '.join(run.name for run in todo)} …", flush=True)
    _loop(_go(todo, cache, jobs))
    seconds |= {run.name: run.seconds for run in todo}
    failures = [run.failure for run in todo if run.failure]
    for failure in failures:
        print(f"\n{failure}", file=sys.stderr)
    return None if failures else seconds


async def _go(todo: list[_Run], cache, jobs: int) -> None:
    gate = asyncio.Semaphore(max(1, jobs))

    async def one(run: _Run) -> None:
        async with gate:
            await run.go()
        if not run.failure:  # stored immediately: after Ctrl-C only unfinished notebooks are lost
            data = {"execution_seconds": run.seconds}
            cache.cache_notebook_bundle(
                CacheBundleIn(run.notebook, str(run.path), data=data), check_validity=False, overwrite=True
            )

    async with asyncio.TaskGroup() as group:
        for run in reversed(todo):  # from the last chapter, because its training would otherwise run alone at the end
            group.create_task(one(run))


def _loop(coroutine) -> None:
    # Windows' default event loop cannot watch the kernels' sockets.
    factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(coroutine)
