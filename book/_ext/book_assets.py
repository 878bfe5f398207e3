"""One style sheet and one script for every page, with what the pages use, and nothing else in the site's ``_static``.

The theme and its extensions bring some twenty files, among them all of Bootstrap and three fonts for about fifteen icons.
This extension

1. joins their style sheets into ``book.css``, with the rules, variables and animations that a page or a script names;
2. keeps of their scripts only those of the search page; the others have ``stn-page.js`` instead;
3. writes icons into the page as SVG, from the theme's own copy of Font Awesome;
4. deletes the files in ``_static`` that nothing names.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import tinycss2
from markupsafe import Markup
from sphinx.util import logging
from sphinx.util.parallel import SerialTasks

_LOGGER = logging.getLogger(__name__)
#: In the order of the cascade. The theme's own sheet begins with the import of `basic.css`.
SHEETS = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "mystnb.*.css",
    "palette.css",
    "stn.css",
)
SHEET, SCRIPT = "book.css", "stn-page.js"
_NOTICE = (
    "/*! Rules of Sphinx (BSD), PyData and Sphinx Book Theme (BSD), Bootstrap (MIT), MyST-NB (BSD) that this book uses. "
    "Icons in the pages: Font Awesome Free by Fonticons (CC BY 4.0). Font of formulas: stn-math-OFL.txt. */\n"
)
_KEPT = {SHEET, "favicon.svg", "stn-math-OFL.txt"}
_OF_SEARCH = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")
_ICON = re.compile(r'<(?P<tag>i|span) class="(?P<classes>[^"]*\bfa-[^"]*)"(?P<rest>[^>]*)>\s*</(?P=tag)>')
_STYLES_OF_ICONS = re.compile(r"fa[srb]?|fa-(?:solid|regular|brands|lg|sm|xl|fw)")
_SHEET_LINK = re.compile(rf"(_static/{re.escape(SHEET)}\?v=)\w+")
_WORD = re.compile(r"[\w-]+")


# ---- icons ----


@cache
def _drawings() -> str:
    import pydata_sphinx_theme

    static = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    return (static / "scripts/fontawesome.js").read_text(encoding="utf-8")


@cache
def _drawing(name: str) -> tuple[str, str, str] | None:
    """Return an icon's width, height and path. The file has the outlined icons before the solid ones."""
    key = f'"{name}"' if "-" in name else name
    found = re.findall(rf'[{{,]{key}:\[(\d+),(\d+),\[[^\]]*\],"\w+","([^"]+)"', _drawings())
    return found[-1] if found else None


def _icon(found: re.Match) -> str:
    classes = found["classes"].split()
    names = [name for name in classes if not _STYLES_OF_ICONS.fullmatch(name)]
    (icon,) = [name.removeprefix("fa-") for name in names if name.startswith("fa-")]
    drawing = _drawing(icon)
    if drawing is None:
        _LOGGER.warning("the theme has no icon named %r", icon)
        return found[0]
    width, height, path = drawing
    kept = " ".join(["stn-icon"] + [name for name in names if not name.startswith("fa-")])
    rest = re.sub(r'\s*title="[^"]*"', "", found["rest"])
    return f'<svg class="{kept}"{rest} viewBox="0 0 {width} {height}" aria-hidden="true"><path d="{path}"/></svg>'


def with_icons(html: str) -> str:
    """Return a page's HTML with its icons as SVG.

    Example:
        >>> with_icons('<i class="fa-solid fa-bars"></i>')[:63]
        '<svg class="stn-icon" viewBox="0 0 448 512" aria-hidden="true">'
    """
    return _ICON.sub(_icon, html)


# ---- style sheet ----


def _classes_and_ids(selector: list) -> Iterable[str]:
    """Yield the classes and ids that a selector needs; not those within `:not()` and other functions."""
    for before, token in zip([None, *selector], selector, strict=False):
        if token.type == "hash" or (token.type == "ident" and before is not None and before == "."):
            yield token.value


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


def used_rules(sheet: str, words: set[str]) -> str:
    """Return the rules of a style sheet whose classes and ids are among the words.

    Example:
        >>> used_rules(".a, .b:not(.x) { top: 0 } #c { top: 1px } @media print { .b { top: 0 } }", {"b"})
        '.b:not(.x){top: 0}@media print{.b{top: 0}}'
    """
    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return _rules(rules, words)


def _rules(rules: Iterable, words: set[str]) -> str:
    written = []
    for rule in rules:
        if rule.type == "qualified-rule":
            parts = [part for part in _alternatives(rule.prelude) if words.issuperset(_classes_and_ids(part))]
            body = _text(rule.content).rstrip("; ")
            if parts and body:
                written.append(f"{','.join(map(_text, parts))}{{{body}}}")
        elif rule.type == "at-rule" and rule.at_keyword in ("media", "supports", "layer") and rule.content:
            inner = _rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), words)
            if inner:
                written.append(f"@{rule.at_keyword} {_text(rule.prelude)}{{{inner}}}")
        elif rule.type == "at-rule" and rule.at_keyword not in ("charset", "import"):
            body = "" if rule.content is None else f"{{{_text(rule.content)}}}"
            if "Font Awesome" not in body and "FontAwesome" not in body:
                written.append(f"@{rule.at_keyword} {_text(rule.prelude)}{body}")
    return "".join(written)


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


# ---- pages and files ----


def _trim(app, pagename, templatename, context, doctree) -> None:
    search = pagename == "search"
    for kind in ("css_files", "script_files"):
        files = context.get(kind)
        if isinstance(files, list):
            files[:] = [file for file in files if _is_needed(file, search)]


def _is_needed(file, search: bool) -> bool:
    name = str(getattr(file, "filename", "") or "")
    attributes = getattr(file, "attributes", {})
    if not name:  # a script in the page: the explorables' state; on the search page, Sphinx's options
        body = str(attributes.get("body") or "")
        return attributes.get("id") == "stn-state" or (search and body.startswith("DOCUMENTATION_OPTIONS"))
    if "_static/widgets/" in name or name.endswith((SCRIPT, "stn-host.js")):
        return True
    return search and name.endswith(_OF_SEARCH)


def _fetch(app, error) -> None:
    builder = app.builder
    if error or builder.format != "html" or builder.finish_tasks is not None:
        return
    # No page has changed, so Sphinx wrote none and copied no file.
    builder.finish_tasks = SerialTasks()
    builder.prepare_writing(set())
    builder.copy_assets()


def _join(app, error) -> None:
    if error or app.builder.format != "html":
        return
    static, pages = Path(app.outdir) / "_static", sorted(Path(app.outdir).rglob("*.html"))
    pages = [page for page in pages if static not in page.parents]
    scripts = [static / SCRIPT, static / "stn-host.js", *(static / "widgets").glob("*.js")]
    scripts += [static / name for name in (*_OF_SEARCH, "searchtools.js")]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in [*pages, *scripts] if path.exists())
    words = set(_WORD.findall(texts))
    sheets = [path for pattern in SHEETS for path in sorted(static.glob(pattern))]
    sheet = "".join(used_rules(path.read_text(encoding="utf-8"), words) for path in sheets)
    widgets = "".join(path.read_text(encoding="utf-8") for path in (static / "widgets").glob("*.css"))
    sheet = _NOTICE + without_unused_variables(sheet, texts + widgets)
    (static / SHEET).write_text(sheet, encoding="utf-8")
    version = hashlib.sha256(sheet.encode()).hexdigest()[:8]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        better = _SHEET_LINK.sub(rf"\g<1>{version}", text)
        if better != text:
            page.write_text(better, encoding="utf-8")
    _sweep(static, texts + sheet)


def _sweep(static: Path, named: str) -> None:
    """Delete the files and folders that no page names."""
    named_files = set(re.findall(r"[\w.-]+\.\w+", named)) | _KEPT
    for path in sorted(static.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.name not in named_files:
            path.unlink()


def _offer(app, pagename, templatename, context, doctree) -> None:
    earlier = context.get("cleaned", str)
    context["cleaned"] = lambda html: Markup(with_icons(str(earlier(html))))


def setup(app) -> dict:
    """Connect this extension to Sphinx."""
    app.connect("html-page-context", _trim, priority=950)
    app.connect("html-page-context", _offer, priority=960)
    app.connect("build-finished", _fetch, priority=100)  # before the theme completes its files
    app.connect("build-finished", _join, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
