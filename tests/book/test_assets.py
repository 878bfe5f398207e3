"""What the build keeps of the theme's style sheets, and its icons. Oracle: small sheets, by hand."""

import pytest

from tests.book import small_book

with small_book.scripts():
    import book_assets


@pytest.mark.parametrize(
    ("sheet", "kept"),
    [
        (".a, .b .c { top: 0 }", ".a{top: 0}"),
        ("#a:not(.gone) > p.b { top: 0 } #gone { top: 1px }", "#a:not(.gone) > p.b{top: 0}"),
        ("@media print { .gone { top: 0 } } p { color: #a1b2c3 }", "p{color: #a1b2c3}"),
        (
            "@font-face { font-family: 'Font Awesome 6 Free' } @font-face { font-family: b }",
            "@font-face{font-family: b}",
        ),
        ('@import "x.css"; /* .a */ [class~="gone"] { top: 0 }', '[class~="gone"]{top: 0}'),
    ],
)
def test_a_rule_stays_if_the_pages_name_its_classes(sheet, kept):
    assert book_assets.used_rules(sheet, {"a", "b"}).replace(" {", "{") == kept


def test_a_variable_goes_once_nothing_uses_it_and_its_strings_may_hold_any_sign():
    sheet = ':root{--used: 1;--gone: url("data:image/svg+xml;a{b}");--last: var(--used)}p{top: 0}'
    assert book_assets.without_unused_variables(sheet, "--last") == ":root{--used: 1;--last: var(--used)}p{top: 0}"
    assert book_assets.without_unused_variables(sheet, "") == "p{top: 0}"


def test_an_animation_goes_if_nothing_names_it():
    sheet = "@keyframes gone{from{top: 0}to{top: 1px}}@keyframes used{to{top: 0}}p{animation: used 1s}"
    assert book_assets.without_unused_variables(sheet, "") == "@keyframes used{to{top: 0}}p{animation: used 1s}"


def test_an_icon_becomes_svg_and_keeps_what_is_not_font_awesome():
    """Oracle: Font Awesome's box for its bars, 448 × 512."""
    svg = book_assets.with_icons('<i class="theme-switch fa-solid fa-bars fa-lg" data-mode="dark" title="Dark"></i>')
    assert svg.startswith(
        '<svg class="stn-icon theme-switch" data-mode="dark" viewBox="0 0 448 512" aria-hidden="true">'
    )


def test_an_icon_that_the_theme_lacks_is_a_warning_which_fails_the_build(caplog):
    with caplog.at_level("WARNING", logger="sphinx"):
        assert "fa-nonsense" in book_assets.with_icons('<i class="fas fa-nonsense"></i>')
