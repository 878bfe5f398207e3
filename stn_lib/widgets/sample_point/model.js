// The pixels that one point reads, their weights, the value and its slopes. Pixel coordinates count from 0.
import { padded, taps } from "../shared/numerics.js";

// How the coordinate that is read follows the coordinate that is asked for: 1, 0 (held at the border), -1.
export function paddingSlope(value, size, padding) {
  if (padding === "zeros") return 1;
  if (padding === "border") return value <= 0 || value >= size - 1 ? 0 : 1;
  const inside = padded(value, size, padding, false);
  if (inside <= 0 || inside >= size - 1) return 0;
  const turns = Math.floor((value + 0.5) / size);
  return turns % 2 === 0 ? 1 : -1;
}

export function readPoint({ image, height, width }, x, y, mode, padding) {
  const rx = padded(x, width, padding, false),
    ry = padded(y, height, padding, false);
  const x0 = Math.floor(rx),
    y0 = Math.floor(ry),
    fx = rx - x0,
    fy = ry - y0;
  const at = (row, column) =>
    row >= 0 && row < height && column >= 0 && column < width ? image[row * width + column] : 0;
  const near = mode === "nearest" ? { row: taps(ry, mode)[0][0], column: taps(rx, mode)[0][0] } : null;
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
  const flat = mode === "nearest" ? 0 : 1;
  return {
    rx,
    ry,
    fx,
    fy,
    corners,
    value: corners.reduce((sum, corner) => sum + corner.weight * corner.value, 0),
    dx: flat * paddingSlope(x, width, padding) * ((1 - fy) * (b - a) + fy * (d - c)),
    dy: flat * paddingSlope(y, height, padding) * ((1 - fx) * (c - a) + fx * (d - b)),
  };
}
