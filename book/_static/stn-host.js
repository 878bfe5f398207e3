// Shows the page's widgets without a kernel: a small host for modules in the anywidget form
// (`export default { initialize?, render }`), which book/_ext/book_widgets.py makes functions. A classic script, so
// that it also runs from a folder (file://), where the browser refuses module scripts. It runs right after the
// first explorable, and mounts the others once the page is complete.
(() => {
  "use strict";

  const BOXES = { BoxModel: "flow", HBoxModel: "row", VBoxModel: "column" };
  const LINKS = ["LinkModel", "DirectionalLinkModel"];
  const reference = (value) => (/^IPY_MODEL_(\w+)$/.exec(value) || [])[1];

  // ---- model: what anywidget hands to a module, without the wire to Python ----

  class Model {
    constructor(state) {
      this.state = state;
      this.listeners = new Map(); // event -> Set of functions
    }
    get(key) {
      return this.state[key];
    }
    set(key, value) {
      const changes = typeof key === "object" ? key : { [key]: value };
      const changed = Object.keys(changes).filter((name) => !same(this.state[name], changes[name]));
      for (const name of changed) this.state[name] = changes[name];
      for (const name of changed) this.emit(`change:${name}`, this.state[name]);
      if (changed.length) this.emit("change");
    }
    save_changes() {}
    send() {}
    on(events, callback) {
      for (const event of events.split(/\s+/)) {
        if (!this.listeners.has(event)) this.listeners.set(event, new Set());
        this.listeners.get(event).add(callback);
      }
    }
    off(events, callback) {
      for (const event of events ? events.split(/\s+/) : [...this.listeners.keys()]) {
        if (callback) this.listeners.get(event)?.delete(callback);
        else this.listeners.delete(event);
      }
    }
    emit(event, ...values) {
      for (const callback of [...(this.listeners.get(event) || [])]) callback(this, ...values);
    }
  }

  // Backbone, whose models anywidget has in Jupyter, also stays silent where the new value equals the old.
  function same(a, b) {
    if (Object.is(a, b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
    if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return false;
    const keys = Object.keys(a);
    return (
      Array.isArray(a) === Array.isArray(b) &&
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
    );
  }

  function decode(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return new DataView(bytes.buffer);
  }

  function put(state, path, value) {
    const last = path[path.length - 1];
    path.slice(0, -1).reduce((place, key) => place[key], state)[last] = value;
  }

  const models = new Map();

  function readModels(script) {
    for (const [id, { name, state, buffers = [] }] of Object.entries(JSON.parse(script.textContent))) {
      for (const { path, data } of buffers) put(state, path, decode(data));
      const model = new Model(state);
      model.kind = name;
      models.set(id, model);
      if (LINKS.includes(name)) connect(model);
    }
    script.remove();
  }

  // ipywidgets' jslink and jsdlink.
  function connect(link) {
    const [sourceId, from] = link.get("source");
    const [targetId, to] = link.get("target");
    const source = models.get(reference(sourceId)),
      target = models.get(reference(targetId));
    if (!source || !target) return;
    const forward = () => target.set(to, source.get(from));
    source.on(`change:${from}`, forward);
    if (link.kind === "LinkModel") target.on(`change:${to}`, () => source.set(from, target.get(to)));
    forward();
  }

  // ---- views ----

  const made = new Map(); // name of a module -> its default export, or a promise of it

  function load(name) {
    if (!made.has(name)) {
      const module = window.stnModules[name]();
      made.set(name, typeof module === "function" ? module() : module);
    }
    return made.get(name);
  }

  async function begin(model) {
    const module = await load(model.get("_esm"));
    await module.initialize?.({ model });
    return module;
  }

  const ready = (model) => (model.started ??= begin(model));

  const children = (box) => box.get("children").map((child) => models.get(reference(child)));

  // All modules first, so that the image and the widget change places within one frame.
  async function prepare(model) {
    if (model.kind in BOXES) await Promise.all(children(model).map((child) => prepare(child)));
    else await ready(model);
  }

  async function show(model, el) {
    if (model.kind in BOXES) {
      el.classList.add("stn-box");
      el.dataset.stnBox = BOXES[model.kind];
      await Promise.all(
        children(model).map((child) => {
          const place = document.createElement("div");
          el.append(place);
          return show(child, place);
        }),
      );
    } else {
      await (await ready(model)).render?.({ model, el });
    }
  }

  async function mount(slot) {
    const standin = slot.querySelector(".stn-standin");
    const stage = document.createElement("div");
    try {
      const model = models.get(slot.dataset.stnModel);
      await prepare(model);
      standin.remove();
      slot.append(stage);
      await show(model, stage);
      slot.dataset.stnReady = "";
    } catch (error) {
      console.error(error);
      const note = document.createElement("p");
      note.className = "stn-note";
      note.textContent = slot.dataset.stnFailed;
      slot.replaceChildren(standin, note);
    }
  }

  function mountAll() {
    document.querySelectorAll("script.stn-state").forEach(readModels);
    for (const slot of document.querySelectorAll(".stn-slot:not([data-stn-started])")) {
      slot.dataset.stnStarted = "";
      mount(slot);
    }
  }

  mountAll();
  document.addEventListener("DOMContentLoaded", mountAll);
})();
