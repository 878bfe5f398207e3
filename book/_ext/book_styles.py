"""Write into each page with explorables of the finished site the rules of the style sheets that this page uses.

A page that links its sheets paints nothing until the last of them has arrived: a phone waits for one more round trip, and
the sheets share the line with the scripts. Sphinx's own pages keep their links, so that a later build, which writes only
some of the pages, finds all of them as Sphinx made them.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import tinycss2

NOTICE = (
    "/*! Rules of Sphinx (BSD), PyData and Sphinx Book Theme (BSD), Bootstrap (MIT), MyST-NB (BSD) that this book uses. "
    "Icons in the pages: Font Awesome Free by Fonticons (CC BY 4.0). Font of formulas: stn-math-OFL.txt. */\n"
)
_WORD = re.compile(r"[\w-]+")
_LINK = re.compile(r'\s*<link rel="stylesheet"[^>]* href="(?P<top>(?:\.\./)*)(?P<path>_static/[^"?]+\.css)[^"]*"[^>]*>')
_SCRIPT = re.compile(r'<script[^>]* src="(?:\.\./)*(?P<path>_static/[^"?]+\.js)')
_FILE = re.compile(r'url\(("?)(?=[\w-]+\.\w+\1\))')  # one beside the sheet


# ---- rules ----


class Rule(NamedTuple):
    """A rule's selectors with the classes and ids that each needs, and its declarations or inner rules."""

    heads: list[tuple[str, frozenset[str]]]
    body: "str | list[Rule]"
    is_whole: bool = False  # the body has its braces


def _classes_and_ids(selector: list) -> Iterable[str]:
    """Yield the classes and ids that a selector needs; not those within `:not()` and other functions."""
    for before, token in zip([None, *selector], selector, strict=False):
        if token.type == "hash" or (token.type == "ident" and before is not None and before == "."):
            yield token.value


def words_of(text: str) -> set[str]:
    """Return the words of a page or a script, among which are the classes and ids that it names."""
    return set(_WORD.findall(text))


def _alternatives(prelude: list) -> list[list]:
    """Split a rule's prelude at its commas."""
    parts: list[list] = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _text(tokens: Iterable) -> str:
    text = re.sub(r"/\*.*?\*/", "", tinycss2.serialize(list(tokens)), flags=re.DOTALL)
    return re.sub(r"\s+", " ", text).strip()


def used_rules(sheet: str, words: set[str] | None = None) -> list[str]:
    """Return the rules of a style sheet whose classes and ids are among the words; all rules without words.

    Example:
        >>> used_rules(".a, .b:not(.x) { top: 0 } #c { top: 1px } @media print { .b { top: 0 } }", {"b"})
        ['.b:not(.x){top: 0}', '@media print{.b{top: 0}}']
    """
    return _used(_parsed(sheet), words)


def _used(rules: Iterable[Rule], words: set[str] | None) -> list[str]:
    written = []
    for rule in rules:
        heads = [head for head, needed in rule.heads if words is None or words >= needed]
        inner = rule.body if isinstance(rule.body, str) else "".join(_used(rule.body, words))
        if heads and inner:
            written.append(f"{','.join(heads)}{inner if rule.is_whole else f'{{{inner}}}'}")
    return written


@cache  # each page takes its rules of the same sheets
def _parsed(sheet: str) -> list[Rule]:
    return list(_rules(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)))


def _rules(rules: Iterable) -> Iterable[Rule]:
    for rule in rules:
        if rule.type == "qualified-rule":
            parts = _alternatives(rule.prelude)
            heads = [(_text(part), frozenset(_classes_and_ids(part))) for part in parts]
            yield Rule(heads, _text(rule.content).rstrip("; "))
        elif rule.type == "at-rule" and rule.at_keyword not in ("charset", "import"):
            head = [(f"@{rule.at_keyword} {_text(rule.prelude)}".rstrip(), frozenset())]
            if rule.at_keyword in ("media", "supports", "layer") and rule.content:
                inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
                yield Rule(head, list(_rules(inner)))
            else:
                body = "" if rule.content is None else f"{{{_text(rule.content)}}}"
                if "Font Awesome" not in body and "FontAwesome" not in body:
                    yield Rule(head, body or ";", is_whole=True)


_VARIABLE = re.compile(r"""(?<=[{;])\s*(--[\w-]+)\s*:(?:"[^"]*"|'[^']*'|url\([^"')]*\)|[^;{}"'])*(?:;|(?=\}))""")
_ANIMATION = re.compile(r"@(?:-webkit-)?keyframes ([\w-]+)\{(?:[^{}]*\{[^{}]*\})*\}")


def without_unused_variables(sheet: str, elsewhere: str) -> str:
    """Return a style sheet without the variables and animations that neither it nor the text elsewhere uses.

    Example:
        >>> without_unused_variables(":root{--a: 1;--b: var(--a);--c: 2} p{top: var(--b)}", "--d")
        ':root{--a: 1;--b: var(--a);} p{top: var(--b)}'
    """
    while True:
        used = set(re.findall(r"var\(\s*(--[\w-]+)", sheet)) | set(re.findall(r"--[\w-]+", elsewhere))
        less = _VARIABLE.sub(lambda found, used=used: found[0] if found[1] in used else "", sheet)
        less = _ANIMATION.sub(
            lambda found, text=less: found[0] if len(re.findall(rf"\b{found[1]}\b", text)) > 1 else "", less
        )
        less = re.sub(r"[^{}@]+\{\s*\}", "", less)
        if less == sheet:
            return sheet
        sheet = less


# ---- pages ----


def with_styles(page: str, site: Path) -> str:
    """Return a page with explorables with rules in the place of its links to style sheets; any other as it is."""
    links = list(_LINK.finditer(page))
    if len(links) < 2:  # without explorables: such a page would paint before the font of formulas, and its tables jump
        return page
    texts = [page, *((site / found["path"]).read_text(encoding="utf-8") for found in _SCRIPT.finditer(page))]
    words = words_of("\n".join(texts))
    rules: list[str] = []
    shared: set[str] = set()
    for link in links:
        sheet, is_widget = (site / link["path"]).read_text(encoding="utf-8"), "/widgets/" in link["path"]
        # An explorable joins names of classes from parts, so its sheet stays whole.
        own = used_rules(sheet, None if is_widget else words)
        rules += [rule for rule in own if rule not in shared]
        if is_widget:  # the next explorable's sheet brings the palette and the shared rules again
            shared.update(own)
    text = _FILE.sub(rf"url(\1{links[0]['top']}_static/", "".join(rules))
    start, end = links[0].span()
    return f"{page[:start]}\n<style>{NOTICE}{text}</style>{_LINK.sub('', page[end:])}"


def write(site: Path) -> None:
    """Give all pages with explorables their rules, and delete the sheets of explorables."""
    static = site / "_static"
    for path in site.rglob("*.html"):
        if static not in path.parents:
            path.write_text(with_styles(path.read_text(encoding="utf-8"), site), encoding="utf-8")
    for sheet in (static / "widgets").glob("*.css"):
        sheet.unlink()
