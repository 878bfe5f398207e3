"""Parse flags into a dataclass, with help from its docstring and errors on one line."""

import contextlib
import io
import itertools
import re
import tomllib
from pathlib import Path
from typing import TypeVar

import tyro

Command = TypeVar("Command")


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
