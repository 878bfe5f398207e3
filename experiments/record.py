"""Read and write the record of an experiment: its origin, its settings and its rows, in one JSON file."""

import dataclasses
import datetime
import json
import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stn_lib.files import check_writable, write_atomically
from stn_lib.provenance import commit, processor
from stn_lib.training import TrainConfig
from stn_lib.training.config import with_defaults as config_with_defaults
from stn_lib.training.precision import computes_in_bfloat16

Row = dict[str, Any]


def provenance(threads: int = 1) -> dict[str, Any]:
    """Return commit (with a + if the code differs from it), date, machine and versions, for a record.

    ``bfloat16`` is whether the processor computes with it; otherwise a run that asks for it was computed in float32.
    """
    sha, changed = commit()
    return {
        "commit": sha and sha[:7] + ("+" if changed else ""),
        "date": datetime.date.today().isoformat(),
        "device": f"cpu: {processor()}",
        "bfloat16": computes_in_bfloat16(torch.device("cpu")),
        "threads": threads,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def plain(values: Any) -> Any:
    """Convert values as JSON does: tuples become lists.

    Example:
        >>> plain({"widths": (16, 32)})
        {'widths': [16, 32]}
    """
    return json.loads(json.dumps(values))


def rounded(values: Tensor, digits: int) -> Any:
    """Convert a tensor to nested lists of numbers with few digits.

    Example:
        >>> rounded(torch.tensor([[0.123, 0.5]]), 1)
        [[0.1, 0.5]]
    """
    if values.ndim == 0:
        return round(values.item(), digits)
    return [rounded(one, digits) for one in values]


def shared_config(config: TrainConfig, *varied: str) -> dict[str, Any]:
    """Return the settings that all runs of an experiment share: the config without the fields that vary between rows."""
    return {name: value for name, value in dataclasses.asdict(config).items() if name not in varied}


def with_defaults(settings: dict[str, Any]) -> dict[str, Any]:
    """Add `TrainConfig`'s default for each field that a stored config lacks because the field is newer."""
    if "config" not in settings:
        return settings
    return {**settings, "config": config_with_defaults(settings["config"], TrainConfig)}


class Record:
    """A record in one file, which is written with each new row.

    Args:
        file: the existing or the new file.
        settings: plain values that decide every row.
        key: the fields that identify a row.
        command: the command line that measures `planned`.
        planned: the known part of every row that the command measures, in order.
        summarise: computes the record's summary from its rows; None for a record without one.

    Raises:
        ValueError: for a file that is no record, or one of other settings.
    """

    def __init__(
        self,
        file: Path,
        settings: dict[str, Any],
        key: tuple[str, ...],
        *,
        command: str = "",
        planned: Iterable[Row] = (),
        summarise: Callable[[list[Row]], dict[str, Any]] | None = None,
    ):
        self.file, self._key, self._command, self._summarise = Path(file), key, command, summarise
        self.planned = plain(list(planned))
        self._made_by = provenance()
        self.content = {"command": command, **self._made_by, "settings": plain(settings), "runs": []}
        if self.file.exists():
            self.content = load(self.file)
            _check_same_settings(self.content["settings"], plain(settings), self.file)

    @property
    def rows(self) -> list[Row]:
        """All rows of the record."""
        return self.content["runs"]

    def missing(self) -> list[Row]:
        """Return the planned rows that the record lacks, or has with another value in their known part."""
        return [row for row in self.planned if not any(row.items() <= known.items() for known in self.rows)]

    def check_writable(self) -> None:
        """Raise OSError if the record cannot be written."""
        check_writable(self.file)

    def add(self, row: Row) -> None:
        """Add a row, or replace the row with the same key, and write the record.

        The file is read again before: another command may have added rows to it meanwhile.
        """
        if self.file.exists():
            settings, self.content = self.content["settings"], load(self.file)
            _check_same_settings(self.content["settings"], settings, self.file)
        elsewhere = {name: value for name, value in self._made_by.items() if self.content.get(name) != value}
        which = self._which(row)
        rows = [known for known in self.rows if self._which(known) != which] + [elsewhere | plain(row)]
        order = {self._which(known): k for k, known in enumerate(self.planned)}
        rows.sort(key=lambda known: order.get(self._which(known), len(order)))
        self.content["runs"] = rows
        if all(self._which(known) in order for known in rows):
            self.content["command"] = self._command
        if self._summarise:
            self.content["summary"] = self._summarise(rows)
        write_json(self.file, self.content)

    def _which(self, row: Row) -> tuple[Any, ...]:
        return tuple(json.dumps(row[name]) for name in self._key)


def load(file: str | Path) -> dict[str, Any]:
    """Load a record.

    Raises:
        ValueError: for a file that is no record.
    """
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
        if isinstance(content, dict) and isinstance(content["settings"], dict) and isinstance(content["runs"], list):
            return content
        found = "another JSON file"
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError) as error:
        found = repr(error)
    raise ValueError(
        f"expected a record with settings and runs in {file}, got {found}: delete it, or choose another --out"
    )


def write_json(file: str | Path, content: dict[str, Any]) -> None:
    """Write a JSON file atomically."""
    write_atomically(file, (json.dumps(content, indent=1) + "\n").encode())


def _check_same_settings(known: dict[str, Any], mine: dict[str, Any], file: Path) -> None:
    known, mine = with_defaults(known), with_defaults(mine)
    if differences := list(_differences(known, mine)):
        raise ValueError(
            f"{file} holds rows of other settings ({'; '.join(differences)}): delete it, or choose another --out"
        )


def _differences(known: dict[str, Any], mine: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Describe the differences between settings, field by field, fields of a config included."""
    for name in {**known, **mine}:
        old, new = known.get(name), mine.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{prefix}{name}.")
        elif old != new:
            yield f"{prefix}{name} was {old!r} and is now {new!r}"
