"""MNIST's loader: on small files written here, from mirrors on this machine, and on the real files where they are."""

import gzip
import hashlib
import http.server
import shutil
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pooch
import pytest
import torch

from stn_lib.data import load_mnist, mnist

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
TRAIN, TEST, VALIDATION = 12, 5, 4
PNG = b"\x89PNG\r\n\x1a\n" + bytes(600)


def idx(array):
    """The format as its authors describe it."""
    return struct.pack(f">I{array.ndim}I", 2048 + array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def arrays():
    """Four small arrays in the order of `NAMES`."""
    random = np.random.default_rng(3)
    both = [(random.integers(0, 256, (n, 28, 28)), random.integers(0, 10, n)) for n in (TRAIN, TEST)]
    return [array.astype(np.uint8) for part in both for array in part]


@pytest.fixture
def packed(arrays, monkeypatch):
    """The four files of a small MNIST, which the loader takes for the real one during a test."""
    files = {f"{name}.gz": gzip.compress(idx(array), mtime=0) for name, array in zip(NAMES, arrays, strict=True)}
    rows = [
        mnist._File(
            name, array.shape, *(hashlib.sha256(data).hexdigest() for data in (idx(array), files[f"{name}.gz"]))
        )
        for name, array in zip(NAMES, arrays, strict=True)
    ]
    monkeypatch.setattr(mnist, "FILES", {"train": tuple(rows[:2]), "test": tuple(rows[2:])})
    monkeypatch.setattr(mnist, "VALIDATION", VALIDATION)
    return files


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, nothing kept in memory, no STN_DATA and no mirror."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(mnist, "MIRRORS", ())
    monkeypatch.delenv("STN_DATA", raising=False)
    mnist._part.cache_clear()
    yield tmp_path / "cache" / "stn_lib" / "mnist"
    mnist._part.cache_clear()


@pytest.fixture
def mirrors(packed, monkeypatch):
    """A server on this machine; `use(...)` makes mirrors of its ways to answer and returns the list of requests."""
    requests = []

    class Mirror(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            _, way, name = self.path.split("/")
            requests.append((way, name))
            data = packed[name]
            half = data[: len(data) // 2]
            if way == "missing":
                return self.send_error(404)
            body = {"short": half, "wrong": bytes(len(data)), "page": b"<html>Please log in</html>"}.get(way, data)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) if way != "endless" else 1 << 40))
            self.end_headers()
            try:
                self.wfile.write(half if way in ("cut", "silent") else body)
                while way == "endless":
                    self.wfile.write(data)
            except OSError:
                pass
            if way == "silent":
                time.sleep(0.6)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def use(*ways):
        monkeypatch.setattr(mnist, "MIRRORS", tuple(f"http://127.0.0.1:{server.server_port}/{way}/" for way in ways))
        mnist._part.cache_clear()
        requests.clear()
        return requests

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(mnist, "TIMEOUT", 0.3)
    yield use
    server.shutdown()
    server.server_close()


def put(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def left_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def assert_is(split, arrays):
    """Oracle: the arrays that were written, divided by 255 in numpy."""
    for got, array in zip((split.train_images, split.test_images), arrays[::2], strict=True):
        assert got.dtype == torch.float32 and got.shape == (len(array), 1, 28, 28)
        np.testing.assert_array_equal(got[:, 0].numpy(), array.astype(np.float32) / np.float32(255))
    for got, array in zip((split.train_labels, split.test_labels), arrays[1::2], strict=True):
        assert got.dtype == torch.int64
        np.testing.assert_array_equal(got.numpy(), array)


# ---- the real files


@pytest.fixture
def real():
    if not (REAL / "mnist").is_dir():
        pytest.skip("MNIST's real files are not in ../shared/data/mnist, so the tests on them are left out")
    return REAL


def test_the_known_hashes_are_those_of_the_real_files(real):
    """Oracle: the four MD5 sums that torchvision and others publish; zlib."""
    published = [
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ]
    rows = [*mnist.FILES["train"], *mnist.FILES["test"]]
    for name, md5, row in zip(NAMES, published, rows, strict=True):
        data = (real / "mnist" / f"{name}.gz").read_bytes()
        assert hashlib.md5(data).hexdigest() == md5
        unpacked = gzip.decompress(data)
        assert row.name == name and row.size == len(unpacked)
        assert row.packed_sha256 == hashlib.sha256(data).hexdigest()
        assert row.sha256 == hashlib.sha256(unpacked).hexdigest()


def test_the_real_digits_are_those_of_the_literature(real, monkeypatch):
    """Oracle: the published counts of each class, mean and deviation, and how the authors placed each digit."""
    monkeypatch.setenv("STN_DATA", str(real))
    split = load_mnist()
    train, test = (np.bincount(labels).tolist() for labels in (split.train_labels, split.test_labels))
    assert train == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert test == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert split.train_images.mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert split.train_images.std().item() == pytest.approx(0.3081, abs=5e-5)
    assert split.train_images.amin() == 0 and split.train_images.amax() == 1
    assert split.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert split.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    position = torch.arange(28)
    images = split.test_images[:, 0]
    for axis in (1, 2):  # normalised to 20 x 20, then centred by the centre of mass, as the authors say
        profile = images.sum(axis)
        first = torch.where(profile > 0, position, 28).amin(1)
        last = torch.where(profile > 0, position, -1).amax(1)
        assert (last - first + 1).amax() == 20
        assert ((profile * position).sum(1) / profile.sum(1) - 14).abs().amax() < 0.51


def test_real_validation_digits_are_the_last_of_the_training_file(real):
    """Oracle: the bytes of the file, read from its end."""
    split = load_mnist("validation", folder=real)
    assert len(split.train_images) == 50_000 and len(split.test_images) == 10_000
    labels = gzip.decompress((real / "mnist" / "train-labels-idx1-ubyte.gz").read_bytes())
    assert bytes(split.test_labels.tolist()) == labels[-10_000:]
    images = gzip.decompress((real / "mnist" / "train-images-idx3-ubyte.gz").read_bytes())
    last = np.frombuffer(images[-784:], np.uint8).reshape(28, 28)
    np.testing.assert_array_equal((split.test_images[-1, 0] * 255).round().numpy(), last)


# ---- a folder of your own


@pytest.mark.parametrize(
    "layout",
    [
        "mnist/{name}.gz",
        "{name}.gz",
        "{name}",
        "MNIST/raw/{name}.gz",  # torchvision's root
        "MNIST/raw/{name}",
        "{kaggle}",
        "{kaggle}.gz",
        "{name}/{name}",  # Kaggle's zip
    ],
)
def test_a_folder_of_your_own(packed, arrays, tmp_path, monkeypatch, layout):
    """Oracle: the arrays written, in each layout that other tools leave."""
    files = {
        layout.format(name=name, kaggle=name.replace("-idx", ".idx")): packed[f"{name}.gz"]
        if layout.endswith(".gz")
        else idx(array)
        for name, array in zip(NAMES, arrays, strict=True)
    }
    mine = put(tmp_path / "mine", files)
    assert_is(load_mnist(folder=mine), arrays)
    mnist._part.cache_clear()
    monkeypatch.setenv("STN_DATA", str(mine))
    assert_is(load_mnist(), arrays)
    assert left_in(mine) == sorted(Path(name).name for name in files)


def test_which_place_comes_first(packed, arrays, mirrors, cache, tmp_path, monkeypatch):
    """folder, then STN_DATA, then the cache: each is tried with the next one unusable, then the other way round."""
    requests = mirrors("good")
    good, bad = put(tmp_path / "good", packed), put(tmp_path / "bad", dict.fromkeys(packed, PNG))
    monkeypatch.setenv("STN_DATA", str(bad))
    assert_is(load_mnist(folder=good), arrays)
    monkeypatch.setenv("STN_DATA", str(good))
    with pytest.raises(ValueError, match="bad"):
        load_mnist(folder=bad)
    assert_is(load_mnist(), arrays)
    assert requests == [] and not cache.exists()
    monkeypatch.setenv("STN_DATA", "")
    assert_is(load_mnist(), arrays)
    assert len(requests) == 4


def test_a_file_with_the_right_hash_is_found_beside_a_wrong_one(packed, arrays, tmp_path):
    """Oracle: the arrays written; the wrong files come first in the order of the search."""
    mine = put(tmp_path, {f"mnist/{name}": PNG for name in packed} | {f"MNIST/raw/{n}": d for n, d in packed.items()})
    assert_is(load_mnist(folder=mine), arrays)


def test_validation_never_opens_a_test_file(packed, arrays, mirrors, tmp_path):
    """Oracle: they are damaged, and then they are missing; a mirror gets no request for them."""
    requests = mirrors("good")
    mine = put(tmp_path / "mine", packed)
    expected = [arrays[0][:-VALIDATION], arrays[1][:-VALIDATION], arrays[0][-VALIDATION:], arrays[1][-VALIDATION:]]
    for name in packed:
        if name.startswith("t10k"):
            (mine / name).write_bytes(PNG)
    assert_is(load_mnist("validation", folder=mine), expected)
    for name in packed:
        if name.startswith("t10k"):
            (mine / name).unlink()
    mnist._part.cache_clear()
    assert_is(load_mnist("validation", folder=mine), expected)
    assert_is(load_mnist("validation"), expected)
    assert {name for _, name in requests} == {f"{name}.gz" for name in NAMES[:2]}


def test_a_second_call_reads_nothing_and_gives_new_tensors(packed, arrays, tmp_path):
    """Oracle: the arrays written, after the folder is gone and each split is overwritten with zeros."""
    mine = put(tmp_path / "mine", packed)
    load_mnist(folder=mine)
    shutil.rmtree(mine)
    for hold_out in ("test", "validation", "test"):
        split = load_mnist(hold_out, folder=mine)
        if hold_out == "test":
            assert_is(split, arrays)
        for tensor in split:
            tensor.zero_()


def flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("unpacked", [False, True], ids=["packed", "unpacked"])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-1], "cut short"),
        (lambda data: data[: len(data) // 2], "cut short"),
        (lambda data: b"", "cut short"),
        (lambda data: data + b"\0" * 9, "Fashion-MNIST"),
        (flipped, "Fashion-MNIST"),
    ],
    ids=["last byte missing", "half", "empty", "too long", "one bit flipped"],
)
@pytest.mark.parametrize("name", NAMES[:2])
def test_a_file_that_is_not_mnists_is_refused_and_left_alone(packed, tmp_path, name, damage, said, unpacked):
    """Oracle: the table of the test's own files. Of a packed file, the content is damaged before it is packed."""
    content = gzip.decompress(packed[f"{name}.gz"])
    wrong = damage(content) if unpacked else gzip.compress(damage(content), mtime=0)
    file = name if unpacked else f"{name}.gz"
    mine = put(tmp_path / "mine", {k: v for k, v in packed.items() if k != f"{name}.gz"} | {file: wrong})
    with pytest.raises(ValueError, match=said) as caught:
        load_mnist(folder=mine)
    for part in (
        f"expected {mine / file} to hold {len(content):,} bytes",
        hashlib.sha256(content).hexdigest(),
        f"got another file ({len(wrong):,} bytes",
        "delete it and download it again, or point STN_DATA to another folder",
    ):
        assert part in str(caught.value)
    assert (mine / file).read_bytes() == wrong and len(left_in(mine)) == 4


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: PNG, "damaged: Not a gzipped file"),
        (lambda data: data[: len(data) // 2], "cut short"),
        (lambda data: data[:20] + bytes(20) + data[40:], "damaged"),
        (lambda data: data[:-8] + bytes(4) + data[-4:], "damaged: CRC"),
    ],
    ids=["a PNG renamed", "half", "a hole", "wrong checksum"],
)
def test_a_damaged_gzip_file_is_refused(packed, tmp_path, damage, said):
    """Oracle: what was done to the file."""
    mine = put(tmp_path / "mine", packed | {f"{NAMES[0]}.gz": damage(packed[f"{NAMES[0]}.gz"])})
    with pytest.raises(ValueError, match=said):
        load_mnist(folder=mine)


def test_a_decompression_bomb_is_not_unpacked(packed, tmp_path, monkeypatch):
    """Oracle: the bytes that were read: one more than the file may have, of a hundred million."""
    mine = put(tmp_path / "mine", packed | {f"{NAMES[0]}.gz": gzip.compress(bytes(10**7), 1)})
    read = []
    whole = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, size=-1: read.append(whole(self, size)) or read[-1])
    with pytest.raises(ValueError, match="got another file"):
        load_mnist(folder=mine)
    assert [len(data) for data in read] == [16 + TRAIN * 784 + 1]


def test_a_file_packed_again_is_accepted(packed, arrays, tmp_path):
    """Oracle: the arrays written; the bytes of the packed file differ, its content does not."""
    again = {name: gzip.compress(gzip.decompress(data), 1, mtime=7) for name, data in packed.items()}
    assert all(again[name] != packed[name] for name in packed)
    assert_is(load_mnist(folder=put(tmp_path, again)), arrays)


def test_a_folder_without_the_files(packed, mirrors, tmp_path, monkeypatch):
    requests = mirrors("good")
    mine = put(tmp_path / "mine", packed)
    (mine / f"{NAMES[3]}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=rf"expected {NAMES[3]}.gz.* in .*mine, got neither: put it there"):
        load_mnist(folder=mine)
    monkeypatch.setenv("STN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="got no folder at .*nowhere: check STN_DATA"):
        load_mnist()
    assert requests == []


def test_unknown_hold_out_is_refused():
    with pytest.raises(ValueError, match="expected hold_out to be one of 'test', 'validation', got 'train'"):
        load_mnist("train")


# ---- mirrors and the cache


def test_downloaded_once(arrays, packed, mirrors, cache):
    """Oracle: the server's list of requests; the files as it has them."""
    requests = mirrors("good")
    assert_is(load_mnist(), arrays)
    assert requests == [("good", f"{name}.gz") for name in NAMES]
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == packed
    requests = mirrors("good")
    assert_is(load_mnist(), arrays)
    assert_is(load_mnist(download=False), arrays)
    (cache / f"{NAMES[0]}.gz").unlink()
    mnist._part.cache_clear()
    assert_is(load_mnist(), arrays)
    assert requests == [("good", f"{NAMES[0]}.gz")]


@pytest.mark.parametrize("way", ["missing", "short", "wrong", "page", "cut", "silent", "endless"])
def test_the_next_mirror_is_tried(arrays, packed, mirrors, cache, way):
    requests = mirrors(way, "good")
    assert_is(load_mnist(), arrays)
    assert requests == [(mirror, f"{name}.gz") for name in NAMES for mirror in (way, "good")]
    assert left_in(cache) == sorted(packed)


def test_no_mirror_helps(mirrors, cache, monkeypatch):
    """Oracle: each mirror's way to fail, and the port that nobody listens on."""
    mirrors("missing", "short", "wrong", "cut", "silent", "endless")
    nobody = "http://127.0.0.1:9/"
    monkeypatch.setattr(mnist, "MIRRORS", (*mnist.MIRRORS, nobody))
    with pytest.raises(ConnectionError) as caught:
        load_mnist()
    text = str(caught.value)
    assert text.startswith(f"expected {NAMES[0]}.gz from one of 7 mirrors, got it from none:\n- http")
    assert text.splitlines()[-1].endswith("set STN_DATA to their folder")
    reasons = [text.index(f"- {mirror}: ") for mirror in mnist.MIRRORS]
    assert reasons == sorted(reasons)
    known = (
        "404",
        "does not match the known hash",
        "does not match",
        "",
        "timed out",
        "more bytes than it has",
        "refused",
    )
    for start, end, said in zip(reasons, [*reasons[1:], len(text)], known, strict=True):
        assert said in text[start:end]
    assert left_in(cache) == []


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt, OSError(28, "No space left on device")], ids=["Ctrl-C", "full disk"]
)
def test_an_interrupted_download_leaves_nothing(arrays, mirrors, cache, monkeypatch, error):
    """Oracle: the cache, listed after half a file and after the error; a full disk is not the mirror's fault."""
    requests, seen, write = mirrors("good", "good"), [], mnist._Bounded.write

    def interrupted(self, data):
        write(self, data[: len(data) // 2])
        seen.extend(left_in(cache))
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(mnist._Bounded, "write", interrupted)
        with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else OSError) as caught:
            load_mnist()
    assert error is KeyboardInterrupt or "No space left on device: make room there, or set STN_DATA" in str(
        caught.value
    )
    assert len(seen) == 1 and not seen[0].endswith(".gz"), "a half file has its final name"
    assert left_in(cache) == [] and len(requests) == 1
    assert_is(load_mnist(), arrays)


def test_a_damaged_cache_is_mended(arrays, packed, mirrors, cache):
    name = f"{NAMES[2]}.gz"
    put(cache, packed | {name: packed[name][:100]})
    with pytest.raises(ValueError, match="cut short"):
        load_mnist(download=False)
    mirrors("missing")
    with pytest.raises(ConnectionError):
        load_mnist()
    requests = mirrors("good")
    assert_is(load_mnist(), arrays)
    assert requests == [("good", name)] and left_in(cache) == sorted(packed)


def test_no_download_unless_allowed(mirrors, cache):
    requests = mirrors("good")
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte.gz.*, got neither: allow the download"):
        load_mnist(download=False)
    assert requests == [] and not cache.exists()


def test_a_cache_that_cannot_be_written_is_not_the_mirrors_fault(mirrors, cache):
    requests = mirrors("good", "good")
    cache.parent.parent.mkdir(parents=True)
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="expected to write .*train-images.*set STN_DATA") as caught:
        load_mnist()
    assert not isinstance(caught.value, ConnectionError) and requests == []


@pytest.mark.parametrize("terminal", [False, True])
def test_a_progress_bar_on_a_terminal_only(arrays, mirrors, monkeypatch, capsys, terminal):
    mirrors("short", "good")
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    assert_is(load_mnist(), arrays)
    out, err = capsys.readouterr()
    assert out == ""
    assert [f"{name}: 100%|" in err for name in NAMES] == [terminal] * 4


def test_all_mirrors_are_https_folders_of_several_hosts(monkeypatch):
    monkeypatch.undo()
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mnist.MIRRORS)
    assert len({mirror.split("/")[2] for mirror in mnist.MIRRORS}) >= 2
