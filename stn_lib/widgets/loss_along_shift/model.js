// The loss along a shift: the output V(t) is U sampled at x + t, the target is U sampled at x + goal.
import { gaussianBlur, taps } from "../shared/numerics.js";

// Inner product of the image shifted by a and shifted by b, over the frame, zeros outside.
function overlap(image, height, width, a, b) {
  const first = Math.max(0, -a, -b),
    last = Math.min(width, width - a, width - b);
  let sum = 0;
  for (let row = 0; row < height; row++) {
    for (let c = first; c < last; c++) sum += image[row * width + c + a] * image[row * width + c + b];
  }
  return sum;
}

const SLOPES = {
  nearest: () => [0],
  bilinear: () => [-1, 1],
  bicubic: (t) => {
    const a = -0.75;
    const near = (d) => (3 * (a + 2) * d - 2 * (a + 3)) * d;
    const far = (d) => (3 * a * d - 10 * a) * d + 8 * a;
    return [far(t + 1), near(t), -near(1 - t), -far(2 - t)];
  },
};

// The loss is a quadratic form in the weights of the integer shifts, so once their inner products are
// known each point of the curve costs a few multiplications, exactly.
export function makeLoss(image, height, width, goal) {
  const known = new Map();
  const product = (a, b) => {
    const key = a < b ? a * 4096 + b : b * 4096 + a;
    if (!known.has(key)) known.set(key, overlap(image, height, width, a, b));
    return known.get(key);
  };
  return (t, mode) => {
    const read = taps(t, mode),
      slopes = SLOPES[mode](t - Math.floor(t));
    let loss = product(goal, goal),
      slope = 0;
    read.forEach(([j, w], k) => {
      loss -= 2 * w * product(j, goal);
      slope -= 2 * slopes[k] * product(j, goal);
      read.forEach(([i, v], l) => {
        loss += w * v * product(j, i);
        slope += (slopes[k] * v + w * slopes[l]) * product(j, i);
      });
    });
    const count = height * width;
    return { loss: Math.max(loss, 0) / count, slope: slope / count };
  };
}

// Why descent stops at t, away from the goal: in the "ripple" that bilinear interpolation has between two pixels,
// although the loss falls towards the goal from one whole pixel to the next; or out of "reach", where it does not.
export function whyStopped(loss, t, goal) {
  const way = Math.sign(goal - t);
  const behind = way > 0 ? Math.floor(t) : Math.ceil(t);
  const [here, ahead] = [behind, behind + way].map((whole) => loss(whole, "nearest").loss);
  return here - ahead > 1e-3 * here ? "ripple" : "reach";
}

export function shiftImage(image, height, width, t, mode, out) {
  const read = taps(t, mode);
  for (let row = 0; row < height; row++) {
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (const [j, w] of read) {
        const from = c + j;
        if (from >= 0 && from < width) sum += w * image[row * width + from];
      }
      out[row * width + c] = sum;
    }
  }
  return out;
}

// What the plot and the descent need of one goal and one blur; `rate` makes the steepest step near the goal 0.6 pixels.
export function measure(pixels, height, width, goal, sigma) {
  const image = gaussianBlur(pixels, height, width, sigma);
  const target = shiftImage(image, height, width, goal, "nearest", new Float64Array(height * width));
  const loss = makeLoss(image, height, width, goal);
  let steepest = 0;
  for (let t = goal - 4; t <= goal + 4; t += 0.25) steepest = Math.max(steepest, Math.abs(loss(t, "bilinear").slope));
  return { image, target, loss, top: Math.max(...image) || 1, rate: steepest ? 0.6 / steepest : 0 };
}
