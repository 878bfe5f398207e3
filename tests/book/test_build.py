"""The build fails when it should, also the second time, and knows what it has to do again. It publishes whole sites."""

import contextlib
import errno
import os
import re
import shutil
import sqlite3
from types import SimpleNamespace
from unittest import mock
from xml.etree import ElementTree

import filelock
import pytest

from tests.book import small_book

pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),  # of Sphinx extensions
]


def files(site):
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def full_database():
    """What sqlite raises when its file may not grow."""
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table one (two)")
        database.execute("pragma max_page_count = 2")
        try:
            database.execute("insert into one values (zeroblob(1000000))")
        except sqlite3.OperationalError as error:
            return error


def test_a_failing_cell_fails_the_build_twice_and_is_named(copy):
    small_book.write_notebook(copy, "x = 1\nx / 0")
    for _ in range(2):
        status, told = small_book.build(copy)
        assert status == 1
        assert "one.ipynb: cell 2 failed" in told and "x / 0" in told and "ZeroDivisionError" in told


def test_a_warning_of_sphinx_fails_the_build_twice_and_the_site_stays(copy):
    """Of a reference to nothing, and of a formula that cannot be translated, with its text and place."""
    before = files(copy / "_build/html")
    (copy / "book/index.md").write_text("# A book\n\n{ref}`nowhere`\n\nA formula, $a + \\unknown{x}$.\n")
    for _ in range(2):
        status, told = small_book.build(copy)
        assert status == 1 and "nowhere" in told and "index.md:5" in told
        assert "Unknown command" in told and r"a + \unknown{x}" in told
    assert files(copy / "_build/html") == before


def test_an_interrupted_build_leaves_the_site_and_is_made_good_without_running_a_notebook(copy):
    """Oracle: the site before, whose words the new sentence has."""
    site = copy / "_build/html"
    before = files(site)
    assert "Nothing changed" in small_book.build(copy)[1]
    edit(copy / "book/one.ipynb", "# One", "# One\\n\\nOne book.")

    def stop(source, out, **settings):  # as Sphinx is stopped: it caught the interrupt, and the pages are new but torn
        for page in out.rglob("*.*"):
            page.write_bytes(page.read_bytes()[:100])
        return KeyboardInterrupt()

    with mock.patch("jupyter_book.sphinx.build_sphinx", stop), pytest.raises(KeyboardInterrupt):
        small_book.build(copy)
    assert files(site) == before
    status, told = small_book.build(copy)
    assert status == 0 and "kept from an earlier run" in told
    after = files(site)
    page = "book/one.html"
    assert after[page].replace(b"<p>One book.</p>\n", b"") == before[page] != after[page]
    edited = dict.fromkeys((page, "_sources/book/one.ipynb", "searchindex.js"))
    assert after | edited == before | edited
    assert after["searchindex.js"].endswith(b"})")


@pytest.mark.parametrize(
    ("name", "kept"), [("book/index.md", True), ("_toc.yml", False), ("book/_ext/book_math.py", False)]
)
def test_pages_are_all_written_again_only_if_the_contents_or_an_extension_changed(copy, name, kept):
    """Sphinx itself does not notice those two."""
    found = []

    def sphinx(source, out, **settings):
        found.append((out / "book/one.html").exists())
        out.mkdir(parents=True, exist_ok=True)
        return 0

    with (copy / name).open("a") as file:
        file.write("\n# An edit\n")
    with mock.patch("jupyter_book.sphinx.build_sphinx", sphinx):
        assert small_book.build(copy)[0] == 0
    assert found == [kept]


@pytest.mark.parametrize(
    ("refusing", "answer"),
    [
        ("filelock.FileLock.acquire", {"side_effect": OSError(errno.EROFS, "Read-only file system")}),
        ("shutil.disk_usage", {"return_value": SimpleNamespace(free=3_000_000)}),
        ("run_notebooks.run_all", {"side_effect": ExceptionGroup("", [OSError(errno.ENOSPC, "No space left")])}),
        ("run_notebooks.get_cache", {"side_effect": full_database()}),
        ("jupyter_book.sphinx.build_sphinx", {"return_value": OSError(errno.EDQUOT, "Disk quota exceeded")}),
        ("shutil.copytree", {"side_effect": OSError(errno.ENOSPC, "No space left")}),
    ],
)
def test_a_disk_that_takes_no_file_is_told_in_one_line_and_the_site_stays(copy, refusing, answer):
    before = files(copy / "_build/html")
    edit(copy / "book/index.md", "A book", "Another title")
    sphinx = mock.patch("jupyter_book.sphinx.build_sphinx", return_value=0)
    with small_book.scripts(), sphinx, mock.patch(refusing, **answer):
        status, told = small_book.build(copy)
    *progress, line = told.splitlines()
    assert status == 1 and line.startswith(f"expected to write into {copy / '_build'}, got ")
    assert progress in ([], ["Writing the pages …"])
    assert files(copy / "_build/html") == before


def test_a_second_build_waits_for_the_first(copy):
    stamp = copy / "_build/.inputs.json"
    noted = stamp.read_text(encoding="utf-8")
    stamp.unlink()
    first = filelock.FileLock(copy / "_build/.lock", thread_local=False)
    first.acquire()

    def finish_first(*said, **options):
        stamp.write_text(noted, encoding="utf-8")
        first.release()

    with small_book.scripts():
        import build
    with mock.patch.object(build, "print", create=True, side_effect=finish_first) as printed:
        assert small_book.build(copy)[0] == 0
    waiting, nothing = (call.args[0] for call in printed.call_args_list)
    assert waiting.startswith("Another process builds this book") and nothing.startswith("Nothing changed")


def test_an_edit_in_the_library_runs_everything_again(copy):
    with small_book.scripts():
        import book_cache
    before = book_cache.key(copy)
    module = copy / "stn_lib/files.py"
    module.write_text(module.read_text(encoding="utf-8") + "\n# a change\n", encoding="utf-8")
    assert book_cache.key(copy) != before


def test_a_record_that_is_written_during_the_build_runs_no_notebook_again(copy):
    """Oracle: the cache of the changed library is empty, and the page has the outputs of the notebook."""
    with small_book.scripts():
        import book_cache
        import build
    write_pages, module = build.write_pages, copy / "stn_lib/files.py"

    def later():
        module.write_text(module.read_text(encoding="utf-8") + "\n# a change\n", encoding="utf-8")
        return write_pages()

    page = copy / "book/one.ipynb"
    page.write_text(page.read_text(encoding="utf-8") + "\n", encoding="utf-8")  # else nothing changed
    with mock.patch.object(build, "write_pages", later):
        assert small_book.build(copy)[0] == 0
    assert not book_cache.folder(copy).exists() and "STN_NOTEBOOK_CACHE" not in os.environ


def test_a_checkout_in_a_folder_named_like_a_build_product_has_files(tmp_path):
    with small_book.scripts():
        import book_cache
    page = tmp_path / "_build/course/book/page.md"
    product = tmp_path / "_build/course/book/_build/page.html"
    for file in (page, product):
        file.parent.mkdir(parents=True)
        file.write_text("text", encoding="utf-8")
    assert book_cache.files_under(tmp_path / "_build/course/book") == [page]


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
    """Oracle: the remote, without its token. Without the address in the notebooks themselves, Colab has no button."""
    with small_book.scripts():
        import book_install
    download, page = copy / "_build/html/_sources/book/one.ipynb", copy / "_build/html/book/one.html"
    assert book_install.address_of(download) == small_book.ADDRESS
    text = page.read_text(encoding="utf-8")
    assert "find_spec" not in text and "Install the book" not in text
    assert "colab" in text
    small_book.write_notebook(copy, "1 + 1")
    small_book.set_address(copy, "")
    assert small_book.build(copy)[0] == 0
    assert book_install.address_of(copy / "book/one.ipynb") == ""
    assert book_install.address_of(download) == small_book.ADDRESS
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


@pytest.mark.parametrize("address", ["", "https://github.com/another/fork", small_book.ADDRESS])
def test_colab_has_a_button_only_if_the_notebooks_hold_this_address(tmp_path, address):
    """Colab opens the repository's own notebooks; Binder installs what `.binder` lists."""
    with small_book.scripts():
        import book_launch
    (tmp_path / "book").mkdir()
    small_book.write_notebook(tmp_path, "1 + 1")
    small_book.set_remote(tmp_path)
    small_book.set_address(tmp_path, address)
    config = SimpleNamespace(html_theme_options={})
    book_launch._set_buttons(SimpleNamespace(srcdir=tmp_path), config)
    buttons = config.html_theme_options["launch_buttons"]
    assert "binderhub_url" in buttons and ("colab_url" in buttons) == (address == small_book.ADDRESS)
