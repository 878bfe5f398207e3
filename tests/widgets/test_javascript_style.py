"""The JavaScript is formatted (prettier), linted (eslint), and its shared modules have types (tsc)."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NO_NODE = "node and npm are not installed, so the JavaScript is not checked for style: install nodejs and npm"
NO_PACKAGES = "npm could not install prettier, eslint and typescript, so the JavaScript is not checked: run `npm ci`"


@pytest.fixture(scope="module")
def npm() -> str:
    """npm, with the packages of package-lock.json installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip(NO_NODE)
    installed = ROOT / "node_modules" / ".package-lock.json"
    if installed.exists() and _versions(installed) == _versions(ROOT / "package-lock.json"):
        return npm
    try:
        done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=ROOT, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip(NO_PACKAGES)
    if done.returncode:
        pytest.skip(NO_PACKAGES)
    return npm


def _versions(lock: Path) -> dict[str, str]:
    packages = json.loads(lock.read_text())["packages"]
    # A package for another system is in the lock file and not in the folder.
    return {name: about["version"] for name, about in packages.items() if name and not about.get("optional")}


@pytest.mark.parametrize("script", ["format:check", "lint", "types"])
def test_the_javascript_is_clean(npm, script):
    """Oracle: prettier, eslint and tsc; `npm run format` and the messages say what to do."""
    done = subprocess.run([npm, "run", "--silent", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
