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
