"""Download a large file once; a download that was cut goes on where it stopped."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

TIMEOUT = 30.0  # seconds without an answer
_PIECE = 1 << 16  # bytes; the last piece of a download that is cut is lost


class RemoteFile(NamedTuple):
    """A file whose content is known: its name, its size in bytes, its SHA-256."""

    name: str
    size: int
    sha256: str


def own_folder(folder: str | os.PathLike | None) -> Path | None:
    """The reader's folder of data sets: the one that is given, or that of STN_DATA; None if there is neither."""
    named = folder if folder is not None else os.environ.get("STN_DATA") or None
    return None if named is None else Path(named).expanduser()


def verify(path: Path, file: RemoteFile) -> Path:
    """Return the path of a file on this machine if it has the correct content.

    Raises:
        ValueError: for another size or hash.
    """
    size = path.stat().st_size
    if size == file.size:
        with path.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256:
                return path
    raise ValueError(
        f"expected {path} to hold {file.size:,} bytes with the SHA-256 {file.sha256}, got another file ({size:,} bytes, "
        f"{'cut short' if size < file.size else 'damaged'}): delete it and download it again"
    )


def download(file: RemoteFile, address: str, folder: Path) -> Path:
    """Download a file to a folder, unless the folder has it; return its path.

    What has arrived is kept in a ``.part`` file. The next call asks the server only for the rest. The file gets its name
    once its hash is correct.

    Args:
        file: what to download.
        address: of the folder on the server, with a slash at its end.
        folder: where to put it; it is made if it does not exist.

    Raises:
        ConnectionError: if the file did not arrive whole, with the reason.
        OSError: if the folder cannot be written.

    Chapter: 10
    """
    import pooch  # imported here: it takes a tenth of a second, and only a download needs it
    from requests import RequestException

    def resumed(url: str, path: str, _) -> None:
        part = folder / f"{file.name}.part"
        _download_rest(file, url, part)
        os.replace(part, path)

    try:  # pooch renames the file if its hash is correct, and deletes it otherwise
        return Path(pooch.retrieve(address + file.name, file.sha256, fname=file.name, path=folder, downloader=resumed))
    except (RequestException, ValueError) as error:
        raise ConnectionError(
            f"expected {file.name} ({file.size:,} bytes) from {address}, got {error}. Try again: the download goes on where "
            "it stopped. Or get the file in another way and set STN_DATA to its folder"
        ) from error
    except OSError as error:  # not the server's fault
        raise OSError(
            f"expected to write {folder / file.name}, got {error}: make room there, or set STN_DATA"
        ) from error


def find(file: RemoteFile, address: str, own: Path | None, cache: Path, call: str, *, allowed: bool) -> Path:
    """Return the path of an archive; download it if necessary.

    Args:
        file: the archive.
        address: of the folder on the server.
        own: the reader's folder of data sets, with the archive in it or in a folder that is named as the cache; None if
            the archive is in the cache.
        cache: this data set's folder of the cache.
        call: what downloads the archive, for the message.
        allowed: whether it may be downloaded.

    Raises:
        FileNotFoundError: if there is no archive, and no download.
        ConnectionError, OSError: as `download`.

    Chapter: 10
    """
    if own is not None:
        for path in (own / cache.name / file.name, own / file.name):
            if path.is_file():
                return path
        raise FileNotFoundError(
            f"expected {file.name} in {own} or {own / cache.name}, got neither: put it there, or unset STN_DATA and folder= "
            "to have it downloaded"
        )
    if not (cache / file.name).is_file() and not allowed:
        raise FileNotFoundError(
            f"expected {file.name} in {cache}, got none: set STN_DATA to a folder that has it, or have its {file.size:,} "
            f"bytes downloaded by {call}"
        )
    return download(file, address, cache) if allowed else cache / file.name


def _download_rest(file: RemoteFile, url: str, part: Path) -> None:
    """Append to a file what it lacks."""
    import requests
    from tqdm import tqdm

    have = part.stat().st_size if part.exists() else 0
    if have < file.size:
        # A server that packs what it sends would count other bytes.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            if answer.status_code != 206:  # it sends the whole file
                have = 0
            with (
                open(part, "ab" if have else "wb") as opened,
                tqdm(total=file.size, initial=have, desc=file.name, unit="B", unit_scale=True, disable=None) as bar,
            ):
                for piece in answer.iter_content(_PIECE):
                    have += len(piece)
                    if have > file.size:
                        break
                    opened.write(piece)
                    bar.update(len(piece))
    if have > file.size:
        part.unlink()
        raise ValueError("more bytes than it has")
    if have < file.size:
        raise ValueError(f"only {have:,} bytes")
