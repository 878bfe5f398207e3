"""What surrounds the text of a page: theme, search, sidebars, menus, copy buttons, icons; and nothing that is not used."""

import re

import pytest

from tests.book.visit import Visit

PAGE = "book/03_affine.html"
NO_STORAGE = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked'); } });"


@pytest.fixture(scope="module")
def wide(browser, served):
    with Visit(browser, served + PAGE) as visit:
        yield visit


@pytest.fixture(scope="module")
def narrow(browser, site):
    with Visit(browser, f"{site.as_uri()}/{PAGE}", width=390) as visit:
        yield visit


def is_open(visit, selector):
    return visit.page.evaluate("(selector) => document.querySelector(selector).open", selector)


def test_every_icon_is_drawn(wide, narrow, site):
    for visit in (wide, narrow):
        icons = [icon for icon in visit.page.locator(".stn-icon").all() if icon.is_visible()]
        assert len(icons) >= 4
        for icon in icons:
            box = icon.bounding_box()
            assert min(box["width"], box["height"]) > 5, icon.evaluate("(node) => node.outerHTML")[:200]
    for page in site.rglob("*.html"):
        assert not re.search(r'class="[^"]*\bfa[srb]?[ -]', page.read_text(encoding="utf-8")), page.name


def test_the_site_has_no_file_that_nothing_names(site):
    """Oracle: the words of all text files of the site. The licence of a font goes with it."""
    files = [path for path in site.rglob("*") if path.is_file() and "_sources" not in path.parts]
    text = "".join(path.read_text("utf-8") for path in files if path.suffix in (".html", ".js", ".css"))
    assert [path.name for path in files if "_static" in path.parts and path.name not in text] == []
    assert {path.suffix for path in files if "_static" in path.parts} & {".map", ".ttf"} == set()


def test_no_page_loads_a_script_of_the_theme(wide):
    scripts = wide.page.eval_on_selector_all("script[src]", "all => all.map((script) => script.getAttribute('src'))")
    assert {re.sub(r".*_static/|\?.*", "", name) for name in scripts if "widgets/" not in name} == {
        "stn-page.js",
        "stn-host.js",
    }


def test_control_k_opens_the_search_field_and_closes_it(wide):
    wide.page.keyboard.press("Control+k")
    assert is_open(wide, "#pst-search-dialog")
    assert wide.page.evaluate("document.activeElement.name") == "q"
    wide.page.keyboard.press("Control+k")
    assert not is_open(wide, "#pst-search-dialog")


def test_a_search_leads_to_a_page_whose_words_are_marked(browser, served):
    with Visit(browser, served + PAGE) as visit:
        visit.page.locator(".search-button-field").click()
        visit.page.keyboard.type("homography")
        visit.page.keyboard.press("Enter")
        visit.page.locator("#search-results li a").first.click()
        visit.page.wait_for_url("**/book/*.html*")
        visit.settle()
        assert visit.page.evaluate("CSS.highlights.get('stn-search').size") > 0
        assert visit.errors == []


def test_a_search_from_a_folder_ends_without_an_error(browser, site):
    with Visit(browser, f"{site.as_uri()}/search.html?q=gradient") as visit:
        visit.page.locator("#search-results li a").first.wait_for()
        visit.page.wait_for_timeout(300)
        assert visit.errors == []


def test_the_sidebars_of_a_phone_open_and_give_back_the_focus(narrow):
    for name, link in (("primary", "Notation"), ("secondary", "By hand")):
        button = narrow.page.locator(f".{name}-toggle")
        button.click()
        dialog = f"#pst-{name}-sidebar-modal"
        assert is_open(narrow, dialog) and narrow.page.locator(dialog).get_by_text(link, exact=True).is_visible()
        narrow.page.keyboard.press("Escape")
        assert not is_open(narrow, dialog) and button.evaluate("(node) => node === document.activeElement")
    narrow.page.locator(".secondary-toggle").click()
    narrow.page.locator("#pst-secondary-sidebar-modal").get_by_text("By hand", exact=True).click()
    assert not is_open(narrow, "#pst-secondary-sidebar-modal") and narrow.page.url.endswith("#by-hand")


def test_a_menu_opens_by_keyboard_and_closes_by_escape_and_by_a_click_elsewhere(wide):
    menu = wide.page.locator(".stn-menu").first
    menu.locator("summary").focus()
    wide.page.keyboard.press("Enter")
    assert menu.get_by_text(".ipynb").is_visible()
    wide.page.keyboard.press("Escape")
    assert not menu.get_by_text(".ipynb").is_visible()
    menu.locator("summary").click()
    wide.page.locator(".bd-article h1").click()
    assert not menu.get_by_text(".ipynb").is_visible()


def test_the_button_that_prints_does(wide):
    wide.page.evaluate("window.print = () => { window.printed = true; }")
    wide.page.locator(".stn-print").dispatch_event("click")
    assert wide.page.evaluate("window.printed")


def test_the_contents_mark_the_section_in_view(wide):
    wide.page.locator("h2", has_text="From scratch").scroll_into_view_if_needed()
    wide.page.evaluate("document.querySelector('#from-scratch').scrollIntoView()")
    wide.rest()
    marked = wide.page.locator("#pst-page-toc-nav a[aria-current]")
    assert marked.all_inner_texts() == ["From scratch"]


def test_a_copy_button_copies_the_cell(browser, served):
    with Visit(browser, served + PAGE, permissions=["clipboard-read", "clipboard-write"]) as visit:
        cell = visit.page.locator(".cell:not(.tag_hide-input) > .cell_input").first
        cell.get_by_role("button", name="Copy").click()
        visit.page.locator(".copybtn.success").wait_for()
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert copied == cell.locator("pre").inner_text().rstrip("\n")


def test_a_fold_needs_no_script(browser, served):
    with Visit(browser, served + PAGE, java_script_enabled=False) as visit:
        fold = visit.page.locator("details.admonition").first
        inside = fold.locator(":scope > :not(summary)").first
        assert not inside.is_visible()
        fold.locator("summary").click()
        assert inside.is_visible()


def test_a_browser_that_refuses_storage_has_theme_and_search(browser, served):
    with Visit(browser, "about:blank", java_script_enabled=True) as visit:
        visit.page.add_init_script(NO_STORAGE)
        visit.page.goto(served + "book/notation.html")
        switch = visit.page.locator(".theme-switch-button").first
        seen = []
        for _ in range(3):
            switch.click()
            seen.append(visit.page.evaluate("document.documentElement.dataset.mode"))
        assert sorted(seen) == ["auto", "dark", "light"]
        visit.page.keyboard.press("Control+k")
        assert is_open(visit, "#pst-search-dialog")
        assert visit.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_first_visit_has_the_systems_theme_and_no_message(browser, served, scheme):
    context = browser.new_context(color_scheme=scheme)
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text))
    page.goto(served + "book/notation.html")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme and heard == []
    context.close()


def test_a_dark_page_is_printed_in_the_light_colours(browser, served):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(served + "book/notation.html")
    theme = "document.documentElement.dataset.theme"
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {theme}; }})")
    page.pdf()
    assert page.evaluate(f"[window.printed, {theme}]") == ["light", "dark"]
    context.close()


def test_folds_print_as_the_reader_left_them_and_without_what_only_a_pointer_does(wide):
    wide.page.emulate_media(media="print", reduced_motion="no-preference")
    folds = wide.page.locator("details.admonition")
    opened, others = folds.first, folds.count() - 1
    opened.locator("summary").click()
    assert opened.evaluate("(node) => node.getAnimations({ subtree: true }).length") == 0  # printed in its first frame
    wide.page.evaluate("""addEventListener("beforeprint", () => {
      window.printed = [...document.querySelectorAll("details.admonition")].map((fold) => fold.open);
    })""")
    wide.page.pdf()
    assert others > 3 and wide.page.evaluate("window.printed") == [True] + others * [False]
    tries = wide.page.locator(".stn-try").all()
    assert len(tries) == 2 and not any(line.is_visible() for line in tries)
    opened.locator("summary").click()
    wide.page.emulate_media(media="screen", reduced_motion="reduce")
