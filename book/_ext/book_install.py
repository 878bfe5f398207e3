"""The cell `install` of every notebook: install the library where it is missing, as on Colab.

The cell holds the address that it installs from. `book/set_address.py` writes it into the notebooks of the repository, and
`book_launch` writes it, with the commit, into the copies that readers download from the pages.
"""

import json
from pathlib import Path

ID = "install"
#: Out of sight: folded by Jupyter and VS Code, shown as its title by Colab, left out of the page.
_METADATA = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["remove-cell"]}
_ADDRESS = "    address = "
_SOURCE = f"""\
# @title Install the book's library if it is missing
import importlib.util

if importlib.util.find_spec("stn_lib") is None:
    import subprocess
    import sys

    from IPython.core.error import UsageError

{_ADDRESS}""
    if not address:
        raise UsageError(
            "stn_lib is missing, and this notebook holds no address to "
            "install it from: run %pip install git+ADDRESS with that of "
            "the book's repository, or open the notebook in a copy of "
            "the repository, with the kernel in .venv."
        )
    library = f"git+{{address}}"
    print(f"Installing stn_lib from {{library}} …")
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    done = subprocess.run([*pip, library], capture_output=True, text=True)
    if done.returncode:
        print(done.stderr)
        raise UsageError(f"pip could not install {{library}}: see above")
    importlib.invalidate_caches()
"""


def source(address: str = "") -> str:
    """Return the code of the cell that installs from this address.

    Args:
        address: as pip takes it after ``git+``, such as ``https://github.com/someone/a-course``, perhaps with ``@COMMIT``.

    Example:
        >>> source("https://github.com/someone/a-course").splitlines()[9]
        '    address = "https://github.com/someone/a-course"'
    """
    return _SOURCE.replace(f'{_ADDRESS}""', _ADDRESS + json.dumps(address))


def cell(address: str = "") -> dict:
    """Return the cell, as a notebook holds it."""
    lines = source(address).rstrip("\n").splitlines(keepends=True)
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": ID,
        "metadata": _METADATA,
        "outputs": [],
        "source": lines,
    }


def address_of(path: Path) -> str | None:
    """Return the address in a notebook's cell `install`; None without such a cell."""
    for one in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if one.get("id") == ID:
            lines = "".join(one["source"]).splitlines()
            return next(json.loads(line.removeprefix(_ADDRESS)) for line in lines if line.startswith(_ADDRESS))
    return None


def write(path: Path, address: str) -> None:
    """Write the cell with this address into a notebook: in place of its cell `install`, or else before its first code."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [one for one in notebook["cells"] if one.get("id") != ID]
    first = next((at for at, one in enumerate(cells) if one["cell_type"] == "code"), len(cells))
    notebook["cells"] = [*cells[:first], cell(address), *cells[first:]]
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8", newline="\n")
