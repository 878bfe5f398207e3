// The output V: its pixels, one of which is traced; a pointer or the keyboard chooses it.
import { s, setAttributes } from "../shared/dom.js";
import { svgPoint } from "../shared/drag.js";
import { format } from "../shared/text.js";
import { VIEW_BOX, commonCell, makeAxes, makeCells, placePixels } from "./panel.js";

// Which pixel a key of the marker goes to; null for a key that goes nowhere.
function pixelAfter(key, index, [rows, columns]) {
  const [row, column] = [Math.floor(index / columns), index % columns];
  const next = {
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    Home: [row, 0],
    End: [row, columns - 1],
    PageUp: [0, column],
    PageDown: [rows - 1, column],
  }[key];
  if (!next) return null;
  const bound = (value, sides) => Math.min(Math.max(value, 0), sides - 1);
  return bound(next[0], rows) * columns + bound(next[1], columns);
}

function listen(svg, marker, pixelAt, state, act) {
  const keep = (event) => {
    const index = pixelAt(event);
    if (index !== null) act.keep(index);
    return index !== null;
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button || !keep(event)) return;
    marker.focus({ preventScroll: true });
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) keep(event);
    else if (event.pointerType !== "touch") act.hover(pixelAt(event));
  });
  svg.addEventListener("pointerleave", () => act.hover(null));
  marker.addEventListener("keydown", (event) => {
    const next = pixelAfter(event.key, act.shown(), state().outSize);
    if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act.keep(next);
  });
}

// The pixels of an output of one size at one scale.
function makePixels(outSize, cell) {
  const [rows, columns] = outSize;
  const spot = placePixels(outSize, 0, cell);
  let points = "";
  for (let k = 0; k < rows * columns; k++) points += `M${spot.at(k % columns, Math.floor(k / columns)).join(" ")}h0`;
  return { spot, cells: makeCells(outSize, spot), points };
}

export function makeOutput(words, state, act) {
  const svg = s("svg", { viewBox: VIEW_BOX, role: "group", "aria-label": words.output, class: "stn-output stn-drag" });
  const axes = makeAxes();
  const [pixels, numbers] = [s("g", { class: "stn-pixels", "data-term": "pixel" }), s("g", {})];
  const dots = s("path", { class: "stn-dots stn-of-target" });
  const [ring, traced] = [s("rect", { class: "stn-ring" }), s("rect", { class: "stn-traced" })];
  const slider = { tabindex: 0, role: "slider", "aria-label": words.marker, "aria-valuemin": 1, "data-term": "pixel" };
  const marker = s("g", { class: "stn-marker", ...slider }, ring, traced);
  axes.node.setAttribute("data-term", "grid");
  svg.append(pixels, axes.node, numbers, dots, marker);
  let made = null;
  let shown = "";
  const pixelAt = (event) => {
    const [x, y] = svgPoint(svg, event);
    const [left, top] = made.spot.box;
    const [rows, columns] = state().outSize;
    const column = Math.floor((x - left) / made.spot.cell);
    const row = Math.floor((y - top) / made.spot.cell);
    return row >= 0 && row < rows && column >= 0 && column < columns ? row * columns + column : null;
  };
  listen(svg, marker, pixelAt, state, act);
  const make = ({ size, outSize }) => {
    made = makePixels(outSize, commonCell(size, outSize));
    pixels.replaceChildren(...made.cells.pixels);
    numbers.replaceChildren(...made.cells.numbers);
    dots.setAttribute("d", made.points);
    dots.classList.toggle("stn-numbered", made.cells.hasNumbers);
    dots.style.strokeWidth = `${Math.min(5, made.spot.cell / 5)}px`;
  };
  const draw = (all, index, told) => {
    const now = state();
    const { outSize, gridCorners, span } = now;
    const wanted = `${now.shown} ${outSize}`;
    if (wanted !== shown) make(now);
    shown = wanted;
    const { spot, cells } = made;
    const [rows, columns] = outSize;
    cells.draw(all.values, span, (value, long) => format(value, long ? 2 : 0));
    axes.draw(spot, outSize, gridCorners);
    const [x, y] = spot.at((index % columns) - 0.5, Math.floor(index / columns) - 0.5);
    setAttributes(traced, { x, y, width: spot.cell, height: spot.cell, rx: 3 });
    setAttributes(ring, { x: x - 4, y: y - 4, width: spot.cell + 8, height: spot.cell + 8, rx: 6 });
    setAttributes(marker, { "aria-valuemax": rows * columns, "aria-valuenow": index + 1, "aria-valuetext": told });
  };
  return { node: svg, draw };
}
