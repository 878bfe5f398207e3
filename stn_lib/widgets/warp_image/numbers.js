// The numbers of theta, to be typed, and what they mean.
import { h } from "../shared/dom.js";
import { numberField } from "../shared/number_field.js";
import { format, interpolate } from "../shared/text.js";
import { FAMILIES, MOST, smallestW } from "./families.js";
import { TERMS } from "./formula.js";

// `put(k, value)` sets a number. `aside` is below the words of a family whose numbers are not typed.
export function makeMatrix(words, put, aside) {
  const makeEntry = (family) => (label, k) => {
    const symbol = words.symbols[family][k];
    // A letter names the number in the chapter's formula; a symbol with indices would only repeat the place.
    const letter = h("i", { "aria-hidden": "true" }, symbol.includes("_") ? "" : symbol);
    return numberField({ label, most: MOST, term: TERMS[k], put: (value) => put(k, value) }, letter);
  };
  const fields = new Map(
    Object.entries(words.entries).map(([family, labels]) => [family, labels.map(makeEntry(family))]),
  );
  const one = h("span", { class: "stn-one" }, "1");
  const matrix = h("div", { class: "stn-matrix" });
  const node = h("div", { class: "stn-numbers" }, h("span", { class: "stn-theta" }, words.theta), matrix);
  // The numbers of a family whose entries have no names are not typed.
  const arrange = ({ family }) => {
    const own = fields.get(family)?.map((field) => field.node) ?? [h("p", {}, words.thirty)];
    matrix.replaceChildren(...own, ...(FAMILIES[family].endsWithOne ? [one] : []));
    node.replaceChildren(node.firstChild, matrix, ...(fields.has(family) ? [] : [aside]));
  };
  const draw = ({ family, theta }) => fields.get(family)?.forEach((field, k) => field.draw(theta[k]));
  return { node, arrange, draw };
}

function makeParts(words) {
  const names = ["determinant", "rotation", "shear", "scale", "shift"];
  const rows = Object.fromEntries(names.map((name) => [name, h("dd", {})]));
  const lines = names.flatMap((name) => [h("dt", {}, words.parts[name]), rows[name]]);
  const draw = ({ determinant, parts, shift }) => {
    rows.determinant.textContent = interpolate(determinant < -1e-6 ? words.mirrored : words.area, {
      value: format(determinant),
      percent: format(100 * Math.abs(determinant), 0),
    });
    rows.rotation.textContent = parts ? `${format(parts.rotation, 1)}\u00b0` : words.flat;
    rows.shear.textContent = parts ? format(parts.shear) : words.flat;
    rows.scale.textContent = parts ? `${format(parts.scale[0])} \u00d7 ${format(parts.scale[1])}` : words.flat;
    rows.shift.textContent = `(${format(shift[0])}, ${format(shift[1])})`;
  };
  return { node: h("dl", {}, lines), draw };
}

function makeKeeps(words) {
  const names = ["lengths", "angles", "parallels", "lines"];
  const items = names.map((name) => h("li", {}, words.keeps[name]));
  const draw = (keeps) =>
    names.forEach((name, k) => {
      items[k].dataset.kept = String(keeps[name]);
      items[k].textContent = `${keeps[name] ? "\u2713" : "\u2717"} ${words.keeps[name]}`;
    });
  return { node: h("ul", { class: "stn-keeps" }, items), draw };
}

// What theta is made of and what it keeps, for those who ask.
export function makeAnalysis(words) {
  const parts = makeParts(words);
  const keeps = makeKeeps(words);
  const about = h("p", { class: "stn-about" });
  const kept = h("div", {}, h("p", { class: "stn-about" }, words.kept), keeps.node);
  const made = h("div", {}, about, parts.node);
  const node = h(
    "details",
    { class: "stn-analysis" },
    h("summary", {}, words.analysis),
    h("div", { class: "stn-halves" }, made, kept),
  );
  const draw = ({ family, theta }, found) => {
    parts.draw(found);
    keeps.draw(found.keeps);
    const notes = { tps: words.closest, projective: interpolate(words.horizon, { w: format(smallestW(theta)) }) };
    about.textContent = notes[family] ?? words.made;
    parts.node.style.display = family === "projective" ? "none" : "";
  };
  return { node, draw };
}
