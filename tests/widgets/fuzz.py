"""Random events on every explorable: pointer, touch, wheel, keys, typing, sizes, zoom, theme, visibility, addresses.

python -m tests.widgets.fuzz                      # 2,000 events on each explorable, a new seed
python -m tests.widgets.fuzz WarpImage --seed 7   # one explorable; the same seed gives the same events

In no frame may scripts take over 500 ms, by the clock and of processor time, so that a busy machine is no fault. After
every tenth event the console must be without an error, what the explorable shows without a number that is none or absurd,
and its traits valid in Python. What fails is printed with the seed and the last events; the command then exits with 1.
"""

import argparse
import random
import sys
import time
from functools import partial

import traitlets

from stn_lib.widgets import WarpImage
from tests.widgets.makers import MAKERS
from tests.widgets.stage import Stage, name_of, traits
from tools.browser import chromium

EXPLORABLES = {cls.__name__: make for cls, make in MAKERS.items()} | {
    f"{WarpImage.__name__}-{family}": partial(WarpImage, family=family)
    for family, _ in WarpImage.WORDS["families"]
    if family != WarpImage().family
}
MOST_SECONDS = 0.5  # of script in one frame
CHECK_EVERY = 10
LAST = 20  # events that a failure prints
CONTROLS = "button, input, select, summary, a[href], [role=slider], [tabindex]"
WIDTHS, HEIGHTS = (320, 390, 688, 1280), (400, 844, 1100)
KEYS = (
    *("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown", "Enter", "Space"),
    *("Tab", "Shift+Tab", "Escape", "Backspace", "Delete", "Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp"),
    *("Shift+ArrowDown", "Control+ArrowLeft", "Control+a", "Control+z", "0", "9", "-", ".", "e", "a", "z"),
)
TEXTS = ("0", "-1", "0.5", "10", "1e99", "1e308", "-1e308", "1e-300", "NaN", "Infinity", "", " ", "-", "1,2", "1e", "½")

# A place to act on: a control, or any point of the explorable; None if the control is not shown.
PLACE = """([controls, which, x, y, focus]) => {
  const widget = document.querySelector(".stn-widget");
  const nodes = controls ? widget.querySelectorAll(controls) : [widget];
  const node = nodes[Math.floor(which * nodes.length)];
  if (!node?.getClientRects().length) return null;
  node.scrollIntoView({ block: "nearest", behavior: "instant" });
  if (focus) node.focus({ preventScroll: true });
  const box = node.getBoundingClientRect();
  return [box.left + x * box.width, box.top + y * box.height].map((at, k) =>
    Math.round(Math.min(Math.max(at, 0), (k ? innerHeight : innerWidth) - 1)));
}"""

# Texts, names and the geometry of drawings, apart from what a reader has typed. A drawing may have 1e-17 for 0.
SHOWN = """() => {
  const absurd = (text, drawn) => /NaN|Infinity|undefined|null|\\[object/.test(text)
    || (text.replace(/#\\w+|stn-[\\w-]+/g, "").match(/\\d*\\.?\\d+(e[+-]?\\d+)?/g) ?? []).some((number) =>
      Number(number) > 1e6 || (!drawn && number.includes("e")));
  const told = [];
  for (const node of document.querySelectorAll(".stn-widget, .stn-widget *")) {
    for (const child of node.childNodes) if (child.nodeType === 3 && absurd(child.data, false)) told.push(child.data);
    for (const { name, value } of node.attributes) {
      if (name !== "value" && absurd(value, !name.startsWith("aria-"))) told.push(`${name}="${value.slice(0, 200)}"`);
    }
  }
  return told.slice(0, 5);
}"""

SEE = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


# The longest that scripts took in one frame, by the clock.
LONGEST = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const frame of list.getEntries()) {
      const taken = frame.scripts.reduce((sum, script) => sum + script.duration, 0);
      window.longest = Math.max(window.longest, taken / 1000);
    }
  }).observe({ type: "long-animation-frame" });
}"""


class Fuzz:
    """One explorable on a stage, and what has happened to it."""

    def __init__(self, stage: Stage, name: str, seed: int):
        self.stage, self.page, self.name, self.seed = stage, stage.page, name, seed
        self.draw = random.Random(f"{seed} {name}")
        self.devtools = self.page.context.new_cdp_session(self.page)
        self.devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # not the clock's: machines are busy
        self.page.evaluate(LONGEST)
        self.script = self.script_seconds()
        self.events: list[str] = []
        self.traits = {trait: stage.shown.traits()[trait] for trait in traits(stage.shown)}
        self.acts = [getattr(self, act) for act in dir(self) if act.startswith("do_")]

    # ---- events ----

    def place(self, on_control=0.6, focus=False):
        controls = CONTROLS if self.draw.random() < on_control else None
        numbers = [self.draw.random() for _ in range(3)]
        return self.page.evaluate(PLACE, [controls, *numbers, focus]) or [self.draw.randrange(300), 5]

    def do_click(self):
        at, count = self.place(), self.draw.choice((1, 1, 1, 2))
        self.page.mouse.click(*at, click_count=count)
        return f"click {count} at {at}"

    def do_drag(self):
        start, ends = self.place(), [self.place(0) for _ in range(self.draw.randint(1, 3))]
        self.page.mouse.move(*start)
        self.page.mouse.down()
        for end in ends:
            self.page.mouse.move(*end, steps=2)
        if self.draw.random() < 0.9:  # else the button stays down, as when it is let go outside the window
            self.page.mouse.up()
        return f"drag {start} {ends}"

    def do_hover(self):
        at = self.place()
        self.page.mouse.move(*at)
        return f"hover {at}"

    def do_touch(self):
        fingers = [self.place() for _ in range(self.draw.choice((1, 1, 2)))]
        moved = [self.place(0.2) for _ in fingers]

        def send(kind, places):
            points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(places)]
            self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        send("touchStart", fingers)
        send("touchMove", moved)
        send(self.draw.choice(("touchEnd", "touchEnd", "touchCancel")), [])
        return f"touch {fingers} {moved}"

    def do_wheel(self):
        by = [self.draw.choice((-400, -30, 0, 30, 400)) for _ in range(2)]
        self.page.mouse.move(*self.place())
        self.page.mouse.wheel(*by)
        return f"wheel {by}"

    def do_keys(self):
        self.place(1, focus=True)
        keys = [self.draw.choice(KEYS)] * self.draw.choice((1, 1, 3)) + [self.draw.choice(KEYS)]
        for key in keys:
            self.page.keyboard.press(key)
        return f"keys {keys}"

    def do_type(self):
        kind = self.draw.choice(("input", "input:not([type=radio], [type=range])", "select"))
        numbers, text = [self.draw.random() for _ in range(3)], self.draw.choice(TEXTS)
        if self.page.evaluate(PLACE, [kind, *numbers, True]):
            self.page.keyboard.press("Control+a")
            self.page.keyboard.insert_text(text)
            self.page.keyboard.press(self.draw.choice(("Enter", "Tab")))
        return f"type {text!r} into {kind} {numbers[0]:.3f}"

    def do_resize(self):
        width, height = self.draw.choice(WIDTHS), self.draw.choice(HEIGHTS)
        self.page.set_viewport_size({"width": width, "height": height})
        return f"resize {width} {height}"

    def do_zoom(self):
        zoom = self.draw.choice((0.5, 1, 1, 2, 4))
        self.page.evaluate("(zoom) => { document.documentElement.style.zoom = zoom; }", zoom)
        return f"zoom {zoom}"

    def do_theme(self):
        theme = self.draw.choice(("light", "dark"))
        self.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        return f"theme {theme}"

    def do_motion(self):
        motion = self.draw.choice(("reduce", "no-preference"))
        self.page.emulate_media(reduced_motion=motion)
        return f"motion {motion}"

    def do_visibility(self):
        state = self.draw.choice(("hidden", "visible", "visible"))
        self.page.evaluate(SEE, state)
        return f"visibility {state}"

    def do_address(self):
        key, value = self.draw.choice([*self.traits, "rows", "grid"]), self.draw.choice(TEXTS)
        address = f"#{name_of(type(self.stage.shown))}?{key}={value}"
        self.page.evaluate("(hash) => { location.hash = hash; }", address)
        return f"address {key}={value}"

    # ---- checks ----

    def script_seconds(self) -> float:
        found = self.devtools.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in found if metric["name"] == "ScriptDuration")

    def check_time(self):
        before, self.script = self.script, self.script_seconds()
        if self.script - before > MOST_SECONDS:  # in one frame, or in several after one event?
            self.stage.settle()
            longest = self.page.evaluate("[window.longest, window.longest = 0][0]")
            self.expect(longest <= MOST_SECONDS, f"{longest:.2f} s of script in one frame")

    def check_shown(self):
        self.stage.settle()
        self.expect(not self.stage.errors, f"errors: {self.stage.errors[:3]}")
        told = self.page.evaluate(SHOWN)
        self.expect(not told, f"absurd: {told}")
        for name, value in zip(self.traits, self.stage.get(*self.traits), strict=True):
            trait = self.traits[name]
            try:
                trait._validate(self.stage.shown, float(value) if isinstance(trait.default_value, float) else value)
            except traitlets.TraitError as error:
                self.expect(False, str(error))

    def expect(self, holds: bool, told: str):
        if not holds:
            last = "\n  ".join(self.events[-LAST:])
            raise AssertionError(
                f"{self.name}, seed {self.seed}, event {len(self.events)}: {told}\nThe last events:\n  {last}"
            )

    def run(self, events: int):
        """Do so many events and check what they did."""
        for k in range(1, events + 1):
            act = self.draw.choices(self.acts, [1 if a.__name__ in RARE else 6 for a in self.acts])[0]
            self.events.append(act())
            self.check_time()
            if k % CHECK_EVERY == 0 or k == events:
                self.check_shown()
        self.page.mouse.up()
        self.page.emulate_media(reduced_motion="no-preference")
        self.page.evaluate("dispose()")
        self.expect(self.page.evaluate("model.heard()") == 0, "it still listens to its model after its end")


RARE = ("do_resize", "do_zoom", "do_theme", "do_motion", "do_visibility", "do_address")


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.widgets.fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="EXPLORABLE", help=", ".join(EXPLORABLES))
    parser.add_argument("--events", type=int, default=2000, help="number of events on each")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args(words)
    failed = 0
    with chromium() as browser:
        for name in options.names or EXPLORABLES:
            started = time.perf_counter()
            try:
                with Stage(browser, EXPLORABLES[name]()) as stage:
                    Fuzz(stage, name, options.seed).run(options.events)
                print(
                    f"{name}: {options.events} events, {time.perf_counter() - started:.0f} s, seed {options.seed}",
                    flush=True,
                )
            except AssertionError as error:
                failed += 1
                print(error, flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
