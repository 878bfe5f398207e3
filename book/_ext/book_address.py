"""Tell search engines and social networks where a page is, if the environment variable STN_SITE holds the site's address.

Each page then names its canonical address and carries Open Graph's title, description and image, and the site has a
`sitemap.xml`. Without an address, as in a book opened from a folder, there is nothing of this.

Two packages do the same, at a price: sphinx-sitemap lists only the pages that a build writes, which after an edit is not
all of them, and sphinxext-opengraph loads matplotlib for cards that this book does not draw.
"""

import os
from html import escape
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

VARIABLE = "STN_SITE"
IMAGE = "_static/readme.png"
_IMAGE_SHOWS = "The cover: a digit, the window of the spatial transformer, and the answers of two networks"
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_LONGEST = 200  # what a social network shows of a description


def of_site() -> str:
    """Return the site's address with a slash at its end, or nothing if it is not known."""
    address = os.environ.get(VARIABLE, "").strip()
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise SystemExit(f"expected {VARIABLE} to be an address such as https://example.org/course, got {address!r}")
    return address.rstrip("/") + "/"


def shortened(text: str) -> str:
    """Return a text of at most 200 characters, cut after a word.

    Example:
        >>> shortened("A grid. " * 30)[-19:]
        'A grid. A grid. A …'
    """
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 2].rpartition(" ")[0] + " …"


def _set(app, config) -> None:
    config.html_baseurl = of_site()  # Sphinx writes the canonical addresses


def _describe(app, pagename, templatename, context, doctree) -> None:
    site = of_site()
    if not site or doctree is None:
        return
    from docutils import nodes  # imported here, because book/build.py asks for the address and has no page

    first = doctree.next_node(nodes.paragraph)
    properties = {
        "og:type": "website",
        "og:site_name": app.config.html_title,
        "og:title": app.env.titles[pagename].astext(),
        "og:description": shortened(first.astext()) if first else "",
        "og:url": context["pageurl"],
        "og:image": site + IMAGE,
        "og:image:alt": _IMAGE_SHOWS,
    }
    lines = [f'<meta property="{name}" content="{escape(text)}">' for name, text in properties.items() if text]
    context["metatags"] += "\n" + "\n".join(lines)


def _list(app, error) -> None:
    if error or app.builder.format != "html":
        return
    path, site = Path(app.outdir) / "sitemap.xml", of_site()
    if not site:
        path.unlink(missing_ok=True)  # of an earlier build
        return
    pages = ElementTree.Element("urlset", xmlns=_NAMESPACE)
    for name in sorted(app.env.found_docs):
        ElementTree.SubElement(ElementTree.SubElement(pages, "url"), "loc").text = site + app.builder.get_target_uri(
            name
        )
    ElementTree.indent(pages)
    ElementTree.ElementTree(pages).write(path, encoding="utf-8", xml_declaration=True)


def setup(app) -> dict:
    """Connect this extension to Sphinx."""
    app.connect("config-inited", _set, priority=600)  # after Jupyter Book's own setting
    app.connect("html-page-context", _describe)
    app.connect("build-finished", _list)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
