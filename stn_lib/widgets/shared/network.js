// A trained network in the page: reads the plain list of operations that stn_lib.models.export writes
// (weights in half precision or in 8 bits, in one buffer) and runs it on typed arrays.
import {
  blur2d,
  centreWeights,
  conv2d,
  linear,
  meanOfChannels,
  meanPlace,
  pool2d,
  relu,
  scaleChannels,
  softmax,
} from "./layers.js";
import { affineGrid, gridSample } from "./numerics.js";

/**
 * Numbers in half precision, little-endian.
 * @param {DataView} view
 */
export function decodeHalf(view) {
  const out = new Float32Array(view.byteLength / 2);
  for (let i = 0; i < out.length; i++) {
    const bits = view.getUint16(2 * i, true);
    const exponent = (bits >> 10) & 31,
      fraction = bits & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    out[i] = bits >> 15 ? -size : size;
  }
  return out;
}

/** @typedef {{offset: number, shape: number[], steps?: {offset: number, shape: number[]}}} Spec */
/** @typedef {(spec: Spec) => Float32Array} Weights gives the numbers of a part of the buffer */

/**
 * The numbers of a buffer, each part decoded once.
 * @param {DataView} view
 * @param {number} [bytes] where the weights of 8 bits begin
 * @returns {Weights}
 */
function decodeWeights(view, bytes = view.byteLength) {
  const halves = decodeHalf(new DataView(view.buffer, view.byteOffset, bytes));
  const whole = new Int8Array(view.buffer, view.byteOffset + bytes, view.byteLength - bytes);
  /** @type {Map<Spec, Float32Array>} */
  const known = new Map();
  /** @type {Weights} */
  const decode = ({ offset, shape, steps }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    if (!steps) return halves.subarray(offset, offset + length);
    const step = decode(steps);
    return Float32Array.from({ length }, (_, i) => whole[offset + i] * step[Math.floor((i * shape[0]) / length)]);
  };
  return (spec) => {
    const found = known.get(spec) ?? decode(spec);
    known.set(spec, found);
    return found;
  };
}

/**
 * @param {Weights} weights
 * @param {any} op
 */
const biasOf = (weights, op) => (op.bias ? weights(op.bias) : null);

/** @type {Record<string, (op: any, x: any, shape: any, weights: Weights) => [any, any]>} */
const OPS = {
  conv2d: (op, x, shape, w) =>
    conv2d(x, shape, w(op.weight), op.weight.shape, biasOf(w, op), op.stride, op.padding, op.repeat),
  blur2d: (op, x, shape) => blur2d(x, shape, op.taps, op.stride),
  mean2d: (op, x, shape) => [meanOfChannels(x, shape), [shape[0]]],
  centre_mean: (op, x, shape) => [meanOfChannels(x, shape, centreWeights(shape[1], shape[2], op.focus)), [shape[0]]],
  scale: (op, x, shape, w) => [scaleChannels(x, w(op.weight), w(op.bias)), shape],
  relu: (op, x, shape) => [relu(x), shape],
  maxpool2d: (op, x, shape) => pool2d(x, shape, op.size, "max", op.ceil),
  avgpool2d: (op, x, shape) => pool2d(x, shape, op.size, "mean", op.ceil),
  flatten: (op, x) => [x, [x.length]],
  linear: (op, x, shape, w) => {
    const out = linear(x, w(op.weight), op.weight.shape, biasOf(w, op));
    return [out, [out.length]];
  },
  unflatten: (op, x) => [x, op.shape],
  mean_place: (op, x) => {
    const [across, down] = meanPlace(x, op.size);
    return [[op.sides[0], 0, across, 0, op.sides[1], down], [6]];
  },
};

/** @typedef {Record<string, any>} Seen takes what spatial transformers did */
/** @typedef {Generator<Seen, [any, any], void>} Steps of a network; they return its output and the output's shape */

/** @type {(op: any, theta: number[], x: any, shape: any) => any} */
function sample(op, theta, x, shape) {
  const [height, width] = op.out_size;
  const grid = affineGrid(theta, height, width, op.align_corners);
  const options = { padding: op.padding_mode, alignCorners: op.align_corners };
  return {
    theta,
    grid,
    straightened: gridSample(x, shape, grid, options),
    straightenedShape: [shape[0], height, width],
  };
}

/**
 * The thetas of windows of one scale, from their maps of scores.
 * @param {any} op
 * @param {import("./types").Numbers} scores of one map after another
 * @returns {number[][]}
 */
function windowThetas({ size, slopes, side }, scores) {
  const [height, width] = size;
  return slopes.map((/** @type {number[]} */ [across, down], /** @type {number} */ k) => {
    const map = Float32Array.from({ length: height * width }, (_, i) => {
      const plane =
        across * ((2 * (i % width) + 1) / width - 1) + down * ((2 * Math.floor(i / width) + 1) / height - 1);
      return scores[k * height * width + i] + plane;
    });
    const [x, y] = meanPlace(map, size);
    return [side, 0, x, 0, side, y];
  });
}

/**
 * Run operations, one at each step.
 * @param {any[]} ops
 * @param {any} input
 * @param {any} inputShape
 * @param {Weights} weights
 * @param {Seen} seen
 * @returns {Steps}
 */
function* runOps(ops, input, inputShape, weights, seen) {
  let x = input,
    shape = inputShape;
  for (const op of ops) {
    if (op.op === "affine_transformer") {
      const [theta] = yield* runOps(op.localization, x, shape, weights, {});
      Object.assign(seen, sample(op, theta, x, shape));
      [x, shape] = [seen.straightened, seen.straightenedShape];
    } else if (op.op === "windows") {
      const [scores] = yield* runOps(op.localization, x, shape, weights, {});
      seen.windows = windowThetas(op, scores).map((theta) => sample(op, theta, x, shape));
    } else if (op.op === "parts") {
      /** @type {number[]} */
      const all = [];
      for (const [k, part] of op.parts.entries()) {
        const { straightened, straightenedShape } = seen.windows[k];
        all.push(...(yield* runOps(part, straightened, straightenedShape, weights, {}))[0]);
      }
      [x, shape] = [all, [all.length]];
    } else {
      [x, shape] = OPS[op.op](op, x, shape, weights);
    }
    yield seen;
  }
  return [x, shape];
}

/**
 * The softmax of each row of logits.
 * @param {import("./types").Numbers} logits
 * @param {number} length of a row
 */
function softmaxRows(logits, length) {
  const all = Array.from(logits);
  return Array.from({ length: all.length / length }, (_, k) => softmax(all.slice(k * length, (k + 1) * length)));
}

/**
 * run(image) gives { probabilities }, a list of them for a network that answers more than once, and, where the network
 * holds a spatial transformer, also { theta, grid, straightened, straightenedShape }; with several windows, `windows`,
 * a list of these. run.steps(image) does the same in steps of a few milliseconds, and says after each what is known.
 * @param {any} layout
 * @param {DataView} view the weights
 */
export function makeNetwork(layout, view) {
  const weights = decodeWeights(view, layout.bytes);
  /**
   * @param {import("./types").Numbers} image
   * @returns {Generator<Seen, any, void>}
   */
  function* steps(image) {
    /** @type {Seen} */
    const seen = {};
    const [logits, shape] = yield* runOps(layout.ops, image, layout.input, weights, seen);
    const probabilities = shape.length > 1 ? softmaxRows(logits, shape[1]) : softmax(logits);
    return { logits, probabilities, ...seen };
  }
  const run = (/** @type {import("./types").Numbers} */ image) => finish(steps(image));
  run.steps = steps;
  return run;
}

/**
 * What steps return after the last one.
 * @template R
 * @param {Generator<unknown, R, void>} steps
 */
export function finish(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return /** @type {R} */ (value);
  }
}
