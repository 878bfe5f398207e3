"""The stored results: the records that ``python -m experiments`` writes and the book shows.

A record is a JSON file in this folder. It says which command made it, at which commit and on which machine.
"""

import json
from importlib import resources
from typing import Any

from stn_lib._registry import look_up


def read(name: str) -> dict[str, Any]:
    """A stored record, found from any working folder.

    Args:
        name: its file without ``.json``, with its folder: ``"basin"``, ``"appendix/volume"``,
            ``"table1/rts-cnn-0"``.

    Returns:
        The record: ``command``, ``commit``, ``date``, ``device``, and what was measured.

    Raises:
        ValueError: for an unknown name; the message lists the known names.

    Example:
        >>> read("basin")["command"]
        'python -m experiments basin'

    Chapter: 2, 6, 7
    """
    top = resources.files(__name__)
    folders = {"": top} | {f"{entry.name}/": entry for entry in top.iterdir() if entry.is_dir()}
    files = {
        prefix + file.name.removesuffix(".json"): file
        for prefix, folder in folders.items()
        for file in folder.iterdir()
        if file.name.endswith(".json")
    }
    in_table = str(name).startswith("table1/")  # its many names are listed only for one who wants one of them
    known = {key: file for key, file in files.items() if key.startswith("table1/") == in_table}
    file = look_up("a record", name, known, "" if in_table else " or 'table1/CELL-SEED'")
    return json.loads(file.read_text(encoding="utf-8"))
