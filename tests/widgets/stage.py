"""An explorable alone on a page, with a model that remembers, as a host would give it one."""

import base64
import json
from collections.abc import Iterator
from itertools import count
from typing import ClassVar

MOUNT = """async ([source, css, state, blobs]) => {
    window.dispose?.();
    const style = document.createElement("style"), el = document.createElement("div"), listeners = new Map();
    style.textContent = css + " body { margin: 0 }";
    document.body.replaceChildren(style, el);
    for (const [name, text] of Object.entries(blobs)) {
        state[name] = new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    }
    window.seen = [];
    window.model = {
        get: (name) => state[name],
        set: (name, value) => {
            if (state[name] === value) return;
            state[name] = value;
            for (const f of listeners.get(`change:${name}`) ?? []) f();
        },
        save_changes: () => { window.seen.push(state.frame); },
        on: (events, f) => events.split(" ").forEach(
            (event) => listeners.set(event, new Set([...(listeners.get(event) ?? []), f]))),
        off: (events, f) => events.split(" ").forEach((event) => listeners.get(event)?.delete(f)),
        heard: () => [...listeners.values()].reduce((sum, one) => sum + one.size, 0),
    };
    const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    window.dispose = module.default.render({ model: window.model, el });
}"""

BOXES = """(nodes) => nodes.map((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return { x, y, width, height };
})"""

# A change is drawn in the next frame; what that drawing asks for comes in the frame after it.
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


def synced(shown):
    """What a page is handed: its traits, keys sorted as a built page stores them, and bytes apart."""
    state = {name: getattr(shown, name) for name in shown.traits(sync=True) if not name.startswith("_")}
    state = {name: value for name, value in state.items() if isinstance(value, (str, int, float, list, dict, bytes))}
    blobs = {name: base64.b64encode(v).decode() for name, v in state.items() if isinstance(v, bytes)}
    return json.loads(json.dumps({k: v for k, v in state.items() if k not in blobs}, sort_keys=True)), blobs


def name_of(cls) -> str:
    """The explorable's name in the page's address."""
    return cls.__module__.rsplit(".", 1)[1].replace("_", "-")


def traits(shown) -> list[str]:
    """The traits of its own that are plain values."""
    own = set(type(shown).class_trait_names(sync=True)) - {"words", "layout", "tabbable", "tooltip"}
    return sorted(name for name in own if not name.startswith("_") and not isinstance(getattr(shown, name), bytes))


class Stage:
    """The widget alone on a page. Pages are kept for the next stage: a new one takes longer than most tests."""

    kept: ClassVar[dict[tuple, list]] = {}
    documents: ClassVar[Iterator[int]] = count()

    def __init__(self, browser, shown, address="", width=688, height=1100, theme="light", **options):
        pages = self.kept.setdefault((browser, *sorted(options.items())), [])
        self.page = pages.pop() if pages else browser.new_page(**options)
        self.pages = pages
        self.errors = []
        self.page.on("pageerror", self.hear_error)
        self.page.on("console", self.hear_console)
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(f"about:blank?{next(self.documents)}")  # another document, whatever the hash was
        self.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        self.shown = shown
        self.mount(address)

    def hear_error(self, error):
        self.errors.append(str(error))

    def hear_console(self, message):
        if message.type == "error":
            self.errors.append(message.text)

    def mount(self, address=""):
        """Show the widget in its first state, with this address."""
        self.page.evaluate("(address) => { location.hash = address; }", address)
        self.page.evaluate(MOUNT, [str(self.shown._esm), str(self.shown._css), *synced(self.shown)])
        self.settle()

    def settle(self):
        self.page.evaluate(TWO_FRAMES)

    def get(self, *names):
        self.settle()
        found = self.page.evaluate("(names) => names.map((name) => window.model.get(name))", names)
        return found[0] if len(names) == 1 else found

    def text(self, selector):
        self.settle()
        return self.page.locator(selector).inner_text()

    def texts(self, selector):
        self.settle()
        return self.page.locator(selector).all_inner_texts()

    def boxes(self, selector):
        """Where elements are, as `bounding_box` says, in one call."""
        return self.page.locator(selector).evaluate_all(BOXES)

    def press(self, name):
        self.page.get_by_role("button", name=name).click()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.page.remove_listener("pageerror", self.hear_error)
        self.page.remove_listener("console", self.hear_console)
        if any(error):
            self.page.close()
        else:
            self.page.mouse.move(0, 0)
            self.pages.append(self.page)
