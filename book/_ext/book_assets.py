"""One style sheet and one script for every page, with what the pages use, and nothing else in the site's ``_static``.

The theme and its extensions bring some twenty files, among them all of Bootstrap and three fonts for about fifteen icons.
This extension

1. joins their style sheets into ``book.css``, with the rules, variables and animations that a page or a script names
   (``book_styles.py`` then writes into each page those that it uses);
2. keeps of their scripts only those of the search page; the others have ``stn-page.js`` instead;
3. writes icons into the page as SVG, from the theme's own copy of Font Awesome;
4. deletes the files in ``_static`` that nothing names.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

import book_styles
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
_KEPT = {SHEET, "favicon.svg", "stn-math-OFL.txt"}
_OF_SEARCH = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")
_ICON = re.compile(r'<(?P<tag>i|span) class="(?P<classes>[^"]*\bfa-[^"]*)"(?P<rest>[^>]*)>\s*</(?P=tag)>')
_STYLES_OF_ICONS = re.compile(r"fa[srb]?|fa-(?:solid|regular|brands|lg|sm|xl|fw)")
_SHEET_LINK = re.compile(rf"(_static/{re.escape(SHEET)}\?v=)\w+")


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


# ---- pages and files ----


def _trim(app, pagename, templatename, context, doctree) -> None:
    search = pagename == "search"
    for kind in ("css_files", "script_files"):
        files = context.get(kind)
        if isinstance(files, list):
            files[:] = [file for file in files if _is_needed(file, search)]


def _is_needed(file, search: bool) -> bool:
    name = str(getattr(file, "filename", "") or "")
    if not name:  # a script in the page; that of the search page is Sphinx's options
        return search and str(file.attributes.get("body") or "").startswith("DOCUMENTATION_OPTIONS")
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
    words = book_styles.words_of(texts)
    sheets = [path for pattern in SHEETS for path in sorted(static.glob(pattern))]
    sheet = "".join(rule for path in sheets for rule in book_styles.used_rules(path.read_text(encoding="utf-8"), words))
    widgets = "".join(path.read_text(encoding="utf-8") for path in (static / "widgets").glob("*.css"))
    sheet = book_styles.NOTICE + book_styles.without_unused_variables(sheet, texts + widgets)
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
