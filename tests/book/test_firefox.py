"""The built pages in Firefox: they load, draw their formulas, and follow mouse and keyboard; predictions answer."""

from pathlib import PurePosixPath

import pytest

from tests.book import firefox as system
from tests.book.test_pages import KEYS, PAGES
from tests.book.visit import CHANGED, IDLE, LOADED, READY, REMEMBER, THREE_FRAMES

pytestmark = pytest.mark.process

SETTLE = f"""async () => {{
  await ({LOADED})();
  for (const holds of [{READY}, {IDLE}]) while (!holds()) await new Promise(requestAnimationFrame);
  await ({THREE_FRAMES})();
}}"""
# Of each kind of control, the first one of each explorable: its kind, its place in `controls`, the explorable's number.
FIRST_CONTROLS = """() => {
  window.controls = [];
  const found = [];
  for (const [k, widget] of [...document.querySelectorAll(".stn-widget")].entries()) {
    for (const selector of [".stn-handle", "[type=range]", "[type=radio]:checked", "select", "[type=number]", ".stn-option"]) {
      const control = [...widget.querySelectorAll(selector)].find((one) => one.ariaDisabled !== "true" && one.getClientRects().length);
      if (!control) continue;
      const kind = control.type || control.getAttribute("role");
      found.push([kind, window.controls.push(control) - 1, k]);
    }
  }
  return found;
}"""
FOCUS = """(k) => {
  const control = window.controls[k];
  control.scrollIntoView({ block: "center", behavior: "instant" });
  control.focus({ preventScroll: true });
  const { x, y, width, height } = (control.querySelector(".stn-knob") ?? control).getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""
WIDGET = "document.querySelectorAll('.stn-widget')[k]"
FLAT_FORMULAS = """() => [...document.querySelectorAll("math")].filter((math) => {
  const [box, more] = math.getClientRects();
  return box && (more || box.width < 3 || box.height < 6);
}).map((math) => math.textContent)"""

# Firefox reports a fraction that it draws before the parser has come to its end; here every one is complete.
INCOMPLETE = "Incorrect number of children"
TORN_FORMULAS = """() => [...document.querySelectorAll("mfrac, msub, msup, mover, munder, mroot, msubsup, munderover")]
  .filter((part) => part.children.length !== (/^(msubsup|munderover)$/.test(part.localName) ? 3 : 2))
  .map((part) => part.outerHTML)"""


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    path = system.find()
    if path is None:
        pytest.skip(system.MISSING)
    browser = system.Firefox(path, tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: PurePosixPath(page).stem)
def test_a_page_works_in_firefox(firefox, served, page):
    firefox.open(served + page)
    firefox.call(SETTLE)
    fonts = firefox.call("() => [...document.fonts].filter((font) => font.status === 'loaded').length")
    assert bool(firefox.call("() => document.querySelectorAll('math').length")) == bool(fonts)
    assert firefox.call(FLAT_FORMULAS) == []
    assert firefox.call(TORN_FORMULAS) == []
    for kind, control, widget in firefox.call(FIRST_CONTROLS):
        ways = {key: lambda place, key=key: firefox.press(key) for key in KEYS.get(kind, [])}
        if kind == "slider":
            ways["mouse"] = lambda place: firefox.drag(place, (25, 12))
        elif kind == "button":  # a window that nobody sees has no focus, so Enter presses no button
            ways["mouse"] = firefox.drag
        moved = {}
        for way, act in ways.items():
            place = firefox.call(FOCUS, control)
            firefox.call(SETTLE)
            firefox.call(f"(k) => ({REMEMBER})({WIDGET})", widget)
            act(place)
            moved[way] = firefox.call(f"(k) => ({CHANGED})({WIDGET}, 15)", widget)
        by_mouse = moved.pop("mouse", True)
        assert by_mouse and (any(moved.values()) or not moved), (kind, widget, moved)  # one key leads on from an end
    assert [error for error in firefox.errors if INCOMPLETE not in error] == []
