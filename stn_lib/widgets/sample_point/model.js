// The four pixels around a point, their weights, the value and its slopes. Pixel coordinates count from 0; a point is
// at most one pixel outside the image.
import { padded, taps } from "../shared/numerics.js";

// The pixel to the left of the point. On a pixel the slope is that to the right, as torch's. Where the padding holds
// the value constant, torch's slope is 0 on both ends of the constant part.
function firstPixel(value, size, padding) {
  const isEnd = padding !== "zeros" && (value === 0 || value === size);
  return Math.floor(value) - (isEnd ? 1 : 0);
}

// The pixel of the image that a pixel outside repeats; null where the padding is zeros.
export function repeatedPixel(row, column, { height, width }, padding) {
  const isInside = row >= 0 && row < height && column >= 0 && column < width;
  if (isInside) return [row, column];
  return padding === "zeros" ? null : [padded(row, height, padding, false), padded(column, width, padding, false)];
}

export function samplePoint({ image, height, width }, x, y, mode, padding) {
  const x0 = firstPixel(x, width, padding),
    y0 = firstPixel(y, height, padding),
    fx = x - x0,
    fy = y - y0;
  const at = (row, column) => {
    const pixel = repeatedPixel(row, column, { height, width }, padding);
    return pixel ? image[pixel[0] * width + pixel[1]] : 0;
  };
  const near = mode === "nearest" ? { row: taps(y, mode)[0][0], column: taps(x, mode)[0][0] } : null;
  const corners = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ].map(([down, right]) => {
    const row = y0 + down,
      column = x0 + right;
    const area = (right ? fx : 1 - fx) * (down ? fy : 1 - fy);
    const weight = near ? Number(near.row === row && near.column === column) : area;
    return { row, column, value: at(row, column), weight };
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
