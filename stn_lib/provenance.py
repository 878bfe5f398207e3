"""What stood behind a measurement: the code and the machine, for the tables in ``results/``."""

import platform
import subprocess
from pathlib import Path


def git(*words: str) -> str | None:
    """What git says of this library's own checkout; None where there is none.

    Example:
        >>> git("no-such-command") is None
        True
    """
    try:
        here = Path(__file__).parents[1]
        return subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def processor() -> str:
    """The name of the processor, or of its kind where the system does not tell more.

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
    """The vector instructions that torch uses on this processor, such as AVX2 or AVX512.

    Example:
        >>> len(instruction_set()) > 0
        True
    """
    import torch  # late: the other functions work before torch is loaded

    return torch.backends.cpu.get_cpu_capability()
