"""The build fails when it should, also the second time, and knows what it has to run again."""

import re
import shutil
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from tests.book import small_book

pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),  # of Sphinx extensions
]


def test_a_failing_cell_fails_the_build_twice_and_is_named(copy):
    small_book.write_notebook(copy, "x = 1\nx / 0")
    for _ in range(2):
        status, told = small_book.build(copy)
        assert status == 1
        assert "one.ipynb: cell 2 failed" in told and "x / 0" in told and "ZeroDivisionError" in told


def test_a_warning_of_sphinx_fails_the_build_twice(copy):
    (copy / "book/index.md").write_text("# A book\n\n{ref}`nowhere`\n")
    for _ in range(2):
        status, told = small_book.build(copy)
        assert status == 1 and "nowhere" in told


def test_a_formula_that_cannot_be_translated_fails_the_build_with_its_text_and_place(copy):
    (copy / "book/index.md").write_text("# A book\n\nA formula, $a + \\unknown{x}$.\n")
    for _ in range(2):
        status, told = small_book.build(copy)
        assert status == 1 and "index.md:3" in told
        assert "Unknown command" in told and r"a + \unknown{x}" in told


def test_an_unchanged_book_is_left_alone_and_prose_runs_nothing_again(copy):
    assert "Nothing changed" in small_book.build(copy)[1]
    page = copy / "book/one.ipynb"
    page.write_text(page.read_text(encoding="utf-8").replace("# One", "# Another title"), encoding="utf-8")
    status, told = small_book.build(copy)
    assert status == 0 and "kept from an earlier run" in told
    assert "Another title" in (copy / "_build/html/book/one.html").read_text(encoding="utf-8")


def test_an_edit_in_the_library_runs_everything_again(copy):
    with small_book.scripts():
        import book_cache
    before = book_cache.key(copy)
    module = copy / "stn_lib/files.py"
    module.write_text(module.read_text(encoding="utf-8") + "\n# a change\n", encoding="utf-8")
    assert book_cache.key(copy) != before


def test_a_checkout_without_a_remote_has_no_launch_button(copy):
    page = copy / "_build/html/book/one.html"
    text = page.read_text(encoding="utf-8")
    assert "mybinder" in text and "colab" in text
    shutil.rmtree(copy / ".git")
    status, told = small_book.build(copy)
    assert status == 0, told
    text = page.read_text(encoding="utf-8")
    assert "mybinder" not in text and "colab" not in text


def test_a_notebook_to_download_holds_the_address_and_the_page_has_no_trace_of_its_cell(copy):
    """Oracle: the remote, without its token."""
    with small_book.scripts():
        import book_install
    site = copy / "_build/html"
    assert book_install.address_of(site / "_sources/book/one.ipynb") == small_book.ADDRESS
    page = (site / "book/one.html").read_text(encoding="utf-8")
    assert "find_spec" not in page and "Install the book" not in page
    small_book.set_address(copy, "")
    assert small_book.build(copy)[0] == 0
    assert book_install.address_of(copy / "book/one.ipynb") == ""
    assert book_install.address_of(site / "_sources/book/one.ipynb") == small_book.ADDRESS


@pytest.mark.parametrize("address", ["", "https://github.com/another/fork"])
def test_colab_has_a_button_only_if_the_notebooks_hold_this_address(copy, address):
    """Colab opens the repository's own notebooks; Binder installs what `.binder` lists."""
    page = copy / "_build/html/book/one.html"
    assert "colab" in page.read_text(encoding="utf-8")
    small_book.set_address(copy, address)
    assert small_book.build(copy)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "mybinder" in text and "colab" not in text


def test_a_site_with_an_address_tells_it_to_search_engines_and_social_networks(copy):
    """Oracle: the addresses by hand. The book is built from a folder first: without an address, there is no trace of one."""
    site, address = copy / "_build/html", "https://someone.github.io/a-course"
    page = site / "book/one.html"
    plain = page.read_text(encoding="utf-8")
    assert "canonical" not in plain and "og:" not in plain and not (site / "sitemap.xml").exists()
    notebook = copy / "book/one.ipynb"
    prose = r"# One & all\n\nA *first* paragraph.\n\nA second one."
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("# One", prose), encoding="utf-8")
    status, told = small_book.build(copy, site=address)
    assert status == 0, told
    text = page.read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{address}/book/one.html" />' in text
    tags = dict(re.findall(r'<meta property="og:(\S+)" content="(.*?)">', text))
    assert tags["title"] == "One &amp; all" and tags["description"] == "A first paragraph."
    assert tags["url"] == f"{address}/book/one.html"
    image = tags["image"].removeprefix(f"{address}/")
    assert (site / image).read_bytes() == (copy / "book/_static/readme.png").read_bytes()
    listed = [element.text for element in ElementTree.parse(site / "sitemap.xml").iter() if element.tag.endswith("loc")]
    assert listed == [f"{address}/book/index.html", f"{address}/book/one.html"]


def test_the_list_of_pages_goes_when_the_address_does(tmp_path, monkeypatch):
    with small_book.scripts():
        import book_address
    app = SimpleNamespace(
        outdir=tmp_path,
        env=SimpleNamespace(found_docs={"b", "a"}),
        builder=SimpleNamespace(format="html", get_target_uri="{}.html".format),
    )
    monkeypatch.setenv("STN_SITE", "https://example.org/")
    book_address._list(app, None)
    text = (tmp_path / "sitemap.xml").read_text(encoding="utf-8")
    assert text.index("https://example.org/a.html") < text.index("https://example.org/b.html")
    monkeypatch.delenv("STN_SITE")
    book_address._list(app, None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["example.org/course", "ftp://example.org", "https://example.org/?page=1"])
def test_an_address_that_is_none_is_refused(address, monkeypatch):
    with small_book.scripts():
        import book_address
    monkeypatch.setenv("STN_SITE", address)
    with pytest.raises(SystemExit, match="expected STN_SITE to be an address"):
        book_address.of_site()
