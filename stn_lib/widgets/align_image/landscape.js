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

// Where the image crosses `level`, as line segments between its pixels' centres: [x, y, x, y, …] in pixels.
// With a border of zeros the lines are closed at the border.
export function contour(image, height, width, level, rim = 0) {
  const lines = [];
  const value = (row, column) =>
    row < 0 || column < 0 || row >= height || column >= width ? 0 : image[row * width + column];
  const cross = (a, b) => (level - a) / (b - a);
  for (let row = -rim; row < height - 1 + rim; row++) {
    for (let column = -rim; column < width - 1 + rim; column++) {
      const nw = value(row, column),
        ne = value(row, column + 1),
        sw = value(row + 1, column),
        se = value(row + 1, column + 1);
      const kind = (nw > level) + 2 * (ne > level) + 4 * (se > level) + 8 * (sw > level);
      if (kind === 0 || kind === 15) continue;
      const top = [column + cross(nw, ne), row],
        right = [column + 1, row + cross(ne, se)];
      const bottom = [column + cross(sw, se), row + 1],
        left = [column, row + cross(nw, sw)];
      const pairs = {
        1: [left, top],
        2: [top, right],
        3: [left, right],
        4: [right, bottom],
        6: [top, bottom],
        7: [left, bottom],
        8: [left, bottom],
        9: [top, bottom],
        11: [right, bottom],
        12: [left, right],
        13: [top, right],
        14: [left, top],
      }[kind];
      // Two corners across from each other: two pieces.
      for (const point of pairs ?? (kind === 5 ? [left, bottom, top, right] : [left, top, right, bottom]))
        lines.push(...point);
    }
  }
  return lines;
}
