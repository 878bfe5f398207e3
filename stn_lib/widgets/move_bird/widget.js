// MoveBird: the reader guesses where two windows look that were trained with classes alone; then moves a bird. The
// ST-CNN, which sees it through the windows, and a CNN, which sees it shrunk, both running in the page, classify it. A
// third view shows the windows during training.
import { followAddress, integer, number, numbers, oneOf } from "../shared/address_state.js";
import { button, choice, figure, slider } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { colourCanvas } from "../shared/image.js";
import { blur2d } from "../shared/layers.js";
import { keepLast } from "../shared/memo.js";
import { drawOnChange, endAll, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { makeNetwork } from "../shared/network.js";
import { makePages } from "../shared/pages.js";
import { hashNoise } from "../shared/random.js";
import { format, interpolate } from "../shared/text.js";
import { makeWork } from "../shared/work.js";
import { makeAnswers, makeHeld, makeSwatch } from "./answers.js";
import { addNoise, birdParts, drawBird, groundImage, holds, keepInside, marginals } from "./bird.js";
import { makeBoard } from "./board.js";
import { makeGuess } from "./guess.js";
import { makeTraining } from "./training.js";

/** @typedef {import("../shared/types").Model} Model */

const BIRD = ["x", "y", "size", "mirror", "head", "body", "setting"];
const SHOWN = ["ball", "ball_x", "ball_y", "covered"];
const SAMPLES = 64; // side of what each network sees

/** @type {(value: number, limits: number[]) => number} */
const clamp = (value, [low, high]) => Math.min(Math.max(value, low), high);

// The bird, which is put back into the image; and what its image shows besides.
function makeState(/** @type {Model} */ model) {
  const [facts, settings] = [model.get("facts"), model.get("settings")];
  const setting = () => settings[clamp(model.get("setting"), [0, settings.length - 1])];
  const bird = () => {
    const { x, y, size, mirror, head, body } = getTraits(model, BIRD);
    return keepInside(facts, setting(), { x, y, size: clamp(size, facts.sizes), mirror: mirror ? -1 : 1, head, body });
  };
  const ball = () => {
    const [x, y] = ["ball_x", "ball_y"].map((name) => clamp(model.get(name), [-facts.side / 2, facts.side / 2]));
    return { kind: model.get("ball"), x, y };
  };
  /** @param {Record<string, any>} values */
  const put = (values) => {
    setTraits(model, values);
    const { x, y, size } = bird();
    const { x: ball_x, y: ball_y } = ball();
    setTraits(model, { x, y, size, ball_x, ball_y });
  };
  const frame = () => clamp(model.get("frame"), [0, model.get("runs").steps.length - 1]);
  return { model, facts, setting, bird, ball, put, frame, parts: () => birdParts(facts, setting(), bird()) };
}

// The image, drawn again only if something in it has changed, and the images of the birds of the training view.
function makePainter(/** @type {any} */ { model, facts, setting, bird, ball }) {
  const noise = hashNoise(3 * facts.side ** 2, facts.noise);
  const ground = keepLast((of) => groundImage(facts, of));
  const paint = keepLast((of, x, y, size, mirror, head, body, kind, bx, by, covered) => {
    const other = (head + 2) % facts.waves.length; // the pattern of the ball
    const added = kind === "none" ? undefined : { x: bx, y: by, pattern: kind === "plain" ? null : other };
    const pose = { x, y, size, mirror, head, body };
    return addNoise(drawBird(facts, of, pose, ground(of), { ball: added, covered }), noise);
  });
  // Plain: without ball and cover.
  const image = (plain = false) => {
    const { x, y, size, mirror, head, body } = bird();
    const { kind, x: bx, y: by } = plain ? { kind: "none", x: 0, y: 0 } : ball();
    const at = kind === "none" ? [0, 0] : [bx, by];
    return paint(setting(), x, y, size, mirror, head, body, kind, at[0], at[1], !plain && model.get("covered"));
  };
  const heldOut = keepLast((birds) =>
    birds.map((/** @type {any} */ one) => addNoise(drawBird(facts, one, one, groundImage(facts, one)), noise)),
  );
  return { image, heldOut: () => heldOut(model.get("birds")) };
}

// The two networks. The windows are found at once; the answers follow some frames later.
function makeNetworks(/** @type {Model} */ model) {
  const [cnn, st] = ["cnn", "st_cnn"].map((name) =>
    makeNetwork(model.get(`${name}_layout`), model.get(`${name}_weights`)),
  );
  const look = keepLast((image) => {
    const rest = st.steps(image);
    for (;;) {
      const { value } = rest.next();
      if (value.windows) return { windows: value.windows, rest };
    }
  });
  const { taps, stride } = model.get("cnn_layout").ops[0];
  const { side } = model.get("facts");
  const shrunk = keepLast((image) => blur2d(image, [3, side, side], taps, stride)[0]);
  /**
   * @param {Float32Array} image
   * @returns {Generator<unknown, number[][], void>}
   */
  function* classify(image) {
    const [plain, found] = [cnn.steps(image), look(image).rest];
    const ours = yield* found;
    return [(yield* plain).probabilities, ours.probabilities];
  }
  return { look, shrunk, classify };
}

/** @type {(words: Record<string, any>, state: any) => any} */
function makeControls(words, { model, facts, bird, put }) {
  const last = words.patterns.length - 1;
  const swatches = [0, 1].map(() =>
    words.patterns.map((/** @type {string} */ _, /** @type {number} */ kind) => makeSwatch(words, facts, kind)),
  );
  const patterns = [words.headPattern, words.bodyPattern].map((label, k) =>
    choice({
      ...{ label, value: "" },
      options: swatches[k].map((/** @type {any} */ { canvas }, /** @type {number} */ kind) => [String(kind), canvas]),
      onchange: (key) => put({ [["head", "body"][k]]: Number(key) }),
    }),
  );
  const size = slider({
    ...{ label: words.size, min: facts.sizes[0], max: facts.sizes[1], step: 0.05, value: model.get("size") },
    show: (value) => interpolate(words.times, { value: format(value) }),
    oninput: (value) => put({ size: value }),
    concept: "source",
  });
  const ball = choice({
    ...{ label: words.ball, options: words.balls, value: "" },
    onchange: (key) => put({ ball: key }),
  });
  const toggles = [
    ["mirror", words.mirror],
    ["covered", words.cover],
  ].map(([trait, label]) => ({ trait, node: button(label, () => put({ [trait]: !model.get(trait) })) }));
  const random = button(words.random, () => {
    const draw = (/** @type {number} */ low, /** @type {number} */ high) => low + (high - low) * Math.random();
    const whole = (/** @type {number} */ most) => Math.floor(draw(0, most + 1));
    const place = { x: Math.round(draw(-90, 90)), y: Math.round(draw(-90, 90)), mirror: Math.random() < 0.5 };
    const size = Math.round(20 * draw(facts.sizes[0], facts.sizes[1])) / 20;
    const setting = (model.get("setting") + 1) % model.get("settings").length;
    put({ ...place, size, setting, head: whole(last), body: whole(last) });
  });
  const actions = h(
    "div",
    { class: "stn-actions" },
    toggles.map(({ node }) => node),
    random,
  );
  const node = h("div", { class: "stn-controls" }, patterns[0].node, patterns[1].node, ball.node, size.node, actions);
  const draw = () => {
    patterns.forEach((one, k) => one.set(String(model.get(["head", "body"][k]))));
    size.set(bird().size);
    ball.set(model.get("ball"));
    for (const { trait, node: toggle } of toggles) toggle.setAttribute("aria-pressed", String(model.get(trait)));
  };
  const recolour = () => swatches.flat().forEach((swatch) => swatch.recolour());
  return { node, draw, recolour };
}

// The second view: the image, what the networks see of it, and their answers.
/** @type {(words: Record<string, any>, state: any, painter: any, networks: any, ask: () => void) => any} */
function makeMoving(words, state, painter, networks, ask) {
  const { model, facts } = state;
  const board = makeBoard(words, facts, state);
  const sees = ["1", "2", "shrunk"].map((key, k) => {
    const { canvas, draw } = colourCanvas(SAMPLES, SAMPLES, words.seesLong[key]);
    const node = figure(words.sees[k], canvas);
    node.classList.add(`stn-sees-${key}`);
    return { node, draw };
  });
  const names = words.windows.map((/** @type {string} */ name) => interpolate(words.window, { name }));
  const held = makeHeld(words, names);
  const answers = [makeAnswers(words, facts, "st"), makeAnswers(words, facts, "cnn")];
  const controls = makeControls(words, state);
  const crops = h(
    "div",
    { class: "stn-crops" },
    sees.map(({ node }) => node),
  );
  const told = h("div", { class: "stn-answered" }, held.node, answers[0].node, answers[1].node);
  const view = h("div", { class: "stn-view" }, board.node, crops, told);
  const { cnn, st_cnn: st, n } = model.get("rates");
  const rates = { cnn: format(cnn, 1), st: format(st, 1), n: n.toLocaleString("en") };
  const node = h("div", {}, view, controls.node, h("p", { class: "stn-note" }, interpolate(words.rates, rates)));
  const work = makeWork();
  const draw = () => {
    const since = performance.now();
    const image = painter.image();
    const { windows } = networks.look(image);
    const thetas = windows.map((/** @type {any} */ { theta }) => theta);
    board.draw(image, thetas);
    windows.forEach((/** @type {any} */ { straightened }, /** @type {number} */ k) => sees[k].draw(straightened));
    sees[2].draw(networks.shrunk(image));
    const half = facts.side / 2;
    const share = (/** @type {number[]} */ theta) =>
      state.parts().map((/** @type {any} */ part) => holds(facts, [theta[2] * half, theta[5] * half], part));
    held.draw(thetas.map(share));
    controls.draw();
    const truth = [model.get("head"), model.get("body")];
    const { of, result } = work(image, () => judge(image, truth), since);
    answers[0].draw(result.st, result.truth);
    answers[1].draw(result.cnn, result.truth);
    told.setAttribute("aria-busy", String(of !== image));
    if (of !== image) ask();
  };
  /**
   * @param {Float32Array} image
   * @param {number[]} truth
   * @returns {Generator<unknown, any, void>}
   */
  function* judge(image, truth) {
    const [plain, ours] = (yield* networks.classify(image)).map((/** @type {number[]} */ all) =>
      marginals(all, words.patterns.length),
    );
    return { cnn: plain, st: ours, truth };
  }
  const recolour = () => [controls, ...answers].forEach((part) => part.recolour());
  return { node, draw, recolour };
}

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const words = model.get("words");
  const state = makeState(model);
  const { facts, put } = state;
  const ask = () => drawing.ask();
  const painter = makePainter(state);
  const networks = makeNetworks(model);
  const image = () => painter.image(true);
  const windows = () => networks.look(image()).windows.map((/** @type {any} */ { theta }) => theta);
  const guess = makeGuess(words, facts, { ...state, image, windows });
  const bird = makeMoving(words, state, painter, networks, ask);
  const training = makeTraining(words, facts, state, painter.heldOut, ask);
  const pages = makePages(words, { guess, bird, training }, put);
  mountRoot(el, "move-bird", frame({ ...words, try: pages.hint }, pages.nodes));

  const draw = () => pages.draw(model.get("view"));
  const traits = [...BIRD, ...SHOWN, "view", "guess", "shown", "start", "frame"];
  const drawing = drawOnChange(model, { traits, draw, recolour: pages.recolour });
  const [most, last] = [facts.side / 2, words.patterns.length - 1];
  const keys = (/** @type {string[][]} */ options) => oneOf(options.map(([key]) => key));
  const table = {
    ...{ view: keys(words.views), setting: integer(0, model.get("settings").length - 1) },
    ...{ x: number(-most, most), y: number(-most, most), size: number(facts.sizes[0], facts.sizes[1]) },
    ...{ mirror: oneOf([true, false]), head: integer(0, last), body: integer(0, last) },
    ...{ ball: keys(words.balls), ball_x: number(-most, most), ball_y: number(-most, most) },
    ...{ covered: oneOf([true, false]), guess: numbers(4, -most, most), shown: oneOf([true, false]) },
    ...{ start: keys(words.starts), frame: integer(0, training.last) },
  };
  // A link shows what it changes, whatever view is open.
  const follow = (/** @type {Record<string, any>} */ values) => {
    const view = ["start", "frame"].some((key) => key in values) ? "training" : "bird";
    if ("frame" in values) training.stop();
    put({ view: "guess" in values || "shown" in values ? "guess" : view, ...values });
  };
  const offAddress = followAddress(el, "move-bird", table, follow);
  return endAll(offAddress, drawing.stop, pages.stop);
}

export default { render };
