"""Measure the files that a browser loads for each page of the built book: their size, gzipped, in kB, and their number.

This opens every page in a headless browser and sums the files that the page requests.
"""

import argparse
import gzip
import http.server
import threading
from functools import partial
from urllib.parse import unquote, urlsplit

from experiments.catalogue import ROOT
from tools.browser import chromium

SITE = ROOT / "_build" / "html"
MOST_BYTES, MOST_FILES = 250_000, 20


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def weigh(browser, base: str, page: str) -> dict[str, int]:
    """Return the gzipped size of every file that a page requests."""
    tab, files = browser.new_page(), set()
    tab.on(
        "request",
        lambda request: files.add(unquote(urlsplit(request.url).path)) if request.url.startswith(base) else None,
    )
    tab.goto(base + page, wait_until="networkidle")
    tab.close()
    found = (SITE / name.lstrip("/") for name in sorted(files))
    return {
        path.relative_to(SITE).as_posix(): len(gzip.compress(path.read_bytes())) for path in found if path.is_file()
    }


def main(options: argparse.Namespace) -> int:
    """Print a line for each page. Return 1 if one is heavier, or has more files, than it should."""
    if not SITE.is_dir():
        print("No built book: run `make book` first.")
        return 1
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base, heavy = f"http://127.0.0.1:{server.server_port}/", []
    with chromium() as browser:
        for path in sorted((SITE / "book").glob("*.html")):
            sizes = weigh(browser, base, f"book/{path.name}")
            total = sum(sizes.values())
            if total > MOST_BYTES or len(sizes) > MOST_FILES:
                heavy.append(path.stem)
            heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:3]
            shown = ", ".join(f"{name.rsplit('/', 1)[-1]} {size / 1000:.0f}" for name, size in heaviest)
            print(f"{path.stem:<16} {total / 1000:6.0f} kB in {len(sizes):2} files   heaviest: {shown}")
    server.shutdown()
    if heavy:
        print(f"More than {MOST_BYTES / 1000:.0f} kB or {MOST_FILES} files: {', '.join(heavy)}")
    return 1 if heavy else 0
