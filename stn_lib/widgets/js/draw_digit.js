// DrawDigit: the reader writes a digit, sees it as MNIST would have it, turns, sizes and moves it; a CNN and an ST-CNN,
// both running in the page, answer while it moves, and then under a hundred random distortions of this one digit.
import { button, choice, draggable, everyFrame, figure, format, fromAddress, h, house, onTheme, picture, prefersStillness, s, say, setAttributes, slider, svgPoint } from "./ui.js";
import { makeNetwork } from "./network.js";
import { best, readDigits } from "./answers.js";
import { inkBox, inkPicture } from "./ink.js";
import { isTrained, makeRandom, place, randomPlace } from "./distorting.js";
import { makePad } from "./pad.js";
import { inSlices, makeTrialChart } from "./trials.js";

const PLACE = ["x", "y", "degrees", "scale"];
const LIMITS = { x: [-14, 14], y: [-14, 14], degrees: [-90, 90], scale: [0.5, 1.5] };
const TRIALS = 100, QUIET = 700, MEMORY = 200;
const RIM = 4;  // pixels round the frame: a window that leaves it is still seen

// Which of the sentences about two answers is true; truth is null while nobody has said it.
export function compare(cnn, st, truth) {
  if (cnn === st) return ["same", truth === null ? "open" : cnn === truth ? "right" : "wrong"];
  return ["differ", truth === null ? "open" : cnn === truth ? "cnn" : st === truth ? "st" : "none"];
}

// The window that an affine theta reads, its upper edge first, in pixels of a frame of `size`.
export function windowOf([a, b, x, c, d, y], size) {
  return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => [((a * u + b * v + x + 1) * size) / 2, ((c * u + d * v + y + 1) * size) / 2]);
}

const joined = (points) => points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L");

// The digit as the networks' training digits are: with the box round its ink, and a cross at pixel (14, 14).
function makeNormal(words, small) {
  const canvas = picture(small, small, words.normal), box = s("rect", { class: "stn-box-20", });
  const middle = (small + 1) / 2;
  const svg = s("svg", { viewBox: `0 0 ${small} ${small}`, "aria-hidden": "true" }, box, s("path", { class: "stn-middle", d: `M${middle - 1.6} ${middle}h3.2M${middle} ${middle - 1.6}v3.2` }));
  const draw = (pixels) => {
    const frame = inkBox(pixels, small);
    canvas.draw(pixels);
    box.style.display = frame ? "" : "none";
    if (frame) setAttributes(box, { x: frame[0], y: frame[1], width: frame[2], height: frame[3] });
  };
  const node = figure(words.normal, h("div", { class: "stn-over" }, canvas.canvas, svg), h("p", { class: "stn-remark" }, words.recipe));
  node.classList.add("stn-normal");
  return { node, draw, recolour: canvas.recolour };
}

// What the networks are given; the digit itself is the handle, the rest of the picture lets a finger scroll the page.
function makeFrame(words, size, state, move) {
  const canvas = picture(size, size, words.frame);
  const halo = s("path", { class: "stn-halo" }), quad = s("path", { class: "stn-quad" }), top = s("path", { class: "stn-top" });
  const grip = s("circle", { class: "stn-ring stn-knob" });
  const handle = s("g", { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.move, "aria-valuemin": LIMITS.x[0], "aria-valuemax": LIMITS.x[1] }, grip);
  const svg = s("svg", { viewBox: `${-RIM} ${-RIM} ${size + 2 * RIM} ${size + 2 * RIM}`, role: "group", "aria-label": words.frame }, halo, quad, top, handle);
  const middle = size / 2;
  draggable(handle, { step: 0.5, locate: (event) => svgPoint(svg, event), at: () => [middle + state().x, middle + state().y], move: (x, y) => move(x - middle, y - middle) });
  const draw = (image, theta) => {
    canvas.draw(image);
    for (const path of [halo, quad, top]) path.style.display = theta ? "" : "none";
    if (theta) {
      const corners = windowOf(theta, size);
      for (const path of [halo, quad]) path.setAttribute("d", `M${joined(corners)}Z`);
      top.setAttribute("d", `M${joined(corners.slice(0, 2))}`);
    }
    const now = state();
    setAttributes(grip, { cx: middle + now.x, cy: middle + now.y, r: Math.max(11 * now.scale, 6) });
    setAttributes(handle, { "aria-valuenow": now.x.toFixed(1), "aria-valuetext": say(words.at, { x: format(now.x, 1), y: format(now.y, 1) }) });
  };
  const node = figure(words.frame, h("div", { class: "stn-over stn-pane", style: `--stn-rim: ${(100 * RIM) / (size + 2 * RIM)}%` }, canvas.canvas, svg));
  return { node, draw, recolour: canvas.recolour };
}

// One network: the picture that its classifier sees, its ten probabilities, its answer.
function makeReader(words, name, caption, [height, width]) {
  const sees = picture(height, width, caption);
  const columns = Array.from({ length: 10 }, (_, digit) => {
    const bar = h("i", {});
    return { bar, node: h("li", {}, h("div", {}, bar), h("span", {}, String(digit))) };
  });
  const verdicts = { right: words.right, wrong: words.wrong, open: words.open };
  const verdict = h("b", { class: "stn-verdict" }), bars = h("div", { class: "stn-bars", role: "img" }, h("ol", { "aria-hidden": "true" }, columns.map((column) => column.node)));
  const node = h("section", { class: "stn-answers stn-reader", "aria-label": name },
    h("div", {}, sees.canvas, h("span", { class: "stn-remark" }, caption)), h("div", {}, h("p", {}, h("b", {}, name), verdict), bars));
  const draw = (image, probabilities, truth) => {
    const guess = probabilities ? best(probabilities) : -1, state = truth === null ? "open" : guess === truth ? "right" : "wrong";
    sees.draw(image);
    columns.forEach(({ bar, node: column }, digit) => {
      bar.style.height = probabilities ? `${Math.max(100 * probabilities[digit], 1.5)}%` : "0";
      column.dataset.state = digit === guess ? state : "other";
      column.dataset.truth = String(digit === truth);
    });
    verdict.dataset.state = state;
    verdict.textContent = probabilities ? say(verdicts[state], { digit: guess, percent: format(100 * probabilities[guess], 0) }) : words.nothing;
  };
  const tell = (probabilities) => {
    const shares = (probabilities ?? []).map((share, digit) => [digit, share]).filter(([, share]) => share >= 0.005).sort((a, b) => b[1] - a[1]);
    bars.setAttribute("aria-label", shares.map(([digit, share]) => say(words.share, { digit, percent: format(100 * share, 0) })).join(", ") || words.nothing);
  };
  return { node, draw, tell, recolour: sees.recolour };
}

// A slider whose track is coloured where the training distortions were.
function makeControl(words, name, [from, to], model, put) {
  const [low, high] = LIMITS[name], share = (value) => ((value - low) / (high - low)).toFixed(4);
  const show = (value) => (name === "degrees" ? say(words.turned, { v: format(value, 0) }) : say(words.sized, { v: format(value) }));
  const control = slider({ label: words.sliders[name], min: low, max: high, step: name === "degrees" ? 1 : 0.01, value: model.get(name), show, concept: "source", oninput: (value) => put({ [name]: value }) });
  control.node.classList.add("stn-banded");
  control.node.style.setProperty("--stn-from", share(from));
  control.node.style.setProperty("--stn-to", share(to));
  return control;
}

function makeExamples(words, examples, labels, small, choose) {
  const pictures = examples.map(() => picture(small, small, ""));
  const buttons = examples.map((_, k) => {
    setAttributes(pictures[k].canvas, { role: "presentation", "aria-hidden": "true" });
    return h("button", { type: "button", class: "stn-button stn-example", onclick: () => choose(k),
      "aria-label": say(labels[k] < 0 ? words.example : words.exampleOf, { place: k + 1, label: labels[k] }) }, pictures[k].canvas);
  });
  const node = h("div", { class: "stn-examples", role: "group", "aria-label": words.examples }, h("span", { class: "stn-remark" }, words.examples), h("div", {}, buttons));
  const recolour = () => pictures.forEach((one, k) => { one.recolour(); one.draw(examples[k]); });
  return { node, recolour, set: (chosen) => buttons.forEach((one, k) => one.setAttribute("aria-pressed", String(k === chosen))) };
}

function readAddress(model, count) {
  const asked = fromAddress("draw-digit");
  for (const name of PLACE) {
    const value = Number(asked[name] || NaN), [low, high] = LIMITS[name];
    if (value >= low && value <= high) model.set(name, value);
  }
  const example = Number(asked.example || NaN);
  if (Number.isInteger(example) && example >= 0 && example < count) {
    model.set("example", example);
    model.set("meant", model.get("labels")[example]);
  }
}

function render({ model, el }) {
  const words = model.get("words"), small = model.get("small"), large = model.get("large"), recipe = model.get("recipe"), labels = model.get("labels");
  const examples = readDigits(model.get("examples"), labels.length, small);
  const [cnn, st] = ["cnn", "st_cnn"].map((name) => makeNetwork(model.get(`${name}_layout`), model.get(`${name}_weights`)));
  readAddress(model, examples.length);
  const state = () => Object.fromEntries(PLACE.map((name) => [name, model.get(name)]));
  const truth = () => (model.get("meant") < 0 ? null : model.get("meant"));
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) {
      const [low, high] = LIMITS[name] ?? [-Infinity, Infinity];
      model.set(name, typeof value === "number" ? Math.min(Math.max(value, low), high) : value);
    }
    model.save_changes();
  };
  const random = makeRandom(model.get("seed")), four = () => [random(), random(), random(), random()];
  // The distortions to come are on view before they are tried, and stay for the next digit.
  const hundredMore = () => Array.from({ length: TRIALS }, () => randomPlace(recipe, four(), large));
  let run = { trials: hundredMore(), cnn: [], st: [] }, stop = () => {}, timer = 0, heard = "";
  const past = [];

  // --- the digit: strokes, or an example that the first stroke takes the place of -----------------
  const current = () => {
    const growing = pad.growing(), example = model.get("example");
    if (growing) return inkPicture([...model.get("strokes"), growing]);
    return example >= 0 ? examples[example] : inkPicture(model.get("strokes"));
  };
  const digit = (values) => {
    stop();
    run = { trials: run.trials, cnn: [], st: [] };
    put(values);
    model.set("pixels", Array.from(current(), (value) => Math.round(255 * value)));
    model.save_changes();
    ask();
  };
  const remember = () => { past.push({ strokes: model.get("strokes"), example: model.get("example"), meant: model.get("meant") }); if (past.length > MEMORY) past.shift(); };
  const anew = (values) => { remember(); digit(values); };
  const commit = (stroke) => {
    const kept = model.get("example") < 0 && model.get("strokes").length > 0;
    anew({ strokes: [...model.get("strokes"), stroke], example: -1, meant: kept ? model.get("meant") : -1 });
  };
  const undo = () => { if (past.length) digit(past.pop()); };
  const announce = (text) => { spoken.textContent = text; };

  const pad = makePad(words, small, { live: () => ask(), commit, undo, announce });
  const normal = makeNormal(words, small), board = makeFrame(words, large, state, (x, y) => put({ x, y }));
  const seenSize = model.get("st_cnn_layout").ops[0].out_size;
  const readers = [makeReader(words, words.cnn, words.seesWhole, [large, large]), makeReader(words, words.stCnn, words.seesWindow, seenSize)];
  const undoing = button(words.undo, undo), clearing = button(words.clear, () => anew({ strokes: [], example: -1, meant: -1 }));
  const shelf = makeExamples(words, examples, labels, small, (k) => anew({ strokes: [], example: k, meant: labels[k] }));
  const meant = choice({ label: words.meant, options: [["-1", words.unsaid], ...Array.from({ length: 10 }, (_, k) => [String(k), String(k)])], value: String(model.get("meant")),
    onchange: (key) => put({ meant: Number(key) }) });
  const sliders = { degrees: makeControl(words, "degrees", [-recipe.degrees, recipe.degrees], model, put), scale: makeControl(words, "scale", recipe.scale, model, put) };
  const shuffle = button(words.random, () => put(randomPlace(recipe, four(), large))), upright = button(words.upright, () => put({ x: 0, y: 0, degrees: 0, scale: 1 }));
  const sentence = h("span", {}), beyond = h("span", { class: "stn-beyond" }), told = h("p", { class: "stn-told", "aria-hidden": "true" }, sentence, " ", beyond), spoken = h("output", { class: "stn-spoken" });
  const choose = (k) => put(run.trials[k]);
  const charts = [makeTrialChart(words, words.cnn, recipe, choose), makeTrialChart(words, words.stCnn, recipe, choose)];
  // Of what the two networks were asked, the next after the one on view that one of them got wrong.
  const missed = (k) => run.st[k] !== undefined && (truth() === null ? run.cnn[k] !== run.st[k] : run.cnn[k] !== truth() || run.st[k] !== truth());
  const onView = () => run.trials.findIndex((trial) => PLACE.every((name) => trial[name] === model.get(name)));
  const next = button(words.miss, () => {
    const from = onView(), k = run.trials.findIndex((_, i) => i > from && missed(i));
    choose(k < 0 ? run.trials.findIndex((_, i) => missed(i)) : k);
  });
  const start = () => {
    stop();
    const pixels = current(), asked = { trials: run.st.length ? hundredMore() : run.trials, cnn: [], st: [] };
    run = asked;
    const after = (count) => {
      lab.setAttribute("aria-busy", String(count < TRIALS));
      if (count === TRIALS || !prefersStillness()) drawTrials();
      if (count === TRIALS) announce(charts.map((chart) => chart.result()).join(". "));
    };
    stop = inSlices(TRIALS, (k) => {
      const image = place(pixels, small, large, asked.trials[k]);
      asked.cnn.push(best(cnn(image).probabilities));
      asked.st.push(best(st(image).probabilities));
    }, after);
  };
  const hundred = button(words.hundred, start), key = h("p", { class: "stn-remark" });
  const lab = h("section", { class: "stn-lab", "aria-label": words.lab }, h("div", { class: "stn-row" }, hundred, next), h("div", { class: "stn-stage" }, charts.map((chart) => chart.node)), key);

  house(el, "draw-digit");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title),
    h("div", { class: "stn-desk" }, pad.node, normal.node,
      h("div", { class: "stn-tools stn-writing" }, h("div", { class: "stn-row" }, undoing, clearing), shelf.node, meant.node),
      board.node,
      h("div", { class: "stn-tools stn-turning" }, h("div", { class: "stn-row" }, shuffle, upright), sliders.degrees.node, sliders.scale.node, h("p", { class: "stn-remark stn-band-key" }, words.band))),
    h("div", { class: "stn-reading" }, h("div", { class: "stn-stage" }, readers.map((reader) => reader.node)), told),
    lab, spoken, h("p", { class: "stn-try" }, words.try)));

  const drawTrials = () => {
    const chosen = onView();
    [run.cnn, run.st].forEach((answers, k) => charts[k].draw(run.trials, answers, truth(), chosen));
    next.textContent = truth() === null ? words.differs : words.miss;
    next.disabled = !run.st.some((_, k) => missed(k));
    key.textContent = !run.st.length ? words.labEmpty : truth() === null ? words.labOpen : say(words.labKey, { truth: truth() });
  };
  const draw = () => {
    const pixels = current(), empty = pixels.every((value) => value === 0), now = state(), example = model.get("example");
    const image = place(pixels, small, large, now), seen = st(image);
    const shares = empty ? [null, null] : [cnn(image).probabilities, seen.probabilities], [one, two] = shares.map((share) => share && best(share));
    pad.draw(model.get("strokes"), examples[example] ?? null);
    normal.draw(pixels);
    board.draw(image, empty ? null : seen.theta);
    readers[0].draw(image, shares[0], truth());
    readers[1].draw(empty ? new Float32Array(seen.straightened.length) : seen.straightened, shares[1], truth());
    for (const name of ["degrees", "scale"]) sliders[name].set(now[name]);
    shelf.set(example);
    meant.set(String(model.get("meant")));
    [undoing.disabled, clearing.disabled, hundred.disabled] = [!past.length, empty, empty];
    const [kind, who] = empty ? ["empty"] : compare(one, two, truth());
    sentence.textContent = empty ? words.empty : say(words.told[kind][who], { cnn: one, st: two });
    beyond.textContent = empty || isTrained(now, recipe, large) ? "" : words.outside;
    told.dataset.kind = kind;
    drawTrials();
    const tell = () => readers.forEach((reader, k) => reader.tell(shares[k]));
    if (!heard) tell();
    // A live region that spoke while something moves would never be silent.
    clearTimeout(timer);
    timer = setTimeout(() => {
      tell();
      if (told.textContent !== heard && heard) announce(told.textContent);
      heard = told.textContent;
    }, QUIET);
  };
  const ask = everyFrame(draw), views = [pad, normal, board, shelf, ...readers];
  const recolour = () => { for (const view of views) view.recolour(); };
  const offTheme = onTheme(() => { recolour(); ask(); });
  const events = [...PLACE, "strokes", "example", "meant"].map((name) => `change:${name}`).join(" ");
  model.on(events, ask);
  recolour();
  draw();
  return () => { model.off(events, ask); stop(); ask.stop(); clearTimeout(timer); offTheme(); };
}

export default { render };
