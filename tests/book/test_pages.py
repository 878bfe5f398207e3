"""Every page of the built book as readers meet it: two widths, two themes, each control by keyboard and by mouse.

A page is opened once at each width: wide, in the light theme, from a server; narrow, in the dark theme, from a folder.
The tests below look at that one visit; what they do to it, from the theme's switch to a dragged handle, must leave it
fit for the next.
"""

import gzip
from itertools import count
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe

from stn_lib import palette
from tests.book.visit import Visit
from tests.conftest import ROOT

CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [
    f"{name}.html"
    for name in [CONTENTS["root"]] + [page["file"] for part in CONTENTS["parts"] for page in part["chapters"]]
]
THEMES = {1280: "light", 390: "dark"}
MOST_BYTES, MOST_REQUESTS, MOST_SHIFT = 250_000, 20, 0.02
CONTROLS = "button:not([hidden]), input, select, [role=slider]"
KEYS = {
    "range": ["ArrowRight", "ArrowLeft"],
    "slider": ["ArrowRight", "ArrowLeft"],
    "radio": ["ArrowRight"],
    "select-one": ["ArrowDown", "ArrowUp"],
    "number": ["ArrowUp", "ArrowDown"],
}
# Elements whose classes are equal all the way up have equal colours. Code and formulas repeat thousands of them: the
# first stands for all, and the others are hidden, which keeps their place, while axe looks.
MARK_REPEATED = """() => {
  const seen = new Set();
  const way = (node) => node ? `${way(node.parentElement)}>${node.tagName}.${node.getAttribute("class")}` : "";
  for (const node of document.querySelectorAll("pre span, math *")) {
    node.toggleAttribute("data-repeated", seen.has(way(node)));
    seen.add(way(node));
  }
}"""
HIDE_REPEATED = "[data-repeated] { visibility: hidden !important }"
NTH_CONTROL = "(widget, [controls, k]) => widget.querySelectorAll(controls)[k]"
NO_TRANSITION = "*, *::before, *::after { transition: none !important }"
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: PurePosixPath(page).stem)


VISITS = {f"{PurePosixPath(page).stem}-{width}": (page, width) for page in PAGES for width in THEMES}


@pytest.fixture(scope="module", params=VISITS.values(), ids=VISITS)
def visit(request, browser, served, site):
    page, width = request.param
    home = served if width == 1280 else f"{site.as_uri()}/"
    with Visit(browser, home + page, width, THEMES[width]) as visit:
        visit.home, visit.loaded, visit.shifted = home, list(visit.requests), visit.shift()
        yield visit


def html(node):
    return node.evaluate("(node) => node.outerHTML")[:400]


def assert_quiet(visit):
    assert visit.errors == []
    assert [url for url in visit.requests if not url.startswith((visit.home, "data:", "blob:"))] == []


def assert_accessible(visit, **options):
    # `resultTypes`, `preload`: else it reports what passes, and fetches.
    named = {"rules": {"label-content-name-mismatch": {"enabled": "runOnly" not in options}}}
    options = {"resultTypes": ["violations"], "preload": False, **named, **options}
    visit.page.evaluate(MARK_REPEATED)
    style = visit.page.add_style_tag(content=HIDE_REPEATED)
    found = Axe().run(visit.page, options=options).response["violations"]
    style.evaluate("(style) => style.remove()")
    told = [f"{v['id']}: {node['html'][:160]} {node['target']}" for v in found for node in v["nodes"][:3]]
    assert not told, "\n".join(told)


def theme(visit):
    return visit.page.evaluate("document.documentElement.dataset.theme")


def within(visit, addresses):
    """The files of the book among the addresses, as paths in its folder."""
    book = urlsplit(visit.home).path
    return {unquote(urlsplit(url).path).removeprefix(book) for url in addresses if url.startswith(visit.home)}


def test_it_loads_without_an_error_or_a_foreign_request(visit):
    assert_quiet(visit)


def test_it_is_light(visit, site):
    assert 0 < len([url for url in visit.loaded if not url.startswith("blob:")]) <= MOST_REQUESTS
    files = within(visit, visit.loaded) - {"favicon.ico"}
    sizes = {name: len(gzip.compress((site / name).read_bytes())) for name in files}
    assert 0 < sum(sizes.values()) <= MOST_BYTES, sorted(sizes.items(), key=lambda item: -item[1])[:8]


def test_nothing_moves_while_it_loads(visit):
    assert visit.shifted < MOST_SHIFT


def test_a_page_whose_text_moves_down_is_noticed(browser, tmp_path):
    """Oracle: by hand: all that the window shows moves, by 400 of the 1280 pixels of its larger side."""
    page = tmp_path / "page.html"
    page.write_text("""<body style="margin: 0"><div style="height: 100vh">Text</div><script>
      requestAnimationFrame(() => requestAnimationFrame(() => {
        document.body.insertAdjacentHTML("afterbegin", "<div style='height: 50vh'></div>");
      }));
    </script>""")
    with Visit(browser, page.as_uri()) as visit:
        assert visit.shift() == pytest.approx(400 / 1280, abs=0.01) and visit.shift() > MOST_SHIFT


def test_it_loads_widget_code_only_where_there_are_widgets(visit):
    code = [url for url in visit.loaded if "stn-host" in url or "/widgets/" in url]
    assert bool(visit.page.locator(".stn-slot").count()) == bool(code)


def test_code_has_a_background_of_its_own(visit):
    """Oracle: the palette; what a cell prints has the background of the page."""
    colours = {
        name: palette.LIGHT[name] if theme(visit) == "light" else palette.DARK[name] for name in ("surface", "paper")
    }
    for selector, name in ((".cell_input pre", "surface"), (".cell_output pre", "paper")):
        wanted = "rgb({}, {}, {})".format(*bytes.fromhex(colours[name][1:]))
        found = visit.page.eval_on_selector_all(
            selector, "all => all.map((node) => getComputedStyle(node).backgroundColor)"
        )
        assert set(found) <= {wanted}, selector


def test_it_fits_its_width(visit):
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= visit.width


# The part of an explorable that a control moves: what it names in `aria-controls`, or the nearest `.stn-view`, looking outwards. With the control at the
# lower or the upper end of the window, both are seen whole; what is in the view moves with it.
IN_ONE_VIEW = """(control) => {
  let at = control;
  while (at && !at.querySelector(".stn-view")) at = at.parentElement.closest(".stn-widget, .stn-widget *");
  const named = document.getElementById(control.closest("[aria-controls]")?.getAttribute("aria-controls"));
  const view = named ?? control.closest(".stn-view") ?? at?.querySelector(".stn-view");
  if (!view) return "no .stn-view in the explorable";
  const header = document.querySelector(".bd-header-article").getBoundingClientRect().height;
  const boxes = () => [control, view].map((node) => node.getBoundingClientRect());
  const told = [];
  for (const block of ["end", "center", "start"]) {
    (view.contains(control) ? view : control).scrollIntoView({ block, behavior: "instant" });
    const [one, other] = boxes();
    const apart = view.contains(control) || one.top >= other.bottom - 1 || one.bottom <= other.top + 1
      || one.left >= other.right - 1 || one.right <= other.left + 1;
    const whole = [one, other].every((box) => box.top >= header - 1 && box.bottom <= innerHeight + 1);
    if (whole && apart) return "";
    told.push([block, ...[one, other].flatMap((box) => [Math.round(box.top), Math.round(box.bottom)])].join(" "));
  }
  return told.join("; ");
}"""


def test_each_control_and_what_it_moves_are_seen_together(visit):
    failed = []
    for control in visit.page.query_selector_all(f".stn-widget :is({CONTROLS})"):
        if control.is_visible() and (told := control.evaluate(IN_ONE_VIEW)):
            failed.append(f"{html(control)[:120]}: {told}")
    assert not failed, "\n".join(failed)


def test_a_desktop_window_holds_each_explorable(visit):
    if visit.width == 1280:
        free = visit.height - visit.page.evaluate("document.querySelector('.bd-header-article').offsetHeight")
        for widget in visit.page.query_selector_all(".stn-widget"):
            assert widget.bounding_box()["height"] <= free, html(widget)[:120]


def test_a_formula_wider_than_the_page_starts_at_its_left_end_and_the_keyboard_reaches_it(visit):
    for block in visit.page.locator("div.math").all():
        left, inner, width, scrolls, stop = block.evaluate("""(block) => {
          const [outer, inner] = [block, block.querySelector("math")].map((node) => node.getBoundingClientRect());
          return [outer.left, inner.left, outer.width, block.scrollWidth > block.clientWidth, block.tabIndex];
        }""")
        assert left - 1 <= inner <= left + width and (stop == 0 or not scrolls), html(block)


def test_formulas_are_drawn_with_the_books_font_and_no_script(visit):
    used = [url for url in visit.loaded if url.endswith("stn-math.woff2")]
    assert bool(visit.page.locator("math").count()) == bool(used)
    assert visit.page.evaluate("[...document.fonts].every((font) => font.status !== 'error')")


def test_the_theme_shows_each_tool_once(visit):
    for selector in (".search-button", ".theme-switch-button", ".primary-toggle"):
        shown = [tool for tool in visit.page.locator(selector).all() if tool.is_visible()]
        assert len(shown) <= 1, selector


def test_it_is_accessible(visit):
    assert theme(visit) == THEMES[visit.width]
    assert_accessible(visit)


def test_the_switch_leads_to_the_other_theme_with_enough_contrast_and_back(visit):
    """The other rules of axe do not depend on colours."""
    visit.page.add_style_tag(content=NO_TRANSITION)  # else each of thousands of elements fades
    switch = visit.page.locator(".theme-switch-button")
    first = THEMES[visit.width]
    other = {"light": "dark", "dark": "light"}[first]
    for wanted in (other, first):
        for _ in range(3):  # light, dark, and what the system has
            switch.locator("visible=true").first.dispatch_event("click")  # no mouse, whose tooltip covers text
            if theme(visit) == wanted:
                break
        assert theme(visit) == wanted
        visit.rest()
        if wanted == other:
            assert_accessible(visit, runOnly=["color-contrast"])


def test_every_handle_follows_the_mouse_and_is_large_enough_for_a_finger(visit):
    for widget in visit.page.locator(".stn-widget").all():
        for handle in widget.locator(".stn-handle").all():
            handle.scroll_into_view_if_needed()
            box = handle.locator(".stn-knob").bounding_box()
            assert min(box["width"], box["height"]) >= 24, html(handle)
            visit.remember(widget)
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            visit.page.mouse.move(x, y)
            visit.page.mouse.down()
            visit.page.mouse.move(x + 25, y + 12, steps=4)
            visit.page.mouse.up()
            assert visit.changed(widget), html(handle)
    assert_quiet(visit)


def press(visit, widget, control):
    """Operate a control the way a keyboard does; return whether the widget then shows something else."""
    kind = control.evaluate("(node) => node.type || node.getAttribute('role')")
    for rest in (False, True):  # at once; if only what still computes could show it, again once that is done
        visit.remember(widget, rest)
        for key in KEYS.get(kind, ["Enter"]):
            control.evaluate("(node) => node.focus()")
            visit.page.keyboard.press(key)
            if visit.changed(widget):
                return True
    return False


def disturb(visit, widget):
    """Move the first slider, so that a button that goes home has somewhere to come from."""
    for slider in widget.query_selector_all("input[type=range]")[:1]:
        slider.focus()
        before = slider.input_value()
        for _ in range(3):
            visit.page.keyboard.press("ArrowRight")
        if slider.input_value() == before:  # it is at its end
            visit.page.keyboard.press("ArrowLeft")


def test_every_control_moves_something_by_keyboard(visit):
    for widget in visit.page.query_selector_all(".stn-widget"):
        waiting = []  # for what another control must do first, as to take something back
        for k in count():  # one by one: what a control does may draw those after it anew
            control = widget.evaluate_handle(NTH_CONTROL, [CONTROLS, k]).as_element()
            if control is None:
                break
            if control.evaluate("(node) => node.type === 'radio' && !node.checked"):
                continue  # the arrow key of the checked one reaches it
            if control.is_disabled():
                waiting.append(control)
            elif not press(visit, widget, control):
                disturb(visit, widget)
                assert press(visit, widget, control), html(control)
        for control in waiting:
            assert press(visit, widget, control), html(control)
    assert_quiet(visit)


def test_every_link_that_sets_an_explorable_does_and_brings_it_into_view(visit):
    for link in visit.page.locator("a.stn-set").all():
        name = link.get_attribute("href").removeprefix("#").split("?")[0]
        widget = visit.page.query_selector(f".stn-{name}")
        disturb(visit, widget)
        visit.remember(widget, rest=False)
        link.focus()
        visit.page.keyboard.press("Enter")
        assert visit.changed(widget), html(link)
        box = widget.bounding_box()
        assert box["y"] < 400 and box["y"] + box["height"] > 400, html(link)
    assert visit.ignored == []
    assert_quiet(visit)


def test_tab_reaches_every_control(visit):
    wanted = visit.page.evaluate("""() => {
      const nodes = [...document.querySelectorAll(".stn-widget button:not([hidden], :disabled, [tabindex='-1']), .stn-widget input, .stn-widget [tabindex='0']")];
      nodes.forEach((node, k) => { node.dataset.tabKey = node.type === "radio" ? node.name : `c${k}`; });
      window.reached = new Set();
      document.addEventListener("focusin", (event) => window.reached.add(event.target.dataset.tabKey));
      document.activeElement?.blur();
      return [...new Set(nodes.map((node) => node.dataset.tabKey))];
    }""")
    missing = set(wanted)
    for _ in range(40 if wanted else 0):
        for _ in range(10):
            visit.page.keyboard.press("Tab")
        missing = set(wanted) - set(visit.page.evaluate("[...window.reached]"))
        if not missing:
            break
    assert not missing


@every_page
def test_without_javascript_an_image_or_question_stands_in_every_widgets_place(browser, served, page):
    with Visit(browser, served + page, java_script_enabled=False) as visit:
        for slot in visit.page.locator(".stn-slot").all():
            fallback = slot.locator(".stn-fallback")
            assert fallback.is_visible()
            assert fallback.inner_text().strip() or fallback.locator("svg").count()
