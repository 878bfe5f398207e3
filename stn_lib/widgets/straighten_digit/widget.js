// StraightenDigit: the reader moves, rotates and scales a digit; a CNN and an ST-CNN, both running in the
// page, answer at once, and the page shows the window of the spatial transformer and what the classifier sees.
import { followAddress, integer, number } from "../shared/address_state.js";
import { best, makeAnswers, readDigits } from "../shared/answers.js";
import { button, choice, controls, figure, slider } from "../shared/controls.js";
import { makeDigitHandles } from "../shared/digit_handles.js";
import { placeDigit, randomPlace } from "../shared/distortion.js";
import { h, s } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { imageCanvas } from "../shared/image.js";
import { drawOnChange, endAll, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { makeNetwork } from "../shared/network.js";
import { toPixel } from "../shared/numerics.js";
import { format, interpolate } from "../shared/text.js";

const LINES = 7;
const LIMITS = { x: [-14, 14], y: [-14, 14], degrees: [-90, 90], scale: [0.6, 1.3] };
const NAMES = Object.keys(LIMITS);

// The shared handles rotate clockwise for a positive angle; in the book it is counter-clockwise.
const clockwise = (pose) => ({ ...pose, degrees: -pose.degrees });

// The sampling grid drawn over the input: every fourth row and column of source points.
function gridPath(grid, [, height, width], size) {
  const point = (row, column) => {
    const at = 2 * (row * width + column);
    const [x, y] = [grid[at], grid[at + 1]].map((value) => (toPixel(value, size, false) + 0.5).toFixed(2));
    return `${x} ${y}`;
  };
  const parts = [];
  for (let k = 0; k < LINES; k++) {
    const row = Math.round((k * (height - 1)) / (LINES - 1)),
      column = Math.round((k * (width - 1)) / (LINES - 1));
    parts.push(`M${point(row, 0)}L${point(row, width - 1)}`, `M${point(0, column)}L${point(height - 1, column)}`);
  }
  const corners = [point(0, 0), point(0, width - 1), point(height - 1, width - 1), point(height - 1, 0)];
  return { lines: parts.join(""), frame: `M${corners.join("L")}Z`, top: `M${corners[0]}L${corners[1]}` };
}

// A caption, and a shorter one for a phone.
const caption = (long, short) => [h("span", { class: "stn-wide" }, long), h("span", { class: "stn-narrow" }, short)];

function makeInput(words, size, state, put) {
  const canvas = imageCanvas(size, size, words.input);
  const [lines, quad, top] = ["lines", "quad", "top"].map((name) => s("path", { class: `stn-${name}` }));
  const viewBox = `0 0 ${size} ${size}`;
  const attributes = { viewBox, role: "group", "aria-label": words.input, class: "stn-drag" };
  const svg = s("svg", attributes, s("g", { "data-term": "theta" }, lines, quad, top));
  const handles = makeDigitHandles({
    svg,
    words,
    size,
    reach: LIMITS.x[1],
    most: LIMITS.degrees[1],
    radius: 1.9,
    step: 0.5,
    pose: () => clockwise(state()),
    move: (x, y) => put({ x, y }),
    rotate: (degrees, scale) => put({ degrees: Math.round(-degrees), scale }),
  });
  const draw = (image, seen) => {
    canvas.draw(image);
    const path = gridPath(seen.grid, seen.straightenedShape, size);
    lines.setAttribute("d", path.lines);
    quad.setAttribute("d", path.frame);
    top.setAttribute("d", path.top);
    handles.draw();
    const { x, y, degrees, scale } = state();
    handles.tellCentre(x.toFixed(1), `x ${format(x, 1)}, y ${format(y, 1)}`);
    const values = { degrees: format(degrees, 0), scale: format(scale) };
    handles.tellSpin(degrees.toFixed(0), interpolate(words.turned, values));
  };
  const node = figure(caption(words.input, words.inputShort), h("div", { class: "stn-over" }, canvas.canvas, svg));
  return { node, draw, recolour: canvas.recolour };
}

function makeSeen(words, [, height, width]) {
  const canvas = imageCanvas(height, width, words.seen);
  const cells = Array.from({ length: 6 }, () => h("span", {}));
  const matrix = h(
    "div",
    { class: "stn-matrix stn-theta", role: "group", "aria-label": words.matrix, "data-term": "theta" },
    h("b", {}, "\u03b8"),
    h("div", {}, cells),
  );
  const draw = ({ straightened, theta }) => {
    canvas.draw(straightened);
    cells.forEach((cell, k) => {
      cell.textContent = format(theta[k]);
    });
  };
  const numbers = h("div", { class: "stn-six" }, h("p", { class: "stn-wide" }, words.numbers), matrix);
  return {
    node: figure(caption(words.seen, words.seenShort), canvas.canvas, numbers),
    draw,
    recolour: canvas.recolour,
  };
}

const clampPose = (values) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Math.min(Math.max(value, LIMITS[name][0]), LIMITS[name][1])]),
  );

// How often each network was correct, over the throws since the page was opened.
function makeTally(words) {
  const count = { throws: 0, cnn: 0, stCnn: 0 };
  const node = h("output", { class: "stn-tally" }, words.tally.none);
  const add = (cnn, stCnn) => {
    count.throws += 1;
    count.cnn += Number(cnn);
    count.stCnn += Number(stCnn);
    node.textContent = interpolate(count.throws === 1 ? words.tally.one : words.tally.many, count);
  };
  return { node, add };
}

function makeControls(model, words, put) {
  const control = (name, options) =>
    slider({
      label: words[name],
      value: model.get(name),
      min: LIMITS[name][0],
      max: LIMITS[name][1],
      oninput: (value) => put({ [name]: value }),
      concept: "source",
      ...options,
    });
  const digit = choice({
    label: words.digit,
    options: model.get("labels").map((label, k) => [String(k), String(label)]),
    value: String(model.get("digit")),
    onchange: (key) => setTraits(model, { digit: Number(key) }),
  });
  return {
    digit: { node: digit.node, set: (value) => digit.set(String(value)) },
    degrees: control("degrees", { step: 1, show: (v) => `${format(v, 0)}\u00b0` }),
    scale: control("scale", { step: 0.01, show: (v) => `\u00d7${format(v)}` }),
  };
}

function render({ model, el }) {
  const words = model.get("words");
  const [small, large, labels] = ["small", "large", "labels"].map((name) => model.get(name));
  const digits = readDigits(model.get("digits"), labels.length, small);
  const [cnn, stCnn] = ["cnn", "st_cnn"].map((name) =>
    makeNetwork(model.get(`${name}_layout`), model.get(`${name}_weights`)),
  );
  const state = () => getTraits(model, NAMES);
  const put = (values) => setTraits(model, clampPose(values));
  const input = makeInput(words, large, state, put);
  const seenView = makeSeen(words, stCnn(new Float32Array(large * large)).straightenedShape);
  const answers = [words.cnn, words.stCnn].map((name) => makeAnswers(words, name, words.said));
  const inputs = makeControls(model, words, put);
  const place = (pose) => placeDigit(digits[model.get("digit")], small, large, pose);
  const tally = makeTally(words);
  const throwDigit = button(words.throw, () => {
    const draws = Array.from({ length: 4 }, Math.random);
    const { x, y, degrees, scale } = randomPlace(model.get("recipe"), draws, large);
    const digit = Math.floor(Math.random() * labels.length);
    setTraits(model, { digit, ...clampPose({ x, y, degrees: Math.round(degrees), scale }) });
    const image = place(state());
    tally.add(...[cnn, stCnn].map((network) => labels[best(network(image).probabilities)] === labels[digit]));
  });
  const upright = button(words.upright, () => put({ x: 0, y: 0, degrees: 0, scale: 1 }));
  const view = [input, seenView, ...answers].map(({ node }) => node);
  const throws = h("div", { class: "stn-throws" }, throwDigit, upright, tally.node);
  const bar = controls(...Object.values(inputs).map(({ node }) => node));
  mountRoot(el, "straighten-digit", frame(words, h("div", { class: "stn-view" }, view), throws, bar));

  const draw = () => {
    const image = place(state());
    const seen = stCnn(image);
    input.draw(image, seen);
    seenView.draw(seen);
    const truth = labels[model.get("digit")];
    [cnn(image), seen].forEach(({ probabilities }, k) => answers[k].draw(probabilities, truth));
    for (const [name, control] of Object.entries(inputs)) control.set(model.get(name));
  };
  const recolour = () => {
    input.recolour();
    seenView.recolour();
  };
  const drawing = drawOnChange(model, { traits: [...NAMES, "digit"], draw, recolour });
  const poses = Object.fromEntries(NAMES.map((name) => [name, number(...LIMITS[name])]));
  const table = { ...poses, digit: integer(0, labels.length - 1) };
  const offAddress = followAddress(el, "straighten-digit", table, (values) => setTraits(model, values));
  return endAll(offAddress, drawing.stop);
}

export default { render };
