"""Write a release into `dist`: the wheel of the library, and the built book as a zip that opens from a folder.

python tools/dist.py    # as `make dist` does; it builds the book first if something has changed

Made twice from one commit on one machine, the files are equal byte for byte: names are sorted, times are the commit's.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE, DIST = ROOT / "_build" / "html", ROOT / "dist"
SOURCES = ("stn_lib", "experiments", "pyproject.toml", "README.md", "LICENSE")
FIRST_TIME = 315_532_800  # 1980, with which the times of a zip begin
NOT_SHIPPED = {".buildinfo", "objects.inv"}  # of Sphinx: for its next build, and for links from other books


def commit_time() -> int:
    """Return the time of the commit, in seconds; that of 1980 in a copy that is no clone."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:  # no git
        return FIRST_TIME
    return int(done.stdout) if done.returncode == 0 else FIRST_TIME


def zip_site(site: Path, target: Path, seconds: int) -> None:
    """Write a site and its licence into a zip, in a folder named like it, all with one time and the same rights."""
    moment = time.gmtime(max(seconds, FIRST_TIME))[:6]
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    files["LICENSE"] = ROOT / "LICENSE"
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in sorted(files.items()):
            if path.name not in NOT_SHIPPED:
                entry = zipfile.ZipInfo(f"{target.stem}/{name}", moment)
                entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as Unix writes it, on every system
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def build_wheel(source: Path, target: Path, seconds: int) -> None:
    """Build the wheel of the package in a folder, with setuptools of this environment."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(max(seconds, FIRST_TIME))}
    subprocess.run([*command, "-w", str(target), "."], cwd=source, env=environment, check=True)


def main() -> int:
    """Write both files and print their sizes; return the exit status."""
    built = subprocess.run([sys.executable, "book/build.py"], cwd=ROOT).returncode
    if built:
        return built
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    seconds = commit_time()
    shutil.rmtree(DIST, ignore_errors=True)  # else files of an earlier version stay
    DIST.mkdir()
    zip_site(SITE, DIST / f"stn-book-{version}.zip", seconds)
    with tempfile.TemporaryDirectory() as folder:  # in the checkout, an old `build` folder would add its files
        for name in SOURCES:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, Path(folder) / name)
        build_wheel(Path(folder), DIST, seconds)
    for path in sorted(DIST.iterdir()):
        print(f"{path.relative_to(ROOT).as_posix():<44} {path.stat().st_size / 1e6:6.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
