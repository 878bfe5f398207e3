// A formula with the numbers of the moment: each number is below its symbol. A symbol with a name in `data-term`
// lights up with what it names (terms.js).
import { h } from "./dom.js";
import { format } from "./text.js";

/**
 * @typedef {object} Term
 * @property {string} symbol such as "x_s": what follows the low line is written below the line
 * @property {string} [concept] whose colour it has
 * @property {string} [term] its name in data-term
 */

/** @type {Record<string, string>} of a sign, the sign with a negative number behind it */
const OPPOSITE = { "+": "\u2212", "\u2212": "+" };

/** @type {Record<string, string>} of the sign before a term, the class that has room for the term's number */
const PLACES = { "\u00b7": "stn-factor", "+": "stn-summand", "\u2212": "stn-summand" };

/** @param {string} text */
function written(text) {
  const [whole, index] = text.split("_");
  const [base, ...before] = whole.split(" ").reverse(); // the "cos" of "cos α" is upright
  return [...before.map((word) => `${word} `), h("i", {}, base), ...(index ? [h("sub", {}, index)] : [])];
}

/**
 * @param {(string | Term)[]} parts terms, and the signs between them
 */
export function equation(parts) {
  const terms = /** @type {Term[]} */ (parts.filter((part) => typeof part !== "string"));
  const cells = parts.map((part, k) => {
    const sign = /[()/]/.test(String(part)) ? "stn-sign stn-bracket" : "stn-sign";
    if (typeof part === "string") return h("span", { class: sign }, h("span", {}, part), h("span", {}, part));
    const place = PLACES[String(parts[k - 1])] ?? "";
    const look = `stn-term ${place} ${part.concept ? `stn-${part.concept}` : ""}`;
    return h("span", { class: look, "data-term": part.term }, h("span", {}, written(part.symbol)), h("span", {}));
  });
  const node = h("div", { class: "stn-equation", role: "math" }, cells);
  const before = terms.map((term) => parts[parts.indexOf(term) - 1]);
  const spoken = parts.map((part) => (typeof part === "string" ? part : part.symbol.replace("_", " "))).join(" ");
  /** @param {number[]} values of the terms */
  const set = (values) => {
    const now = parts.map((part) => (typeof part === "string" ? part : ""));
    values.forEach((value, k) => {
      const at = parts.indexOf(terms[k]);
      const text = format(value);
      const negative = text.startsWith("\u2212");
      const sign = String(before[k]);
      now[at] = text;
      if (!negative) return;
      // To add a negative number is to subtract, and the reverse; in a product it is in brackets.
      if (sign in OPPOSITE) [now[at - 1], now[at]] = [OPPOSITE[sign], text.slice(1)];
      else if (sign === "\u00b7") now[at] = `(${text})`;
    });
    cells.forEach((cell, k) => {
      const below = /** @type {HTMLElement} */ (cell.lastElementChild);
      if (below.textContent !== now[k]) below.textContent = now[k];
    });
    node.setAttribute("aria-label", `${spoken}; ${now.join(" ")}`);
  };
  return { node, set };
}
