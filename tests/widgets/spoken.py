"""What a screen reader says of each explorable: of what has the focus, and of a change once it is at rest.

python -m tests.widgets.spoken   # writes spoken.txt again, after a change that is meant; then read the difference
"""

from pathlib import Path

import torch

from tests.book.visit import IDLE
from tests.widgets.makers import MAKERS
from tests.widgets.stage import Stage
from tools.browser import chromium

RECORD = Path(__file__).with_suffix(".txt")
# Of each explorable, the first control of a kind, and a key that operates it.
CONTROLS = {
    ".stn-handle, [role=application]": "ArrowRight",
    "input[type=range]": "ArrowRight",
    "input[type=radio]": "ArrowRight",
    "button:not([aria-disabled=true])": "Enter",
}
# The second of rest is over when a test says so; nothing is drawn at random.
STILL = """() => {
  const wait = window.setTimeout.bind(window);
  window.setTimeout = (then, milliseconds, ...more) => {
    if (milliseconds !== 1000) return wait(then, milliseconds, ...more);
    window.atRest = then;
    return 0;
  };
  Math.random = () => 0.25;
}"""
REST = """() => {
  const region = document.getElementById("stn-announced");
  region.textContent = "";
  window.atRest?.();
  window.atRest = null;
  return region.textContent;
}"""
LIVE = """() => [...document.querySelectorAll("output, [role=status], [role=alert], [role=log], [aria-live]")]
  .filter((node) => node.ariaLive !== "off").map((node) => node.id || node.outerHTML)"""
# The buttons that, pressed one after the other, lose the focus to the page.
LOSING = """async () => {
  const losing = [];
  for (const button of document.querySelectorAll(".stn-widget :is(button, summary)")) {
    if (!button.getClientRects().length) continue;
    button.focus();
    button.click();
    for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame);
    if (document.activeElement === document.body) losing.push(button.textContent);
  }
  return losing;
}"""
FOCUSED = {"expression": "document.activeElement"}
STATES = ("checked", "pressed", "expanded")


class Reader:
    """An explorable with the accessibility tree of its page, as a screen reader is handed it."""

    def __init__(self, stage: Stage):
        self.stage, self.page = stage, stage.page
        self.devtools = self.page.context.new_cdp_session(self.page)
        self.page.evaluate(STILL)
        stage.mount()
        self.rest()

    def rest(self) -> list[str]:
        """Wait until all is drawn; return what is announced then, a second later."""
        self.stage.settle()
        self.page.wait_for_function(IDLE)
        self.stage.settle()
        return self.page.evaluate(REST).splitlines()

    def focused(self) -> str:
        """Return role, name, value and state of what has the focus."""
        node = self.devtools.send("Runtime.evaluate", FOCUSED)["result"]["objectId"]
        asked = {"objectId": node, "fetchRelatives": False}
        told = self.devtools.send("Accessibility.getPartialAXTree", asked)["nodes"][0]
        if told["ignored"] or told["role"]["value"] in ("none", "RootWebArea"):
            return "nothing"
        value = self.page.evaluate("document.activeElement.ariaValueText") or told.get("value", {}).get("value", "")
        states = [
            one["name"] if one["value"]["value"] in (True, "true") else f"not {one['name']}"
            for one in told["properties"]
            if one["name"] in STATES
        ]
        return ", ".join(filter(None, (told["role"]["value"], told["name"]["value"], str(value), *states)))


def transcript(browser, cls) -> str:
    """Return what is said of one explorable, line by line."""
    torch.manual_seed(0)
    lines = [cls.__name__]
    with Stage(browser, MAKERS[cls](), reduced_motion="reduce") as stage:
        reader = Reader(stage)
        for selector, key in CONTROLS.items():
            control = stage.page.locator(f".stn-widget :is({selector})").first
            if control.count():
                control.focus()
                lines.append(f"  focus: {reader.focused()}")
                stage.page.keyboard.press(key)
                said = reader.rest()
                lines += [f"    {key}: {reader.focused()}", *(f"    said: {text}" for text in said)]
        assert stage.page.evaluate(LIVE) == ["stn-announced"]
        assert stage.page.evaluate(LOSING) == []
        assert stage.errors == []
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with chromium() as browser:
        RECORD.write_text("\n".join(transcript(browser, cls) for cls in MAKERS), encoding="utf-8")
