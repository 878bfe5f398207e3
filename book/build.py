"""Build the book: run every notebook, then write the pages.

    python book/build.py            # what `make book` calls
    python book/build.py --force    # again from the start

As many notebooks run at the same time as there are cores, each in one process with one torch thread. Their outputs stay
in `_build/.jupyter_cache`, in a folder named after the library and the requirements (book/_ext/book_cache.py). So an
edit of prose runs no notebook again, and an edit of the library runs all of them again. After a failing cell or a Sphinx
warning the exit status is 1.
"""

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import book_address  # noqa: E402  (found through the line above)
import book_cache  # noqa: E402
import book_launch  # noqa: E402

BUILD = ROOT / "_build"
SITE = BUILD / "html"
STAMP = BUILD / ".inputs.json"


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
    """Run Sphinx with Jupyter Book's settings; a warning counts as a failure."""
    from jupyter_book.sphinx import build_sphinx

    doctrees = BUILD / ".doctrees"
    overrides = {"external_toc_path": str(ROOT / "_toc.yml"), "latex_individualpages": False, "nitpicky": True}
    done = False
    try:
        status = build_sphinx(
            ROOT,
            SITE,
            path_config=ROOT / "_config.yml",
            noconfig=True,
            quiet=True,
            confoverrides=overrides,
            doctreedir=doctrees,
            warningiserror=True,
            keep_going=True,
        )
        done = status == 0
    finally:
        if not done:  # a page with a warning must be built, and must warn, again
            shutil.rmtree(doctrees, ignore_errors=True)
            (SITE / ".buildinfo").unlink(missing_ok=True)
    return done


def sweep_caches() -> None:
    """Delete outputs of earlier versions of the library."""
    current = book_cache.folder(ROOT)
    for folder in current.parent.iterdir() if current.parent.is_dir() else ():
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Build what is not current; return the exit status."""
    parser = argparse.ArgumentParser(description="Run the notebooks and build the book's pages.")
    parser.add_argument("--force", action="store_true", help="run and build everything again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="notebooks to run at a time")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    wanted = inputs()
    page = SITE / "index.html"
    if not options.force and is_current(wanted):
        print(f"Nothing changed. The book: {page.as_uri()}")
        return 0
    STAMP.unlink(missing_ok=True)
    if options.force:
        for folder in (SITE, BUILD / ".doctrees", BUILD / "jupyter_execute", BUILD / ".jupyter_cache"):
            shutil.rmtree(folder, ignore_errors=True)
    import run_notebooks  # imported here, so that a build with nothing to do does not wait for it

    sweep_caches()
    seconds = run_notebooks.run_all(ROOT, book_cache.folder(ROOT), options.jobs)
    if seconds is None:
        return 1
    print("Writing the pages …", flush=True)
    before = time.perf_counter()
    if not write_pages():
        print("The pages were not finished: Sphinx warned, see above.", file=sys.stderr)
        return 1
    pages = time.perf_counter() - before
    STAMP.write_text(json.dumps({"inputs": wanted, "site": site_listing()}), encoding="utf-8")
    for name, spent in seconds.items():
        print(f"  {name:<24} {f'{spent:6.1f} s' if spent else '  kept from an earlier run'}")
    print(f"  {'pages':<24} {pages:6.1f} s\n  {'total':<24} {time.perf_counter() - started:6.1f} s")
    print(f"The book: {page.as_uri()}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped. Nothing is lost: run it again to go on.", file=sys.stderr)
        sys.exit(130)
