// The arithmetic, step by step, with the numbers of the traced pixel; the numbers of theta are fields.
import { arrowPath } from "../shared/arrow.js";
import { h, s } from "../shared/dom.js";
import { numberField } from "../shared/number_field.js";
import { MOST } from "./tracing.js";

const GLYPHS = {
  units: () => s("circle", { cx: 11, cy: 11, r: 6, class: "stn-from" }),
  theta: () => s("path", { d: arrowPath(1, 11, 20, 0, 9), class: "stn-arrow" }),
  pixel: () => s("circle", { cx: 11, cy: 11, r: 8, class: "stn-read" }),
  value: () => s("rect", { x: 3, y: 3, width: 16, height: 16, rx: 3, class: "stn-traced" }),
};
const TERMS = { units: "target", theta: "theta", pixel: "source", value: "pixel" };

// The fields of theta's six numbers.
function makeFields(words, put, redraw) {
  const fields = words.entries.map((label, k) => {
    const within = (value) => Math.abs(value) <= MOST && put(k, value);
    return numberField({ label, most: MOST, term: "theta", put: within, onblur: redraw });
  });
  const draw = (theta, entries) => fields.forEach((field, k) => field.draw(theta[k], entries[k]));
  return { nodes: fields.map(({ node }) => node), draw };
}

// A line that keeps its nodes as long as only its numbers change, so that what is lit stays lit.
function makeLine(fields) {
  const node = h("p", {});
  let shape = "";
  let texts = [];
  const piece = (part) => {
    if (part.phrase) return h("span", { class: "stn-phrase" }, part.phrase.map(piece));
    if (part.entry !== undefined) return fields[part.entry];
    const text = document.createTextNode(part.text ?? part);
    texts.push(text);
    if (typeof part === "string") return text;
    const below = part.below ? [h("sub", {}, part.below)] : [];
    return h("span", { class: `stn-${part.concept}`, "data-term": part.term }, text, below);
  };
  const textsOf = (part) => {
    if (part.phrase) return part.phrase.flatMap(textsOf);
    return part.entry === undefined ? [part.text ?? part] : [];
  };
  const withoutTexts = (key, value) => (key === "text" ? undefined : value);
  const draw = (parts) => {
    const wanted = JSON.stringify(parts, withoutTexts);
    if (wanted === shape) return parts.flatMap(textsOf).forEach((text, k) => (texts[k].data = text));
    const isLit = new Set([...node.querySelectorAll(".stn-lit")].map((one) => one.dataset.term));
    texts = [];
    node.replaceChildren(...parts.map(piece));
    for (const one of node.querySelectorAll("[data-term]")) {
      one.classList.toggle("stn-lit", isLit.has(one.dataset.term));
    }
    shape = wanted;
    return undefined;
  };
  return { node, draw };
}

export function makeSteps(words, put, redraw) {
  const fields = makeFields(words, put, redraw);
  // In this order whatever the table's is: a page keeps its widgets' state with sorted keys.
  const parts = Object.entries(GLYPHS).map(([key, glyph]) => {
    const lines = Array.from({ length: key === "value" ? 1 : 2 }, () => makeLine(fields.nodes));
    const mark = s("svg", { viewBox: "0 0 22 22", "aria-hidden": "true" }, glyph());
    const label = h("dt", { "data-term": TERMS[key] }, mark, words.steps[key]);
    const sums = h(
      "dd",
      { "data-step": key },
      h(
        "div",
        {},
        lines.map(({ node }) => node),
      ),
    );
    return { key, lines, nodes: [label, sums] };
  });
  const list = h(
    "dl",
    {},
    parts.flatMap(({ nodes }) => nodes),
  );
  const draw = (told, theta) => {
    for (const { key, lines } of parts) lines.forEach((line, k) => line.draw(told[key][k]));
    fields.draw(theta, told.entries);
  };
  return { node: h("div", { class: "stn-steps" }, list), draw };
}
