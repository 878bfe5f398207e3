// AlignPicture: the descent on theta that lays one picture on another, step by step; where it starts, how it reads, how
// blurred it looks, and the valley that it ends in.
import { arrowPath, button, choice, controls, draggable, everyFrame, figure, format, fromAddress, h, house, onTheme, picture, prefersStillness, s, say, setAttributes, slider, svgPoint } from "./ui.js";
import { blurAt, blurred, contour, distance, landscape, lossAndGradient, makeDescent, makeNoise, makePair, outcome, startTheta } from "./descent.js";

const BLURS = { 0: [0], 1: [1], 2: [2], 4: [4], coarse: [4, 2, 1, 0] };
const FAR = 1.75, STEEP = 90;  // how far the start may be; degrees
// Shifts that the landscape reaches, what the window on U shows then, and pixels a cell of the landscape.
const ZOOMS = [[0.5, 1.3, 1], [1, 1.6, 1], [FAR, 2, 2]];
const PACE = 30, SLICE = 8;  // steps a second; milliseconds a frame for working out the descent
const ARROW = 56;

// --- view --------------------------------------------------------------------------------------------------------

// A drawing whose units are the pixels of the screen; `resized` is called when it gets another size.
function makeBoard(attributes, sizes) {
  const svg = s("svg", attributes);
  const board = { svg, width: 300, height: 200 };
  const fit = () => svg.setAttribute("viewBox", `0 0 ${board.width} ${board.height}`);
  fit();
  sizes.set(svg, ({ width, height }) => { Object.assign(board, { width: width || 1, height: height || 1 }); fit(); });
  return board;
}

const trail = (run, first, last, px, py) => {
  let d = "";
  for (let k = first; k <= last; k++) d += `${d ? "L" : "M"}${px(run.thetas[6 * k + 2]).toFixed(1)} ${py(run.thetas[6 * k + 5]).toFixed(1)}`;
  return d;
};

// U, the frame, the way of its centre, and the ring that says where it starts.
function makeWindow(words, height, width, sizes, act) {
  const canvas = picture(height, width, words.moving);
  const lines = s("path", { class: "stn-lines" }), frame = s("path", { class: "stn-quad" }), top = s("path", { class: "stn-top" });
  const ahead = s("path", { class: "stn-ahead" }), walked = s("path", { class: "stn-walked" }), now = s("circle", { class: "stn-now", r: 4.5 });
  const handle = s("g", { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.handle, "aria-valuemin": -FAR, "aria-valuemax": FAR },
    s("circle", { r: 17, class: "stn-ring" }), s("circle", { r: 13, class: "stn-knob" }));
  const board = makeBoard({ role: "group", "aria-label": words.moving }, sizes);
  board.svg.append(lines, frame, top, ahead, walked, now, handle);
  let view = 1.3;
  const px = (x) => ((x / view + 1) / 2) * board.width, py = (y) => ((y / view + 1) / 2) * board.height;
  draggable(handle, {
    at: act.at, move: act.move, step: 0.05,
    locate: (event) => { const [x, y] = svgPoint(board.svg, event); return [(2 * x / board.width - 1) * view, (2 * y / board.height - 1) * view]; },
  });
  handle.addEventListener("pointerdown", () => act.hold(true));
  for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, () => act.hold(false));
  const box = h("div", { class: "stn-glass", style: `aspect-ratio: ${width} / ${height}` }, canvas.canvas, board.svg);
  const draw = ({ run, theta, shown, zoom, pair, top: most }) => {
    view = zoom[1];
    box.style.setProperty("--stn-share", `${50 / view}%`);
    canvas.draw(pair.moving, 0, most);
    const at = (x, y) => `${px(theta[0] * x + theta[1] * y + theta[2]).toFixed(1)} ${py(theta[3] * x + theta[4] * y + theta[5]).toFixed(1)}`;
    lines.setAttribute("d", [-0.5, 0, 0.5].map((k) => `M${at(k, -1)}L${at(k, 1)}M${at(-1, k)}L${at(1, k)}`).join(""));
    frame.setAttribute("d", `M${at(-1, -1)}L${at(1, -1)}L${at(1, 1)}L${at(-1, 1)}Z`);
    top.setAttribute("d", `M${at(-1, -1)}L${at(1, -1)}`);
    walked.setAttribute("d", trail(run, 0, shown, px, py));
    ahead.setAttribute("d", trail(run, shown, run.known - 1, px, py));
    setAttributes(now, { cx: px(theta[2]), cy: py(theta[5]) });
    const [x, y] = act.at();
    handle.setAttribute("transform", `translate(${px(x)} ${py(y)})`);
    setAttributes(handle, { "aria-valuenow": x.toFixed(2), "aria-valuetext": say(words.starts, { x: format(x), y: format(y) }) });
  };
  return { node: figure(words.moving, box), draw, recolour: canvas.recolour };
}

function makeOverlay(words, height, width) {
  const canvas = picture(height, width, words.overlay);
  const halo = s("path", { class: "stn-halo" }), line = s("path", { class: "stn-goal" });
  const svg = s("svg", { viewBox: `-0.5 -0.5 ${width} ${height}`, "aria-hidden": "true" }, halo, line);
  let drawn = null;
  const draw = ({ pair, top, out }) => {
    canvas.draw(out, 0, top);
    if (drawn === pair) return;
    drawn = pair;
    const d = segments(contour(pair.fixed, height, width, top / 2, 1), (v) => v, (v) => v);
    for (const path of [halo, line]) path.setAttribute("d", d);
  };
  return { node: figure(words.overlay, h("div", { class: "stn-over" }, canvas.canvas, svg)), draw, recolour: canvas.recolour };
}

function segments(ends, px, py) {
  let d = "";
  for (let k = 0; k < ends.length; k += 4) d += `M${px(ends[k]).toFixed(2)} ${py(ends[k + 1]).toFixed(2)}L${px(ends[k + 2]).toFixed(2)} ${py(ends[k + 3]).toFixed(2)}`;
  return d;
}

// The loss over the steps, as wide as the slider below it.
function makeCurve(words, sizes) {
  const board = makeBoard({ role: "img", "aria-label": words.loss, class: "stn-plot" }, sizes), edge = 12;
  const base = s("path", { class: "stn-base" }), curve = s("path", { class: "stn-curve" }), marker = s("circle", { class: "stn-now", r: 5.5 });
  const value = s("text", { class: "stn-value" }), stages = s("g", {}), ticks = s("g", {});
  board.svg.append(base, stages, ticks, curve, marker, value);
  const draw = ({ run, shown, blurs }) => {
    const { width, height } = board, low = height - 22, high = blurs.length > 1 ? 30 : 16;
    let most = 0;
    for (let k = 0; k < run.known; k++) most = Math.max(most, run.losses[k]);
    const px = (k) => edge + (k / run.steps) * (width - 2 * edge), py = (loss) => low - (loss / (most || 1)) * (low - high);
    base.setAttribute("d", `M${edge} ${low}H${width - edge}`);
    let d = "";
    for (let k = 0; k < run.known; k++) d += `${k ? "L" : "M"}${px(k).toFixed(1)} ${py(run.losses[k]).toFixed(1)}`;
    curve.setAttribute("d", d);
    setAttributes(marker, { cx: px(shown), cy: py(run.losses[shown]) });
    const right = px(shown) > width - 80;
    value.textContent = format(run.losses[shown], 4);
    setAttributes(value, { x: px(shown) + (right ? -9 : 9), y: Math.max(py(run.losses[shown]) - 10, 12), "text-anchor": right ? "end" : "start" });
    const quarter = [0, 1, 2, 3, 4].map((k) => Math.round((k * run.steps) / 4)).filter((k, i, all) => all.indexOf(k) === i);
    ticks.replaceChildren(...quarter.map((k) => s("text", { x: px(k), y: height - 5, class: "stn-axis" }, String(k))));
    stages.replaceChildren(...(blurs.length > 1 ? blurs : []).flatMap((sigma, k) => {
      const x = px((k * run.steps) / blurs.length);
      return [s("path", { d: `M${x} 6V${low}`, class: "stn-stage-line" }), s("text", { x: x + 5, y: 16, class: "stn-stage-name" }, say(words.stage, { sigma }))];
    }));
  };
  return { node: board.svg, draw };
}

// The loss for every shift, with lines of equal loss; the path, where it stands, and downhill.
function makeMap(words, height, width, sizes, act) {
  const board = makeBoard({ "aria-hidden": "true", class: "stn-map" }, sizes);
  const rings = s("path", { class: "stn-level" }), cross = s("path", { class: "stn-aim" }), crossHalo = s("path", { class: "stn-aim-halo" });
  const under = s("path", { class: "stn-halo" }), ahead = s("path", { class: "stn-ahead" }), walked = s("path", { class: "stn-walked" });
  const arrow = s("path", { class: "stn-arrow" }), now = s("circle", { class: "stn-now", r: 5.5 }), first = s("circle", { class: "stn-first", r: 7 });
  const legend = s("text", { class: "stn-legend", x: 8 }, words.ink);
  board.svg.append(rings, legend, under, ahead, walked, crossHalo, cross, first, arrow, now);
  const holder = h("div", { class: "stn-over stn-plate", style: `aspect-ratio: ${width} / ${height}` }, board.svg);
  let canvas = null, reach = 0, every = 1;
  // One axis: how many cells lie on each side of 0, a shift to the board and back; a cell's middle is its shift.
  const axis = (side, extent) => {
    const half = Math.round((reach * side) / 2 / every), count = 2 * half + 1, unit = side / 2 / every;
    return { half, count, to: (shift) => ((shift * unit + half + 0.5) / count) * extent, from: (at) => ((at / extent) * count - half - 0.5) / unit };
  };
  const axes = () => [axis(width, board.width), axis(height, board.height)];
  board.svg.addEventListener("click", (event) => {
    const at = svgPoint(board.svg, event);
    act.move(...axes().map(({ from }, k) => from(at[k])));
  });
  const shade = ({ pair, theta, sampler }, [across, down]) => {
    const losses = landscape(pair, theta, sampler, across.half, down.half, every);
    let low = Infinity, high = -Infinity;
    for (const loss of losses) { if (loss < low) low = loss; if (loss > high) high = loss; }
    canvas.draw(losses, low, low + (high - low) * 1.9);
    canvas.canvas.classList.toggle("stn-soft", sampler !== "nearest");
    const levels = sampler === "nearest" ? [] : [1, 2, 3, 4, 5, 6, 7].map((k) => low + (k / 8) * (high - low));
    const scale = (extent, count) => (at) => ((at + 0.5) / count) * extent;
    rings.setAttribute("d", levels.map((level) => segments(contour(losses, down.count, across.count, level), scale(board.width, across.count), scale(board.height, down.count))).join(""));
  };
  const draw = (state) => {
    const { run, theta, gradient, shown, goal } = state;
    const changed = state.zoom[0] !== reach;
    [reach, , every] = state.zoom;
    const [across, down] = axes(), px = across.to, py = down.to;
    if (changed) {
      canvas?.canvas.remove();
      canvas = picture(down.count, across.count, words.map);
      holder.prepend(canvas.canvas);
      canvas.recolour();
    }
    shade(state, [across, down]);
    const d = trail(run, 0, shown, px, py), rest = trail(run, shown, run.known - 1, px, py);
    walked.setAttribute("d", d);
    ahead.setAttribute("d", rest);
    under.setAttribute("d", d + rest);
    const aim = goal ? `M${px(goal[2]) - 6} ${py(goal[5]) - 6}l12 12m0 -12l-12 12` : "";
    for (const path of [cross, crossHalo]) path.setAttribute("d", aim);
    legend.setAttribute("y", board.height - 8);
    setAttributes(first, { cx: px(run.thetas[2]), cy: py(run.thetas[5]) });
    setAttributes(now, { cx: px(theta[2]), cy: py(theta[5]) });
    // Downhill as the map shows it, in pixels of U; the steepest of the run is as long as the arrow may be.
    let steepest = 0;
    for (let k = 0; k < run.known; k++) steepest = Math.max(steepest, Math.hypot(run.gradients[6 * k + 2] / width, run.gradients[6 * k + 5] / height));
    const long = steepest ? ARROW / steepest : 0;
    arrow.setAttribute("d", arrowPath(px(theta[2]), py(theta[5]), (-long * gradient[2]) / width, (-long * gradient[5]) / height, 11));
  };
  const recolour = () => canvas?.recolour();
  const node = figure(words.map, holder);
  node.classList.add("stn-half");
  return { node, draw, recolour };
}

function makeSix(label, concept, places) {
  const cells = Array.from({ length: 6 }, () => h("span", {}));
  const node = h("div", { class: "stn-sixes" }, h("p", { class: "stn-head" }, label), h("div", { class: `stn-six stn-${concept}`, role: "group", "aria-label": label }, cells));
  const draw = (values, held) => cells.forEach((cell, k) => {
    cell.textContent = values[k] === 0 ? "0" : format(values[k], places);
    cell.classList.toggle("stn-held", held && k % 3 !== 2);
  });
  return { node, draw };
}

function makePlayer(words, { steps, step, known, show }) {
  let frame = 0, from = 0, begun = 0;
  const stop = () => { cancelAnimationFrame(frame); frame = 0; play.textContent = words.play; };
  const tick = (time) => {
    begun ||= time;
    const next = Math.min(from + Math.floor(((time - begun) / 1000) * PACE), known());
    if (next !== step()) show(next);
    if (next < steps) frame = requestAnimationFrame(tick);
    else stop();
  };
  const play = button(words.play, () => {
    if (frame) return stop();
    if (prefersStillness()) return show(steps);
    [from, begun] = [step() < steps ? step() : 0, 0];
    play.textContent = words.pause;
    frame = requestAnimationFrame(tick);
    return undefined;
  }, { class: "stn-button stn-play" });
  const go = (to) => () => { stop(); show(to()); };
  return { nodes: [play, button(words.once, go(() => Math.min(step() + 1, steps))), button(words.rewind, go(() => 0))], stop };
}

const NAMES = ["x", "y", "turn", "sampler", "blur", "move", "step"];

function readAddress(model, words) {
  const asked = fromAddress("align-picture"), limits = { x: FAR, y: FAR, turn: STEEP };
  for (const [name, limit] of Object.entries(limits)) {
    if (asked[name] && Math.abs(Number(asked[name])) <= limit) model.set(name, Number(asked[name]));
  }
  for (const name of ["sampler", "blur", "move"]) if (words[`${name}s`].some(([key]) => key === asked[name])) model.set(name, asked[name]);
  if (/^\d+$/.test(asked.step ?? "") && Number(asked.step) <= model.get("steps")) model.set("step", Number(asked.step));
}

function render({ model, el }) {
  const words = model.get("words"), height = model.get("height"), width = model.get("width"), steps = model.get("steps");
  const pictures = [model.get("moving"), model.get("fixed")].map((pixels) => Float64Array.from(pixels));
  const goal = model.get("goal").length ? model.get("goal") : null, base = model.get("start");
  readAddress(model, words);
  const first = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const within = (value, limit) => Math.min(Math.max(value, -limit), limit);

  const pairs = new Map(), tops = new Map();
  const pairAt = (sigma) => {
    if (!pairs.has(sigma)) {
      const [moving, fixed] = pictures.map((pixels) => blurred(pixels, height, width, sigma));
      pairs.set(sigma, makePair(moving, fixed, height, width));
      tops.set(sigma, Math.max(...moving, ...fixed) || 1);
    }
    return pairs.get(sigma);
  };
  let noise = null, run = null, stale = true, held = false, zoom = ZOOMS[0];

  const player = makePlayer(words, { steps, step: () => model.get("step"), known: () => run.known - 1, show: (step) => put({ step }) });
  const change = (values) => { player.stop(); put(values); };
  const moveStart = (x, y) => change({ x: Math.round(within(x, FAR) * 100) / 100, y: Math.round(within(y, FAR) * 100) / 100, step: 0 });
  const sizes = new Map();
  const source = makeWindow(words, height, width, sizes, {
    at: () => [model.get("x"), model.get("y")], move: moveStart, hold: (now) => { held = now; ask(); },
  });
  const output = picture(height, width, words.output), overlay = makeOverlay(words, height, width);
  const curve = makeCurve(words, sizes), map = makeMap(words, height, width, sizes, { move: moveStart });
  const theta = makeSix(words.theta, "theta", 2), slope = makeSix(words.slope, "gradient", 3);
  const loss = h("dd", {}), left = h("dd", {}), told = h("output", { class: "stn-told" });
  const step = slider({ label: words.step, min: 0, max: steps, step: 1, value: model.get("step"), concept: "theta",
    show: (value) => say(words.of, { step: value, steps }), oninput: (value) => change({ step: value }) });
  const pick = (name) => choice({ label: words[name], options: words[`${name}s`], value: model.get(name), onchange: (key) => change({ [name]: key }) });
  const picks = { sampler: pick("sampler"), blur: pick("blur"), move: pick("move") };
  const turn = slider({ label: words.turn, min: -STEEP, max: STEEP, step: 1, value: model.get("turn"), concept: "source",
    show: (value) => `${format(value, 0)}\u00b0`, oninput: (value) => change({ turn: value, step: 0 }) });

  house(el, "align-picture");
  const section = h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title),
    h("div", { class: "stn-stage" }, source.node, figure(words.output, output.canvas), overlay.node,
      h("figure", { class: "stn-panel stn-half stn-time" }, h("figcaption", {}, words.loss), curve.node, step.node, h("div", { class: "stn-buttons" }, player.nodes)),
      map.node),
    h("div", { class: "stn-figures" }, theta.node, slope.node,
      h("dl", {}, h("dt", {}, words.lossName), loss, goal ? [h("dt", {}, words.left), left] : [])),
    told,
    controls(picks.sampler.node, picks.blur.node, picks.move.node, turn.node, button(words.reset, () => change(first))),
    h("p", { class: "stn-try" }, words.try));
  el.replaceChildren(section);

  const begin = () => {
    stale = false;
    const start = startTheta(base, model.get("turn"), model.get("x"), model.get("y"), height, width), sampler = model.get("sampler");
    if (sampler === "linearized") noise ??= makeNoise(height, width);
    run = makeDescent({ pairAt, start, move: model.get("move"), sampler, blurs: BLURS[model.get("blur")], steps, noise });
  };
  // Far enough to hold the start, the goal and the path; it stays as it is under the reader's finger.
  const fit = () => {
    let most = Math.max(Math.abs(goal?.[2] ?? 0), Math.abs(goal?.[5] ?? 0));
    for (let k = 2; k < 6 * run.known; k += 3) most = Math.max(most, Math.abs(run.thetas[k]));
    if (!held) zoom = ZOOMS.find(([reach]) => most <= reach - 0.04) ?? ZOOMS.at(-1);
  };
  const out = new Float64Array(height * width), unused = new Float64Array(6);
  const draw = () => {
    if (stale) begin();
    const from = performance.now();
    if (!run.done) run.advance(() => performance.now() - from > SLICE);
    fit();
    const shown = Math.min(model.get("step"), run.known - 1), sampler = model.get("sampler"), move = model.get("move");
    const blurs = BLURS[model.get("blur")], sigma = blurAt(shown, steps, blurs), pair = pairAt(sigma);
    const at = run.thetas.subarray(6 * shown, 6 * shown + 6), gradient = run.gradients.subarray(6 * shown, 6 * shown + 6);
    lossAndGradient(pair, at, sampler === "nearest" ? "nearest" : "bilinear", { out, gradient: unused });
    const state = { run, theta: at, gradient, shown, zoom, pair, top: tops.get(sigma), out, blurs, sampler, goal };
    for (const panel of [source, overlay, curve, map]) panel.draw(state);
    output.draw(out, 0, state.top);
    theta.draw(at, move === "translation");
    slope.draw(gradient, move === "translation");
    loss.textContent = format(run.losses[shown], 4);
    if (goal) left.textContent = format(distance(at, goal, height, width), 1);
    step.set(shown);
    turn.set(model.get("turn"));
    for (const [name, control] of Object.entries(picks)) control.set(model.get(name));
    const last = run.thetas.subarray(6 * steps);
    told.textContent = run.done
      ? say(words.ends[outcome(run, { goal, move, sampler, height, width })], { steps, left: goal ? format(distance(last, goal, height, width), 1) : words.unknown })
      : say(words.busy, { known: run.known, steps });
    section.setAttribute("aria-busy", String(!run.done));
    if (!run.done) ask();
  };
  const ask = everyFrame(draw), anew = () => { stale = true; ask(); };
  const recolour = () => { for (const panel of [source, output, overlay, map]) panel.recolour(); };
  const offTheme = onTheme(() => { recolour(); ask(); });
  const observer = new ResizeObserver((entries) => { for (const { target, contentRect } of entries) sizes.get(target)(contentRect); ask(); });
  for (const [svg, resized] of sizes) { resized(svg.getBoundingClientRect()); observer.observe(svg); }
  const restarts = NAMES.slice(0, -1).map((name) => `change:${name}`).join(" ");
  model.on(restarts, anew);
  model.on("change:step", ask);
  recolour();
  draw();
  return () => { model.off(restarts, anew); model.off("change:step", ask); player.stop(); ask.stop(); offTheme(); observer.disconnect(); };
}

export default { render };
