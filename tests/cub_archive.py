"""Make small archives of CUB-200-2011's layout, good or with one thing wrong."""

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from stn_lib.data.cub_lists import PARTS
from stn_lib.data.download import RemoteFile

SPECIES = ("001.Red_Bird", "002.Green-Bird", "003.Blue_Bird")
#: Six photographs, two of each species: (species, is a training image, (width, height)).
BIRDS = [(0, 1, (60, 48)), (0, 0, (48, 64)), (1, 1, (80, 48)), (1, 1, (48, 48)), (2, 0, (64, 56)), (2, 1, (60, 48))]
HIDDEN = 7  # the left leg, of every bird


def part_of(image, part):
    """Where a part is, (x, y) in pixels, of the image and the part with these numbers, from 1."""
    return 10.0 + 2 * part + image, 30.0 + part / 2


def photograph(species, size, seed=0):
    """A noisy image in which the bird's colour fills the middle."""
    image = np.random.default_rng(seed).integers(0, 60, (size[1], size[0], 3), dtype=np.uint8)
    image[size[1] // 4 : -size[1] // 4, size[0] // 4 : -size[0] // 4, species] += 180
    return image


def jpeg(image, kind="JPEG"):
    out = io.BytesIO()
    Image.fromarray(image).save(out, kind, **({"quality": 95} if kind == "JPEG" else {}))
    return out.getvalue()


def name_of(k):
    """The path of photograph k, from 1, below the folder of images."""
    species = SPECIES[BIRDS[k - 1][0]]
    return f"{species}/{species[4:]}_{k:04d}_{k * 7}.jpg"


def lists():
    """The authors' lists of these birds, by their path."""
    ids = range(1, len(BIRDS) + 1)
    rows = {
        "images.txt": [f"{k} {name_of(k)}" for k in ids],
        "image_class_labels.txt": [f"{k} {BIRDS[k - 1][0] + 1}" for k in ids],
        "train_test_split.txt": [f"{k} {BIRDS[k - 1][1]}" for k in ids],
        "classes.txt": [f"{k} {name}" for k, name in enumerate(SPECIES, 1)],
        "bounding_boxes.txt": [f"{k} 10.0 10.0 30.0 20.0" for k in ids],
        "parts/parts.txt": [f"{k} {name}" for k, name in enumerate(PARTS, 1)],
        "parts/part_locs.txt": [
            f"{k} {p + 1} {part_of(k, p + 1)[0]} {part_of(k, p + 1)[1]} 1" if p != HIDDEN else f"{k} {p + 1} 0.0 0.0 0"
            for k in ids
            for p in range(len(PARTS))
        ],
    }
    return {name: "\n".join(lines) + "\n" for name, lines in rows.items()}


def make_archive(folder, files=None, entries=()):
    """Write CUB_200_2011.tgz.

    Args:
        files: content of files by their path below CUB_200_2011, in place of what a good archive has; None leaves one out.
        entries: more headers, without content, as `tarfile.TarInfo`.

    Returns:
        What `cub.ARCHIVE` says of it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    photographs = {
        f"images/{name_of(k)}": jpeg(photograph(species, size, k)) for k, (species, _, size) in enumerate(BIRDS, 1)
    }
    contents = {"README": "birds", **lists(), **photographs, **(files or {})}
    path = folder / "CUB_200_2011.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("attributes.txt"))
        for name, content in contents.items():
            if content is not None:
                data = content.encode() if isinstance(content, str) else content
                entry = tarfile.TarInfo(f"CUB_200_2011/{name}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        for entry in entries:
            tar.fileobj.write(entry.tobuf())
    data = path.read_bytes()
    return RemoteFile(path.name, len(data), hashlib.sha256(data).hexdigest())


def patch(monkeypatch, made):
    """Take an archive for CUB-200-2011 during a test."""
    from stn_lib.data import cub, cub_lists

    monkeypatch.setattr(cub, "ARCHIVE", made)
    monkeypatch.setattr(cub, "IMAGES", {"train": 4, "test": 2})
    monkeypatch.setattr(cub_lists, "_LIST", 1 << 16)
    for module in (cub, cub_lists):
        monkeypatch.setattr(module, "CLASSES", len(SPECIES))
