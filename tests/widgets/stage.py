"""An explorable alone on a page, with a model that remembers, as a host would give it one."""

import base64
import json

MOUNT = """async ([source, css, state, blobs]) => {
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

# A change is drawn in the next frame; what that drawing asks for comes in the frame after it.
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


def synced(shown):
    """What a page is handed: its traits, keys sorted as a built page stores them, and bytes apart."""
    state = {name: getattr(shown, name) for name in shown.traits(sync=True) if not name.startswith("_")}
    state = {name: value for name, value in state.items() if isinstance(value, (str, int, float, list, dict, bytes))}
    blobs = {name: base64.b64encode(v).decode() for name, v in state.items() if isinstance(v, bytes)}
    return json.loads(json.dumps({k: v for k, v in state.items() if k not in blobs}, sort_keys=True)), blobs


class Stage:
    """The widget alone on a page."""

    def __init__(self, browser, shown, address="", width=688, height=1100, theme="light", **options):
        self.page = browser.new_page(viewport={"width": width, "height": height}, **options)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.goto("about:blank" + address)
        self.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        self.page.evaluate(MOUNT, [str(shown._esm), str(shown._css), *synced(shown)])
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

    def press(self, name):
        self.page.get_by_role("button", name=name).click()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.page.close()
