// WarpImage: drag the frame that theta samples, or type its numbers, and follow one point from V to its source in U.
// A push uses the same theta in the other direction.
import { followAddress, number, numbers, oneOf } from "../shared/address_state.js";
import { choice, controls, figure, slider } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { imageCanvas } from "../shared/image.js";
import { drawOnChange, endAll, mountRoot } from "../shared/mount.js";
import { gridSample, toNormalized } from "../shared/numerics.js";
import { format, interpolate } from "../shared/text.js";
import { FAMILIES, MOST } from "./families.js";
import { makeFormula } from "./formula.js";
import { LATTICE } from "./lattice.js";
import { makeLink } from "./link.js";
import { describe, makeMap, push } from "./model.js";
import { makeMoved, makeView } from "./moved.js";
import { makeAnalysis, makeMatrix } from "./numbers.js";
import { TRAITS, makeState } from "./state.js";
import { makeStill } from "./still.js";
import { LEAST_VIEW, makeWindow } from "./window.js";

const MOST_SMOOTHING = 2;

// What an address may set, and what its values make of the traits.
const ADDRESS = {
  family: oneOf(Object.keys(FAMILIES)),
  theta: (text) => text,
  smoothing: number(0, MOST_SMOOTHING),
  show: oneOf(["pull", "push"]),
  x: number(-1, 1),
  y: number(-1, 1),
};

function fromAddress({ family = "affine", theta: text = "", ...others }) {
  const { identity, isValid } = FAMILIES[family];
  const theta = numbers(identity.length, -MOST, MOST)(text);
  return theta && isValid(theta) ? { family, theta, ...others } : others;
}

// An image with what is drawn over it, and its caption.
function makePanel(concept, height, width, captions) {
  const image = imageCanvas(height, width, "");
  const plane = makeWindow(image.canvas, concept);
  const caption = h("span", {});
  const arrange = ({ show }, ...layers) => {
    caption.textContent = captions[show];
    for (const node of [image.canvas, plane.svg]) node.setAttribute("aria-label", captions[show]);
    plane.fill(...layers);
  };
  return { ...plane, node: figure(caption, plane.node), box: plane.node, image, arrange };
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
    return same < 0 ? words.notes[now.family] : presets[same].note;
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
  const show = choice({
    label: words.show,
    options: words.shows,
    value: now().show,
    onchange: (name) => put({ show: name }),
  });
  const node = controls(presets.node, family.node, show.node);
  const draw = (drawn) => {
    family.set(drawn.family);
    show.set(drawn.show);
    return presets.draw(drawn);
  };
  return { node, draw };
}

// The places of an image's pixels, row by row.
const pixelPlaces = (height, width) =>
  Array.from({ length: height * width }, (_, k) => [
    toNormalized(k % width, width, false),
    toNormalized(Math.floor(k / width), height, false),
  ]);

// U and V side by side, what is drawn over them, and the arrow between them.
function makePictures(model, words, state, ask) {
  const [height, width] = [model.get("height"), model.get("width")];
  const pixels = Float64Array.from(model.get("image"));
  const left = makePanel("source", height, width, words.input);
  const right = makePanel("target", height, width, words.output);
  const link = makeLink();
  const node = h("div", { class: "stn-pair" }, left.node, right.node, link.node);
  const view = makeView(node, LEAST_VIEW, ask);
  const moved = makeMoved(words, state.now, state.act, view);
  const still = makeStill(words, state.followed, state.act);
  const atPixels = makeMap(pixelPlaces(height, width));
  const atLattice = makeMap(LATTICE);
  const out = new Float32Array(height * width);
  const arrange = (now) => {
    moved.arrange(now);
    still.arrange(now);
    const layers = now.show === "pull" ? [moved, still] : [still, moved];
    left.arrange(now, layers[0].node);
    right.arrange(now, layers[1].node);
  };
  // Returns how many pixels of a push are empty.
  const draw = (now, point, found) => {
    const { family, theta, smoothing, show } = now;
    const sources = atPixels(family, theta, smoothing);
    const lattice = atLattice(family, theta, smoothing);
    const half = view.fit(lattice);
    const pixel = (200 * half) / (left.box.clientWidth || 300);
    for (const panel of [left, right]) panel.fit(half, pixel);
    left.image.draw(pixels);
    const shown =
      show === "pull" ? gridSample(pixels, [1, height, width], sources, { out }) : push(pixels, height, width, sources);
    right.image.draw(shown);
    moved.draw(now, lattice, found, pixel);
    still.draw(point, pixel);
    const [from, to] = show === "pull" ? [right, left] : [left, right];
    link.draw(from.place(point), to.place(found), (left.place([half, 0])[0] + right.place([-half, 0])[0]) / 2);
    return shown.reduce((sum, value) => sum + Number.isNaN(value), 0);
  };
  const recolour = () => [left, right].forEach(({ image }) => image.recolour());
  return { node, arrange, draw, recolour, all: height * width };
}

function render({ model, el }) {
  const words = model.get("words");
  const ask = () => drawing.ask();
  const state = makeState(model, words, ask);
  const pictures = makePictures(model, words, state, ask);
  const smoothing = slider({
    label: words.smoothing,
    min: 0,
    max: MOST_SMOOTHING,
    step: 0.02,
    value: state.now().smoothing,
    show: (v) => format(v),
    concept: "theta",
    oninput: (value) => state.put({ smoothing: value }),
  });
  const matrix = makeMatrix(words, state.act.set, smoothing.node);
  const formula = makeFormula(words);
  const analysis = makeAnalysis(words);
  const inputs = makeControls(model, words, state);
  const told = h("output", { class: "stn-told" });
  const view = h("div", { class: "stn-view" }, pictures.node, matrix.node);
  const asks = { ...words, try: words.try[state.now().family] };
  mountRoot(el, "warp-image", frame(asks, view, formula.node, told, inputs.node, analysis.node));

  let arranged = "";
  const arrange = (now) => {
    if (arranged === `${now.family} ${now.show}`) return;
    arranged = `${now.family} ${now.show}`;
    for (const part of [pictures, matrix, formula]) part.arrange(now);
  };
  const draw = () => {
    const now = state.now();
    arrange(now);
    const point = state.followed();
    const found = Array.from(FAMILIES[now.family].sources([point])(now.theta, now.smoothing));
    const count = pictures.draw(now, point, found);
    matrix.draw(now);
    if (smoothing.input.value !== String(now.smoothing)) smoothing.set(now.smoothing);
    formula.draw(now, point, found);
    analysis.draw(now, describe(now.family, now.theta));
    const note = inputs.draw(now);
    const empty = interpolate(words.empty, { count, all: pictures.all });
    told.textContent = state.said() || (now.show === "pull" ? note : empty);
  };
  const drawing = drawOnChange(model, { traits: TRAITS, draw, recolour: pictures.recolour });
  const sizes = new ResizeObserver(ask);
  sizes.observe(pictures.node);
  const offAddress = followAddress(el, "warp-image", ADDRESS, (values) => state.put(fromAddress(values)));
  return endAll(offAddress, drawing.stop, () => sizes.disconnect());
}

export default { render };
