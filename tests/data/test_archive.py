"""Archives that the tests make: a good one is unpacked whole; a hostile or damaged one is refused and leaves nothing."""

import gzip
import io
import os
import tarfile
import zlib

import pytest

from stn_lib.data import archive
from stn_lib.data.archive import unpack

KINDS = {
    "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "device": tarfile.CHRTYPE, "block": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE, "unknown": b"Z",
}  # fmt: skip


def tar(*entries, form=tarfile.GNU_FORMAT):
    """An archive's bytes, not yet packed: each entry is a name with content, with None for a folder, or a TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for name, content in entries:
            entry = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            if content is None:
                entry.type = tarfile.DIRTYPE
            entry.size = len(content or b"")
            made.addfile(entry, io.BytesIO(content or b""))
    return out.getvalue()


def special(kind, to="/etc/passwd"):
    entry = tarfile.TarInfo(f"a/{kind}")
    entry.type, entry.linkname = KINDS[kind], to
    return entry


def put(tmp_path, data, packed=True):
    file = tmp_path / "set.tar.gz"
    file.write_bytes(gzip.compress(data, 1) if packed else data)
    return file


def left(tmp_path):
    return sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.name != "set.tar.gz")


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_good_archive_is_unpacked_whole(tmp_path, form):
    """Oracle: the contents put in; modes are those of a new file, whatever the archive says; names of 120 characters."""
    mode = tarfile.TarInfo("./a/run.sh")
    mode.mode = 0o4777
    long = f"a/{'b' * 60}/{'c' * 60}.png"
    contents = {"./a/1.png": b"one", mode: b"two" * 700, long: bytes(512), "a/empty": b""}
    file = put(tmp_path, tar(("a/", None), *contents.items(), form=form))
    unpack(file, tmp_path / "new" / "set", files=5, size=1 << 16)
    for name, content in contents.items():
        path = tmp_path / "new" / "set" / getattr(name, "name", name)
        assert path.read_bytes() == content and not path.stat().st_mode & 0o4111
    assert [path for path in left(tmp_path) if "set/" not in path] == ["new", "new/set"]


HOSTILE = {
    "absolute path": (tar(("/tmp/x", b"1")), "relative paths in set.tar.gz, got '/tmp/x'"),
    "parent folder": (tar(("a/../../x", b"1")), "got 'a/../../x'"),
    "parent folder alone": (tar(("..", None)), "got '..'"),
    "drive of Windows": (tar(("C:x", b"1")), "got 'C:x'"),
    "separator of Windows": (tar(("a\\..\\..\\x", b"1")), "relative paths"),
    "line break": (tar(("a\nb", b"1")), "relative paths"),
    "name that Windows changes": (tar(("a/x.", b"1")), "got 'a/x.'"),
    "no name": (tar(("./", b"1")), "relative paths"),
    "deep path": (tar(("/".join("abcdefghi"), b"1")), "got 'a/b/c/d/e/f/g/h/i'"),
    **{kind: (tar((special(kind), b"")), f"got (a|type) .*: 'a/{kind}'") for kind in KINDS},
    "link, then a file in it": (tar((special("link", ".."), b""), ("a/link/x", b"1")), "a symbolic link: 'a/link'"),
    "path twice": (tar(("a/x", b"1"), ("a/x", b"2")), "each path once in set.tar.gz, got 'a/x' again"),
    "path twice, but for case": (tar(("a/x", b"1"), ("A/X", b"2")), "got 'A/X' again"),
    "file, then a folder of its name": (tar(("a", b"1"), ("a/x", b"2")), "in place of a folder in set.tar.gz, got 'a/x'"),
    "folder, then a file of its name": (tar(("a/x", b"1"), ("a", b"2")), "in place of a folder in set.tar.gz, got 'a'"),
    "many files": (tar(*((f"{k}", b"") for k in range(12))), "at most 10 entries in set.tar.gz, got more, such as '10'"),
    "large file": (tar(("a", bytes(5 << 20))), "set.tar.gz to unpack to at most 1,000,000 bytes, got 'a' of 5,242,880"),
    "many zeros behind the end": (tar(("a", b"1")) + bytes(5 << 20), "at most 1,000,000 bytes"),
}  # fmt: skip


def header(name, size, kind=tarfile.REGTYPE):
    """The header of an entry whose content is as the size says, or not there."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.GNU_FORMAT)


HOSTILE |= {
    "name that fills the memory": (header("x", 1 << 40, tarfile.GNUTYPE_LONGNAME), "headers of at most 1,048,576 bytes"),
    "attributes that fill the memory": (header("x", 1 << 33, tarfile.XHDTYPE), "headers of at most 1,048,576 bytes"),
    "size of a terabyte": (header("x", 1 << 40) + bytes(2048), "at most 1,000,000 bytes, got 'x' of 1,099,511,627,776"),
    "negative size": (header("d", -512, tarfile.REGTYPE) * 3, "a negative size|damaged"),
    "sparse file": (header("x", 0, tarfile.GNUTYPE_SPARSE) + bytes(1024), "got a sparse file: 'x'"),
    "headers of headers": (header("x", 1, tarfile.GNUTYPE_LONGNAME).ljust(1024, b"n") * 900, "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused_by_name_and_leaves_nothing(tmp_path, case):
    """Oracle: what was put in; the files on the disk afterwards."""
    data, said = HOSTILE[case]
    file = put(tmp_path, data)
    with pytest.raises(ValueError, match=said):
        unpack(file, tmp_path / "set", files=10, size=1_000_000)
    assert left(tmp_path) == []


GOOD = tar(("a/x", bytes(range(256)) * 40), ("a/y", b"last"))
PACKED = gzip.compress(GOOD, 1)


@pytest.mark.parametrize(
    ("data", "packed"),
    [
        (b"", False),
        (b"\x89PNG", False),
        (GOOD, False),
        (PACKED[: len(PACKED) // 2], False),
        (PACKED[:-8] + bytes(4) + PACKED[-4:], False),
        (PACKED[:-8], False),
        (b"no archive" * 100, True),
        (b"", True),
        (GOOD[:700], True),
        (GOOD[:10_752] + b"\1" + GOOD[10_753:], True),
        (GOOD[:11_000], True),
        (GOOD + b"more", True),
    ],
    ids=["empty", "PNG", "not packed", "half", "checksum", "no checksum", "no tar", "empty tar", "cut in a file",
         "damaged header", "cut in a header", "behind the end"],
)  # fmt: skip
def test_a_damaged_archive_is_refused_and_leaves_nothing(tmp_path, data, packed):
    """Oracle: what was done to it."""
    file = put(tmp_path, data, packed)
    with pytest.raises(ValueError, match=r"expected a whole \.tar\.gz in .*set.tar.gz, got a damaged file"):
        unpack(file, tmp_path / "set", files=10, size=1_000_000)
    assert left(tmp_path) == []


def test_python_s_own_filter_is_obeyed(tmp_path, monkeypatch):
    """Oracle: a filter that refuses everything; and none, as before Python 3.11.4."""

    def refuse(entry, folder):
        raise tarfile.AbsolutePathError(entry)

    file = put(tmp_path, GOOD)
    monkeypatch.setattr(tarfile, "data_filter", refuse)
    with pytest.raises(ValueError, match="Python's data filter accepts in set.tar.gz"):
        unpack(file, tmp_path / "set", files=10, size=1_000_000)
    assert left(tmp_path) == []
    monkeypatch.delattr(tarfile, "data_filter")
    unpack(file, tmp_path / "set", files=10, size=1_000_000)
    assert left(tmp_path) == ["set", "set/a", "set/a/x", "set/a/y"]


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt, OSError(28, "No space left on device")], ids=["Ctrl-C", "full disk"]
)
def test_an_interrupted_unpacking_leaves_nothing(tmp_path, monkeypatch, error):
    """Oracle: the disk in the middle, and afterwards."""
    seen = []

    def interrupted(source, target):
        seen.append(left(tmp_path))
        raise error

    monkeypatch.setattr(archive.shutil, "copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else OSError):
        unpack(put(tmp_path, GOOD), tmp_path / "set", files=10, size=1_000_000)
    assert len(seen[0]) == 3 and "set" not in seen[0] and left(tmp_path) == []


def test_a_folder_that_exists_is_left_alone(tmp_path):
    """Oracle: a file in it; a link that leads nowhere counts."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine").touch()
    os.symlink("nowhere", tmp_path / "link")
    file = put(tmp_path, GOOD)
    for name in ("set", "link"):
        with pytest.raises(FileExistsError, match="expected no folder yet"):
            unpack(file, tmp_path / name, files=10, size=1_000_000)
    assert left(tmp_path) == ["link", "set", "set/mine"]


def test_a_packed_bomb_costs_no_more_than_its_limit(tmp_path, monkeypatch):
    """Oracle: the bytes that were unpacked, of 12 million behind a file that seems small."""
    read = []
    whole = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, size=-1: read.append(whole(self, size)) or read[-1])
    bomb = zlib.compressobj(9, wbits=31)
    data = b"".join([bomb.compress(tar(("x", b""))), *(bomb.compress(bytes(10**6)) for _ in range(12)), bomb.flush()])
    with pytest.raises(ValueError, match="at most 500,000 bytes"):
        unpack(put(tmp_path, data, packed=False), tmp_path / "set", files=10, size=500_000)
    assert len(data) < 100_000 and sum(map(len, read)) < 2_000_000 and left(tmp_path) == []
