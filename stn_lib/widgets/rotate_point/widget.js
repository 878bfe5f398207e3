// RotatePoint: a point and the same point rotated; the addition formulas with the numbers of the moment.
import { followAddress, number } from "../shared/address_state.js";
import { controls, figure, slider } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { rotate } from "./model.js";

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

function makeKnob(name, label) {
  const range = { "aria-valuemin": -180, "aria-valuemax": 180 };
  return s(
    "g",
    { class: `stn-handle stn-${name}-knob`, tabindex: 0, role: "slider", "aria-label": label, ...range },
    s("circle", { r: 13, class: "stn-ring" }),
    s("circle", { r: 10, class: "stn-knob" }),
  );
}

function makeDrawing(words) {
  const [first, second] = [makeKnob("target", words.point), makeKnob("source", words.rotated)];
  const legs = s("path", { class: "stn-legs stn-of-target" });
  const rotated = s("path", { class: "stn-legs stn-of-source" });
  const rays = s("path", { class: "stn-rays" });
  const [alpha, phi] = [s("path", { class: "stn-arc" }), s("path", { class: "stn-arc stn-phi" })];
  const names = ["\u03b1", "\u03c6"].map((text, k) => s("text", { class: `stn-angle ${k ? "stn-phi" : ""}` }, text));
  const svg = s(
    "svg",
    { viewBox: "-118 -118 236 236", role: "group", "aria-label": words.plane },
    s("path", { d: "M-114 0H110M0-114V110", class: "stn-axes" }),
    s("text", { x: 112, y: -6, class: "stn-axis-name" }, "x"),
    s("text", { x: 8, y: 114, class: "stn-axis-name" }, "y"),
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
  for (const [node, [x, y], value, text] of [
    [first, p, angle, words.atTarget],
    [second, q, by, words.atSource],
  ]) {
    setAttributes(node, {
      transform: `translate(${100 * x} ${100 * y})`,
      "aria-valuenow": value,
      "aria-valuetext": interpolate(text, { x: format(x), y: format(y), by: format(by, 0) }),
    });
  }
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
  });
  draggable(drawing.second, {
    locate,
    at: () => [seen().rotatedX, seen().rotatedY],
    step: 0.08,
    move: (x, y) => put({ by: wrap(degrees(x, y) - state().angle) }),
  });
  const draw = (now) => drawPlane(drawing, words, now, state());
  return { node: figure(words.plane, drawing.svg), draw };
}

function makeSums(words) {
  const lines = ["start", "x", "y", "matrix"].map((key) =>
    h("div", { class: "stn-line" }, h("p", { class: "stn-head" }, words.lines[key]), h("output", {})),
  );
  const part = (text, name) => (name ? h("b", { class: `stn-${name}` }, text) : text);
  const show = (k, parts) => lines[k].lastChild.replaceChildren(...parts.map(([text, name]) => part(text, name)));
  const draw = (now, { radius, angle }) => {
    const [x, y, cos, sin] = [now.x, now.y, now.cos, now.sin].map((value) => format(value));
    const signed = (text) => (text.startsWith("\u2212") ? `(${text})` : text);
    show(0, [
      ["("],
      [x, "target"],
      [", "],
      [y, "target"],
      [`)  =  ${format(radius)} \u00b7 (cos ${format(angle, 0)}\u00b0, sin ${format(angle, 0)}\u00b0)`],
    ]);
    show(1, [
      [x, "target"],
      [" \u00b7 "],
      [signed(cos), "theta"],
      [" \u2212 "],
      [signed(y), "target"],
      [" \u00b7 "],
      [signed(sin), "theta"],
      [" = "],
      [format(now.rotatedX), "source"],
    ]);
    show(2, [
      [x, "target"],
      [" \u00b7 "],
      [signed(sin), "theta"],
      [" + "],
      [signed(y), "target"],
      [" \u00b7 "],
      [signed(cos), "theta"],
      [" = "],
      [format(now.rotatedY), "source"],
    ]);
    const wide = (text) => text.padStart(5, "\u2007"); // a space as wide as a digit
    show(3, [[`${wide(cos)} ${wide(format(-now.sin))}`, "theta"], ["\n"], [`${wide(sin)} ${wide(cos)}`, "theta"]]);
  };
  return { node: h("div", { class: "stn-sums" }, lines), draw };
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
  const sliders = { angle: control("angle", "target"), by: control("by", "theta") };
  const stage = h("div", { class: "stn-stage" }, plane.node, sums.node);
  mountRoot(el, "rotate-point", frame(words, stage, controls(sliders.angle.node, sliders.by.node)));
  const draw = () => {
    const now = rotate(state());
    plane.draw(now);
    sums.draw(now, state());
    for (const [name, input] of Object.entries(sliders)) input.set(state()[name]);
  };
  const drawing = drawOnChange(model, { traits: NAMES, draw });
  const angle = number(-180, 180);
  const offAddress = followAddress(el, "rotate-point", { radius: number(0.2, 1), angle, by: angle }, put);
  return () => {
    for (const end of [offAddress, drawing.stop]) end();
  };
}

export default { render };
