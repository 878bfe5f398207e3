"""Find out the commit and the hardware of a measurement, for the records in ``stn_lib/results/``."""

import functools
import platform
import subprocess
from pathlib import Path


def git(*words: str) -> str | None:
    """Return the output of a git command in this library's own checkout; None without a checkout.

    Example:
        >>> git("no-such-command") is None
        True
    """
    here = Path(__file__).parents[1]
    if not (here / ".git").exists():  # installed as a package, perhaps inside of another project's checkout
        return None
    try:
        return subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


@functools.lru_cache(maxsize=1)  # the code that this process loaded, whatever is checked out later
def commit() -> tuple[str | None, bool | None]:
    """Return the commit of the code that measures, and whether its files differ from it; None without a checkout.

    Widgets and records do not count: no measurement depends on them, and a record that is measured again is changed.
    """
    measuring = ("stn_lib", "experiments", ":!stn_lib/widgets", ":!stn_lib/results")
    status = git("status", "--porcelain", "--untracked-files=no", "--", *measuring)
    return git("rev-parse", "HEAD"), None if status is None else bool(status)


def processor() -> str:
    """Return the name of the processor, or its architecture if the system does not give the name.

    Example:
        >>> len(processor()) > 0
        True
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def instruction_set() -> str:
    """Return the vector instructions that torch uses on this processor, such as AVX2 or AVX512.

    Example:
        >>> len(instruction_set()) > 0
        True
    """
    import torch  # late: the other functions work before torch is loaded

    return torch.backends.cpu.get_cpu_capability()
