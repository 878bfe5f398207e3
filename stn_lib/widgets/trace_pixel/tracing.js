// From an output pixel to its value, step by step, as pure functions. Sizes are [height, width], pixels count from 0
// here, `corners` is align_corners.
import { affineGrid, gridSample, toPixel } from "../shared/numerics.js";
import { format, interpolate } from "../shared/text.js";

const IDENTITY = [1, 0, 0, 0, 1, 0];
export const MOST = 99; // of theta's numbers

// For each pixel of the output: its target point and its source point, normalised and in pixels of U, and its value.
export function readAll({ image, size, theta, outSize, gridCorners, samplerCorners }) {
  const [height, width] = size,
    [rows, columns] = outSize;
  const targets = affineGrid(IDENTITY, rows, columns, gridCorners),
    sources = affineGrid(theta, rows, columns, gridCorners);
  const inPixels = (points, corners) => points.map((value, k) => toPixel(value, k % 2 ? height : width, corners));
  return {
    targets,
    sources,
    pixels: inPixels(sources, samplerCorners),
    drawn: inPixels(targets, samplerCorners), // the same normalised points, in U
    meant: inPixels(sources, gridCorners), // the source points in the grid's own convention
    values: gridSample(image, [1, height, width], sources, {
      alignCorners: samplerCorners,
      out: new Float64Array(rows * columns),
    }),
  };
}

export function traceOne(all, index) {
  const at = (points) => [points[2 * index], points[2 * index + 1]];
  const pixel = at(all.pixels),
    meant = at(all.meant);
  return {
    target: at(all.targets),
    source: at(all.sources),
    drawn: at(all.drawn),
    pixel,
    meant,
    beside: [pixel[0] - meant[0], pixel[1] - meant[1]],
    value: all.values[index],
  };
}

// The decimals of all normalised numbers of one state: two, or three if one of them needs the third.
export const placesOf = (values) => (values.every((value) => format(value, 3).endsWith("0")) ? 2 : 3);

/**
 * The four steps as lines. A line is a list of parts: a text; {text, concept, term, below}, where `term` names what
 * lights up with it and `below` is a subscript; {entry}, a number of theta, for which the page has a field; or
 * {phrase}, parts that stay on one line.
 */
export function arithmetic(seen, { theta, size, outSize, gridCorners, samplerCorners }, [row, column], origin, words) {
  const places = placesOf([...theta, ...seen.target, ...seen.source]);
  const number = (value) => format(value, places);
  const signed = (value) => (value < 0 ? `(${number(value)})` : number(value));
  const target = (text, below) => ({ text, concept: "target", term: "target", below });
  const source = (text, below) => ({ text, concept: "source", term: "source", below });
  const pixel = (text) => ({ text, concept: "target", term: "pixel" });
  const aside = (text) => ({ text, concept: "aside" });
  const rule = (text, term) => ({ text, concept: "rule", term });
  const units = (k) => {
    const [index, side] = [[column, row][k], outSize[1 - k]];
    const [name, result] = [[target("xy"[k], "t"), " = "], target(number(seen.target[k]))];
    if (gridCorners && side === 1) return [...name, result, " ", aside(words.single)];
    const place = origin ? ["(", pixel(String(index + origin)), ` \u2212 ${origin})`] : [pixel(String(index))];
    const [before, after] = gridCorners
      ? ["2 \u00b7 ", ` / ${side - 1} \u2212 1`]
      : ["(2 \u00b7 ", ` + 1) / ${side} \u2212 1`];
    return [...name, rule(before, "grid"), ...place, rule(after, "grid"), " = ", result];
  };
  const moved = (k) => {
    const entry = (column) => ({ entry: 3 * k + column });
    const times = (axis) => [" \u00b7 ", target(signed(seen.target[axis]))];
    return [
      { phrase: [source("xy"[k], "s"), " = ", entry(0), ...times(0)] },
      { phrase: [" + ", entry(1), ...times(1)] },
      { phrase: [" + ", entry(2)] },
      { phrase: [" = ", source(number(seen.source[k]))] },
    ];
  };
  const inPixels = (k) => {
    const side = size[1 - k];
    const [before, after] = samplerCorners
      ? ["(", ` + 1) \u00b7 ${side - 1} / 2`]
      : ["((", ` + 1) \u00b7 ${side} \u2212 1) / 2`];
    const sum = [rule(before, "sampler"), source(number(seen.source[k])), rule(after, "sampler")];
    const counted = origin ? [` + ${origin}`] : [];
    return [source("xy"[k]), " = ", ...sum, ...counted, " = ", source(format(seen.pixel[k] + origin))];
  };
  const [x, y] = seen.pixel.map((value) => format(value + origin));
  const values = ["V(", pixel(`${column + origin}, ${row + origin}`), ") = U(", source(`${x}, ${y}`), ") = "];
  const counted = aside(interpolate(words.counted, { origin }));
  return {
    entries: theta.map(number),
    units: [0, 1].map(units),
    theta: [0, 1].map(moved),
    pixel: [0, 1].map(inPixels),
    value: [[...values, pixel(format(seen.value)), " ", counted]],
  };
}

// The part of the segment a → b inside the box [left, top, right, bottom]; null if there is none.
export function clipSegment([ax, ay], [bx, by], [left, top, right, bottom]) {
  let from = 0,
    till = 1;
  for (const [start, step, low, high] of [
    [ax, bx - ax, left, right],
    [ay, by - ay, top, bottom],
  ]) {
    if (step === 0 && (start < low || start > high)) return null;
    if (step === 0) continue;
    const [near, far] = [(low - start) / step, (high - start) / step].sort((a, b) => a - b);
    [from, till] = [Math.max(from, near), Math.min(till, far)];
  }
  return from > till ? null : [from, till].map((t) => [ax + t * (bx - ax), ay + t * (by - ay)]);
}
