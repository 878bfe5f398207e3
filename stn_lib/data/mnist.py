"""MNIST: from a folder of yours, or downloaded once; no byte of it is trusted before its hash is right."""

import gzip
import hashlib
import io
import logging
import math
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from stn_lib import _validate
from stn_lib.data.digits import DigitsSplit
from stn_lib.files import write_atomically

logger = logging.getLogger(__name__)

VALIDATION = 10_000  # training digits kept back for choosing settings, as many as there are test digits
TIMEOUT = 10.0  # seconds of silence after which a mirror is given up
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)


class _File(NamedTuple):
    """One of the four files: what it is called unpacked, and what must be in it, packed and unpacked."""

    name: str
    shape: tuple[int, ...]
    packed_size: int
    packed_sha256: str
    sha256: str

    @property
    def magic(self) -> int:
        return 2048 + len(self.shape)  # unsigned bytes, and the number of axes

    @property
    def size(self) -> int:
        return 4 + 4 * len(self.shape) + math.prod(self.shape)


#: Pictures and labels of both parts.
FILES = {
    "train": (
        _File(
            "train-images-idx3-ubyte",
            (60_000, 28, 28),
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        _File(
            "train-labels-idx1-ubyte",
            (60_000,),
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
    ),
    "test": (
        _File(
            "t10k-images-idx3-ubyte",
            (10_000, 28, 28),
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        _File(
            "t10k-labels-idx1-ubyte",
            (10_000,),
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
}


def load_mnist(
    hold_out: str = "test", *, folder: str | os.PathLike | None = None, download: bool = True
) -> DigitsSplit:
    """MNIST's 60,000 digits to learn from and 10,000 to be tested on, by other writers.

    The files are looked for in `folder`, else in the folder that the environment variable STN_DATA names, there in
    ``mnist/`` first; else in this machine's cache, where they are downloaded to if they are missing (11 MB).

    Convention:
        White ink (1) on black (0). A digit fits a box of 20 x 20, and its centre of mass, not its box, is in the
        middle, at pixel (14, 14) to half a pixel: ink may touch the border. The order is that of the files.

    Args:
        hold_out: ``"test"``, or ``"validation"``: the last 10,000 *training* digits are kept back, 50,000 are left to
            learn from, and the test files are not even opened. Every choice is made on the second; the test set is
            read once, at the end.
        folder: where your own copy is, the four original ``.gz`` files or what is packed in them. Nothing is written
            there, nor in STN_DATA.
        download: whether what the cache lacks may be downloaded.

    Returns:
        A `DigitsSplit` of fresh tensors; with ``hold_out="validation"`` its ``test_`` fields hold the validation
        digits.

    Raises:
        ValueError: for another `hold_out`; for a file that is cut short, damaged or foreign.
        FileNotFoundError: for a folder that lacks a file; for a cache that lacks one with ``download=False``.
        ConnectionError: where no mirror gave the right file; it names each with its reason.
        OSError: where the cache cannot be written.

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
    own = folder if folder is not None else os.environ.get("STN_DATA") or None
    where = None if own is None else str(Path(own).expanduser())
    images, labels = _part("train", where, download)
    if hold_out == "validation":
        learn = len(images) - VALIDATION
        return DigitsSplit(_grey(images[:learn]), labels[:learn].clone(), _grey(images[learn:]), labels[learn:].clone())
    test_images, test_labels = _part("test", where, download)
    return DigitsSplit(_grey(images), labels.clone(), _grey(test_images), test_labels.clone())


def _grey(images: Tensor) -> Tensor:
    """Bytes (N, H, W) as pictures (N, 1, H, W) from 0 to 1."""
    return images[:, None].float().div_(255)


# Bytes are kept, a quarter of the pictures' memory; whoever asks gets tensors that are safe to change.
@lru_cache(maxsize=2)
def _part(part: str, folder: str | None, download: bool) -> tuple[Tensor, Tensor]:
    """The pictures (N, H, W) and labels (N,) of one part."""
    images, labels = (_array(_content(file, folder, download), file) for file in FILES[part])
    return torch.from_numpy(images), torch.from_numpy(labels).long()


def _array(data: bytes, file: _File) -> np.ndarray:
    """What a file's content stands for."""
    try:
        array = _read_idx(data)
        if array.shape != file.shape:
            raise ValueError(f"expected the shape {file.shape}, got {array.shape}")
        if array.ndim == 1 and array.max(initial=0) > 9:
            raise ValueError(f"expected labels from 0 to 9, got {array.max()}")
    except ValueError as error:
        raise ValueError(f"{file.name} is not MNIST's file: {error}: get another copy of it") from error
    return array.copy()  # what stands on bytes is read-only


def _read_idx(data: bytes) -> np.ndarray:
    """Unpack idx: a magic number, one big-endian count for each axis, then unsigned bytes.

    Raises:
        ValueError: for another magic number than 2049 (labels) and 2051 (pictures), or another length than the
            counts ask for.

    Example:
        >>> _read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3])).tolist()
        [7, 3]

    Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits.
    """
    magic = int.from_bytes(data[:4], "big")
    if len(data) < 4 or magic not in (2049, 2051):
        raise ValueError(f"expected an idx file with the magic number 2049 (labels) or 2051 (pictures), got {magic}")
    start = 4 + 4 * (magic - 2048)
    shape = tuple(int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4))
    if len(data) != start + math.prod(shape):
        raise ValueError(f"expected {start + math.prod(shape):,} bytes for the shape {shape}, got {len(data):,}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _content(file: _File, folder: str | None, download: bool) -> bytes:
    """A file's content, unpacked and verified, downloaded if need be."""
    if folder is not None:
        return _verified(_found(file, Path(folder)), file)
    import pooch  # a tenth of a second of import that a page without a download is spared

    path = pooch.os_cache("stn_lib") / "mnist" / f"{file.name}.gz"
    if path.is_file():
        try:
            return _verified(path, file)
        except ValueError as error:
            if not download:
                raise
            logger.warning("Downloading again: %s", error)
            path.unlink()  # the cache is ours: what is wrong in it can go
    elif not download:
        raise FileNotFoundError(f"expected {path}, got no file: allow the download, or set STN_DATA to your folder")
    _download(file, path)
    return _verified(path, file)


def _found(file: _File, folder: Path) -> Path:
    """Where a file is in a folder of the reader's."""
    if not folder.is_dir():
        raise FileNotFoundError(
            f"expected a folder with MNIST's files, got no folder at {folder}: check STN_DATA or folder="
        )
    for path in (place / name for place in (folder / "mnist", folder) for name in (f"{file.name}.gz", file.name)):
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"expected {file.name}.gz, or {file.name} unpacked, in {folder / 'mnist'} or {folder}, got neither: put it "
        "there, or leave STN_DATA and folder= unset to have it downloaded"
    )


def _verified(path: Path, file: _File) -> bytes:
    """A file's content, unpacked: only after its hash is right."""
    packed = path.suffix == ".gz"
    size, sha256 = (file.packed_size, file.packed_sha256) if packed else (file.size, file.sha256)
    found = path.stat().st_size
    data = path.read_bytes() if found == size else b""
    if hashlib.sha256(data).hexdigest() == sha256:
        return gzip.decompress(data) if packed else data
    with path.open("rb") as opened:
        head = opened.read(4)
    start = b"\x1f\x8b" if packed else file.magic.to_bytes(4, "big")
    if not head.startswith(start):
        guess = f"a foreign file, it begins with {head!r} and not with {start!r}"
    elif found < size:
        guess = "cut short"
    else:
        guess = "damaged, packed anew, or of a data set with the same file names, such as Fashion-MNIST"
    raise ValueError(
        f"expected {path} to have {size:,} bytes and the SHA-256 {sha256}, got {found:,} bytes of another file "
        f"({guess}): delete it and download it again, or point STN_DATA to another folder"
    )


def _download(file: _File, path: Path) -> None:
    """Get a file from the first mirror that has the right one; it comes to the disk whole or not at all."""
    from requests import RequestException

    reasons = []
    for mirror in MIRRORS:
        try:
            data = _fetched(mirror + path.name, file)
        except (RequestException, ValueError) as error:
            logger.warning("The mirror %s failed: %s", mirror, error)
            reasons.append(f"- {mirror}: {error}")
            continue
        try:
            return write_atomically(path, data)
        except OSError as error:  # not the mirror's fault
            raise OSError(f"expected to write {path}, got {error}: make room there, or set STN_DATA") from error
    raise ConnectionError(
        f"expected {path.name} from one of {len(MIRRORS)} mirrors, got it from none:\n"
        + "\n".join(reasons)
        + "\nTry again later, or get MNIST's four .gz files in another way and set STN_DATA to their folder"
    )


class _Bounded(io.BytesIO):
    """Memory for so many bytes: a server that sends without end is left."""

    def __init__(self, size: int):
        super().__init__()
        self._size = size

    def write(self, data: bytes) -> int:
        if self.tell() + len(data) > self._size:
            raise ValueError(f"expected {self._size:,} bytes, got more")
        return super().write(data)


def _fetched(url: str, file: _File) -> bytes:
    """A packed file from one address, in memory: a process that is killed meanwhile leaves nothing behind."""
    import pooch
    from tqdm import tqdm

    logger.info("Downloading %s", url)
    buffer = _Bounded(file.packed_size)
    # disable=None: a bar on a terminal, none in a log.
    with tqdm(total=file.packed_size, desc=file.name, unit="B", unit_scale=True, disable=None) as bar:
        pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16, timeout=TIMEOUT)(url, buffer, None)
    data = buffer.getvalue()
    found = hashlib.sha256(data).hexdigest()
    if found != file.packed_sha256:
        raise ValueError(
            f"expected {file.packed_size:,} bytes with the SHA-256 {file.packed_sha256}, "
            f"got {len(data):,} bytes with {found}"
        )
    return data
