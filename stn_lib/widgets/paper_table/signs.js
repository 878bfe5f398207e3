// Marks and short texts that the table, the open cell and the legend share.
import { s } from "../shared/dom.js";
import { format, interpolate } from "../shared/text.js";

const MARKS = {
  plain: ["path", {}],
  lowers: ["circle", { cx: 5, cy: 5, r: 4 }],
  raises: ["path", { d: "M5 1.4 9 8.6H1z" }],
  unclear: ["path", { d: "M5 1.2 8.8 5 5 8.8 1.2 5z" }],
  none: ["circle", { cx: 5, cy: 5, r: 3.6 }],
};

export const verdictMark = (kind) =>
  s("svg", { class: "stn-sign", viewBox: "0 0 10 10", "data-mark": kind, "aria-hidden": "true" }, s(...MARKS[kind]));

// A sentence in which some of the values are elements: texts and elements, in their order.
export const splice = (sentence, values, elements) =>
  interpolate(sentence, values)
    .split(/(\{\w+\})/)
    .map((part) => elements[part.slice(1, -1)] ?? part);

export const percent = (share) => `${(100 * share).toFixed(2)}%`;

export const countSeeds = (words, count) => interpolate(words.seeds[["none", "one"][count] ?? "many"], { count });

// One decimal, as the paper prints it; a dagger where it names no transform.
const printed = (words, value, shared) =>
  shared ? interpolate(words.dagger, { value: format(value, 1) }) : format(value, 1);
export const printedPaper = (words, cell) => printed(words, cell.paper, cell.shared);
export const printedPaperGap = (words, cell, transformer = cell) => printed(words, cell.paperGap, transformer.shared);

const stroke = (name, at) => s("line", { class: name, x1: percent(at), x2: percent(at), y1: 0, y2: "100%" });

// Our interval and our number in it, as places on a line; the paper's is an upright, and 0 another.
export function makeRange({ interval, ours, paper, zero = null }) {
  const shapes = [
    s("line", { class: "stn-ground", x1: 0, x2: "100%", y1: "50%", y2: "50%" }),
    zero === null ? [] : stroke("stn-zero", zero),
    paper === null ? [] : stroke("stn-upright", paper),
    interval
      ? s("rect", {
          class: "stn-band",
          x: percent(interval[0]),
          width: percent(interval[1] - interval[0]),
          y: "20%",
          height: "60%",
          rx: 2,
        })
      : [],
    ours === null ? [] : s("circle", { class: "stn-seed", cx: percent(ours), cy: "50%", r: 2.6 }),
  ];
  return s("svg", { class: "stn-range", "aria-hidden": "true" }, shapes.flat());
}
