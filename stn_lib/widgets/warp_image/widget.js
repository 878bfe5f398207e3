// WarpImage: drag the frame that theta samples, or type its numbers; the same theta as a pull and as a push.
import { followAddress, number, numbers, oneOf } from "../shared/address_state.js";
import { button, choice, controls, figure, slider } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { imageCanvas } from "../shared/image.js";
import { drawOnChange, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { gridSample, toNormalized } from "../shared/numerics.js";
import { format, interpolate } from "../shared/text.js";
import { CORNERS, FAMILIES } from "./families.js";
import { makeInput } from "./input.js";
import { LATTICE, LETTERS, latticePath, outline } from "./lattice.js";
import { convert, describe, makeMap, push } from "./model.js";
import { makeNumbers } from "./numbers.js";
import { LEAST_VIEW, makeWindow } from "./window.js";

// V, or the push: "V" has the lattice and its corners' names, the push the frame that its pixels are sent into.
function makeOutput(caption, height, width, drawn) {
  const canvas = imageCanvas(height, width, caption);
  const lines = s("path", { class: "stn-lines" });
  const plane = makeWindow(canvas.canvas, "target", { "aria-hidden": "true" });
  plane.node.classList.add(drawn === "lattice" ? "stn-out" : "stn-push");
  const names = drawn === "lattice" ? CORNERS.map((_, k) => s("text", { class: "stn-corner-name" }, LETTERS[k])) : [];
  if (drawn === "lattice") lines.setAttribute("d", latticePath(LATTICE.flat()));
  plane.fill(lines, ...names);
  const fit = (view) => {
    const scale = view / LEAST_VIEW;
    plane.fit(view);
    names.forEach((name, k) => {
      const [x, y] = CORNERS[k].map((value) => value * (100 - 11 * scale));
      name.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    });
  };
  return { node: figure(caption, plane.node), canvas, lines, fit };
}

const MOST = 9; // of a number in the address
const MOST_SMOOTHING = 2;

// What an address may set, and what its values make of the traits.
const ADDRESS = { family: oneOf(Object.keys(FAMILIES)), theta: (text) => text, smoothing: number(0, MOST_SMOOTHING) };

function fromAddress({ family = "affine", theta: text = "", ...smoothing }) {
  const { identity, isValid } = FAMILIES[family];
  const theta = numbers(identity.length, -MOST, MOST)(text);
  return theta && isValid(theta) ? { family, theta, ...smoothing } : smoothing;
}

const tidy = (theta) => theta.map((value) => Math.round(value * 1e4) / 1e4);

// What the reader may do to theta. `refused` is true after something that no theta of the family does.
function makeState(model, redraw) {
  let refused = false;
  const now = () => getTraits(model, ["family", "theta", "smoothing"]);
  const put = (values) => {
    refused = false;
    setTraits(model, values);
  };
  const offer = (theta) => {
    if (theta) return put({ theta: tidy(theta) });
    refused = true;
    return redraw();
  };
  const middle = () => {
    const six = FAMILIES[now().family].closestAffine(now().theta);
    return [six[2], six[5]];
  };
  const act = {
    middle,
    redraw,
    drag: (k, x, y) => offer(FAMILIES[now().family].drag(now().theta, k, x, y)),
    move: (x, y) => offer(FAMILIES[now().family].move(now().theta, x - middle()[0], y - middle()[1])),
    set: (k, value) => {
      const theta = now().theta.with(k, value);
      offer(FAMILIES[now().family].isValid(theta) ? theta : null);
    },
    convert: (family) => put({ family, theta: tidy(convert(now().theta, now().family, family)) }),
  };
  return { now, put, act, refused: () => refused };
}

function makePresets(model, words, put) {
  const presets = model.get("presets");
  const choose = () => {
    const chosen = presets[names.value];
    if (chosen) put({ family: chosen.family, theta: chosen.theta, smoothing: 0 });
  };
  const own = h("option", { value: "", disabled: true }, words.own);
  const all = presets.map(({ name }, k) => h("option", { value: k }, name));
  const names = h("select", { "aria-label": words.preset, onchange: choose }, own, all);
  const isSame =
    ({ family, theta, smoothing }) =>
    (one) =>
      one.family === family && smoothing === 0 && one.theta.every((value, i) => Math.abs(value - theta[i]) < 1e-3);
  // Shows which preset it is; returns what is said of it.
  const draw = (now) => {
    const same = presets.findIndex(isSame(now));
    names.value = same < 0 ? "" : String(same);
    return same < 0 ? "" : presets[same].note;
  };
  return { node: h("label", { class: "stn-select" }, h("span", {}, words.preset), names), draw };
}

function makeControls(model, words, { now, put, act }) {
  const presets = makePresets(model, words, put);
  const family = choice({
    label: words.family,
    options: words.families,
    value: now().family,
    onchange: act.convert,
  });
  const smoothing = slider({
    label: words.smoothing,
    min: 0,
    max: MOST_SMOOTHING,
    step: 0.02,
    value: now().smoothing,
    show: (v) => format(v),
    concept: "theta",
    oninput: (value) => put({ smoothing: value }),
  });
  const identity = { family: "affine", theta: FAMILIES.affine.identity, smoothing: 0 };
  const reset = button(words.reset, () => put(identity));
  const node = controls();
  const arrange = (name) =>
    node.replaceChildren(presets.node, family.node, ...(name === "tps" ? [smoothing.node] : []), reset);
  const draw = (drawn) => {
    family.set(drawn.family);
    smoothing.set(drawn.smoothing);
    return presets.draw(drawn);
  };
  return { node, arrange, draw };
}

// The places of an image's pixels, row by row.
const pixelPlaces = (height, width) =>
  Array.from({ length: height * width }, (_, k) => [
    toNormalized(k % width, width, false),
    toNormalized(Math.floor(k / width), height, false),
  ]);

function render({ model, el }) {
  const words = model.get("words");
  const [height, width] = [model.get("height"), model.get("width")];
  const image = Float64Array.from(model.get("image"));
  const state = makeState(model, () => drawing.ask());
  const input = makeInput(words, height, width, state.now, state.act);
  const pulled = makeOutput(words.pulled, height, width, "lattice");
  const pushed = makeOutput(words.pushed, height, width, "frame");
  const typed = makeNumbers(words, state.act.set);
  const inputs = makeControls(model, words, state);
  const told = h("output", { class: "stn-told" });
  const stage = h("div", { class: "stn-stage" }, input.node, pulled.node, pushed.node, typed.node);
  mountRoot(el, "warp-image", frame(words, stage, told, inputs.node));

  const atPixels = makeMap(pixelPlaces(height, width));
  const atLattice = makeMap(LATTICE);
  const out = new Float32Array(height * width);
  let arranged = "";
  const arrange = (family) => {
    if (family === arranged) return;
    arranged = family;
    input.arrange(family);
    typed.arrange(family);
    inputs.arrange(family);
  };
  const draw = () => {
    const { family, theta, smoothing } = state.now();
    arrange(family);
    const sources = atPixels(family, theta, smoothing);
    const lattice = atLattice(family, theta, smoothing);
    input.canvas.draw(image);
    input.draw(lattice);
    pulled.fit(input.view());
    pushed.fit(input.view());
    pulled.canvas.draw(gridSample(image, [1, height, width], sources, { out }));
    const sent = push(image, height, width, sources);
    pushed.canvas.draw(sent);
    pushed.lines.setAttribute("d", outline(lattice));
    typed.draw(family, theta, describe(family, theta));
    const note = inputs.draw(state.now());
    const count = sent.reduce((sum, value) => sum + Number.isNaN(value), 0);
    const empty = interpolate(words.empty, { count, all: height * width });
    told.textContent = state.refused() ? words.refused : `${empty} ${note}`;
  };
  const recolour = () => [input, pulled, pushed].forEach(({ canvas }) => canvas.recolour());
  const drawing = drawOnChange(model, { traits: ["family", "theta", "smoothing"], draw, recolour });
  const offAddress = followAddress(el, "warp-image", ADDRESS, (values) => state.put(fromAddress(values)));
  return () => {
    for (const end of [offAddress, drawing.stop]) end();
  };
}

export default { render };
