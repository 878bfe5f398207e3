// The twin of stn_lib.registration: descent on theta until one image, sampled at theta, matches another. No DOM.
import { makeRandom } from "../shared/random.js";
import { SAMPLES, lossAndGradient } from "./pair.js";

export const RATE = 0.02; // the library's, and torch's Adam
const BETAS = [0.9, 0.999];
const EPSILON = 1e-8;

// Normal numbers that are the same on each call, by Box and Muller; and the uniform numbers behind them.
export function makeNormals(seed, count) {
  const uniform = makeRandom(seed);
  const normals = new Float64Array(count + (count % 2));
  for (let k = 0; k < count; k += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    normals[k] = radius * Math.cos(angle);
    normals[k + 1] = radius * Math.sin(angle);
  }
  return { normals, uniform };
}

// The auxiliary points of each step: a stretch of one table, so that a step costs no logarithms.
export function makeNoise(height, width, seed = 1) {
  const need = 2 * SAMPLES * height * width,
    { normals, uniform } = makeNormals(seed, 2 * need);
  const starts = Array.from({ length: 512 }, () => 2 * Math.floor((uniform() * need) / 2));
  return (step) => normals.subarray(starts[step % 512], starts[step % 512] + need);
}

// The blur of a step: each of `blurs` for an equal share of the steps.
export const blurAt = (step, steps, blurs) =>
  blurs[Math.min(Math.floor((step * blurs.length) / steps), blurs.length - 1)];

// A descent that is worked out piece by piece: `advance(until)` goes on until `until()` is true. Entry k of thetas,
// losses and gradients is what step k looked at; theta then moves by -RATE times entry k of directions, the gradients
// as Adam scales them. `known` says how many entries there are. `pairAt(sigma)` gives the images.
export function makeDescent({ pairAt, start, move, sampler, blurs, steps, noise }) {
  const thetas = new Float64Array(6 * (steps + 1)),
    gradients = new Float64Array(6 * (steps + 1)),
    directions = new Float64Array(6 * (steps + 1)),
    losses = new Float64Array(steps + 1);
  const { height, width } = pairAt(blurs[0]),
    out = new Float64Array(height * width);
  const theta = Float64Array.from(start),
    mean = new Float64Array(6),
    square = new Float64Array(6);
  const free = theta.map((_, i) => Number(move === "affine" || i % 3 === 2));
  const run = { thetas, losses, gradients, directions, steps, known: 0, done: false, blank: false };
  const one = (k) => {
    const gradient = gradients.subarray(6 * k, 6 * k + 6);
    thetas.set(theta, 6 * k);
    losses[k] = lossAndGradient(pairAt(blurAt(k, steps, blurs)), theta, sampler, { out, gradient, noise: noise?.(k) });
    for (let i = 0; i < 6; i++) {
      // Adam; the corrections make up for means that began at 0
      const slope = free[i] * gradient[i];
      mean[i] = BETAS[0] * mean[i] + (1 - BETAS[0]) * slope;
      square[i] = BETAS[1] * square[i] + (1 - BETAS[1]) * slope * slope;
      const size = Math.sqrt(square[i] / (1 - BETAS[1] ** (k + 1)));
      directions[6 * k + i] = mean[i] / (1 - BETAS[0] ** (k + 1)) / (size + EPSILON);
      theta[i] -= RATE * directions[6 * k + i];
    }
  };
  run.advance = (until = () => false) => {
    while (run.known <= steps) {
      one(run.known++);
      if (until()) break;
    }
    run.done = run.known > steps;
    run.blank = out.every((value) => value === 0); // the last step sampled background alone
    return run.done;
  };
  return run;
}

// The distance between the windows of theta and of `goal`: the mean over the four corners, in pixels.
export function distance(theta, goal, height, width) {
  let sum = 0;
  for (const [x, y] of [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ]) {
    const off = (k) => (theta[k] - goal[k]) * x + (theta[k + 1] - goal[k + 1]) * y + theta[k + 2] - goal[k + 2];
    sum += Math.hypot((off(0) * width) / 2, (off(3) * height) / 2) / 4;
  }
  return sum;
}

// A rotation by `degrees`, as pixels see it, after the four numbers of `base`; then the shift.
export function startTheta(base, degrees, x, y, height, width) {
  const c = Math.cos((degrees * Math.PI) / 180),
    s1 = Math.sin((degrees * Math.PI) / 180);
  const up = (-s1 * height) / width,
    down = (s1 * width) / height;
  return [
    c * base[0] + up * base[3],
    c * base[1] + up * base[4],
    x,
    down * base[0] + c * base[3],
    down * base[1] + c * base[4],
    y,
  ];
}

// How a run ended: "arrived", "rounded" (nearest never moves), "blank" (background alone, no gradient), "under way"
// (the loss still falls), "held" (the four numbers that may not move are wrong), or "valley".
export function outcome(run, { goal, move, sampler, height, width }) {
  const left = goal && distance(run.thetas.subarray(6 * run.steps), goal, height, width);
  if (goal && left < 0.5) return "arrived";
  if (sampler === "nearest") return "rounded";
  if (run.blank && run.gradients.subarray(6 * run.steps).every((value) => value === 0)) return "blank";
  const mean = (last) => {
    let sum = 0;
    for (let k = 0; k < 16; k++) sum += run.losses[Math.max(last - k, 0)];
    return sum;
  };
  if (mean(run.steps) < 0.97 * mean(run.steps - 16)) return "under way";
  if (!goal) return "settled";
  const fixedOff = Math.max(...[0, 1, 3, 4].map((i) => Math.abs(run.thetas[i] - goal[i])));
  return move === "translation" && fixedOff > 0.02 ? "held" : "valley";
}
