"""Finds a browser for the tests of the built pages, and installs one where that is possible.

    python tests/browser.py            # prints the path of the browser it found
    python tests/browser.py --install  # installs Chromium first, if there is none and it may
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
         "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "{PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
    "{PROGRAMFILES(X86)}/Google/Chrome/Application/chrome.exe",
    "{LOCALAPPDATA}/Google/Chrome/Application/chrome.exe",
    "{PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
    "{PROGRAMFILES}/Microsoft/Edge/Application/msedge.exe",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
MISSING = ("No Chrome, Chromium or Edge found: left out the browser tests (tests/book). "
           "Install one of them, or set CHROMIUM to its path.")


def find() -> str | None:
    """The path of a browser that speaks Chrome's protocol: ``$CHROMIUM``, the PATH, the usual places."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).is_file() else shutil.which(named)
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or next((place for place in map(_expand, PLACES) if place and Path(place).is_file()), None)


def _expand(place: str) -> str:
    if not place.startswith("{"):
        return place
    name, rest = place[1:].split("}", 1)
    return os.environ[name] + rest if name in os.environ else ""


def install() -> None:
    """Installs Debian's Chromium where this user may do so without being asked for a password."""
    if find() or not shutil.which("apt-get"):
        return
    sudo = [] if getattr(os, "geteuid", lambda: 1)() == 0 else ["sudo", "-n"]
    if sudo and (not shutil.which("sudo") or subprocess.run([*sudo, "true"], capture_output=True).returncode):
        return
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        if subprocess.run([*sudo, *environment, "apt-get", *words], stdout=subprocess.DEVNULL).returncode:
            return


if __name__ == "__main__":
    if "--install" in sys.argv:
        install()
    print(find() or MISSING)
