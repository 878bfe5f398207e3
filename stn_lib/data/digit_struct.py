"""Read ``digitStruct.mat``, in which SVHN's full format names its images and gives a label and a box for each digit.

MATLAB 7.3 writes HDF5. A value that is no plain array is a reference to another object of the file, so each image needs a
dozen of them. The file is taken for hostile: every object is checked before it is read.
"""

import math
import os
import re
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

PLACES = 5  # digits of the longest number that a network predicts
NO_DIGIT = 10  # the label of a place behind the last digit
FIELDS = ("label", "left", "top", "width", "height")
_NAME = re.compile(r"[1-9]\d{0,6}\.png", re.ASCII)
_DIGITS = 64  # of a number; the longest in SVHN has six
_LABELS = range(1, 11)
_CHUNK = 1 << 22  # numbers in a chunk of an array
_PIXELS = 10_000  # larger than any coordinate of a photograph in SVHN


class Numbers(NamedTuple):
    """What the file says of its N images.

    Args:
        names: N names of files, such as ``"1.png"``.
        labels: (N, PLACES) int64, the digits from left to right, then `NO_DIGIT`; of a longer number the first digits.
        length: (N,) int64, the number of digits.
        boxes: (N, 4) float64: left, top, right and bottom edge of the box that holds all digits, in pixels. The left edge
            of the image is 0.
    """

    names: list[str]
    labels: np.ndarray
    length: np.ndarray
    boxes: np.ndarray


def read_digit_struct(path: str | os.PathLike, images: int) -> Numbers:
    """Read the labels and boxes of all images.

    Args:
        path: of the file.
        images: how many images it must describe.

    Raises:
        ModuleNotFoundError: without h5py.
        ValueError: for a file that is damaged, lacks a field, has a value of another type, or describes another number of
            images. The message names the object.

    Source: Netzer et al., Reading Digits in Natural Images with Unsupervised Feature Learning, 2011.
    Chapter: 10
    """
    h5py = require_h5py()
    try:
        with h5py.File(path, "r") as file:
            return _Reader(h5py, file, images).read()
    except _Refused as error:
        raise ValueError(f"expected {os.fspath(path)} as SVHN's authors made it, got {error}") from None
    except Exception as error:  # a damaged file makes h5py raise many kinds of errors
        raise ValueError(
            f"expected {os.fspath(path)} to be a file of MATLAB 7.3, got a damaged one ({error!r})"
        ) from error


def require_h5py() -> Any:
    """Import h5py, or say how to get it."""
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'expected the package h5py, which reads the labels of SVHN, got none: run pip install "stn_lib[svhn]"'
        ) from error
    return h5py


class _Refused(Exception):
    """What was found in place of what was expected."""


class _Reader:
    """Reads an open file, through the low-level functions of h5py: SVHN has four million objects."""

    def __init__(self, h5py: Any, file: Any, images: int):
        self.h5py, self.file, self.images = h5py, file.id, images
        self.group, self.dataset = h5py.h5g.GroupID, h5py.h5d.DatasetID

    def read(self) -> Numbers:
        """Read all images."""
        root = self.member(self.file, "digitStruct", self.group, "/digitStruct")
        names, boxes = (
            self.references(self.member(root, key, self.dataset, key), f"/digitStruct/{key}", self.images)
            for key in ("name", "bbox")
        )
        if not len(names) == len(boxes) == self.images:
            raise _Refused(f"{len(names):,} names and {len(boxes):,} boxes instead of {self.images:,}")
        labels = np.full((self.images, PLACES), NO_DIGIT, dtype=np.int64)
        found, length, edges = [], np.zeros(self.images, dtype=np.int64), np.zeros((self.images, 4))
        for k in tqdm(range(self.images), desc="labels", unit="image", disable=None):
            found.append(self.name(names[k], f"the name of image {k + 1}"))
            digits = self.digits(boxes[k], f"the box of image {k + 1}")
            length[k] = digits.shape[1]
            shown = digits[0, :PLACES].astype(np.int64) % 10  # the label of a zero is 10
            labels[k, : len(shown)] = shown
            _, left, top, width, height = digits
            edges[k] = left.min(), top.min(), (left + width).max(), (top + height).max()
        if len(set(found)) < len(found):
            raise _Refused("a name twice")
        return Numbers(found, labels, length, edges)

    def name(self, reference: Any, what: str) -> str:
        """Read the name of an image's file."""
        codes = self.array(self.target(reference, self.dataset, what), np.uint16, what)
        name = "".join(map(chr, codes))
        if not _NAME.fullmatch(name):
            raise _Refused(f"{what} {name!r}")
        return name

    def digits(self, reference: Any, what: str) -> np.ndarray:
        """Read the fields of an image's digits: (5, digits), in the order of `FIELDS`."""
        box = self.target(reference, self.group, what)
        columns = [self.column(box, field, f"{what}, {field}") for field in FIELDS]
        if len({len(column) for column in columns}) != 1:
            raise _Refused(f"fields of different lengths in {what}")
        values = np.array(columns)
        # A comparison with NaN is false.
        possible = (abs(values) <= _PIXELS).all() and (values[3:] >= 0).all()
        if not possible or not all(label in _LABELS for label in columns[0]):
            raise _Refused(f"impossible numbers in {what}: {values.tolist()}")
        return values

    def column(self, box: Any, field: str, what: str) -> list[float]:
        """Read a field of all digits: for one digit it is a number, for several there is a reference to each."""
        values = self.member(box, field, self.dataset, what)
        if values.dtype == np.float64:
            return [self.number(values, what)]
        targets = (self.target(each, self.dataset, what) for each in self.references(values, what, _DIGITS))
        return [self.number(target, what) for target in targets]

    def number(self, found: Any, what: str) -> float:
        return self.array(found, np.float64, what, most=1)[0]

    def references(self, found: Any, what: str, most: int) -> np.ndarray:
        """Read a row or column of references."""
        if self.h5py.check_ref_dtype(found.dtype) is not self.h5py.Reference:
            raise _Refused(f"{what} of type {found.dtype} instead of references")
        return self.array(found, found.dtype, what, most)

    def array(self, found: Any, dtype: Any, what: str, most: int = 64) -> np.ndarray:
        """Read a row or column if its type and its size are as they should be, and its content is in this file."""
        shape = found.shape
        if found.dtype != dtype or len(shape) != 2 or 1 not in shape or not 1 <= shape[0] * shape[1] <= most:
            raise _Refused(f"{what} of type {found.dtype} and shape {shape}")
        stored = found.get_create_plist()
        layout = stored.get_layout()
        if stored.get_external_count() or layout == self.h5py.h5d.VIRTUAL:
            raise _Refused(f"{what} in another file")
        if layout == self.h5py.h5d.CHUNKED and math.prod(stored.get_chunk()) > _CHUNK:  # it is unpacked whole
            raise _Refused(f"{what} in chunks of {stored.get_chunk()}")
        values = np.empty(shape, found.dtype)
        found.read(self.h5py.h5s.ALL, self.h5py.h5s.ALL, values)
        return values.ravel()

    def member(self, parent: Any, key: str, kind: type, what: str) -> Any:
        """Return a member of a group; a link could lead to another file."""
        name = key.encode()
        if not parent.links.exists(name):
            raise _Refused(f"nothing in place of {what}")
        if parent.links.get_info(name).type != self.h5py.h5l.TYPE_HARD:
            raise _Refused(f"a link in place of {what}")
        return self.checked(self.h5py.h5o.open(parent, name), kind, what)

    def target(self, reference: Any, kind: type, what: str) -> Any:
        """Return the object that a reference is for."""
        if not reference:
            raise _Refused(f"an empty reference to {what}")
        return self.checked(self.h5py.h5r.dereference(reference, self.file), kind, what)

    def checked(self, found: Any, kind: type, what: str) -> Any:
        if not isinstance(found, kind):
            known = {self.group: "a group", self.dataset: "an array"}
            raise _Refused(f"{known.get(type(found), 'another object')} in place of {what}")
        return found
