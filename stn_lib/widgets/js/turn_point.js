// TurnPoint: a point and the same point turned; the addition formulas with the numbers of the moment.
import { controls, draggable, everyFrame, figure, format, fromAddress, h, house, s, say, setAttributes, slider, svgPoint } from "./ui.js";

// --- model: y points down, so a positive angle turns clockwise on the screen ------------------------------------

export function turn({ radius, angle, by }) {
  const [alpha, phi] = [angle, by].map((degrees) => (degrees * Math.PI) / 180);
  const x = radius * Math.cos(alpha), y = radius * Math.sin(alpha), cos = Math.cos(phi), sin = Math.sin(phi);
  return { x, y, cos, sin, turnedX: x * cos - y * sin, turnedY: x * sin + y * cos };
}

// --- view --------------------------------------------------------------------------------------------------------
const NAMES = ["radius", "angle", "by"];
const degrees = (x, y) => Math.round((Math.atan2(y, x) * 180) / Math.PI);
const wrap = (value) => ((((value + 180) % 360) + 360) % 360) - 180;

function arc(from, to, radius) {
  const steps = Math.max(2, Math.ceil(Math.abs(to - from) / 4));
  const at = (k) => ((from + ((to - from) * k) / steps) * Math.PI) / 180;
  return "M" + Array.from({ length: steps + 1 }, (_, k) => `${(100 * radius * Math.cos(at(k))).toFixed(2)} ${(100 * radius * Math.sin(at(k))).toFixed(2)}`).join("L");
}

function makePlane(words, state, put) {
  const knob = (name, label) => s("g", { class: `stn-handle stn-${name}-knob`, tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": -180, "aria-valuemax": 180 },
    s("circle", { r: 13, class: "stn-ring" }), s("circle", { r: 10, class: "stn-knob" }));
  const first = knob("target", words.point), second = knob("source", words.turned);
  const legs = s("path", { class: "stn-legs stn-of-target" }), turned = s("path", { class: "stn-legs stn-of-source" });
  const rays = s("path", { class: "stn-rays" }), alpha = s("path", { class: "stn-arc" }), phi = s("path", { class: "stn-arc stn-phi" });
  const names = ["\u03b1", "\u03c6"].map((text, k) => s("text", { class: `stn-angle ${k ? "stn-phi" : ""}` }, text));
  const svg = s("svg", { viewBox: "-118 -118 236 236", role: "group", "aria-label": words.plane },
    s("path", { d: "M-114 0H110M0-114V110", class: "stn-axes" }), s("text", { x: 112, y: -6, class: "stn-axis-name" }, "x"), s("text", { x: 8, y: 114, class: "stn-axis-name" }, "y"),
    rays, legs, turned, alpha, phi, ...names, first, second);
  const locate = (event) => svgPoint(svg, event).map((value) => value / 100);
  const seen = () => turn(state());
  const radius = (x, y) => Math.min(Math.max(Math.round(20 * Math.hypot(x, y)) / 20, 0.2), 1);
  draggable(first, { locate, at: () => [seen().x, seen().y], step: 0.08, move: (x, y) => put({ radius: radius(x, y), angle: degrees(x, y) }) });
  draggable(second, { locate, at: () => [seen().turnedX, seen().turnedY], step: 0.08, move: (x, y) => put({ by: wrap(degrees(x, y) - state().angle) }) });
  const draw = (now) => {
    const { angle, by, radius: r } = state(), at = ([x, y]) => `${(100 * x).toFixed(2)} ${(100 * y).toFixed(2)}`;
    const p = [now.x, now.y], q = [now.turnedX, now.turnedY], elbow = [now.x * now.cos, now.x * now.sin];
    rays.setAttribute("d", `M0 0L${at(p)}M0 0L${at(q)}` + arc(angle, angle + by, r));
    legs.setAttribute("d", `M0 0L${at([now.x, 0])}L${at(p)}`);
    turned.setAttribute("d", `M0 0L${at(elbow)}L${at(q)}`);
    alpha.setAttribute("d", arc(0, angle, 0.24));
    phi.setAttribute("d", arc(angle, angle + by, 0.34));
    [angle / 2, angle + by / 3].forEach((middle, k) => setAttributes(names[k], {
      x: (k ? 45 : 34) * Math.cos((middle * Math.PI) / 180), y: (k ? 45 : 34) * Math.sin((middle * Math.PI) / 180) }));
    for (const [node, [x, y], value, text] of [[first, p, angle, words.atTarget], [second, q, by, words.atSource]]) {
      node.setAttribute("transform", `translate(${100 * x} ${100 * y})`);
      setAttributes(node, { "aria-valuenow": value, "aria-valuetext": say(text, { x: format(x), y: format(y), by: format(by, 0) }) });
    }
  };
  return { node: figure(words.plane, svg), draw };
}

function makeSums(words) {
  const lines = ["start", "x", "y", "matrix"].map((key) => h("div", { class: "stn-line" }, h("p", { class: "stn-head" }, words.lines[key]), h("output", {})));
  const part = (text, name) => (name ? h("b", { class: `stn-${name}` }, text) : text);
  const show = (k, parts) => lines[k].lastChild.replaceChildren(...parts.map(([text, name]) => part(text, name)));
  const draw = (now, { radius, angle, by }) => {
    const [x, y, cos, sin] = [now.x, now.y, now.cos, now.sin].map((value) => format(value));
    const signed = (text) => (text.startsWith("\u2212") ? `(${text})` : text);
    show(0, [["("], [x, "target"], [", "], [y, "target"], [`)  =  ${format(radius)} \u00b7 (cos ${format(angle, 0)}\u00b0, sin ${format(angle, 0)}\u00b0)`]]);
    show(1, [[x, "target"], [" \u00b7 "], [signed(cos), "theta"], [" \u2212 "], [signed(y), "target"], [" \u00b7 "], [signed(sin), "theta"], [" = "], [format(now.turnedX), "source"]]);
    show(2, [[x, "target"], [" \u00b7 "], [signed(sin), "theta"], [" + "], [signed(y), "target"], [" \u00b7 "], [signed(cos), "theta"], [" = "], [format(now.turnedY), "source"]]);
    const wide = (text) => text.padStart(5, "\u2007");  // a space as wide as a digit
    show(3, [[`${wide(cos)} ${wide(format(-now.sin))}`, "theta"], ["\n"], [`${wide(sin)} ${wide(cos)}`, "theta"]]);
  };
  return { node: h("div", { class: "stn-sums" }, lines), draw };
}

function render({ model, el }) {
  const words = model.get("words");
  const asked = fromAddress("turn-point");
  for (const name of NAMES) if (asked[name] && Number.isFinite(Number(asked[name]))) model.set(name, Number(asked[name]));
  const state = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const plane = makePlane(words, state, put), sums = makeSums(words);
  const show = (value) => `${format(value, 0)}\u00b0`;
  const sliders = {
    angle: slider({ label: words.angle, min: -180, max: 180, step: 1, value: state().angle, show, concept: "target", oninput: (angle) => put({ angle }) }),
    by: slider({ label: words.by, min: -180, max: 180, step: 1, value: state().by, show, concept: "theta", oninput: (by) => put({ by }) }),
  };
  house(el, "turn-point");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title }, h("p", { class: "stn-title" }, words.title),
    h("div", { class: "stn-stage" }, plane.node, sums.node), controls(sliders.angle.node, sliders.by.node), h("p", { class: "stn-try" }, words.try)));
  const draw = () => {
    const now = turn(state());
    plane.draw(now);
    sums.draw(now, state());
    for (const name of ["angle", "by"]) sliders[name].set(state()[name]);
  };
  const ask = everyFrame(draw), events = "change:radius change:angle change:by";
  model.on(events, ask);
  draw();
  return () => { model.off(events, ask); ask.stop(); };
}

export default { render };
