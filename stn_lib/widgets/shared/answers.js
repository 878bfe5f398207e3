// What a network answers about a digit, as ten bars and a verdict; and the digits themselves, from bytes.
import { h } from "./dom.js";
import { format, interpolate } from "./text.js";

/**
 * The class of the highest probability.
 * @param {number[]} probabilities
 */
export const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

/**
 * The ten bars and the verdict of one network.
 * @param {Record<string, any>} words
 * @param {string} name
 * @param {{right: string, wrong: string}} said what a screen reader says of an answer
 */
export function makeAnswers(words, name, said) {
  const columns = Array.from({ length: 10 }, (_, digit) => {
    const bar = h("i", {}),
      value = h("span", {}, String(digit));
    return { bar, node: h("li", {}, h("div", {}, bar), value) };
  });
  const verdict = h("output");
  const node = h(
    "section",
    { class: "stn-answers", "aria-label": name },
    h("p", {}, h("b", {}, name), verdict),
    h(
      "ol",
      { "aria-hidden": "true" },
      columns.map((column) => column.node),
    ),
  );
  /** @type {(probabilities: number[], truth: number) => void} */
  const draw = (probabilities, truth) => {
    const guess = best(probabilities);
    columns.forEach(({ bar, node: column }, digit) => {
      bar.style.height = `${Math.max(100 * probabilities[digit], 1.5)}%`;
      column.dataset.state = digit === guess ? (guess === truth ? "right" : "wrong") : "other";
      column.dataset.truth = String(digit === truth);
    });
    node.dataset.right = String(guess === truth);
    const values = { name, digit: guess, percent: format(100 * probabilities[guess], 0) };
    verdict.textContent = interpolate(guess === truth ? words.right : words.wrong, values);
    verdict.setAttribute("aria-label", interpolate(guess === truth ? said.right : said.wrong, values));
  };
  return { node, draw };
}

/**
 * Digits of bytes, as values from 0 to 1.
 * @param {DataView} view
 * @param {number} count
 * @param {number} size
 */
export function readDigits(view, count, size) {
  const length = size * size;
  return Array.from({ length: count }, (_, k) =>
    Float32Array.from({ length }, (_, i) => view.getUint8(k * length + i) / 255),
  );
}
