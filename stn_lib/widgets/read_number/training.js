// The second view: the window of the ST-CNN during training, on held-out numbers.
import { h, s, setText } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { makeTime } from "../shared/player.js";
import { interpolate } from "../shared/text.js";
import { makeWindow } from "../shared/window.js";

/**
 * @typedef {object} Run
 * @property {string[]} truths
 * @property {number[]} steps
 * @property {number[][][]} windows of each frame and image: half the sides (x, y), and the centre, normalised
 * @property {string[][]} answers
 * @property {number} narrowing the step from which on the window has its size
 * @property {number} levels of grey
 * @property {number} side of the images in pixels
 */

/**
 * Images of two pixels a byte.
 * @param {DataView} view
 * @param {Run} run
 */
export function readImages(view, { truths, levels, side }) {
  const length = side * side;
  return truths.map((_, k) =>
    Float32Array.from({ length }, (_, i) => {
      const both = view.getUint8((k * length + i) >> 1);
      return (i % 2 ? both & 15 : both >> 4) / (levels - 1);
    }),
  );
}

/**
 * Between two recorded moments the window moves evenly, so that the eye can follow it.
 * @param {Run} run
 * @param {number} frame
 * @param {number} part of the way to the next
 * @param {number} k the image
 */
export function thetaAt({ windows }, frame, part, k) {
  const [from, to] = [windows[frame][k], windows[Math.min(frame + 1, windows.length - 1)][k]];
  const [across, down, x, y] = from.map((value, i) => value + part * (to[i] - value));
  return [across, 0, x, 0, down, y];
}

/** @type {(words: Record<string, any>, run: Run, image: Float32Array, k: number) => any} */
function makeCard(words, run, image, k) {
  const { side } = run;
  const canvas = imageCanvas(side, side, interpolate(words.card, { truth: run.truths[k] }));
  const seen = makeWindow();
  const svg = s("svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" }, seen.parts);
  const answer = h("b", {});
  const truth = h("span", {}, interpolate(words.truth, { truth: run.truths[k] }));
  const over = h("div", { class: "stn-over" }, canvas.canvas, svg);
  const node = h("li", {}, over, h("p", {}, truth, answer));
  /** @type {(frame: number, part: number) => void} */
  const draw = (frame, part) => {
    seen.draw(thetaAt(run, frame, part, k), side);
    const state = run.answers[frame][k] === run.truths[k] ? "right" : "wrong";
    node.dataset.state = state;
    setText(
      answer,
      interpolate(state === "right" ? words.right : words.wrong, { answer: run.answers[frame][k] || words.none }),
    );
  };
  const recolour = () => {
    canvas.recolour();
    canvas.draw(image);
  };
  return { node, draw, recolour };
}

/**
 * @param {Record<string, any>} words
 * @param {Run} run
 * @param {DataView} view the images
 * @param {() => number} frame
 * @param {(values: {frame: number}) => void} put
 * @param {() => void} ask for a drawing
 */
export function makeTraining(words, run, view, frame, put, ask) {
  const last = run.steps.length - 1;
  const cards = readImages(view, run).map((image, k) => makeCard(words, run, image, k));
  const time = makeTime(words, { steps: run.steps, last }, frame, put, ask);
  const scored = h("output", { class: "stn-told" });
  const list = h(
    "ol",
    { class: "stn-runs", "aria-label": words.training },
    cards.map((card) => card.node),
  );
  const shown = h("div", { class: "stn-view" }, scored, list);
  const bar = h("div", { class: "stn-controls" }, time.node, h("div", { class: "stn-actions" }, time.buttons));
  const node = h("div", {}, shown, bar, h("p", { class: "stn-note" }, interpolate(words.narrow, run)));
  const draw = () => {
    for (const card of cards) card.draw(frame(), time.rest());
    const right = run.truths.filter((truth, k) => truth === run.answers[frame()][k]).length;
    const values = { step: run.steps[frame()], steps: run.steps[last], right, count: run.truths.length };
    setText(scored, interpolate(words.scored, values));
    time.set(frame());
  };
  const recolour = () => cards.forEach((card) => card.recolour());
  return { node, draw, recolour, stop: time.stop, last };
}
