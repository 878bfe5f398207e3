"""SVHN's loader, on archives of its format that the tests make: good ones, and hostile ones that are refused."""

import hashlib
import re
import struct
import sys
import zlib

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from stn_lib.data import digit_struct, load_svhn, svhn, svhn_batch
from stn_lib.data.digit_struct import read_digit_struct
from stn_lib.data.svhn import crop_boxes
from tests.svhn_archive import digits_of, make_archive, photograph, write_mat

NUMBERS = [7, 210, 10305, 123456, 80]


@pytest.fixture(autouse=True)
def cache(empty_cache):
    return empty_cache / "svhn"


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Make an archive in a folder, which is taken for SVHN's training part during the test."""

    def make(numbers=NUMBERS, **other):
        made = make_archive(tmp_path / "data", "train", numbers, **other)
        monkeypatch.setattr(svhn, "PARTS", {"train": made})
        return tmp_path / "data"

    return make


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_numbers_of_a_good_archive(archive, cache):
    """Oracle: the numbers that the test wrote; the number of six digits is left out and counted."""
    found = load_svhn("train", folder=archive())
    assert found.labels.tolist() == [
        [7, 10, 10, 10, 10], [2, 1, 0, 10, 10], [1, 0, 3, 0, 5], [8, 0, 10, 10, 10],
    ]  # fmt: skip
    assert found.images.shape == (4, 3, 64, 64) and found.images.dtype == torch.uint8
    assert found.dropped == {"too_long": 1, "outside": 0}
    (folder,) = cache.iterdir()
    assert files(folder) == ["images.npy", "labels.npz"]


@pytest.mark.parametrize("size", [64, 128])
def test_crops_are_those_of_pil(archive, size):
    """Oracle: PIL on the photograph in memory, with the box computed by hand: 1.3 or 2.6 times the digits' box of 30 x 12
    pixels at (10, 8), cut off at the image's left and upper border where it is larger than the image allows.
    """
    found = load_svhn("train", size, folder=archive([10305]))
    box = {64: (25 - 19.5, 14 - 7.8, 25 + 19.5, 14 + 7.8), 128: (0, 0, 60, 14 + 15.6)}[size]
    image = Image.fromarray(photograph(10305, seed=1))
    expected = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box)).transpose(2, 0, 1)
    assert np.array_equal(found.images[0].numpy(), expected)


def test_digits_are_where_the_crop_says(archive):
    """Oracle: the brightness in the middle of each digit, which the test painted; the box fills 1 / 1.3 of the crop."""
    found = load_svhn("train", folder=archive([10305]))
    x = [round(32 + 64 / 1.3 * (k - 2) / 5) for k in range(5)]
    assert ((found.images[0, 0, 32, x].float() - 60) / 20).round().tolist() == [1, 0, 3, 0, 5]


def test_boxes_are_expanded_about_their_centres_and_cut_at_the_border():
    """Oracle: by hand."""
    boxes = np.array([[10.0, 20, 30, 30], [-4, 2, 6, 12], [90, 90, 99, 120], [200, 200, 210, 210]])
    found = crop_boxes(boxes, np.array([[100, 100]] * 4), 2.0)
    assert found[:3].tolist() == [[0, 15, 40, 35], [0, 0, 11, 17], [85.5, 75, 100, 100]]
    assert (found[3, 2:] < found[3, :2]).all()


def test_a_number_outside_its_photograph_is_left_out_and_counted(archive):
    """Oracle: a box at (500, 500) of a photograph of 60 x 40 pixels."""

    def change(mat, names, boxes):
        boxes[0] = mat.box(digits_of(7, left=500, top=500))

    found = load_svhn("train", folder=archive(change=change))
    assert found.dropped == {"too_long": 1, "outside": 1} and found.labels[0].tolist() == [2, 1, 0, 10, 10]


def test_a_batch_takes_images_of_several_parts_without_their_mean(archive):
    """Oracle: numpy on the bytes."""
    part = load_svhn("train", folder=archive())
    images, labels = svhn_batch([part, part], torch.tensor([5, 0, 3]))
    for image, label, k in zip(images, labels, (1, 0, 3), strict=True):
        pixels = part.images[k].numpy() / 255
        np.testing.assert_allclose(image, pixels - pixels.mean(), atol=1e-6)
        assert torch.equal(label, part.labels[k])
    assert images.dtype == torch.float32


def test_later_calls_need_no_archive_and_nothing_changes_the_crops(archive):
    """Oracle: the first call; the archive is deleted, and the first tensor overwritten."""
    folder = archive()
    first = load_svhn("train", folder=folder)
    kept = first.images.clone()
    first.images.zero_()
    (folder / "train.tar.gz").unlink()
    again = load_svhn("train", folder=folder)
    assert torch.equal(again.images, kept) and torch.equal(again.labels, first.labels)


def test_where_an_archive_is_found(archive, tmp_path, monkeypatch):
    """Oracle: the folder that holds it; the message where none does."""
    folder = archive([42])
    with pytest.raises(FileNotFoundError, match=r"got none: set STN_DATA .*load_svhn\('train', download=True\)"):
        load_svhn("train")
    monkeypatch.setenv("STN_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"expected train.tar.gz in .*svhn, got neither: put it there"):
        load_svhn("train", download=True)
    folder.rename(tmp_path / "svhn")
    assert load_svhn("train").labels[0, :2].tolist() == [4, 2]
    with pytest.raises(ValueError, match="expected part to be one of 'train', 'test', 'extra', got 'valid'"):
        monkeypatch.undo()
        load_svhn("valid")


def test_without_h5py_it_says_what_to_install(archive, monkeypatch):
    """Oracle: the name of the extra in pyproject.toml."""
    folder = archive()
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ModuleNotFoundError, match=r'run pip install "stn_lib\[svhn\]"'):
        load_svhn("train", folder=folder)


# ---- archives that are not SVHN's


def test_an_archive_with_another_hash_is_not_opened(archive, cache, assert_hash_is_checked):
    folder = archive()
    assert_hash_is_checked(folder / "train.tar.gz", lambda: load_svhn("train", folder=folder))
    assert not cache.exists()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(width, height):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("files_", "said"),
    [
        ({"2.png": None}, "expected 2.png beside its labels, got none"),
        ({"digitStruct.mat": None}, "expected train/digitStruct.mat in .*train.tar.gz, got none"),
        ({"2.png": b"GIF89a"}, "expected a PNG in 2.png"),
        ({"2.png": huge_png(100_000, 100_000)}, "expected (a PNG in 2.png|2.png to have at most 4096)"),
        ({"2.png": huge_png(5000, 20)}, "expected 2.png to have at most 4096 pixels a side, got 5000 x 20"),
        ({"2.png": huge_png(60, 40)}, "expected a whole PNG in 2.png"),
        ({"digitStruct.mat": b"MATLAB 5.0"}, "to be a file of MATLAB 7.3, got a damaged one"),
        ({"../../2.png": b"1"}, "expected plain relative paths in train.tar.gz, got 'train/../../2.png'"),
        ({f"{k}": b"" for k in range(30)}, "expected at most 21 entries"),
    ],
    ids=["image missing", "labels missing", "another format", "gigapixels", "wide", "cut pixels", "no HDF5", "path",
         "files"],
)  # fmt: skip
def test_hostile_files_are_refused_and_leave_nothing(archive, cache, files_, said):
    """Oracle: what was put in; the cache afterwards."""
    with pytest.raises(ValueError, match=said):
        load_svhn("train", folder=archive(files=files_))
    assert list(cache.iterdir()) == []


def struct_of(mat, **fields):
    """A box with some fields replaced, or left out if None."""
    group = mat.refs.create_group(f"s{len(mat.refs)}")
    for field, value in {"label": 1, "left": 1, "top": 1, "width": 5, "height": 5, **fields}.items():
        if isinstance(value, list):
            mat.column(group, field, value)
        elif value is not None:
            group.create_dataset(field, data=value if isinstance(value, np.ndarray) else [[float(value)]])
    return group


def box(**fields):
    def change(mat, names, boxes):
        boxes[1] = struct_of(
            mat, **{key: value(mat) if callable(value) else value for key, value in fields.items()}
        ).ref

    return change


def name(text):
    def change(mat, names, boxes):
        names[1] = text(mat) if callable(text) else mat.text(text)

    return change


def cycle(mat, names, boxes):
    """A field whose reference leads to the field itself."""
    group = mat.refs.create_group("cycle")
    for field in ("left", "top", "width", "height", "label"):
        made = group.create_dataset(field, shape=(2, 1), dtype=h5py.ref_dtype)
        made[0, 0] = made[1, 0] = made.ref
    boxes[1] = group.ref


def soft_link(mat, names, boxes):
    group = struct_of(mat, label=None)
    group["label"] = h5py.SoftLink("/digitStruct/bbox")
    boxes[1] = group.ref


def external_link(mat, names, boxes):
    group = struct_of(mat, label=None)
    group["label"] = h5py.ExternalLink("/etc/passwd", "/label")
    boxes[1] = group.ref


def external_data(mat, names, boxes):
    group = struct_of(mat, label=None)
    group.create_dataset("label", (1, 1), np.float64, external=[("/etc/passwd", 0, 8)])
    boxes[1] = group.ref


def virtual(mat, names, boxes):
    group = struct_of(mat, label=None)
    layout = h5py.VirtualLayout((1, 1), np.float64)
    layout[0, 0] = h5py.VirtualSource("/elsewhere.h5", "x", (1, 1))[0, 0]
    group.create_virtual_dataset("label", layout)
    boxes[1] = group.ref


def large_chunk(mat, names, boxes):
    group = struct_of(mat, label=None)
    group.create_dataset("label", (1, 1), np.float64, maxshape=(None, 1), chunks=(1 << 26, 1), compression="gzip")
    boxes[1] = group.ref


def more_boxes(mat, names, boxes):
    boxes.append(boxes[0])


HOSTILE = {
    "no label": (box(label=None), "nothing in place of the box of image 2, label"),
    "text for a label": (box(label=np.array([[b"one"]])), "image 2, label of type"),
    "integers": (box(label=np.array([[1]])), "the box of image 2, label of type int64"),
    "label 11": (box(label=11), "impossible numbers in the box of image 2"),
    "label 0": (box(label=0), "impossible numbers"),
    "half a label": (box(label=1.5), "impossible numbers"),
    "not a number": (box(left=np.nan), "impossible numbers"),
    "infinite": (box(width=np.inf), "impossible numbers"),
    "far away": (box(top=1e9), "impossible numbers"),
    "negative height": (box(height=-3), "impossible numbers"),
    "two numbers in one place": (box(left=np.ones((2, 1))), r"left of type float64 and shape \(2, 1\)"),
    "fields of different lengths": (box(left=lambda m: [m.put([[1]]), m.put([[2]])]), "fields of different lengths"),
    "no digit": (box(label=np.zeros((0, 1))), "label of type float64 and shape"),
    "many digits": (box(label=lambda m: [m.put([[1]])] * 65), r"shape \(65, 1\)"),
    "empty reference": (box(label=lambda m: [h5py.Reference()] * 2), "an empty reference to the box of image 2, label"),
    "reference to a group": (box(label=lambda m: [m.refs.ref] * 2), "a group in place of the box of image 2, label"),
    "cycle": (cycle, "the box of image 2, label of type object"),
    "number for a box": (lambda m, n, b: b.__setitem__(1, m.put([[1]])), "an array in place of the box of image 2"),
    "root for a box": (lambda m, n, b: b.__setitem__(1, m.file.ref), "nothing in place of the box of image 2, label"),
    "soft link": (soft_link, "a link in place of the box of image 2, label"),
    "link to another file": (external_link, "a link in place of"),
    "content in another file": (external_data, "label in another file"),
    "view of another file": (virtual, "label in another file"),
    "large chunk": (large_chunk, r"label in chunks of \(67108864, 1\)"),
    "path for a name": (name("../../etc/passwd.png"), "the name of image 2 '../../etc/passwd.png'"),
    "another suffix": (name("2.pdf"), "the name of image 2 '2.pdf'"),
    "long name": (name("2" * 999 + ".png"), r"the name of image 2 of type uint16 and shape \(1003, 1\)"),
    "number for a name": (name(lambda m: m.put([[50.0]])), "the name of image 2 of type float64"),
    "name twice": (name("1.png"), "a name twice"),
    "one box more": (more_boxes, r"bbox of type object and shape \(6, 1\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_labels_are_refused_by_name(tmp_path, case):
    """Oracle: what was put into the second image's labels."""
    change, said = HOSTILE[case]
    write_mat(tmp_path / "digitStruct.mat", NUMBERS, change)
    with pytest.raises(ValueError, match=f"as SVHN's authors made it, got .*{said}"):
        read_digit_struct(tmp_path / "digitStruct.mat", len(NUMBERS))


def test_a_file_without_the_struct_or_cut_in_the_middle_is_refused(tmp_path):
    """Oracle: an HDF5 file of another kind; half of a good one."""
    path = tmp_path / "digitStruct.mat"
    with h5py.File(path, "w") as other:
        other["digitStruct"] = 1.0
    with pytest.raises(ValueError, match="got an array in place of /digitStruct"):
        read_digit_struct(path, 5)
    write_mat(path, NUMBERS)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(ValueError, match="to be a file of MATLAB 7.3, got a damaged one"):
        read_digit_struct(path, 5)


def test_labels_and_boxes_of_a_good_file(tmp_path):
    """Oracle: by hand; a number of one digit is stored in another way than one of several."""
    write_mat(tmp_path / "x.mat", NUMBERS)
    found = read_digit_struct(tmp_path / "x.mat", 5)
    assert found.names == ["1.png", "2.png", "3.png", "4.png", "5.png"]
    assert found.length.tolist() == [1, 3, 5, 6, 2] and found.labels[3].tolist() == [1, 2, 3, 4, 5]
    assert found.boxes[:2].tolist() == [[10, 8, 16, 20], [10, 8, 28, 20]]


# ---- the download


def test_a_download_that_was_cut_goes_on_where_it_stopped(archive, server, cache):
    """Oracle: the ranges that the server was asked for, and the labels."""
    folder = archive()
    data = (folder / "train.tar.gz").read_bytes()
    half = len(data) // 2
    server(data, "cut")
    with pytest.raises(ConnectionError, match="the download goes on where it stopped"):
        load_svhn("train", download=True)
    kept = (cache / "train.tar.gz.part").read_bytes()
    assert half - 1000 < len(kept) <= half and kept == data[: len(kept)]
    asked = server(data)
    assert len(load_svhn("train", download=True).labels) == 4
    assert asked == [f"bytes={len(kept)}-"] and (cache / "train.tar.gz").read_bytes() == data
    assert not (cache / "train.tar.gz.part").exists()
    assert len(load_svhn("train", download=True).labels) == 4 and len(asked) == 1


def test_a_server_that_knows_no_ranges_sends_the_whole_file(archive, server, cache):
    """Oracle: the content."""
    data = (archive() / "train.tar.gz").read_bytes()
    cache.mkdir(parents=True)
    (cache / "train.tar.gz.part").write_bytes(b"old")
    asked = server(data, "whole")
    load_svhn("train", download=True)
    assert asked == ["bytes=3-"] and (cache / "train.tar.gz").read_bytes() == data


@pytest.mark.parametrize(
    ("change", "way", "said"),
    [
        (lambda data: bytes(len(data)), "ranges", "does not match the known hash"),
        (lambda data: data + b"more", "ranges", "more bytes than it has"),
        (lambda data: data, "missing", "404"),
    ],
    ids=["other bytes", "more bytes", "not there"],
)
def test_a_wrong_download_is_refused_and_begins_again(archive, server, cache, change, way, said):
    """Oracle: what the server sent; nothing that would be continued is left."""
    server(change((archive() / "train.tar.gz").read_bytes()), way)
    with pytest.raises(ConnectionError, match=said):
        load_svhn("train", download=True)
    assert files(cache) == []


def test_a_cache_that_cannot_be_written_is_not_the_server_s_fault(archive, server, cache):
    server((archive() / "train.tar.gz").read_bytes())
    cache.parent.parent.mkdir(parents=True)
    cache.parent.touch()
    with pytest.raises(OSError, match="expected to write .*train.tar.gz.*set STN_DATA") as caught:
        load_svhn("train", download=True)
    assert not isinstance(caught.value, ConnectionError)


def test_the_real_files_are_named_with_sizes_and_hashes():
    """Oracle: three sources agree on the hashes of train and test; see `svhn.PARTS`. A hash has 64 digits."""
    assert {part: row.file.name for part, row in svhn.PARTS.items()} == {p: f"{p}.tar.gz" for p in svhn.PARTS}
    assert all(re.fullmatch("[0-9a-f]{64}", row.file.sha256) for row in svhn.PARTS.values())
    assert len({hashlib.sha256(repr(row).encode()).digest() for row in svhn.PARTS.values()}) == 3
    assert digit_struct.NO_DIGIT == 10
