// A network's layers on flat arrays, as torch computes them. Images are (C, H, W), row by row.

/** @typedef {import("./types").Numbers} Numbers */
/** @typedef {import("./types").Shape} Shape */

/**
 * weight (O, I, K, L), cross-correlation as in torch, zero padding, one stride for both axes.
 * @param {Numbers} image
 * @param {Shape} shape
 * @param {Numbers} weight
 * @param {[outputs: number, inputs: number, height: number, width: number]} weightShape
 * @param {Numbers | null} bias
 * @param {number} [stride]
 * @param {number} [pad]
 * @returns {[Float32Array, Shape]}
 */
export function conv2d(image, [channels, height, width], weight, [outputs, , kh, kw], bias, stride = 1, pad = 0) {
  const oh = Math.floor((height + 2 * pad - kh) / stride) + 1;
  const ow = Math.floor((width + 2 * pad - kw) / stride) + 1;
  const out = new Float32Array(outputs * oh * ow);
  for (let o = 0; o < outputs; o++) {
    out.fill(bias ? bias[o] : 0, o * oh * ow, (o + 1) * oh * ow);
    for (let i = 0; i < channels; i++) {
      for (let ky = 0; ky < kh; ky++) {
        for (let kx = 0; kx < kw; kx++) {
          const w = weight[((o * channels + i) * kh + ky) * kw + kx];
          const first = Math.max(0, Math.ceil((pad - kx) / stride));
          const last = Math.min(ow - 1, Math.floor((width - 1 + pad - kx) / stride));
          for (let y = 0; y < oh; y++) {
            const row = y * stride + ky - pad;
            if (row < 0 || row >= height) continue;
            const from = (i * height + row) * width + kx - pad;
            const to = (o * oh + y) * ow;
            for (let x = first; x <= last; x++) out[to + x] += w * image[from + x * stride];
          }
        }
      }
    }
  }
  return [out, [outputs, oh, ow]];
}

/**
 * Windows of `size` that do not overlap.
 * @param {Numbers} image
 * @param {Shape} shape
 * @param {number} size
 * @param {"max" | "mean"} [kind]
 * @param {boolean} [ceil] whether a window may leave the image
 * @returns {[Float32Array, Shape]}
 */
export function pool2d(image, [channels, height, width], size, kind = "max", ceil = false) {
  /** @param {number} n */
  const outSize = (n) => {
    const steps = (n - size) / size;
    return Math.max(0, (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1);
  };
  const oh = outSize(height),
    ow = outSize(width);
  const out = new Float32Array(channels * oh * ow);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < oh; y++) {
      for (let x = 0; x < ow; x++) {
        let best = -Infinity,
          sum = 0,
          count = 0;
        for (let r = y * size; r < Math.min((y + 1) * size, height); r++) {
          for (let k = x * size; k < Math.min((x + 1) * size, width); k++) {
            const value = image[(c * height + r) * width + k];
            if (value > best) best = value;
            sum += value;
            count++;
          }
        }
        out[(c * oh + y) * ow + x] = kind === "max" ? best : sum / count;
      }
    }
  }
  return [out, [channels, oh, ow]];
}

/**
 * @param {Numbers} input
 * @param {Numbers} weight (O, I)
 * @param {[outputs: number, inputs: number]} weightShape
 * @param {Numbers | null} bias
 */
export function linear(input, weight, [outputs, inputs], bias) {
  const out = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let sum = bias ? bias[o] : 0;
    for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i] * input[i];
    out[o] = sum;
  }
  return out;
}

/** @param {Numbers} logits */
export function softmax(logits) {
  const top = Math.max(...Array.from(logits));
  const powers = Array.from(logits, (value) => Math.exp(value - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / total);
}
