// SamplePoint: drag a point between the pixels; the four weights as areas, the value and its two slopes.
import { followAddress, number, oneOf } from "../shared/address_state.js";
import { arrowPath } from "../shared/arrow.js";
import { button, choice, controls, figure, slider } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { repeatedPixel, samplePoint } from "./model.js";

const CELL = 52,
  SIDE = 190,
  PAD = 66;
const LETTERS = ["A", "B", "C", "D"];

const shade = (t) => `color-mix(in srgb, var(--stn-ink) ${Math.round(t * 100)}%, var(--stn-surface))`;
const inkOn = (t) => (t > 0.5 ? "var(--stn-paper)" : "var(--stn-ink)");

function drawPixels(svg, image, span, origin) {
  const { height, width } = image;
  const layer = s("g", {});
  const ghosts = [];
  for (let row = -1; row <= height; row++) {
    for (let column = -1; column <= width; column++) {
      const x = (column + 1) * CELL,
        y = (row + 1) * CELL;
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      const rect = s("rect", {
        x: x + 1,
        y: y + 1,
        width: CELL - 2,
        height: CELL - 2,
        rx: 4,
        class: inside ? "stn-cell" : "stn-ghost",
      });
      const text = s("text", { x: x + CELL / 2, y: y + CELL / 2, class: "stn-value" });
      if (inside) {
        const value = image.image[row * width + column];
        rect.setAttribute("style", `fill:${shade(value / span)}`);
        text.setAttribute("style", `fill:${inkOn(value / span)}`);
        text.textContent = value;
      } else {
        ghosts.push({ text, row, column });
      }
      layer.append(rect, text);
    }
  }
  for (let k = 0; k < width; k++)
    layer.append(s("text", { x: (k + 1.5) * CELL, y: -9, class: "stn-axis" }, String(k + origin)));
  for (let k = 0; k < height; k++)
    layer.append(s("text", { x: -12, y: (k + 1.5) * CELL, class: "stn-axis" }, String(k + origin)));
  svg.append(layer);
  return ghosts;
}

function makeHandle(words, state, width) {
  const range = { "aria-valuemin": -1 + state.origin, "aria-valuemax": width + state.origin };
  return s(
    "g",
    { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.handle, ...range },
    s("circle", { r: 20, class: "stn-ring" }),
    s("circle", { r: 16, class: "stn-knob" }),
    s("circle", { r: 3, class: "stn-dot" }),
  );
}

const centre = (value) => (value + 1.5) * CELL;

function makeOverview(image, state, words, move) {
  const { height, width } = image;
  const svg = s("svg", {
    viewBox: `-22 -24 ${(width + 2) * CELL + 24} ${(height + 2) * CELL + 26}`,
    role: "group",
    "aria-label": words.overview,
    class: "stn-drag",
  });
  const ghosts = drawPixels(svg, image, state.span, state.origin);
  const rings = LETTERS.map(() => s("rect", { class: "stn-neighbour", width: CELL - 2, height: CELL - 2, rx: 4 }));
  const square = s("rect", { class: "stn-square", width: CELL, height: CELL });
  const handle = makeHandle(words, state, width);
  svg.append(square, ...rings, handle);
  const locate = (event) => svgPoint(svg, event).map((value) => value / CELL - 1.5);
  draggable(handle, { surface: svg, locate, at: () => [state.x(), state.y()], move, step: 0.1 });
  const draw = (seen, x, y, padding) => {
    for (const { text, row, column } of ghosts) {
      const pixel = repeatedPixel(row, column, image, padding);
      text.textContent = pixel ? image.image[pixel[0] * width + pixel[1]] : "0";
    }
    seen.corners.forEach(({ column, row, weight }, k) =>
      setAttributes(rings[k], {
        x: (column + 1) * CELL + 1,
        y: (row + 1) * CELL + 1,
        "stroke-opacity": 0.25 + 0.75 * weight,
      }),
    );
    setAttributes(square, { x: centre(seen.x0), y: centre(seen.y0) });
    setAttributes(handle, {
      transform: `translate(${centre(x)} ${centre(y)})`,
      "aria-valuenow": (x + state.origin).toFixed(2),
      "aria-valuetext": `x ${format(x + state.origin)}, y ${format(y + state.origin)}`,
    });
  };
  return { node: figure(words.overview, svg), draw };
}

// The four neighbours at the corners of a square, with their pixels' values.
function makeCorners(svg) {
  return LETTERS.map((letter, k) => {
    const [x, y] = [PAD + (k % 2) * SIDE, PAD + (k >> 1) * SIDE];
    const disc = s("circle", { cx: x, cy: y, r: 25, class: "stn-corner" });
    const value = s("text", { x, y, class: "stn-value" });
    const name = s("text", { x, y: y + (k >> 1 ? 42 : -34), class: "stn-name" });
    svg.append(s("g", { "data-corner": letter }));
    return { disc, value, name };
  });
}

// The rectangle of a neighbour is opposite to it: the nearer the point, the larger it is.
function drawArea({ rect, text }, k, px, py, label) {
  const [right, below] = [k % 2 === 0, k < 2];
  const [x, y] = [right ? px : PAD, below ? py : PAD];
  const width = right ? PAD + SIDE - px : px - PAD;
  const height = below ? PAD + SIDE - py : py - PAD;
  setAttributes(rect, { x, y, width, height, class: `stn-area stn-area-${k}` });
  text.textContent = width > 52 && height > 24 ? label : "";
  setAttributes(text, { x: x + width / 2, y: y + height / 2 });
}

function drawCorner({ disc, value, name }, corner, k, { span, origin }) {
  const t = corner.value / span;
  const stroke = `stroke-opacity:${0.3 + 0.7 * corner.weight};stroke-width:${2 + 4 * corner.weight}`;
  disc.setAttribute("style", `fill:${shade(t)};${stroke}`);
  value.setAttribute("style", `fill:${inkOn(t)}`);
  value.textContent = corner.value;
  name.textContent = `${LETTERS[k]} (${corner.column + origin}, ${corner.row + origin})`;
}

function makeClose(state, words) {
  const size = SIDE + 2 * PAD;
  const svg = s("svg", { viewBox: `0 0 ${size} ${size - 8}`, role: "img", "aria-label": words.close });
  const areas = LETTERS.map(() => ({
    rect: s("rect", { class: "stn-area" }),
    text: s("text", { class: "stn-weight" }),
  }));
  const corners = makeCorners(svg);
  const [arrowX, arrowY] = [0, 1].map(() => s("path", { class: "stn-arrow" }));
  const point = s("circle", { r: 6, class: "stn-dotbig" });
  svg.append(
    s("rect", { x: PAD, y: PAD, width: SIDE, height: SIDE, class: "stn-square" }),
    ...areas.flatMap(({ rect, text }) => [rect, text]),
    ...corners.flatMap(({ disc, value, name }) => [disc, value, name]),
    arrowX,
    arrowY,
    point,
  );
  const draw = (seen, mode) => {
    const [px, py] = [PAD + seen.fx * SIDE, PAD + seen.fy * SIDE];
    seen.corners.forEach((corner, k) => {
      drawArea(areas[k], k, px, py, mode === "bilinear" ? `${LETTERS[k]} ${format(corner.weight)}` : "");
      drawCorner(corners[k], corner, k, state);
    });
    setAttributes(point, { cx: px, cy: py });
    const scale = (100 / state.span) * 2.2;
    const limit = (v) => Math.max(-95, Math.min(95, v * scale));
    arrowX.setAttribute("d", arrowPath(px, py, limit(seen.dx), 0));
    arrowY.setAttribute("d", arrowPath(px, py, 0, limit(seen.dy)));
    svg.classList.toggle("stn-flat", mode === "nearest");
  };
  return { node: figure(words.close, svg), draw };
}

function makeSum(words) {
  const rows = LETTERS.map((letter) => {
    const cells = [h("td", {}), h("td", {}), h("td", {})];
    return { node: h("tr", {}, h("th", { scope: "row" }, letter), cells), cells };
  });
  const total = h("td", { class: "stn-target" }),
    slopes = [h("output", {}), h("output", {})];
  const node = h(
    "div",
    { class: "stn-stage stn-sum" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          [words.neighbour, words.weight, words.pixel, words.product].map((t) => h("th", { scope: "col" }, t)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) => row.node),
      ),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row", colspan: 3 }, "V"), total)),
    ),
    h(
      "div",
      { class: "stn-slopes" },
      slopes.map((output, k) => h("p", {}, h("b", { class: "stn-gradient" }, `\u2202V/\u2202${"xy"[k]}`), output)),
    ),
  );
  const draw = (seen, mode) => {
    seen.corners.forEach((corner, k) => {
      [format(corner.weight), String(corner.value), format(corner.weight * corner.value)].forEach((text, i) => {
        rows[k].cells[i].textContent = text;
      });
    });
    total.textContent = format(seen.value);
    const [a, b, c, d] = seen.corners.map((corner) => corner.value);
    const steps = [
      [1 - seen.fy, b, a, seen.fy, d, c, seen.dx],
      [1 - seen.fx, c, a, seen.fx, d, b, seen.dy],
    ];
    steps.forEach(([w, p, q, v, r, t, sum], k) => {
      slopes[k].textContent =
        mode === "nearest"
          ? interpolate(words.flat, { zero: "0" })
          : `= ${format(w)}\u00b7(${p} \u2212 ${q}) + ${format(v)}\u00b7(${r} \u2212 ${t}) = ${format(sum)}`;
    });
  };
  return { node, draw };
}

function makeControls(model, words, put) {
  const origin = model.get("origin");
  const axis = (name, size) =>
    slider({
      label: interpolate(words.coordinate, { name }),
      min: origin - 1,
      max: size + origin,
      step: 0.05,
      value: model.get(name),
      show: (value) => format(value, 2),
      concept: "source",
      oninput: (value) => put({ [name]: value }),
    });
  const pick = (name) =>
    choice({
      label: words[name],
      options: words[`${name}s`],
      value: model.get(name),
      onchange: (key) => put({ [name]: key }),
    });
  const made = { x: axis("x", model.get("width")), y: axis("y", model.get("height")) };
  return { ...made, mode: pick("mode"), padding: pick("padding") };
}

function render({ model, el }) {
  const words = model.get("words");
  const origin = model.get("origin");
  const image = { image: model.get("image"), height: model.get("height"), width: model.get("width") };
  const state = { span: model.get("span"), origin, x: () => model.get("x") - origin, y: () => model.get("y") - origin };
  const put = (values) => setTraits(model, values);
  const bound = (value, size) => Math.round(Math.min(Math.max(value, -1), size) * 20) / 20;
  const move = (x, y) => put({ x: bound(x, image.width) + origin, y: bound(y, image.height) + origin });

  const overview = makeOverview(image, state, words, move);
  const close = makeClose(state, words);
  const sum = makeSum(words);
  const inputs = makeControls(model, words, put);
  const [homeX, homeY] = model.get("home");
  const home = button(words.home, () => put({ x: homeX, y: homeY, mode: "bilinear", padding: "zeros" }));
  const stage = h("div", { class: "stn-stage" }, overview.node, close.node);
  const bar = controls(...Object.values(inputs).map(({ node }) => node), home);
  mountRoot(el, "sample-point", frame(words, stage, sum.node, bar));

  const draw = () => {
    const [mode, padding] = [model.get("mode"), model.get("padding")];
    const seen = samplePoint(image, state.x(), state.y(), mode, padding);
    overview.draw(seen, state.x(), state.y(), padding);
    close.draw(seen, mode);
    sum.draw(seen, mode);
    for (const [name, input] of Object.entries(inputs)) input.set(model.get(name));
  };
  const drawing = drawOnChange(model, { traits: Object.keys(inputs), draw });
  const table = {
    x: number(origin - 1, image.width + origin),
    y: number(origin - 1, image.height + origin),
    mode: oneOf(words.modes.map(([key]) => key)),
    padding: oneOf(words.paddings.map(([key]) => key)),
  };
  const offAddress = followAddress(el, "sample-point", table, put);
  return () => {
    for (const end of [offAddress, drawing.stop]) end();
  };
}

export default { render };
