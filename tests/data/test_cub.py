"""CUB-200-2011's loader, on archives of its layout that the tests make: good ones, and hostile ones that are refused."""

import io
import re
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from stn_lib.data import cub, cub_batch, load_cub
from stn_lib.data.cub import crop_boxes, parts_in_crops
from stn_lib.data.cub_lists import PARTS
from tests.cub_archive import BIRDS, HIDDEN, jpeg, lists, make_archive, name_of, part_of, patch, photograph


@pytest.fixture(autouse=True)
def cache(empty_cache):
    return empty_cache / "cub"


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Make an archive in a folder, which is taken for CUB-200-2011 during the test."""

    def make(files=None, entries=()):
        patch(monkeypatch, make_archive(tmp_path / "data", files, entries))
        return tmp_path / "data"

    return make


def numbers(part):
    """The numbers of a part's photographs, from 1."""
    return [k for k, (_, is_training, _) in enumerate(BIRDS, 1) if is_training == (part == "train")]


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_birds_of_a_good_archive(archive, cache, part):
    """Oracle: what the test wrote."""
    found = load_cub(part, folder=archive())
    (folder,) = cache.iterdir()
    assert [path.relative_to(folder / "images").as_posix() for path in found.paths] == [
        name_of(k) for k in numbers(part)
    ]
    assert found.labels.tolist() == [BIRDS[k - 1][0] for k in numbers(part)] and found.labels.dtype == torch.int64
    assert found.sizes.tolist() == [list(BIRDS[k - 1][2]) for k in numbers(part)]
    assert sorted(path.name for path in folder.iterdir()) == ["images", "lists.npz"]


def test_parts_are_where_people_saw_them(archive):
    """Oracle: what the test wrote; a hidden part is NaN, not the corner that the list gives it."""
    found = load_cub("train", folder=archive()).parts_for_evaluation
    assert found.shape == (4, 15, 2) and found[:, HIDDEN].isnan().all()
    for row, k in zip(found, numbers("train"), strict=True):
        expected = [part_of(k, part) for part in range(1, 16) if part - 1 != HIDDEN]
        assert row[~row.isnan()].view(-1, 2).tolist() == [list(point) for point in expected]


def test_some_birds_are_taken_with_all_that_belongs_to_them(archive):
    found = load_cub("train", folder=archive())
    taken = found.take(torch.tensor([2, 0]))
    assert taken.paths == [found.paths[2], found.paths[0]] and taken.labels.tolist() == [1, 0]
    assert torch.equal(taken.sizes, found.sizes[[2, 0]])
    assert taken.parts_for_evaluation.numpy().tobytes() == found.parts_for_evaluation[[2, 0]].numpy().tobytes()


def pixels(image):
    """An image of a batch as bytes again."""
    back = image.permute(1, 2, 0) * torch.tensor([0.229, 0.224, 0.225]) + torch.tensor([0.485, 0.456, 0.406])
    return (255 * back).round().numpy().astype(np.uint8)


def test_an_image_is_the_middle_of_its_photograph(archive):
    """Oracle: PIL, in the two steps that the docstring names: the shorter side to 512 pixels for 448, then the middle. At
    the border, where the first step sees pixels outside the square, they may differ.
    """
    images, labels = cub_batch(load_cub("train", folder=archive()), torch.tensor([1, 0]), 448)
    assert images.shape == (2, 3, 448, 448) and images.dtype == torch.float32 and labels.tolist() == [1, 0]
    decoded = Image.open(jpegs(3))
    whole = decoded.resize((round(80 * 512 / 48), 512), Image.Resampling.BILINEAR)
    left, top = (whole.width - 448) // 2, 32
    expected = np.asarray(whole.crop((left, top, left + 448, top + 448)), dtype=float)
    difference = abs(pixels(images[0]).astype(float) - expected)[16:-16, 16:-16]
    assert difference.mean() < 2 and difference.max() < 25


def jpegs(k):
    species, _, size = BIRDS[k - 1]
    return io.BytesIO(jpeg(photograph(species, size, k)))


def test_a_training_image_is_a_random_square_that_may_be_mirrored(archive):
    """Oracle: each image is one of the squares of its photograph, or one mirrored: PIL at the drawn place; the generator."""
    birds = load_cub("train", folder=archive())
    index = torch.zeros(16, dtype=torch.int64)
    images, _ = cub_batch(birds, index, 32, generator=torch.Generator().manual_seed(3))
    again, _ = cub_batch(birds, index, 32, generator=torch.Generator().manual_seed(3))
    assert torch.equal(images, again) and len({image.numpy().tobytes() for image in images}) > 12
    draws = torch.rand(16, 3, generator=torch.Generator().manual_seed(3))
    mirrored = draws[:, 2] < 0.5
    assert 0 < mirrored.sum() < 16
    decoded = Image.open(jpegs(1))
    for image, (x, y, _), flip in zip(images, draws.tolist(), mirrored, strict=True):
        left, top = x * (60 - 42), y * (48 - 42)
        expected = np.asarray(decoded.resize((32, 32), 2, (left, top, left + 42, top + 42)))
        assert abs(pixels(image).astype(int) - (expected[:, ::-1] if flip else expected)).max() <= 1


def test_squares_stay_inside_the_photograph():
    """Oracle: by hand; and the border, for sides of every length, which PIL checks to the last bit."""
    found = crop_boxes(torch.tensor([[500.0, 375.0], [333.0, 500.0]]), torch.tensor([0.5, 0.0]))
    assert found.tolist() == [[85.9375, 0, 414.0625, 328.125], [20.8125, 0, 312.1875, 291.375]]
    sizes = torch.arange(50.0, 1000.0)[:, None] * torch.tensor([1.0, 1.37]).floor()
    boxes = crop_boxes(sizes, torch.ones(2))
    assert (boxes[:, 2:] <= sizes).all() and (boxes[:, :2] >= 0).all()


def test_parts_move_with_the_crop(archive):
    """Oracle: a part's pixel in the photograph, by hand: the square of the fourth training image, 60 x 48, has 42 pixels a
    side, from (9, 3) on. The last part is moved out of it, to the right.
    """
    old = "6 15 {} {} 1".format(*part_of(6, 15))
    birds = load_cub("train", folder=archive(changed("parts/part_locs.txt", old, "6 15 52.0 37.5 1")))
    found = parts_in_crops(birds)[3]
    for part in range(1, 15):
        if part - 1 != HIDDEN:
            x, y = (2 * (part_of(6, part)[axis] - corner) / 42 - 1 for axis, corner in ((0, 9), (1, 3)))
            assert found[part - 1].tolist() == pytest.approx([x, y], abs=1e-5)
    assert found[HIDDEN].isnan().all() and found[14].isnan().all()


def test_later_calls_need_no_archive(archive):
    """Oracle: the first call."""
    folder = archive()
    first = load_cub("train", folder=folder)
    (folder / "CUB_200_2011.tgz").unlink()
    again = load_cub("train", folder=folder)
    assert again.paths == first.paths and torch.equal(again.labels, first.labels)


def test_a_photograph_in_grey_is_read_in_three_channels(archive):
    """Oracle: the same number in each channel. A few photographs of CUB-200-2011 have no colours."""
    out = io.BytesIO()
    Image.fromarray(np.full((48, 60), 100, dtype=np.uint8)).save(out, "JPEG")
    birds = load_cub("train", folder=archive({f"images/{name_of(1)}": out.getvalue()}))
    image = pixels(cub_batch(birds, torch.tensor([0]), 8)[0][0])
    assert (image == 100).all()


def test_where_an_archive_is_found(archive, tmp_path, monkeypatch):
    """Oracle: the folder that holds it; the message where none does."""
    folder = archive()
    with pytest.raises(
        FileNotFoundError, match=r"got none: set STN_DATA .*stn_lib.data.load_cub\('train', download=True\)"
    ):
        load_cub("train")
    monkeypatch.setenv("STN_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"expected CUB_200_2011.tgz in .*cub, got neither: put it there"):
        load_cub("train", download=True)
    folder.rename(tmp_path / "cub")
    assert len(load_cub("train").paths) == 4


# ---- archives that are not CUB-200-2011's


def test_an_archive_with_another_hash_is_not_opened(archive, cache, assert_hash_is_checked):
    folder = archive()
    assert_hash_is_checked(folder / "CUB_200_2011.tgz", lambda: load_cub("train", folder=folder))
    assert not cache.exists()


def entry(name, kind=tarfile.REGTYPE, size=0, to=""):
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname = kind, size, to
    return made


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry("CUB_200_2011/images/x.jpg", tarfile.SYMTYPE, to="/etc/passwd")], "got a symbolic link"),
        ([entry("CUB_200_2011/images/x.jpg", tarfile.LNKTYPE, to="CUB_200_2011/README")], "got a hard link"),
        (
            [entry("CUB_200_2011/../../x.jpg")],
            "plain relative paths in CUB_200_2011.tgz, got 'CUB_200_2011/../../x.jpg'",
        ),
        ([entry("x", size=1 << 40)], "to unpack to at most .* got 'x' of 1,099,511,627,776 bytes"),
        ([entry("CUB_200_2011/images.txt")], "each path once in CUB_200_2011.tgz"),
        ([entry(f"{k}") for k in range(80)], "at most 73 entries in CUB_200_2011.tgz"),
    ],
    ids=["symbolic link", "hard link", "path", "terabyte", "twice", "files"],
)
def test_a_hostile_archive_is_refused_and_leaves_nothing(archive, cache, entries, said):
    """Oracle: what was put in; the cache afterwards."""
    with pytest.raises(ValueError, match=said):
        load_cub("train", folder=archive(entries=entries))
    assert list(cache.iterdir()) == []


def changed(name, old, new):
    """A list of a good archive with a text replaced, once."""
    text = lists()[name]
    assert old in text
    return {name: text.replace(old, new, 1)}


def huge_jpeg(width, height):
    """A JPEG whose header promises more pixels than it has."""
    data = bytearray(jpeg(photograph(0, (60, 48))))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


IMAGE = f"images/{name_of(1)}"
DAMAGED = {
    **{f"no {name}": ({name: None}, f"expected {name.split('/')[-1]} beside the other lists, got none")
       for name in lists() if name != "bounding_boxes.txt"},
    "no photograph": ({IMAGE: None}, "expected Red_Bird_0001_7.jpg beside its labels, got none"),
    "another format": ({IMAGE: jpeg(photograph(0, (60, 48)), "PNG")}, "expected a JPEG in Red_Bird_0001_7.jpg"),
    "text": ({IMAGE: b"GIF89a"}, "expected a JPEG in Red_Bird_0001_7.jpg"),
    "gigapixels": ({IMAGE: huge_jpeg(65_000, 65_000)}, "expected a JPEG in Red_.*DecompressionBomb"),
    "wide": ({IMAGE: huge_jpeg(5000, 20)}, "Red_Bird_0001_7.jpg to have at most 4096 pixels a side, got 5000 x 20"),
    "other bytes": ({"images.txt": b"1 \xff\xfe.jpg\n"}, "expected plain letters in images.txt, got other bytes"),
    "a list without end": ({"images.txt": b"1" * (1 << 17)}, "images.txt of at most 65,536 bytes, got 131,072"),
    "image too few": (changed("images.txt", f"6 {name_of(6)}\n", ""), "the numbers 1 to 6 in images.txt, got no 6"),
    "image too many": (changed("images.txt", "6 ", "7 "), "a line of images.txt, a number from 1 to 6, got '7'"),
    "image twice": (changed("images.txt", "6 ", "5 "), "each number once in images.txt, got 5 again"),
    "name twice": (changed("images.txt", name_of(2), name_of(1)), "each photograph once in images.txt"),
    "name outside": (changed("images.txt", name_of(1), "001.Red_Bird/../../x.jpg"), "got '001.Red_Bird/../../x.jpg'"),
    "absolute name": (changed("images.txt", name_of(1), "/etc/passwd"), "image 1 of class 1 .*, got '/etc/passwd'"),
    "no name": (changed("images.txt", f"1 {name_of(1)}", "1"), "image 1 of class 1 as a JPEG in images/001.Red_Bird, got ''"),
    "another format's name": (changed("images.txt", "_7.jpg", "_7.png"), "got '001.Red_Bird/Red_Bird_0001_7.png'"),
    "no number": (changed("images.txt", "1 ", "one "), "a number from 1 to 6, got 'one'"),
    "long number": (changed("images.txt", "1 ", "9" * 9000 + " "), "a number from 1 to 6, got '999"),
    "label without image": (changed("image_class_labels.txt", "6 3", "8 3"), "a number from 1 to 6, got '8'"),
    "image without label": (changed("image_class_labels.txt", "6 3\n", ""), "1 to 6 in image_class_labels.txt, got no 6"),
    "label 0": (changed("image_class_labels.txt", "1 1", "1 0"), "a class, a number from 1 to 3, got '0'"),
    "label 4": (changed("image_class_labels.txt", "1 1", "1 4"), "a class, a number from 1 to 3, got '4'"),
    "another class's folder": (changed("image_class_labels.txt", "1 1", "1 2"), "image 1 of class 2 .*002.Green-Bird, got"),
    "split 2": (changed("train_test_split.txt", "1 1", "1 2"), "0 or 1, a number from 0 to 1, got '2'"),
    "split without a number": (changed("train_test_split.txt", "1 1", "1"), "0 or 1, a number from 0 to 1, got ''"),
    "another split": (changed("train_test_split.txt", "1 1", "1 0"), "expected 4 training images in train_test_split.txt, got 3"),
    "a class too few": (changed("classes.txt", "3 003.Blue_Bird\n", ""), "1 to 3 in classes.txt, got no 3"),
    "other parts": (changed("parts/parts.txt", "beak", "bill"), "expected the parts back, beak, .* got back, bill"),
    "part too few": (changed("parts/part_locs.txt", "6 15", "6 14"), "got part 14 of image 6 again"),
    "part without a line": (changed("parts/part_locs.txt", "1 1 13.0 30.5 1\n", ""), "got no part 1 of image 1"),
    "part of no image": (changed("parts/part_locs.txt", "1 1 13.0", "7 1 13.0"), "an image, a number from 1 to 6, got '7'"),
    "part 16": (changed("parts/part_locs.txt", "1 1 13.0", "1 16 13.0"), "a part, a number from 1 to 15, got '16'"),
    "no coordinate": (changed("parts/part_locs.txt", "13.0", "x"), "a coordinate in pixels in part_locs.txt, got 'x'"),
    "not a number": (changed("parts/part_locs.txt", "13.0", "nan"), "a coordinate in pixels in part_locs.txt, got 'nan'"),
    "far away": (changed("parts/part_locs.txt", "13.0", "1e9"), "a coordinate in pixels in part_locs.txt, got '1e9'"),
    "four columns": (changed("parts/part_locs.txt", " 30.5 1", " 1"), "expected five columns in part_locs.txt, got '1 1 13.0 1'"),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_piece_is_named_and_leaves_nothing(archive, cache, case):
    """Oracle: what was put in; the cache afterwards."""
    files, said = DAMAGED[case]
    with pytest.raises(ValueError, match=said):
        load_cub("train", folder=archive(files))
    assert list(cache.iterdir()) == []


def test_a_photograph_that_is_cut_is_named_when_a_batch_needs_it(archive):
    """Oracle: its name. Its header is whole, so that it is found only when it is decoded."""
    whole = jpeg(photograph(0, (60, 48), 1))
    birds = load_cub("train", folder=archive({IMAGE: whole[: len(whole) // 2]}))
    assert cub_batch(birds, torch.tensor([1, 2]), 16)[0].isfinite().all()
    with pytest.raises(ValueError, match="expected a whole JPEG in Red_Bird_0001_7.jpg, got a damaged one .*truncated"):
        cub_batch(birds, torch.tensor([1, 0]), 16)


# ---- the download


def test_a_download_that_was_cut_goes_on_where_it_stopped(archive, server, cache):
    """Oracle: the ranges that the server was asked for, and the labels."""
    data = (archive() / "CUB_200_2011.tgz").read_bytes()
    server(data, "cut")
    with pytest.raises(ConnectionError, match="the download goes on where it stopped"):
        load_cub("train", download=True)
    kept = (cache / "CUB_200_2011.tgz.part").read_bytes()
    assert 0 < len(kept) < len(data) and kept == data[: len(kept)]
    asked = server(data)
    assert load_cub("train", download=True).labels.tolist() == [0, 1, 1, 2]
    assert asked == [f"bytes={len(kept)}-"] and not (cache / "CUB_200_2011.tgz.part").exists()


def test_a_wrong_download_is_refused(archive, server, cache):
    """Oracle: what the server sent; nothing that would be continued is left."""
    server(bytes(len((archive() / "CUB_200_2011.tgz").read_bytes())))
    with pytest.raises(ConnectionError, match="does not match the known hash"):
        load_cub("train", download=True)
    assert list(cache.iterdir()) == []


def test_the_real_file_is_named_with_size_and_hash():
    """Oracle: the authors' numbers of images; a hash has 64 digits. `cub.ARCHIVE` says who records it."""
    assert cub.ARCHIVE.name == "CUB_200_2011.tgz" and re.fullmatch("[0-9a-f]{64}", cub.ARCHIVE.sha256)
    assert sum(cub.IMAGES.values()) == 11_788 and cub.CLASSES == 200 and len(PARTS) == 15
