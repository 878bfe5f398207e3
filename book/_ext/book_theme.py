"""Remove the parts of the theme that readers do not need, and give every page the book's colours.

The theme contains Font Awesome twice: as a web font, which draws its icons, and as a script of half a megabyte for icons
that this book does not have. Jupyter Book adds the scripts of sphinx-thebe (twice), which load code from other hosts;
this book's live code runs in Jupyter instead.
"""

import re
from pathlib import Path

from markupsafe import Markup

_FONTAWESOME = re.compile(r"<script[^>]*scripts/fontawesome\.js[^>]*></script>\s*")
# docutils gives bibliographies roles that ARIA no longer has, and the theme's sidebar is not a landmark.
_ROLES = re.compile(r' role="(?:doc-biblioentry|list)"')
# An empty heading is a plain cell.
_REPAIRS = (
    ('<th class="head"><p></p></th>', "<td></td>"),
    ('<summary aria-label="Toggle hidden content">', "<summary>"),  # its own text is its name
)
_SIDEBAR = ('<div id="pst-primary-sidebar"', '<div role="complementary" aria-label="The book" id="pst-primary-sidebar"')
# The search field's button shows words; its name must contain them.
_SEARCH = ('pst-js-only" title="Search" aria-label="Search" data', 'pst-js-only" data')
_REDIRECT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}"><link rel="canonical" href="{page}"></head>
<body><p><a href="{page}">{title}</a></p></body></html>
"""


def _set_options(app, config) -> None:
    here = Path(__file__).parent
    config.templates_path.insert(0, str(here / "templates"))


def _clean_page(app, pagename, templatename, context, doctree) -> None:
    context["with_landmarks"] = lambda html: Markup(str(html).replace(*_SIDEBAR).replace(*_SEARCH))
    body = _ROLES.sub("", context.get("body", ""))
    for plain, better in _REPAIRS:
        body = body.replace(plain, better)
    context["body"] = body
    context["without_fontawesome"] = lambda html: Markup(_FONTAWESOME.sub("", str(html)))
    scripts = context.get("script_files")
    if isinstance(scripts, list):
        scripts[:] = [script for script in scripts if not _is_thebe(script)]


def _is_thebe(script) -> bool:
    name, attributes = getattr(script, "filename", None), getattr(script, "attributes", {})
    return "thebe" in str(name or "") or "THEBE_JS_URL" in str(attributes.get("body") or "")


def _write_palette(app) -> None:
    if app.builder.format != "html":
        return
    from stn_lib import palette  # imported here, because other builders do not need the library

    target = Path(app.outdir) / "_static" / "palette.css"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(palette.css(), encoding="utf-8")


def _finish(app, error) -> None:
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for name in ("fontawesome.js", "fontawesome.js.map", "fontawesome.js.LICENSE.txt"):
        (site / "_static" / "scripts" / name).unlink(missing_ok=True)
    front = app.config.root_doc
    if front != "index":
        text = _REDIRECT.format(title=app.config.html_title, page=f"{front}.html")
        (site / "index.html").write_text(text, encoding="utf-8")


def setup(app) -> dict:
    """Connect this extension to Sphinx."""
    app.connect("config-inited", _set_options, priority=100)
    app.connect("builder-inited", _write_palette)
    app.connect("html-page-context", _clean_page, priority=900)
    app.connect("build-finished", _finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
