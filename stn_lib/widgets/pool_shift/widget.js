// PoolShift: a signal (or a feature map) is shifted, then pooled in three visible steps: dense maximum, blur,
// subsampling. Below it the pooled values of the unshifted signal, shifted by whole places. Beside it the ways to pool,
// each with the mean difference that it leaves.
import { followAddress, integer, numbers, oneOf } from "../shared/address_state.js";
import { button, choice, nextId, slider } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, endAll, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { compare } from "./model.js";
import { makeSpectrum } from "./spectrum.js";
import { makeMaps, makeSignal } from "./views.js";

const MOST_SHIFT = 4;

// One of several ways to pool, as native radio buttons; each has a bar for the difference that it leaves.
function makeMeter(label, unit, options, onchange) {
  const name = nextId();
  const rows = new Map(
    options.map(([key, text]) => {
      const [bar, value] = [h("i", {}), h("span", {})];
      const input = h("input", { type: "radio", name, value: key, onchange: () => onchange(key) });
      const node = h("label", {}, input, h("b", {}, text), h("div", {}, bar), value);
      return [key, { input, bar, value, node }];
    }),
  );
  const legend = h("legend", {}, h("span", {}, label), h("span", {}, unit));
  const nodes = [...rows.values()].map(({ node }) => node);
  const draw = (differences, chosen, top) => {
    for (const [key, { input, bar, value }] of rows) {
      input.checked = key === chosen;
      bar.style.width = `${(100 * differences.get(key)) / top}%`;
      value.textContent = format(differences.get(key), 3);
    }
  };
  return { node: h("fieldset", { class: "stn-meter" }, legend, nodes), draw };
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
  return { shift, view: bar("view", words.views), outside: bar("outside", words.outsides) };
}

function makeMeters(model, words, put) {
  const kernels = model.get("kernels").map(([name]) => [name, name]);
  return {
    kernel: makeMeter(words.labels.kernel, words.meter, kernels, (key) => put({ kernel: key })),
    keep: makeMeter(words.labels.keep, "", words.keeps, (key) => put({ keep: key })),
  };
}

function verdict(words, by, found) {
  if (found.difference < 1e-9)
    return interpolate(by === 0 ? words.still : words.same, { places: Math.abs(found.places) });
  const pairs = found.kept.flatMap((row, y) => row.map((value, x) => Math.abs(value - found.moved[y][x])));
  const count = pairs.filter((gap) => gap > 1e-9).length;
  return interpolate(words.other, { count, all: pairs.length, difference: format(found.difference, 3) });
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
    spectrum: oneOf([true, false]),
  };
}

// The difference that each way of pooling would leave, all else as it now is.
function differences(model, rows) {
  const [kernel, keep, by, outside] = ["kernel", "keep", "shift", "outside"].map((name) => model.get(name));
  const kernels = new Map(model.get("kernels"));
  const left = (name, kept) => compare(rows, by, { taps: kernels.get(name), outside, keep: kept }).difference;
  return {
    kernel: new Map([...kernels.keys()].map((name) => [name, left(name, keep)])),
    keep: new Map(["first", "largest"].map((kept) => [kept, left(kernel, kept)])),
  };
}

function render({ model, el }) {
  const words = model.get("words");
  const kernels = Object.fromEntries(model.get("kernels"));
  const [size, flat] = [model.get("map_size"), model.get("feature_map")];
  const featureMap = Array.from({ length: size }, (_, y) => flat.slice(y * size, (y + 1) * size));
  const put = (values) => setTraits(model, values);
  const flip = (i) => put({ bits: model.get("bits").map((bit, k) => (k === i ? 1 - bit : bit)) });
  const views = { signal: makeSignal(words, model.get("bits").length, flip), image: makeMaps(words, size) };
  const spectrum = makeSpectrum(words, (open) => put({ spectrum: open }));
  const meters = makeMeters(model, words, put);
  const inputs = makeControls(model, words, put);
  const example = button(words.example, () => put(model.get("home")));
  const told = h("output", { class: "stn-told" });
  const view = [views.signal.toggles, inputs.shift.node, views.signal.node, views.image.node];
  const settings = [meters.kernel, meters.keep, inputs.view, inputs.outside].map(({ node }) => node);
  const stage = h(
    "div",
    { class: "stn-stage" },
    h("div", { class: "stn-view" }, view),
    h("div", { class: "stn-settings" }, settings),
  );
  const hint = h("span", {});
  mountRoot(
    el,
    "pool-shift",
    frame({ ...words, try: hint }, stage, h("div", { class: "stn-why" }, told, example), spectrum.node),
  );

  const draw = () => {
    const [shown, kernel, keep, by] = ["view", "kernel", "keep", "shift"].map((name) => model.get(name));
    const isSignal = shown === "signal";
    const rows = isSignal ? [model.get("bits")] : featureMap;
    const found = compare(rows, by, { taps: kernels[kernel], outside: model.get("outside"), keep });
    for (const node of [views.signal.toggles, views.signal.node, spectrum.node]) node.hidden = !isSignal;
    views.image.node.hidden = isSignal;
    hint.textContent = isSignal ? words.try : words.tryMap;
    views[shown].draw(model.get("bits"), found, kernels[kernel]);
    spectrum.node.open = model.get("spectrum");
    if (isSignal && spectrum.node.open) spectrum.draw(found.dense[0], found.blurred[0], kernels[kernel]);
    const left = differences(model, rows);
    const top = Math.max(...left.kernel.values(), ...left.keep.values(), 1e-9);
    meters.kernel.draw(left.kernel, kernel, top);
    meters.keep.draw(left.keep, keep, top);
    for (const [name, input] of Object.entries(inputs)) input.set(model.get(name));
    told.textContent = verdict(words, by, found);
  };
  const traits = ["bits", "shift", "kernel", "keep", "outside", "view", "spectrum"];
  const drawing = drawOnChange(model, { traits, draw, recolour: views.image.recolour });
  const open = (values) => put(values.spectrum ? { view: "signal", ...values } : values); // only a signal has one
  const offAddress = followAddress(el, "pool-shift", addressTable(model, words), open);
  return endAll(offAddress, drawing.stop);
}

export default { render };
