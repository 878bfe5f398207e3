"""The files of the built site, without a browser: where their links lead, and the scripts that their policy allows."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

from tests.book import small_book
from tests.book.visit import Visit
from tests.conftest import ROOT

with small_book.scripts():
    import book_policy
    import book_widgets

FOLLOWED = re.compile(r'followAddress\(el, "([\w-]+)"')


class Page(HTMLParser):
    """What a page links to and loads, what can be linked to in it, and its scripts."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loaded, self.scripts, self.handlers = set(), [], [], [], []
        self.policies, self.is_script = [], False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.update(found[name] for name in ("id", "name") if found.get(name))
        self.handlers += [name for name in found if name.startswith("on")]
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif found.get("src") or (tag == "link" and found["rel"] in ("stylesheet", "icon")):
            self.loaded.append(found.get("src") or found["href"])
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(found["content"])
            assert not (self.loaded or self.scripts), "a policy holds for what comes after it"
        self.is_script = tag == "script" and "src" not in found and "type" not in found

    def handle_data(self, data):
        if self.is_script:
            self.scripts.append(data)

    def handle_endtag(self, tag):
        self.is_script = False


@pytest.fixture(scope="module")
def pages(site):
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def explorables(site, name, page):
    """The names that an address on this page may begin with."""
    modules = [where for where in page.loaded if "_static/widgets/" in where]
    texts = [(site / name).parent.joinpath(urlsplit(where).path).read_text(encoding="utf-8") for where in modules]
    return {found for text in texts for found in FOLLOWED.findall(text)}


def broken(site, pages, name):
    """The links of a page to a file, a place or an explorable that the site does not have."""
    for link in pages[name].links + pages[name].loaded:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (site / name).parent.joinpath(unquote(parts.path)).resolve() if parts.path else site.resolve() / name
        page = pages.get(target.relative_to(site.resolve()).as_posix())
        place, _, state = unquote(parts.fragment).partition("?")
        if not target.is_file():
            yield link
        elif state:
            if place not in explorables(site, name, page):
                yield link
        elif place and place not in page.ids:
            yield link


def test_every_link_within_the_book_leads_to_a_file_a_place_or_an_explorable(pages, site):
    assert sum(len(page.links) for page in pages.values()) > 100
    found = {name: list(broken(site, pages, name)) for name in pages}
    assert {name: links for name, links in found.items() if links} == {}


@pytest.mark.parametrize("link", ["two.html", "#nowhere", "one.html#nowhere", "#shift-image?x=1", "a.css"])
def test_a_broken_link_is_found(link, tmp_path):
    (tmp_path / "one.html").write_text(f'<h1 id="here">A</h1><a href="#here">B</a><a href="{link}">C</a>')
    page = Page(tmp_path / "one.html")
    assert list(broken(tmp_path, {"one.html": page}, "one.html")) == [link]


def test_every_page_has_a_policy_that_allows_its_own_scripts_and_no_others(pages):
    """Oracle: the hashes of what an HTML parser takes for scripts; the policy as the README has it."""
    for name, page in pages.items():
        hashes = {base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in page.scripts}
        (policy,) = page.policies
        assert set(re.findall(r"'sha256-(.*?)'", policy)) == hashes, name
        assert re.sub(r" 'sha256-.*?'", "", policy) == book_policy.POLICY.format(hashes=""), name
        assert page.handlers == [] and not [link for link in page.links if link.startswith("javascript:")], name
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert book_policy.POLICY.format(hashes=" 'sha256-…'") in readme


@pytest.mark.parametrize("home", ["served", "folder"])
def test_a_script_that_is_none_of_the_books_does_not_run(home, browser, site, served):
    address = served if home == "served" else f"{site.as_uri()}/"
    with Visit(browser, f"{address}book/notation.html") as visit:
        assert visit.errors == []
        ran = visit.page.evaluate("""() => {
          document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
          return "ran" in window;
        }""")
        assert not ran and "Content Security Policy" in " ".join(visit.errors)


def test_the_scripts_of_the_first_drawing_come_right_after_it(site, pages):
    """A browser starts it while it still loads the rest of the page; the head announces the scripts."""
    found = 0
    for name in pages:
        page = (site / name).read_text(encoding="utf-8")
        head, figure, rest = page.partition('<div class="stn-standin"><figure')
        if not figure:
            continue
        found += 1
        end = re.search(r"</noscript></div></div>((?:<script src=[^>]*></script>)*)", rest)
        scripts = re.findall(r'src="([^"]+)"', end[1])
        announced = re.findall(r'<link rel="preload" as="script" href="([^"]+)">', head)
        assert scripts == announced and len(scripts) > 1 and "stn-host.js" in scripts[-1], name
        deferred = re.findall(r'<script defer="defer" src="([^"]+)"', page)
        assert not set(scripts) & set(deferred) and page.count("stn-host.js") == 2, name
    assert found > 5


def test_a_module_of_another_form_needs_a_kernel():
    def model(text):
        return {"model_module": "anywidget", "model_name": "AnyModel", "state": {"_esm": text}}

    models = {
        "joined": model("const a = {};\nexport default a;\n"),
        "other": model("export const render = () => {};\n"),
    }
    page = book_widgets.Page(models)
    assert page.can_show("joined") and not page.can_show("other")
