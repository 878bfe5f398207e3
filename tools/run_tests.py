"""Run the tests, as `make test` and `make quick` do.

python tools/run_tests.py               # lint; the book's build beside the quick tests; then all other tests
python tools/run_tests.py --quick       # lint and the quick tests: no browser, no JupyterLab, no other process
python tools/run_tests.py -k sampling   # other arguments go to pytest

`python -m experiments speed suite_time` prints the times of the last run.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIMES = ROOT / "_build" / "tests"
QUICK = "not browser and not process"
# Two processes with two threads each would wait for each other on two cores.
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
# Some machines ask for no compiled files; then each of some forty processes compiles the same modules again.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
CORES = min(max(os.cpu_count() or 2, 2), 4)
PASSED = (0, 5)  # pytest exits with 5 if the arguments select no test, as `-k` may in one of the phases


def python(*arguments: str) -> int:
    """Run Python at the root of the project; return its exit status."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=ENVIRONMENT).returncode


def lint() -> int:
    return python("-m", "ruff", "check", "--quiet", ".") or python("-m", "ruff", "format", "--check", "--quiet", ".")


def pytest(phase: str, selection: str, *arguments: str) -> int:
    """Run the tests that a marker expression selects; write their times to `_build/tests`."""
    print(f"== {phase}: pytest -m '{selection}'", flush=True)
    return python("-m", "pytest", f"--junitxml={TIMES / phase}.xml", *arguments, "-m", selection)


def parallel(workers: int) -> tuple[str, ...]:
    """Let pytest-xdist share the tests out among so many processes."""
    return ("-n", str(workers), "--dist", "loadscope")


def quick(*arguments: str) -> int:
    """Run the tests that need no browser and start no process."""
    return pytest("quick", QUICK, *arguments)


def quick_beside_build(arguments: list[str]) -> int:
    """Run the quick tests while the book is built; print the build's output after that of the tests."""
    command = [sys.executable, "book/build.py"]
    build = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    status = quick(*parallel(CORES), *arguments)  # several, for the build ends first and leaves its cores idle
    print("== the book, built meanwhile", flush=True)
    for line in build.stdout:
        sys.stdout.buffer.write(line)
        sys.stdout.flush()
    built = build.wait()
    return built if status in PASSED and built else status


def rest(arguments: list[str]) -> int:
    """Run all other tests on several workers; `scope` in tests/conftest.py decides which tests share a worker."""
    # One worker more than cores: a test of a page waits for frames in about a third of its time.
    return pytest("rest", f"not ({QUICK})", *parallel(CORES + 1), *arguments)


def main(arguments: list[str]) -> int:
    """Run the phases in order until one fails; return the exit status."""
    shutil.rmtree(TIMES, ignore_errors=True)
    TIMES.mkdir(parents=True)
    if "--quick" in arguments:
        arguments.remove("--quick")
        phases = {"lint": lint, "quick": lambda: quick(*parallel(CORES), *arguments)}
    else:
        phases = {
            "browser, lint": lambda: python("tools/browser.py", "--install") or lint(),
            "book beside quick": lambda: quick_beside_build(arguments),
            "rest": lambda: rest(arguments),
        }
    statuses, seconds = [], {}
    for name, run in phases.items():
        started = time.perf_counter()
        statuses.append(run())
        seconds[name] = round(time.perf_counter() - started, 1)
        if statuses[-1] not in PASSED:
            break
    (TIMES / "phases.json").write_text(json.dumps(seconds), encoding="utf-8")
    print("== " + " · ".join(f"{name} {spent:.0f} s" for name, spent in seconds.items()))
    return min(statuses[1:]) if statuses[-1] in PASSED else statuses[-1]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
