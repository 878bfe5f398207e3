"""Rows that run side by side, in processes of their own, and Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from stn_lib.training import checkpoint

SCRIPT = """
from stn_lib.data import load_digits_split, mnist
mnist.load_mnist = lambda hold_out: load_digits_split(hold_out=hold_out)
if __name__ == "__main__":
    import signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    from experiments.__main__ import main
    sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are a POSIX thing")
def test_ctrl_c_ends_all_that_run_side_by_side_and_what_waits_never_begins(tmp_path):
    """Oracle: the exit status, the folders that are there, and the operating system's list of processes."""
    script = tmp_path / "experiments_of_digits.py"
    script.write_text(SCRIPT)
    words = [sys.executable, str(script), "table1", "--cells", "r-fcn", "e-fcn", "p-fcn", "r-cnn", "--jobs", "2"]
    folders = ["--out", str(tmp_path / "results"), "--runs", str(tmp_path / "runs")]
    parent = subprocess.Popen(
        [*words, *folders], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    logs = [tmp_path / "runs" / f"{cell}-0" / "metrics.jsonl" for cell in ("r-fcn", "e-fcn")]
    wait(lambda: all(log.exists() and log.stat().st_size for log in logs))
    children = psutil.Process(parent.pid).children(recursive=True)
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal does
    said = parent.communicate(timeout=60)[1]
    _, alive = psutil.wait_procs(children, timeout=20)
    assert parent.returncode == 130 and said.endswith("stopped; the same command goes on with what is missing\n")
    assert not alive and sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["e-fcn-0", "r-fcn-0"]
    for log in logs:
        state = checkpoint.load(log.with_name("checkpoint.pt"))
        assert state["step"] - checkpoint.last_logged(log) in range(10)  # the step at which it was stopped


def wait(until, seconds=100):
    """Return when it is true."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)
