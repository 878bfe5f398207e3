"""Fixtures of several rooms: a browser, the built book, a server for it. What makes a test quick. The order of the tests.
What was left out."""

import gc
import multiprocessing.process
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from unittest import mock

import pytest
import torch

from tools import browser as chrome
from tools.server import served as serve

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
# --doctest-modules takes each conftest.py for a module of its own, and several have one name.
collect_ignore_glob = ["**/conftest.py"]
NOT_BUILT = "the build of the book has failed, so the tests of its pages are left out: see what it says"
NO_SITE = "the book is not built, so the tests of its pages are left out: run `make book` first"


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, shared by the session."""
    if chrome.find() is None:
        pytest.skip(f"{chrome.MISSING}; the browser tests are left out")
    with chrome.chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book. Where `tools/run_tests.py` is building it, this waits for its exit status."""
    if "STN_BOOK_STATUS" in os.environ:
        status = Path(os.environ["STN_BOOK_STATUS"])
        while not status.exists():
            time.sleep(0.2)
        if status.read_text(encoding="utf-8") != "0":
            pytest.skip(NOT_BUILT)
    if not (SITE / "index.html").exists():
        pytest.skip(NO_SITE)
    return SITE


@pytest.fixture(scope="session")
def served(site) -> str:
    """The built book's address on this machine."""
    with serve(site) as address:
        yield address


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep Python from searching for garbage among the millions of objects that imports make and that stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # before `-m` selects by marker
def pytest_collection_modifyitems(items):
    """Mark the tests that need a browser, and put all in order; what shares a worker stays together.

    First what starts processes, which takes longest; last what waits for the book, and of that last the pages, which
    are the shortest parts.
    """
    stages = defaultdict(set)
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"browser", "site", "served"}:
            item.add_marker("browser")
        if fixtures & {"site", "served"}:
            stage = 3 if is_of_pages(item.nodeid) else 2
        else:
            stage = -1 if item.get_closest_marker("process") else 0
        stages[scope(item.nodeid)].add(stage)
    # A scope that holds several comes as late as what waits for the book, else as early as what starts a process.
    items.sort(key=lambda item: max(stages[scope(item.nodeid)], key=abs))


_start = subprocess.Popen.__init__


def _refuse(*_):
    raise RuntimeError("expected pytest.mark.process on a test that starts Python: mark it, or call main() in it")


def _start_no_python(popen, arguments, *rest, **options):
    if isinstance(arguments, (list, tuple)) and str(arguments[0]) == sys.executable:
        _refuse()
    _start(popen, arguments, *rest, **options)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Refuse to start Python in a quick test: it takes seconds, and `make quick` promises none."""
    if any(map(item.get_closest_marker, ("process", "browser"))):
        return (yield)
    with (
        mock.patch.object(subprocess.Popen, "__init__", _start_no_python),
        mock.patch.object(multiprocessing.process.BaseProcess, "start", _refuse),
    ):
        return (yield)


def is_of_pages(nodeid: str) -> bool:
    return nodeid.startswith("tests/book/test_pages.py")


def scope(nodeid: str) -> str:
    """What stays on one worker: a module with its fixtures, one visit of a page, the modules that share a built book.

    By name, because pytest-xdist 3.8 cannot add its groups to the node ids of pytest 9.2.
    """
    module = nodeid.partition("::")[0]
    if is_of_pages(nodeid):
        return nodeid.partition("[")[2]
    return "small book" if module in ("tests/book/test_build.py", "tests/book/test_host.py") else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = scope
    return scheduler


def pytest_runtest_setup(item):
    """Seed torch: a test that fails draws the same numbers when it is run again."""
    torch.manual_seed(0)


def pytest_terminal_summary(terminalreporter):
    skipped = {
        str(report.longrepr[2]).removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    }
    for reason in sorted(skipped):
        terminalreporter.write_line(f"left out: {reason}")
