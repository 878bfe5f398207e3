// A trained network in the page: reads the plain list of operations that stn_lib.models.export writes
// (weights in half precision in one buffer) and runs it on typed arrays.
import { conv2d, linear, pool2d, softmax } from "./layers.js";
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

/**
 * @param {Float32Array} weights
 * @param {{offset: number, shape: number[]}} spec
 */
function part(weights, spec) {
  const length = spec.shape.reduce((a, b) => a * b, 1);
  return weights.subarray(spec.offset, spec.offset + length);
}

/**
 * @param {Float32Array} weights
 * @param {any} op
 */
const biasOf = (weights, op) => (op.bias ? part(weights, op.bias) : null);

/** @type {Record<string, (op: any, x: any, shape: any, weights: Float32Array) => [any, any]>} */
const OPS = {
  conv2d: (op, x, shape, w) =>
    conv2d(x, shape, part(w, op.weight), op.weight.shape, biasOf(w, op), op.stride, op.padding),
  relu: (op, x, shape) => [x.map((/** @type {number} */ value) => (value > 0 ? value : 0)), shape],
  maxpool2d: (op, x, shape) => pool2d(x, shape, op.size, "max", op.ceil),
  avgpool2d: (op, x, shape) => pool2d(x, shape, op.size, "mean", op.ceil),
  flatten: (op, x) => [x, [x.length]],
  linear: (op, x, shape, w) => {
    const out = linear(x, part(w, op.weight), op.weight.shape, biasOf(w, op));
    return [out, [out.length]];
  },
};

/**
 * @param {any[]} ops
 * @param {any} input
 * @param {any} inputShape
 * @param {Float32Array} weights
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
 * run(image) gives { probabilities } and, where the network holds a spatial transformer, also
 * { theta, grid, straightened, straightenedShape }.
 * @param {any} layout
 * @param {DataView} view the weights
 * @returns {(image: import("./types").Numbers) => any}
 */
export function makeNetwork(layout, view) {
  const weights = decodeHalf(view);
  return (image) => {
    /** @type {Record<string, any>} */
    const seen = {};
    const [logits] = runOps(layout.ops, image, layout.input, weights, seen);
    return { logits, probabilities: softmax(logits), ...seen };
  };
}
