"""Unpack an archive that may be damaged or hostile: all of it, or nothing."""

import gzip
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO

#: A part of a path that is safe on every system: no "..", no separator or drive of Windows, no control character.
_PART = re.compile(r"(?!\.\.?$)[\w.()+, -]{1,255}(?<![. ])", re.ASCII)
_DEPTH = 8  # of a path: its folders and the name of the file
_PIECE = 1 << 20  # bytes that tarfile may take in one call; only a header that is made to fill the memory needs more


def unpack(archive: str | os.PathLike, folder: str | os.PathLike, *, files: int, size: int) -> None:
    """Unpack a .tar.gz into a new folder.

    Convention:
        Only plain files and folders are accepted, with relative paths of plain characters; owners, modes and times in the
        archive are ignored. The content is written to a temporary folder beside the new one, which is renamed once the
        last byte has been read and the checksum is correct. Whatever fails, nothing is left.

    Args:
        archive: the file.
        folder: the new folder.
        files: the largest number of files and folders.
        size: the largest number of bytes that the archive unpacks to, its headers included.

    Raises:
        ValueError: for a damaged archive; for one that holds a link, a device, a path that leaves the folder, or a path
            twice; for one with more than `files` or `size` allow. The message names the archive and the entry.
        FileExistsError: if the folder exists.
        OSError: if the archive cannot be read or the folder cannot be written.

    Chapter: 10
    """
    archive, folder = Path(archive), Path(folder)
    if os.path.lexists(folder):
        raise FileExistsError(f"expected no folder yet at {folder}: delete it, or choose another")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with gzip.open(archive) as content:
            _unpack_entries(_Stream(content, size, archive.name), temporary, files)
        os.replace(temporary, folder)
    except _Refused:
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
            raise  # of the disk
        # A damaged header makes tarfile raise many kinds of errors.
        raise ValueError(f"expected a whole .tar.gz in {archive}, got a damaged file ({error!r})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


class _Refused(ValueError):
    """The archive holds what no data set holds."""


class _Stream:
    """The unpacked bytes, forwards only, with a limit to their number and to each piece.

    tarfile reads a header at once, however long the archive says it is: without a limit a few bytes could fill the memory.
    """

    def __init__(self, content: IO[bytes], size: int, name: str):
        self._content, self._size, self.name, self.last = content, size, name, b""

    def read(self, count: int) -> bytes:
        if not 0 <= count <= _PIECE:
            raise _Refused(f"expected headers of at most {_PIECE:,} bytes in {self.name}, got one of {count:,}")
        self.check(self.tell() + count)
        self.last = self._content.read(count)
        return self.last

    def seek(self, position: int) -> None:
        if position < self.tell():
            raise _Refused(f"expected entries one after another in {self.name}, got one of a negative size")
        self.check(position)
        self._content.seek(position)

    def tell(self) -> int:
        return self._content.tell()

    def check(self, position: int, what: str = "more") -> None:
        """Refuse what ends beyond the limit. The last piece that is read may be shorter than was wanted."""
        if position > self._size + _PIECE:
            raise _Refused(f"expected {self.name} to unpack to at most {self._size:,} bytes, got {what}")


def _unpack_entries(stream: _Stream, folder: Path, files: int) -> None:
    """Write every entry, and read the stream to its end, where gzip compares the checksum."""
    seen: set[str] = set()
    with tarfile.open(fileobj=stream, mode="r:") as tar:
        while entry := tar.next():
            tar.members.clear()  # it would keep all of them
            path = _checked(entry, folder, stream.name)
            stream.check(stream.tell() + entry.size, f"{entry.name!r} of {entry.size:,} bytes")
            key = path.as_posix().lower()  # some systems take upper and lower case for the same
            if key in seen:
                raise _Refused(f"expected each path once in {stream.name}, got {entry.name!r} again")
            seen.add(key)
            if len(seen) > files:
                raise _Refused(f"expected at most {files:,} entries in {stream.name}, got more, such as {entry.name!r}")
            try:
                (folder / path if entry.isdir() else (folder / path).parent).mkdir(parents=True, exist_ok=True)
                if entry.isfile():
                    with tar.extractfile(entry) as source, open(folder / path, "xb") as target:
                        shutil.copyfileobj(source, target)
            except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
                raise _Refused(f"expected no file in place of a folder in {stream.name}, got {entry.name!r}") from error
    # tarfile takes a damaged header for the end; behind the true one there are only zeros.
    while not any(stream.last):
        if not stream.read(_PIECE):
            return
    raise tarfile.ReadError("bytes that are no header")


def _checked(entry: tarfile.TarInfo, folder: Path, archive: str) -> PurePosixPath:
    """Return the path of an entry, relative to the folder, if it is safe to write."""
    if entry.issparse() or not (entry.isfile() or entry.isdir()):
        raise _Refused(f"expected plain files and folders in {archive}, got {_kind(entry)}: {entry.name!r}")
    path = PurePosixPath(entry.name)
    if not (path.parts or entry.isdir()) or len(path.parts) > _DEPTH or not all(map(_PART.fullmatch, path.parts)):
        raise _Refused(f"expected plain relative paths in {archive}, got {entry.name[:300]!r}")
    if hasattr(tarfile, "data_filter"):  # Python's own rules, from 3.11.4 on
        try:
            tarfile.data_filter(entry, str(folder))
        except tarfile.FilterError as error:
            raise _Refused(
                f"expected entries that Python's data filter accepts in {archive}, got one whose {error}"
            ) from error
    return path


def _kind(entry: tarfile.TarInfo) -> str:
    kinds = {
        "a symbolic link": entry.issym(), "a hard link": entry.islnk(), "a device": entry.isdev(),
        "a sparse file": entry.issparse(),
    }  # fmt: skip
    return next((kind for kind, found in kinds.items() if found), f"type {entry.type!r}")
