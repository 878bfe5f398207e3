// The twin of stn_lib.registration: descent on theta until one picture, read at theta, looks like another. Pure.
// Pictures are (H, W) row by row; theta [t11, t12, t13, t21, t22, t23] maps output to input, normalised,
// align_corners=False, zeros outside.

const RIM = 2;  // of zeros round a picture: a point that is held there reads nothing, and needs no special case
const SAMPLES = 8, SPREAD = 2, RATE = 0.02, BETAS = [0.9, 0.999], EPSILON = 1e-8;  // the library's, and torch's Adam

// A Gaussian blur of `sigma` pixels; outside is black.
export function blurred(image, height, width, sigma) {
  if (sigma === 0) return Float64Array.from(image);
  const reach = Math.floor(4 * sigma + 0.5), weights = new Float64Array(2 * reach + 1);
  for (let k = -reach; k <= reach; k++) weights[k + reach] = Math.exp(-(k * k) / (2 * sigma * sigma));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const pass = (from, count, step, lines, stride) => {
    const out = new Float64Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let j = Math.max(0, i - reach); j <= Math.min(count - 1, i + reach); j++) sum += weights[j - i + reach] * from[line * stride + j * step];
        out[line * stride + i * step] = sum / total;
      }
    }
    return out;
  };
  return pass(pass(image, width, 1, height, width), height, width, width, 1);
}

// What a descent looks at: the moving picture with its rim and the box of its content, the fixed one, and where the
// centres of pixels lie.
export function makePair(moving, fixed, height, width) {
  const stride = width + 2 * RIM, padded = new Float64Array(stride * (height + 2 * RIM));
  const box = { top: height, bottom: -1, left: width, right: -1 };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = moving[row * width + column];
      padded[(row + RIM) * stride + column + RIM] = value;
      if (value === 0) continue;
      box.top = Math.min(box.top, row);
      box.bottom = row;
      box.left = Math.min(box.left, column);
      box.right = Math.max(box.right, column);
    }
  }
  const centres = (side) => Float64Array.from({ length: side }, (_, k) => (2 * k + 1) / side - 1);
  return { moving, fixed, height, width, stride, padded, box, xs: centres(width), ys: centres(height) };
}

const hold = (value, low, high) => (value < low ? low : value > high ? high : value);

function roundHalfEven(value) {
  const low = Math.floor(value), rest = value - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

function bilinear({ padded, stride, height, width }, x, y) {
  x = hold(x, -RIM, width);
  y = hold(y, -RIM, height);
  const left = Math.floor(x), top = Math.floor(y), fx = x - left, fy = y - top, at = (top + RIM) * stride + left + RIM;
  const upper = padded[at] + fx * (padded[at + 1] - padded[at]);
  return upper + fy * (padded[at + stride] + fx * (padded[at + stride + 1] - padded[at + stride]) - upper);
}

// V, the loss mean((V - fixed)²) and its gradient for the six numbers, into `out` and `gradient`. The linearised sampler
// takes `noise`, (SAMPLES, H, W, 2) normal numbers: the auxiliary points, in units of the spread.
export function lossAndGradient(pair, theta, sampler, { out, gradient, noise, spread = SPREAD }) {
  const { padded, stride, height, width, fixed, xs, ys } = pair, count = height * width;
  const [a, b, tx, c, d, ty] = theta, read = new Float64Array(SAMPLES);
  let loss = 0, gx = 0, gy = 0, gxx = 0, gxy = 0, gyx = 0, gyy = 0;
  for (let row = 0, p = 0; row < height; row++) {
    for (let column = 0; column < width; column++, p++) {
      const u = xs[column], v = ys[row];
      const px = (a * u + (b * v + tx) + 1) * (width / 2) - 0.5, py = (c * u + (d * v + ty) + 1) * (height / 2) - 0.5;
      const x = hold(px, -RIM, width), y = hold(py, -RIM, height);
      let value, slopeX = 0, slopeY = 0;
      if (sampler === "nearest") {
        value = padded[(roundHalfEven(y) + RIM) * stride + roundHalfEven(x) + RIM];
      } else {
        const left = Math.floor(x), top = Math.floor(y), fx = x - left, fy = y - top, at = (top + RIM) * stride + left + RIM;
        const nw = padded[at], ne = padded[at + 1], sw = padded[at + stride], se = padded[at + stride + 1];
        const upper = nw + fx * (ne - nw), lower = sw + fx * (se - sw);
        value = upper + fy * (lower - upper);
        slopeX = ne - nw + fy * (se - sw - ne + nw);
        slopeY = lower - upper;
      }
      const rest = value - fixed[p];
      out[p] = value;
      loss += rest * rest;
      if (sampler === "linearized" && rest !== 0) {
        // The plane through what the auxiliary points read, by least squares, gives the slope.
        let mx = 0, my = 0, mean = 0, xx = 0, xy = 0, yy = 0, xv = 0, yv = 0;
        for (let k = 0; k < SAMPLES; k++) {
          const at = 2 * (k * count + p);
          mx += noise[at] / SAMPLES;
          my += noise[at + 1] / SAMPLES;
          read[k] = bilinear(pair, px + spread * noise[at], py + spread * noise[at + 1]);
          mean += read[k] / SAMPLES;
        }
        for (let k = 0; k < SAMPLES; k++) {
          const at = 2 * (k * count + p), dx = noise[at] - mx, dy = noise[at + 1] - my, dv = read[k] - mean;
          xx += dx * dx; xy += dx * dy; yy += dy * dy; xv += dx * dv; yv += dy * dv;
        }
        const area = spread * (xx * yy - xy * xy);
        slopeX = (yy * xv - xy * yv) / area;
        slopeY = (xx * yv - xy * xv) / area;
      }
      const alongX = rest * slopeX, alongY = rest * slopeY;
      gx += alongX; gxx += alongX * u; gxy += alongX * v;
      gy += alongY; gyx += alongY * u; gyy += alongY * v;
    }
  }
  // d loss / d V is 2 (V - fixed) / count, a pixel is 2 / width: together width / count.
  const sx = width / count, sy = height / count;
  gradient[0] = sx * gxx; gradient[1] = sx * gxy; gradient[2] = sx * gx;
  gradient[3] = sy * gyx; gradient[4] = sy * gyy; gradient[5] = sy * gy;
  return loss / count;
}

// Normal numbers that are the same on each call: mulberry32, then Box and Muller.
export function makeNormals(seed, count) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normals = new Float64Array(count + (count % 2));
  for (let k = 0; k < count; k += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
    normals[k] = radius * Math.cos(angle);
    normals[k + 1] = radius * Math.sin(angle);
  }
  return { normals, uniform };
}

// The auxiliary points of each step: a stretch of one table, so that a step costs no logarithms.
export function makeNoise(height, width, seed = 1) {
  const need = 2 * SAMPLES * height * width, { normals, uniform } = makeNormals(seed, 2 * need);
  const starts = Array.from({ length: 512 }, () => 2 * Math.floor((uniform() * need) / 2));
  return (step) => normals.subarray(starts[step % 512], starts[step % 512] + need);
}

// The blur of a step: each of `blurs` for an equal share of the steps.
export const blurAt = (step, steps, blurs) => blurs[Math.min(Math.floor((step * blurs.length) / steps), blurs.length - 1)];

// A descent that is worked out piece by piece: `advance(until)` goes on until `until()` is true. Entry k of thetas, losses
// and gradients is what step k looked at; `known` says how many there are. `pairAt(sigma)` gives the pictures.
export function makeDescent({ pairAt, start, move, sampler, blurs, steps, noise }) {
  const thetas = new Float64Array(6 * (steps + 1)), gradients = new Float64Array(6 * (steps + 1)), losses = new Float64Array(steps + 1);
  const { height, width } = pairAt(blurs[0]), out = new Float64Array(height * width);
  const theta = Float64Array.from(start), mean = new Float64Array(6), square = new Float64Array(6);
  const free = theta.map((_, i) => Number(move === "affine" || i % 3 === 2));
  const run = { thetas, losses, gradients, steps, known: 0, done: false, blank: false };
  const one = (k) => {
    const gradient = gradients.subarray(6 * k, 6 * k + 6);
    thetas.set(theta, 6 * k);
    losses[k] = lossAndGradient(pairAt(blurAt(k, steps, blurs)), theta, sampler, { out, gradient, noise: noise?.(k) });
    for (let i = 0; i < 6; i++) {  // Adam; the corrections make up for means that began at 0
      const slope = free[i] * gradient[i];
      mean[i] = BETAS[0] * mean[i] + (1 - BETAS[0]) * slope;
      square[i] = BETAS[1] * square[i] + (1 - BETAS[1]) * slope * slope;
      const length = RATE / (1 - BETAS[0] ** (k + 1)), size = Math.sqrt(square[i] / (1 - BETAS[1] ** (k + 1)));
      theta[i] -= (length * mean[i]) / (size + EPSILON);
    }
  };
  run.advance = (until = () => false) => {
    while (run.known <= steps) {
      one(run.known++);
      if (until()) break;
    }
    run.done = run.known > steps;
    run.blank = out.every((value) => value === 0);  // the last step read nothing but paper
    return run.done;
  };
  return run;
}

// The loss for shifts of k * every pixels, k from -reach to reach along both axes, the other four numbers of theta as
// they are: (2 reachY + 1, 2 reachX + 1). Whole pixels: all shifts read with the same weights, and only where content is.
export function landscape(pair, theta, sampler, reachX, reachY, every = 1) {
  const { padded, stride, height, width, fixed, box, xs, ys } = pair, columns = 2 * reachX + 1;
  const out = new Float64Array(columns * (2 * reachY + 1)), nearest = sampler === "nearest";
  let ground = 0;
  for (let row = 0, p = 0; row < height; row++) {
    for (let column = 0; column < width; column++, p++) {
      const goal = fixed[p];
      ground += goal * goal;
      const x = (theta[0] * xs[column] + theta[1] * ys[row] + 1) * (width / 2) - 0.5;
      const y = (theta[3] * xs[column] + theta[4] * ys[row] + 1) * (height / 2) - 0.5;
      const left = nearest ? roundHalfEven(x) : Math.floor(x), top = nearest ? roundHalfEven(y) : Math.floor(y);
      const fx = nearest ? 0 : x - left, fy = nearest ? 0 : y - top;
      const nw = (1 - fx) * (1 - fy), ne = fx * (1 - fy), sw = (1 - fx) * fy, se = fx * fy;
      const firstX = Math.max(-reachX, Math.ceil((box.left - 1 - left) / every)), lastX = Math.min(reachX, Math.floor((box.right - left) / every));
      const firstY = Math.max(-reachY, Math.ceil((box.top - 1 - top) / every)), lastY = Math.min(reachY, Math.floor((box.bottom - top) / every));
      for (let j = firstY; j <= lastY; j++) {
        const line = (top + every * j + RIM) * stride + left + RIM, to = (j + reachY) * columns + reachX;
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

// How far theta still reads from where `goal` reads: the mean over the four corners, in pixels.
export function distance(theta, goal, height, width) {
  let sum = 0;
  for (const [x, y] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) {
    const off = (k) => (theta[k] - goal[k]) * x + (theta[k + 1] - goal[k + 1]) * y + theta[k + 2] - goal[k + 2];
    sum += Math.hypot((off(0) * width) / 2, (off(3) * height) / 2) / 4;
  }
  return sum;
}

// A turn by `degrees`, as pixels see it, after the four numbers of `base`; then the shift.
export function startTheta(base, degrees, x, y, height, width) {
  const c = Math.cos((degrees * Math.PI) / 180), s1 = Math.sin((degrees * Math.PI) / 180);
  const up = (-s1 * height) / width, down = (s1 * width) / height;
  return [c * base[0] + up * base[3], c * base[1] + up * base[4], x, down * base[0] + c * base[3], down * base[1] + c * base[4], y];
}

// How a run ended: "arrived", "rounded" (nearest never moves), "blank" (nothing is read, no gradient), "under way" (the
// loss still falls), "held" (the four numbers that may not move are wrong), or "valley".
export function outcome(run, { goal, move, sampler, height, width }) {
  const left = goal && distance(run.thetas.subarray(6 * run.steps), goal, height, width);
  if (goal && left < 0.5) return "arrived";
  if (sampler === "nearest") return "rounded";
  if (run.blank && run.gradients.subarray(6 * run.steps).every((value) => value === 0)) return "blank";
  const mean = (last) => { let sum = 0; for (let k = 0; k < 16; k++) sum += run.losses[Math.max(last - k, 0)]; return sum; };
  if (mean(run.steps) < 0.97 * mean(run.steps - 16)) return "under way";
  if (!goal) return "settled";
  const fixedOff = Math.max(...[0, 1, 3, 4].map((i) => Math.abs(run.thetas[i] - goal[i])));
  return move === "translation" && fixedOff > 0.02 ? "held" : "valley";
}

// Where the picture crosses `level`, as line segments between its pixels' centres: [x, y, x, y, …] in pixels.
// With a rim of zeros the lines are closed at the border.
export function contour(image, height, width, level, rim = 0) {
  const lines = [];
  const value = (row, column) => (row < 0 || column < 0 || row >= height || column >= width ? 0 : image[row * width + column]);
  const cross = (a, b) => (level - a) / (b - a);
  for (let row = -rim; row < height - 1 + rim; row++) {
    for (let column = -rim; column < width - 1 + rim; column++) {
      const nw = value(row, column), ne = value(row, column + 1), sw = value(row + 1, column), se = value(row + 1, column + 1);
      const kind = (nw > level) + 2 * (ne > level) + 4 * (se > level) + 8 * (sw > level);
      if (kind === 0 || kind === 15) continue;
      const top = [column + cross(nw, ne), row], right = [column + 1, row + cross(ne, se)];
      const bottom = [column + cross(sw, se), row + 1], left = [column, row + cross(nw, sw)];
      const pairs = { 1: [left, top], 2: [top, right], 3: [left, right], 4: [right, bottom], 6: [top, bottom], 7: [left, bottom], 8: [left, bottom],
        9: [top, bottom], 11: [right, bottom], 12: [left, right], 13: [top, right], 14: [left, top] }[kind];
      // Two corners across from each other: two pieces.
      for (const point of pairs ?? (kind === 5 ? [left, bottom, top, right] : [left, top, right, bottom])) lines.push(...point);
    }
  }
  return lines;
}
