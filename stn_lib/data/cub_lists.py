"""Read the lists of CUB-200-2011, in which its authors name the photographs and say what each one shows.

They are lines of text. The lists are taken for hostile: every number and name is checked before it is used.
"""

import math
import re
from pathlib import Path

import numpy as np

CLASSES = 200
PARTS = (
    "back", "beak", "belly", "breast", "crown", "forehead", "left eye", "left leg", "left wing", "nape", "right eye",
    "right leg", "right wing", "tail", "throat",
)  # fmt: skip
_LIST = 32 << 20  # bytes; the largest list that is read has 5 million
_NAME = re.compile(r"\d{3}\.[\w-]{1,100}/[\w.-]{1,100}\.jpg", re.ASCII)
_NUMBER = re.compile(r"\d{1,7}", re.ASCII)
_PIXELS = 10_000  # larger than any coordinate of a photograph in CUB-200-2011


def read_lists(folder: Path, train: int, test: int) -> dict[str, np.ndarray]:
    """Read the authors' lists, in the order of the images' numbers, and check them against each other.

    Args:
        folder: that of the lists.
        train: how many training images they must have.
        test: how many test images.

    Returns:
        ``names``, the path of each of N photographs below ``images``; ``labels`` (N,) int64, the species, from 0;
        ``is_training`` (N,) bool; ``parts`` (N, 15, 2) float32, where each of `PARTS` is, as (x, y) in pixels of the
        photograph, NaN for a part that is hidden.

    Raises:
        ValueError: for a list that is missing or damaged. The message names the list and what was found.

    Source: Wah et al., The Caltech-UCSD Birds-200-2011 Dataset, 2011.
    Chapter: 11
    """
    images = train + test
    classes = _numbered(folder / "classes.txt", CLASSES)
    names = _numbered(folder / "images.txt", images)
    labels = [_whole(text, CLASSES, "a class") for text in _numbered(folder / "image_class_labels.txt", images)]
    training = [_whole(text, 1, "0 or 1", least=0) for text in _numbered(folder / "train_test_split.txt", images)]
    for k, (name, label) in enumerate(zip(names, labels, strict=True), 1):
        if not _NAME.fullmatch(name) or name.split("/")[0] != classes[label - 1]:
            raise ValueError(
                f"expected image {k} of class {label} as a JPEG in images/{classes[label - 1]}, got {name[:100]!r}"
            )
    if len(set(names)) < images:
        raise ValueError("expected each photograph once in images.txt, got a name twice")
    if sum(training) != train:
        raise ValueError(f"expected {train:,} training images in train_test_split.txt, got {sum(training):,}")
    if (parts := _numbered(folder / "parts" / "parts.txt", len(PARTS))) != list(PARTS):
        raise ValueError(f"expected the parts {', '.join(PARTS)} in parts.txt, got {', '.join(parts)[:300]}")
    return {
        "names": np.array(names),
        "labels": np.array(labels, dtype=np.int64) - 1,
        "is_training": np.array(training, dtype=bool),
        "parts": _read_parts(folder / "parts" / "part_locs.txt", images),
    }


def _read_parts(path: Path, images: int) -> np.ndarray:
    """Read the place of each part: (images, 15, 2) float32, NaN for what is hidden."""
    found = np.full((images, len(PARTS), 2), np.nan, dtype=np.float32)
    seen = np.zeros((images, len(PARTS)), dtype=bool)
    for line in _lines(path):
        columns = line.split()
        if len(columns) != 5:
            raise ValueError(f"expected five columns in part_locs.txt, got {line[:100]!r}")
        image, part = _whole(columns[0], images, "an image"), _whole(columns[1], len(PARTS), "a part")
        if seen[image - 1, part - 1]:
            raise ValueError(
                f"expected each part once for an image in part_locs.txt, got part {part} of image {image} again"
            )
        seen[image - 1, part - 1] = True
        if _whole(columns[4], 1, "0 or 1", least=0):
            found[image - 1, part - 1] = _coordinate(columns[2]), _coordinate(columns[3])
    if not seen.all():
        image, part = np.argwhere(~seen)[0] + 1
        raise ValueError(f"expected all parts of all images in part_locs.txt, got no part {part} of image {image}")
    return found


def _numbered(path: Path, count: int) -> list[str]:
    """Read a list whose lines are a number and a text; return the texts of the numbers 1 to `count`."""
    texts: dict[int, str] = {}
    for line in _lines(path):
        number, _, text = line.partition(" ")
        k = _whole(number, count, f"a line of {path.name}")
        if k in texts:
            raise ValueError(f"expected each number once in {path.name}, got {k} again")
        texts[k] = text.strip()
    if len(texts) < count:
        missing = next(k for k in range(1, count + 1) if k not in texts)
        raise ValueError(f"expected the numbers 1 to {count:,} in {path.name}, got no {missing}")
    return [texts[k] for k in range(1, count + 1)]


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise ValueError(f"expected {path.name} beside the other lists, got none: the archive is incomplete")
    if path.stat().st_size > _LIST:
        raise ValueError(f"expected {path.name} of at most {_LIST:,} bytes, got {path.stat().st_size:,}")
    try:
        return path.read_text("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"expected plain letters in {path.name}, got other bytes ({error})") from error


def _whole(text: str, most: int, what: str, least: int = 1) -> int:
    """Read a whole number that a list of CUB-200-2011 may hold."""
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise ValueError(f"expected {what}, a number from {least} to {most:,}, got {text[:100]!r}")
    return int(text)


def _coordinate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= _PIXELS:  # a comparison with NaN is false
        raise ValueError(f"expected a coordinate in pixels in part_locs.txt, got {text[:100]!r}")
    return value
