"""The zip of a release: which files, in which order, and that it is the same if it is made twice."""

import os
import zipfile

from tools import dist

COMMITTED = 1_700_000_000  # 14 November 2023, 22:13:20 UTC


def lay_out(site, names, seconds):
    for name in names:
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}", encoding="utf-8")
        os.utime(path, (seconds, seconds))


def test_two_zips_of_the_same_files_are_equal_whatever_their_times_and_order(tmp_path):
    names = ["index.html", "book/one.html", "_static/a.css", ".buildinfo", "objects.inv"]
    lay_out(tmp_path / "first", names, 1_000_000_000)
    lay_out(tmp_path / "second", names[::-1], 1_600_000_000)
    (tmp_path / "again").mkdir()
    one, two = tmp_path / "stn-book-1.zip", tmp_path / "again" / "stn-book-1.zip"
    dist.zip_site(tmp_path / "first", one, COMMITTED)
    dist.zip_site(tmp_path / "second", two, COMMITTED)
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert archive.namelist() == [
            "stn-book-1/LICENSE",
            "stn-book-1/_static/a.css",
            "stn-book-1/book/one.html",
            "stn-book-1/index.html",
        ]
        assert archive.read("stn-book-1/book/one.html") == b"content of book/one.html"
        assert {entry.date_time for entry in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
