// A recorded training run as plain numbers: the digits, their windows, the answers. Pure.
// theta [t11, t12, t13, t21, t22, t23] maps output to input, normalised, align_corners=False; sizes are [H, W].
import { roundGap } from "../shared/axis.js";
import { affineGrid, gridSample } from "../shared/numerics.js";
import { frameAt } from "../shared/player.js";

export const NETWORKS = ["cnn", "st-cnn"]; // in this order, whatever order a page stores its keys in

// `inputs` and `thetas` are DataViews: bytes, and little-endian float32.
export function readRun({ inputs, thetas, labels, steps, answers, error, loss, size, outSize }) {
  const count = labels.length,
    pixels = size[0] * size[1];
  const images = labels.map((_, k) =>
    Float32Array.from({ length: pixels }, (_, i) => inputs.getUint8(k * pixels + i) / 255),
  );
  const theta = (frame, digit) =>
    Array.from({ length: 6 }, (_, i) => thetas.getFloat32(4 * ((frame * count + digit) * 6 + i), true));
  const all = steps.map((_, frame) => labels.map((_, digit) => theta(frame, digit)));
  return {
    images,
    thetas: all,
    labels,
    steps,
    answers,
    curves: { error, loss },
    size,
    outSize,
    count,
    last: steps.length - 1,
  };
}

// Between two recorded steps the window moves evenly from one to the other, so that the eye can follow it.
export function thetaAt({ thetas, last }, frame, part, digit) {
  const from = thetas[frame][digit],
    to = thetas[Math.min(frame + 1, last)][digit];
  return part ? from.map((value, i) => value + part * (to[i] - value)) : from;
}

// Where the corners of the output square are sampled, in pixels from the input's upper left corner, clockwise.
export function windowCorners([a, b, tx, c, d, ty], [height, width]) {
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([x, y]) => [((a * x + b * y + tx + 1) * width) / 2, ((c * x + d * y + ty + 1) * height) / 2]);
}

// The centre of the window and the digit's centre of mass, in pixels from the input's upper left corner.
export const windowCentre = ([, , x, , , y], [height, width]) => [((x + 1) * width) / 2, ((y + 1) * height) / 2];

export function digitCentre(image, [height, width]) {
  let [sum, x, y] = [0, 0, 0];
  image.forEach((value, at) => {
    sum += value;
    x += value * ((at % width) + 0.5);
    y += value * (Math.floor(at / width) + 0.5);
  });
  return sum > 0 ? [x / sum, y / sum] : [width / 2, height / 2];
}

// The pixels between both centres.
export function apart(image, theta, size) {
  const [x, y] = windowCentre(theta, size);
  const [u, v] = digitCentre(image, size);
  return Math.hypot(x - u, y - v);
}

export function straighten(image, size, theta, outSize) {
  return gridSample(image, [1, ...size], affineGrid(theta, ...outSize));
}

// The window's pose: its centre in pixels from the middle of the input, right and down; `zoom`, how much larger the
// image is in the output's frame; `rotation`, degrees clockwise on the screen, of the nearest rotation; `stretch`, its
// long side by its short one. Lengths and angles are those of pixels. zoom and stretch are null for a window without
// area.
export function windowPose([a, b, tx, c, d, ty], [height, width], [outHeight, outWidth]) {
  const area = a * d - b * c,
    flat = Math.abs(area) < 1e-6;
  const p = (a * width) / outWidth,
    q = (b * width) / outHeight,
    r = (c * height) / outWidth,
    u = (d * height) / outHeight;
  // Halves of sum and difference of the singular values.
  const even = Math.hypot(p + u, r - q) / 2,
    odd = Math.hypot(p - u, r + q) / 2;
  return {
    x: (tx * width) / 2,
    y: (ty * height) / 2,
    mirrored: area < 0,
    rotation: (Math.atan2(r - q, p + u) * 180) / Math.PI,
    zoom: flat ? null : 1 / Math.sqrt(Math.abs(area)),
    stretch: flat ? null : (even + odd) / Math.abs(even - odd),
  };
}

// The frame whose step is nearest.
export function frameNear(steps, step) {
  const frame = frameAt(steps, step);
  return frame + 1 < steps.length && steps[frame + 1] - step < step - steps[frame] ? frame + 1 : frame;
}

export const isRight = ({ answers, labels }, network, frame, digit) => answers[network][frame][digit] === labels[digit];

export function rightOnes(run, network, frame) {
  return run.labels.filter((_, digit) => isRight(run, network, frame, digit)).length;
}

// Whole steps for an axis: at most `most` round gaps.
export function stepTicks(first, last, most) {
  const gap = roundGap(Math.max((last - first) / most, 1));
  const ticks = [];
  for (let step = Math.ceil(first / gap) * gap; step <= last; step += gap) ticks.push(step);
  return ticks;
}
