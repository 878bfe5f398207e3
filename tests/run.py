"""All tests, in order: a browser, lint, the real build of the book, pytest. What `make test` calls.

python -m tests.run             # everything
python -m tests.run -k sampling # what follows goes to pytest
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """Runs the steps; the exit status of the first that fails. pytest's last lines say what was left out."""
    steps = [
        ["tests/browser.py", "--install"],
        ["-m", "ruff", "check", "."],
        ["-m", "ruff", "format", "--check", "--quiet", "."],
        ["book/build.py"],
        ["-m", "pytest", *arguments],
    ]
    for step in steps:
        status = subprocess.run([sys.executable, *step], cwd=ROOT).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
