"""Which rules a page gets of the style sheets. Oracle: small sheets, by hand."""

import pytest

from tests.book import small_book

with small_book.scripts():
    import book_styles


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
    assert "".join(book_styles.used_rules(sheet, {"a", "b"})) == kept


def test_a_variable_goes_once_nothing_uses_it_and_its_strings_may_hold_any_sign():
    sheet = ':root{--used: 1;--gone: url("data:image/svg+xml;a{b}");--last: var(--used)}p{top: 0}'
    assert book_styles.without_unused_variables(sheet, "--last") == ":root{--used: 1;--last: var(--used)}p{top: 0}"
    assert book_styles.without_unused_variables(sheet, "") == "p{top: 0}"


def test_an_animation_goes_if_nothing_names_it():
    sheet = "@keyframes gone{from{top: 0}to{top: 1px}}@keyframes used{to{top: 0}}p{animation: used 1s}"
    assert book_styles.without_unused_variables(sheet, "") == "@keyframes used{to{top: 0}}p{animation: used 1s}"


def test_a_page_gets_the_rules_that_it_or_its_scripts_name_and_all_of_its_explorables_once_and_in_order(tmp_path):
    """The sheets of two explorables share a rule; the address of a file is that of the sheet, not of the page."""
    (tmp_path / "_static/widgets").mkdir(parents=True)
    (tmp_path / "book").mkdir()
    sheets = {
        "book": '@font-face{src: url("a.woff2")}.a{background: url(b.png)}.c,.gone{top: 0}@media print{.gone{top: 0}}p{top: 0}p{top: 3px}p{top: 0}',
        "widgets/x": ".a{top: 2px}\n.b { top: 1px; }",
        "widgets/y": ".a { top: 2px }\n.d{top: 1px}",
    }
    for name, sheet in sheets.items():
        (tmp_path / f"_static/{name}.css").write_text(sheet)
    (tmp_path / "_static/x.js").write_text('node.className = "c"')
    links = "\n".join(f'<link rel="stylesheet" href="../_static/{name}.css?v=1" />' for name in sheets)
    before = f'<head>{links}\n<script defer="defer" src="../_static/x.js?v=1"></script></head><p class="a">'
    (tmp_path / "book/one.html").write_text(before)
    plain = '<link rel="stylesheet" href="_static/book.css?v=1"><p class="a">Without an explorable.</p>'
    (tmp_path / "two.html").write_text(plain)
    book_styles.write(tmp_path)
    after = (tmp_path / "book/one.html").read_text()
    rules = '@font-face{src: url("../_static/a.woff2")}.a{background: url(../_static/b.png)}.c{top: 0}p{top: 0}p{top: 3px}p{top: 0}.a{top: 2px}.b{top: 1px}.d{top: 1px}'
    head = f'<head>\n<style>{book_styles.NOTICE}{rules}</style>\n<script defer="defer" src'
    assert after.startswith(head) and after.endswith(before.partition("src")[2])
    assert (tmp_path / "two.html").read_text() == plain
    assert [path.name for path in tmp_path.rglob("*.css")] == ["book.css"]
