"""Find a Chrome or Chromium for the browser tests; with --install, try to install one.

python tools/browser.py             # prints its path
python tools/browser.py --install   # installs one with apt-get, if that asks for no password
"""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

# The headless shell draws the same pages with less work: the tests of pages take a tenth less time.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
# Containers offer no sandbox. The other flags stop the browser's own requests.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = "no Chrome or Chromium found: install one (Debian: apt install chromium), or name it in CHROMIUM"


def find() -> str | None:
    """Return the path of a browser: CHROMIUM, the PATH, the usual places."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else shutil.which(named)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((place for place in PLACES if Path(place).exists()), None)


@contextmanager
def chromium(*more: str):
    """Launch a headless browser with playwright; `more` are flags beside those of every test.

    Raises:
        ValueError: without a browser, or for a program that is none.
    """
    path = find()
    if path is None:
        raise ValueError(MISSING)
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more])
        except Error as error:
            raise ValueError(f"expected a browser at {path}, got a program that does not start as one") from error
        yield browser
        browser.close()


def install() -> None:
    """Install Chromium if apt-get asks for no password; otherwise change nothing."""
    if not shutil.which("apt-get"):
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and (not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode):
        return
    print("Installing Chromium with apt-get …", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run([*root, "apt-get", "-q", "update"], **quiet)
    for package in ("chromium-headless-shell", "chromium"):  # only Debian's newer releases have the first
        if not subprocess.run(
            [*root, "apt-get", "-q", "install", "-y", "--no-install-recommends", package], **quiet
        ).returncode:
            return


def main() -> None:
    if find() is None and "--install" in sys.argv:
        install()
    print(f"Browser: {find() or MISSING + ' (without one, its tests are left out)'}")


if __name__ == "__main__":
    main()
