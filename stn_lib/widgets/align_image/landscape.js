// The loss for every shift, and lines of equal value in an image.
import { RIM, roundHalfEven } from "./pair.js";

// The loss for shifts of k * every pixels, k from -reach to reach along both axes, the other four numbers of theta as
// they are: (2 reachY + 1, 2 reachX + 1). Whole pixels: all shifts read with the same weights, and only where content
// is.
export function landscape(pair, theta, sampler, reachX, reachY, every = 1) {
  const { padded, stride, height, width, fixed, box, xs, ys } = pair,
    columns = 2 * reachX + 1;
  const out = new Float64Array(columns * (2 * reachY + 1)),
    nearest = sampler === "nearest";
  let ground = 0;
  for (let row = 0, p = 0; row < height; row++) {
    for (let column = 0; column < width; column++, p++) {
      const goal = fixed[p];
      ground += goal * goal;
      const x = (theta[0] * xs[column] + theta[1] * ys[row] + 1) * (width / 2) - 0.5;
      const y = (theta[3] * xs[column] + theta[4] * ys[row] + 1) * (height / 2) - 0.5;
      const left = nearest ? roundHalfEven(x) : Math.floor(x),
        top = nearest ? roundHalfEven(y) : Math.floor(y);
      const fx = nearest ? 0 : x - left,
        fy = nearest ? 0 : y - top;
      const nw = (1 - fx) * (1 - fy),
        ne = fx * (1 - fy),
        sw = (1 - fx) * fy,
        se = fx * fy;
      const firstX = Math.max(-reachX, Math.ceil((box.left - 1 - left) / every)),
        lastX = Math.min(reachX, Math.floor((box.right - left) / every));
      const firstY = Math.max(-reachY, Math.ceil((box.top - 1 - top) / every)),
        lastY = Math.min(reachY, Math.floor((box.bottom - top) / every));
      for (let j = firstY; j <= lastY; j++) {
        const line = (top + every * j + RIM) * stride + left + RIM,
          to = (j + reachY) * columns + reachX;
        for (let i = firstX; i <= lastX; i++) {
          const at = line + every * i;
          const value = nw * padded[at] + ne * padded[at + 1] + sw * padded[at + stride] + se * padded[at + stride + 1];
          out[to + i] += value * (value - 2 * goal);
        }
      }
    }
  }
  return out.map((value) => Math.max((value + ground) / (height * width), 0));
}

// Which sides of a cell (0 top, 1 right, 2 bottom, 3 left) a line joins, by which corners are above the level: nw 1, ne
// 2, se 4, sw 8. Two corners across from each other have two lines.
const SIDES = [
  [], [3, 0], [0, 1], [3, 1], [1, 2], [3, 2, 0, 1], [0, 2], [3, 2],
  [3, 2], [0, 2], [3, 0, 1, 2], [1, 2], [3, 1], [0, 1], [3, 0], [],
]; // prettier-ignore

// Where the image crosses `level`, as line segments between its pixels' centres: [x, y, x, y, …] in pixels.
// With a border of zeros the lines are closed at the border.
export function contour(image, height, width, level, rim = 0) {
  const stride = width + 2 * rim;
  const padded = rim ? new Float64Array(stride * (height + 2 * rim)) : image;
  if (rim) {
    for (let row = 0; row < height; row++)
      padded.set(image.slice(row * width, (row + 1) * width), (row + rim) * stride + rim);
  }
  const lines = [];
  for (let row = 0; row < height + 2 * rim - 1; row++) {
    for (let column = 0, at = row * stride; column < stride - 1; column++, at++) {
      const [nw, ne, sw, se] = [padded[at], padded[at + 1], padded[at + stride], padded[at + stride + 1]];
      const sides = SIDES[(nw > level) + 2 * (ne > level) + 4 * (se > level) + 8 * (sw > level)];
      for (const side of sides) {
        if (side === 0) lines.push(column - rim + (level - nw) / (ne - nw), row - rim);
        else if (side === 1) lines.push(column - rim + 1, row - rim + (level - ne) / (se - ne));
        else if (side === 2) lines.push(column - rim + (level - sw) / (se - sw), row - rim + 1);
        else lines.push(column - rim, row - rim + (level - nw) / (sw - nw));
      }
    }
  }
  return lines;
}
