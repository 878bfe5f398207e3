// The weighted sum and the two slopes, with the current numbers; each number lights with what it is of.
import { h } from "../shared/dom.js";
import { format } from "../shared/text.js";
import { LETTERS } from "./model.js";

const number = (term) => h("span", { "data-term": term });

// V: for each neighbour its weight times its value, below its letter.
function makeSum() {
  const terms = LETTERS.map((letter) => {
    const [weight, value] = [h("span", {}), h("span", {})];
    const product = h("span", { class: "stn-product" }, weight, " \u00b7 ", value);
    return { weight, value, node: h("span", { class: "stn-term", "data-term": letter }, h("i", {}, letter), product) };
  });
  const nodes = terms.flatMap(({ node }, k) => [h("span", { class: "stn-sign" }, k ? "+" : "="), node]);
  const result = h("output", { class: "stn-target" });
  const draw = ({ corners, value }) => {
    corners.forEach((corner, k) => {
      terms[k].weight.textContent = format(corner.weight);
      terms[k].value.textContent = corner.value;
    });
    result.textContent = `= ${format(value)}`;
    result.setAttribute("aria-label", `V ${result.textContent}`);
  };
  const name = h("b", { class: "stn-target" }, "V");
  return { node: h("p", { class: "stn-sum" }, name, h("span", { class: "stn-terms" }, nodes), result), draw };
}

// A slope: two differences of neighbours, each with the distance to the other two as its weight.
function makeSlope(words, axis, [first, second], distance) {
  const terms = [first, second].map(([to, from]) => {
    const parts = { weight: number(distance), to: number(LETTERS[to]), from: number(LETTERS[from]) };
    const product = h("span", {}, parts.weight, " \u00b7 (", parts.to, " \u2212 ", parts.from, ")");
    return { ...parts, to_: to, from_: from, node: h("span", { class: "stn-term" }, product) };
  });
  const sum = h(
    "span",
    { class: "stn-terms" },
    terms.flatMap(({ node }, k) => [h("span", { class: "stn-sign" }, k ? "+" : "="), node]),
  );
  const flat = h("span", { class: "stn-flat-slope" }, words.flat);
  const symbol = `\u2202V/\u2202${axis}`;
  const result = h("output", { class: "stn-gradient" });
  const name = h("b", { class: "stn-gradient" }, symbol);
  const node = h("p", { class: "stn-slope", "data-term": `slope-${axis}` }, name, sum, flat, result);
  const draw = ({ corners }, share, slope, mode) => {
    [1 - share, share].forEach((weight, k) => {
      terms[k].weight.textContent = format(weight);
      terms[k].to.textContent = corners[terms[k].to_].value;
      terms[k].from.textContent = corners[terms[k].from_].value;
    });
    sum.hidden = mode === "nearest";
    flat.hidden = mode !== "nearest";
    result.textContent = `= ${format(slope)}`;
    result.setAttribute("aria-label", `${symbol} ${result.textContent}`);
  };
  return { node, draw };
}

export function makeFormulas(words) {
  const [A, B, C, D] = [0, 1, 2, 3];
  const sum = makeSum();
  const alongX = makeSlope(words, "x", [[B, A], [D, C]], "beta"); // prettier-ignore
  const alongY = makeSlope(words, "y", [[C, A], [D, B]], "alpha"); // prettier-ignore
  const draw = (seen, mode) => {
    sum.draw(seen);
    alongX.draw(seen, seen.fy, seen.dx, mode);
    alongY.draw(seen, seen.fx, seen.dy, mode);
  };
  return { node: h("div", { class: "stn-formulas" }, sum.node, alongX.node, alongY.node), draw };
}
