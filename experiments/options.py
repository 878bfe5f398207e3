"""Describe each option of the experiments once. Imports no torch."""

import argparse
import difflib
import math
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from experiments.catalogue import ENTRIES, ROOT, Entry

MOST_PIXELS = 2**28  # a gigabyte


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a function that parses a whole number in [least, most]."""

    def parse(text: str) -> int:
        # A longer text is too large, and Python takes minutes to convert millions of digits.
        if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"expected a whole number in [{least}, {most}], got {text!r}")
        return int(text)

    return parse


positive = whole(1, 1_000_000)


def duration(text: str) -> float:
    """Parse a duration; return it in seconds.

    Example:
        >>> [duration(text) for text in ("90s", "1.5m", "2h")]
        [90.0, 90.0, 7200.0]
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"expected a time such as 90s, 30m or 2h, got {text!r}")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


def image_shape(text: str) -> tuple[int, ...]:
    """Parse a shape (N, C, H, W).

    Example:
        >>> image_shape("8x3x224x224")
        (8, 3, 224, 224)
    """
    if not re.fullmatch(r"[1-9][0-9]{0,9}(x[1-9][0-9]{0,9}){3}", text):
        raise argparse.ArgumentTypeError(f"expected a shape NxCxHxW such as 256x1x28x28, got {text!r}")
    shape = tuple(map(int, text.split("x")))
    if math.prod(shape) > MOST_PIXELS:
        raise argparse.ArgumentTypeError(f"expected images of at most {MOST_PIXELS} numbers, got {text!r}")
    return shape


class Option(NamedTuple):
    """An option as argparse needs it, without its default."""

    help: str
    type: Callable[[str], Any] = str
    choices: tuple[str, ...] | None = None
    nargs: int | str | None = None
    metavar: str | tuple[str, ...] | None = None


OPTIONS = {
    "seeds": Option("number of seeds, from 0", positive, metavar="N"),
    "seed": Option("only this seed", whole(0, 2**32 - 1), metavar="SEED"),
    "hold_out": Option("which digits to measure on", choices=("test", "validation")),
    "cells": Option("cells such as rts-st-cnn-affine; table1 takes all by default", nargs="+", metavar="CELL"),
    "variants": Option("variants of the network, such as learnt; all by default", nargs="+", metavar="NAME"),
    "steps": Option("number of training steps of each run, in place of the recipe's", positive, metavar="N"),
    "device": Option("device to compute on", choices=("auto", "cpu", "cuda", "mps")),
    "precision": Option(
        "precision of the convolutions and linear layers; a device not known to compute with bfloat16 uses float32",
        choices=("float32", "bfloat16"),
    ),
    "backbone": Option("network below: small, or a classifier of torchvision such as resnet50", metavar="NAME"),
    "threads": Option("number of torch threads", whole(1, 1024), metavar="N"),
    "digits": Option("number of sample digits, from 0", positive, metavar="N"),
    "probes": Option("number of seeds, from 0, of the networks beside the main comparison", positive, metavar="N"),
    "more": Option("number of seeds, from 0, of the two runs with our recipe", positive, metavar="N"),
    "rounds": Option("number of rounds; the results are medians or means over them", positive, metavar="N"),
    "batch": Option("number of images in a training step", positive, metavar="N"),
    "shapes": Option("shapes of the images", image_shape, metavar="NxCxHxW"),
    "again": Option("measure all rows, also those that the record has"),
    "run": Option("run all tests before"),
    "slowest": Option("number of tests to print", positive, metavar="N"),
    "books": Option("books of which pages are measured", choices=("this", "jupyter-book", "sphinx-gallery")),
    "frames": Option("number of frames to measure of each explorable", positive, metavar="N"),
}

#: Options of every experiment that has a record. They decide how it runs, not its results.
RUN_OPTIONS = {
    "jobs": Option(
        "number of rows to measure at the same time, each in its own process with one torch thread",
        positive,
        metavar="N",
    ),
    "budget": Option(
        "time after which to write checkpoints and stop, such as 90s, 30m or 2h", duration, metavar="TIME"
    ),
    "out": Option("file or folder of the record", Path, metavar="PATH"),
    "runs": Option("folder for the checkpoints", Path, metavar="FOLDER"),
}


ACTIONS = ("run", "report")


class Parser(argparse.ArgumentParser):
    """An argument parser that prints errors on one line, and suggests the nearest option for an unknown one."""

    def parse_args(self, *arguments: Any, **keywords: Any) -> argparse.Namespace:
        """Parse as argparse does."""
        parsed, unknown = self.parse_known_args(*arguments, **keywords)
        if unknown:
            near = difflib.get_close_matches(unknown[0].split("=")[0], self._option_string_actions, 1)
            self.error(
                f"unknown option {unknown[0]}" + (f": did you mean {near[0]}?" if near else f": see {self.prog} --help")
            )
        return parsed

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 and one line."""
        self.exit(2, f"{self.prog}: {message}\n")


def parser(entry: Entry) -> Parser:
    """Make the parser of an experiment's options."""
    found = Parser(
        f"python -m experiments {entry.name}" + (" [run|report]" if entry.record else ""),
        description=f"{entry.title[0].upper()}{entry.title[1:]}. Takes {entry.takes}.",
        epilog="run (the default) measures the rows that the record lacks; report prints its table"
        if entry.record
        else None,
        allow_abbrev=False,
    )
    defaults = dict(entry.options)
    if entry.record:
        defaults |= {"jobs": 1, "budget": None, "out": ROOT / entry.record, "runs": _checkpoints(entry)}
    for name, default in defaults.items():
        option = {**OPTIONS, **RUN_OPTIONS}[name]
        if default is False:
            found.add_argument(_flag(name), action="store_true", help=option.help)
            continue
        shown = "" if default is None else f" ({_plain(default)})"
        found.add_argument(
            _flag(name), default=default, help=option.help + shown, type=option.type, choices=option.choices,
            nargs="+" if isinstance(default, tuple) else option.nargs, metavar=option.metavar,
        )  # fmt: skip
    return found


def parse(entry: Entry, words: list[str]) -> argparse.Namespace:
    """Parse the options of an experiment from the words of a command line.

    Raises:
        SystemExit: with status 2 for wrong options, with 0 for ``--help``.
        ValueError: for another first word than ``run`` and ``report``, or for ``report`` with an option besides ``--out``.
    """
    action = words[0] if words and not words[0].startswith("-") else None
    options = parser(entry).parse_args(words if action is None else words[1:])
    if action not in (None, *ACTIONS) or (action and not entry.record):
        known = [*(ACTIONS if entry.record else ()), *_members(entry)]
        near = difflib.get_close_matches(action, known, 1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"expected {' or '.join(known) or 'options alone'}, got {action!r}{hint}")
    options.action = action or "run"
    if options.action == "report":
        unasked = parser(entry).parse_args([])
        given = [_flag(name) for name, default in vars(unasked).items() if getattr(options, name) != default]
        if ignored := [flag for flag in given if flag != "--out"]:
            raise ValueError(f"expected no option with report but --out, got {' '.join(ignored)}")
    for name, default in entry.options.items():
        if isinstance(default, tuple):
            setattr(options, name, tuple(getattr(options, name)))
    return options


def command(entry: Entry, options: argparse.Namespace) -> str:
    """Return the command that measures the same rows: with every option that decides rows and is not at its default.

    Example:
        >>> from experiments.catalogue import find
        >>> entry = find("collapse")
        >>> command(entry, parse(entry, ["--seeds", "3", "--jobs", "2", "--out", "elsewhere.json"]))
        'python -m experiments collapse --seeds 3'
    """
    words = ["python", "-m", "experiments", *entry.name.split()]
    for name, default in entry.options.items():
        value = getattr(options, name)
        if value != default and not isinstance(value, bool):  # no flag decides rows
            words += [_flag(name), *map(_word, value if isinstance(value, list | tuple) else [value])]
    return shlex.join(words)


def _members(entry: Entry) -> list[str]:
    """The second words of the experiments whose first word is the whole name of this one.

    Example:
        >>> from experiments.catalogue import find
        >>> _members(find("table1"))
        ['choice', 'tc']
    """
    prefix = f"{entry.name} "
    return [other.name.removeprefix(prefix) for other in ENTRIES if other.name.startswith(prefix)]


def _checkpoints(entry: Entry) -> Path:
    return ROOT / "runs" / entry.name.replace(" ", "-")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _word(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _plain(value: Any) -> str:
    if isinstance(value, Path) and value.is_relative_to(ROOT):
        return str(value.relative_to(ROOT))
    return " ".join(map(_word, value)) if isinstance(value, tuple) else str(value)
