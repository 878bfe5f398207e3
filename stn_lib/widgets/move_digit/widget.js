// MoveDigit: the reader moves, rotates, scales, tilts and shades a digit; a CNN in the page answers.
import { followAddress, integer, number } from "../shared/address_state.js";
import { best, makeAnswers, readDigits } from "../shared/answers.js";
import { button, choice } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import {
  drawOnChange,
  endAll,
  getTraits,
  mountRoot,
  onTraits,
  prefersReducedMotion,
  setTraits,
} from "../shared/mount.js";
import { makeNetwork } from "../shared/network.js";
import { interpolate } from "../shared/text.js";
import { makeChanges, shown } from "./changes.js";
import { makeInput } from "./input.js";
import { makeMap } from "./map.js";
import { viewChange, way } from "./model.js";
import { makeTrace } from "./trace.js";

const NAMES = ["right", "down", "rotation", "size", "tilt", "shadow"];
const SHAPES = ["rotation", "size", "tilt", "shadow"]; // these change the map, the two shifts do not
const KEPT = 120; // steps of the path that are kept

function makeWalk({ words, state, guess, good, put, clear, limit }) {
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
  };
  const go = () => {
    stop();
    if (state().right >= limit || !good()) {
      put({ right: 0 });
      clear();
    }
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

// Where on the path the answer changed last.
function describe(words, path, rest, atEnd) {
  const flip = path.findLastIndex((step, k) => k > 0 && path[k - 1].guess !== step.guess);
  if (flip < 0) return atEnd ? words.never : words.same;
  const moved = NAMES.filter((name) => path[flip][name] !== rest[name]);
  const at = moved.map((name) => `${words.sliders[name]} ${shown(words, name, path[flip][name])}`).join(", ");
  return interpolate(words.flips, { from: path[flip - 1].guess, to: path[flip].guess, at: at || words.unchanged });
}

// The model behind the view: the digit as it now is, what the network answers, and the path that led here.
function makeState(model) {
  const [small, large, labels] = ["small", "large", "labels"].map((name) => model.get(name));
  const [ranges, distance] = [model.get("ranges"), model.get("distance")];
  const digits = readDigits(model.get("digits"), labels.length, small);
  const network = makeNetwork(model.get("network_layout"), model.get("network_weights"));
  const rest = Object.fromEntries(NAMES.map((name) => [name, ranges[name][0]]));
  const now = () => getTraits(model, NAMES);
  const truth = () => labels[model.get("digit")];
  const show = (pose = now()) => viewChange(digits[model.get("digit")], small, large, distance, pose);
  const answer = (image) => network(image).probabilities;
  let path = [];
  // The path with the straight way from its end to the present state; a new path comes from the digit at rest.
  const follow = () => {
    const end = path.at(-1);
    const steps = way(end ?? rest, now()).slice(end ? 1 : 0);
    const found = steps.map((pose) => ({ pose, probabilities: answer(show(pose)) }));
    const add = ({ pose, probabilities }) => ({
      ...pose,
      probabilities,
      p: probabilities[truth()],
      guess: labels[best(probabilities)],
    });
    path = [...path, ...found.map(add)].slice(-KEPT);
    return path;
  };
  const clear = () => {
    path = [];
  };
  const put = (values) => {
    const next = {};
    for (const [name, value] of Object.entries(values)) {
      next[name] = Math.min(Math.max(value, ranges[name][1]), ranges[name][2]);
    }
    setTraits(model, next);
  };
  return { rest, now, show, answer, follow, clear, put, truth };
}

function makeViews(model, words, state) {
  const [ranges, large, labels] = ["ranges", "large", "labels"].map((name) => model.get(name));
  const walk = makeWalk({
    words,
    state: state.now,
    guess: () => best(state.answer(state.show())),
    good: () => labels[best(state.answer(state.show()))] === state.truth(),
    put: state.put,
    clear: state.clear,
    limit: ranges.right[2],
  });
  const change = (values, digit = model.get("digit")) => {
    walk.stop();
    if (digit !== model.get("digit")) setTraits(model, { digit });
    else state.put(values);
  };
  const probe = (right, down) => {
    const p = state.answer(state.show({ ...state.now(), right, down }));
    return { p: p[state.truth()], good: labels[best(p)] === state.truth() };
  };
  const digit = choice({
    label: words.digit,
    options: labels.map((label, k) => [String(k), String(label)]),
    value: String(model.get("digit")),
    onchange: (key) => change({}, Number(key)),
  });
  return {
    walk,
    change,
    digit,
    input: makeInput(words, large, state.now, change),
    answers: makeAnswers(words, words.network, words.said),
    trace: makeTrace(words),
    map: makeMap(words, ranges.right[2], state.now, probe, change),
    told: h("output", { class: "stn-told" }),
    changes: makeChanges(words, { ranges, curves: model.get("accuracy"), now: state.now(), put: change }),
  };
}

function layOut(words, { input, answers, trace, map, told, changes, digit, walk }, reset) {
  return frame(
    words,
    h("div", { class: "stn-view" }, input.node, h("div", { class: "stn-side" }, answers.node, trace.node)),
    h("div", { class: "stn-steer" }, digit.node, walk.node, told, reset),
    h("div", { class: "stn-explore" }, map.node, changes.node),
  );
}

function render({ model, el }) {
  const words = model.get("words");
  const ranges = model.get("ranges");
  const state = makeState(model);
  const views = makeViews(model, words, state);
  const reset = button(words.reset, () => {
    views.change(state.rest);
    state.clear();
    drawing.ask();
  });
  mountRoot(el, "move-digit", layOut(words, views, reset));

  const draw = () => {
    const now = state.now();
    const image = state.show();
    const truth = state.truth();
    const path = state.follow();
    views.input.draw(image, path, truth);
    views.answers.draw(path.at(-1).probabilities, truth);
    views.trace.draw(path, truth);
    views.map.draw();
    views.changes.draw(now);
    views.digit.set(String(model.get("digit")));
    views.told.textContent = describe(words, path, state.rest, now.right === ranges.right[2]);
  };
  const recolour = () => {
    views.input.recolour();
    views.map.recolour();
  };
  const drawing = drawOnChange(model, { traits: [...NAMES, "digit"], draw, recolour });
  const offShapes = onTraits(model, SHAPES, views.map.restart);
  const offDigit = onTraits(model, ["digit"], () => {
    state.clear();
    views.map.restart();
  });
  views.map.restart();
  const poses = Object.fromEntries(NAMES.map((name) => [name, number(ranges[name][1], ranges[name][2])]));
  const table = { ...poses, digit: integer(0, model.get("labels").length - 1) };
  const offAddress = followAddress(el, "move-digit", table, ({ digit, ...pose }) => {
    if (digit !== undefined) views.change({}, digit);
    views.change(pose);
    state.clear();
    drawing.ask();
  });
  return endAll(offAddress, offShapes, offDigit, drawing.stop, views.walk.stop, views.map.stop);
}

export default { render };
