"""The cover's table of chapters lists the pages of the table of contents, with their numbers and no others."""

import re

import yaml

from tests.conftest import ROOT

PARTS = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
COVER = (ROOT / "book" / "index.md").read_text(encoding="utf-8")


def test_the_cover_lists_every_numbered_chapter_in_order():
    """Oracle: the numbered part of _toc.yml; a link without text shows the title of its page."""
    (chapters,) = (part["chapters"] for part in PARTS if part.get("numbered"))
    expected = [(str(k), chapter["file"].removeprefix("book/")) for k, chapter in enumerate(chapters, 1)]
    assert re.findall(r"^\| (\d+) \| \[\]\((\w+)\.ipynb\) \|", COVER, re.M) == expected


def test_the_number_of_a_chapter_is_that_of_its_file():
    (chapters,) = (part["chapters"] for part in PARTS if part.get("numbered"))
    numbers = [int(re.match(r"book/(\d+)_", chapter["file"])[1]) for chapter in chapters]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_page_of_the_contents_exists_and_every_page_is_in_the_contents():
    listed = {page["file"] for part in PARTS for page in part["chapters"]} | {"book/index"}
    pages = {f"book/{file.stem}" for file in (ROOT / "book").iterdir() if file.suffix in (".md", ".ipynb")}
    assert listed == pages
