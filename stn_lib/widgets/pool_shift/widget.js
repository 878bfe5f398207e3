// PoolShift: a signal (or a feature map) is shifted, then pooled in three visible steps: dense maximum, blur,
// subsampling. Beside it the pooled values of the unshifted signal, shifted by whole places, and the mean difference.
import { followAddress, integer, numbers, oneOf } from "../shared/address_state.js";
import { button, choice, controls, figure, slider } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { imageCanvas } from "../shared/image.js";
import { drawOnChange, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { compare, response, spectrum } from "./model.js";

const short = (value) =>
  Number.isInteger(value)
    ? String(value)
    : format(value, 3)
        .replace(/0+$/, "")
        .replace(/^(\u2212?)0\./, "$1.");

function makeRow(label, count, concept) {
  const cells = Array.from({ length: count }, () => h("span", { class: "stn-bit" }));
  const node = h(
    "div",
    { class: "stn-row", style: `--stn-accent: var(--stn-${concept})`, role: "img" },
    h("b", {}, label),
    h("div", { class: "stn-bits" }, cells),
  );
  const draw = (values, { off = [], faint = [] } = {}) => {
    cells.forEach((cell, i) => {
      const value = values[i];
      cell.hidden = value === null;
      cell.textContent = value === null ? "" : short(value);
      cell.style.setProperty("--v", value ?? 0);
      cell.classList.toggle("stn-off", Boolean(off[i]));
      cell.classList.toggle("stn-faint", Boolean(faint[i]));
    });
    node.setAttribute(
      "aria-label",
      `${label}: ${values
        .filter((v) => v !== null)
        .map(short)
        .join(", ")}`,
    );
  };
  return { node, draw };
}

// Lines between two rows of n cells, as [from, to, weight]; lines that leave the row are left out.
function makeLinks(count) {
  const svg = s("svg", {
    viewBox: `0 0 ${count} 1`,
    preserveAspectRatio: "none",
    class: "stn-links",
    "aria-hidden": "true",
  });
  const draw = (links) =>
    svg.replaceChildren(
      ...links
        .filter(([from]) => from >= 0 && from < count)
        .map(([from, to, weight]) =>
          s("line", { x1: from + 0.5, x2: to + 0.5, y1: 0, y2: 1, style: `opacity:${weight}` }),
        ),
    );
  return { node: svg, draw };
}

function makeToggles(words, count, flip) {
  const toggles = Array.from({ length: count }, (_, i) =>
    h("button", { type: "button", class: "stn-bit stn-toggle", onclick: () => flip(i) }),
  );
  const node = h(
    "div",
    { class: "stn-row", style: "--stn-accent: var(--stn-source)" },
    h("b", {}, words.signal),
    h("div", { class: "stn-bits", role: "group", "aria-label": words.signal }, toggles),
  );
  const draw = (bits) =>
    toggles.forEach((toggle, i) => {
      toggle.textContent = String(bits[i]);
      toggle.style.setProperty("--v", bits[i]);
      toggle.setAttribute("aria-pressed", String(bits[i] === 1));
      toggle.setAttribute("aria-label", interpolate(words.bit, { place: i + 1, value: bits[i] }));
    });
  return { node, draw };
}

function makeSignal(words, count, flip) {
  const input = makeToggles(words, count, flip);
  const row = (name, concept) => makeRow(words[name], count, concept);
  const [shifted, dense, blurred] = [row("shifted", "source"), row("dense", "ink"), row("blurred", "ink")];
  const [kept, moved] = [row("kept", "target"), row("moved", "target")];
  const [windows, taps, picks] = [0, 1, 2].map(() => makeLinks(count));
  const parts = [input, shifted, windows, dense, taps, blurred, picks, kept, moved];
  const index = Array.from({ length: count }, (_, i) => i);
  const draw = (bits, found, kernel) => {
    input.draw(bits);
    const phase = found.phase[1];
    const place = (values) => index.map((i) => (i % 2 === phase ? values[(i - phase) / 2] : null));
    const [keptAt, movedAt] = [place(found.kept[0]), place(found.moved[0])];
    shifted.draw(found.shifted[0]);
    dense.draw(found.dense[0]);
    blurred.draw(found.blurred[0], { faint: index.map((i) => i % 2 !== phase) });
    kept.draw(keptAt, { off: keptAt.map((v, i) => v !== null && Math.abs(v - movedAt[i]) > 1e-9) });
    moved.draw(movedAt);
    const window = (i) => [
      [i, i, 1],
      [i + 1, i, 1],
    ];
    windows.draw(index.flatMap(window));
    const before = Math.floor((kernel.length - 1) / 2);
    const top = Math.max(...kernel);
    taps.draw(index.flatMap((i) => kernel.map((tap, k) => [i + k - before, i, tap / top])));
    picks.draw(index.filter((i) => i % 2 === phase).map((i) => [i, i, 1]));
  };
  const nodes = parts.map(({ node }) => node);
  return { node: h("div", { class: "stn-signal" }, nodes), draw, recolour: () => {} };
}

const MOST_SHIFT = 4;

function makeMaps(words, size) {
  const half = size / 2,
    names = ["shifted", "kept", "moved", "differs"];
  const images = names.map((name) =>
    imageCanvas(name === "shifted" ? size : half, name === "shifted" ? size : half, words.maps[name]),
  );
  const node = h(
    "div",
    { class: "stn-maps" },
    names.map((name, k) => figure(words.maps[name], images[k].canvas)),
  );
  const draw = (_, found) => {
    const flat = (rows) => rows.flat(),
      gap = found.kept.map((row, y) => row.map((v, x) => Math.abs(v - found.moved[y][x])));
    [found.shifted, found.kept, found.moved, gap].forEach((rows, k) => images[k].draw(flat(rows)));
  };
  return { node, draw, recolour: () => images.forEach((one) => one.recolour()) };
}

const BOX = { width: 204, height: 168, left: 8, right: 196, top: 8, bottom: 124 };

function makeSpectrum(words) {
  const px = (f) => BOX.left + (f / 0.5) * (BOX.right - BOX.left),
    py = (v) => BOX.bottom - v * (BOX.bottom - BOX.top);
  const curve = s("path", { class: "stn-response" }),
    stems = s("g", {});
  const svg = s(
    "svg",
    { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img", "aria-label": words.spectrum },
    s("rect", { x: px(0.25), y: BOX.top, width: px(0.5) - px(0.25), height: BOX.bottom - BOX.top, class: "stn-folds" }),
    s("line", { x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom, class: "stn-base" }),
    s("line", { x1: px(0.25), x2: px(0.25), y1: BOX.top, y2: BOX.bottom + 5, class: "stn-fold" }),
    [
      [0, "0"],
      [0.25, "\u00bc"],
      [0.5, "\u00bd"],
    ].map(([f, text]) => s("text", { x: px(f), y: BOX.bottom + 18, class: "stn-axis" }, text)),
    s("text", { x: (px(0) + px(0.5)) / 2, y: BOX.bottom + 38, class: "stn-axis" }, words.frequency),
    curve,
    stems,
  );
  const draw = (dense, blurred, kernel) => {
    const points = Array.from({ length: 61 }, (_, k) => k / 120);
    curve.setAttribute(
      "d",
      "M" + points.map((f) => `${px(f).toFixed(1)} ${py(response(kernel, f)).toFixed(1)}`).join("L"),
    );
    const before = spectrum(dense),
      after = spectrum(blurred);
    stems.replaceChildren(
      ...before.flatMap((v, k) => {
        const x = px(k / dense.length),
          edge = k === 0 ? 3 : k === before.length - 1 ? -3 : 0;
        return [
          s("line", { x1: x + edge, x2: x + edge, y1: BOX.bottom, y2: py(v), class: "stn-stem" }),
          s("circle", { cx: x + edge, cy: py(v), r: 3.6, class: "stn-before" }),
          s("line", { x1: x + edge, x2: x + edge, y1: BOX.bottom, y2: py(after[k]), class: "stn-kept-stem" }),
          s("circle", { cx: x + edge, cy: py(after[k]), r: 3.6, class: "stn-after" }),
        ];
      }),
    );
  };
  return { node: figure(words.spectrum, svg), draw };
}

// The difference of every way of pooling at the present shift, one bar each.
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
  return {
    node: h("figure", { class: "stn-panel" }, h("figcaption", {}, words.meter), h("ul", { class: "stn-meter" }, list)),
    draw,
  };
}

function makeControls(model, words, put) {
  const bar = (name, options) =>
    choice({
      label: words.labels[name],
      options,
      value: model.get(name),
      onchange: (key) => put({ [name]: key }),
    });
  const shown = (v) => (v === 0 ? "0" : interpolate(v < 0 ? words.left : words.rightward, { n: Math.abs(v) }));
  const shift = slider({
    label: words.labels.shift,
    min: -MOST_SHIFT,
    max: MOST_SHIFT,
    step: 1,
    value: model.get("shift"),
    show: shown,
    oninput: (value) => put({ shift: value }),
    concept: "source",
  });
  return {
    shift,
    outside: bar("outside", words.outsides),
    kernel: bar(
      "kernel",
      model.get("kernels").map(([name]) => [name, name]),
    ),
    keep: bar("keep", words.keeps),
    view: bar("view", words.views),
  };
}

function verdict(words, by, found) {
  const values = { difference: format(found.difference, 3), places: Math.abs(found.places) };
  if (found.difference >= 1e-9) return interpolate(words.other, values);
  return interpolate(by === 0 ? words.still : words.same, values);
}

const keys = (options) => options.map(([key]) => key);

// What an address may set.
function addressTable(model, words) {
  const bits = numbers(model.get("bits").length, 0, 1);
  return {
    shift: integer(-MOST_SHIFT, MOST_SHIFT),
    bits: (text) => (/^[01]+$/.test(text) ? bits([...text].join(",")) : undefined),
    kernel: oneOf(keys(model.get("kernels"))),
    keep: oneOf(keys(words.keeps)),
    outside: oneOf(keys(words.outsides)),
    view: oneOf(keys(words.views)),
  };
}

function render({ model, el }) {
  const words = model.get("words");
  const kernels = Object.fromEntries(model.get("kernels"));
  const names = Object.keys(kernels);
  const [size, flat] = [model.get("map_size"), model.get("feature_map")];
  const featureMap = Array.from({ length: size }, (_, y) => flat.slice(y * size, (y + 1) * size));
  const put = (values) => setTraits(model, values);
  const flip = (i) => put({ bits: model.get("bits").map((bit, k) => (k === i ? 1 - bit : bit)) });
  const views = { signal: makeSignal(words, model.get("bits").length, flip), image: makeMaps(words, size) };
  const spectra = makeSpectrum(words);
  const meter = makeMeter(words, [...names, words.aps]);
  const inputs = makeControls(model, words, put);
  const example = button(words.example, () => put(model.get("home")));
  const told = h("output", { class: "stn-told" });
  const side = h("div", { class: "stn-side" }, spectra.node, meter.node);
  const stage = h("div", { class: "stn-stage" }, h("div", {}, views.signal.node, views.image.node), side);
  const bar = controls(...Object.values(inputs).map(({ node }) => node), example);
  mountRoot(el, "pool-shift", frame(words, stage, told, bar));

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
    for (const [name, input] of Object.entries(inputs)) input.set(model.get(name));
    told.textContent = verdict(words, by, found);
  };
  const traits = ["bits", ...Object.keys(inputs)];
  const drawing = drawOnChange(model, { traits, draw, recolour: views.image.recolour });
  const offAddress = followAddress(el, "pool-shift", addressTable(model, words), put);
  return () => {
    for (const end of [offAddress, drawing.stop]) end();
  };
}

export default { render };
