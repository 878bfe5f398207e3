// The output V: its pixels, one of which is traced; a pointer or the keyboard chooses it.
import { figure } from "../shared/controls.js";
import { s, setAttributes } from "../shared/dom.js";
import { svgPoint } from "../shared/drag.js";
import { format } from "../shared/text.js";
import { fits, makeCells, makeAxes, placePixels, roomOf, viewBox } from "./panel.js";

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
  }[key];
  if (!next) return null;
  const bound = (value, sides) => Math.min(Math.max(value, 0), sides - 1);
  return bound(next[0], rows) * columns + bound(next[1], columns);
}

function listen(svg, marker, pixelAt, state, act) {
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") act.hover(pixelAt(event));
  });
  svg.addEventListener("pointerleave", () => act.hover(null));
  svg.addEventListener("click", (event) => {
    const index = pixelAt(event);
    if (index === null) return;
    marker.focus({ preventScroll: true });
    act.keep(index);
  });
  marker.addEventListener("keydown", (event) => {
    const next = pixelAfter(event.key, act.shown(), state().outSize);
    if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act.keep(next);
  });
}

// The pixels of an output of one size; `decimals` is undefined where numbers do not fit.
function makePixels(outSize, room, span) {
  const [rows, columns] = outSize;
  const spot = placePixels(outSize, 0, room);
  const cells = makeCells(outSize, spot);
  const decimals = Math.max(rows, columns) > 6 ? undefined : [2, 1].find((count) => fits(format(span, count), spot));
  let points = "";
  for (let k = 0; k < rows * columns; k++) points += `M${spot.at(k % columns, Math.floor(k / columns)).join(" ")}h0`;
  return { spot, cells, decimals, points, size: String(outSize) };
}

export function makeOutput(words, state, act) {
  const room = roomOf(state().size);
  const attributes = { viewBox: viewBox(room), role: "group", "aria-label": words.output, class: "stn-output" };
  const svg = s("svg", attributes);
  const axes = makeAxes();
  const [pixels, numbers] = [s("g", {}), s("g", {})];
  const dots = s("path", { class: "stn-dots stn-of-target" });
  const [ring, traced] = [s("rect", { class: "stn-ring" }), s("rect", { class: "stn-traced" })];
  const slider = { tabindex: 0, role: "slider", "aria-label": words.marker, "aria-valuemin": 1 };
  const marker = s("g", { class: "stn-marker", ...slider }, ring, traced);
  svg.append(pixels, axes.node, numbers, dots, marker);
  let made = null;
  const pixelAt = (event) => {
    const [x, y] = svgPoint(svg, event);
    const [left, top] = made.spot.box;
    const [rows, columns] = state().outSize;
    const column = Math.floor((x - left) / made.spot.cell);
    const row = Math.floor((y - top) / made.spot.cell);
    return row >= 0 && row < rows && column >= 0 && column < columns ? row * columns + column : null;
  };
  listen(svg, marker, pixelAt, state, act);
  const make = (outSize, span) => {
    made = makePixels(outSize, room, span);
    pixels.replaceChildren(...made.cells.pixels);
    numbers.replaceChildren(...made.cells.numbers);
    dots.setAttribute("d", made.points);
  };
  const draw = (all, seen, index, told) => {
    const { outSize, gridCorners, span } = state();
    if (made?.size !== String(outSize)) make(outSize, span);
    const { spot, cells, decimals } = made;
    const [rows, columns] = outSize;
    cells.draw(all.values, span, (value) => (decimals ? format(value, decimals) : ""));
    axes.draw(spot, outSize, gridCorners);
    const [x, y] = spot.at((index % columns) - 0.5, Math.floor(index / columns) - 0.5);
    setAttributes(traced, { x: x + 1, y: y + 1, width: spot.cell - 2, height: spot.cell - 2, rx: 4 });
    setAttributes(ring, { x: x - 3, y: y - 3, width: spot.cell + 6, height: spot.cell + 6, rx: 6 });
    setAttributes(marker, { "aria-valuemax": rows * columns, "aria-valuenow": index + 1, "aria-valuetext": told });
  };
  return { node: figure(words.output, svg), draw };
}
