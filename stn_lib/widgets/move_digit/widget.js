// MoveDigit: the reader moves, rotates, scales, tilts and shades a digit; a CNN in the page answers.
import { followAddress, integer, number } from "../shared/address_state.js";
import { best, makeAnswers, readDigits } from "../shared/answers.js";
import { button, choice, controls, figure, slider } from "../shared/controls.js";
import { makeDigitHandles } from "../shared/digit_handles.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { imageCanvas } from "../shared/image.js";
import { drawOnChange, getTraits, mountRoot, onTraits, prefersReducedMotion, setTraits } from "../shared/mount.js";
import { makeNetwork } from "../shared/network.js";
import { format, interpolate } from "../shared/text.js";
import { makeMap } from "./map.js";
import { viewChange } from "./model.js";
import { makeTrace } from "./trace.js";

const NAMES = ["right", "down", "rotation", "size", "tilt", "shadow"];
const SHAPES = ["rotation", "size", "tilt", "shadow"]; // these change the map, the two shifts do not
const KEPT = 120; // steps of the path that are kept

// Where the reader has been: dots where the answer was correct, crosses where it was wrong.
function trailPaths(path, middle, truth) {
  const seen = new Set();
  const parts = { good: "", bad: "" };
  for (const step of path) {
    const key = `${step.right},${step.down}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const [x, y] = [middle + step.right, middle + step.down];
    if (step.guess === truth) parts.good += `M${x} ${y}h0`;
    else parts.bad += `M${x - 0.3} ${y - 0.3}l.6 .6m0 -.6l-.6 .6`;
  }
  return parts;
}

function makeInput(words, size, state, put) {
  const canvas = imageCanvas(size, size, words.input);
  const [good, bad] = [s("path", { class: "stn-trail-good" }), s("path", { class: "stn-trail-bad" })];
  const attributes = { viewBox: `0 0 ${size} ${size}`, role: "group", "aria-label": words.input, class: "stn-drag" };
  const svg = s("svg", attributes, bad, good);
  const handles = makeDigitHandles({
    svg,
    words,
    size,
    reach: 12,
    radius: 2,
    step: 1,
    pose: () => ({ x: state().right, y: state().down, degrees: -state().rotation, scale: state().size }),
    move: (x, y) => put({ right: Math.round(x), down: Math.round(y) }),
    // The handles, which other explorables share, count clockwise.
    rotate: (degrees, scale) => put({ rotation: 0 - Math.round(degrees), size: Math.round(scale * 100) / 100 }),
  });
  const draw = (image, path, truth) => {
    canvas.draw(image);
    const parts = trailPaths(path, size / 2, truth);
    good.setAttribute("d", parts.good);
    bad.setAttribute("d", parts.bad);
    handles.draw();
    const now = state();
    const at = { right: format(now.right, 0), down: format(now.down, 0) };
    handles.tellCentre(now.right, interpolate(words.at, at));
    const angle = { rotation: format(now.rotation, 0), size: format(now.size) };
    handles.tellSpin(now.rotation, interpolate(words.rotated, angle));
  };
  const node = figure(words.input, h("div", { class: "stn-over" }, canvas.canvas, svg));
  return { node, draw, recolour: canvas.recolour };
}

// A slider with the accuracy on all test digits drawn above its track.
function makeControl(words, name, [, low, high], curve, value, oninput) {
  const shown = (v) =>
    interpolate(words.units[name], { v: format(name === "shadow" ? 100 * v : v, name === "size" ? 2 : 0) });
  const step = { size: 0.01, shadow: 0.01 }[name] ?? 1;
  const control = slider({
    label: words.sliders[name],
    min: low,
    max: high,
    step,
    value,
    show: shown,
    oninput,
    concept: name === "shadow" ? "ink" : "source",
  });
  if (!curve) return { ...control, shown, at: () => null };
  const points = curve.map(
    (percent, k) => `${((100 * k) / (curve.length - 1)).toFixed(2)} ${(26 - 0.24 * percent).toFixed(2)}`,
  );
  const here = s("line", { y1: 0, y2: 28, class: "stn-here" });
  control.node.classList.add("stn-with-curve");
  control.node.append(
    s(
      "svg",
      { viewBox: "0 0 100 28", preserveAspectRatio: "none", "aria-hidden": "true", class: "stn-curve" },
      s("path", { d: `M0 28L${points.join("L")}L100 28Z`, class: "stn-area" }),
      s("path", { d: `M${points.join("L")}`, class: "stn-line" }),
      here,
    ),
  );
  const at = (v) => {
    const where = ((v - low) / (high - low)) * (curve.length - 1),
      k = Math.min(Math.floor(where), curve.length - 2);
    return curve[k] + (where - k) * (curve[k + 1] - curve[k]);
  };
  return {
    ...control,
    shown,
    at,
    set: (v) => {
      control.set(v);
      const x = (100 * (v - low)) / (high - low);
      setAttributes(here, { x1: x, x2: x });
    },
  };
}

function makeWalk({ words, state, guess, put, limit }) {
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
  };
  const go = () => {
    stop();
    if (state().right >= limit) put({ right: 0 });
    const first = guess();
    const step = () => {
      put({ right: state().right + 1 });
      if (guess() !== first || state().right >= limit) stop();
    };
    if (!prefersReducedMotion()) {
      timer = setInterval(step, 160);
      step();
      return;
    }
    while (guess() === first && state().right < limit) put({ right: state().right + 1 });
  };
  return { node: button(words.walk, go), stop };
}

// The accuracy under this change alone, and where on the path the answer changed last.
function describe(words, { path, labels, percent, still, atEnd }) {
  const change = percent === null ? "" : interpolate(still ? words.rest : words.alone, { ...labels, percent });
  const flip = path.findLastIndex((step, k) => k > 0 && path[k - 1].guess !== step.guess);
  if (flip < 0) return `${change} ${atEnd ? words.never : ""}`;
  const { right, down, guess } = path[flip];
  const at = interpolate(words.at, { right: format(right, 0), down: format(down, 0) });
  return `${change} ${interpolate(words.flips, { from: path[flip - 1].guess, to: guess, at })}`;
}

// The model behind the view: the digit as it now is, what the network answers, and the change that was made last.
function makeState(model) {
  const [small, large, labels] = ["small", "large", "labels"].map((name) => model.get(name));
  const [ranges, distance] = [model.get("ranges"), model.get("distance")];
  const digits = readDigits(model.get("digits"), labels.length, small);
  const network = makeNetwork(model.get("network_layout"), model.get("network_weights"));
  const now = () => getTraits(model, NAMES);
  const show = (pose = now()) => viewChange(digits[model.get("digit")], small, large, distance, pose);
  const answer = (image) => network(image).probabilities;
  let last = "right";
  const put = (values) => {
    const next = {};
    for (const [name, value] of Object.entries(values)) {
      next[name] = Math.min(Math.max(value, ranges[name][1]), ranges[name][2]);
      if (next[name] !== model.get(name)) last = name;
    }
    setTraits(model, next);
  };
  return { now, show, answer, put, last: () => last, truth: () => labels[model.get("digit")] };
}

function makeInputs(model, words, change) {
  const [ranges, curves, labels] = ["ranges", "accuracy", "labels"].map((name) => model.get(name));
  const control = (name) =>
    makeControl(words, name, ranges[name], curves[name], model.get(name), (value) => change({ [name]: value }));
  const digit = choice({
    label: words.digit,
    options: labels.map((label, k) => [String(k), String(label)]),
    value: String(model.get("digit")),
    onchange: (key) => change({}, Number(key)),
  });
  return { sliders: Object.fromEntries(NAMES.map((name) => [name, control(name)])), digit };
}

function makeViews(model, words, state) {
  const [ranges, large] = [model.get("ranges"), model.get("large")];
  const walk = makeWalk({
    words,
    state: state.now,
    guess: () => best(state.answer(state.show())),
    put: state.put,
    limit: ranges.right[2],
  });
  const change = (values, digit = model.get("digit")) => {
    walk.stop();
    if (digit !== model.get("digit")) setTraits(model, { digit });
    else state.put(values);
  };
  const probe = (right, down) => {
    const p = state.answer(state.show({ ...state.now(), right, down }));
    return { p: p[state.truth()], good: best(p) === state.truth() };
  };
  return {
    walk,
    change,
    input: makeInput(words, large, state.now, change),
    answers: makeAnswers(words, words.network),
    trace: makeTrace(words),
    map: makeMap(words, ranges.right[2], state.now, probe, change),
    told: h("output", { class: "stn-told" }),
    ...makeInputs(model, words, change),
  };
}

function layOut(words, { input, answers, trace, map, told, sliders, digit, walk }, reset, hasCurves) {
  const side = h("div", { class: "stn-side" }, answers.node, trace.node);
  const changes = NAMES.map((name) => sliders[name].node);
  return frame(
    words,
    h("div", { class: "stn-stage" }, input.node, side),
    told,
    h("div", { class: "stn-stage stn-explore" }, map.node, h("div", { class: "stn-changes" }, changes)),
    h("p", { class: "stn-key" }, words.key, " ", hasCurves ? words.curve : ""),
    controls(digit.node, walk.node, reset),
  );
}

function render({ model, el }) {
  const words = model.get("words");
  const ranges = model.get("ranges");
  const state = makeState(model);
  const views = makeViews(model, words, state);
  let path = [];
  const reset = button(words.reset, () => {
    path = [];
    views.change(Object.fromEntries(NAMES.map((name) => [name, ranges[name][0]])));
    drawing.ask();
  });
  mountRoot(el, "move-digit", layOut(words, views, reset, Object.keys(model.get("accuracy")).length > 0));

  const draw = () => {
    const now = state.now();
    const image = state.show();
    const probabilities = state.answer(image);
    const truth = state.truth();
    path.push({ right: now.right, down: now.down, p: probabilities[truth], guess: best(probabilities) });
    if (path.length > KEPT) path = path.slice(-KEPT);
    views.input.draw(image, path, truth);
    views.answers.draw(probabilities, truth);
    views.trace.draw(path, truth);
    views.map.draw();
    for (const name of NAMES) views.sliders[name].set(now[name]);
    views.digit.set(String(model.get("digit")));
    const last = state.last();
    const percent = views.sliders[last].at(now[last]);
    views.told.textContent = describe(words, {
      path,
      labels: { change: `${words.sliders[last]} ${views.sliders[last].shown(now[last])}` },
      percent: percent === null ? null : format(percent, 0),
      still: now[last] === ranges[last][0],
      atEnd: now.right === ranges.right[2],
    });
  };
  const recolour = () => {
    views.input.recolour();
    views.map.recolour();
  };
  const drawing = drawOnChange(model, { traits: [...NAMES, "digit"], draw, recolour });
  const offShapes = onTraits(model, SHAPES, views.map.restart);
  const offDigit = onTraits(model, ["digit"], () => {
    path = [];
    views.map.restart();
  });
  views.map.restart();
  const poses = Object.fromEntries(NAMES.map((name) => [name, number(ranges[name][1], ranges[name][2])]));
  const table = { ...poses, digit: integer(0, model.get("labels").length - 1) };
  const offAddress = followAddress(el, "move-digit", table, ({ digit, ...pose }) => {
    if (digit !== undefined) views.change({}, digit);
    views.change(pose);
  });
  return () => {
    for (const end of [offAddress, offShapes, offDigit, drawing.stop, views.walk.stop, views.map.stop]) end();
  };
}

export default { render };
