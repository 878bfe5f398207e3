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
  const padded = padded2d(image, [channels, height, width], pad);
  const out = new Float32Array(outputs * oh * ow);
  // Four weights at a time, so that each sum is loaded and stored a quarter as often: twice as fast. Weights that fill
  // the last four are zero.
  const taps = channels * kh * kw;
  const offsets = new Int32Array(Math.ceil(taps / 4) * 4);
  for (let k = 0; k < taps; k++) {
    const [i, ky, kx] = [Math.floor(k / (kh * kw)), Math.floor(k / kw) % kh, k % kw];
    offsets[k] = (i * (height + 2 * pad) + ky) * (width + 2 * pad) + kx;
  }
  const four = new Float32Array(offsets.length);
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < taps; k++) four[k] = weight[o * taps + k];
    for (let y = 0; y < oh; y++) {
      const from = y * stride * (width + 2 * pad);
      const to = (o * oh + y) * ow;
      out.fill(bias ? bias[o] : 0, to, to + ow);
      for (let k = 0; k < taps; k += 4) {
        const [w0, w1, w2, w3] = [four[k], four[k + 1], four[k + 2], four[k + 3]];
        const [a, b, c, d] = [offsets[k], offsets[k + 1], offsets[k + 2], offsets[k + 3]];
        for (let x = 0, at = from; x < ow; x++, at += stride) {
          out[to + x] += w0 * padded[a + at] + w1 * padded[b + at] + w2 * padded[c + at] + w3 * padded[d + at];
        }
      }
    }
  }
  return [out, [outputs, oh, ow]];
}

/**
 * The image with `pad` rows and columns of zeros around it.
 * @param {Numbers} image
 * @param {Shape} shape
 * @param {number} pad
 */
function padded2d(image, [channels, height, width], pad) {
  const wide = width + 2 * pad;
  const out = new Float32Array(channels * (height + 2 * pad) * wide);
  for (let row = 0; row < channels * height; row++) {
    const [c, y] = [Math.floor(row / height), row % height];
    const to = (c * (height + 2 * pad) + y + pad) * wide + pad;
    for (let x = 0; x < width; x++) out[to + x] = image[row * width + x];
  }
  return out;
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

/**
 * Each channel times its weight, plus its bias.
 * @param {Numbers} image
 * @param {Numbers} weight
 * @param {Numbers} bias
 */
export function scaleChannels(image, weight, bias) {
  const out = new Float32Array(image.length);
  const size = image.length / weight.length;
  for (let c = 0; c < weight.length; c++) {
    for (let i = c * size; i < (c + 1) * size; i++) out[i] = weight[c] * image[i] + bias[c];
  }
  return out;
}

/**
 * The mean place (x, y) of the softmax of a map of scores, normalised, the centres of its places between -1 and 1.
 * @param {Numbers} scores
 * @param {[height: number, width: number]} size
 * @returns {[number, number]}
 */
export function meanPlace(scores, [height, width]) {
  let [x, y] = [0, 0];
  softmax(scores).forEach((share, i) => {
    x += share * ((2 * (i % width) + 1) / width - 1);
    y += share * ((2 * Math.floor(i / width) + 1) / height - 1);
  });
  return [x, y];
}

/** @param {Numbers} logits */
export function softmax(logits) {
  const top = Math.max(...Array.from(logits));
  const powers = Array.from(logits, (value) => Math.exp(value - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / total);
}
