// TracePixel: point at a pixel of the output, see its source point, and the arithmetic with its numbers.
import { followAddress, integer, numbers, oneOf } from "../shared/address_state.js";
import { arrowPath } from "../shared/arrow.js";
import { button, choice, controls, slider } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { makeInput } from "./input.js";
import { makeOutput } from "./output.js";
import { MOST, arithmetic, readAll, traceOne } from "./tracing.js";

const TRAITS = ["theta", "out_size", "row", "column", "grid_corners", "sampler_corners"];
const MOST_SIDE = 8; // of the output, in pixels

function makeLegend(words) {
  const glyphs = {
    target: s("circle", { cx: 11, cy: 11, r: 5.5, class: "stn-from" }),
    theta: s("path", { d: arrowPath(1, 11, 20, 0, 9), class: "stn-arrow" }),
    source: s("circle", { cx: 11, cy: 11, r: 8.5, class: "stn-read" }),
    grid: s("g", {}, s("path", { d: "M1 11H21", class: "stn-lines" }), s("path", { d: "M11 11h0", class: "stn-dots" })),
  };
  return h(
    "ul",
    { class: "stn-legend" },
    Object.entries(glyphs).map(([key, glyph]) =>
      h("li", {}, s("svg", { viewBox: "0 0 22 22", "aria-hidden": "true" }, glyph), words.legend[key]),
    ),
  );
}

function makeSteps(words) {
  // In this order whatever the table's is: a page keeps its widgets' state with sorted keys.
  const parts = ["units", "theta", "pixel", "value"].map((key) => ({
    key,
    label: h("dt", {}, words.steps[key]),
    sums: h("dd", { "data-step": key }),
  }));
  const headline = h("p", { class: "stn-headline" });
  const piece = (text) => {
    if (typeof text === "string") return text;
    const [concept, value, below] = text;
    return h("span", { class: `stn-${concept}` }, value, below ? [h("sub", {}, below)] : []);
  };
  const together = (phrases) =>
    phrases.flatMap((phrase) => [h("span", { class: "stn-phrase" }, phrase.map(piece)), " "]);
  const isAside = (phrase) => phrase[0][0] === "aside";
  const sum = (phrases) =>
    h(
      "p",
      {},
      h("span", { class: "stn-formula" }, together(phrases.filter((phrase) => !isAside(phrase)))),
      together(phrases.filter(isAside)),
    );
  const draw = (lines, told) => {
    headline.textContent = told;
    for (const { key, sums } of parts) sums.replaceChildren(...lines[key].map(sum));
  };
  return {
    node: h(
      "div",
      { class: "stn-steps" },
      headline,
      h(
        "dl",
        {},
        parts.flatMap(({ label, sums }) => [label, sums]),
      ),
    ),
    draw,
  };
}

function makeTheta(words, put, redraw) {
  const inputs = words.entries.map((label, k) =>
    h("input", {
      type: "number",
      step: 0.05,
      min: -MOST,
      max: MOST,
      "aria-label": label,
      onblur: redraw,
      oninput: ({ target: { value } }) => {
        if (value !== "" && Math.abs(Number(value)) <= MOST) put(k, Number(value));
      },
    }),
  );
  const draw = (theta) =>
    theta.forEach((value, k) => {
      const shown = Number(value.toFixed(3));
      if (inputs[k].value === "" || Math.abs(Number(inputs[k].value) - shown) > 6e-4) inputs[k].value = shown;
    });
  return {
    node: h(
      "div",
      { class: "stn-numbers" },
      h("p", { class: "stn-head" }, words.theta),
      h("div", { class: "stn-matrix" }, inputs),
    ),
    draw,
  };
}

// What an address may set.
const ADDRESS = {
  theta: numbers(6, -MOST, MOST),
  height: integer(1, MOST_SIDE),
  width: integer(1, MOST_SIDE),
  row: integer(0, MOST_SIDE - 1),
  column: integer(0, MOST_SIDE - 1),
  grid: oneOf([true, false]),
  sampler: oneOf([true, false]),
};

// What its values make of the traits; a row or a column outside the output is that of its last pixel.
function fromAddress({ height, width, row, column, grid, sampler, theta }, [rows, columns]) {
  const size = [height ?? rows, width ?? columns];
  const asked = {
    theta,
    out_size: size,
    row: row === undefined ? undefined : Math.min(row, size[0] - 1),
    column: column === undefined ? undefined : Math.min(column, size[1] - 1),
    grid_corners: grid,
    sampler_corners: sampler,
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

// The state that is drawn. `hovered` is the pixel that the mouse shows without keeping it.
function makeState(model) {
  const image = Float64Array.from(model.get("image"));
  const size = [model.get("height"), model.get("width")];
  const put = (values) => setTraits(model, values);
  const now = () => ({
    image,
    size,
    span: model.get("span"),
    theta: model.get("theta"),
    outSize: model.get("out_size"),
    gridCorners: model.get("grid_corners"),
    samplerCorners: model.get("sampler_corners"),
  });
  const kept = () => {
    const [rows, columns] = model.get("out_size");
    return Math.min(model.get("row"), rows - 1) * columns + Math.min(model.get("column"), columns - 1);
  };
  let hovered = null;
  const shown = () => {
    const [rows, columns] = model.get("out_size");
    if (hovered >= rows * columns) hovered = null;
    return hovered ?? kept();
  };
  const keep = (index) => {
    const columns = model.get("out_size")[1];
    hovered = null;
    put({ row: Math.floor(index / columns), column: index % columns });
  };
  const hover = (index) => {
    const changed = index !== hovered;
    hovered = index;
    return changed;
  };
  return { now, size, put, shown, keep, hover };
}

function makeExamples(model, words, size, put) {
  const examples = model.get("examples");
  const choose = () => {
    const { theta, grid, sampler } = examples[names.value];
    put({ theta, grid_corners: grid, sampler_corners: sampler, out_size: size });
  };
  const own = h("option", { value: "", disabled: true }, words.own);
  const all = examples.map(({ name }, k) => h("option", { value: k }, name));
  const names = h("select", { onchange: choose }, own, all);
  const note = h("p", {});
  const isSame =
    ({ theta, gridCorners, samplerCorners }) =>
    (one) =>
      one.grid === gridCorners &&
      one.sampler === samplerCorners &&
      one.theta.every((value, i) => Math.abs(value - theta[i]) < 1e-6);
  const draw = (now) => {
    const same = examples.findIndex(isSame(now));
    names.value = same < 0 ? "" : String(same);
    note.textContent = same < 0 ? "" : examples[same].note;
  };
  return { node: h("label", { class: "stn-select" }, h("span", {}, words.example), names), note, draw };
}

function makeSettings(model, words, state, redraw) {
  const { now, put } = state;
  const setTheta = (k, value) => put({ theta: now().theta.map((old, i) => (i === k ? value : old)) });
  const theta = makeTheta(words, setTheta, redraw);
  const corners = [
    ["false", words.corners.edges],
    ["true", words.corners.centres],
  ];
  const convention = (label, trait) =>
    choice({
      label,
      options: corners,
      value: String(model.get(trait)),
      onchange: (key) => put({ [trait]: key === "true" }),
    });
  const conventions = [convention(words.grid, "grid_corners"), convention(words.sampler, "sampler_corners")];
  const side = (label, k) =>
    slider({
      label,
      min: 1,
      max: MOST_SIDE,
      step: 1,
      value: now().outSize[k],
      show: String,
      concept: "target",
      oninput: (value) => put({ out_size: now().outSize.map((old, i) => (i === k ? value : old)) }),
    });
  const sides = [side(words.height, 0), side(words.width, 1)];
  const draw = (drawn) => {
    theta.draw(drawn.theta);
    sides.forEach((one, k) => one.set(drawn.outSize[k]));
    [drawn.gridCorners, drawn.samplerCorners].forEach((value, k) => conventions[k].set(String(value)));
  };
  const nodes = [...conventions, theta, ...sides].map(({ node }) => node);
  return { node: h("div", { class: "stn-settings" }, nodes), draw };
}

// Whether grid and sampler agree on what -1 and 1 mean; if not, how far the source point is from its correct place.
function makeAgreement(words) {
  const node = h("p", {});
  const draw = ({ gridCorners, samplerCorners }, { beside: [x, y] }) => {
    const alike = gridCorners === samplerCorners;
    node.className = alike ? "stn-alike" : "stn-unlike";
    node.textContent = alike ? words.agree : interpolate(words.differ, { x: format(x), y: format(y) });
  };
  return { node, draw };
}

function render({ model, el }) {
  const words = model.get("words");
  const origin = model.get("origin");
  const state = makeState(model);
  const ask = () => drawing.ask();
  const keep = (index) => {
    state.keep(index);
    ask();
  };
  const hover = (index) => state.hover(index) && ask();
  const input = makeInput(words, state.now);
  const output = makeOutput(words, state.now, { hover, keep, shown: state.shown });
  const steps = makeSteps(words);
  const examples = makeExamples(model, words, state.size, state.put);
  const agreement = makeAgreement(words);
  const settings = makeSettings(model, words, state, ask);
  const reset = button(words.reset, () => state.put(model.get("home")));
  const stage = h("div", { class: "stn-stage" }, input.node, output.node);
  const told = h("div", { class: "stn-told", role: "status" }, examples.note, agreement.node);
  const bar = controls(examples.node, reset);
  mountRoot(el, "trace-pixel", frame(words, stage, makeLegend(words), steps.node, told, bar, settings.node));

  const draw = () => {
    const now = state.now();
    const all = readAll(now);
    const index = state.shown();
    const [row, column] = [Math.floor(index / now.outSize[1]), index % now.outSize[1]];
    const seen = traceOne(all, index);
    const [x, y] = seen.pixel.map((value) => format(value + origin));
    const place = { column: column + origin, row: row + origin, x, y };
    const sentence = interpolate(words.source, { ...place, value: format(seen.value) });
    input.draw(all, seen);
    output.draw(all, seen, index, sentence);
    steps.draw(arithmetic(seen, now, [row, column], origin, words), sentence);
    settings.draw(now);
    examples.draw(now);
    agreement.draw(now, seen);
  };
  const drawing = drawOnChange(model, { traits: TRAITS, draw });
  const offAddress = followAddress(el, "trace-pixel", ADDRESS, (values) =>
    state.put(fromAddress(values, model.get("out_size"))),
  );
  return () => {
    for (const end of [offAddress, drawing.stop]) end();
  };
}

export default { render };
