// ReplayTraining: a recorded training run of a CNN and an ST-CNN; the reader moves through its steps and sees where the
// transformer looks, what is read there, what both networks answer, and both curves.
import { button, choice, everyFrame, figure, format, fromAddress, h, house, onTheme, picture, prefersStillness, s, say, setAttributes, slider, svgPoint } from "./ui.js";
import { frameAt, frameNear, isRight, logAxis, NETWORKS, readRun, rightOnes, stepTicks, straighten, thetaAt, windowCorners, windowPose } from "./replay.js";

const QUIET = 700;  // milliseconds without a change before the state is told
// Room round the axes: for numbers, and for names above and below the curves. The slider's thumb is 24 pixels wide.
const EDGE = { left: 36, right: 12, top: 26, bottom: 44 }, NAME = 118;
const FARTHEST = 1.5;  // half sides of the input: windows that reach further are cut

// --- view --------------------------------------------------------------------------------------------------------

const joined = (points) => points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L");

// An input with paper round it, and the window over it; `extra` is drawn on top, in pixels of the input.
function makePane([height, width], reach, label, ...extra) {
  const canvas = picture(height, width, label);
  const halo = s("path", { class: "stn-halo" }), quad = s("path", { class: "stn-quad" }), top = s("path", { class: "stn-top" });
  const view = [(1 - reach) * width / 2, (1 - reach) * height / 2, reach * width, reach * height];
  const svg = s("svg", { viewBox: view.join(" "), "aria-hidden": "true" }, halo, quad, top, ...extra);
  const node = h("span", { class: "stn-pane", style: `--stn-share: ${50 / reach}%; aspect-ratio: ${width} / ${height}` }, canvas.canvas, svg);
  const draw = (image, corners) => {
    canvas.draw(image);
    for (const path of [halo, quad]) path.setAttribute("d", `M${joined(corners)}Z`);
    top.setAttribute("d", `M${joined(corners.slice(0, 2))}`);
  };
  return { node, canvas: canvas.canvas, draw, recolour: canvas.recolour };
}

// One digit: a native radio button that looks like a card.
function makeCard(words, run, digit, group, reach, pick) {
  const pane = makePane(run.size, reach, ""), seen = picture(...run.outSize, "");
  for (const canvas of [pane.canvas, seen.canvas]) setAttributes(canvas, { role: "presentation", "aria-hidden": "true" });
  const input = h("input", { type: "radio", name: group, value: digit, onchange: () => pick(digit) });
  const verdicts = NETWORKS.map(() => h("b", {}));
  const lines = NETWORKS.map((network, k) => h("span", { class: "stn-verdict" }, h("span", {}, words.names[network]), verdicts[k]));
  const node = h("label", { class: "stn-card" }, input,
    h("span", { class: "stn-truth" }, say(words.truth, { label: run.labels[digit] })), pane.node, seen.canvas, lines);
  const draw = (frame, { image, corners, output }) => {
    pane.draw(image, corners);
    seen.draw(output);
    NETWORKS.forEach((network, k) => {
      const right = isRight(run, network, frame, digit);
      verdicts[k].textContent = say(right ? words.right : words.wrong, { digit: run.answers[network][frame][digit] });
      verdicts[k].dataset.right = String(right);
    });
  };
  const tell = (frame) => {
    const [cnn, st] = NETWORKS.map((network) => say(words.reads[isRight(run, network, frame, digit) ? "right" : "wrong"],
      { name: words.names[network], digit: run.answers[network][frame][digit] }));
    input.setAttribute("aria-label", say(words.pick, { place: digit + 1, label: run.labels[digit], cnn, st }));
  };
  const recolour = () => { pane.recolour(); seen.recolour(); };
  return { node, input, draw, tell, recolour };
}

// Both curves, what is still to come faint; a pointer anywhere in it goes to the nearest recorded step.
function makeChart(words, { steps, curves, last }, go) {
  const ticks = s("g", {}), cursor = s("path", { class: "stn-cursor" });
  const lines = NETWORKS.map((network) => {
    const kind = network === "cnn" ? "stn-plain" : "stn-transformer";
    return { future: s("path", { class: `stn-curve stn-future ${kind}` }), past: s("path", { class: `stn-curve ${kind}` }),
      dot: s("circle", { class: `stn-dot ${kind}`, r: network === "cnn" ? 6.5 : 4.3 }), value: s("text", { class: "stn-value" }), network };
  });
  const parts = ["future", "past"].flatMap((part) => lines.map((line) => line[part]));
  const svg = s("svg", { class: "stn-plot", role: "img" }, ticks, parts, cursor, lines.map(({ dot }) => dot), lines.map(({ value }) => value));
  const board = { width: 600, height: 200 };
  const right = () => board.width - EDGE.right, low = () => board.height - EDGE.bottom;
  const px = (step) => EDGE.left + ((step - steps[0]) / (steps[last] - steps[0])) * (right() - EDGE.left);
  let axis = null, py = null, held = false;
  const follow = (event) => {
    const share = (svgPoint(svg, event)[0] - EDGE.left) / (right() - EDGE.left);
    go(frameNear(steps, steps[0] + share * (steps[last] - steps[0])));
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    held = true;
    svg.setPointerCapture(event.pointerId);
    follow(event);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => { if (held) follow(event); });
  for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => { held = false; });

  // What stays the same while the run plays: axes, and the whole curves.
  const lay = (curve) => {
    svg.setAttribute("viewBox", `0 0 ${board.width} ${board.height}`);
    svg.setAttribute("aria-label", words.charts[curve]);
    axis = logAxis(NETWORKS.flatMap((network) => curves[curve][network]), curve === "error");
    py = (value) => low() - axis.share(value) * (low() - EDGE.top);
    ticks.replaceChildren(
      ...axis.ticks.flatMap((value) => [s("path", { class: "stn-rule", d: `M${EDGE.left} ${py(value).toFixed(1)}H${right()}` }),
        s("text", { class: "stn-axis stn-axis-y", x: EDGE.left - 8, y: py(value) + 4 }, String(Number(value.toPrecision(1))))]),
      ...stepTicks(steps[0], steps[last], board.width < 420 ? 5 : 10).map((step) =>
        s("text", { class: "stn-axis", x: px(step), y: board.height - 6 }, String(step))));
    for (const { future, network } of lines) future.setAttribute("d", path(curves[curve][network], 0, last));
  };
  const path = (values, first, end) => `M${joined(values.slice(first, end + 1).map((value, k) => [px(steps[first + k]), py(value)]))}`;
  const draw = (frame, curve) => {
    const x = px(steps[frame]), left = x > board.width - NAME;
    cursor.setAttribute("d", `M${x.toFixed(1)} ${EDGE.top - 12}V${low() + 20}`);
    const heights = lines.map(({ network }) => py(curves[curve][network][frame]));
    lines.forEach(({ past, dot, value, network }, k) => {
      const now = curves[curve][network][frame], upper = heights[k] < heights[1 - k] || (heights[k] === heights[1 - k] && k === 0);
      past.setAttribute("d", path(curves[curve][network], 0, frame));
      setAttributes(dot, { cx: x, cy: heights[k] });
      value.textContent = say(words.values[curve], { name: words.names[network], value: format(now, curve === "error" ? 1 : 2) });
      // The higher number stands above its curve, the lower one below: they never touch.
      const y = upper ? Math.max(heights[k] - 11, 13) : heights[k] + 21;
      setAttributes(value, { x: x + (left ? -10 : 10), y, "text-anchor": left ? "end" : "start" });
    });
  };
  return { svg, board, lay, draw };
}

// The chosen digit, large: the way of its window's centre, what is read there, θ and what it means.
function makeCloseUp(words, run, reach) {
  const way = ["halo", "ahead", "walked"].map((name) => s("path", { class: `stn-way stn-${name}` }));
  const first = s("circle", { class: "stn-first", r: 1.1 }), now = s("circle", { class: "stn-now", r: 1.6 });
  const pane = makePane(run.size, reach, words.input, ...way, first, now), seen = picture(...run.outSize, words.output);
  const cells = Array.from({ length: 6 }, () => h("span", {}));
  const rows = Object.fromEntries(["x", "y", "zoom", "turn", "stretch"].map((name) => [name, h("dd", {})]));
  const list = h("dl", {}, h("dt", {}, words.rows.centre), rows.x, rows.y, ["zoom", "turn", "stretch"].flatMap((name) => [h("dt", {}, words.rows[name]), rows[name]]));
  const node = h("div", { class: "stn-close" }, figure(words.input, pane.node), figure(words.output, seen.canvas),
    h("div", { class: "stn-reading" },
      h("p", { class: "stn-head" }, words.theta), h("div", { class: "stn-six stn-theta", role: "group", "aria-label": words.theta }, cells),
      h("p", { class: "stn-head" }, words.window), list));
  const centre = ([, , x, , , y]) => [((x + 1) * run.size[1]) / 2, ((y + 1) * run.size[0]) / 2];
  const draw = (frame, digit, { theta, image, corners, output }) => {
    pane.draw(image, corners);
    seen.draw(output);
    const before = run.thetas.slice(0, frame + 1).map((one) => centre(one[digit])), after = run.thetas.slice(frame + 1).map((one) => centre(one[digit]));
    const here = centre(theta), walked = `M${joined([...before, here])}`, ahead = `M${joined([here, ...after])}`;
    way.forEach((path, k) => path.setAttribute("d", [walked, ahead, walked][k]));
    setAttributes(first, { cx: before[0][0], cy: before[0][1] });
    setAttributes(now, { cx: here[0], cy: here[1] });
    cells.forEach((cell, k) => { cell.textContent = format(theta[k]); });
    const { x, y, zoom, turn, stretch, mirrored } = windowPose(theta, run.size, run.outSize), { left, right, up, down } = words.sides;
    const shift = (pixels, side) => say(Math.abs(pixels) < 0.05 ? words.none.shift : words.shift, { pixels: format(Math.abs(pixels), 1), side });
    rows.x.textContent = shift(x, x < 0 ? left : right);
    rows.y.textContent = shift(y, y < 0 ? up : down);
    rows.zoom.textContent = zoom ? say(words.zoom, { zoom: format(zoom) }) : words.flat;
    rows.turn.textContent = mirrored ? words.turns.mirrored
      : Math.abs(turn) < 0.5 ? words.none.turn : say(words.turns[turn < 0 ? "counter" : "clockwise"], { degrees: format(Math.abs(turn), 0) });
    rows.stretch.textContent = stretch ? say(words.stretch, { stretch: format(stretch) }) : words.flat;
  };
  const recolour = () => { pane.recolour(); seen.recolour(); };
  return { node, draw, recolour };
}

// Moves through the run at one pace, whatever the number of frames; `show(frame, part)` with the part of the way to the next.
function makePlayer(words, { steps, last }, frame, show) {
  const seconds = Math.min(Math.max(0.35 * last, 5), 12), pace = (steps[last] - steps[0]) / seconds;
  let asked = 0, from = 0, begun = 0;
  const stop = () => { cancelAnimationFrame(asked); asked = 0; play.textContent = words.play; };
  const tick = (time) => {
    begun ||= time;
    const step = from + ((time - begun) / 1000) * pace, now = frameAt(steps, step);
    if (now === last) { stop(); show(last, 0); return; }
    asked = requestAnimationFrame(tick);
    show(now, prefersStillness() ? 0 : (step - steps[now]) / (steps[now + 1] - steps[now]));
  };
  const play = button(words.play, () => {
    if (asked) { stop(); show(frame(), 0); return; }
    [from, begun] = [steps[frame() < last ? frame() : 0], 0];
    play.textContent = words.pause;
    asked = requestAnimationFrame(tick);
  }, { class: "stn-button stn-play" });
  return { play, stop, playing: () => asked !== 0 };
}

function readAddress(model, { steps, count }) {
  const asked = fromAddress("replay-training"), whole = (text) => (/^\d+$/.test(text ?? "") ? Number(text) : NaN);
  if (whole(asked.step) <= steps.at(-1)) model.set("frame", frameAt(steps, whole(asked.step)));
  if (whole(asked.digit) < count) model.set("digit", whole(asked.digit));
  if (["error", "loss"].includes(asked.curve)) model.set("curve", asked.curve);
}

function render({ model, el }) {
  const names = ["inputs", "thetas", "labels", "steps", "answers", "error", "loss"];
  const run = readRun({ ...Object.fromEntries(names.map((name) => [name, model.get(name)])), size: [model.get("height"), model.get("width")], outSize: model.get("out_size") });
  const words = model.get("words"), { steps, last, count } = run;
  readAddress(model, run);
  const at = (name, most) => Math.min(Math.max(model.get(name), 0), most), frame = () => at("frame", last), digit = () => at("digit", count - 1);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  let part = 0, laid = "", timer = 0, heard = frame();

  const player = makePlayer(words, run, frame, (now, rest) => { part = rest; if (now !== frame()) put("frame", now); ask(); });
  const go = (to) => { player.stop(); part = 0; put("frame", Math.min(Math.max(to, 0), last)); ask(); };
  // One view for all digits and steps, so that windows can be compared.
  const sides = run.thetas.flat().flatMap((theta) => windowCorners(theta, [2, 2]).flat().map((value) => Math.abs(value - 1)));
  const reach = Math.min(Math.max(1, ...sides) + 0.03, FARTHEST);
  const group = `stn-digit-${Math.random().toString(36).slice(2)}`;
  const cards = run.labels.map((_, k) => makeCard(words, run, k, group, reach, (key) => put("digit", key)));
  const chart = makeChart(words, run, go), closeUp = makeCloseUp(words, run, reach);
  const pick = (name) => choice({ label: words[name], options: words[`${name}s`], value: model.get(name), onchange: (key) => put(name, key) });
  const curve = pick("curve"), title = h("span", {});
  const time = slider({ label: words.step, min: 0, max: last, step: 1, value: frame(), concept: "theta",
    show: (value) => say(words.of, { step: steps[value], steps: steps[last] }), oninput: go });
  time.node.append(h("div", { class: "stn-buttons" }, button(words.back, () => go(frame() - 1)), player.play, button(words.next, () => go(frame() + 1))));
  const told = h("span", { class: "stn-told", "aria-hidden": "true" }), spoken = h("output", { class: "stn-spoken" });

  house(el, "replay-training");
  const columns = `--stn-wide: ${count > 6 ? Math.ceil(count / 2) : count}; --stn-narrow: ${count === 4 ? 2 : Math.min(count, 3)}`;
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title, style: columns },
    h("p", { class: "stn-title" }, words.title),
    h("figure", { class: "stn-panel stn-time" }, h("figcaption", {}, title, curve.node), chart.svg, time.node),
    h("fieldset", { class: "stn-digits" }, h("legend", {}, told, words.digits), h("div", {}, cards.map(({ node }) => node))),
    closeUp.node, spoken, h("p", { class: "stn-try" }, words.try)));

  const facts = () => {
    const [cnn, st] = NETWORKS.map((network) => rightOnes(run, network, frame()));
    const [cnnError, stError] = NETWORKS.map((network) => format(run.curves.error[network][frame()], 1));
    return { step: steps[frame()], steps: steps[last], count, cnn, st, cnnError, stError };
  };
  // A live region that spoke at every step of a playing run would never be silent.
  const tell = () => {
    for (const card of cards) card.tell(frame());
    spoken.textContent = say(words.spoken, facts());
    heard = frame();
  };
  const draw = () => {
    const now = frame(), chosen = digit(), shown = model.get("curve"), size = `${shown} ${chart.board.width} ${chart.board.height}`;
    if (size !== laid) { chart.lay(shown); laid = size; }
    chart.draw(now, shown);
    cards.forEach((card, k) => {
      const theta = thetaAt(run, now, part, k), image = run.pictures[k];
      const state = { theta, image, corners: windowCorners(theta, run.size), output: straighten(image, run.size, theta, run.outSize) };
      card.draw(now, state);
      if (k === chosen) closeUp.draw(now, k, state);
      card.input.checked = k === chosen;
    });
    time.set(now);
    curve.set(shown);
    title.textContent = words.charts[shown];
    told.textContent = say(words.told, facts());
    clearTimeout(timer);
    if (!player.playing() && heard !== now) timer = setTimeout(tell, QUIET);
  };
  const ask = everyFrame(draw), recolour = () => { for (const view of [...cards, closeUp]) view.recolour(); };
  const offTheme = onTheme(() => { recolour(); ask(); });
  const fit = ({ width, height }) => { if (width && height) Object.assign(chart.board, { width, height }); };
  const observer = new ResizeObserver(([{ contentRect }]) => { fit(contentRect); ask(); });
  fit(chart.svg.getBoundingClientRect());
  observer.observe(chart.svg);
  const events = "change:frame change:digit change:curve";
  model.on(events, ask);
  recolour();
  draw();
  for (const card of cards) card.tell(frame());
  return () => { model.off(events, ask); player.stop(); ask.stop(); clearTimeout(timer); offTheme(); observer.disconnect(); };
}

export default { render };
