// AlignImage: the descent on theta that aligns one image with another, step by step; the reader sets its start, its
// sampler and the blur of the images.
import { followAddress, integer, number, oneOf } from "../shared/address_state.js";
import { button, choice, controls, slider } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, endAll, getTraits, mountRoot, onTraits, setTraits } from "../shared/mount.js";
import { gaussianBlur } from "../shared/numerics.js";
import { format, interpolate } from "../shared/text.js";
import { RATE, blurAt, distance, makeDescent, makeNoise, outcome, startTheta } from "./descent.js";
import { makeFormula } from "./formula.js";
import { makeGuess } from "./guess.js";
import { makeMap } from "./map.js";
import { lossAndGradient, makePair } from "./pair.js";
import { makePlayer } from "./player.js";
import { makeCurve, makeOverlay, makeWindow } from "./views.js";

const BLURS = { 0: [0], 1: [1], 2: [2], 4: [4], coarse: [4, 2, 1, 0] };
const FAR = 1.75; // how far the start may be
const STEEP = 90; // degrees
// Shifts that the landscape reaches, what the window on U shows then, and pixels a cell of the landscape.
const ZOOMS = [
  [0.5, 1.36, 1],
  [1, 1.6, 1],
  [FAR, 2, 2],
];
const SLICE = 2; // milliseconds of a frame for working out the descent, which is also drawn
const NAMES = ["x", "y", "rotation", "sampler", "blur", "move", "step"];

// The six numbers of theta; those that are not free are muted.
function makeSix(label) {
  const cells = Array.from({ length: 6 }, () => h("span", {}));
  const matrix = h("div", { class: "stn-six stn-theta", role: "group", "aria-label": label }, cells);
  const node = h("div", { class: "stn-sixes", "data-term": "theta" }, h("p", { class: "stn-head" }, label), matrix);
  const draw = (values, held) =>
    cells.forEach((cell, k) => {
      cell.textContent = values[k] === 0 ? "0" : format(values[k], 2);
      cell.classList.toggle("stn-held", held && k % 3 !== 2);
    });
  return { node, draw };
}

// What an address may set.
function addressTable(model, words) {
  const keys = (name) => oneOf(words[`${name}s`].map(([key]) => key));
  return {
    x: number(-FAR, FAR),
    y: number(-FAR, FAR),
    rotation: number(-STEEP, STEEP),
    sampler: keys("sampler"),
    blur: keys("blur"),
    move: keys("move"),
    step: integer(0, model.get("steps")),
  };
}

// The pair of images at each blur, made when it is first needed; `top` is its brightest value.
function makePairs(model, height, width) {
  const images = ["moving", "fixed"].map((name) => Float64Array.from(model.get(name)));
  const made = new Map();
  return (sigma) => {
    if (!made.has(sigma)) {
      const [moving, fixed] = images.map((pixels) => gaussianBlur(pixels, height, width, sigma));
      const top = Math.max(...moving, ...fixed) || 1;
      made.set(sigma, { ...makePair(moving, fixed, height, width), top });
    }
    return made.get(sigma);
  };
}

// The descent of the traits, worked out a slice a frame, and what is seen at the shown step.
function makeState(model) {
  const [height, width, steps, base] = ["height", "width", "steps", "start"].map((name) => model.get(name));
  const goal = model.get("goal").length ? model.get("goal") : null;
  const pairAt = makePairs(model, height, width);
  let noise = null;
  let run = null;
  const begin = () => {
    const { x, y, rotation, sampler, blur, move } = getTraits(model, NAMES);
    const start = startTheta(base, rotation, x, y, height, width);
    if (sampler === "linearized") noise ??= makeNoise(height, width);
    run = makeDescent({ pairAt, start, move, sampler, blurs: BLURS[blur], steps, noise });
  };
  const advance = () => {
    const from = performance.now();
    if (run === null) begin();
    if (!run.done) run.advance(() => performance.now() - from > SLICE);
    return run;
  };
  // Far enough to hold the start, the goal and the path.
  const fit = () => {
    let most = Math.max(Math.abs(goal?.[2] ?? 0), Math.abs(goal?.[5] ?? 0));
    for (let k = 2; k < 6 * run.known; k += 3) most = Math.max(most, Math.abs(run.thetas[k]));
    return ZOOMS.find(([reach]) => most <= reach - 0.04) ?? ZOOMS.at(-1);
  };
  const [out, unused] = [new Float64Array(height * width), new Float64Array(6)];
  const look = (zoom) => {
    const { step, sampler, blur } = getTraits(model, NAMES);
    const shown = Math.min(step, run.known - 1);
    const pair = pairAt(blurAt(shown, steps, BLURS[blur]));
    const [theta, gradient, direction] = [run.thetas, run.gradients, run.directions].map((all) =>
      all.subarray(6 * shown, 6 * shown + 6),
    );
    lossAndGradient(pair, theta, sampler === "nearest" ? sampler : "bilinear", { out, gradient: unused });
    const seen = { run, theta, gradient, direction, rate: RATE, shown, zoom, pair, top: pair.top, out };
    return { ...seen, blurs: BLURS[blur], sampler, goal };
  };
  const restart = () => {
    run = null;
  };
  return { height, width, steps, goal, advance, fit, look, restart, known: () => run.known };
}

// The shown step in a sentence; at the last step, how the run ended, and whether the reader guessed it.
function describe(words, { height, width, steps, goal }, { run, sampler, shown, theta }, move, guess) {
  if (!run.done) return interpolate(words.busy, { known: run.known, steps });
  const left = goal ? format(distance(theta, goal, height, width), 1) : words.unknown;
  const name = guess.name();
  if (shown === 0) return name ? interpolate(words.guessed, { guess: name }) : words.ready;
  if (shown < steps) return interpolate(words.going, { step: shown, steps, left });
  const end = outcome(run, { goal, move, sampler, height, width });
  const met = guess.verdict(end);
  const told = interpolate(words.ends[end], { steps, left });
  return met ? `${told} ${interpolate(words.verdicts[met], { guess: name })}` : told;
}

function makeInputs(model, words, steps, change) {
  const pick = (name) =>
    choice({
      label: words[name],
      options: words[`${name}s`],
      value: model.get(name),
      onchange: (key) => change({ [name]: key }),
    });
  const rotation = slider({
    label: words.rotation,
    min: -STEEP,
    max: STEEP,
    step: 1,
    value: model.get("rotation"),
    concept: "source",
    show: (value) => `${format(value, 0)}\u00b0`,
    oninput: (value) => change({ rotation: value, step: 0 }),
  });
  const step = slider({
    label: words.step,
    min: 0,
    max: steps,
    step: 1,
    value: model.get("step"),
    concept: "theta",
    show: (value) => interpolate(words.of, { step: value, steps }),
    oninput: (value) => change({ step: value }),
  });
  step.node.setAttribute("data-term", "step");
  return { step, sampler: pick("sampler"), blur: pick("blur"), move: pick("move"), rotation };
}

function makeViews(model, words, state, act) {
  const { height, width } = state;
  const sizes = new Map();
  return {
    sizes,
    source: makeWindow(words, height, width, sizes, act),
    overlay: makeOverlay(words, height, width, sizes),
    curve: makeCurve(words, sizes),
    map: makeMap(words, height, width, sizes, act),
    theta: makeSix(words.theta),
    formula: makeFormula(words),
    left: h("b", { class: "stn-left" }),
    told: h("output", { class: "stn-told" }),
  };
}

function layOut(words, views, inputs, guess, buttons) {
  const { source, overlay, curve, map, theta, formula, left, told } = views;
  const { step, sampler, blur, move, rotation } = inputs;
  const time = h("figure", { class: "stn-panel stn-time" }, h("figcaption", {}, h("span", {}, words.loss), left));
  time.append(curve.node);
  return frame(
    words,
    h("div", { class: "stn-view stn-stage" }, source.node, overlay.node, map.node, time),
    h("div", { class: "stn-go" }, h("div", { class: "stn-buttons" }, buttons), step.node),
    h("div", { class: "stn-go" }, guess, rotation.node),
    told,
    h("div", { class: "stn-figures" }, theta.node, formula.node),
    controls(sampler.node, blur.node, move.node),
  );
}

// Tells each drawing its size on the screen; returns what ends it.
function watchSizes(sizes, ask) {
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) sizes.get(target)(contentRect);
    ask();
  });
  for (const [svg, resized] of sizes) {
    resized(svg.getBoundingClientRect());
    observer.observe(svg);
  }
  return () => observer.disconnect();
}

function drawViews(words, views, inputs, state, seen, traits, guess) {
  const { height, width, goal } = state;
  const { source, overlay, curve, map, theta, formula, left, told } = views;
  for (const panel of [source, overlay, curve, map, formula]) panel.draw(seen);
  theta.draw(seen.theta, traits.move === "translation");
  const away = () => format(distance(seen.theta, goal, height, width), 1);
  left.textContent = goal ? interpolate(words.left, { left: away() }) : "";
  for (const [name, input] of Object.entries(inputs)) input.set(name === "step" ? seen.shown : traits[name]);
  told.textContent = describe(words, state, seen, traits.move, guess);
}

function render({ model, el }) {
  const words = model.get("words");
  const first = getTraits(model, NAMES);
  const state = makeState(model);
  const { steps } = state;
  const put = (values) => setTraits(model, values);
  const player = makePlayer(words, {
    steps,
    step: () => model.get("step"),
    known: () => state.known() - 1,
    show: (step) => put({ step }),
  });
  const change = (values) => {
    player.stop();
    put(values);
  };
  const tidy = (value) => Math.round(Math.min(Math.max(value, -FAR), FAR) * 100) / 100;
  const ask = () => drawing.ask();
  let held = false; // by the reader's finger, under which the zoom stays as it is
  const views = makeViews(model, words, state, {
    far: FAR,
    at: () => [model.get("x"), model.get("y")],
    move: (x, y) => change({ x: tidy(x), y: tidy(y), step: 0 }),
    hold: (now) => {
      held = now;
      ask();
    },
  });
  const inputs = makeInputs(model, words, steps, change);
  const guess = makeGuess(words, ask);
  const reset = button(words.reset, () => {
    guess.clear();
    change(first);
  });
  const section = layOut(words, views, inputs, state.goal ? guess.node : "", [...player.nodes, reset]);
  mountRoot(el, "align-image", section);
  const offSizes = watchSizes(views.sizes, ask);

  let zoom = ZOOMS[0];
  const draw = (again) => {
    const run = state.advance();
    if (!held) zoom = state.fit();
    drawViews(words, views, inputs, state, state.look(zoom), getTraits(model, NAMES), guess);
    section.setAttribute("aria-busy", String(!run.done));
    if (!run.done) again();
  };
  const recolour = () => [views.source, views.overlay, views.map].forEach((panel) => panel.recolour());
  const offStart = onTraits(model, NAMES.slice(0, -1), () => {
    state.restart();
    guess.clear();
  });
  const drawing = drawOnChange(model, { traits: NAMES, draw, recolour });
  const table = addressTable(model, words);
  const offAddress = followAddress(el, "align-image", table, (values) => change({ step: 0, ...values }));
  return endAll(offAddress, offStart, drawing.stop, player.stop, offSizes);
}

export default { render };
