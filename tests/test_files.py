"""Atomic file writes."""

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
