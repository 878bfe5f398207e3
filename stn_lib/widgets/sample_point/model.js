// The four pixels around a point, their weights, the value and its slopes. Pixel coordinates count from 0; a point is
// at most one and a half pixels outside the image.
import { padded, taps } from "../shared/numerics.js";

export const OUTSIDE = 1.5; // pixels
export const LETTERS = ["A", "B", "C", "D"]; // of the neighbours

export const shade = (t) => `color-mix(in srgb, var(--stn-ink) ${Math.round(t * 100)}%, var(--stn-surface))`;
export const inkOn = (t) => (t > 0.5 ? "var(--stn-paper)" : "var(--stn-ink)");

// The pixel to the left of the point. On a pixel the slope is that to the right, as torch's. Where the padding holds
// the value constant, torch's slope is 0 on both ends of the constant part.
function firstPixel(value, size, padding) {
  const isEnd = padding !== "zeros" && (value === 0 || value === size);
  return Math.floor(value) - (isEnd ? 1 : 0);
}

// The pixel that the nearest mode takes of `first` and the next one: torch rounds the coordinate after the padding.
function nearestPixel(value, size, padding, first) {
  const repeated = (coordinate) => padded(coordinate, size, padding, false);
  const round = (coordinate) => taps(coordinate, "nearest")[0][0];
  const taken = round(repeated(value));
  return [round(value), first, first + 1].find((pixel) => repeated(pixel) === taken);
}

const isInside = (row, column, { height, width }) => row >= 0 && row < height && column >= 0 && column < width;

// The pixel of the image that a pixel repeats; null outside, where the padding is zeros.
export function repeatedPixel(row, column, image, padding) {
  if (isInside(row, column, image)) return [row, column];
  if (padding === "zeros") return null;
  return [padded(row, image.height, padding, false), padded(column, image.width, padding, false)];
}

export function samplePoint(image, x, y, mode, padding) {
  const { height, width } = image;
  const x0 = firstPixel(x, width, padding),
    y0 = firstPixel(y, height, padding),
    fx = x - x0,
    fy = y - y0;
  const near = mode === "nearest" && {
    row: nearestPixel(y, height, padding, y0),
    column: nearestPixel(x, width, padding, x0),
  };
  const corners = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ].map(([down, right]) => {
    const row = y0 + down,
      column = x0 + right;
    const repeats = repeatedPixel(row, column, image, padding);
    const area = (right ? fx : 1 - fx) * (down ? fy : 1 - fy);
    const weight = near ? Number(near.row === row && near.column === column) : area;
    const value = repeats ? image.image[repeats[0] * width + repeats[1]] : 0;
    return { row, column, value, weight, repeats, outside: !isInside(row, column, image) };
  });
  const [a, b, c, d] = corners.map((corner) => corner.value);
  return {
    x0,
    y0,
    fx,
    fy,
    corners,
    value: corners.reduce((sum, corner) => sum + corner.weight * corner.value, 0),
    dx: near ? 0 : (1 - fy) * (b - a) + fy * (d - c),
    dy: near ? 0 : (1 - fx) * (c - a) + fx * (d - b),
  };
}
