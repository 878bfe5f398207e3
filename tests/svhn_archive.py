"""Make small archives of SVHN's full format, good or with one thing wrong."""

import hashlib
import io
import tarfile
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from stn_lib.data import svhn
from stn_lib.data.download import RemoteFile

FIELDS = ("height", "label", "left", "top", "width")


class MatFile:
    """Writes what MATLAB 7.3 writes: numbers, texts and structs are objects below #refs#, and references lead to them."""

    def __init__(self, path):
        self.file = h5py.File(path, "w", userblock_size=512)
        self.refs = self.file.create_group("#refs#")

    def put(self, value, dtype=np.float64):
        made = self.refs.create_dataset(f"r{len(self.refs)}", data=np.asarray(value, dtype))
        return made.ref

    def text(self, text):
        return self.put([[ord(letter)] for letter in text], np.uint16)

    def column(self, parent, key, references):
        parent.create_dataset(key, data=np.array([[r] for r in references], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)

    def box(self, digits):
        """A struct array: `digits` are dicts of the fields."""
        group = self.refs.create_group(f"r{len(self.refs)}")
        for field in FIELDS:
            values = [digit[field] for digit in digits]
            if len(values) == 1:
                group.create_dataset(field, data=[[float(values[0])]])
            else:
                self.column(group, field, [self.put([[value]]) for value in values])
        return group.ref

    def close(self, names, boxes):
        root = self.file.create_group("digitStruct")
        self.column(root, "name", names)
        self.column(root, "bbox", boxes)
        self.file.close()


def digits_of(number, left=10, top=8, width=6, height=12):
    """The boxes of a number's digits, side by side; SVHN writes 10 for a zero."""
    fields = {"top": top, "width": width, "height": height}
    return [{**fields, "left": left + k * width, "label": int(d) or 10} for k, d in enumerate(str(number))]


def photograph(number, size=(60, 40), seed=0):
    """A noisy image whose digits' boxes have the brightness of their digits, in red."""
    image = np.random.default_rng(seed).integers(0, 50, (size[1], size[0], 3), dtype=np.uint8)
    for box in digits_of(number):
        rows, columns = slice(box["top"], box["top"] + box["height"]), slice(box["left"], box["left"] + box["width"])
        image[rows, columns] = (20 * (box["label"] % 10) + 60, 0, 0)
    return image


def write_mat(path, numbers, change=None):
    """Write digitStruct.mat for numbers; `change(mat, names, boxes)` may replace references before it is closed."""
    mat = MatFile(path)
    names = [mat.text(f"{k}.png") for k in range(1, len(numbers) + 1)]
    boxes = [mat.box(digits_of(number)) for number in numbers]
    if change:
        change(mat, names, boxes)
    mat.close(names, boxes)


def png(image):
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def make_archive(folder, part, numbers, *, change=None, files=None):
    """Write PART.tar.gz for numbers. `files` replaces the content of files by name; None leaves one out.

    Returns:
        The archive's row of `svhn.PARTS`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mat = folder / f"{part}.mat"
    write_mat(mat, numbers, change)
    contents = {f"{k}.png": png(photograph(number, seed=k)) for k, number in enumerate(numbers, 1)}
    contents |= {"digitStruct.mat": mat.read_bytes(), "see_bboxes.m": b"% MATLAB", **(files or {})}
    mat.unlink()
    path = folder / f"{part}.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in contents.items():
            if content is not None:
                entry = tarfile.TarInfo(f"{part}/{name}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    data = path.read_bytes()
    return svhn._Part(RemoteFile(path.name, len(data), hashlib.sha256(data).hexdigest()), len(numbers))
