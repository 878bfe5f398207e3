// PoolShift: a signal (or a feature map) is shifted, then pooled in three steps that can be seen: dense maximum, blur,
// keeping every second value. Beside it what the unshifted signal gives, moved along, and how far the two differ.
import { button, choice, controls, everyFrame, figure, format, fromAddress, h, house, onTheme, picture, s, say, setAttributes, slider } from "./ui.js";

// --- model: the twin of stn_lib.pooling, along one axis and along two -----------------------------

// The value at an index that may lie outside.
export function valueAt(line, i, outside) {
  const n = line.length;
  if (i >= 0 && i < n) return line[i];
  if (outside === "zeros") return 0;
  if (outside === "circular") return line[((i % n) + n) % n];
  return line[i < 0 ? -i : 2 * (n - 1) - i];  // "reflect": mirrored about the outermost value
}

export const shiftLine = (line, by, outside) => line.map((_, i) => valueAt(line, i - by, outside));

export const denseLine = (line, outside) => line.map((value, i) => Math.max(value, valueAt(line, i + 1, outside)));

export function blurLine(line, taps, outside) {
  const total = taps.reduce((a, b) => a + b, 0), before = Math.floor((taps.length - 1) / 2);
  const beyond = outside === "circular" ? "circular" : "reflect";
  return line.map((_, i) => taps.reduce((sum, tap, k) => sum + tap * valueAt(line, i + k - before, beyond), 0) / total);
}

const transpose = (rows) => rows[0].map((_, x) => rows.map((row) => row[x]));

// `rows`: an array of lines. One line alone is a signal, and is pooled along x only.
function alongBoth(rows, step) {
  const across = rows.map(step);
  return rows.length === 1 ? across : transpose(transpose(across).map(step));
}

const norm = (rows) => rows.reduce((sum, row) => row.reduce((t, v) => t + v * v, sum), 0);

// What each step makes of `rows`; keep: "first" or "largest" (the phase with the largest norm).
export function pool(rows, { taps, outside, keep }) {
  const dense = alongBoth(rows, (line) => denseLine(line, outside));
  const blurred = alongBoth(dense, (line) => blurLine(line, taps, outside));
  const phases = [];
  for (let i = 0; i < (rows.length === 1 ? 1 : 2); i++) {
    for (let j = 0; j < 2; j++) {
      const kept = blurred.filter((_, y) => rows.length === 1 || y % 2 === i).map((row) => row.filter((_, x) => x % 2 === j));
      phases.push({ i, j, kept });
    }
  }
  const best = keep === "first" ? phases[0] : phases.reduce((a, b) => (norm(b.kept) > norm(a.kept) * (1 + 1e-12) ? b : a));
  return { dense, blurred, kept: best.kept, phase: [best.i, best.j] };
}

function meanDifference(a, b) {
  let sum = 0;
  a.forEach((row, y) => row.forEach((v, x) => { sum += Math.abs(v - b[y][x]); }));
  return sum / (a.length * a[0].length);
}

// Pools the shifted rows and the unshifted ones. The latter are moved along as far as whole places go: a shift by two
// moves the answer by one, a shift by one by none (unless APS keeps the other half).
export function compare(rows, by, options) {
  const shifted = rows.map((line) => shiftLine(line, by, options.outside));
  const after = pool(shifted, options), still = pool(rows, options);
  const places = Math.trunc((by + still.phase[1] - after.phase[1]) / 2);
  const moved = still.kept.map((line) => shiftLine(line, places, options.outside));
  return { shifted, ...after, moved, places, difference: meanDifference(after.kept, moved) };
}

// Magnitudes of the discrete Fourier transform, from 0 to half a cycle a sample, divided by the length.
export function spectrum(line) {
  const n = line.length;
  return Array.from({ length: Math.floor(n / 2) + 1 }, (_, k) => {
    let re = 0, im = 0;
    line.forEach((v, i) => { re += v * Math.cos((2 * Math.PI * k * i) / n); im += v * Math.sin((2 * Math.PI * k * i) / n); });
    return Math.hypot(re, im) / n;
  });
}

// How much of a frequency (in cycles a sample) a blur lets through.
export function response(taps, frequency) {
  const total = taps.reduce((a, b) => a + b, 0);
  let re = 0, im = 0;
  taps.forEach((tap, k) => { re += tap * Math.cos(2 * Math.PI * frequency * k); im += tap * Math.sin(2 * Math.PI * frequency * k); });
  return Math.hypot(re, im) / total;
}

// --- view ----------------------------------------------------------------------------------------
const short = (value) => (Number.isInteger(value) ? String(value) : format(value, 3).replace(/0+$/, "").replace(/^(\u2212?)0\./, "$1."));

function makeRow(label, count, concept) {
  const cells = Array.from({ length: count }, () => h("span", { class: "stn-bit" }));
  const node = h("div", { class: "stn-row", style: `--stn-accent: var(--stn-${concept})`, role: "img" }, h("b", {}, label), h("div", { class: "stn-bits" }, cells));
  const draw = (values, { off = [], faint = [] } = {}) => {
    cells.forEach((cell, i) => {
      const value = values[i];
      cell.hidden = value === null;
      cell.textContent = value === null ? "" : short(value);
      cell.style.setProperty("--v", value ?? 0);
      cell.classList.toggle("stn-off", Boolean(off[i]));
      cell.classList.toggle("stn-faint", Boolean(faint[i]));
    });
    node.setAttribute("aria-label", `${label}: ${values.filter((v) => v !== null).map(short).join(", ")}`);
  };
  return { node, draw };
}

// Lines between two rows of n cells, as [from, to, weight]; what wraps round is left out.
function makeLinks(count) {
  const svg = s("svg", { viewBox: `0 0 ${count} 1`, preserveAspectRatio: "none", class: "stn-links", "aria-hidden": "true" });
  const draw = (links) => svg.replaceChildren(...links.filter(([from]) => from >= 0 && from < count)
    .map(([from, to, weight]) => s("line", { x1: from + 0.5, x2: to + 0.5, y1: 0, y2: 1, style: `opacity:${weight}` })));
  return { node: svg, draw };
}

function makeSignal(words, count, flip) {
  const toggles = Array.from({ length: count }, (_, i) => h("button", { type: "button", class: "stn-bit stn-toggle", onclick: () => flip(i) }));
  const input = h("div", { class: "stn-row", style: "--stn-accent: var(--stn-source)" }, h("b", {}, words.signal), h("div", { class: "stn-bits", role: "group", "aria-label": words.signal }, toggles));
  const rows = { shifted: makeRow(words.shifted, count, "source"), dense: makeRow(words.dense, count, "ink"), blurred: makeRow(words.blurred, count, "ink"),
    kept: makeRow(words.kept, count, "target"), moved: makeRow(words.moved, count, "target") };
  const windows = makeLinks(count), taps = makeLinks(count), picks = makeLinks(count);
  const node = h("div", { class: "stn-signal" }, input, rows.shifted.node, windows.node, rows.dense.node, taps.node, rows.blurred.node, picks.node, rows.kept.node, rows.moved.node);
  const index = Array.from({ length: count }, (_, i) => i);
  const draw = (bits, found, kernel) => {
    toggles.forEach((toggle, i) => {
      toggle.textContent = String(bits[i]);
      toggle.style.setProperty("--v", bits[i]);
      toggle.setAttribute("aria-pressed", String(bits[i] === 1));
      toggle.setAttribute("aria-label", say(words.bit, { place: i + 1, value: bits[i] }));
    });
    const phase = found.phase[1], place = (values) => index.map((i) => (i % 2 === phase ? values[(i - phase) / 2] : null));
    const keptAt = place(found.kept[0]), movedAt = place(found.moved[0]);
    rows.shifted.draw(found.shifted[0]);
    rows.dense.draw(found.dense[0]);
    rows.blurred.draw(found.blurred[0], { faint: index.map((i) => i % 2 !== phase) });
    rows.kept.draw(keptAt, { off: keptAt.map((v, i) => v !== null && Math.abs(v - movedAt[i]) > 1e-9) });
    rows.moved.draw(movedAt);
    windows.draw(index.flatMap((i) => [[i, i, 1], [i + 1, i, 1]]));
    const before = Math.floor((kernel.length - 1) / 2), top = Math.max(...kernel);
    taps.draw(index.flatMap((i) => kernel.map((tap, k) => [i + k - before, i, tap / top])));
    picks.draw(index.filter((i) => i % 2 === phase).map((i) => [i, i, 1]));
  };
  return { node, draw, recolour: () => {} };
}

function makeMaps(words, size) {
  const half = size / 2, names = ["shifted", "kept", "moved", "differs"];
  const pictures = names.map((name) => picture(name === "shifted" ? size : half, name === "shifted" ? size : half, words.maps[name]));
  const node = h("div", { class: "stn-maps" }, names.map((name, k) => figure(words.maps[name], pictures[k].canvas)));
  const draw = (_, found) => {
    const flat = (rows) => rows.flat(), gap = found.kept.map((row, y) => row.map((v, x) => Math.abs(v - found.moved[y][x])));
    [found.shifted, found.kept, found.moved, gap].forEach((rows, k) => pictures[k].draw(flat(rows)));
  };
  return { node, draw, recolour: () => pictures.forEach((one) => one.recolour()) };
}

const BOX = { width: 204, height: 168, left: 8, right: 196, top: 8, bottom: 124 };

function makeSpectrum(words) {
  const px = (f) => BOX.left + (f / 0.5) * (BOX.right - BOX.left), py = (v) => BOX.bottom - v * (BOX.bottom - BOX.top);
  const curve = s("path", { class: "stn-response" }), stems = s("g", {});
  const svg = s("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img", "aria-label": words.spectrum },
    s("rect", { x: px(0.25), y: BOX.top, width: px(0.5) - px(0.25), height: BOX.bottom - BOX.top, class: "stn-folds" }),
    s("line", { x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom, class: "stn-base" }),
    s("line", { x1: px(0.25), x2: px(0.25), y1: BOX.top, y2: BOX.bottom + 5, class: "stn-fold" }),
    [[0, "0"], [0.25, "\u00bc"], [0.5, "\u00bd"]].map(([f, text]) => s("text", { x: px(f), y: BOX.bottom + 18, class: "stn-axis" }, text)),
    s("text", { x: (px(0) + px(0.5)) / 2, y: BOX.bottom + 38, class: "stn-axis" }, words.frequency), curve, stems);
  const draw = (dense, blurred, kernel) => {
    const points = Array.from({ length: 61 }, (_, k) => k / 120);
    curve.setAttribute("d", "M" + points.map((f) => `${px(f).toFixed(1)} ${py(response(kernel, f)).toFixed(1)}`).join("L"));
    const before = spectrum(dense), after = spectrum(blurred);
    stems.replaceChildren(...before.flatMap((v, k) => {
      const x = px(k / dense.length), edge = k === 0 ? 3 : k === before.length - 1 ? -3 : 0;
      return [s("line", { x1: x + edge, x2: x + edge, y1: BOX.bottom, y2: py(v), class: "stn-stem" }),
        s("circle", { cx: x + edge, cy: py(v), r: 3.6, class: "stn-before" }),
        s("line", { x1: x + edge, x2: x + edge, y1: BOX.bottom, y2: py(after[k]), class: "stn-kept-stem" }),
        s("circle", { cx: x + edge, cy: py(after[k]), r: 3.6, class: "stn-after" })];
    }));
  };
  return { node: figure(words.spectrum, svg), draw };
}

// The difference for every way of pooling at the present shift; a bar each.
function makeMeter(words, names) {
  const bars = new Map(names.map((name) => [name, { bar: h("i", {}), value: h("span", {}), row: null }]));
  const list = names.map((name) => {
    const { bar, value } = bars.get(name);
    bars.get(name).row = h("li", {}, h("b", {}, name), h("div", {}, bar), value);
    return bars.get(name).row;
  });
  const draw = (differences, chosen) => {
    const top = Math.max(...differences.values(), 1e-9);
    for (const [name, { bar, value, row }] of bars) {
      bar.style.width = `${(100 * differences.get(name)) / top}%`;
      value.textContent = format(differences.get(name), 3);
      row.classList.toggle("stn-chosen", name === chosen);
    }
  };
  return { node: h("figure", { class: "stn-panel" }, h("figcaption", {}, words.meter), h("ul", { class: "stn-meter" }, list)), draw };
}

function render({ model, el }) {
  const words = model.get("words"), kernels = Object.fromEntries(model.get("kernels")), size = model.get("map_size");
  const flatMap = model.get("feature_map"), featureMap = Array.from({ length: size }, (_, y) => flatMap.slice(y * size, (y + 1) * size));
  const asked = fromAddress("pool-shift");
  if (asked.shift && Number.isInteger(Number(asked.shift))) model.set("shift", Math.min(Math.max(Number(asked.shift), -4), 4));
  if (/^[01]{8}$/.test(asked.bits ?? "")) model.set("bits", Array.from(asked.bits, Number));
  if (asked.kernel in kernels) model.set("kernel", asked.kernel);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const flip = (i) => put("bits", model.get("bits").map((bit, k) => (k === i ? 1 - bit : bit)));
  const views = { signal: makeSignal(words, model.get("bits").length, flip), picture: makeMaps(words, size) };
  const names = Object.keys(kernels), spectra = makeSpectrum(words), meter = makeMeter(words, [...names, words.aps]);
  const bar = (name, options) => choice({ label: words.labels[name], options, value: model.get(name), onchange: (key) => put(name, key) });
  const choices = { view: bar("view", words.views), kernel: bar("kernel", names.map((name) => [name, name])), keep: bar("keep", words.keeps), outside: bar("outside", words.outsides) };
  const told = (v) => (v === 0 ? "0" : say(v < 0 ? words.left : words.rightward, { n: Math.abs(v) }));
  const shift = slider({ label: words.labels.shift, min: -4, max: 4, step: 1, value: model.get("shift"), show: told, oninput: (v) => put("shift", v), concept: "source" });
  const example = button(words.example, () => { for (const [name, value] of Object.entries(model.get("home"))) model.set(name, value); model.save_changes(); });
  const verdict = h("output", { class: "stn-told" });
  const side = h("div", { class: "stn-side" }, spectra.node, meter.node);

  house(el, "pool-shift");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title),
    h("div", { class: "stn-stage" }, h("div", {}, views.signal.node, views.picture.node), side), verdict,
    controls(shift.node, choices.outside.node, choices.kernel.node, choices.keep.node, choices.view.node, example), h("p", { class: "stn-try" }, words.try)));

  const options = (kernel, keep) => ({ taps: kernels[kernel], outside: model.get("outside"), keep });
  const draw = () => {
    const [view, kernel, keep, by] = ["view", "kernel", "keep", "shift"].map((name) => model.get(name));
    const rows = view === "signal" ? [model.get("bits")] : featureMap;
    const found = compare(rows, by, options(kernel, keep));
    for (const [name, one] of Object.entries(views)) one.node.hidden = name !== view;
    views[view].draw(model.get("bits"), found, kernels[kernel]);
    spectra.node.hidden = view !== "signal";
    if (view === "signal") spectra.draw(found.dense[0], found.blurred[0], kernels[kernel]);
    const differences = new Map(names.map((name) => [name, compare(rows, by, options(name, "first")).difference]));
    differences.set(words.aps, compare(rows, by, options(kernel, "largest")).difference);
    meter.draw(differences, keep === "largest" ? words.aps : kernel);
    shift.set(by);
    for (const [name, one] of Object.entries(choices)) one.set(model.get(name));
    const values = { difference: format(found.difference, 3), places: Math.abs(found.places) };
    verdict.textContent = found.difference < 1e-9 ? say(by === 0 ? words.still : words.same, values) : say(words.other, values);
  };
  const ask = everyFrame(draw), recolour = () => { views.picture.recolour(); ask(); };
  const offTheme = onTheme(recolour);
  const events = "change:bits change:shift change:kernel change:keep change:outside change:view";
  model.on(events, ask);
  recolour();
  draw();
  return () => { model.off(events, ask); ask.stop(); offTheme(); };
}

export default { render };
