// LossAlongShift: one picture is moved until it matches another; the loss as nearest, bilinear and bicubic
// reading see it, and what gradient descent makes of each.
import { button, choice, colour, controls, draggable, everyFrame, figure, format, fromAddress, h, house, onTheme, prefersStillness, s, say, setAttributes, slider, svgPoint } from "./ui.js";
import { taps } from "./twin.js";

// --- model: V(t) reads U at x + t; the target is U read at x + goal --------------------------------

export function blurPicture(image, height, width, sigma) {
  if (sigma <= 0) return Float64Array.from(image);
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((a, b) => a + b, 0);
  const pass = (from, step, count, lines, lineStep) => {
    const out = new Float64Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < count; i++) {
        let sum = 0;
        const first = Math.max(0, i - reach), last = Math.min(count - 1, i + reach);
        for (let j = first; j <= last; j++) sum += kernel[j - i + reach] * from[line * lineStep + j * step];
        out[line * lineStep + i * step] = sum / total;
      }
    }
    return out;
  };
  return pass(pass(Float64Array.from(image), 1, width, height, width), width, height, width, 1);
}

// Inner product of the picture shifted by a and shifted by b, over the frame, zeros outside.
function overlap(image, height, width, a, b) {
  const first = Math.max(0, -a, -b), last = Math.min(width, width - a, width - b);
  let sum = 0;
  for (let row = 0; row < height; row++) {
    for (let c = first; c < last; c++) sum += image[row * width + c + a] * image[row * width + c + b];
  }
  return sum;
}

const SLOPES = {
  nearest: () => [0],
  bilinear: () => [-1, 1],
  bicubic: (t) => {
    const a = -0.75;
    const near = (d) => (3 * (a + 2) * d - 2 * (a + 3)) * d;
    const far = (d) => (3 * a * d - 10 * a) * d + 8 * a;
    return [far(t + 1), near(t), -near(1 - t), -far(2 - t)];
  },
};

// The loss is a quadratic form in the weights of the integer shifts, so once their inner products are
// known each point of the curve costs a few multiplications, exactly.
export function makeLoss(image, height, width, goal) {
  const known = new Map();
  const product = (a, b) => {
    const key = a < b ? a * 4096 + b : b * 4096 + a;
    if (!known.has(key)) known.set(key, overlap(image, height, width, a, b));
    return known.get(key);
  };
  return (t, mode) => {
    const read = taps(t, mode), slopes = SLOPES[mode](t - Math.floor(t));
    let loss = product(goal, goal), slope = 0;
    read.forEach(([j, w], k) => {
      loss -= 2 * w * product(j, goal);
      slope -= 2 * slopes[k] * product(j, goal);
      read.forEach(([i, v], l) => {
        loss += w * v * product(j, i);
        slope += (slopes[k] * v + w * slopes[l]) * product(j, i);
      });
    });
    const count = height * width;
    return { loss: Math.max(loss, 0) / count, slope: slope / count };
  };
}

export function shiftPicture(image, height, width, t, mode, out) {
  const read = taps(t, mode);
  for (let row = 0; row < height; row++) {
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (const [j, w] of read) {
        const from = c + j;
        if (from >= 0 && from < width) sum += w * image[row * width + from];
      }
      out[row * width + c] = sum;
    }
  }
  return out;
}

// --- view --------------------------------------------------------------------------------------
const MODES = ["nearest", "bilinear", "bicubic"];
const BOX = { width: 340, height: 250, left: 14, right: 326, top: 14, bottom: 214 };

function makeBlend(height, width, label) {
  const canvas = h("canvas", { class: "stn-picture", width, height, role: "img", "aria-label": label });
  const context = canvas.getContext("2d"), data = context.createImageData(width, height);
  let ground, source, target;
  const recolour = () => { [ground, source, target] = ["surface", "source", "target"].map((name) => colour(canvas, name)); };
  const draw = (moved, goal, top) => {
    for (let i = 0; i < height * width; i++) {
      const v = Math.max(moved[i] / top, 0), g = Math.max(goal[i] / top, 0);
      for (let k = 0; k < 3; k++) {
        data.data[4 * i + k] = ground[k] + v * (source[k] - ground[k]) + g * (target[k] - ground[k]);
      }
      data.data[4 * i + 3] = 255;
    }
    context.putImageData(data, 0, 0);
  };
  return { canvas, draw, recolour };
}

function makePlot(words, reach, state, move) {
  const svg = s("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "group", "aria-label": words.plot, class: "stn-drag" });
  const px = (t) => BOX.left + ((t + reach) / (2 * reach)) * (BOX.right - BOX.left);
  const py = (share) => BOX.bottom - share * (BOX.bottom - BOX.top);
  const curves = Object.fromEntries(MODES.map((mode) => [mode, s("path", { class: `stn-curve stn-${mode}` })]));
  const goal = s("g", {}, s("line", { y1: BOX.top, y2: BOX.bottom, class: "stn-goal" }), s("text", { y: BOX.bottom + 31, class: "stn-goal-name" }, words.goalName));
  const tangent = s("line", { class: "stn-tangent" });
  const ticks = [];
  for (let t = -reach + (reach % 4); t <= reach; t += 4) ticks.push(s("text", { x: px(t), y: BOX.bottom + 15, class: "stn-axis" }, format(t, 0)));
  const handle = s("g", { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.shift, "aria-valuemin": -reach, "aria-valuemax": reach },
    s("circle", { r: 18, class: "stn-ring" }), s("circle", { r: 15, class: "stn-knob" }));
  svg.append(s("line", { x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom, class: "stn-base" }), ...ticks, goal,
    ...MODES.map((mode) => curves[mode]), tangent, handle);
  draggable(handle, {
    surface: svg, step: 0.25, at: () => [state.t(), 0], move: (t) => move(t),
    locate: (event) => [((svgPoint(svg, event)[0] - BOX.left) / (BOX.right - BOX.left)) * 2 * reach - reach, 0],
  });
  let top = 1;
  const trace = (loss) => {
    const all = MODES.map((mode) => {
      const points = [];
      for (let t = -reach; t <= reach + 1e-9; t += 0.125) points.push([t, loss(t, mode).loss]);
      return points;
    });
    top = Math.max(...all.flat().map(([, value]) => value)) * 1.04 || 1;
    MODES.forEach((mode, k) => {
      curves[mode].setAttribute("d", "M" + all[k].map(([t, value]) => `${px(t).toFixed(1)} ${py(value / top).toFixed(1)}`).join("L"));
    });
  };
  const draw = ({ t, mode, goalAt, loss, slope }) => {
    for (const name of MODES) curves[name].classList.toggle("stn-chosen", name === mode);
    goal.setAttribute("transform", `translate(${px(goalAt)} 0)`);
    const x = px(t), y = py(loss / top);
    const run = 1.6, rise = (slope * run / top) * (BOX.bottom - BOX.top), along = px(run) - px(0);
    const fit = Math.min(1, 70 / Math.hypot(along, rise));
    setAttributes(tangent, { x1: x - along * fit, x2: x + along * fit, y1: y + rise * fit, y2: y - rise * fit });
    handle.setAttribute("transform", `translate(${x} ${y})`);
    setAttributes(handle, { "aria-valuenow": t.toFixed(2), "aria-valuetext": say(words.position, { shift: format(t), loss: format(loss, 4) }) });
  };
  return { node: figure(words.plot, svg), trace, draw };
}

function makeDescent({ words, step, settled }) {
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = words.play; };
  const run = () => {
    if (timer) return stop();
    if (prefersStillness()) { for (let k = 0; k < 400 && !settled(); k++) step(); return undefined; }
    play.textContent = words.stop;
    timer = setInterval(() => (settled() ? stop() : step()), 60);
    return undefined;
  };
  const once = button(words.step, () => { stop(); step(); }), play = button(words.play, run);
  return { nodes: [once, play], stop };
}

function render({ model, el }) {
  const words = model.get("words"), height = model.get("height"), width = model.get("width"), reach = model.get("reach");
  const pixels = Float64Array.from(model.get("image"));
  const asked = fromAddress("loss-along-shift");
  for (const name of ["shift", "goal", "blur"]) if (asked[name] && Number.isFinite(Number(asked[name]))) model.set(name, Number(asked[name]));
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const clampShift = (t) => Math.min(Math.max(t, -reach), reach);
  const move = (t) => { descent.stop(); put({ shift: Math.round(clampShift(t) * 8) / 8 }); };
  let loss, soft, goalPicture, top, rate;
  const moved = new Float64Array(height * width);
  const seen = () => loss(model.get("shift"), model.get("mode"));

  const blend = makeBlend(height, width, words.pictures);
  const plot = makePlot(words, reach, { t: () => model.get("shift") }, move);
  const descent = makeDescent({
    words,
    step: () => put({ shift: clampShift(model.get("shift") - rate * seen().slope) }),
    settled: () => Math.abs(rate * seen().slope) < 2e-3,
  });
  const control = (name, options) => slider({ label: words[name], value: model.get(name), oninput: (value) => { descent.stop(); put({ [name]: value }); }, ...options });
  const sliders = {
    shift: control("shift", { min: -reach, max: reach, step: 0.125, show: (v) => `${format(v)} px`, concept: "source" }),
    goal: control("goal", { min: -reach + 2, max: reach - 2, step: 1, show: (v) => `${format(v, 0)} px`, concept: "target" }),
    blur: control("blur", { min: 0, max: 4, step: 0.25, show: (v) => `${format(v)} px` }),
  };
  const modes = choice({ label: words.mode, options: words.modes, value: model.get("mode"), onchange: (key) => { descent.stop(); put({ mode: key }); } });
  const told = h("output", { class: "stn-told" });

  house(el, "loss-along-shift");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title),
    h("div", { class: "stn-stage" },
      h("figure", { class: "stn-panel" }, h("figcaption", {}, h("b", { class: "stn-source" }, words.moved), " ", words.onto, " ", h("b", { class: "stn-target" }, words.still)), blend.canvas),
      plot.node),
    told, controls(sliders.shift.node, sliders.goal.node, sliders.blur.node, modes.node, ...descent.nodes),
    h("p", { class: "stn-try" }, words.try)));

  const measure = () => {
    const goal = model.get("goal");
    soft = blurPicture(pixels, height, width, model.get("blur"));
    top = Math.max(...soft) || 1;
    goalPicture = shiftPicture(soft, height, width, goal, "nearest", new Float64Array(height * width));
    loss = makeLoss(soft, height, width, goal);
    plot.trace(loss);
    let steepest = 0;
    for (let t = goal - 4; t <= goal + 4; t += 0.25) steepest = Math.max(steepest, Math.abs(loss(t, "bilinear").slope));
    rate = steepest ? 0.6 / steepest : 0;
  };
  const draw = () => {
    const t = model.get("shift"), mode = model.get("mode"), now = seen();
    blend.draw(shiftPicture(soft, height, width, t, mode, moved), goalPicture, top);
    plot.draw({ t, mode, goalAt: model.get("goal"), ...now });
    for (const name of ["shift", "goal", "blur"]) sliders[name].set(model.get(name));
    modes.set(mode);
    const values = { loss: format(now.loss, 4), slope: format(now.slope, 4) };
    told.textContent = say(words.told, values) + " " + (mode === "nearest" ? words.nothing : Math.abs(rate * now.slope) < 2e-3 ? (now.loss < 1e-3 * top ? words.arrived : words.lost) : "");
  };
  const ask = everyFrame(draw), remeasure = () => { measure(); ask(); };
  const offTheme = onTheme(() => { blend.recolour(); ask(); });
  model.on("change:shift change:mode", ask);
  model.on("change:goal change:blur", remeasure);
  blend.recolour();
  measure();
  draw();
  return () => {
    model.off("change:shift change:mode", ask);
    model.off("change:goal change:blur", remeasure);
    descent.stop(); ask.stop(); offTheme();
  };
}

export default { render };
