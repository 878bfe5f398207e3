"""Add launch buttons for the repository that this checkout was cloned from, and its address to notebooks to download.

The repository's address is that of git's ``origin``, so it is in no settings file. A checkout with no remote, or with one
that Binder and Colab cannot open, gets no buttons. Colab opens the notebooks of the repository without the library, so its
button needs notebooks that hold this address: `book/set_address.py` writes it into them.
"""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import book_install

_FORMS = (
    re.compile(r"^(?:https?|ssh|git)://(?:[^@/]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+?)(?:\.git)?/?$"),
    re.compile(r"^(?:[^@/]+@)?(?P<host>[^/:]+):(?P<path>[^/].*?)(?:\.git)?/?$"),
)
_HOSTS = {"github.com": "gh", "gitlab.com": "gl"}


class Repository(NamedTuple):
    """A repository that readers can reach."""

    host: str
    path: str
    branch: str

    @property
    def url(self) -> str:
        """Return the address of its page."""
        return f"https://{self.host}/{self.path}"

    def binder(self, source: str) -> str:
        """Return the address that opens ``source`` (a path in the repository) in Binder's JupyterLab."""
        name = quote(self.path, safe="") if self.host == "gitlab.com" else self.path
        where = f"{_HOSTS[self.host]}/{name}/{quote(self.branch, safe='')}"
        return f"https://mybinder.org/v2/{where}?urlpath={quote(f'lab/tree/{source}', safe='')}"


def parse(remote: str, branch: str = "main") -> Repository | None:
    """Return the repository of a git remote's address, without the user names and tokens in it.

    Example:
        >>> parse("https://x-access-token:secret@github.com/someone/stn-course.git").url
        'https://github.com/someone/stn-course'
        >>> parse("git@github.com:someone/stn-course.git").path
        'someone/stn-course'
        >>> parse("/srv/git/stn-course") is None
        True
    """
    for form in _FORMS:
        found = form.match(remote.strip())
        if found and found["host"].lower() in _HOSTS and "/" in found["path"]:
            return Repository(found["host"].lower(), found["path"], branch)
    return None


def of_checkout(root: Path) -> Repository | None:
    """Return the repository that ``root`` was cloned from; None if readers cannot reach it."""
    remote = _git(root, "remote", "get-url", "origin")
    head = _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    return parse(remote, head.removeprefix("origin/") or "main") if remote else None


def install_address(root: Path) -> str:
    """Return the address that a notebook of this checkout is installed from, with the commit if it is pushed."""
    repository = of_checkout(root)
    if repository is None:
        return ""
    commit = _git(root, "rev-parse", "HEAD")
    pushed = commit and _git(root, "for-each-ref", "--count=1", "--contains", commit, "refs/remotes/origin")
    return f"{repository.url}@{commit}" if pushed else repository.url


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _set_buttons(app, config) -> None:
    repository = of_checkout(Path(app.srcdir))
    options = config.html_theme_options
    if repository is None:
        options["launch_buttons"] = {}
        return
    options |= {"repository_url": repository.url, "repository_branch": repository.branch, "path_to_docs": ""}
    options["launch_buttons"] = {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"}
    held = {book_install.address_of(path) for path in Path(app.srcdir, "book").glob("*.ipynb")}
    if repository.host == "github.com" and held == {repository.url}:
        options["launch_buttons"]["colab_url"] = "https://colab.research.google.com"


def _write_downloads(app, exception) -> None:
    address = install_address(Path(app.srcdir))
    for path in Path(app.outdir, "_sources").rglob("*.ipynb"):
        if address and book_install.address_of(path) is not None:
            book_install.write(path, address)


def setup(app) -> dict:
    """Connect this extension to Sphinx."""
    app.connect("config-inited", _set_buttons, priority=100)
    app.connect("build-finished", _write_downloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
