"""Write a Content-Security-Policy into the head of every page: the book's own scripts, and nothing from another host.

GitHub Pages does not let a site set headers, and a book in a folder has none, so the policy is in the pages. A page's
policy names the inline scripts of that page by their hashes. Inline styles are allowed, because figures have many.
"""

import base64
import hashlib
import re
from pathlib import Path

#: The README has it too. The default allows the book's pages, because Firefox fetches the next one ahead.
POLICY = (
    "default-src 'self'; object-src 'none'; frame-src 'none'; script-src 'self'{hashes}; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
_INLINE = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
_META = '<meta http-equiv="Content-Security-Policy" content="{}">'
_ANY = _META.format('[^"]*')
_PLACE = re.compile(rf'(<meta charset="utf-8"(?: /)?>)(?:\n{_ANY})?')  # a policy holds for what follows it


def inline_scripts(page: str) -> list[str]:
    """Return the code of a page's inline scripts; data, such as the state of explorables, is not a script.

    Example:
        >>> inline_scripts('<script src="a.js"></script><script type="application/json">1</script><script>f()</script>')
        ['f()']
    """
    found = _INLINE.finditer(page)
    return [one["code"] for one in found if not re.search(r"\ssrc=|application/json", one["attributes"])]


def policy(page: str) -> str:
    """Return the policy for a page.

    Example:
        >>> policy("<script></script>").partition("script-src")[2].partition(";")[0]
        " 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    digests = sorted({hashlib.sha256(code.encode()).digest() for code in inline_scripts(page)})
    return POLICY.format(hashes="".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))


def _write(app, error) -> None:
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        better = _PLACE.sub(rf"\g<1>\n{_META.format(policy(page))}", page, count=1)
        if better != page:
            path.write_text(better, encoding="utf-8")


def setup(app) -> dict:
    """Connect this extension to Sphinx."""
    app.connect("build-finished", _write, priority=950)  # once the pages are as they stay
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
