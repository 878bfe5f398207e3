// A trained network in the page: reads the plain list of operations that stn_lib.models.export writes
// (weights in half precision or in 8 bits, in one buffer) and runs it on typed arrays.
import { conv2d, linear, meanPlace, pool2d, scaleChannels, softmax } from "./layers.js";
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
  conv2d: (op, x, shape, w) => conv2d(x, shape, w(op.weight), op.weight.shape, biasOf(w, op), op.stride, op.padding),
  scale: (op, x, shape, w) => [scaleChannels(x, w(op.weight), w(op.bias)), shape],
  relu: (op, x, shape) => [x.map((/** @type {number} */ value) => (value > 0 ? value : 0)), shape],
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

/**
 * @param {any[]} ops
 * @param {any} input
 * @param {any} inputShape
 * @param {Weights} weights
 * @param {Record<string, any>} seen takes what a spatial transformer did
 */
function runOps(ops, input, inputShape, weights, seen) {
  let x = input,
    shape = inputShape;
  for (const op of ops) {
    if (op.op === "affine_transformer") {
      const [theta] = runOps(op.localization, x, shape, weights, {});
      const [height, width] = op.out_size;
      const grid = affineGrid(theta, height, width, op.align_corners);
      const options = { padding: op.padding_mode, alignCorners: op.align_corners };
      x = gridSample(x, shape, grid, options);
      shape = [shape[0], height, width];
      Object.assign(seen, { theta, grid, straightened: x, straightenedShape: shape });
    } else {
      [x, shape] = OPS[op.op](op, x, shape, weights);
    }
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
 * holds a spatial transformer, also { theta, grid, straightened, straightenedShape }.
 * @param {any} layout
 * @param {DataView} view the weights
 * @returns {(image: import("./types").Numbers) => any}
 */
export function makeNetwork(layout, view) {
  const weights = decodeWeights(view, layout.bytes);
  return (image) => {
    /** @type {Record<string, any>} */
    const seen = {};
    const [logits, shape] = runOps(layout.ops, image, layout.input, weights, seen);
    const probabilities = shape.length > 1 ? softmaxRows(logits, shape[1]) : softmax(logits);
    return { logits, probabilities, ...seen };
  };
}
