// A trained network in the page: reads the plain list of operations that stn_lib.models.export writes
// (weights in half precision in one buffer) and runs it on typed arrays.
import { affineGrid, conv2d, gridSample, linear, pool2d, softmax } from "./twin.js";

export function decodeHalf(view) {
  const out = new Float32Array(view.byteLength / 2);
  for (let i = 0; i < out.length; i++) {
    const bits = view.getUint16(2 * i, true);
    const exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    out[i] = bits >> 15 ? -size : size;
  }
  return out;
}

function part(weights, spec) {
  if (!spec) return null;
  const length = spec.shape.reduce((a, b) => a * b, 1);
  return weights.subarray(spec.offset, spec.offset + length);
}

const OPS = {
  conv2d: (op, x, shape, w) =>
    conv2d(x, shape, part(w, op.weight), op.weight.shape, part(w, op.bias), op.stride, op.padding),
  relu: (op, x, shape) => [x.map((value) => (value > 0 ? value : 0)), shape],
  maxpool2d: (op, x, shape) => pool2d(x, shape, op.size, "max", op.ceil),
  avgpool2d: (op, x, shape) => pool2d(x, shape, op.size, "mean", op.ceil),
  flatten: (op, x) => [x, [x.length]],
  linear: (op, x, shape, w) => {
    const out = linear(x, part(w, op.weight), op.weight.shape, part(w, op.bias));
    return [out, [out.length]];
  },
};

function runOps(ops, input, inputShape, weights, seen) {
  let x = input, shape = inputShape;
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

// run(image) gives { probabilities } and, where the network holds a spatial transformer, also
// { theta, grid, straightened, straightenedShape }.
export function makeNetwork(layout, view) {
  const weights = decodeHalf(view);
  return (image) => {
    const seen = {};
    const [logits] = runOps(layout.ops, image, layout.input, weights, seen);
    return { logits, probabilities: softmax(logits), ...seen };
  };
}
