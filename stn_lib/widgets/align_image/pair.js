// A pair of images, what is read of the moving one under theta, the loss and its gradient. Images are (H, W), row by
// row; theta [t11, t12, t13, t21, t22, t23] maps output to input, normalised, align_corners=False, zeros outside.

export const RIM = 2; // of zeros round an image: a point that is held there has the value 0, and needs no special case
export const SAMPLES = 8; // auxiliary points of the linearised sampler, as stn_lib has them
const SPREAD = 2; // their spread in pixels

// What a descent looks at: the moving image with its border and the box of its content, the fixed one, and where the
// centres of pixels lie.
export function makePair(moving, fixed, height, width) {
  const stride = width + 2 * RIM,
    padded = new Float64Array(stride * (height + 2 * RIM));
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

export function roundHalfEven(value) {
  const low = Math.floor(value),
    rest = value - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

function bilinear({ padded, stride, height, width }, x, y) {
  x = hold(x, -RIM, width);
  y = hold(y, -RIM, height);
  const left = Math.floor(x),
    top = Math.floor(y),
    fx = x - left,
    fy = y - top,
    at = (top + RIM) * stride + left + RIM;
  const upper = padded[at] + fx * (padded[at + 1] - padded[at]);
  return upper + fy * (padded[at + stride] + fx * (padded[at + stride + 1] - padded[at + stride]) - upper);
}

// The bilinear value at a pixel coordinate that is held in the border, and its slopes along x and y, into `seen`.
function readSmooth({ padded, stride }, x, y, seen) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - left, y - top];
  const at = (top + RIM) * stride + left + RIM;
  const [nw, ne, sw, se] = [padded[at], padded[at + 1], padded[at + stride], padded[at + stride + 1]];
  const upper = nw + fx * (ne - nw);
  const lower = sw + fx * (se - sw);
  seen[0] = upper + fy * (lower - upper);
  seen[1] = ne - nw + fy * (se - sw - ne + nw);
  seen[2] = lower - upper;
}

function readNearest({ padded, stride }, x, y, seen) {
  seen[0] = padded[(roundHalfEven(y) + RIM) * stride + roundHalfEven(x) + RIM];
  seen[1] = 0;
  seen[2] = 0;
}

// The slopes of the plane through what the auxiliary points of pixel `p` read, by least squares, into `seen`.
function readPlane(pair, p, px, py, { noise, spread, read }, seen) {
  const count = pair.height * pair.width;
  let [mx, my, mean] = [0, 0, 0];
  for (let k = 0; k < SAMPLES; k++) {
    const at = 2 * (k * count + p);
    mx += noise[at] / SAMPLES;
    my += noise[at + 1] / SAMPLES;
    read[k] = bilinear(pair, px + spread * noise[at], py + spread * noise[at + 1]);
    mean += read[k] / SAMPLES;
  }
  let [xx, xy, yy, xv, yv] = [0, 0, 0, 0, 0];
  for (let k = 0; k < SAMPLES; k++) {
    const at = 2 * (k * count + p);
    const [dx, dy, dv] = [noise[at] - mx, noise[at + 1] - my, read[k] - mean];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
    xv += dx * dv;
    yv += dy * dv;
  }
  const area = spread * (xx * yy - xy * xy);
  seen[1] = (yy * xv - xy * yv) / area;
  seen[2] = (xx * yv - xy * xv) / area;
}

// V, the loss mean((V - fixed)²) and its gradient for the six numbers, into `out` and `gradient`. The linearised
// sampler takes `noise`, (SAMPLES, H, W, 2) normal numbers: the auxiliary points, in units of the spread.
export function lossAndGradient(pair, theta, sampler, { out, gradient, noise, spread = SPREAD }) {
  const { height, width, fixed, xs, ys } = pair;
  const [a, b, tx, c, d, ty] = theta;
  const read = sampler === "nearest" ? readNearest : readSmooth;
  const auxiliary = { noise, spread, read: new Float64Array(SAMPLES) };
  const seen = new Float64Array(3); // the value and its slopes
  let loss = 0;
  gradient.fill(0);
  for (let row = 0, p = 0; row < height; row++) {
    for (let column = 0; column < width; column++, p++) {
      const [u, v] = [xs[column], ys[row]];
      const px = (a * u + (b * v + tx) + 1) * (width / 2) - 0.5;
      const py = (c * u + (d * v + ty) + 1) * (height / 2) - 0.5;
      read(pair, hold(px, -RIM, width), hold(py, -RIM, height), seen);
      const rest = seen[0] - fixed[p];
      out[p] = seen[0];
      loss += rest * rest;
      if (sampler === "linearized" && rest !== 0) readPlane(pair, p, px, py, auxiliary, seen);
      const [alongX, alongY] = [rest * seen[1], rest * seen[2]];
      gradient[0] += alongX * u;
      gradient[1] += alongX * v;
      gradient[2] += alongX;
      gradient[3] += alongY * u;
      gradient[4] += alongY * v;
      gradient[5] += alongY;
    }
  }
  // d loss / d V is 2 (V - fixed) / count, a pixel is 2 / width: together width / count.
  const count = height * width;
  for (let k = 0; k < 6; k++) gradient[k] *= (k < 3 ? width : height) / count;
  return loss / count;
}
