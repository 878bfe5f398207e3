"""Run the tests, as `make test` and `make quick` do.

python tools/run_tests.py               # lint; then all tests, and beside them the book's build, which some wait for
python tools/run_tests.py --quick       # lint and the quick tests: no browser, no JupyterLab, no other process
python tools/run_tests.py -k sampling   # other arguments go to pytest

`python -m experiments speed suite_time` prints the times of the last run.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIMES = ROOT / "_build" / "tests"
BOOK_LOG, BOOK_STATUS = TIMES / "book.log", TIMES / "book.status"
QUICK = "not browser and not process"
# Two processes with two threads each would wait for each other on two cores.
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "STN_BOOK_STATUS": str(BOOK_STATUS)}
# Some machines ask for no compiled files; then each of some forty processes compiles the same modules again.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
CORES = min(max(os.cpu_count() or 2, 2), 4)


def python(*arguments: str, **more) -> int:
    """Run Python at the root of the project; return its exit status."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=ENVIRONMENT, **more).returncode


def lint() -> int:
    return python("-m", "ruff", "check", "--quiet", ".") or python("-m", "ruff", "format", "--check", "--quiet", ".")


def pytest(name: str, workers: int, *arguments: str) -> int:
    """Run tests on so many workers; write their times to `_build/tests`."""
    print(f"== {name}", flush=True)
    # tests/conftest.py decides which tests share a worker, and their order: longest first.
    share = ("-n", str(workers), "--dist", "loadscope", "--no-loadscope-reorder")
    return python("-m", "pytest", f"--junitxml={TIMES / name}.xml", *share, *arguments)


def build_book() -> None:
    """Build the book; then write the exit status, which the tests of its pages wait for."""
    status = 1
    try:
        with BOOK_LOG.open("w", encoding="utf-8") as log:
            status = python("book/build.py", stdout=log, stderr=log)
    finally:  # the tests of the pages wait for it
        fresh = BOOK_STATUS.with_suffix(".fresh")
        fresh.write_text(str(status), encoding="utf-8")
        fresh.rename(BOOK_STATUS)


def tests_beside_build(arguments: list[str]) -> int:
    """Run all tests while the book is built; then print what the build said."""
    book = threading.Thread(target=build_book)
    book.start()
    # One worker more than cores: a test of a page waits for frames in about a third of its time.
    status = pytest("tests", CORES + 1, *arguments)
    book.join()
    print(f"== the book, built meanwhile\n{BOOK_LOG.read_text(encoding='utf-8')}", flush=True)
    return int(BOOK_STATUS.read_text(encoding="utf-8")) or status


def main(arguments: list[str]) -> int:
    """Run the phases in order until one fails; return the exit status."""
    shutil.rmtree(TIMES, ignore_errors=True)
    TIMES.mkdir(parents=True)
    if "--quick" in arguments:
        arguments.remove("--quick")
        phases = {"lint": lint, "quick": lambda: pytest("quick", CORES, "-m", QUICK, *arguments)}
    else:
        phases = {
            "browser, lint": lambda: python("tools/browser.py", "--install") or lint(),
            "tests beside the book's build": lambda: tests_beside_build(arguments),
        }
    status, seconds = 0, {}
    for name, run in phases.items():
        started = time.perf_counter()
        status = status or run()
        seconds[name] = round(time.perf_counter() - started, 1)
    (TIMES / "phases.json").write_text(json.dumps(seconds), encoding="utf-8")
    print("== " + " · ".join(f"{name} {spent:.0f} s" for name, spent in seconds.items()))
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
