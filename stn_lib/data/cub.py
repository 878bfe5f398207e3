"""Load CUB-200-2011: photographs of birds of 200 species, with the authors' split into training and test images."""

import math
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from stn_lib import _validate
from stn_lib.data.archive import unpack
from stn_lib.data.cub_lists import CLASSES, read_lists
from stn_lib.data.download import RemoteFile, find, own_folder, verify
from stn_lib.data.photograph import crop, size_of

ADDRESS = "https://data.caltech.edu/records/65de6-vp158/files/"  # of the authors' university
#: Three loaders record this SHA-256: TensorFlow Datasets, with this size, and the prototypes of torchvision's data sets for
#: the authors' earlier address; FastAI.jl for a mirror.
ARCHIVE = RemoteFile(
    "CUB_200_2011.tgz", 1_150_585_339, "0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081"
)
IMAGES = {"train": 5_994, "test": 5_794}  # the authors' split

CROP = 7 / 8  # side of the square that is cropped, in the shorter side of the photograph
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels: pretrained networks expect them
_THREADS = min(8, os.cpu_count() or 1)  # PIL decodes without Python's lock


class Birds(NamedTuple):
    """Photographs of one part of CUB-200-2011.

    Args:
        paths: N files, which are decoded when a batch needs them.
        labels: (N,) int64, the species, from 0.
        sizes: (N, 2) float32, width and height in pixels.
        parts_for_evaluation: (N, 15, 2) float32, where people saw each of `stn_lib.data.cub_lists.PARTS`, as (x, y) in
            pixels of the photograph; NaN for a part that is hidden. Train no network on them: the species alone must
            teach its windows where to look. They are here to measure where the windows went.
    """

    paths: list[Path]
    labels: Tensor
    sizes: Tensor
    parts_for_evaluation: Tensor

    def take(self, index: Tensor) -> "Birds":
        """Return some of the photographs."""
        paths = [self.paths[k] for k in index.tolist()]
        return Birds(paths, self.labels[index], self.sizes[index], self.parts_for_evaluation[index])


def load_cub(part: str, *, folder: str | os.PathLike | None = None, download: bool = False) -> Birds:
    """Load the list of photographs of one part; their pixels stay on the disk.

    The first call takes some minutes: it checks the archive's hash, unpacks it to a temporary folder, checks the lists
    against each other and each photograph's header, and moves the photographs to the cache of this machine. Later calls
    need no archive. Attributes and bounding boxes are not read.

    Args:
        part: ``"train"`` or ``"test"``, as the authors split.
        folder: where ``CUB_200_2011.tgz`` is, or ``cub/CUB_200_2011.tgz`` below it. If it is None, the folder in the
            environment variable STN_DATA; if that is not set, the cache. Nothing is written there but in the cache.
        download: whether an archive that is missing in the cache may be downloaded: 1.2 GB. The photographs take as much
            again.

    Returns:
        `Birds`.

    Raises:
        ValueError: for an unknown part; for an archive that is damaged or holds what CUB-200-2011 does not hold.
        FileNotFoundError: if there is no archive.
        ConnectionError: if the download failed; the next call goes on where it stopped.
        OSError: if the cache cannot be written.

    Example:
        >>> load_cub("validation")
        Traceback (most recent call last):
        ValueError: expected part to be one of 'train', 'test', got 'validation'

    Source: Wah et al., The Caltech-UCSD Birds-200-2011 Dataset, 2011.
    Chapter: 11
    """
    import pooch

    _validate.one_of("part", part, tuple(IMAGES))
    cache = Path(pooch.os_cache("stn_lib")) / "cub"
    photographs = cache / f"photographs-{ARCHIVE.sha256[:8]}"
    if not photographs.exists():
        call = f"stn_lib.data.load_cub({part!r}, download=True)"
        _make_photographs(find(ARCHIVE, ADDRESS, own_folder(folder), cache, call, allowed=download), photographs)
    with np.load(photographs / "lists.npz") as saved:
        chosen = saved["is_training"] == (part == "train")
        return Birds(
            [photographs / "images" / name for name in saved["names"][chosen]],
            *(torch.from_numpy(saved[name][chosen]) for name in ("labels", "sizes", "parts")),
        )


def cub_batch(
    birds: Birds, index: Tensor, size: int = 448, *, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Return images as a network takes them, and their labels.

    Convention:
        A square of 7/8 of the photograph's shorter side is resized to ``size`` pixels, antialiased: the same as if that
        side were resized to 512 pixels for 448, or to 256 for 224. With a generator the square is at a random place, and
        an image is mirrored with probability 1/2; without one the square is in the middle. Of each channel the mean of ImageNet's pixels is
        subtracted, then it is divided by their standard deviation. So the zeros that a transformer samples outside an
        image have ImageNet's mean colour.

    Args:
        birds: the photographs.
        index: (B,) which of them.
        size: side of an image in pixels.
        generator: draws the places and the mirrored images, for training.

    Returns:
        (B, 3, size, size) float32 and (B,) int64.

    Raises:
        ValueError: for a photograph that is damaged.

    Chapter: 11
    """
    middle = torch.tensor([0.5, 0.5, 1.0])
    draws = middle.expand(len(index), 3) if generator is None else torch.rand(len(index), 3, generator=generator)
    boxes = crop_boxes(birds.sizes[index], draws[:, :2]).tolist()
    mirrored = (draws[:, 2] < 0.5).tolist()
    images = torch.empty(len(index), 3, size, size)
    pixels = images.numpy()

    def fill(row: int) -> None:
        square = crop(birds.paths[index[row]], "JPEG", tuple(boxes[row]), size)
        pixels[row] = square[:, :, ::-1] if mirrored[row] else square

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(fill, range(len(index))))  # raises what a thread raised
    mean, deviation = (255 * torch.tensor(numbers).view(3, 1, 1) for numbers in (MEAN, DEVIATION))
    return images.sub_(mean).div_(deviation), birds.labels[index]


def crop_boxes(sizes: Tensor, place: Tensor) -> Tensor:
    """Return the square that `cub_batch` crops from each photograph.

    Args:
        sizes: (N, 2) width and height of each photograph.
        place: (N, 2) in [0, 1], or one pair for all: 0 for the left or upper border, 1 for the right or lower one.

    Returns:
        (N, 4) left, top, right and bottom edge in pixels.

    Example:
        >>> crop_boxes(torch.tensor([[100.0, 80.0]]), torch.tensor([0.5, 1.0])).tolist()
        [[15.0, 10.0, 85.0, 80.0]]

    Chapter: 11
    """
    side = CROP * sizes.amin(1, keepdim=True)
    corner = place * (sizes - side)
    # Rounding may lead beyond the border by a millionth of a pixel, which PIL refuses.
    return torch.cat([corner, torch.minimum(corner + side, sizes)], dim=1)


def parts_in_crops(birds: Birds) -> Tensor:
    """Return where the parts are in the images that `cub_batch` returns without a generator, for evaluation only.

    Returns:
        (N, 15, 2) normalised (x, y); NaN for a part that is hidden or outside the image.

    Chapter: 11
    """
    boxes = crop_boxes(birds.sizes, torch.tensor([0.5, 0.5]))[:, None]
    corner, side = boxes[..., :2], boxes[..., 2:] - boxes[..., :2]
    found = 2 * (birds.parts_for_evaluation - corner) / side - 1
    return found.masked_fill(found.abs().amax(2, keepdim=True) > 1, math.nan)


def _make_photographs(archive: Path, photographs: Path) -> None:
    """Write the photographs of an archive and their lists to a new folder, all of them or nothing."""
    verify(archive, ARCHIVE)
    images = sum(IMAGES.values())
    photographs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{photographs.name}-", dir=photographs.parent) as name:
        temporary = Path(name)
        # A photograph does not get smaller when it is packed; lists do, and the longest has 3.7 million lines.
        unpack(archive, temporary / "unpacked", files=images + CLASSES + 64, size=2 * ARCHIVE.size + (256 << 20))
        folder = temporary / "unpacked" / "CUB_200_2011"
        lists = read_lists(folder, **IMAGES)
        paths = [folder / "images" / name for name in lists["names"]]
        sizes = [size_of(path, "JPEG") for path in tqdm(paths, desc="sizes", unit="image", disable=None)]
        np.savez(folder / "lists.npz", **lists, sizes=np.array(sizes, dtype=np.float32))
        made = temporary / "made"
        made.mkdir()
        for kept in ("images", "lists.npz"):
            os.replace(folder / kept, made / kept)
        try:
            os.replace(made, photographs)
        except OSError:
            if not photographs.exists():  # otherwise another process was faster
                raise
