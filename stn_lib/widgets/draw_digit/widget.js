// DrawDigit: the reader writes a digit, sees it prepared as in MNIST, rotates, scales, moves it; a CNN and an ST-CNN,
// both running in the page, answer while it moves, and then under a hundred random distortions of this one digit.
import { followAddress, integer, number } from "../shared/address_state.js";
import { best, readDigits } from "../shared/answers.js";
import { button, choice, setEnabled, slider } from "../shared/controls.js";
import { isTrained, placeDigit } from "../shared/distortion.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, endAll, getTraits, mountRoot, prefersReducedMotion, setTraits } from "../shared/mount.js";
import { makeNetwork } from "../shared/network.js";
import { format, interpolate } from "../shared/text.js";
import { inkImage } from "./ink.js";
import { compare, makeTrials } from "./model.js";
import { makePad } from "./pad.js";
import { inSlices, makeTrialChart } from "./trials.js";
import { makeExamples, makeFrame, makeNormal, makeReader } from "./views.js";
const LIMITS = { x: [-14, 14], y: [-14, 14], degrees: [-90, 90], scale: [0.5, 1.5] };
const PLACE = Object.keys(LIMITS);
const TRIALS = 100;
const MEMORY = 200; // steps of undo

// A slider whose track is coloured where the training distortions were.
function makeControl(words, name, [from, to], model, put) {
  const [low, high] = LIMITS[name],
    share = (value) => ((value - low) / (high - low)).toFixed(4);
  const show = (value) =>
    name === "degrees"
      ? interpolate(words.turned, { v: format(value, 0) })
      : interpolate(words.sized, { v: format(value) });
  const control = slider({
    label: words.sliders[name],
    min: low,
    max: high,
    step: name === "degrees" ? 1 : 0.01,
    value: model.get(name),
    show,
    concept: "source",
    oninput: (value) => put({ [name]: value }),
  });
  control.node.classList.add("stn-banded");
  control.node.style.setProperty("--stn-from", share(from));
  control.node.style.setProperty("--stn-to", share(to));
  return control;
}

// The digit on the pad: strokes, or an example that the first stroke takes the place of; and what `undo` goes back to.
function makeDigit(model, examples, changed) {
  const past = [];
  const current = (growing = null) => {
    if (growing) return inkImage([...model.get("strokes"), growing]);
    const example = model.get("example");
    return example >= 0 ? examples[example] : inkImage(model.get("strokes"));
  };
  const put = (values) => {
    setTraits(model, values);
    setTraits(model, { pixels: Array.from(current(), (value) => Math.round(255 * value)) });
    changed();
  };
  const replace = (values) => {
    past.push(getTraits(model, ["strokes", "example", "meant"]));
    if (past.length > MEMORY) past.shift();
    put(values);
  };
  const choose = (k) => replace({ strokes: [], example: k, meant: model.get("labels")[k] });
  const commit = (stroke) => {
    const kept = model.get("example") < 0 && model.get("strokes").length > 0;
    const meant = kept ? model.get("meant") : -1;
    replace({ strokes: [...model.get("strokes"), stroke], example: -1, meant });
  };
  const undo = () => {
    if (past.length) put(past.pop());
  };
  return { current, replace, choose, commit, undo, canUndo: () => past.length > 0 };
}

// Networks, traits and the trials, without any view.
function makeState(model) {
  const [small, large, recipe, labels] = ["small", "large", "recipe", "labels"].map((name) => model.get(name));
  const examples = readDigits(model.get("examples"), labels.length, small);
  const [cnn, st] = ["cnn", "st_cnn"].map((name) =>
    makeNetwork(model.get(`${name}_layout`), model.get(`${name}_weights`)),
  );
  const clampTo = ([low, high], value) => Math.min(Math.max(value, low), high);
  const move = (values) => {
    const within = Object.entries(values).map(([name, value]) => [name, clampTo(LIMITS[name], value)]);
    setTraits(model, Object.fromEntries(within));
  };
  return {
    ...{ model, small, large, recipe, labels, examples, cnn, st, move },
    trials: makeTrials(recipe, model.get("seed"), large, TRIALS),
    pose: () => getTraits(model, PLACE),
    truth: () => (model.get("meant") < 0 ? null : model.get("meant")),
  };
}

// The experiment: both networks under a hundred random distortions of the digit.
function makeLab(words, state, current) {
  const { recipe, trials, truth, pose, small, large } = state;
  const choose = (k) => state.move(trials.state.trials[k]);
  const charts = [words.cnn, words.stCnn].map((name) => makeTrialChart(words, name, recipe, choose));
  let end = () => {};
  const setBusy = (busy) => node.setAttribute("aria-busy", String(busy));
  const stop = () => {
    end();
    setBusy(false);
  };
  const draw = () => {
    if (node.ariaBusy === "true" && prefersReducedMotion()) return; // all hundred at once
    const { state: run, indexOf, next: following } = trials;
    const chosen = indexOf(pose());
    [run.cnn, run.st].forEach((answers, k) => charts[k].draw(run.trials, answers, truth(), chosen));
    next.textContent = truth() === null ? words.differs : words.miss;
    setEnabled(next, following(-1, truth()) >= 0);
    const tried = truth() === null ? words.labOpen : interpolate(words.labKey, { truth: truth() });
    key.textContent = run.st.length ? tried : words.labEmpty;
  };
  const start = () => {
    stop();
    setBusy(true);
    charted.hidden = next.hidden = false;
    trials.renew();
    const run = trials.state;
    const pixels = current();
    const one = (k) => {
      const image = placeDigit(pixels, small, large, run.trials[k]);
      run.cnn.push(best(state.cnn(image).probabilities));
      run.st.push(best(state.st(image).probabilities));
    };
    end = inSlices(TRIALS, one, (count) => {
      setBusy(count < TRIALS);
      draw();
    });
  };
  const next = button(words.miss, () => choose(trials.next(trials.indexOf(pose()), truth())));
  const hundred = button(words.hundred, start);
  const key = h("p", { class: "stn-remark" });
  const stage = charts.map((chart) => chart.node);
  const charted = h("div", { class: "stn-stage", hidden: true }, stage); // until the reader tries a hundred
  next.hidden = true;
  const row = h("div", { class: "stn-row" }, hundred, next);
  const attributes = { class: "stn-lab", "aria-label": words.lab };
  const node = h("section", attributes, row, key, charted);
  return { node, draw, hundred, stop };
}

function makeViews(words, state, digit, ask) {
  const { model, small, large, recipe, labels, examples, move, trials } = state;
  const seenSize = model.get("st_cnn_layout").ops[0].out_size;
  const digits = Array.from({ length: 10 }, (_, k) => [String(k), String(k)]);
  return {
    pad: makePad(words, small, { live: ask, commit: digit.commit, undo: digit.undo }),
    normal: makeNormal(words, small),
    board: makeFrame(words, large, LIMITS.x[1], state.pose, (x, y) => move({ x, y })),
    readers: [
      makeReader(words, words.cnn, words.seesWhole, [large, large]),
      makeReader(words, words.stCnn, words.seesWindow, seenSize),
    ],
    examples: makeExamples(words, examples, labels, small, digit.choose),
    meant: choice({
      label: words.meant,
      options: [["-1", words.unsaid], ...digits],
      value: String(model.get("meant")),
      onchange: (key) => setTraits(model, { meant: Number(key) }),
    }),
    sliders: {
      degrees: makeControl(words, "degrees", [-recipe.degrees, recipe.degrees], model, move),
      scale: makeControl(words, "scale", recipe.scale, model, move),
    },
    undo: button(words.undo, digit.undo),
    clear: button(words.clear, () => digit.replace({ strokes: [], example: -1, meant: -1 })),
    random: button(words.random, () => move(trials.draw())),
    upright: button(words.upright, () => move({ x: 0, y: 0, degrees: 0, scale: 1 })),
  };
}

function layOut(words, views, told, lab) {
  const { pad, normal, board, readers, sliders } = views;
  const row = (...nodes) => h("div", { class: "stn-row" }, nodes);
  const tools = (name, ...nodes) => h("div", { class: `stn-tools stn-${name}` }, nodes);
  const writing = tools("writing", row(views.undo, views.clear), normal.node);
  const start = tools("starting", views.examples.node, views.meant.node);
  const band = h("p", { class: "stn-remark stn-band-key" }, words.band);
  const poses = h("div", { class: "stn-poses" }, sliders.degrees.node, sliders.scale.node);
  const turning = tools("turning", poses, row(views.random, views.upright, band));
  pad.node.classList.add("stn-write");
  const answers = h(
    "div",
    { class: "stn-both" },
    h("p", { class: "stn-head" }, words.answers),
    readers.map((reader) => reader.node),
  );
  const view = h("div", { class: "stn-view" }, board.node, answers);
  const desk = h("div", { class: "stn-desk" }, pad.node, view, writing, turning, start, told, lab.node);
  return frame(words, desk);
}

// The sentence about both answers.
function makeTold(words, state) {
  const sentence = h("span", {});
  const beyond = h("span", { class: "stn-beyond" });
  const node = h("output", { class: "stn-told" }, sentence, beyond);
  const draw = (shares, pose) => {
    const empty = shares[0] === null;
    const [cnn, st] = shares.map((share) => share && best(share));
    const [kind, who] = empty ? ["empty"] : compare(cnn, st, state.truth());
    sentence.textContent = empty ? words.empty : interpolate(words.summary[kind][who], { cnn, st });
    beyond.textContent = empty || isTrained(pose, state.recipe, state.large) ? "" : ` ${words.outside}`;
    node.dataset.kind = kind;
  };
  return { node, draw };
}

function render({ model, el }) {
  const words = model.get("words");
  const state = makeState(model);
  const { cnn, st, small, large, examples, truth } = state;
  const ask = () => drawing.ask();
  const digit = makeDigit(model, examples, () => {
    lab.stop();
    state.trials.forget();
    ask();
  });
  const told = makeTold(words, state);
  const views = makeViews(words, state, digit, ask);
  const { pad, normal, board, readers, sliders } = views;
  const current = () => digit.current(pad.growing());
  const lab = makeLab(words, state, current);
  mountRoot(el, "draw-digit", layOut(words, views, told.node, lab));

  const draw = () => {
    const pixels = current();
    const empty = pixels.every((value) => value === 0);
    const pose = state.pose();
    const image = placeDigit(pixels, small, large, pose);
    const seen = st(image);
    const shares = empty ? [null, null] : [cnn(image).probabilities, seen.probabilities];
    pad.draw(model.get("strokes"), examples[model.get("example")] ?? null);
    normal.draw(pixels);
    board.draw(image, empty ? null : seen.theta);
    readers[0].draw(image, shares[0], truth());
    readers[1].draw(empty ? new Float32Array(seen.straightened.length) : seen.straightened, shares[1], truth());
    for (const [name, control] of Object.entries(sliders)) control.set(pose[name]);
    views.examples.set(model.get("example"));
    views.meant.set(String(model.get("meant")));
    setEnabled(views.undo, digit.canUndo());
    for (const one of [views.clear, lab.hundred]) setEnabled(one, !empty);
    told.draw(shares, pose);
    lab.draw();
  };
  const recolour = () => [pad, normal, board, views.examples, ...readers].forEach((view) => view.recolour());
  const traits = [...PLACE, "strokes", "example", "meant"];
  const drawing = drawOnChange(model, { traits, draw, recolour });
  const poses = Object.fromEntries(PLACE.map((name) => [name, number(...LIMITS[name])]));
  const table = { ...poses, example: integer(0, examples.length - 1) };
  const offAddress = followAddress(el, "draw-digit", table, ({ example, ...pose }) => {
    if (example !== undefined) digit.choose(example);
    state.move(pose);
  });
  return endAll(offAddress, drawing.stop, lab.stop);
}

export default { render };
