// LossAlongShift: one image is shifted until it matches another; the loss with nearest, bilinear and bicubic
// interpolation, and where gradient descent on it stops.
import { followAddress, integer, number, oneOf } from "../shared/address_state.js";
import { button, choice, controls, figure, slider } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { frame } from "../shared/frame.js";
import { themeColour } from "../shared/image.js";
import { drawOnChange, mountRoot, onTraits, prefersReducedMotion, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { measure, shiftImage, whyStopped } from "./model.js";

const MODES = ["nearest", "bilinear", "bicubic"];
const MOST_BLUR = 4; // pixels
const STILL = 2e-3; // pixels: after a shorter step, descent has stopped
const ARRIVED = 0.1; // pixels from the target
const BOX = { width: 340, height: 250, left: 14, right: 326, top: 14, bottom: 214 };

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

const toX = (t, reach) => BOX.left + ((t + reach) / (2 * reach)) * (BOX.right - BOX.left);
const toY = (share) => BOX.bottom - share * (BOX.bottom - BOX.top);

function makeTicks(reach) {
  const ticks = [];
  for (let t = -reach + (reach % 4); t <= reach; t += 4) {
    ticks.push(s("text", { x: toX(t, reach), y: BOX.bottom + 15, class: "stn-axis" }, format(t, 0)));
  }
  return ticks;
}

function makeHandle(words, reach) {
  const range = { "aria-valuemin": -reach, "aria-valuemax": reach };
  return s(
    "g",
    { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.shift, ...range },
    s("circle", { r: 18, class: "stn-ring" }),
    s("circle", { r: 15, class: "stn-knob" }),
  );
}

function drawCurves(curves, reach, loss) {
  const all = MODES.map((mode) => {
    const points = [];
    for (let t = -reach; t <= reach + 1e-9; t += 0.125) points.push([t, loss(t, mode).loss]);
    return points;
  });
  const top = Math.max(...all.flat().map(([, value]) => value)) * 1.04 || 1;
  const at = ([t, value]) => `${toX(t, reach).toFixed(1)} ${toY(value / top).toFixed(1)}`;
  MODES.forEach((mode, k) => curves[mode].setAttribute("d", "M" + all[k].map(at).join("L")));
  return top;
}

function drawTangent(tangent, x, y, along, rise) {
  const fit = Math.min(1, 70 / Math.hypot(along, rise));
  setAttributes(tangent, { x1: x - along * fit, x2: x + along * fit, y1: y + rise * fit, y2: y - rise * fit });
}

function makePlot(words, reach, state, move) {
  const viewBox = `0 0 ${BOX.width} ${BOX.height}`;
  const svg = s("svg", { viewBox, role: "group", "aria-label": words.plot, class: "stn-drag" });
  const curves = Object.fromEntries(MODES.map((mode) => [mode, s("path", { class: `stn-curve stn-${mode}` })]));
  const goal = s(
    "g",
    {},
    s("line", { y1: BOX.top, y2: BOX.bottom, class: "stn-goal" }),
    s("text", { y: BOX.bottom + 31, class: "stn-goal-name" }, words.goalName),
  );
  const tangent = s("line", { class: "stn-tangent" });
  const handle = makeHandle(words, reach);
  const base = s("line", { x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom, class: "stn-base" });
  svg.append(base, ...makeTicks(reach), goal, ...MODES.map((mode) => curves[mode]), tangent, handle);
  draggable(handle, {
    surface: svg,
    step: 0.25,
    at: () => [state.t(), 0],
    move: (t) => move(t),
    locate: (event) => [((svgPoint(svg, event)[0] - BOX.left) / (BOX.right - BOX.left)) * 2 * reach - reach, 0],
  });
  let top = 1;
  const trace = (loss) => {
    top = drawCurves(curves, reach, loss);
  };
  const draw = ({ t, mode, goalAt, loss, slope }) => {
    for (const name of MODES) curves[name].classList.toggle("stn-chosen", name === mode);
    goal.setAttribute("transform", `translate(${toX(goalAt, reach)} 0)`);
    const [x, y] = [toX(t, reach), toY(loss / top)];
    const run = 1.6;
    const rise = ((slope * run) / top) * (BOX.bottom - BOX.top);
    drawTangent(tangent, x, y, toX(run, reach) - toX(0, reach), rise);
    setAttributes(handle, {
      transform: `translate(${x} ${y})`,
      "aria-valuenow": t.toFixed(2),
      "aria-valuetext": interpolate(words.position, { shift: format(t), loss: format(loss, 4) }),
    });
  };
  return { node: figure(words.plot, svg), trace, draw };
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
  const descent = makeDescent({
    words,
    step: () => put({ shift: clampShift(model.get("shift") - now.rate * seen().slope) }),
    settled: () => Math.abs(now.rate * seen().slope) < STILL,
  });
  const inputs = makeControls(model, words, change);
  const told = h("output", { class: "stn-told" });
  const stage = h("div", { class: "stn-stage" }, figure(caption(words), blend.canvas), plot.node);
  const bar = controls(...Object.values(inputs).map(({ node }) => node), ...descent.nodes);
  mountRoot(el, "loss-along-shift", frame(words, stage, told, bar));

  const remeasure = () => {
    now = measure(pixels, height, width, model.get("goal"), model.get("blur"));
    plot.trace(now.loss);
  };
  const draw = () => {
    const [t, mode] = [model.get("shift"), model.get("mode")];
    blend.draw(shiftImage(now.image, height, width, t, mode, moved), now.target, now.top);
    plot.draw({ t, mode, goalAt: model.get("goal"), ...seen() });
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
  return () => {
    for (const end of [offAddress, off, drawing.stop, descent.stop]) end();
  };
}

export default { render };
