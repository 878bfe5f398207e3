"""Build the book: run every notebook, then write the pages.

    python book/build.py            # what `make book` calls
    python book/build.py --force    # again from the start

As many notebooks run at the same time as there are cores, each in one process with one torch thread. Their outputs stay
in `_build/.jupyter_cache`, in a folder named after the library and the requirements (book/_ext/book_cache.py). So an
edit of prose runs no notebook again, and an edit of the library runs all of them again. After a failing cell or a Sphinx
warning the exit status is 1.

Sphinx writes into `_build/.pages`; the finished pages replace `_build/html` as a whole. So a build that fails or is killed
leaves the earlier site as it was, and the next build starts the pages again.
"""

import argparse
import contextlib
import errno
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import book_address  # noqa: E402  (found through the line above)
import book_cache  # noqa: E402
import book_launch  # noqa: E402
import book_styles  # noqa: E402

BUILD = ROOT / "_build"
SITE = BUILD / "html"
PAGES = BUILD / ".pages"
STAMP = BUILD / ".inputs.json"
ROOM = 50_000_000  # bytes; a build of the whole book from the start takes about 30 MB
_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
# Of the database in which jupyter-cache lists the outputs.
_REFUSALS_OF_SQLITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def inputs() -> str:
    """Return a hash of everything that the site is made from."""
    settings = [ROOT / "_config.yml", ROOT / "_toc.yml"]
    paths = [path for path in settings if path.exists()] + book_cache.files_under(ROOT / "book")
    addresses = str(book_launch.of_checkout(ROOT)), book_address.of_site()
    return book_cache.digest(paths, book_cache.key(ROOT), *addresses, root=ROOT)


def site_listing() -> list:
    """Return names and sizes of the site's files, to notice a site that was deleted or is incomplete."""
    return sorted(
        [path.relative_to(SITE).as_posix(), path.stat().st_size] for path in SITE.rglob("*") if path.is_file()
    )


def is_current(wanted: str) -> bool:
    """Return whether the site was made from the present inputs and is complete."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return stamp == {"inputs": wanted, "site": site_listing()}


def write_pages() -> bool:
    """Run Sphinx with Jupyter Book's settings; a warning counts as a failure.

    Sphinx notices which pages changed, but not that it was stopped while it wrote one, that a page with a warning must warn
    again, that a page left the table of contents, or that an extension or the library was edited. Then all pages are
    written again.
    """
    from jupyter_book.sphinx import build_sphinx

    programs = [ROOT / "_config.yml", ROOT / "_toc.yml", *book_cache.files_under(ROOT / "book" / "_ext")]
    wanted, finished = book_cache.digest(programs, book_cache.key(ROOT), root=ROOT), PAGES / "finished"
    noted = finished.read_text(encoding="utf-8") if finished.exists() else None
    finished.unlink(missing_ok=True)
    if noted != wanted:
        shutil.rmtree(PAGES, ignore_errors=True)
    overrides = {"external_toc_path": str(ROOT / "_toc.yml"), "latex_individualpages": False, "nitpicky": True}
    status = build_sphinx(
        ROOT,
        PAGES / "html",
        path_config=ROOT / "_config.yml",
        noconfig=True,
        quiet=True,
        confoverrides=overrides,
        doctreedir=PAGES / "doctrees",
        warningiserror=True,
        keep_going=True,
    )
    if isinstance(status, KeyboardInterrupt) or refusal(status):  # build_sphinx returns what it caught
        raise status
    if status == 0:
        finished.write_text(wanted, encoding="utf-8")
    return status == 0


def publish(wanted: str) -> None:
    """Replace the site by the finished pages, whole, and note what they were made from."""
    fresh, old = BUILD / ".fresh", BUILD / ".old"
    for folder in (fresh, old):  # of a build that was killed here
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PAGES / "html", fresh, ignore=shutil.ignore_patterns(".buildinfo"))
    book_styles.write(fresh)
    STAMP.unlink(missing_ok=True)
    if SITE.exists():
        SITE.rename(old)
    fresh.rename(SITE)
    STAMP.write_text(json.dumps({"inputs": wanted, "site": site_listing()}), encoding="utf-8")
    shutil.rmtree(old, ignore_errors=True)


def sweep_caches() -> None:
    """Delete outputs of earlier versions of the library."""
    current = book_cache.folder(ROOT)
    for folder in current.parent.iterdir() if current.parent.is_dir() else ():
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)


def require_room() -> None:
    """Refuse to start on a disk that a build would fill.

    Raises:
        OSError: with the free space.
    """
    free = shutil.disk_usage(BUILD).free
    if free < ROOM:
        raise OSError(errno.ENOSPC, f"{free / 1e6:.0f} MB free, where a build needs {ROOM / 1e6:.0f} MB", str(BUILD))


def refusal(error: object) -> Exception | None:
    """Return the error, among an error's parts and causes, by which the disk refused a file: full, or not writable."""
    if isinstance(error, OSError) and error.errno in _REFUSALS:
        return error
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) % 256 in _REFUSALS_OF_SQLITE:
        return error
    parts = (*getattr(error, "exceptions", ()), getattr(error, "__cause__", None), getattr(error, "__context__", None))
    return next(filter(None, (refusal(part) for part in parts if part is not None)), None)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time build this book; another one waits."""
    from filelock import FileLock, Timeout

    BUILD.mkdir(exist_ok=True)
    lock = FileLock(BUILD / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print("Another process builds this book. Waiting until it has ended …", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def build(wanted: str, force: bool, jobs: int) -> int:
    """Run the notebooks, write the pages and publish them, for these inputs; return the exit status."""
    started = time.perf_counter()
    require_room()
    if force:
        for folder in (PAGES, BUILD / ".jupyter_cache"):
            shutil.rmtree(folder, ignore_errors=True)
    import run_notebooks  # imported here, so that a build with nothing to do does not wait for it

    sweep_caches()
    cache = book_cache.folder(ROOT)
    seconds = run_notebooks.run_all(ROOT, cache, jobs)
    if seconds is None:
        return 1
    print("Writing the pages …", flush=True)
    before = time.perf_counter()
    with book_cache.chosen(cache):
        if not write_pages():
            print("The pages were not finished: see above what Sphinx reports.", file=sys.stderr)
            return 1
    publish(wanted)
    pages = time.perf_counter() - before
    for name, spent in seconds.items():
        print(f"  {name:<24} {f'{spent:6.1f} s' if spent else '  kept from an earlier run'}")
    print(f"  {'pages':<24} {pages:6.1f} s\n  {'total':<24} {time.perf_counter() - started:6.1f} s")
    print(f"The book: {(SITE / 'index.html').as_uri()}")
    return 0


def nothing_changed() -> int:
    print(f"Nothing changed. The book: {(SITE / 'index.html').as_uri()}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Build what is not current; return the exit status."""
    parser = argparse.ArgumentParser(description="Run the notebooks and build the book's pages.")
    parser.add_argument("--force", action="store_true", help="run and build everything again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="notebooks to run at a time")
    options = parser.parse_args(arguments)
    try:
        if not options.force and is_current(inputs()):  # before the lock, for a read-only disk has none
            return nothing_changed()
        with alone():
            wanted = inputs()
            if not options.force and is_current(wanted):  # another process has built it meanwhile
                return nothing_changed()
            return build(wanted, options.force, options.jobs)
    except Exception as error:
        reason = refusal(error)
        if reason is None:
            raise
        print(
            f"expected to write into {BUILD}, got {reason}: make room there, or build a copy of the book in a "
            "folder that you may write to",
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped. Nothing is lost: run it again to go on.", file=sys.stderr)
        sys.exit(130)
