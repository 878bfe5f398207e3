"""Parse flags into a dataclass, with help from its docstring; put errors on one line."""

import contextlib
import errno
import io
import itertools
import re
import tomllib
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import TypeVar

import tyro

Command = TypeVar("Command")

#: What a user can do about an error of the file system, besides choosing another path.
_REMEDIES = {
    errno.ENOENT: "check the path",
    errno.EACCES: "change its permissions, or choose another path",
    errno.EPERM: "change its permissions, or choose another path",
    errno.ENOSPC: "make room there, or choose another path",
    errno.EDQUOT: "make room there, or choose another path",
}


def explain(error: Exception) -> str | None:
    """Describe an error that a user can remove; return None for a fault of the program.

    Example:
        >>> explain(IsADirectoryError(errno.EISDIR, "Is a directory", "runs"))
        "expected to read or write 'runs', got: Is a directory: choose another path"
        >>> explain(ValueError("expected steps of at least 1, got 0"))
        'expected steps of at least 1, got 0'
        >>> explain(TypeError("'int' object is not iterable")) is None
        True
    """
    if isinstance(error, OSError) and error.strerror:
        what = "a file" if error.filename is None else repr(str(error.filename))
        remedy = _REMEDIES.get(error.errno, "choose another path")
        return f"expected to read or write {what}, got: {error.strerror}: {remedy}"
    if isinstance(error, ValueError | OSError | FloatingPointError | ModuleNotFoundError):
        return str(error)
    if _is_out_of_memory(error):
        return "expected enough memory, got too little: choose smaller numbers, such as the batch size"
    if isinstance(error, BrokenExecutor):
        return (
            "expected every process to end by itself, got one that was ended, perhaps for its memory: use fewer --jobs"
        )
    return None


def _is_out_of_memory(error: Exception) -> bool:
    """Whether Python or torch could not allocate memory. On a CPU torch raises a plain RuntimeError."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def parse(kind: type[Command], flags: list[str], prog: str) -> Command:
    """Make a dataclass from flags. A field ``config`` names a TOML file of more flags, which the given flags override.

    Args:
        kind: the dataclass; its docstring is the help.
        flags: the words of the command line.
        prog: the command's name, for the help.

    Raises:
        ValueError: for flags that tyro refuses; tyro's framed message becomes one line.
        SystemExit: after ``--help``.
    """
    box = io.StringIO()
    try:
        with contextlib.redirect_stderr(box):
            parsed = _tyro(kind, flags, prog)
            file = getattr(parsed, "config", None)
            if file is not None:
                parsed = _tyro(kind, [*_flags_of(file), *flags], prog)  # the last of two equal flags counts
            return parsed
    except SystemExit as left:
        if left.code == 0:  # --help
            raise
        raise ValueError(_one_line(box.getvalue())) from None


def _tyro(kind: type[Command], flags: list[str], prog: str) -> Command:
    return tyro.cli(kind, args=flags, prog=prog, config=(tyro.conf.FlagCreatePairsOff,))


def _flags_of(path: Path) -> list[str]:
    """Return the settings of a TOML file as flags, so that one parser checks both."""
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"expected TOML in {path}, got: {error}") from error
    flags = []
    for key, value in settings.items():
        flag = f"--{key.replace('_', '-')}"
        if isinstance(value, bool):
            flags += [flag] if value else []
        elif isinstance(value, str | int | float):
            flags += [flag, str(value)]
        else:
            raise ValueError(f"expected {key} in {path} to be a number, a string or true, got {value!r}")
    return flags


def _one_line(box: str) -> str:
    """Return on one line the message that tyro prints in a frame, and the flags that it suggests.

    Example:
        >>> _one_line("╭─ Unknown ─╮\\n│ Unknown: --stps │\\n│ ─── │\\n│ Perhaps you meant: │\\n│   --steps INT │\\n╰──╯")
        'Unknown: --stps: did you mean --steps?'
    """
    _title, *lines = [line.strip("│ ") for line in box.strip().splitlines()]  # without UTF-8 there are no bars
    parts = [list(part) for rule, part in itertools.groupby(lines, lambda line: not line.strip("─-╰╯")) if not rule]
    message, *hints = parts
    suggested = [found[1] for line in itertools.chain(*hints) if (found := re.match(r"(--[\w-]+)", line))]
    if "Perhaps you meant" not in box or not suggested:
        return f"{' '.join(message)} (see --help)"
    return f"{' '.join(message)}: did you mean {' or '.join(suggested)}?"
