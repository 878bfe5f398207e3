"""Write files atomically."""

import os
from pathlib import Path


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file so that a later run finds either the old or the new content, never a part of it.

    The bytes are written to a temporary file first; renaming that is one atomic step.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":  # the renaming must reach the disk too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
