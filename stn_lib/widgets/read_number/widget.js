// ReadNumber: the reader types a house number, moves, scales and rotates it on a wall; a CNN that sees the shrunk
// canvas and an ST-CNN that sees a window at full size, both running in the page, answer at once. A second view shows
// the window during training.
import { followAddress, integer, number, oneOf } from "../shared/address_state.js";
import { readDigits } from "../shared/answers.js";
import { button, nextId, slider } from "../shared/controls.js";
import { h, setText } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { pool2d } from "../shared/layers.js";
import { keepLast } from "../shared/memo.js";
import { drawOnChange, endAll, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { makeNetwork } from "../shared/network.js";
import { makePages } from "../shared/pages.js";
import { format, interpolate } from "../shared/text.js";
import { LIMITS, makeBoard } from "./board.js";
import { makeColumns } from "./columns.js";
import { drawNumber, noiseImage, room, rowImage, wallImage } from "./scene.js";
import { makeTraining } from "./training.js";

/** @typedef {import("../shared/types").Model} Model */
/** @typedef {import("./scene.js").Place} Place */

const PLACE = ["x", "y", "height", "angle"];
const SHRINK = 2; // of the CNN's canvas
const NUMBER = /^[0-9]{1,5}$/;
const RANDOM_ANGLE = 8;

/** @type {(value: number, limits: number[]) => number} */
const clamp = (value, [low, high]) => Math.min(Math.max(value, low), high);

// The number and its place; every place that is set is put back onto the canvas.
function makeState(/** @type {Model} */ model) {
  const scene = model.get("scene");
  const place = () => {
    const { x, y, height, angle } = getTraits(model, PLACE);
    const pose = { height: clamp(height, LIMITS.height), angle: clamp(angle, LIMITS.angle) };
    const [across, down] = room(scene, model.get("number").length, pose);
    return { x: clamp(x, [-across, across]), y: clamp(y, [-down, down]), ...pose };
  };
  const last = model.get("run").steps.length - 1;
  /** @param {Record<string, any>} values */
  const put = (values) => {
    setTraits(model, values);
    setTraits(model, place());
  };
  const state = () => ({ length: model.get("number").length, place: place() });
  return { model, scene, put, place, state, frame: () => clamp(model.get("frame"), [0, last]) };
}

// The canvas as an image, drawn again only if something on it has changed.
function makePainter(/** @type {Model} */ model) {
  const scene = model.get("scene");
  const glyphs = readDigits(model.get("glyphs"), 10, scene.side);
  const noise = noiseImage(scene);
  const wall = keepLast((at) => wallImage(scene, model.get("walls")[at]));
  const row = keepLast((text) => rowImage(scene, glyphs, Array.from(text, Number)));
  return keepLast((text, at, x, y, height, angle) =>
    drawNumber(scene, row(text), text.length, { x, y, height, angle }, wall(at), noise),
  );
}

// The field for the number, and what is said of a text that is none.
function makeField(/** @type {Record<string, any>} */ words, /** @type {any} */ { model, put }) {
  const id = nextId();
  const told = h("output", { class: "stn-expected" });
  const set = (/** @type {string} */ text) => {
    const valid = NUMBER.test(text);
    input.setAttribute("aria-invalid", String(!valid));
    if (valid) put({ number: text });
    setText(told, valid ? "" : interpolate(words.expected, { number: model.get("number") }));
  };
  const input = h("input", {
    ...{ id, type: "text", inputmode: "numeric", autocomplete: "off", spellcheck: "false", size: 6 },
    oninput: () => set(input.value.trim()),
    onblur: () => {
      input.value = model.get("number");
      set(input.value);
    },
  });
  const node = h("div", { class: "stn-field" }, h("label", { for: id }, words.number), input);
  const draw = () => {
    if (document.activeElement === input && !NUMBER.test(input.value.trim())) return;
    if (input.value.trim() !== model.get("number")) input.value = model.get("number");
    setText(told, "");
    input.setAttribute("aria-invalid", "false");
  };
  return { node, told, draw };
}

function makeControls(/** @type {Record<string, any>} */ words, /** @type {any} */ state) {
  const { model, scene, put } = state;
  /** @type {(name: "height" | "angle", text: string, step: number, places: number) => any} */
  const control = (name, text, step, places) =>
    slider({
      ...{ label: words[name], min: LIMITS[name][0], max: LIMITS[name][1], step, value: model.get(name) },
      show: (value) => interpolate(text, { value: format(value, places) }),
      oninput: (value) => put({ [name]: value }),
      concept: "source",
    });
  const random = button(words.random, () => {
    const draw = (/** @type {number} */ low, /** @type {number} */ high) => low + (high - low) * Math.random();
    const length = Math.floor(draw(1, scene.longest + 1));
    const text = Array.from({ length }, () => Math.floor(draw(0, 10))).join("");
    const pose = {
      height: Math.round(2 * draw(scene.heights[0], scene.heights[1])) / 2,
      angle: Math.round(draw(-RANDOM_ANGLE, RANDOM_ANGLE)),
    };
    const [across, down] = room(scene, length, pose);
    put({ number: text, ...pose, x: Math.round(draw(-across, across)), y: Math.round(draw(-down, down)) });
  });
  const wall = button(words.wall, () => put({ wall: (model.get("wall") + 1) % model.get("walls").length }));
  return {
    field: makeField(words, state),
    height: control("height", words.pixels, 0.5, 1),
    angle: control("angle", words.degrees, 1, 0),
    buttons: h("div", { class: "stn-actions" }, random, wall),
  };
}

// The first view: the canvas, what both networks see, and their answers.
function makeReading(/** @type {Record<string, any>} */ words, /** @type {any} */ state) {
  const { model, scene, put } = state;
  const [cnn, st] = ["cnn", "st_cnn"].map((name) =>
    makeNetwork(model.get(`${name}_layout`), model.get(`${name}_weights`)),
  );
  const answer = keepLast((image) => [cnn(image), st(image)]);
  const board = makeBoard(words, scene, state.state, put);
  const half = scene.size / SHRINK;
  const readers = [makeColumns(words, "cnn", scene, [half, half]), makeColumns(words, "st", scene, scene.crop)];
  const inputs = makeControls(words, state);
  const { cnn: cnnError, st_cnn: stError, n, weights } = model.get("facts");
  const whole = (/** @type {number} */ value) => value.toLocaleString("en");
  const facts = { cnn: format(cnnError, 1), st: format(stError, 1), n: whole(n), weights: whole(weights) };
  const view = h(
    "div",
    { class: "stn-view" },
    board.node,
    readers.map((reader) => reader.node),
  );
  const { field, height, angle, buttons } = inputs;
  const bar = h("div", { class: "stn-controls" }, field.node, height.node, angle.node, buttons);
  const rates = h("p", { class: "stn-note" }, interpolate(words.rates, facts));
  const note = h("div", { class: "stn-notes" }, rates, field.told);
  const node = h("div", {}, view, bar, note);
  const paint = makePainter(model);
  const draw = () => {
    const { x, y, height: high, angle: by } = state.place();
    const text = model.get("number");
    const image = paint(text, clamp(model.get("wall"), [0, model.get("walls").length - 1]), x, y, high, by);
    const [plain, found] = answer(image);
    const truth = Array.from({ length: scene.longest }, (_, k) => (k < text.length ? Number(text[k]) : scene.none));
    board.draw(image, found.theta);
    readers[0].draw(pool2d(image, [1, scene.size, scene.size], SHRINK, "mean")[0], plain.probabilities, truth);
    readers[1].draw(found.straightened, found.probabilities, truth);
    field.draw();
    height.set(high);
    angle.set(by);
  };
  const recolour = () => [board, ...readers].forEach((part) => part.recolour());
  return { node, draw, recolour };
}

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const words = model.get("words");
  const state = makeState(model);
  const ask = () => drawing.ask();
  /** @param {Record<string, any>} values */
  const show = (values) => setTraits(model, values);
  const training = makeTraining(words, model.get("run"), model.get("images"), state.frame, show, ask);
  const reading = makeReading(words, state);
  const pages = makePages(words, { answers: reading, training }, show);
  mountRoot(el, "read-number", frame({ ...words, try: pages.hint }, pages.nodes));

  const draw = () => pages.draw(model.get("view"));
  const drawing = drawOnChange(model, {
    traits: [...PLACE, "number", "wall", "view", "frame"],
    draw,
    recolour: pages.recolour,
  });
  const most = model.get("scene").size / 2;
  const table = {
    number: (/** @type {string} */ text) => (NUMBER.test(text) ? text : undefined),
    ...{ x: number(-most, most), y: number(-most, most) },
    ...{ height: number(LIMITS.height[0], LIMITS.height[1]), angle: number(LIMITS.angle[0], LIMITS.angle[1]) },
    wall: integer(0, model.get("walls").length - 1),
    view: oneOf(words.views.map((/** @type {string[]} */ [key]) => key)),
    frame: integer(0, training.last),
  };
  // A link to a number shows it, whatever view is open.
  const follow = (/** @type {Record<string, any>} */ values) => {
    if ("frame" in values) training.stop();
    state.put({ view: "frame" in values ? "training" : "answers", ...values });
  };
  const offAddress = followAddress(el, "read-number", table, follow);
  return endAll(offAddress, drawing.stop, pages.stop);
}

export default { render };
