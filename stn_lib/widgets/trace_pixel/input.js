// The input U: its pixels, the source points of the grid, and the arrow from the target point to its source point.
import { arrowPath } from "../shared/arrow.js";
import { figure } from "../shared/controls.js";
import { s, setAttributes } from "../shared/dom.js";
import { RIM, fits, makeCells, makeAxes, placePixels, roomOf, viewBox } from "./panel.js";
import { clipSegment } from "./tracing.js";

// The arrow from ring to ring, or to the border where the source is beyond it.
function arrowBetween(from, to, near, box) {
  const [[x, y], [endX, endY]] = clipSegment(from, to, box) ?? [from, from];
  const length = Math.hypot(endX - x, endY - y) || 1;
  const [ux, uy] = [(endX - x) / length, (endY - y) / length];
  const free = Math.max(0, length - 6.5 - (near ? 11 : 1));
  return arrowPath(x + 6.5 * ux, y + 6.5 * uy, free * ux, free * uy, 10);
}

// A line through each row and each column of the grid's points, clipped to the panel, and the points.
function gridPaths(at, [rows, columns], box, inside) {
  const line = (a, b) => {
    const cut = clipSegment(at(a), at(b), box);
    return cut ? `M${cut[0].join(" ")}L${cut[1].join(" ")}` : "";
  };
  let net = "";
  let points = "";
  for (let row = 0; row < rows; row++) net += line(row * columns, row * columns + columns - 1);
  for (let column = 0; column < columns; column++) net += line(column, (rows - 1) * columns + column);
  for (let k = 0; k < rows * columns; k++) if (inside(at(k))) points += `M${at(k).join(" ")}h0`;
  return { net, points };
}

function makeParts() {
  const path = (name) => s("path", { class: `stn-${name}` });
  const source = s("g", { class: "stn-read" }, s("circle", { r: 9, class: "stn-halo" }), s("circle", { r: 9 }));
  return {
    axes: makeAxes(),
    lines: path("lines"),
    dots: path("dots"),
    halo: path("arrow-halo"),
    arrow: path("arrow"),
    target: s("circle", { r: 5, class: "stn-from" }),
    source,
  };
}

export function makeInput(words, state) {
  const { size, image, span } = state();
  const room = roomOf(size);
  const spot = placePixels(size, RIM, room);
  const [left, top, right, bottom] = spot.box;
  const svg = s("svg", { viewBox: viewBox(room), role: "img", "aria-label": words.input });
  const cells = makeCells(size, spot);
  const { axes, lines, dots, halo, arrow, target, source } = makeParts();
  const rim = s("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 6, class: "stn-rim" });
  svg.append(rim, ...cells.pixels, axes.node, lines, ...cells.numbers, dots, halo, arrow, target, source);
  cells.draw(image, span, (value) => (fits(String(value), spot) ? String(value) : ""));
  const inside = ([x, y]) => x >= left && x <= right && y >= top && y <= bottom;
  const draw = (all, seen) => {
    const { outSize, samplerCorners } = state();
    const at = (k) => spot.at(all.pixels[2 * k], all.pixels[2 * k + 1]);
    const { net, points } = gridPaths(at, outSize, spot.box, inside);
    lines.setAttribute("d", net);
    dots.setAttribute("d", points);
    axes.draw(spot, size, samplerCorners);
    const [from, to] = [spot.at(...seen.drawn), spot.at(...seen.pixel)];
    const near = inside(to);
    const path = arrowBetween(from, to, near, spot.box);
    for (const node of [halo, arrow]) node.setAttribute("d", path);
    setAttributes(target, { cx: from[0], cy: from[1] });
    setAttributes(source, { transform: `translate(${to.join(" ")})`, visibility: near ? "visible" : "hidden" });
  };
  return { node: figure(words.input, svg), draw };
}
