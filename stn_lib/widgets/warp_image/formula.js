// The formula of a family with the numbers of the point that is followed: x_s = θ₁₁ x_t + θ₁₂ y_t + θ₁₃, and y_s. A
// push uses the same numbers from source to target.
import { h } from "../shared/dom.js";
import { equation } from "../shared/formula.js";
import { format, interpolate } from "../shared/text.js";
import { CONTROLS } from "./families.js";
import { tpsWeights } from "./splines.js";

export const TERMS = ["a", "b", "tx", "c", "d", "ty", "g", "h"]; // of theta's numbers, in data-term

function makeEquations(symbols, show, family) {
  const divided = family === "projective";
  const [from, to] = show === "pull" ? ["target", "source"] : ["source", "target"];
  const theta = (k) => ({ symbol: symbols[family][k], concept: "theta", term: TERMS[k] });
  const point = (axis) => ({ symbol: symbols[from][axis], concept: from, term: "still" });
  const moved = (axis) => ({ symbol: symbols[to][axis], concept: to, term: "moved" });
  const w = () => ({ symbol: symbols.w, term: "w" });
  const products = (k) => [theta(k), "\u00b7", point(0), "+", theta(k + 1), "\u00b7", point(1), "+"];
  const sum = (k) => [...products(k), theta(k + 2)];
  const rows = [0, 1].map((axis) =>
    equation([moved(axis), "=", ...(divided ? ["(", ...sum(3 * axis), ")", "/", w()] : sum(3 * axis))]),
  );
  const last = divided ? equation([w(), "=", ...products(6), "1"]) : null;
  const draw = (numbers, [x, y], [movedX, movedY]) => {
    const [a, b, tx, c, d, ty, g, k] = numbers;
    const below = divided ? [g * x + k * y + 1] : [];
    rows[0].set([movedX, a, x, b, y, tx, ...below]);
    rows[1].set([movedY, c, x, d, y, ty, ...below]);
    last?.set([...below, g, x, k, y]);
  };
  return { nodes: [...(last ? [last.node] : []), ...rows.map((row) => row.node)], draw };
}

// A spline: the weighted sum in words.
function makeSum(words, show) {
  const node = h("p", {});
  const draw = (point, moved, smoothing) => {
    const weights = Array.from(tpsWeights([point], CONTROLS, smoothing));
    const most = weights.indexOf(Math.max(...weights));
    const [x, y] = moved.map((value) => format(value));
    node.textContent = interpolate(words.sum[show], { x, y, point: most + 1, weight: format(weights[most]) });
  };
  return { nodes: [node], draw: (_, point, moved, smoothing) => draw(point, moved, smoothing) };
}

export function makeFormula(words) {
  const made = Object.fromEntries(
    ["pull", "push"].map((show) => [
      show,
      {
        affine: makeEquations(words.symbols, show, "affine"),
        projective: makeEquations(words.symbols, show, "projective"),
        tps: makeSum(words, show),
      },
    ]),
  );
  const node = h("div", { class: "stn-formula" });
  const arrange = ({ family, show }) => {
    node.dataset.family = family;
    node.replaceChildren(...made[show][family].nodes);
  };
  const draw = ({ family, show, theta, smoothing }, point, moved) =>
    made[show][family].draw(theta, point, moved, smoothing);
  return { node, arrange, draw };
}
