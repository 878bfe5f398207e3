"""On a phone, a control that gets the focus is not behind the view that stays at the top."""

import pytest

from stn_lib.widgets import MoveBird, ReadNumber, StraightenDigit
from tests.widgets.stage import Stage

# What of the control with the focus the browser would hit with a finger: a group of radio buttons by one of its labels.
IN_SIGHT = """() => {
  const node = document.activeElement;
  const shown = node.closest("label") ?? node;
  const { x, y, width, height } = shown.getBoundingClientRect();
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  return node === document.body || node.closest("svg, .stn-view") ? "not a control below" : Boolean(hit && shown.contains(hit));
}"""


@pytest.mark.parametrize(
    "shown", [MoveBird(view="bird"), ReadNumber(), StraightenDigit()], ids=lambda one: type(one).__name__
)
def test_what_has_the_focus_is_in_sight_on_a_phone(browser, shown):
    """Oracle: the element at the middle of the control that has the focus, forwards and backwards."""
    with Stage(browser, shown, width=360, height=844) as stage:
        stage.page.evaluate("document.body.style.paddingBottom = '1500px'")
        stage.page.evaluate("document.querySelector('.stn-view').style.setProperty('--stn-header', '50px')")
        found = []
        for key in ["Tab"] * 16 + ["Shift+Tab"] * 16:
            stage.page.keyboard.press(key)
            found.append(stage.page.evaluate(IN_SIGHT))
        assert False not in found and found.count(True) > 8
