"""MNIST's loader: on small files written here, from mirrors on this machine, and on the real files where they are."""

import _thread
import contextlib
import gzip
import hashlib
import http.server
import shutil
import signal
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
LEARN, TEST, VALIDATION = 12, 5, 4
PNG = b"\x89PNG\r\n\x1a\n" + bytes(600)


def idx(array, magic=None):
    """The format as its authors describe it."""
    return struct.pack(f">I{array.ndim}I", magic or 2048 + array.ndim, *array.shape) + array.tobytes()


def entry(name, unpacked, shape):
    """A row of the loader's table for a small file, and the packed file."""
    packed = gzip.compress(unpacked, mtime=0)
    sha256 = [hashlib.sha256(data).hexdigest() for data in (packed, unpacked)]
    return mnist._File(name, shape, len(packed), *sha256), packed


@pytest.fixture
def arrays():
    """Four small arrays in the order of `NAMES`."""
    random = np.random.default_rng(3)
    both = [(random.integers(0, 256, (n, 28, 28)), random.integers(0, 10, n)) for n in (LEARN, TEST)]
    return [array.astype(np.uint8) for part in both for array in part]


@pytest.fixture
def packed(arrays, monkeypatch):
    """The four files of a small MNIST, which the loader takes for the real one while a test runs."""
    rows, files = [], {}
    for name, array in zip(NAMES, arrays, strict=True):
        row, files[f"{name}.gz"] = entry(name, idx(array), array.shape)
        rows.append(row)
    monkeypatch.setattr(mnist, "FILES", {"train": tuple(rows[:2]), "test": tuple(rows[2:])})
    monkeypatch.setattr(mnist, "VALIDATION", VALIDATION)
    return files


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, nothing remembered, no STN_DATA and no mirror."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(mnist, "MIRRORS", ())
    monkeypatch.delenv("STN_DATA", raising=False)
    mnist._part.cache_clear()
    yield tmp_path / "cache" / "stn_lib" / "mnist"
    mnist._part.cache_clear()


@pytest.fixture
def mirrors(packed, cache, monkeypatch):
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
            self.wfile.write(half if way in ("broken", "silent", "interrupted", "watched") else body)
            self.wfile.flush()
            if way == "endless":
                with contextlib.suppress(OSError):
                    while True:
                        self.wfile.write(data)
            if way == "silent":
                time.sleep(0.6)
            if way == "watched":
                time.sleep(0.1)
                requests[-1] = (name, left_in(cache))
                self.wfile.write(data[len(half) :])
            if way == "interrupted":
                _thread.interrupt_main()  # as Ctrl-C does; more bytes wake up who waits for them
                for at in range(len(half), len(data), 8):
                    time.sleep(0.01)
                    try:
                        self.wfile.write(data[at : at + 8])
                    except OSError:
                        break

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
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
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
        assert row.name == name and (row.packed_size, row.size) == (len(data), len(unpacked))
        assert row.packed_sha256 == hashlib.sha256(data).hexdigest()
        assert row.sha256 == hashlib.sha256(unpacked).hexdigest()


def test_the_real_digits_are_those_of_the_literature(real, monkeypatch):
    """Oracle: the published counts of each class, and the mean and deviation that everybody normalises with."""
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


def test_a_real_digit_fits_its_box_and_hangs_at_its_centre_of_mass(real):
    """Oracle: the authors' description: normalised to 20 x 20, then moved by its centre of mass."""
    images = load_mnist(folder=real).test_images[:, 0]
    place = torch.arange(28)
    for axis in (1, 2):
        ink = images.sum(axis)
        first = torch.where(ink > 0, place, 28).amin(1)
        last = torch.where(ink > 0, place, -1).amax(1)
        assert (last - first + 1).amax() == 20
        assert ((ink * place).sum(1) / ink.sum(1) - 14).abs().amax() < 0.51


def test_real_validation_digits_are_the_last_of_the_training_file(real):
    """Oracle: the bytes of the file, read from its end."""
    split = load_mnist("validation", folder=real)
    assert len(split.train_images) == 50_000 and len(split.test_images) == 10_000
    labels = gzip.decompress((real / "mnist" / "train-labels-idx1-ubyte.gz").read_bytes())
    assert bytes(split.test_labels.tolist()) == labels[-10_000:]
    images = gzip.decompress((real / "mnist" / "train-images-idx3-ubyte.gz").read_bytes())
    last = np.frombuffer(images[-784:], np.uint8).reshape(28, 28)
    np.testing.assert_array_equal((split.test_images[-1, 0] * 255).round().numpy(), last)


# ---- a folder of the reader's


@pytest.mark.parametrize("place", ["mnist", "."])
@pytest.mark.parametrize("unpacked", [False, True])
def test_a_folder_of_yours(packed, arrays, tmp_path, monkeypatch, place, unpacked):
    files = {n.removesuffix(".gz"): gzip.decompress(d) for n, d in packed.items()} if unpacked else packed
    put(tmp_path / "mine" / place, files)
    assert_is(load_mnist(folder=tmp_path / "mine"), arrays)
    monkeypatch.setenv("STN_DATA", str(tmp_path / "mine"))
    assert_is(load_mnist(), arrays)


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
    put(good / "mnist", dict.fromkeys(packed, PNG))
    mnist._part.cache_clear()
    with pytest.raises(ValueError, match=r"mnist.train-images"):
        load_mnist()
    monkeypatch.setenv("STN_DATA", "")
    assert_is(load_mnist(), arrays)
    assert len(requests) == 4


def test_validation_never_opens_a_test_file(packed, arrays, mirrors, tmp_path):
    """Oracle: they are damaged, and then they are not even there; from a mirror they are not asked for."""
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


def test_what_you_do_to_the_digits_stays_with_you(packed, arrays, tmp_path):
    mine = put(tmp_path, packed)
    for hold_out in ("test", "validation", "test"):
        split = load_mnist(hold_out, folder=mine)
        if hold_out == "test":
            assert_is(split, arrays)
        for tensor in split:
            tensor.zero_()


def test_a_second_call_reads_nothing(packed, arrays, tmp_path):
    mine = put(tmp_path / "mine", packed)
    load_mnist(folder=mine)
    shutil.rmtree(mine)
    assert_is(load_mnist(folder=mine), arrays)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-1], "cut short"),
        (lambda data: data[: len(data) // 2], "cut short"),
        (lambda data: b"", "foreign file, it begins with b''"),
        (lambda data: PNG, r"foreign file, it begins with b'\\x89PNG'"),
        (lambda data: data + b"\0", "damaged"),
        (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "Fashion-MNIST"),
        (lambda data: gzip.compress(gzip.decompress(data), 1, mtime=0), "packed anew"),
    ],
    ids=["last byte missing", "half", "empty", "a PNG renamed", "one byte more", "one bit turned", "packed anew"],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_not_mnists_is_refused_and_left_alone(packed, tmp_path, name, damage, said):
    """Oracle: the table of the test's own files."""
    wrong = damage(packed[f"{name}.gz"])
    mine = put(tmp_path / "mine", packed | {f"{name}.gz": wrong})
    with pytest.raises(ValueError, match=said) as caught:
        load_mnist(folder=mine)
    right = packed[f"{name}.gz"]
    for part in (
        str(mine / f"{name}.gz"),
        f"{len(right):,} bytes",
        hashlib.sha256(right).hexdigest(),
        f"got {len(wrong):,} bytes",
        "delete it and download it again, or point STN_DATA to another folder",
    ):
        assert part in str(caught.value)
    assert (mine / f"{name}.gz").read_bytes() == wrong and len(left_in(mine)) == 4


def test_an_unpacked_file_of_the_right_length_is_refused(packed, arrays, tmp_path):
    """Oracle: Fashion-MNIST's case: same names, same shapes, other pictures."""
    other = idx(255 - arrays[0])
    mine = put(tmp_path / "mine", packed | {NAMES[0]: other})
    (mine / f"{NAMES[0]}.gz").unlink()
    with pytest.raises(ValueError, match="Fashion-MNIST"):
        load_mnist(folder=mine)
    (mine / NAMES[0]).write_bytes(packed[f"{NAMES[0]}.gz"])
    with pytest.raises(ValueError, match=r"begins with b'\\x1f\\x8b.*not with b'\\x00\\x00\\x08\\x03'"):
        load_mnist(folder=mine)


def test_a_folder_without_the_files(packed, mirrors, tmp_path, monkeypatch):
    requests = mirrors("good")
    mine = put(tmp_path / "mine", packed)
    (mine / f"{NAMES[3]}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=rf"expected {NAMES[3]}.gz.* in .*mine.*, got neither: put it there"):
        load_mnist(folder=mine)
    monkeypatch.setenv("STN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="got no folder at .*nowhere: check STN_DATA"):
        load_mnist()
    assert requests == []


def test_unknown_hold_out_is_refused():
    with pytest.raises(ValueError, match="expected hold_out to be one of 'test', 'validation', got 'train'"):
        load_mnist("train")


# ---- the format


@pytest.mark.parametrize("shape", [(0,), (1,), (7,), (0, 28, 28), (3, 28, 28), (2, 3, 5)])
def test_idx_comes_back(shape):
    """Oracle: the array that was written, by struct."""
    array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(mnist._read_idx(idx(array)), array)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "magic number 2049 .labels. or 2051 .pictures., got 0"),
        (b"\0\0\x08", "magic number"),
        (PNG, "got 2303741511"),
        (idx(np.zeros((2, 2), np.uint8)), "got 2050"),
        (struct.pack("<II", 2049, 0), "got 17301504"),
        (idx(np.zeros(4, np.uint8))[:-1], r"expected 12 bytes for the shape \(4,\), got 11"),
        (idx(np.zeros(4, np.uint8)) + b"\0", r"expected 12 bytes for the shape \(4,\), got 13"),
        (idx(np.zeros((2, 3, 4), np.uint8))[:9], "got 9"),
        (struct.pack(">IIII", 2051, 2**32 - 1, 2**32 - 1, 2**32 - 1), "got 16"),
    ],
    ids=["empty", "3 bytes", "PNG", "two axes", "little endian", "short", "long", "header cut", "huge counts"],
)
def test_what_is_no_idx_is_refused(data, said):
    with pytest.raises(ValueError, match=said):
        mnist._read_idx(data)


@pytest.mark.parametrize(
    ("unpacked", "said"),
    [
        (idx(np.zeros(LEARN - 1, np.uint8)), r"expected the shape \(12,\), got \(11,\)"),
        (idx(np.zeros((LEARN, 28, 28), np.uint8)), r"expected the shape \(12,\), got \(12, 28, 28\)"),
        (idx(np.array([0, 9, 10] * 4, np.uint8)), "expected labels from 0 to 9, got 10"),
        (idx(np.zeros(LEARN, np.uint8), magic=2050), "got 2050"),
    ],
    ids=["one label less", "pictures for labels", "label 10", "wrong magic"],
)
def test_content_is_checked_even_where_the_hash_is_right(packed, tmp_path, monkeypatch, unpacked, said):
    row, data = entry(NAMES[1], unpacked, (LEARN,))
    monkeypatch.setitem(mnist.FILES, "train", (mnist.FILES["train"][0], row))
    mine = put(tmp_path / "mine", packed | {f"{NAMES[1]}.gz": data})
    with pytest.raises(ValueError, match=f"{NAMES[1]} is not MNIST's file: .*{said}"):
        load_mnist(folder=mine)


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
    assert requests == []


@pytest.mark.parametrize("way", ["missing", "short", "wrong", "page", "broken", "silent", "endless"])
def test_a_bad_mirror_is_passed_over(arrays, packed, mirrors, cache, way):
    requests = mirrors(way, "good")
    assert_is(load_mnist(), arrays)
    assert requests == [(mirror, f"{name}.gz") for name in NAMES for mirror in (way, "good")]
    assert left_in(cache) == sorted(packed)


def test_no_mirror_helps(mirrors, cache, monkeypatch):
    """Oracle: each mirror's way to fail, and the port that nobody listens on."""
    mirrors("missing", "short", "wrong", "broken", "silent", "endless")
    nobody = "http://127.0.0.1:9/"
    monkeypatch.setattr(mnist, "MIRRORS", (*mnist.MIRRORS, nobody))
    with pytest.raises(ConnectionError) as caught:
        load_mnist()
    first, *reasons, last = str(caught.value).split("\n")
    assert first == f"expected {NAMES[0]}.gz from one of 7 mirrors, got it from none:"
    assert "STN_DATA" in last
    for reason, mirror, said in zip(
        reasons,
        mnist.MIRRORS,
        ("404", "bytes with the SHA-256", "bytes with the SHA-256", "", "timed out", "bytes, got more", "refused"),
        strict=True,
    ):
        assert reason.startswith(f"- {mirror}: ") and said in reason
    assert left_in(cache) == []


def test_a_download_goes_on_where_it_stopped(arrays, packed, mirrors, cache):
    """Oracle: the server's list of requests: only what was missing."""
    put(cache, dict(list(packed.items())[:2]))
    requests = mirrors("good")
    assert_is(load_mnist(), arrays)
    assert [name for _, name in requests] == [f"{name}.gz" for name in NAMES[2:]]


def test_an_interrupted_download_leaves_nothing(arrays, mirrors, cache):
    mirrors("interrupted")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            load_mnist()
    finally:
        signal.signal(signal.SIGINT, before)
    assert left_in(cache) == []
    mirrors("good")
    assert_is(load_mnist(), arrays)


def test_nothing_is_on_the_disk_before_it_is_whole(arrays, mirrors):
    """Whoever is killed in mid-download leaves no half file. Oracle: the cache, listed while half a file is sent."""
    seen = mirrors("watched")
    assert_is(load_mnist(), arrays)
    names = [f"{name}.gz" for name in NAMES]
    assert seen == [(name, sorted(names[:at])) for at, name in enumerate(names)]


def test_a_damaged_cache_is_mended(arrays, packed, mirrors, cache, caplog):
    name = f"{NAMES[2]}.gz"
    put(cache, packed | {name: packed[name][:100]})
    with pytest.raises(ValueError, match="cut short"):
        load_mnist(download=False)
    assert (cache / name).read_bytes() == packed[name][:100]
    mirrors("missing")
    with pytest.raises(ConnectionError):
        load_mnist()
    assert left_in(cache) == sorted(set(packed) - {name})
    put(cache, {name: packed[name][:100]})
    requests = mirrors("good")
    assert_is(load_mnist(), arrays)
    assert requests == [("good", name)]
    assert "Downloading again" in caplog.text and "cut short" in caplog.text


def test_no_download_where_none_is_wanted(mirrors, cache):
    requests = mirrors("good")
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte.gz, got no file: allow the download"):
        load_mnist(download=False)
    assert requests == [] and not cache.exists()


def test_a_cache_that_cannot_be_written_is_not_the_mirrors_fault(mirrors, cache):
    requests = mirrors("good", "good")
    cache.parent.parent.mkdir(parents=True)
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="expected to write .*train-images.*set STN_DATA") as caught:
        load_mnist()
    assert not isinstance(caught.value, ConnectionError) and requests == [("good", f"{NAMES[0]}.gz")]


def test_a_disk_that_fills_up_leaves_nothing(arrays, mirrors, cache, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    mirrors("good")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left on device: make room there, or set STN_DATA"):
            load_mnist()
    assert left_in(cache) == []
    assert_is(load_mnist(), arrays)


@pytest.mark.parametrize("terminal", [False, True])
def test_a_bar_on_a_terminal_only(arrays, mirrors, monkeypatch, capsys, terminal):
    mirrors("short", "good")
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    assert_is(load_mnist(), arrays)
    out, err = capsys.readouterr()
    assert out == ""
    assert [f"{name}: 100%|" in err for name in NAMES] == [terminal] * 4
    assert terminal or err == ""


def test_all_mirrors_are_https_folders_of_several_hosts(monkeypatch):
    monkeypatch.undo()
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mnist.MIRRORS)
    assert len({mirror.split("/")[2] for mirror in mnist.MIRRORS}) >= 2
