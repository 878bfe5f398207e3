"""What a screen reader says of each explorable is what `spoken.txt` records; a change in hurry is said once."""

import pytest

from stn_lib.widgets import StraightenDigit
from tests.widgets import spoken
from tests.widgets.makers import MAKERS
from tests.widgets.stage import Stage

COUNT = """() => {
  window.said = [];
  const region = document.getElementById("stn-announced");
  new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true });
}"""


@pytest.mark.parametrize("cls", MAKERS, ids=lambda cls: cls.__name__)
def test_a_screen_reader_says_what_is_recorded(browser, cls):
    recorded = {part.split("\n")[0]: part for part in spoken.RECORD.read_text(encoding="utf-8").split("\n\n")}
    # `get`: a new explorable gets the same answer as a changed one.
    assert spoken.transcript(browser, cls).strip() == recorded.get(cls.__name__, "").strip(), (
        "if this change is meant, run .venv/bin/python -m tests.widgets.spoken and read the difference in spoken.txt"
    )


def test_twenty_steps_in_hurry_are_said_once_when_they_rest(browser):
    with Stage(browser, StraightenDigit()) as stage:
        reader = spoken.Reader(stage)
        stage.page.evaluate(COUNT)
        stage.page.get_by_role("slider", name="rotation", exact=True).focus()
        for _ in range(20):
            stage.page.keyboard.press("ArrowRight")
            stage.settle()
        assert stage.page.evaluate("said") == []
        plain, transformer = reader.rest()
        assert plain.startswith("Plain CNN: ") and transformer.startswith("ST-CNN: ")
