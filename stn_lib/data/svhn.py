"""Load SVHN in its full format: photographs of house numbers, cropped around the number."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from stn_lib import _validate
from stn_lib.data.archive import unpack
from stn_lib.data.digit_struct import PLACES, Numbers, read_digit_struct, require_h5py
from stn_lib.data.download import RemoteFile, find, own_folder, verify
from stn_lib.data.photograph import crop, size_of

ADDRESS = "http://ufldl.stanford.edu/housenumbers/"  # of the authors; the hash protects from changes on the way


class _Part(NamedTuple):
    file: RemoteFile
    images: int


#: The authors publish no hashes. These, sizes and numbers of images are those that the loader of Hugging Face's datasets
#: recorded; for train and test the loader of docTR records the same hashes.
PARTS = {
    "train": _Part(
        RemoteFile("train.tar.gz", 404_141_560, "4b17bb33b6cd8f963493168f80143da956f28ec406cc12f8e5745a9f91a51898"),
        33_402,
    ),
    "test": _Part(
        RemoteFile("test.tar.gz", 276_555_967, "57ac9ceb530e4aa85b55d991be8fc49c695b3d71c6f6a88afea86549efde7fb5"),
        13_068,
    ),
    "extra": _Part(
        RemoteFile("extra.tar.gz", 1_955_489_752, "e857e27d1e65bd1e7d3959b094061777f6506bbc39889a0df3bba6a729d60f9c"),
        202_353,
    ),
}

#: By the side of a crop in pixels, the sides of what is cropped in those of the digits' box. The paper says of the larger
#: crops only that they include more background: here a digit has as many pixels in both.
EXPANDED = {64: 1.3, 128: 2.6}


class SVHNPart(NamedTuple):
    """Crops of one part of SVHN.

    Args:
        images: (N, 3, size, size) bytes. They stay on the disk until they are used; changes are not written.
        labels: (N, 5) int64, the digits from left to right, then 10.
        dropped: how many photographs were left out, by the reason.
    """

    images: Tensor
    labels: Tensor
    dropped: dict[str, int]


def load_svhn(
    part: str, size: int = 64, *, folder: str | os.PathLike | None = None, download: bool = False
) -> SVHNPart:
    """Load the house numbers of one part, cropped.

    The first call makes the crops, which takes some minutes: it checks the archive's hash, unpacks it to a temporary
    folder, and writes the crops to the cache of this machine. Later calls read them there, without the archive.

    Convention:
        The box that holds all digits is expanded about its centre, by 30 % for 64 pixels, to twice that for 128; what
        extends beyond the photograph is left out. The rest is resized to a square, antialiased, so that a number of one
        digit looks wider and one of five narrower than it is. Numbers of more than five digits are left out.

    Args:
        part: ``"train"`` (404 MB), ``"test"`` (277 MB) or ``"extra"`` (2 GB, easier numbers, for training).
        size: side of a crop in pixels, 64 or 128.
        folder: where the archive is, such as ``train.tar.gz``, or ``svhn/train.tar.gz`` below it. If it is None, the folder
            in the environment variable STN_DATA; if that is not set, the cache. Nothing is written there but in the
            cache.
        download: whether an archive that is missing in the cache may be downloaded. Besides the archive, the cache needs
            as much again while crops are made, and the crops have 0.2 to 2.5 GB, for 128 pixels four times as much.

    Returns:
        An `SVHNPart`.

    Raises:
        ValueError: for an unknown part or size; for an archive that is damaged or holds what SVHN does not hold.
        FileNotFoundError: if there is no archive.
        ModuleNotFoundError: without h5py, which ``pip install "stn_lib[svhn]"`` brings.
        ConnectionError: if the download failed; the next call goes on where it stopped.
        OSError: if the cache cannot be written.

    Example:
        >>> load_svhn("train", size=32)
        Traceback (most recent call last):
        ValueError: expected size in [64, 128], got 32

    Source: Netzer et al., Reading Digits in Natural Images with Unsupervised Feature Learning, 2011; the crops of 64
        pixels as in Goodfellow et al., Multi-digit Number Recognition from Street View Imagery, 2014.
    Chapter: 10
    """
    import pooch

    _validate.one_of("part", part, tuple(PARTS))
    if size not in EXPANDED:
        raise ValueError(f"expected size in {sorted(EXPANDED)}, got {size!r}")
    cache = Path(pooch.os_cache("stn_lib")) / "svhn"
    known = repr((PARTS[part].file.sha256, EXPANDED[size])).encode()
    crops = cache / f"{part}-{size}-{hashlib.sha256(known).hexdigest()[:8]}"
    if not crops.exists():
        call = f"stn_lib.data.load_svhn({part!r}, download=True)"
        archive = find(PARTS[part].file, ADDRESS, own_folder(folder), cache, call, allowed=download)
        _make_crops(part, size, archive, crops)
    images = torch.from_numpy(np.load(crops / "images.npy", mmap_mode="c"))
    with np.load(crops / "labels.npz") as saved:
        dropped = {reason: int(saved[reason]) for reason in ("too_long", "outside")}
        return SVHNPart(images, torch.from_numpy(saved["labels"]), dropped)


def svhn_batch(parts: Sequence[SVHNPart], index: Tensor) -> tuple[Tensor, Tensor]:
    """Return images as a network takes them, and their labels.

    Convention:
        From each image its mean over pixels and channels is subtracted, as Goodfellow et al. do. So the zeros that a
        transformer samples outside an image have the image's mean brightness and draw no frame.

    Args:
        parts: one or several parts with crops of one size, taken as one.
        index: (B,) which images.

    Returns:
        (B, 3, size, size) float32 and (B, 5) int64.

    Chapter: 10
    """
    images = torch.empty(len(index), *parts[0].images.shape[1:])
    labels = torch.empty(len(index), PLACES, dtype=torch.int64)
    start = 0
    for part in parts:
        inside = (index >= start) & (index < start + len(part.labels))
        images[inside] = part.images[index[inside] - start].float()
        labels[inside] = part.labels[index[inside] - start]
        start += len(part.labels)
    images /= 255
    return images - images.mean((1, 2, 3), keepdim=True), labels


def _make_crops(part: str, size: int, archive: Path, crops: Path) -> None:
    """Write the crops of an archive to a new folder, all of them or nothing."""
    file, images = PARTS[part]
    require_h5py()  # before minutes of work
    verify(archive, file)
    crops.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{crops.name}-", dir=crops.parent) as name:
        temporary = Path(name)
        # A photograph does not get smaller when it is packed; the labels do.
        unpack(archive, temporary / "unpacked", files=images + 16, size=4 * file.size + (64 << 20))
        folder = temporary / "unpacked" / part
        if not (folder / "digitStruct.mat").is_file():
            raise ValueError(f"expected {part}/digitStruct.mat in {archive}, got none")
        numbers = read_digit_struct(folder / "digitStruct.mat", images)
        made = temporary / "crops"
        made.mkdir()
        _write_crops(numbers, folder, size, made)
        try:
            os.replace(made, crops)
        except OSError:
            if not crops.exists():  # otherwise another process was faster
                raise


def _write_crops(numbers: Numbers, folder: Path, size: int, made: Path) -> None:
    sizes = np.array(
        [size_of(folder / name, "PNG") for name in tqdm(numbers.names, desc="sizes", unit="image", disable=None)]
    )
    boxes = crop_boxes(numbers.boxes, sizes, EXPANDED[size])
    too_long = numbers.length > PLACES
    outside = ~too_long & (boxes[:, 2:] - boxes[:, :2] < 1).any(1)
    kept = np.flatnonzero(~too_long & ~outside)
    shape = (len(kept), 3, size, size)
    written = np.lib.format.open_memmap(made / "images.npy", mode="w+", dtype=np.uint8, shape=shape)
    for row, k in enumerate(tqdm(kept, desc="crops", unit="image", disable=None)):
        written[row] = crop(folder / numbers.names[k], "PNG", tuple(boxes[k]), size)
    written.flush()
    np.savez(made / "labels.npz", labels=numbers.labels[kept], too_long=too_long.sum(), outside=outside.sum())


def crop_boxes(boxes: np.ndarray, sizes: np.ndarray, expanded: float) -> np.ndarray:
    """Expand boxes about their centres, and cut off what is outside the images.

    Args:
        boxes: (N, 4) left, top, right, bottom in pixels.
        sizes: (N, 2) width and height of each image.
        expanded: the sides of the result in those of the box.

    Returns:
        (N, 4). Where nothing is inside the image, right is not beyond left, or bottom not below top.

    Example:
        >>> crop_boxes(np.array([[10.0, 10.0, 30.0, 20.0]]), np.array([[100, 21]]), 1.3).tolist()
        [[7.0, 8.5, 33.0, 21.0]]

    Chapter: 10
    """
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2 * expanded
    return np.concatenate([np.maximum(centre - half, 0), np.minimum(centre + half, sizes)], 1)
