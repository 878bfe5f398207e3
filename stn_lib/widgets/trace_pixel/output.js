// The output V: its pixels, one of which is traced; a pointer or the keyboard chooses it.
import { s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { format } from "../shared/text.js";
import { VIEW_BOX, commonCell, makeAxes, makeCells, placePixels, rimOf } from "./panel.js";

// A pointer or the arrow keys choose a pixel; a mouse that only points at one shows it.
function listen(svg, marker, { locate, state, act }) {
  const bound = (value, sides) => Math.min(Math.max(Math.round(value), 0), sides - 1);
  const at = () => {
    const columns = state().outSize[1];
    return [act.shown() % columns, Math.floor(act.shown() / columns)];
  };
  const move = (x, y) => {
    const [rows, columns] = state().outSize;
    act.keep(bound(y, rows) * columns + bound(x, columns));
  };
  draggable(marker, { surface: svg, locate, at, move, step: 1, range: () => [0, state().outSize[1] - 1] });
  const pointedAt = (event) => {
    const [rows, columns] = state().outSize;
    const [column, row] = locate(event).map(Math.round);
    return row >= 0 && row < rows && column >= 0 && column < columns ? row * columns + column : null;
  };
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && !svg.hasPointerCapture(event.pointerId)) act.hover(pointedAt(event));
  });
  svg.addEventListener("pointerleave", () => act.hover(null));
}

// The pixels of an output of one size at one scale.
function makePixels(outSize, rim, cell) {
  const [rows, columns] = outSize;
  const spot = placePixels(outSize, rim, cell);
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
  const locate = (event) => {
    const [[x, y], [left, top]] = [svgPoint(svg, event), made.spot.at(0, 0)];
    return [(x - left) / made.spot.cell, (y - top) / made.spot.cell];
  };
  listen(svg, marker, { locate, state, act });
  const make = ({ size, outSize }) => {
    made = makePixels(outSize, rimOf(size), commonCell(size, outSize));
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
