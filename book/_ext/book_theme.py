"""Remove the parts of the theme that readers do not need, and give every page the book's colours.

Jupyter Book adds the settings of sphinx-thebe, which loads code from other hosts; this book's live code runs in Jupyter
instead. The theme's files are the matter of `book_assets.py`.
"""

import re
from pathlib import Path

_THEBE = re.compile(
    r'<script type="text/x-thebe-config">.*?</script>\s*|<script>kernelName = .*?</script>\s*', re.DOTALL
)
# docutils gives bibliographies roles that ARIA no longer has, and the theme's sidebar is not a landmark.
_ROLES = re.compile(r' role="(?:doc-biblioentry|list)"')
# An empty heading is a plain cell.
_REPAIRS = (
    ('<th class="head"><p></p></th>', "<td></td>"),
    ('<summary aria-label="Toggle hidden content">', "<summary>"),  # its own text is its name
)
_SIDEBAR = ('<div id="pst-primary-sidebar"', '<div role="complementary" aria-label="The book" id="pst-primary-sidebar"')
# The search field's button shows words; its name must contain them. The icon's button has none.
_SEARCH = (
    'search-button-field search-button__button pst-js-only" title="Search" aria-label="Search"',
    'search-button-field search-button__button pst-js-only"',
)
_TOOLTIPS = re.compile(r' data-bs-(?:placement|toggle)="\w+"')  # of Bootstrap; the browser shows titles itself
_REDIRECT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}"><link rel="canonical" href="{page}"></head>
<body><p><a href="{page}">{title}</a></p></body></html>
"""


def _set_options(app, config) -> None:
    here = Path(__file__).parent
    config.templates_path.insert(0, str(here / "templates"))


def _clean_page(app, pagename, templatename, context, doctree) -> None:
    context["cleaned"] = _cleaned
    body = _ROLES.sub("", context.get("body", ""))
    for plain, better in _REPAIRS:
        body = body.replace(plain, better)
    context["body"] = body


def _cleaned(html: str) -> str:
    html = _THEBE.sub("", str(html)).replace(*_SIDEBAR).replace(*_SEARCH)
    return _TOOLTIPS.sub("", html).replace(" data-bs-title=", " title=")


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
