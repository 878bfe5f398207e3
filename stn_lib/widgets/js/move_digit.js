// MoveDigit: the reader moves, turns, scales, tilts and shades a digit; a network in the page answers, its answers along
// the way are kept, and a map shows at which places it would read the digit right.
import { button, choice, colour, controls, draggable, everyFrame, figure, format, fromAddress, h, house, onTheme, picture, prefersStillness, s, say, setAttributes, slider, svgPoint } from "./ui.js";
import { gridSample, projectiveGrid } from "./twin.js";
import { makeNetwork } from "./network.js";
import { best, makeAnswers, readDigits } from "./answers.js";

// --- model: the twin of stn_lib.data.view_change ------------------------------------------------------

// Output → input, normalised, row-major (3, 3).
export function changeTheta({ right, down, turn, size, tilt }, small, large, distance) {
  const lean = (tilt * Math.PI) / 180, phi = (turn * Math.PI) / 180;
  const c = Math.cos(phi) / size, n = Math.sin(phi) / size;
  const k = 1 / Math.cos(lean), g = -Math.tan(lean) / (distance * small);
  const away = [k, 0, -k * right], along = [0, 1, -down], depth = [g, 0, 1 - g * right];
  const rows = [away.map((v, i) => c * v + n * along[i]), away.map((v, i) => c * along[i] - n * v), depth];
  const half = large / 2, unit = 2 / small;
  return rows.flatMap(([a, b, t], i) => [a * half, b * half, t].map((v) => (i < 2 ? v * unit : v)));
}

export function change(digit, small, large, distance, state) {
  const grid = projectiveGrid(changeTheta(state, small, large, distance), large, large);
  const out = gridSample(digit, [1, small, small], grid);
  if (state.shadow > 0) {
    for (let i = 0; i < out.length; i++) {
      out[i] = 1 - (1 - (state.shadow * ((i % large) + 0.5)) / large) * (1 - out[i]);
    }
  }
  return out;
}

// --- view ----------------------------------------------------------------------------------------
const NAMES = ["right", "down", "turn", "size", "tilt", "shadow"];
const KEPT = 120;  // steps of the path that are kept
const GRIP = 13;   // how far the outer knob stands from the digit's centre, in pixels at size 1

function makeInput(words, size, state, put) {
  const canvas = picture(size, size, words.input);
  const good = s("path", { class: "stn-trail-good" }), bad = s("path", { class: "stn-trail-bad" });
  const knob = (label, radius, extra) => s("g", { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": label, ...extra },
    s("circle", { r: radius + 0.9, class: "stn-ring" }), s("circle", { r: radius, class: "stn-knob" }));
  const centre = knob(words.centre, 2, { "aria-valuemin": -12, "aria-valuemax": 12 });
  const spin = knob(words.spin, 1.7, { "aria-valuemin": -180, "aria-valuemax": 180 });
  const arm = s("line", { class: "stn-arm" });
  const svg = s("svg", { viewBox: `0 0 ${size} ${size}`, role: "group", "aria-label": words.input, class: "stn-drag" }, bad, good, arm, centre, spin);
  const middle = size / 2, reach = () => GRIP * state().size;
  const spot = () => [middle + state().right, middle + state().down];
  const far = () => {
    const [x, y] = spot(), angle = (state().turn * Math.PI) / 180;
    return [x + Math.sin(angle) * reach(), y - Math.cos(angle) * reach()];
  };
  draggable(centre, { surface: svg, step: 1, locate: (event) => svgPoint(svg, event), at: spot, move: (x, y) => put({ right: Math.round(x - middle), down: Math.round(y - middle) }) });
  draggable(spin, {
    locate: (event) => svgPoint(svg, event), at: far, step: 0.6,
    move: (x, y) => {
      const [cx, cy] = spot();
      put({ turn: Math.round((Math.atan2(x - cx, cy - y) * 180) / Math.PI), size: Math.round((Math.hypot(x - cx, y - cy) / GRIP) * 100) / 100 });
    },
  });
  spin.addEventListener("pointerdown", (event) => event.stopPropagation());
  const draw = (image, path, truth) => {
    canvas.draw(image);
    const now = state(), seen = new Set(), parts = { good: "", bad: "" };
    for (const step of path) {
      const key = `${step.right},${step.down}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const x = middle + step.right, y = middle + step.down;
      if (step.guess === truth) parts.good += `M${x} ${y}h0`;
      else parts.bad += `M${x - 0.3} ${y - 0.3}l.6 .6m0 -.6l-.6 .6`;
    }
    good.setAttribute("d", parts.good);
    bad.setAttribute("d", parts.bad);
    const [x, y] = spot(), [fx, fy] = far();
    centre.setAttribute("transform", `translate(${x} ${y})`);
    spin.setAttribute("transform", `translate(${fx} ${fy})`);
    setAttributes(arm, { x1: x, y1: y, x2: fx, y2: fy });
    setAttributes(centre, { "aria-valuenow": now.right, "aria-valuetext": say(words.at, { right: format(now.right, 0), down: format(now.down, 0) }) });
    setAttributes(spin, { "aria-valuenow": now.turn, "aria-valuetext": say(words.turned, { turn: format(now.turn, 0), size: format(now.size) }) });
  };
  return { node: figure(words.input, h("div", { class: "stn-over" }, canvas.canvas, svg)), draw, recolour: canvas.recolour };
}

// The probability of the right answer along the reader's path; a mark where the answer changes.
const TRACE = { width: 340, height: 164, left: 40, right: 332, top: 24, bottom: 146 };

function makeTrace(words) {
  const { left, right, top, bottom } = TRACE;
  let span = 0;  // a short path fills the width as well as a long one
  const px = (k) => left + (k / span) * (right - left), py = (p) => bottom - p * (bottom - top);
  const line = s("path", { class: "stn-sure" }), wrong = s("path", { class: "stn-wrong-part" }), marks = s("g", {});
  const dot = s("circle", { r: 4.5, class: "stn-now" });
  const svg = s("svg", { viewBox: `0 0 ${TRACE.width} ${TRACE.height}`, role: "img", "aria-label": words.trace, class: "stn-trace" },
    [0, 0.5, 1].map((p) => [s("line", { x1: left, x2: right, y1: py(p), y2: py(p), class: "stn-level" }),
      s("text", { x: left - 6, y: py(p), class: "stn-percent" }, `${100 * p}%`)]).flat(),
    wrong, line, marks, dot);
  const draw = (path, truth) => {
    span = Math.max(path.length - 1, 24);
    let d = "", off = "";
    const turnings = [];
    path.forEach((step, k) => {
      d += `${k ? "L" : "M"}${px(k).toFixed(1)} ${py(step.p).toFixed(1)}`;
      if (step.guess !== truth) off += `M${px(k - 0.5).toFixed(1)} ${bottom + 7}H${px(k + 0.5).toFixed(1)}`;
      if (k && path[k - 1].guess !== step.guess) turnings.push(s("line", { x1: px(k - 0.5), x2: px(k - 0.5), y1: top - 4, y2: bottom, class: "stn-turning" }));
    });
    line.setAttribute("d", d);
    wrong.setAttribute("d", off);
    marks.replaceChildren(...turnings, ...changeNames(path, px, words));
    const end = path[path.length - 1];
    setAttributes(dot, { cx: px(path.length - 1), cy: py(end.p) });
  };
  return { node: figure(words.trace, svg), draw };
}

// Labels "7 → 1" from the newest to the oldest, as long as they do not touch.
function changeNames(path, px, words) {
  const out = [];
  let free = Infinity;
  for (let k = path.length - 1; k > 0; k--) {
    if (path[k].guess === path[k - 1].guess) continue;
    const x = Math.min(Math.max(px(k - 0.5), TRACE.left + 16), TRACE.right - 16);
    if (x > free - 40) continue;
    out.push(s("text", { x, y: TRACE.top - 9, class: "stn-change" }, say(words.changed, { from: path[k - 1].guess, to: path[k].guess })));
    free = x;
  }
  return out;
}

// Where the digit, as it now is, would be read right: computed from the middle outwards, a few places a frame.
function makeMap(words, reach, state, probe, put) {
  const side = 2 * reach + 1;
  const canvas = h("canvas", { class: "stn-picture", width: side, height: side, role: "img", "aria-label": words.map });
  const context = canvas.getContext("2d"), data = context.createImageData(side, side);
  const crosses = s("path", { class: "stn-crosses" });
  const handle = s("g", { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.place, "aria-valuemin": -reach, "aria-valuemax": reach },
    s("circle", { r: 2.3, class: "stn-ring" }), s("circle", { r: 1.7, class: "stn-knob" }));
  const svg = s("svg", { viewBox: `0 0 ${side} ${side}`, role: "group", "aria-label": words.map, class: "stn-drag" }, crosses, handle);
  draggable(handle, { surface: svg, step: 1, locate: (event) => svgPoint(svg, event), at: () => [state().right + reach + 0.5, state().down + reach + 0.5],
    move: (x, y) => put({ right: Math.round(x - reach - 0.5), down: Math.round(y - reach - 0.5) }) });
  const order = Array.from({ length: side * side }, (_, i) => i)
    .sort((a, b) => Math.hypot((a % side) - reach, Math.floor(a / side) - reach) - Math.hypot((b % side) - reach, Math.floor(b / side) - reach));
  let known = new Map(), next = 0, asked = 0, ground, fill;
  const recolour = () => { [ground, fill] = [colour(canvas, "surface"), colour(canvas, "ok")]; paint(); };
  const paint = () => {
    let d = "";
    for (let i = 0; i < side * side; i++) {
      const found = known.get(i), t = found?.good ? 0.25 + 0.75 * found.p : 0;
      for (let k = 0; k < 3; k++) data.data[4 * i + k] = ground[k] + t * (fill[k] - ground[k]);
      data.data[4 * i + 3] = 255;
      if (found && !found.good) d += `M${(i % side) + 0.28} ${Math.floor(i / side) + 0.28}l.44 .44m0 -.44l-.44 .44`;
    }
    context.putImageData(data, 0, 0);
    crosses.setAttribute("d", d);
  };
  const work = () => {
    const until = performance.now() + 8;
    while (next < order.length && performance.now() < until) {
      const i = order[next++];
      known.set(i, probe((i % side) - reach, Math.floor(i / side) - reach));
    }
    paint();
    asked = next < order.length ? requestAnimationFrame(work) : 0;
    node.setAttribute("aria-busy", String(asked !== 0));
  };
  const restart = () => {
    known = new Map();
    next = 0;
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(work);
    node.setAttribute("aria-busy", "true");
  };
  const draw = () => {
    const { right, down } = state();
    handle.setAttribute("transform", `translate(${right + reach + 0.5} ${down + reach + 0.5})`);
    setAttributes(handle, { "aria-valuenow": right, "aria-valuetext": say(words.at, { right: format(right, 0), down: format(down, 0) }) });
  };
  const node = figure(words.map, h("div", { class: "stn-over" }, canvas, svg));
  return { node, draw, recolour, restart, stop: () => cancelAnimationFrame(asked) };
}

// A slider with the accuracy over all held-out digits drawn above its track.
function makeControl(words, name, [, low, high], curve, value, oninput) {
  const shown = (v) => say(words.units[name], { v: format(name === "shadow" ? 100 * v : v, name === "size" ? 2 : 0) });
  const step = { size: 0.01, shadow: 0.01 }[name] ?? 1;
  const control = slider({ label: words.sliders[name], min: low, max: high, step, value, show: shown, oninput, concept: name === "shadow" ? "ink" : "source" });
  if (!curve) return { ...control, shown, at: () => null };
  const points = curve.map((percent, k) => `${((100 * k) / (curve.length - 1)).toFixed(2)} ${(26 - 0.24 * percent).toFixed(2)}`);
  const here = s("line", { y1: 0, y2: 28, class: "stn-here" });
  control.node.classList.add("stn-with-curve");
  control.node.append(s("svg", { viewBox: "0 0 100 28", preserveAspectRatio: "none", "aria-hidden": "true", class: "stn-curve" },
    s("path", { d: `M0 28L${points.join("L")}L100 28Z`, class: "stn-area" }), s("path", { d: `M${points.join("L")}`, class: "stn-line" }), here));
  const at = (v) => {
    const where = ((v - low) / (high - low)) * (curve.length - 1), k = Math.min(Math.floor(where), curve.length - 2);
    return curve[k] + (where - k) * (curve[k + 1] - curve[k]);
  };
  return { ...control, shown, at, set: (v) => {
    control.set(v);
    const x = (100 * (v - low)) / (high - low);
    setAttributes(here, { x1: x, x2: x });
  } };
}

function makeWalk({ words, state, guess, put, limit }) {
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; };
  const go = () => {
    stop();
    if (state().right >= limit) put({ right: 0 });
    const first = guess();
    const step = () => {
      put({ right: state().right + 1 });
      if (guess() !== first || state().right >= limit) stop();
    };
    if (!prefersStillness()) { timer = setInterval(step, 160); step(); return; }
    while (guess() === first && state().right < limit) put({ right: state().right + 1 });
  };
  return { node: button(words.walk, go), stop };
}

function render({ model, el }) {
  const words = model.get("words"), small = model.get("small"), large = model.get("large"), labels = model.get("labels");
  const ranges = model.get("ranges"), curves = model.get("accuracy"), distance = model.get("distance");
  const digits = readDigits(model.get("digits"), labels.length, small);
  const network = makeNetwork(model.get("network_layout"), model.get("network_weights"));
  const asked = fromAddress("move-digit");
  for (const name of NAMES) if (asked[name] && Number.isFinite(Number(asked[name]))) model.set(name, Number(asked[name]));
  if (labels.includes(Number(asked.digit))) model.set("digit", Number(asked.digit));
  const state = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const ask = (now) => network(change(digits[model.get("digit")], small, large, distance, now)).probabilities;
  let last = "right";
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) {
      const [, low, high] = ranges[name], next = Math.min(Math.max(value, low), high);
      if (next !== model.get(name)) last = name;
      model.set(name, next);
    }
    model.save_changes();
  };
  const byHand = (values) => { walk.stop(); put(values); };
  const truth = () => labels[model.get("digit")];
  const walk = makeWalk({ words, state, guess: () => best(ask(state())), put, limit: ranges.right[2] });
  const input = makeInput(words, large, state, byHand);
  const answers = makeAnswers(words, words.network), trace = makeTrace(words);
  const map = makeMap(words, ranges.right[2], state, (right, down) => {
    const p = ask({ ...state(), right, down });
    return { p: p[truth()], good: best(p) === truth() };
  }, byHand);
  const sliders = Object.fromEntries(NAMES.map((name) => [name, makeControl(words, name, ranges[name], curves[name], model.get(name), (value) => byHand({ [name]: value }))]));
  const picks = choice({ label: words.digit, options: labels.map((label, k) => [String(k), String(label)]), value: String(model.get("digit")),
    onchange: (key) => { walk.stop(); model.set("digit", Number(key)); model.save_changes(); } });
  const reset = button(words.reset, () => { walk.stop(); path = []; put(Object.fromEntries(NAMES.map((name) => [name, ranges[name][0]]))); frame(); });
  const told = h("output", { class: "stn-told" });

  house(el, "move-digit");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title),
    h("div", { class: "stn-stage" }, input.node, h("div", { class: "stn-side" }, answers.node, trace.node)),
    told,
    h("div", { class: "stn-stage stn-explore" }, map.node, h("div", { class: "stn-changes" }, NAMES.map((name) => sliders[name].node))),
    h("p", { class: "stn-key" }, words.key, " ", Object.keys(curves).length ? words.curve : ""),
    controls(picks.node, walk.node, reset), h("p", { class: "stn-try" }, words.try)));

  let path = [];
  const draw = () => {
    const now = state(), image = change(digits[model.get("digit")], small, large, distance, now);
    const { probabilities } = network(image);
    path.push({ right: now.right, down: now.down, p: probabilities[truth()], guess: best(probabilities) });
    if (path.length > KEPT) path = path.slice(-KEPT);
    input.draw(image, path, truth());
    answers.draw(probabilities, truth());
    trace.draw(path, truth());
    map.draw();
    for (const name of NAMES) sliders[name].set(now[name]);
    picks.set(String(model.get("digit")));
    const percent = sliders[last].at(now[last]), turned = path.findLastIndex((step, k) => k > 0 && path[k - 1].guess !== step.guess);
    const still = now[last] === ranges[last][0];
    const alone = percent === null ? "" : say(still ? words.rest : words.alone, { change: `${words.sliders[last]} ${sliders[last].shown(now[last])}`, percent: format(percent, 0) });
    const never = now.right === ranges.right[2] ? words.never : "";
    const flip = turned < 0 ? never : say(words.flips, { from: path[turned - 1].guess, to: path[turned].guess,
      at: say(words.at, { right: format(path[turned].right, 0), down: format(path[turned].down, 0) }) });
    told.textContent = `${alone} ${flip}`;
  };
  const frame = everyFrame(draw);
  const remap = () => { map.restart(); frame(); };
  const fresh = () => { path = []; remap(); };
  const recolour = () => { input.recolour(); map.recolour(); };
  const offTheme = onTheme(() => { recolour(); frame(); });
  const moves = "change:right change:down", shapes = "change:turn change:size change:tilt change:shadow";
  model.on(moves, frame);
  model.on(shapes, remap);
  model.on("change:digit", fresh);
  recolour();
  draw();
  map.restart();
  return () => {
    model.off(moves, frame);
    model.off(shapes, remap);
    model.off("change:digit", fresh);
    walk.stop(); map.stop(); frame.stop(); offTheme();
  };
}

export default { render };
