// RotatePoint: a point and the same point rotated; the addition formulas with the numbers of the moment.
import { followAddress, number } from "../shared/address_state.js";
import { controls, figure, slider } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { equation } from "../shared/formula.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, endAll, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { placeName, rotate } from "./model.js";

const NAMES = ["radius", "angle", "by"];
const degrees = (x, y) => Math.round((Math.atan2(y, x) * 180) / Math.PI);
const wrap = (value) => ((((value + 180) % 360) + 360) % 360) - 180;

function arc(from, to, radius) {
  const steps = Math.max(2, Math.ceil(Math.abs(to - from) / 4));
  const at = (k) => ((from + ((to - from) * k) / steps) * Math.PI) / 180;
  return (
    "M" +
    Array.from(
      { length: steps + 1 },
      (_, k) => `${(100 * radius * Math.cos(at(k))).toFixed(2)} ${(100 * radius * Math.sin(at(k))).toFixed(2)}`,
    ).join("L")
  );
}

function makeKnob(concept, label, name, term) {
  const range = { "aria-valuemin": -180, "aria-valuemax": 180 };
  return s(
    "g",
    {
      class: `stn-handle stn-at-${concept}`,
      tabindex: 0,
      role: "slider",
      "aria-label": label,
      "data-term": term,
      ...range,
    },
    s("circle", { class: "stn-ring" }),
    s("circle", { class: "stn-knob" }),
    s("text", { class: "stn-name" }, name),
  );
}

// The border of the image from -1 to 1, its two axes, and the circle at distance 1. The texts are where no point is.
function makeAxes() {
  const ticks = ["\u22121", "0", "1"].flatMap((text, k) => {
    const at = 100 * (k - 1);
    return [
      s("text", { class: "stn-tick", x: at, y: -119 }, text),
      s("text", { class: "stn-tick", x: -119, y: at }, text),
    ];
  });
  return s(
    "g",
    { "aria-hidden": "true" },
    s("path", { d: "M-100-100H100V100H-100Z", class: "stn-rim" }),
    s("path", { d: "M-100 0H100M0-100V100", class: "stn-axes" }),
    s("circle", { r: 100, class: "stn-unit" }),
    s("text", { x: 119, y: 0, class: "stn-axis-name" }, "x"),
    s("text", { x: 0, y: 119, class: "stn-axis-name" }, "y"),
    ticks,
  );
}

function makeDrawing(words) {
  const first = makeKnob("target", words.point, "(x, y)", "point");
  const second = makeKnob("source", words.rotated, "(x\u2032, y\u2032)", "rotated");
  const legs = s("path", { class: "stn-legs stn-of-target", "data-term": "point" });
  const rotated = s("path", { class: "stn-legs stn-of-source", "data-term": "rotated" });
  const rays = s("path", { class: "stn-rays" });
  const alpha = s("path", { class: "stn-arc", "data-term": "alpha" });
  const phi = s("path", { class: "stn-arc stn-phi", "data-term": "phi" });
  const names = ["\u03b1", "\u03c6"].map((text, k) => s("text", { class: `stn-angle ${k ? "stn-phi" : ""}` }, text));
  const svg = s(
    "svg",
    { viewBox: "-128 -128 256 256", role: "group", "aria-label": words.plane },
    makeAxes(),
    ...[rays, legs, rotated, alpha, phi, ...names, first, second],
  );
  return { svg, first, second, legs, rotated, rays, alpha, phi, names };
}

function drawPlane({ first, second, legs, rotated, rays, alpha, phi, names }, words, now, { angle, by, radius }) {
  const at = ([x, y]) => `${(100 * x).toFixed(2)} ${(100 * y).toFixed(2)}`;
  const [p, q] = [
    [now.x, now.y],
    [now.rotatedX, now.rotatedY],
  ];
  const elbow = [now.x * now.cos, now.x * now.sin];
  rays.setAttribute("d", `M0 0L${at(p)}M0 0L${at(q)}` + arc(angle, angle + by, radius));
  legs.setAttribute("d", `M0 0L${at([now.x, 0])}L${at(p)}`);
  rotated.setAttribute("d", `M0 0L${at(elbow)}L${at(q)}`);
  alpha.setAttribute("d", arc(0, angle, 0.24));
  phi.setAttribute("d", arc(angle, angle + by, 0.34));
  [angle / 2, angle + by / 3].forEach((middle, k) => {
    const [away, turn] = [k ? 45 : 34, (middle * Math.PI) / 180];
    setAttributes(names[k], { x: away * Math.cos(turn), y: away * Math.sin(turn) });
  });
  // The names are further out than the points; those of two close points are apart.
  const apart = Math.max(0, 50 - Math.abs(by)) * (by < 0 ? -1 : 1);
  for (const [node, [x, y], value, text, out] of [
    [first, p, angle, words.atTarget, angle - apart],
    [second, q, by, words.atSource, angle + by + apart],
  ]) {
    const [left, top] = placeName([x, y], out);
    setAttributes(node, {
      transform: `translate(${100 * x} ${100 * y})`,
      "aria-valuenow": wrap(value),
      "aria-valuetext": interpolate(text, { x: format(x), y: format(y), by: format(by, 0) }),
    });
    setAttributes(node.lastChild, { x: left - 100 * x, y: top - 100 * y });
  }
}

// The keys of a handle that only an angle moves.
function angleKeys(step, set) {
  const steps = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 45, PageDown: -45 };
  const keys = Object.entries(steps).map(([key, by]) => [key, () => step(by)]);
  return { ...Object.fromEntries(keys), Home: () => set(-180), End: () => set(180) };
}

function makePlane(words, state, put) {
  const drawing = makeDrawing(words);
  const locate = (event) => svgPoint(drawing.svg, event).map((value) => value / 100);
  const seen = () => rotate(state());
  const radius = (x, y) => Math.min(Math.max(Math.round(20 * Math.hypot(x, y)) / 20, 0.2), 1);
  draggable(drawing.first, {
    locate,
    at: () => [seen().x, seen().y],
    step: 0.08,
    move: (x, y) => put({ radius: radius(x, y), angle: degrees(x, y) }),
    range: () => [-1, 1],
  });
  draggable(drawing.second, {
    locate,
    at: () => [seen().rotatedX, seen().rotatedY],
    move: (x, y) => put({ by: wrap(degrees(x, y) - state().angle) }),
    keys: angleKeys(
      (by) => put({ by: wrap(state().by + by) }),
      (by) => put({ by }),
    ),
  });
  const draw = (now) => drawPlane(drawing, words, now, state());
  return { node: figure(words.plane, drawing.svg), draw };
}

// The formulas with their numbers: the output point, its source, and the four numbers of theta.
function makeSums(words) {
  const target = (symbol) => ({ symbol, concept: "target", term: "point" });
  const source = (symbol) => ({ symbol, concept: "source", term: "rotated" });
  const theta = (symbol) => ({ symbol, concept: "theta", term: "phi" });
  const [x, y, cos, sin] = ["x", "y", "cos \u03c6", "sin \u03c6"];
  const start = ["cos \u03b1", "sin \u03b1"].map((symbol, k) =>
    equation([target([x, y][k]), "=", { symbol: "r", term: "point" }, "\u00b7", { symbol, term: "alpha" }]),
  );
  const product = (one, other) => [target(one), "\u00b7", theta(other)];
  const end = [
    equation([source("x\u2032"), "=", ...product(x, cos), "\u2212", ...product(y, sin)]),
    equation([source("y\u2032"), "=", ...product(x, sin), "+", ...product(y, cos)]),
  ];
  const entries = [0, 1, 2, 3].map(() => h("span", {}));
  const matrix = h("div", { class: "stn-four stn-theta", "data-term": "phi" }, entries);
  const block = (head, ...nodes) => h("div", {}, h("p", { class: "stn-head" }, head), ...nodes);
  const node = h(
    "div",
    { class: "stn-sums" },
    block(words.lines.start, ...start.map((one) => one.node)),
    block(words.lines.end, ...end.map((one) => one.node)),
    block(words.lines.matrix, matrix),
  );
  const draw = (now, { radius, angle }) => {
    const alpha = (angle * Math.PI) / 180;
    start[0].set([now.x, radius, Math.cos(alpha)]);
    start[1].set([now.y, radius, Math.sin(alpha)]);
    end[0].set([now.rotatedX, now.x, now.cos, now.y, now.sin]);
    end[1].set([now.rotatedY, now.x, now.sin, now.y, now.cos]);
    [now.cos, -now.sin, now.sin, now.cos].forEach((value, k) => {
      entries[k].textContent = format(value);
    });
  };
  return { node, draw };
}

function render({ model, el }) {
  const words = model.get("words");
  const state = () => getTraits(model, NAMES);
  const put = (values) => setTraits(model, values);
  const plane = makePlane(words, state, put);
  const sums = makeSums(words);
  const show = (value) => `${format(value, 0)}\u00b0`;
  const control = (name, concept) =>
    slider({
      label: words[name],
      min: -180,
      max: 180,
      step: 1,
      value: state()[name],
      show,
      concept,
      oninput: (value) => put({ [name]: value }),
    });
  const sliders = {
    angle: control("angle", "target"),
    by: control("by", "theta"),
  };
  sliders.angle.node.dataset.term = "alpha";
  sliders.by.node.dataset.term = "phi";
  const view = h("div", { class: "stn-view" }, plane.node);
  const parts = h("div", { class: "stn-parts" }, view, sums.node, controls(sliders.angle.node, sliders.by.node));
  const told = h("output", { class: "stn-spoken" });
  mountRoot(el, "rotate-point", frame(words, parts, told));
  const draw = () => {
    const now = rotate(state());
    plane.draw(now);
    sums.draw(now, state());
    told.textContent = interpolate(words.said, { x: format(now.rotatedX), y: format(now.rotatedY) });
    for (const [name, input] of Object.entries(sliders)) input.set(state()[name]);
  };
  const drawing = drawOnChange(model, { traits: NAMES, draw });
  const angle = number(-180, 180);
  const offAddress = followAddress(el, "rotate-point", { radius: number(0.2, 1), angle, by: angle }, put);
  return endAll(offAddress, drawing.stop);
}

export default { render };
