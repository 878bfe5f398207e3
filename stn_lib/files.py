"""Write files atomically."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Name a file in each error of the file system: that of a full disk names none, others a temporary file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename, error.filename2 = str(path), None
        raise


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file so that a later run finds either the old or the new content, never a part of it.

    The bytes are written to a temporary file first; renaming that is one atomic step.

    Raises:
        OSError: if the file cannot be written; it names this file, not the temporary one.
    """
    path = Path(path)
    temporary = _temporary(path)
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
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


def check_writable(path: str | Path) -> None:
    """Raise the error of `write_atomically` before a long computation, and leave nothing behind.

    Raises:
        OSError: if the file cannot be written; it names this file.
    """
    path = Path(path)
    with naming(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
        probe = folder / _temporary(path).name
        open(probe, "wb").close()
        probe.unlink(missing_ok=True)  # another thread of this process may have the same probe


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
