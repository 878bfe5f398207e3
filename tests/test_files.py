"""Atomic file writes."""

import errno
import os

import pytest

from stn_lib import files


def test_a_failing_write_leaves_the_old_file(tmp_path, monkeypatch):
    """Oracle: the bytes from before."""
    path = tmp_path / "file"
    files.write_atomically(path, b"old")

    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        files.write_atomically(path, b"new and longer")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_errors_name_the_file_that_was_to_be_written(tmp_path, monkeypatch):
    """Oracle: its path. A full disk names no file, a failing rename the temporary one, a file as a folder that folder."""
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(IsADirectoryError) as renamed:
        files.write_atomically(path, b"content")
    (tmp_path / "text").write_text("")
    with pytest.raises(OSError) as inside:
        files.write_atomically(tmp_path / "text" / "file", b"content")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError) as no_room:
        files.write_atomically(path, b"content")
    assert renamed.value.filename == no_room.value.filename == str(path) and renamed.value.filename2 is None
    assert inside.value.filename == str(tmp_path / "text" / "file")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "text"]


def test_a_check_finds_before_what_a_write_finds_after_and_leaves_nothing(tmp_path):
    """Oracle: the errors of `write_atomically`; the files from before."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("")
    for name in ("folder", "text/a/file", "x" * 250):  # the last is too long with the temporary file's ending
        with pytest.raises(OSError) as written:
            files.write_atomically(tmp_path / name, b"content")
        with pytest.raises(OSError) as checked:
            files.check_writable(tmp_path / name)
        assert (checked.value.errno, checked.value.filename) == (written.value.errno, str(tmp_path / name))
    for name in ("text", "new", "a/new/folder/file"):
        files.check_writable(tmp_path / name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "text"]
