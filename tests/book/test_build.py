"""The build fails when it should, also the second time, and knows what it has to run again."""

import shutil

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
