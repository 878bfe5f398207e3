"""What several tests share: a browser, the built site, a server for it; and one line for what was left out."""

import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
import torch

from tests import browser as chrome

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
NO_SITE = "the book is not built, so the tests of its pages are left out: run `make book` first"


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, shared by the session."""
    if chrome.find() is None:
        pytest.skip(chrome.MISSING)
    with chrome.chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def site() -> Path:
    """The built book."""
    if not (SITE / "index.html").exists():
        pytest.skip(NO_SITE)
    return SITE


@pytest.fixture(scope="session")
def served(site) -> str:
    """The built book's address on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def pytest_runtest_setup(item):
    """Each test draws the same numbers on each run: one that fails can be run again."""
    torch.manual_seed(0)


def pytest_terminal_summary(terminalreporter):
    skipped = {
        str(report.longrepr[2]).removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    }
    for reason in sorted(skipped):
        terminalreporter.write_line(f"left out: {reason}")
