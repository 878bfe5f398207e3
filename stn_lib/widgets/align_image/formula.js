// One step of the descent for the two shifts, with the numbers of the shown step.
import { h } from "../shared/dom.js";
import { format } from "../shared/text.js";

const AXES = [
  ["x", 2],
  ["y", 5],
];

// The cells of one row: what is before a term, the term's key, and how many places its number has.
const TERMS = [
  ["", "next", 3],
  ["=", "now", 3],
  ["\u2212", "rate", 2],
  ["\u00b7", "direction", 2],
  ["", "slope", 3],
];
const LIGHTS = { next: "step", now: "theta", rate: "rate", direction: "gradient", slope: "gradient" };

const signed = (value, places) => {
  const text = format(value, places);
  return text.startsWith("\u2212") ? `(${text})` : text;
};

export function makeFormula(words) {
  const head = TERMS.flatMap(([sign, key]) => [
    h("span", { class: "stn-sign" }, sign && "\u00a0"),
    h("span", { class: `stn-term-name stn-${key}`, "data-term": LIGHTS[key] }, words.terms[key]),
  ]);
  const rows = AXES.map(([axis, at]) => {
    const cells = Object.fromEntries(
      TERMS.map(([, key]) => [key, h("b", { class: `stn-${key}`, "data-term": LIGHTS[key] })]),
    );
    const nodes = TERMS.flatMap(([sign, key]) => [h("span", { class: "stn-sign" }, sign), cells[key]]);
    const name = h("span", { class: "stn-axis-name" }, "t", h("sub", {}, axis));
    return { at, cells, nodes: [name, ...nodes] };
  });
  const table = h(
    "div",
    { class: "stn-sum", role: "group", "aria-label": words.formula },
    h("span", { class: "stn-axis-name" }),
    head,
    rows.flatMap(({ nodes }) => nodes),
  );
  const node = h("div", { class: "stn-formula" }, h("p", { class: "stn-head" }, words.formula), table);
  const draw = ({ theta, gradient, direction, rate }) => {
    for (const { at, cells } of rows) {
      cells.now.textContent = format(theta[at], 3);
      cells.rate.textContent = format(rate, 2);
      cells.direction.textContent = signed(direction[at], 2);
      cells.slope.textContent = format(gradient[at], 3);
      cells.next.textContent = format(theta[at] - rate * direction[at], 3);
    }
  };
  return { node, draw };
}
