"""The icons of a page. Oracle: by hand, and the box of Font Awesome."""

from tests.book import small_book

with small_book.scripts():
    import book_assets


def test_an_icon_becomes_svg_and_keeps_what_is_not_font_awesome():
    """Oracle: Font Awesome's box for its bars, 448 × 512."""
    svg = book_assets.with_icons('<i class="theme-switch fa-solid fa-bars fa-lg" data-mode="dark" title="Dark"></i>')
    assert svg.startswith(
        '<svg class="stn-icon theme-switch" data-mode="dark" viewBox="0 0 448 512" aria-hidden="true">'
    )


def test_an_icon_that_the_theme_lacks_is_a_warning_which_fails_the_build(caplog):
    with caplog.at_level("WARNING", logger="sphinx"):
        assert "fa-nonsense" in book_assets.with_icons('<i class="fas fa-nonsense"></i>')
