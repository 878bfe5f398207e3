// TracePixel: point at a pixel of the output, see its source point, and the arithmetic with its numbers.
import { followAddress, integer, numbers, oneOf } from "../shared/address_state.js";
import { button, choice, figure, slider } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, endAll, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { makeInput } from "./input.js";
import { makeOutput } from "./output.js";
import { makeSteps } from "./steps.js";
import { MOST, arithmetic, readAll, traceOne } from "./tracing.js";

const TRAITS = ["shown", "theta", "out_size", "row", "column", "grid_corners", "sampler_corners"];
const MOST_SIDE = 12; // of the output, in pixels

// What an address may set.
const ADDRESS = {
  image: oneOf(["given", "squares"]),
  theta: numbers(6, -MOST, MOST),
  height: integer(1, MOST_SIDE),
  width: integer(1, MOST_SIDE),
  row: integer(0, MOST_SIDE - 1),
  column: integer(0, MOST_SIDE - 1),
  grid: oneOf([true, false]),
  sampler: oneOf([true, false]),
};

// What its values make of the traits: an image brings its own size; a row or a column outside the output is that of its
// last pixel.
function fromAddress({ image, height, width, row, column, grid, sampler, theta }, { sizeOf, outSize }) {
  const [rows, columns] = image ? sizeOf(image) : outSize;
  const size = [height ?? rows, width ?? columns];
  const asked = {
    shown: image,
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
  const images = model.get("images");
  const values = Object.fromEntries(Object.entries(images).map(([key, one]) => [key, Float64Array.from(one.values)]));
  const sizeOf = (key) => [images[key].height, images[key].width];
  const put = (changed) => setTraits(model, changed);
  const now = () => {
    const shown = model.get("shown");
    return {
      shown,
      image: values[shown],
      size: sizeOf(shown),
      span: images[shown].span,
      origin: images[shown].origin,
      theta: model.get("theta"),
      outSize: model.get("out_size"),
      gridCorners: model.get("grid_corners"),
      samplerCorners: model.get("sampler_corners"),
    };
  };
  const kept = () => {
    const [rows, columns] = model.get("out_size");
    return Math.min(model.get("row"), rows - 1) * columns + Math.min(model.get("column"), columns - 1);
  };
  let hovered = null;
  const traced = () => {
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
  return { now, sizeOf, put, traced, keep, hover };
}

// Examples keep the conventions; where theta depends on them, `centres` is that of the second.
function makeExamples(model, words, { now, sizeOf, put }) {
  const examples = model.get("examples");
  const thetaOf = (one, { gridCorners }) => (gridCorners && one.centres) || one.theta;
  const choose = () => {
    const one = examples[names.value];
    const shown = one.image ?? now().shown;
    const place = one.pixel ? { row: one.pixel[0], column: one.pixel[1] } : {};
    put({ shown, theta: thetaOf(one, now()), out_size: sizeOf(shown), ...place });
  };
  const own = h("option", { value: "", disabled: true }, words.own);
  const all = examples.map(({ name }, k) => h("option", { value: k }, name));
  const names = h("select", { onchange: choose }, own, all);
  const find = (drawn) =>
    examples.findIndex(
      (one) =>
        (one.image ?? drawn.shown) === drawn.shown &&
        thetaOf(one, drawn).every((value, i) => Math.abs(value - drawn.theta[i]) < 5e-4),
    );
  const draw = (drawn) => {
    const same = find(drawn);
    names.value = same < 0 ? "" : String(same);
    return examples[same]?.note ?? words.agree;
  };
  return { node: h("label", { class: "stn-select" }, h("span", {}, words.example), names), draw };
}

// What -1 and 1 are for one of the two calls.
function makeConvention(model, words, { call, trait, term }) {
  const { node, set } = choice({
    label: call,
    options: [
      ["false", words.corners.edges],
      ["true", words.corners.centres],
    ],
    value: String(model.get(trait)),
    onchange: (key) => setTraits(model, { [trait]: key === "true" }),
  });
  node.setAttribute("data-term", term);
  return { node, set };
}

function makeSides(words, { now, put }) {
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
  return [side(words.height, 0), side(words.width, 1)];
}

// The sampling grid as a glyph, for the caption.
function gridGlyph() {
  const parts = [
    s("path", { d: "M1 11H33", class: "stn-lines" }),
    s("path", { d: "M7 11h0M27 11h0", class: "stn-dots" }),
  ];
  return s("svg", { viewBox: "0 0 34 22", "aria-hidden": "true", class: "stn-glyph" }, parts);
}

// The conventions of both calls, below what they mean.
function makeConventions(model, words) {
  const grid = makeConvention(model, words, { call: "affine_grid", trait: "grid_corners", term: "grid" });
  const sampler = makeConvention(model, words, { call: "grid_sample", trait: "sampler_corners", term: "sampler" });
  const node = h("div", { class: "stn-conventions" }, h("p", {}, words.conventions), grid.node, sampler.node);
  const draw = ({ gridCorners, samplerCorners }) => {
    grid.set(String(gridCorners));
    sampler.set(String(samplerCorners));
  };
  return { node, draw };
}

function makeStage(words, state, act) {
  const input = makeInput(words.input, state.now);
  const output = makeOutput(words, state.now, act);
  const inputCaption = [words.input, gridGlyph()];
  const node = h(
    "div",
    { class: "stn-stage stn-view" },
    figure(inputCaption, input.node),
    figure(words.output, output.node),
  );
  const draw = (all, seen, index, told) => {
    input.draw(all, seen);
    output.draw(all, index, told);
  };
  return { node, draw };
}

// What the example shows, which supposes images of one size; or, if the conventions differ, how far the source point is
// from its correct place.
function describe(words, { gridCorners, samplerCorners, size, outSize }, { beside: [x, y] }, note) {
  if (gridCorners !== samplerCorners) return interpolate(words.differ, { x: format(x), y: format(y) });
  const sides = ([height, width]) => `${height} \u00d7 ${width}`;
  const isResized = size.some((side, k) => side !== outSize[k]);
  return isResized ? interpolate(words.resized, { size: sides(size), outSize: sides(outSize) }) : note;
}

function render({ model, el }) {
  const words = model.get("words");
  const state = makeState(model);
  const ask = () => drawing.ask();
  const keep = (index) => {
    state.keep(index);
    ask();
  };
  const hover = (index) => state.hover(index) && ask();
  const stage = makeStage(words, state, { hover, keep, shown: state.traced });
  const putTheta = (k, value) => state.put({ theta: state.now().theta.map((old, i) => (i === k ? value : old)) });
  const steps = makeSteps(words, putTheta, ask);
  const examples = makeExamples(model, words, state);
  const sides = makeSides(words, state);
  const conventions = makeConventions(model, words);
  const reset = button(words.reset, () => state.put(model.get("home")));
  const bar = h(
    "div",
    { class: "stn-settings" },
    examples.node,
    sides.map(({ node }) => node),
    reset,
  );
  const told = h("output", { class: "stn-told" });
  mountRoot(el, "trace-pixel", frame(words, stage.node, told, bar, conventions.node, steps.node));

  const draw = () => {
    const now = state.now();
    const { origin } = now;
    const all = readAll(now);
    const index = state.traced();
    const [row, column] = [Math.floor(index / now.outSize[1]), index % now.outSize[1]];
    const seen = traceOne(all, index);
    const [x, y] = seen.pixel.map((value) => format(value + origin));
    const place = { column: column + origin, row: row + origin, x, y };
    stage.draw(all, seen, index, interpolate(words.source, { ...place, value: format(seen.value) }));
    steps.draw(arithmetic(seen, now, [row, column], origin, words), now.theta);
    sides.forEach((one, k) => one.set(now.outSize[k]));
    conventions.draw(now);
    told.classList.toggle("stn-unlike", now.gridCorners !== now.samplerCorners);
    told.textContent = describe(words, now, seen, examples.draw(now));
  };
  const drawing = drawOnChange(model, { traits: TRAITS, draw });
  const offAddress = followAddress(el, "trace-pixel", ADDRESS, (values) =>
    state.put(fromAddress(values, { sizeOf: state.sizeOf, outSize: model.get("out_size") })),
  );
  return endAll(offAddress, drawing.stop);
}

export default { render };
