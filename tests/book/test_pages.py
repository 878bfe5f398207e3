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
from axe_playwright_python.base import AXE_SCRIPT
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
# Elements of one kind whose own colours and sizes, and those of all elements around them, are equal have equal contrast:
# two of them stand for all. Code and formulas repeat thousands: all but the first are hidden, which keeps their place,
# while axe looks.
MARK_REPEATED = """() => {
  const looks = new Map(), known = new Map(), shown = new Map();
  const parts = ["color", "fill", "backgroundColor", "backgroundImage", "opacity", "fontSize", "fontWeight"];
  const holdsText = (node) => node.matches("input, select, textarea")
    || [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
  for (const node of document.querySelectorAll("*")) {
    const style = getComputedStyle(node);
    const look = [looks.get(node.parentElement), node.tagName, node.getAttribute("class"), ...parts.map((p) => style[p])];
    const key = look.join("|");
    node.toggleAttribute("data-repeated", known.has(key) && node.matches("pre span, math *"));
    if (!known.has(key)) known.set(key, known.size);
    looks.set(node, known.get(key));
    const times = holdsText(node) && node.checkVisibility({ visibilityProperty: true }) ? (shown.get(key) ?? 0) + 1 : 0;
    if (times) shown.set(key, times);
    node.toggleAttribute("data-contrast", times === 1 || times === 2);
  }
}"""
MEASURE_MARKED = "axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-contrast]' }] })"
AXE = Axe(f"{AXE_SCRIPT}; {MEASURE_MARKED}")
HIDE_REPEATED = "[data-repeated] { visibility: hidden !important }"
IS_INERT = "(node) => node.closest('[inert]') !== null"
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
    assert [url for url in visit.requests if not url.startswith((visit.home, "data:"))] == []


def assert_accessible(visit, **options):
    # `resultTypes`, `preload`: else it reports what passes, and fetches.
    named = {"rules": {"label-content-name-mismatch": {"enabled": "runOnly" not in options}}}
    options = {"resultTypes": ["violations"], "preload": False, **named, **options}
    visit.page.evaluate(MARK_REPEATED)
    style = visit.page.add_style_tag(content=HIDE_REPEATED)
    found = AXE.run(visit.page, options=options).response["violations"]
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
    assert 0 < len(visit.loaded) <= MOST_REQUESTS
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
IN_ONE_VIEW = """(controls) => {
  const inOneView = (control) => {
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
  };
  return controls.filter((control) => {
    const { width, height } = control.getBoundingClientRect();
    return width && height && getComputedStyle(control).visibility === "visible";
  }).map((control) => [inOneView(control), control.outerHTML.slice(0, 120)]).filter(([told]) => told);
}"""


def test_each_control_and_what_it_moves_are_seen_together(visit):
    failed = visit.page.eval_on_selector_all(f".stn-widget :is({CONTROLS})", IN_ONE_VIEW)
    assert not failed, "\n".join(map(": ".join, failed))


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
    for widget in visit.page.query_selector_all(".stn-widget"):
        for handle in widget.query_selector_all(".stn-handle"):
            for _ in range(2):  # it is in a view that is not shown
                if handle.evaluate(IS_INERT):
                    widget.query_selector(".stn-switch input:checked").press("ArrowRight")
                    visit.rest()
            handle.scroll_into_view_if_needed()
            box = handle.query_selector(".stn-knob").bounding_box()
            assert min(box["width"], box["height"]) >= 24, html(handle)
            visit.remember(widget)
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            visit.page.mouse.move(x, y)
            visit.page.mouse.down()
            visit.page.mouse.move(x + 25, y + 12, steps=2)
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
        hidden = []  # in a view that is not shown
        for k in count():  # one by one: what a control does may draw those after it anew
            control = widget.evaluate_handle(NTH_CONTROL, [CONTROLS, k]).as_element()
            if control is None:
                break
            if control.evaluate("(node) => node.type === 'radio' && !node.checked"):
                continue  # the arrow key of the checked one reaches it
            if control.evaluate(IS_INERT):
                hidden.append(control)
            elif control.is_disabled():
                waiting.append(control)
            elif not press(visit, widget, control):
                disturb(visit, widget)
                assert press(visit, widget, control), html(control)
        for control in waiting:
            assert press(visit, widget, control), html(control)
        for _ in widget.query_selector_all(".stn-switch input:not(:checked)"):
            widget.query_selector(".stn-switch input:checked").press("ArrowRight")
            visit.rest()
            for control in [control for control in hidden if not control.evaluate(IS_INERT)]:
                hidden.remove(control)
                assert press(visit, widget, control), html(control)
        assert not hidden, [html(control) for control in hidden]
    assert_quiet(visit)


def test_every_link_that_sets_an_explorable_does_and_brings_it_into_view(visit):
    for link in visit.page.query_selector_all("a.stn-set"):
        name = link.get_attribute("href").removeprefix("#").split("?")[0]
        widget = visit.page.query_selector(f".stn-{name}")
        disturb(visit, widget)
        visit.remember(widget)  # at rest: of one that computes, what it computes would be left out, which may be all
        link.focus()
        visit.page.keyboard.press("Enter")
        assert visit.changed(widget), html(link)
        box = widget.bounding_box()
        assert box["y"] < 400 and box["y"] + box["height"] > 400, html(link)
    assert visit.ignored == []
    assert_quiet(visit)


# Tab goes on from what has the focus. Of several radio buttons of one name, it reaches one.
BEFORE_WIDGET = """(widget) => {
  widget.tabIndex = -1;
  widget.focus();
  widget.removeAttribute("tabindex");
  const key = (node) => node.type === "radio" ? node.name : node;
  const stops = widget.querySelectorAll("button:not([hidden], :disabled, [tabindex='-1']), input, [tabindex='0']");
  widget.stnReached = new Set();
  widget.addEventListener("focusin", (event) => widget.stnReached.add(key(event.target)));
  const shown = [...stops].filter((stop) => !stop.closest("[inert]"));
  widget.stnMissing = () => shown.filter((stop) => !widget.stnReached.has(key(stop)));
  return widget.stnMissing().length;
}"""
WHERE_TAB_IS = """(widget) => [
  !widget.contains(document.activeElement),
  widget.stnMissing().map((node) => node.outerHTML.slice(0, 200)),
]"""


def test_tab_reaches_every_control_and_goes_on(visit):
    for widget in visit.page.query_selector_all(".stn-widget"):
        for _ in range(widget.evaluate(BEFORE_WIDGET)):
            visit.page.keyboard.press("Tab")
        for _ in range(20):  # a link in its text is a stop, too
            left, missing = widget.evaluate(WHERE_TAB_IS)
            if left:
                break
            visit.page.keyboard.press("Tab")
        assert left and not missing


@every_page
def test_without_javascript_an_image_or_question_stands_in_every_widgets_place(browser, served, page):
    with Visit(browser, served + page, java_script_enabled=False) as visit:
        for slot in visit.page.locator(".stn-slot").all():
            fallback = slot.locator(".stn-fallback")
            assert fallback.is_visible()
            assert fallback.inner_text().strip() or fallback.locator("svg").count()
