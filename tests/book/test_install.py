"""A notebook opened alone: its cell `install` installs the library, or says in one line why it cannot."""

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
from unittest import mock

import pytest

from tests.book import small_book
from tests.book.small_book import ADDRESS
from tests.conftest import ROOT

with small_book.scripts():
    import book_install
    import book_launch
    import set_address

NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))


def git(folder, *arguments):
    who = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    done = subprocess.run(["git", "-C", folder, *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def run_cell(address, found=None, status=0):
    """Run the cell with an import system and a pip that are only pretended; return the commands it ran."""
    pip = mock.Mock(return_value=mock.Mock(returncode=status, stderr="ERROR: no network"))
    with mock.patch.object(importlib.util, "find_spec", lambda name: found), mock.patch("subprocess.run", pip):
        exec(book_install.source(address), {})
    return [call.args[0] for call in pip.call_args_list]


def test_every_notebook_has_the_cell_and_one_address():
    """The cell stands before all other code, so that nothing is imported before it."""
    held = {book_install.address_of(path) for path in NOTEBOOKS}
    assert len(held) == 1, f"run book/set_address.py: {held}"
    (address,) = held
    assert address == "" or book_launch.parse(address).url == address
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert next(cell for cell in cells if cell["cell_type"] == "code") == book_install.cell(address), path.name


def test_it_does_nothing_where_the_library_is():
    assert run_cell(ADDRESS, found=object()) == []


def test_it_installs_from_the_address_into_the_notebooks_own_python():
    """Oracle: pip's form of a requirement from git."""
    library = f"git+{ADDRESS}@0123abc"
    assert run_cell(f"{ADDRESS}@0123abc") == [[sys.executable, "-m", "pip", "install", "--quiet", library]]


def test_a_failed_installation_is_one_line_after_pips_own(capsys):
    with pytest.raises(Exception, match=f"pip could not install git.{ADDRESS}: see above"):
        run_cell(ADDRESS, status=1)
    assert "ERROR: no network" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "address"),
    [(["git@github.com:someone/a-course.git"], ADDRESS), ([f"{ADDRESS}/"], ADDRESS), (["--none"], ""), ([], ADDRESS)],
)
def test_one_command_writes_the_address_and_changes_nothing_else(arguments, address, tmp_path, monkeypatch):
    """Oracle: the notebook before, without its address."""
    (tmp_path / "book").mkdir()
    small_book.set_remote(tmp_path)
    before = NOTEBOOKS[0].read_text(encoding="utf-8")
    copy = tmp_path / "book" / "one.ipynb"
    copy.write_text(before, encoding="utf-8")
    monkeypatch.setattr(set_address, "ROOT", tmp_path)
    assert set_address.main(arguments) == 0
    after = copy.read_text(encoding="utf-8")
    assert book_install.address_of(copy) == address
    held = book_install.address_of(NOTEBOOKS[0])
    assert after == before.replace(f'address = \\"{held}\\"', f'address = \\"{address}\\"')


@pytest.mark.parametrize("arguments", [["/srv/git/a-course"], []])
def test_an_address_that_readers_cannot_reach_is_refused(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(set_address, "ROOT", tmp_path)
    assert set_address.main(arguments) == 1
    assert "expected a repository on GitHub or GitLab" in capsys.readouterr().err


def test_a_download_names_the_commit_once_it_is_pushed(tmp_path):
    """Oracle: git's own hash of the commit."""
    assert book_launch.install_address(tmp_path) == ""
    small_book.set_remote(tmp_path)
    assert book_launch.install_address(tmp_path) == ADDRESS
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "One")
    assert book_launch.install_address(tmp_path) == ADDRESS
    git(tmp_path, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    assert book_launch.install_address(tmp_path) == f"{ADDRESS}@{git(tmp_path, 'rev-parse', 'HEAD')}"
    git(tmp_path, "remote", "set-head", "origin", "trunk")  # as the workflows do, whose clones lack it
    assert book_launch.of_checkout(tmp_path).branch == "trunk"


ALONE = """
import json, sys
sys.path += json.loads(sys.argv[1])  # IPython, but not the library: python -S follows no .pth file
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
print(shell.run_cell(json.loads(sys.argv[2])).success)
shell.run_cell("import stn_lib; print(stn_lib.__path__[0])")
"""


def alone(folder, address, *paths, **environment):
    """Run the cell, then an import, in an IPython that has no `stn_lib`, from an empty folder."""
    arguments = json.dumps([sysconfig.get_path("purelib"), *paths]), json.dumps(book_install.source(address))
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-S", "-P", "-c", ALONE, *arguments],
        cwd=folder, env=clean | {"IPYTHONDIR": str(folder)} | environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.process
def test_without_an_address_it_says_so_in_one_line(tmp_path):
    done = alone(tmp_path, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("UsageError: stn_lib is missing, and this notebook holds no address to install it from: run")
    assert done.stdout.startswith("False\n"), "the run of the notebook must stop here"


@pytest.mark.process
def test_from_an_address_it_installs_that_commit(tmp_path):
    """Oracle: what pip notes of the commit; the folder that the module comes from. Without dependencies: they are there."""
    if not (ROOT / ".git").exists():
        pytest.skip("this copy is no clone: there is no commit to install")
    site, commit = tmp_path / "site", git(ROOT, "rev-parse", "HEAD")
    options = {"PIP_TARGET": site, "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}
    done = alone(tmp_path, f"{ROOT.as_uri()}@{commit}", str(site), **{k: str(v) for k, v in options.items()})
    assert done.stdout.splitlines()[-2:] == ["True", str(site / "stn_lib")], done.stdout + done.stderr
    (noted,) = site.glob("stn_lib-*.dist-info/direct_url.json")
    assert json.loads(noted.read_text())["vcs_info"]["commit_id"] == commit


def test_a_notebook_of_an_editor_that_wrote_it_again_keeps_its_address(tmp_path):
    """Oracle: nbformat, which Jupyter and VS Code write with."""
    import nbformat  # two seconds, for this test alone

    book = tmp_path / "one.ipynb"
    book.write_text(NOTEBOOKS[0].read_text(encoding="utf-8"), encoding="utf-8")
    book_install.write(book, ADDRESS)
    nbformat.write(nbformat.read(book, 4), book)
    assert book_install.address_of(book) == ADDRESS
