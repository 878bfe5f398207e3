"""A page of the built book in a browser of its own, and what its explorables show."""

from experiments.speed.page_load import layout_shift

THREE_FRAMES = """async () => {
  for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
}"""
IDLE = "() => !document.querySelector('[aria-busy=true]')"
# In one call: a call takes the processor as long as a frame does.
AT_REST = f"""async () => {{
  const end = performance.now() + 60_000;
  await ({THREE_FRAMES})();
  while (!({IDLE})()) {{
    if (performance.now() > end) throw new Error("an explorable still computes after a minute");
    await new Promise(requestAnimationFrame);
  }}
}}"""
LOADED = "async () => { await document.fonts.ready; }"
READY = "() => [...document.querySelectorAll('.stn-slot')].every((slot) => 'stnReady' in slot.dataset)"
# What a reader can see of a widget: its markup, what its inputs hold, what its images show. Parts that were still
# computing when it was noted are left out: they change by themselves.
SHOWN = """(widget) => {
  const copy = widget.cloneNode(true);
  for (const part of copy.querySelectorAll("[data-was-busy]")) part.remove();
  const settled = (selector) => [...widget.querySelectorAll(selector)].filter((node) => !node.closest("[data-was-busy]"));
  return [copy.innerHTML.replace(/ aria-busy="\\w+"/g, ""),
    ...settled("input").map((input) => `${input.value} ${input.checked}`),
    ...settled("canvas").map((canvas) => canvas.toDataURL())].join("\\n");
}"""
REMEMBER = f"""(widget) => {{
  for (const part of widget.querySelectorAll("[data-was-busy]")) delete part.dataset.wasBusy;
  for (const part of widget.querySelectorAll("[aria-busy=true]")) part.dataset.wasBusy = "";
  widget.stnBefore = ({SHOWN})(widget);
}}"""
REMEMBER_AT_REST = f"async (widget) => {{ await ({AT_REST})(); ({REMEMBER})(widget); }}"
REMEMBER_AT_ONCE = f"async (widget) => {{ await ({THREE_FRAMES})(); ({REMEMBER})(widget); }}"
# A widget answers within a few frames.
CHANGED = f"""async (widget, frames) => {{
  for (let k = 0; k < frames; k++) {{
    await new Promise(requestAnimationFrame);
    if (({SHOWN})(widget) !== widget.stnBefore) return true;
  }}
  return false;
}}"""

# The browser marks a shift that follows an input within half a second.
NOTE_SHIFTS = """window.stnShifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.stnShifts.push([shift.startTime, shift.value]);
}).observe({ type: "layout-shift", buffered: true });"""
HEIGHTS = {1280: 800, 390: 844}  # of the windows of a desktop and of a phone


class Visit:
    """One page, and what a reader would not see of it: errors in the console, parts of links that no explorable
    knows, requests."""

    def __init__(self, browser, address: str, width: int = 1280, theme: str = "light", **options):
        self.height = HEIGHTS.get(width, 900)
        self.context = browser.new_context(
            viewport={"width": width, "height": self.height}, color_scheme=theme, reduced_motion="reduce", **options
        )
        self.context.add_init_script(
            f"try{{localStorage.mode ??= '{theme}'; localStorage.theme ??= '{theme}'}}catch(e){{}}"
        )
        self.context.add_init_script(NOTE_SHIFTS)
        self.page = self.context.new_page()
        self.width, self.errors, self.ignored, self.requests = width, [], [], []
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address, wait_until="load")
        if options.get("java_script_enabled", True):
            self.settle()

    def hear(self, message):
        if message.type == "error":
            self.errors.append(message.text)
        elif message.type == "warning" and message.text.endswith("is ignored"):
            self.ignored.append(message.text)

    def settle(self):
        """Wait for fonts and explorables, and for what they still compute."""
        self.page.evaluate(LOADED)
        self.page.wait_for_function(READY, timeout=20_000)
        self.rest()

    def shift(self) -> float:
        """The cumulative layout shift so far; a browser counts what is in the window."""
        return layout_shift(self.page.evaluate("window.stnShifts"))

    def rest(self):
        """Wait until every explorable has drawn what it was told, some of them frames later."""
        self.page.evaluate(AT_REST)

    def reload(self):
        self.page.reload(wait_until="load")
        self.settle()

    def remember(self, widget, rest: bool = True):
        """Note what a widget shows, for `changed`; without `rest`, of what is not computing."""
        widget.evaluate(REMEMBER_AT_REST if rest else REMEMBER_AT_ONCE)

    def changed(self, widget, frames: int = 15) -> bool:
        """Whether a widget comes to show something else than `remember` noted."""
        return widget.evaluate(CHANGED, frames)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
