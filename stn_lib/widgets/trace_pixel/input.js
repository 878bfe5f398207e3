// The input U: its pixels, the source points of the grid, and the arrow from the target point to its source point.
import { arrowPath } from "../shared/arrow.js";
import { s, setAttributes } from "../shared/dom.js";
import { VIEW_BOX, commonCell, makeAxes, makeCells, placePixels, rimOf } from "./panel.js";
import { clipSegment } from "./tracing.js";

// The arrow from ring to ring, or to the border where the source is beyond it.
function arrowBetween(from, to, near, box) {
  const [[x, y], [endX, endY]] = clipSegment(from, to, box) ?? [from, from];
  const length = Math.hypot(endX - x, endY - y) || 1;
  const [ux, uy] = [(endX - x) / length, (endY - y) / length];
  const free = Math.max(0, length - 7.5 - (near ? 11 : 1));
  return arrowPath(x + 7.5 * ux, y + 7.5 * uy, free * ux, free * uy, 10);
}

// A line through each row and each column of the grid's points, clipped to the panel; the outer ones; and the points.
function gridPaths(at, [rows, columns], box, inside) {
  const line = (a, b) => {
    const cut = clipSegment(at(a), at(b), box);
    return cut ? `M${cut[0].join(" ")}L${cut[1].join(" ")}` : "";
  };
  const along = (row) => line(row * columns, row * columns + columns - 1);
  const down = (column) => line(column, (rows - 1) * columns + column);
  const every = (count, path) => Array.from({ length: count }, (_, k) => path(k)).join("");
  const net = every(rows, along) + every(columns, down);
  const outline = along(0) + along(rows - 1) + down(0) + down(columns - 1);
  let points = "";
  for (let k = 0; k < rows * columns; k++) if (inside(at(k))) points += `M${at(k).join(" ")}h0`;
  return { net, outline, points };
}

function makeParts() {
  const path = (name, term) => s("path", { class: `stn-${name}`, ...(term ? { "data-term": term } : {}) });
  const ring = (name, r, term) =>
    s("g", { class: name, "data-term": term }, s("circle", { r, class: "stn-halo" }), s("circle", { r }));
  return {
    axes: makeAxes(),
    meant: path("meant"),
    correct: s("circle", { r: 9, class: "stn-meant" }),
    lines: path("lines"),
    dots: path("dots"),
    off: path("off"),
    halo: path("arrow-halo"),
    arrow: path("arrow", "theta"),
    target: ring("stn-from", 6, "target"),
    source: ring("stn-read", 9, "source"),
  };
}

// The pixels of one image at one scale.
function makePixels(size, cell) {
  const spot = placePixels(size, rimOf(size), cell);
  return { spot, cells: makeCells(size, spot) };
}

export function makeInput(label, state) {
  const svg = s("svg", { viewBox: VIEW_BOX, role: "img", "aria-label": label });
  const { axes, meant, correct, lines, dots, off, halo, arrow, target, source } = makeParts();
  const rim = s("rect", { rx: 6, class: "stn-rim" });
  const [pixels, numbers] = [s("g", {}), s("g", {})];
  svg.append(rim, pixels, axes.node, meant, lines, numbers, dots, off, correct, halo, arrow, target, source);
  axes.node.setAttribute("data-term", "sampler");
  let made = null;
  let shown = "";
  const make = ({ image, size, span, outSize }) => {
    made = makePixels(size, commonCell(size, outSize));
    pixels.replaceChildren(...made.cells.pixels);
    numbers.replaceChildren(...made.cells.numbers);
    made.cells.draw(image, span, String);
    const [left, top, right, bottom] = made.spot.box;
    setAttributes(rim, { x: left, y: top, width: right - left, height: bottom - top });
  };
  const draw = (all, seen) => {
    const now = state();
    const wanted = `${now.shown} ${now.outSize}`;
    if (wanted !== shown) make(now);
    shown = wanted;
    const { spot } = made;
    const [left, top, right, bottom] = spot.box;
    const inside = ([x, y]) => x >= left && x <= right && y >= top && y <= bottom;
    const paths = (points) =>
      gridPaths((k) => spot.at(points[2 * k], points[2 * k + 1]), now.outSize, spot.box, inside);
    const { net, points } = paths(all.pixels);
    lines.setAttribute("d", net);
    dots.setAttribute("d", points);
    dots.style.strokeWidth = `${Math.min(5, spot.cell / 5)}px`;
    const mixed = now.gridCorners !== now.samplerCorners;
    meant.setAttribute("d", mixed ? paths(all.meant).outline : "");
    const place = spot.at(...seen.meant);
    setAttributes(correct, {
      transform: `translate(${place.join(" ")})`,
      visibility: mixed && inside(place) ? "visible" : "hidden",
    });
    axes.draw(spot, now.size, now.samplerCorners);
    const [from, to] = [spot.at(...seen.drawn), spot.at(...seen.pixel)];
    const error = mixed && clipSegment(spot.at(...seen.meant), to, spot.box);
    off.setAttribute("d", error ? `M${error[0].join(" ")}L${error[1].join(" ")}` : "");
    const near = inside(to);
    const path = arrowBetween(from, to, near, spot.box);
    for (const node of [halo, arrow]) node.setAttribute("d", path);
    setAttributes(target, { transform: `translate(${from.join(" ")})` });
    setAttributes(source, { transform: `translate(${to.join(" ")})`, visibility: near ? "visible" : "hidden" });
  };
  return { node: svg, draw };
}
