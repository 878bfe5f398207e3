// StraightenDigit: the reader moves, turns and scales a digit; a CNN and an ST-CNN, both running in the
// page, answer at once, and the spatial transformer shows where it looks and what it then sees.
import { choice, controls, draggable, everyFrame, figure, format, fromAddress, h, house, onTheme, picture, s, say, setAttributes, slider, svgPoint, button } from "./ui.js";
import { toPixel } from "./twin.js";
import { place } from "./distorting.js";
import { makeNetwork } from "./network.js";
import { makeAnswers, readDigits } from "./answers.js";

// --- view ----------------------------------------------------------------------------------------
const LINES = 7;

// The sampling grid drawn over the input: every fourth row and column of source points.
function gridPath(grid, [, height, width], size) {
  const point = (row, column) => {
    const at = 2 * (row * width + column);
    return `${(toPixel(grid[at], size, false) + 0.5).toFixed(2)} ${(toPixel(grid[at + 1], size, false) + 0.5).toFixed(2)}`;
  };
  const parts = [];
  for (let k = 0; k < LINES; k++) {
    const row = Math.round((k * (height - 1)) / (LINES - 1)), column = Math.round((k * (width - 1)) / (LINES - 1));
    parts.push(`M${point(row, 0)}L${point(row, width - 1)}`, `M${point(0, column)}L${point(height - 1, column)}`);
  }
  const corners = [point(0, 0), point(0, width - 1), point(height - 1, width - 1), point(height - 1, 0)];
  return { lines: parts.join(""), frame: `M${corners.join("L")}Z`, top: `M${corners[0]}L${corners[1]}` };
}

function makeInput(words, size, state, move, turn) {
  const canvas = picture(size, size, words.input);
  const lines = s("path", { class: "stn-lines" }), frame = s("path", { class: "stn-quad" }), top = s("path", { class: "stn-top" });
  const knob = (label, radius, extra) => s("g", { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": label, ...extra },
    s("circle", { r: radius + 0.9, class: "stn-ring" }), s("circle", { r: radius, class: "stn-knob" }));
  const centre = knob(words.centre, 2.1, { "aria-valuemin": -size / 2, "aria-valuemax": size / 2 });
  const spin = knob(words.spin, 1.7, { "aria-valuemin": -180, "aria-valuemax": 180 });
  const arm = s("line", { class: "stn-arm" });
  const svg = s("svg", { viewBox: `0 0 ${size} ${size}`, role: "group", "aria-label": words.input, class: "stn-drag" }, lines, frame, top, arm, centre, spin);
  const middle = size / 2, reach = () => 13 * state().scale;
  const spot = () => [middle + state().x, middle + state().y];
  const far = () => {
    const [x, y] = spot(), angle = (state().degrees * Math.PI) / 180;
    return [x + Math.sin(angle) * reach(), y - Math.cos(angle) * reach()];
  };
  draggable(centre, { surface: svg, step: 0.5, locate: (event) => svgPoint(svg, event), at: spot, move: (x, y) => move(x - middle, y - middle) });
  draggable(spin, {
    locate: (event) => svgPoint(svg, event), at: far, step: 0.6,
    move: (x, y) => {
      const [cx, cy] = spot();
      turn((Math.atan2(x - cx, cy - y) * 180) / Math.PI, Math.hypot(x - cx, y - cy) / 13);
    },
  });
  spin.addEventListener("pointerdown", (event) => event.stopPropagation());
  const draw = (image, seen) => {
    canvas.draw(image);
    const path = gridPath(seen.grid, seen.straightenedShape, size), now = state();
    lines.setAttribute("d", path.lines);
    frame.setAttribute("d", path.frame);
    top.setAttribute("d", path.top);
    const [x, y] = spot(), [fx, fy] = far();
    centre.setAttribute("transform", `translate(${x} ${y})`);
    spin.setAttribute("transform", `translate(${fx} ${fy})`);
    setAttributes(arm, { x1: x, y1: y, x2: fx, y2: fy });
    setAttributes(centre, { "aria-valuenow": now.x.toFixed(1), "aria-valuetext": `x ${format(now.x, 1)}, y ${format(now.y, 1)}` });
    setAttributes(spin, { "aria-valuenow": now.degrees.toFixed(0), "aria-valuetext": say(words.turned, { degrees: format(now.degrees, 0), scale: format(now.scale) }) });
  };
  return { node: figure(words.input, h("div", { class: "stn-over" }, canvas.canvas, svg)), draw, recolour: canvas.recolour };
}

function makeSeen(words, [, height, width]) {
  const canvas = picture(height, width, words.seen);
  const cells = Array.from({ length: 6 }, () => h("span", {}));
  const matrix = h("div", { class: "stn-matrix stn-theta", role: "group", "aria-label": words.matrix },
    h("b", {}, "\u03b8"), h("div", {}, cells));
  const draw = ({ straightened, theta }) => {
    canvas.draw(straightened);
    cells.forEach((cell, k) => { cell.textContent = format(theta[k]); });
  };
  return { node: figure(words.seen, canvas.canvas, matrix), draw, recolour: canvas.recolour };
}

function render({ model, el }) {
  const words = model.get("words"), small = model.get("small"), large = model.get("large"), labels = model.get("labels");
  const digits = readDigits(model.get("digits"), labels.length, small);
  const networks = Object.fromEntries(["cnn", "st_cnn"].map((name) => [name, makeNetwork(model.get(`${name}_layout`), model.get(`${name}_weights`))]));
  const asked = fromAddress("straighten-digit");
  const names = ["x", "y", "degrees", "scale"];
  for (const name of names) if (asked[name] && Number.isFinite(Number(asked[name]))) model.set(name, Number(asked[name]));
  const state = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const limits = { x: [-9, 9], y: [-9, 9], degrees: [-90, 90], scale: [0.6, 1.3] };
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) {
      const [low, high] = limits[name] ?? [-Infinity, Infinity];
      model.set(name, Math.min(Math.max(value, low), high));
    }
    model.save_changes();
  };
  const control = (name, options) => slider({ label: words[name], value: model.get(name), min: limits[name][0], max: limits[name][1],
    oninput: (value) => put({ [name]: value }), concept: "source", ...options });
  const sliders = {
    degrees: control("degrees", { step: 1, show: (v) => `${format(v, 0)}\u00b0` }),
    scale: control("scale", { step: 0.01, show: (v) => `\u00d7${format(v)}` }),
  };
  const first = networks.st_cnn(place(digits[0], small, large, state()));
  const input = makeInput(words, large, state, (x, y) => put({ x, y }), (degrees, scale) => put({ degrees: Math.round(degrees), scale }));
  const seenView = makeSeen(words, first.straightenedShape);
  const answers = { cnn: makeAnswers(words, words.cnn), st_cnn: makeAnswers(words, words.stCnn) };
  const picks = choice({ label: words.digit, options: labels.map((label, k) => [String(k), String(label)]), value: String(model.get("digit")),
    onchange: (key) => { model.set("digit", Number(key)); model.save_changes(); } });
  const between = ([low, high]) => low + Math.random() * (high - low);
  const throwDigit = button(words.throw, () => {
    put({ x: between([-6, 6]), y: between([-6, 6]), degrees: Math.round(between([-60, 60])), scale: between([0.7, 1.2]) });
  });
  const upright = button(words.upright, () => put({ x: 0, y: 0, degrees: 0, scale: 1 }));

  house(el, "straighten-digit");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title),
    h("div", { class: "stn-stage" }, input.node, seenView.node),
    h("div", { class: "stn-stage stn-verdicts" }, answers.cnn.node, answers.st_cnn.node),
    controls(picks.node, sliders.degrees.node, sliders.scale.node, throwDigit, upright), h("p", { class: "stn-try" }, words.try)));

  const draw = () => {
    const index = model.get("digit"), image = place(digits[index], small, large, state());
    const seen = networks.st_cnn(image);
    input.draw(image, seen);
    seenView.draw(seen);
    answers.cnn.draw(networks.cnn(image).probabilities, labels[index]);
    answers.st_cnn.draw(seen.probabilities, labels[index]);
    for (const name of Object.keys(sliders)) sliders[name].set(model.get(name));
    picks.set(String(index));
  };
  const recolour = () => { input.recolour(); seenView.recolour(); };
  const ask = everyFrame(draw);
  const offTheme = onTheme(() => { recolour(); ask(); });
  const events = [...names, "digit"].map((name) => `change:${name}`).join(" ");
  model.on(events, ask);
  recolour();
  draw();
  return () => { model.off(events, ask); ask.stop(); offTheme(); };
}

export default { render };
