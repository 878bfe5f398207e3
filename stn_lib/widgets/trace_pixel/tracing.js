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
    beside: [pixel[0] - meant[0], pixel[1] - meant[1]],
    value: all.values[index],
  };
}

// Two decimals, a third one if it is not 0.
export const number = (value) => format(value, 3).replace(/(\.\d\d)0$/, "$1");

// The four steps as lines; a line is a list of phrases that do not break, a phrase a list of texts and [concept, text].
export function arithmetic(seen, { size, theta, outSize, gridCorners, samplerCorners }, [row, column], origin, words) {
  const signed = (value) => (value < 0 ? `(${number(value)})` : number(value));
  const to = (k) => ["target", signed(seen.target[k])],
    by = (k) => ["theta", signed(theta[k])];
  const name = (k, below) => [[below === "t" ? "target" : "source", "xy"[k], below]];
  const units = (k) => {
    const index = [column, row][k],
      side = outSize[1 - k],
      result = ["= ", ["target", number(seen.target[k])]];
    if (gridCorners && side === 1) return [name(k, "t"), result, [["aside", words.single]]];
    const sum = gridCorners
      ? ["= 2 · ", ["target", index], ` / ${side - 1} − 1`]
      : ["= (2 · ", ["target", index], ` + 1) / ${side} − 1`];
    return [
      name(k, "t"),
      sum,
      result,
      ...(origin ? [[["aside", interpolate(words.counted[k], { place: index + origin, index })]]] : []),
    ];
  };
  const moved = (k) => [
    name(k, "s"),
    ["= ", by(3 * k), " · ", to(0)],
    ["+ ", by(3 * k + 1), " · ", to(1)],
    ["+ ", by(3 * k + 2)],
    ["= ", ["source", number(seen.source[k])]],
  ];
  const pixel = (k) => {
    const from = ["source", number(seen.source[k])],
      side = size[1 - k];
    const sum = samplerCorners ? ["= (", from, ` + 1) · ${side - 1} / 2`] : ["= ((", from, ` + 1) · ${side} − 1) / 2`];
    const result = ["= ", ["source", format(seen.pixel[k])]];
    return [
      ["xy"[k]],
      sum,
      result,
      ...(origin
        ? [
            [
              ["aside", interpolate(words.from, { origin })],
              ["source", format(seen.pixel[k] + origin)],
            ],
          ]
        : []),
    ];
  };
  const [x, y] = seen.pixel.map((value) => format(value + origin));
  return {
    units: [0, 1].map(units),
    theta: [0, 1].map(moved),
    pixel: [0, 1].map(pixel),
    value: [
      [
        ["V(", ["target", `${column + origin}, ${row + origin}`], ")"],
        ["= U(", ["source", `${x}, ${y}`], ")"],
        ["= ", ["target", format(seen.value)]],
      ],
    ],
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
