// LossAlongShift: one image is shifted until it matches another; the loss with nearest, bilinear and bicubic
// interpolation, and where gradient descent on it stops.
import { followAddress, integer, number, oneOf } from "../shared/address_state.js";
import { button, choice, figure, slider } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { themeColour } from "../shared/image.js";
import { drawOnChange, endAll, mountRoot, onTraits, prefersReducedMotion, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { measure, shiftImage, whyStopped } from "./model.js";
import { MODES, makeCloseUp, makePlot } from "./plot.js";

const MOST_BLUR = 4; // pixels
const STILL = 2e-3; // pixels: after a shorter step, descent has stopped
const ARRIVED = 0.1; // pixels from the target

function makeBlend(height, width, label) {
  const canvas = h("canvas", { class: "stn-image", width, height, role: "img", "aria-label": label });
  const context = canvas.getContext("2d"),
    data = context.createImageData(width, height);
  let ground, source, target;
  const recolour = () => {
    [ground, source, target] = ["surface", "source", "target"].map((name) => themeColour(canvas, name));
  };
  const draw = (moved, goal, top) => {
    for (let i = 0; i < height * width; i++) {
      const v = Math.max(moved[i] / top, 0),
        g = Math.max(goal[i] / top, 0);
      for (let k = 0; k < 3; k++) {
        data.data[4 * i + k] = ground[k] + v * (source[k] - ground[k]) + g * (target[k] - ground[k]);
      }
      data.data[4 * i + 3] = 255;
    }
    context.putImageData(data, 0, 0);
  };
  return { canvas, draw, recolour };
}

function makeDescent({ words, step, settled }) {
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = words.play;
  };
  const run = () => {
    if (timer) return stop();
    if (prefersReducedMotion()) {
      for (let k = 0; k < 400 && !settled(); k++) step();
      return undefined;
    }
    play.textContent = words.stop;
    timer = setInterval(() => (settled() ? stop() : step()), 60);
    return undefined;
  };
  const once = button(words.step, () => {
      stop();
      step();
    }),
    play = button(words.play, run);
  return { nodes: [once, play], stop };
}

function makeControls(model, words, change) {
  const reach = model.get("reach");
  const control = (name, options) =>
    slider({
      label: words[name],
      value: model.get(name),
      oninput: (value) => change({ [name]: value }),
      show: (v) => `${format(v)} px`,
      ...options,
    });
  const whole = (v) => `${format(v, 0)} px`;
  return {
    shift: control("shift", { min: -reach, max: reach, step: 0.125, concept: "source" }),
    goal: control("goal", { min: -reach + 2, max: reach - 2, step: 1, show: whole, concept: "target" }),
    blur: control("blur", { min: 0, max: MOST_BLUR, step: 0.25 }),
    mode: choice({
      label: words.mode,
      options: words.modes,
      value: model.get("mode"),
      onchange: (key) => change({ mode: key }),
    }),
  };
}

function caption(words) {
  const [source, target] = [h("b", { class: "stn-source" }, words.moved), h("b", { class: "stn-target" }, words.still)];
  return [source, " ", words.onto, " ", target];
}

function describe(words, { t, mode, goal, loss, slope }, now) {
  const values = interpolate(words.values, { loss: format(loss, 4), slope: format(slope, 4) });
  if (mode === "nearest") return `${values} ${words.nothing}`;
  if (Math.abs(now.rate * slope) >= STILL) return values;
  if (Math.abs(goal - t) < ARRIVED) return `${values} ${words.arrived}`;
  const ends = { ripple: words.ripple, reach: words.reach };
  return `${values} ${ends[whyStopped(now.loss, t, goal)]}`;
}

function render({ model, el }) {
  const words = model.get("words");
  const [height, width, reach] = ["height", "width", "reach"].map((name) => model.get(name));
  const pixels = Float64Array.from(model.get("image"));
  let now = null; // what was measured of the goal and the blur
  const moved = new Float64Array(height * width);
  const seen = () => now.loss(model.get("shift"), model.get("mode"));
  const put = (values) => setTraits(model, values);
  const change = (values) => {
    descent.stop();
    put(values);
  };
  const clampShift = (t) => Math.min(Math.max(t, -reach), reach);
  const blend = makeBlend(height, width, words.images);
  const plot = makePlot(words, reach, { t: () => model.get("shift") }, (t) =>
    change({ shift: Math.round(clampShift(t) * 8) / 8 }),
  );
  const close = makeCloseUp(words);
  const descent = makeDescent({
    words,
    step: () => put({ shift: clampShift(model.get("shift") - now.rate * seen().slope) }),
    settled: () => Math.abs(now.rate * seen().slope) < STILL,
  });
  const inputs = makeControls(model, words, change);
  const told = h("output", { class: "stn-told" });
  const way = h("span", { class: "stn-way stn-source", "aria-hidden": "true" }, words.way);
  const over = h("div", { class: "stn-over" }, blend.canvas, way);
  const stage = h("div", { class: "stn-stage stn-view" }, figure(caption(words), over), close.node, plot.node);
  const { shift, goal, blur, mode } = inputs;
  const sliders = h("div", { class: "stn-row" }, shift.node, goal.node, blur.node);
  const actions = h("div", { class: "stn-row" }, mode.node, h("div", { class: "stn-acts" }, descent.nodes));
  mountRoot(el, "loss-along-shift", frame(words, stage, told, sliders, actions));

  const remeasure = () => {
    now = measure(pixels, height, width, model.get("goal"), model.get("blur"));
    plot.trace(now.loss);
  };
  const draw = () => {
    const [t, mode] = [model.get("shift"), model.get("mode")];
    blend.draw(shiftImage(now.image, height, width, t, mode, moved), now.target, now.top);
    const drawn = { t, mode, goalAt: model.get("goal"), measured: now.loss, ...seen() };
    plot.draw(drawn);
    close.draw(drawn);
    for (const [name, input] of Object.entries(inputs)) input.set(model.get(name));
    told.textContent = describe(words, { t, mode, goal: model.get("goal"), ...seen() }, now);
  };
  remeasure();
  const off = onTraits(model, ["goal", "blur"], remeasure);
  const drawing = drawOnChange(model, { traits: Object.keys(inputs), draw, recolour: blend.recolour });
  const table = {
    shift: number(-reach, reach),
    goal: integer(-reach + 2, reach - 2),
    blur: number(0, MOST_BLUR),
    mode: oneOf(MODES),
  };
  const offAddress = followAddress(el, "loss-along-shift", table, change);
  return endAll(offAddress, off, drawing.stop, descent.stop);
}

export default { render };
