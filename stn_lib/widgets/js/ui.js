// What every explorable is made of: elements made one by one, one set of controls, pictures drawn in
// the theme's colours, a handle that mouse, finger and arrow keys move alike.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat());
  return node;
}

export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

// Numbers with a true minus sign and a fixed number of places, so that nothing jumps.
export function format(value, places = 2) {
  const text = Math.abs(value).toFixed(places);
  return (value < 0 && Number(text) !== 0 ? "\u2212" : "") + text;
}

// "{name}" in a sentence of the word table is replaced by values.name.
export function say(sentence, values = {}) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// The element that a widget lives in. JupyterLab hears every key before the page does and would fold cells on an
// arrow key that belongs to a slider: the attribute, on the element that has the focus, keeps its shortcuts out.
export function house(el, name) {
  el.classList.add("stn-widget", `stn-${name}`);
  el.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", ""));
}

let counter = 0;
const nextId = () => `stn-${Date.now().toString(36)}-${counter++}`;

export function slider({ label, min, max, step, value, show, oninput, concept = "ink" }) {
  const id = nextId();
  const output = h("output", { for: id, class: "stn-number" });
  const input = h("input", { id, type: "range", min, max, step, value, oninput: () => oninput(Number(input.value)) });
  const node = h("div", { class: "stn-slider", style: `--stn-accent: var(--stn-${concept})` },
    h("label", { for: id }, label), input, output);
  const set = (now) => {
    input.value = now;
    output.textContent = show(now);
    input.setAttribute("aria-valuetext", show(now));
  };
  set(value);
  return { node, input, set };
}

// One of several: native radio buttons that look like one bar.
export function choice({ label, options, value, onchange }) {
  const name = nextId();
  const inputs = new Map();
  const bar = options.map(([key, text]) => {
    const input = h("input", { type: "radio", name, value: key, checked: key === value, onchange: () => onchange(key) });
    inputs.set(key, input);
    return h("label", {}, input, h("span", {}, text));
  });
  const node = h("fieldset", { class: "stn-choice" }, h("legend", {}, label), h("div", {}, bar));
  return { node, set: (key) => { inputs.get(key).checked = true; } };
}

export function button(label, onclick, attributes = {}) {
  return h("button", { type: "button", class: "stn-button", onclick, ...attributes }, label);
}

export const controls = (...nodes) => h("div", { class: "stn-controls" }, nodes);

export function figure(caption, ...children) {
  return h("figure", { class: "stn-panel" }, h("figcaption", {}, caption), children);
}

function channels(text) {
  const hex = text.trim().replace("#", "");
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

export function colour(node, name) {
  return channels(getComputedStyle(node).getPropertyValue(`--stn-${name}`) || "#888888");
}

// A picture as pixels: 0 is the page's surface, 1 its ink, so that it reads in light and dark. NaN is no pixel at all.
export function picture(height, width, label) {
  const canvas = h("canvas", { class: "stn-picture", width, height, role: "img", "aria-label": label });
  const context = canvas.getContext("2d");
  const data = context.createImageData(width, height);
  let ink = [0, 0, 0], ground = [255, 255, 255], none = [255, 0, 0];
  const recolour = () => { [ink, ground, none] = ["ink", "surface", "bad"].map((name) => colour(canvas, name)); };
  const draw = (values, low = 0, high = 1) => {
    const span = high - low || 1;
    for (let i = 0; i < height * width; i++) {
      const missing = Number.isNaN(values[i]), to = missing ? none : ink;
      const t = missing ? 0.3 : Math.min(Math.max((values[i] - low) / span, 0), 1);
      for (let k = 0; k < 3; k++) data.data[4 * i + k] = ground[k] + t * (to[k] - ground[k]);
      data.data[4 * i + 3] = 255;
    }
    context.putImageData(data, 0, 0);
  };
  return { canvas, draw, recolour };
}

// Calls `then` at most once a frame however often it is asked.
export function everyFrame(then) {
  let asked = 0;
  const ask = () => { asked ||= requestAnimationFrame(() => { asked = 0; then(); }); };
  ask.stop = () => cancelAnimationFrame(asked);
  return ask;
}

// Tells when the page or JupyterLab changes between light and dark.
export function onTheme(then) {
  const observer = new MutationObserver(then);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  return () => observer.disconnect();
}

export const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Makes `node` a handle: a pointer drags it, arrow keys step it (Shift: ten times as far).
// `locate(event)` turns a pointer into coordinates, `at()` tells where it is, `move(x, y)` puts it.
export function draggable(node, { surface = node, locate, at, move, step = 0.1 }) {
  let offset = null;
  const start = (event) => {
    if (event.button) return;
    const [x, y] = locate(event), [hx, hy] = at();
    // On the handle the grip stays where it was taken; elsewhere the handle comes to the pointer.
    offset = node.contains(event.target) ? [hx - x, hy - y] : [0, 0];
    surface.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    move(x + offset[0], y + offset[1]);
    event.preventDefault();
  };
  const drag = (event) => {
    if (!offset) return;
    const [x, y] = locate(event);
    move(x + offset[0], y + offset[1]);
  };
  const stop = () => { offset = null; };
  const key = (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.altKey || event.ctrlKey || event.metaKey) return;
    const far = step * (event.shiftKey ? 10 : 1);
    const [x, y] = at();
    move(x + arrow[0] * far, y + arrow[1] * far);
    event.preventDefault();
  };
  surface.addEventListener("pointerdown", start);
  surface.addEventListener("pointermove", drag);
  surface.addEventListener("pointerup", stop);
  surface.addEventListener("pointercancel", stop);
  node.addEventListener("keydown", key);
}

// A pointer's place in an SVG's own units.
export function svgPoint(svg, event) {
  const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
  return [view.x + ((event.clientX - box.left) / box.width) * view.width,
    view.y + ((event.clientY - box.top) / box.height) * view.height];
}

// An arrow as two parts of one path; nothing at all when it is shorter than its head would be.
export function arrowPath(x, y, dx, dy, head = 7) {
  const length = Math.hypot(dx, dy);
  if (length < 2) return "";
  const ux = dx / length, uy = dy / length, size = Math.min(head, length * 0.6);
  const tipX = x + dx, tipY = y + dy, baseX = tipX - ux * size, baseY = tipY - uy * size;
  const side = size * 0.6;
  return `M${x} ${y}L${baseX} ${baseY}M${tipX} ${tipY}L${baseX - uy * side} ${baseY + ux * side}` +
    `L${baseX + uy * side} ${baseY - ux * side}Z`;
}

// The page's address may open a widget in a state: #name?x=1.6&y=2.4 sets the traits x and y.
export function fromAddress(name) {
  const [key, query] = location.hash.slice(1).split("?");
  if (key !== name || !query) return {};
  return Object.fromEntries(new URLSearchParams(query));
}
