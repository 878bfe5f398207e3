// What a network answers: for head and for body, the probability of each pattern.
import { best } from "../shared/answers.js";
import { h, setText } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";
import { patternAt } from "./bird.js";

const SWATCH = 18; // pixels, three waves

/**
 * A small image of a pattern.
 * @param {Record<string, any>} words
 * @param {import("./bird.js").Facts} facts
 * @param {number} kind
 */
export function makeSwatch(words, facts, kind) {
  const { canvas, draw, recolour } = imageCanvas(SWATCH, SWATCH, words.patterns[kind]);
  canvas.classList.add("stn-swatch");
  const wave = (/** @type {number} */ at) => (6 * Math.PI * (at + 0.5)) / SWATCH + Math.PI;
  const values = Float32Array.from({ length: SWATCH * SWATCH }, (_, i) =>
    patternAt(facts, kind, wave(i % SWATCH), wave(Math.floor(i / SWATCH))),
  );
  const paint = () => {
    recolour();
    draw(values, -2 * facts.contrast, 2 * facts.contrast);
  };
  return { canvas, recolour: paint };
}

/** @type {(words: Record<string, any>, facts: import("./bird.js").Facts, kind: number) => any} */
function makeCell(words, facts, kind) {
  const swatch = makeSwatch(words, facts, kind);
  swatch.canvas.setAttribute("aria-hidden", "true");
  const [bar, percent, sign] = [h("i", {}), h("span", {}), h("b", {})];
  const name = h("span", { class: "stn-unseen" });
  const seen = h("div", { "aria-hidden": "true" }, swatch.canvas, sign, h("div", { class: "stn-share" }, bar), percent);
  /** @type {(share: number, state: string) => void} */
  const draw = (share, state) => {
    const text = format(100 * share, 0);
    node.dataset.state = state;
    bar.style.width = `${(100 * share).toFixed(1)}%`;
    setText(percent, interpolate(words.percent, { percent: text }));
    setText(sign, words.signs[state] ?? "");
    setText(name, interpolate(words.share, { pattern: words.patterns[kind], percent: text }));
  };
  const node = h("li", {}, name, seen);
  return { node, draw, recolour: swatch.recolour };
}

/**
 * @param {Record<string, any>} words
 * @param {import("./bird.js").Facts} facts
 * @param {"cnn" | "st"} network
 */
export function makeAnswers(words, facts, network) {
  const name = words.names[network];
  const verdict = h("output", {});
  const parts = words.parts.map((/** @type {string} */ part) => {
    const cells = words.patterns.map((/** @type {string} */ _, /** @type {number} */ kind) =>
      makeCell(words, facts, kind),
    );
    const list = h(
      "ol",
      { "aria-label": part },
      cells.map((/** @type {any} */ cell) => cell.node),
    );
    return { cells, nodes: [h("span", { class: "stn-part", "aria-hidden": "true" }, part), list] };
  });
  const head = h("p", {}, h("b", {}, name), verdict);
  const rows = h(
    "div",
    { class: "stn-parts" },
    parts.flatMap((/** @type {any} */ part) => part.nodes),
  );
  const node = h("section", { class: `stn-network stn-${network}`, "aria-label": name }, head, rows);
  /** @type {(shares: number[][], truth: number[]) => void} */
  const draw = (shares, truth) => {
    const found = shares.map(best);
    const states = found.map((kind, k) => (kind === truth[k] ? "right" : "wrong"));
    shares.forEach((part, k) => {
      parts[k].cells.forEach((/** @type {any} */ cell, /** @type {number} */ kind) =>
        cell.draw(part[kind], kind === found[k] ? states[k] : "other"),
      );
    });
    const wrong = words.parts.filter((/** @type {string} */ _, /** @type {number} */ k) => states[k] === "wrong");
    node.dataset.state = wrong.length ? "wrong" : "right";
    const text = [words.right, words.half, words.wrong][wrong.length];
    setText(verdict, interpolate(text, { part: wrong[0] }));
    const values = { name, head: words.patterns[found[0]], body: words.patterns[found[1]] };
    const [headState, bodyState] = states.map((state) => words.states[state]);
    verdict.setAttribute("aria-label", interpolate(words.said, { ...values, headState, bodyState }));
  };
  const recolour = () =>
    parts.forEach((/** @type {any} */ part) => part.cells.forEach((/** @type {any} */ cell) => cell.recolour()));
  return { node, draw, recolour };
}

/**
 * What windows hold, in words: a line for each.
 * @param {Record<string, any>} words
 * @param {string[]} names of the windows
 */
export function makeHeld(words, names) {
  const lines = names.map(() => h("span", {}));
  const node = h("output", { class: "stn-held" }, lines);
  /** @param {number[][] | null} shares of head and body in each; null for no text */
  const draw = (shares) =>
    lines.forEach((line, k) => {
      const [head, body] = (shares?.[k] ?? []).map((share) => format(100 * share, 0));
      const gap = k + 1 < names.length ? " " : ""; // a screen reader says all lines as one text
      setText(line, shares ? interpolate(words.held, { name: names[k], head, body }) + gap : "");
    });
  return { node, draw };
}
