// The third view: the two windows on held-out birds during training.
import { choice } from "../shared/controls.js";
import { h, setText } from "../shared/dom.js";
import { keepLast } from "../shared/memo.js";
import { makeTime } from "../shared/player.js";
import { interpolate } from "../shared/text.js";
import { makePicture } from "./picture.js";

/**
 * Between two recorded moments the windows move evenly, so that the eye can follow them.
 * @param {number[][][][]} centres of each moment, bird and window
 * @param {number} side half of a window's sides
 * @param {number} frame
 * @param {number} part of the way to the next
 * @param {number} k the bird
 */
export function thetasAt(centres, side, frame, part, k) {
  const next = centres[Math.min(frame + 1, centres.length - 1)][k];
  return centres[frame][k].map(([x, y], window) => {
    const [toX, toY] = next[window];
    return [side, 0, x + part * (toX - x), 0, side, y + part * (toY - y)];
  });
}

/** @type {(words: Record<string, any>, side: number, number: number, count: number) => any} */
function makeCard(words, side, number, count) {
  const picture = makePicture(words, side, interpolate(words.card, { number, count }));
  const verdict = h("b", {});
  const node = h("li", {}, picture.node, h("p", {}, verdict));
  /** @type {(thetas: number[][], right: boolean) => void} */
  const draw = (thetas, right) => {
    picture.look(thetas);
    node.dataset.state = right ? "right" : "wrong";
    setText(verdict, words.classified[node.dataset.state]);
  };
  return { node, draw, paint: picture.draw };
}

/**
 * @param {Record<string, any>} words
 * @param {import("./bird.js").Facts} facts
 * @param {any} state
 * @param {() => Float32Array[]} images of the birds
 * @param {() => void} ask for a drawing
 */
export function makeTraining(words, facts, { model, frame, put }, images, ask) {
  const runs = model.get("runs");
  const truths = model.get("birds").map((/** @type {any} */ { head, body }) => head * words.patterns.length + body);
  const last = runs.steps.length - 1;
  const cards = truths.map((/** @type {number} */ _, /** @type {number} */ k) =>
    makeCard(words, facts.side, k + 1, truths.length),
  );
  const paint = keepLast((/** @type {Float32Array[]} */ all) => all.forEach((image, k) => cards[k].paint(image)));
  const time = makeTime(words, { steps: runs.steps, last }, frame, put, ask);
  const start = choice({
    ...{ label: words.start, options: words.starts, value: model.get("start") },
    onchange: (key) => put({ start: key }),
  });
  start.node.classList.add("stn-starts");
  const scored = h("output", { class: "stn-told" });
  const list = h(
    "ol",
    { class: "stn-runs", "aria-label": words.training },
    cards.map((/** @type {any} */ card) => card.node),
  );
  const shown = h("div", { class: "stn-view" }, scored, list);
  const bar = h(
    "div",
    { class: "stn-controls" },
    time.node,
    h("div", { class: "stn-actions" }, time.buttons),
    start.node,
  );
  const node = h("div", {}, shown, bar, h("p", { class: "stn-note" }, words.borders));
  const draw = () => {
    paint(images());
    const run = runs[model.get("start")];
    const now = frame();
    const right = truths.map((/** @type {number} */ truth, /** @type {number} */ k) => run.answers[now][k] === truth);
    cards.forEach((/** @type {any} */ card, /** @type {number} */ k) =>
      card.draw(thetasAt(run.centres, facts.window, now, time.rest(), k), right[k]),
    );
    const values = { step: runs.steps[now], steps: runs.steps[last], right: right.filter(Boolean).length };
    setText(scored, interpolate(words.scored, { ...values, count: truths.length }));
    time.set(now);
    start.set(model.get("start"));
  };
  return { node, draw, recolour: () => {}, stop: time.stop, last };
}
