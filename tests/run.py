"""All tests, in order: lint, the real build of the book, then pytest. What `make test` calls."""

import subprocess
import sys
from pathlib import Path

import browser

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """The exit status of the first step that fails."""
    browser.install()
    steps = [
        [sys.executable, "-m", "ruff", "check", "."],
        [sys.executable, "book/build.py"],
        [sys.executable, "-m", "pytest", *sys.argv[1:]],
    ]
    for step in steps:
        done = subprocess.run(step, cwd=ROOT)
        if done.returncode:
            return done.returncode
    if not browser.find():
        print(browser.MISSING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
