"""Loading a page: what a small page takes, worked by hand, and what the command says when something is missing."""

import gzip
import re

import pytest

from experiments.__main__ import main
from experiments.speed import page_load
from tools.server import served

NOISE = "".join(f"{k * k % 97:02d}" for k in range(20_000))
PAGE = f"""<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="script-src http:"><body style="margin: 0">
<div style="height: 100vh">Text <!-- {NOISE} --></div>
<script src="http://other.example/foreign.js"></script>
<div class="stn-slot"><div class="stn-standin"><figure><svg></svg></figure></div></div>
<script src="slow.js" defer></script>"""
SCRIPT = """
document.body.insertAdjacentHTML("afterbegin", "<div style='height: 50vh'></div>");
document.querySelector(".stn-slot").innerHTML = `<div class="stn-widget"><svg></svg><input type="range" max="3" value="3"></div>`;
document.querySelector("input").addEventListener("input", (event) => {
  document.querySelector(".stn-widget svg").innerHTML = `<circle r="${event.target.value}"/>`;
});"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "slow.js").write_text(SCRIPT)
    return tmp_path


def test_a_page_is_measured_as_a_reader_meets_it(browser, folder):
    """Oracle: by hand: the text moves by half the window's height; the latency is paid for the page, and again for its script."""
    with served(folder) as base:
        figures, files, foreign = page_load.visit(browser, base, "page.html")
    assert figures["shift"] == pytest.approx(0.5, abs=0.02)
    assert figures["first paint"] > 0.15 and figures["first answer"] > 0.3
    assert files == {name: len(gzip.compress((folder / name).read_bytes())) for name in ("page.html", "slow.js")}
    assert (figures["weight"], figures["requests"]) == (sum(files.values()), 2)
    assert foreign == {"other.example"}


def test_a_page_that_never_answers_is_an_error(browser, folder, monkeypatch):
    """Oracle: the message names the page."""
    monkeypatch.setattr(page_load, "WAIT_MS", 1500)
    (folder / "slow.js").write_text(SCRIPT.replace('"input"', '"never"'))
    with served(folder) as base, pytest.raises(ValueError, match=r"page\.html to load and answer within 1.5 s"):
        page_load.visit(browser, base, "page.html")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SITE", page_load.SITE / "absent", "expected a built book in .*: run `make book` first"),
        (
            "BOOKS",
            {"sphinx-gallery": page_load.BOOKS["sphinx-gallery"]._replace(package="no-gallery")},
            "pip install no-gallery",
        ),
    ],
)
def test_what_is_missing_is_said_in_one_line_before_anything_is_built(name, value, said, monkeypatch, capsys, tmp_path):
    """Oracle: the message, and the status of a wrong command."""
    (tmp_path / "index.html").touch()
    monkeypatch.setattr(page_load, "SITE", tmp_path)
    monkeypatch.setattr(page_load, name, value)
    assert main(["speed", "page_load", "--books", "this", "sphinx-gallery"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and re.search(said, error)


def test_a_missing_browser_is_said_in_one_line_before_anything_is_built(monkeypatch, capsys):
    """Oracle: the message, and the status of a wrong command."""
    monkeypatch.setenv("CHROMIUM", "/absent")
    monkeypatch.setattr(page_load, "check", lambda books: None)
    assert main(["speed", "page_load"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "no Chrome or Chromium found: install one" in error
