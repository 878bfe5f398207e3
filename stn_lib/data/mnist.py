"""Load MNIST from your own folder, or download it once; a file is used only if its hash is correct."""

import gzip
import hashlib
import math
import os
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import torch
from torch import Tensor

from stn_lib import _validate
from stn_lib.data.digits import DigitsSplit
from stn_lib.data.download import own_folder

VALIDATION = 10_000  # training digits held out for choosing settings, as many as there are test digits
TIMEOUT = 10.0  # seconds without an answer after which the next mirror is tried
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)


class _File(NamedTuple):
    """An idx file: a header of four bytes and four more for each axis, then one byte for each value."""

    name: str
    shape: tuple[int, ...]
    sha256: str  # of the unpacked content
    packed_sha256: str  # of the .gz file on the mirrors

    @property
    def header(self) -> int:
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        return self.header + math.prod(self.shape)


#: Images and labels of both parts.
FILES = {
    "train": (
        _File(
            "train-images-idx3-ubyte",
            (60_000, 28, 28),
            sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            packed_sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        _File(
            "train-labels-idx1-ubyte",
            (60_000,),
            sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            packed_sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
    ),
    "test": (
        _File(
            "t10k-images-idx3-ubyte",
            (10_000, 28, 28),
            sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            packed_sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        _File(
            "t10k-labels-idx1-ubyte",
            (10_000,),
            sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            packed_sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
}


def load_mnist(
    hold_out: str = "test", *, folder: str | os.PathLike | None = None, download: bool = True
) -> DigitsSplit:
    """Load MNIST: 60,000 training digits, and 10,000 test digits by other writers.

    The files are read from `folder`; if it is None, from the folder in the environment variable STN_DATA; if that is not
    set, from the cache of this machine, into which missing files are downloaded (12 MB).

    Convention:
        White foreground (1) on black background (0). A digit fits a box of 20 x 20, and its centre of mass, not its
        box, is in the middle, at pixel (14, 14) to half a pixel: the foreground may touch the border. The order is that
        of the files.

    Args:
        hold_out: ``"test"``, or ``"validation"``: the last 10,000 *training* digits are held out, the other 50,000 are
            for training, and the test files are not opened. Choose settings with the second, report errors with the
            first.
        folder: your own copy, packed (``.gz``) or not: the files themselves, or in ``mnist/``; torchvision's root
            (``MNIST/raw/``); Kaggle's files (``train-images.idx3-ubyte``, also in a folder each). Nothing is written
            there, nor in STN_DATA.
        download: whether files that are missing in the cache may be downloaded.

    Returns:
        A `DigitsSplit` of new tensors; with ``hold_out="validation"`` its ``test_`` fields hold the validation digits.

    Raises:
        ValueError: for another `hold_out`; for a file that is incomplete, damaged or of another data set.
        FileNotFoundError: for a folder without a file; with ``download=False`` for a cache without one.
        ConnectionError: if no mirror sent the correct file; it names each mirror with its reason.
        OSError: if the cache cannot be written.

    Example:
        >>> split = load_mnist("validation")  # doctest: +SKIP
        >>> tuple(split.train_images.shape), tuple(split.test_images.shape)  # doctest: +SKIP
        ((50000, 1, 28, 28), (10000, 1, 28, 28))
        >>> load_mnist(folder="nowhere")
        Traceback (most recent call last):
        FileNotFoundError: expected a folder with MNIST's files, got no folder at nowhere: check STN_DATA or folder=

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.
    Chapter: 7
    """
    _validate.one_of("hold_out", hold_out, ("test", "validation"))
    own = own_folder(folder)
    where = None if own is None else str(own)
    images, labels = _part("train", where, download)
    if hold_out == "validation":
        n = len(images) - VALIDATION
        return DigitsSplit(_scaled(images[:n]), labels[:n].clone(), _scaled(images[n:]), labels[n:].clone())
    test_images, test_labels = _part("test", where, download)
    return DigitsSplit(_scaled(images), labels.clone(), _scaled(test_images), test_labels.clone())


def _scaled(images: Tensor) -> Tensor:
    """Convert bytes (N, H, W) to images (N, 1, H, W) from 0 to 1."""
    return images[:, None].float().div_(255)


# The cache keeps bytes, a quarter of the memory; callers get new tensors, so they cannot change the cache.
@lru_cache(maxsize=2)
def _part(part: str, folder: str | None, download: bool) -> tuple[Tensor, Tensor]:
    """Return the images (N, H, W) and labels (N,) of one part, as bytes and integers."""
    images, labels = (_array(file, folder, download) for file in FILES[part])
    return torch.from_numpy(images), torch.from_numpy(labels).long()


def _array(file: _File, folder: str | None, download: bool) -> np.ndarray:
    """Return the values of a file; download it if necessary."""
    if folder is not None:
        if not Path(folder).is_dir():
            raise FileNotFoundError(
                f"expected a folder with MNIST's files, got no folder at {folder}: check STN_DATA or folder="
            )
        content = _find(file, Path(folder), "put it there, or unset STN_DATA and folder= to have it downloaded")
    else:
        import pooch  # imported here: it takes a tenth of a second, and only a download needs it

        cache = pooch.os_cache("stn_lib") / "mnist"
        if download:
            _download(file, cache)
        content = _find(file, cache, "allow the download, or set STN_DATA to your folder")
    return np.frombuffer(bytearray(content), np.uint8, offset=file.header).reshape(file.shape)


def _find(file: _File, folder: Path, remedy: str) -> bytes:
    """Return the content of the first file in the folder that has a known name and the correct hash."""
    wrong = None
    for path in filter(Path.is_file, _candidates(file.name, folder)):
        try:
            return _verified(path, file)
        except ValueError as error:
            wrong = wrong or error
    if wrong is not None:
        raise wrong
    raise FileNotFoundError(f"expected {file.name}.gz, or {file.name} unpacked, in {folder}, got neither: {remedy}")


def _candidates(name: str, folder: Path) -> Iterator[Path]:
    """List the paths that a file may have: in our own layout, torchvision's, and with Kaggle's names."""
    for place in (folder / "mnist", folder, folder / "MNIST" / "raw"):
        for known in (name, name.replace("-idx", ".idx")):
            yield from (place / f"{known}.gz", place / known, place / known / known)


def _verified(path: Path, file: _File) -> bytes:
    """Return the unpacked content of a file whose hash is correct; read at most one byte more than its size."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
            content = opened.read(file.size + 1)
    except (gzip.BadGzipFile, zlib.error) as error:
        content, guess = b"", f"damaged: {error}"
    except EOFError:
        content, guess = b"", "cut short"
    else:
        guess = (
            "cut short"
            if len(content) < file.size
            else "damaged, or of a data set with the same file names, such as Fashion-MNIST"
        )
    if hashlib.sha256(content).hexdigest() == file.sha256:
        return content
    raise ValueError(
        f"expected {path} to hold {file.size:,} bytes with the SHA-256 {file.sha256}, got another file "
        f"({path.stat().st_size:,} bytes, {guess}): delete it and download it again, or point STN_DATA to another folder"
    )


def _download(file: _File, cache: Path) -> None:
    """Download a file to the cache from the first mirror that sends the correct one, unless the cache has it."""
    import pooch
    from requests import RequestException
    from tqdm import tqdm

    def bounded(url: str, path: str, _) -> None:
        with (
            open(path, "wb") as opened,
            tqdm(total=file.size, desc=file.name, unit="B", unit_scale=True, disable=None) as bar,
        ):
            http = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16, timeout=TIMEOUT)
            http(url, _Bounded(opened, file.size + 1024), None)  # packing adds a header at most

    name, reasons = f"{file.name}.gz", []
    for mirror in MIRRORS:
        try:  # pooch writes to a temporary file, and renames it only if its hash is correct
            pooch.retrieve(mirror + name, file.packed_sha256, fname=name, path=cache, downloader=bounded)
            return
        except (RequestException, ValueError) as error:
            reasons.append(f"- {mirror}: {error}")
        except OSError as error:  # not the mirror's fault
            raise OSError(f"expected to write {cache / name}, got {error}: make room there, or set STN_DATA") from error
    raise ConnectionError(
        f"expected {name} from one of {len(MIRRORS)} mirrors, got it from none:\n"
        + "\n".join(reasons)
        + "\nTry again later, or get MNIST's four .gz files in another way and set STN_DATA to their folder"
    )


class _Bounded:
    """A file that raises an error beyond a size, so that a mirror cannot send without end."""

    def __init__(self, file: IO[bytes], size: int):
        self.file, self.left, self.flush = file, size, file.flush

    def write(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left < 0:
            raise ValueError("expected MNIST's file, got more bytes than it has")
        self.file.write(data)
