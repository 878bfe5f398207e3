"""Every page of the built book as readers meet it: both widths, both themes, over http and from a folder."""

import gzip
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]


def pages() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [toc["root"], *(chapter["file"] for chapter in toc["chapters"])]
    return [f"{name}.html" for name in names]


PAGES = pages()
VIEWS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
MOST_BYTES = 1_000_000


class Visit:
    """One page in a browser of its own, and what a reader would not see of it."""

    def __init__(self, browser, address: str, width: int = 1280, theme: str = "light", **options):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce", **options
        )
        self.context.add_init_script(
            f"try{{localStorage.setItem('mode','{theme}');localStorage.setItem('theme','{theme}')}}catch(e){{}}"
        )
        self.page = self.context.new_page()
        self.errors, self.requests, self.sizes = [], [], {}
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address, wait_until="load")
        self.page.wait_for_timeout(300)
        if options.get("java_script_enabled", True):
            self.page.wait_for_function(
                "[...document.querySelectorAll('.stn-slot')].every((slot) => 'stnReady' in slot.dataset)",
                timeout=20_000,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.mark.parametrize(("width", "theme"), VIEWS, ids=lambda value: str(value))
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_quiet_whole_and_accessible(browser, served, page, width, theme):
    with Visit(browser, served + page, width, theme) as visit:
        assert [url for url in visit.requests if not url.startswith((served, "data:", "blob:"))] == []
        assert visit.errors == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.page.evaluate("document.documentElement.dataset.theme") == theme
        found = Axe().run(visit.page).response["violations"]
        told = [f"{v['id']}: {node['html'][:160]} {node['target']}" for v in found for node in v["nodes"][:3]]
        assert not told, "\n".join(told)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_from_a_folder(browser, site, page):
    with Visit(browser, (site / page).as_uri()) as visit:
        assert visit.errors == []
        assert [url for url in visit.requests if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_weighs_at_most_one_megabyte(browser, served, site, page):
    with Visit(browser, served + page) as visit:
        files = {unquote(urlsplit(url).path) for url in visit.requests if url.startswith(served)}
    sizes = {
        name: len(gzip.compress((site / name.lstrip("/")).read_bytes())) for name in files if name != "/favicon.ico"
    }
    assert sum(sizes.values()) <= MOST_BYTES, sorted(sizes.items(), key=lambda item: -item[1])[:8]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_widget_code_only_where_there_are_widgets(browser, served, page):
    with Visit(browser, served + page) as visit:
        widgets = visit.page.locator(".stn-slot").count()
        loaded = [url for url in visit.requests if "stn-host" in url or "/widgets/" in url]
        assert bool(widgets) == bool(loaded)
        assert not [url for url in visit.requests if "fontawesome.js" in url]


@pytest.mark.parametrize("page", PAGES)
def test_without_javascript_a_picture_or_question_stands_in_every_widgets_place(browser, served, page):
    with Visit(browser, served + page, java_script_enabled=False) as visit:
        for slot in visit.page.locator(".stn-slot").all():
            fallback = slot.locator(".stn-fallback")
            assert fallback.is_visible()
            assert fallback.inner_text().strip() or fallback.locator("svg").count()


def test_the_theme_shows_each_tool_once(browser, served):
    for width in (1280, 390):
        with Visit(browser, served + PAGES[1], width) as visit:
            for selector in (".search-button", ".theme-switch-button", ".primary-toggle"):
                shown = [tool for tool in visit.page.locator(selector).all() if tool.is_visible()]
                assert len(shown) <= 1, (width, selector)


def test_every_link_within_the_book_leads_somewhere(browser, served, site):
    for page in PAGES:
        with Visit(browser, served + page) as visit:
            links = visit.page.eval_on_selector_all("a[href]", "all => all.map((a) => a.href)")
        for link in links:
            if link.startswith(served):
                assert (site / unquote(urlsplit(link).path).lstrip("/")).exists(), (page, link)
