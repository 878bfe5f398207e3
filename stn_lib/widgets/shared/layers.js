// A network's layers on flat arrays, as torch computes them. Images are (C, H, W), row by row.

/** @typedef {import("./types").Numbers} Numbers */
/** @typedef {import("./types").Shape} Shape */

/**
 * weight (O, I, K, L), cross-correlation as in torch, one stride for both axes.
 * @param {Numbers} image
 * @param {Shape} shape
 * @param {Numbers} weight
 * @param {[outputs: number, inputs: number, height: number, width: number]} weightShape
 * @param {Numbers | null} bias
 * @param {number} [stride]
 * @param {number} [pad]
 * @param {boolean} [repeat] whether the border's pixels are repeated beyond it; otherwise zeros are there
 * @returns {[Float32Array, Shape]}
 */
export function conv2d(image, shape, weight, [outputs, , kh, kw], bias, stride = 1, pad = 0, repeat = false) {
  const [channels, height, width] = shape;
  const oh = Math.floor((height + 2 * pad - kh) / stride) + 1;
  const ow = Math.floor((width + 2 * pad - kw) / stride) + 1;
  const padded = padded2d(image, shape, pad, repeat);
  const out = new Float32Array(outputs * oh * ow);
  const taps = channels * kh * kw;
  const offsets = new Int32Array(taps);
  for (let k = 0; k < taps; k++) {
    const [i, ky, kx] = [Math.floor(k / (kh * kw)), Math.floor(k / kw) % kh, k % kw];
    offsets[k] = (i * (height + 2 * pad) + ky) * (width + 2 * pad) + kx;
  }
  // What the pixels of a row of the output see, one after the other; the row has an even length, the last may be zeros.
  const seen = new Float32Array((ow + (ow % 2)) * taps);
  for (let y = 0; y < oh; y++) {
    for (let x = 0, to = 0; x < ow; x++) {
      const from = y * stride * (width + 2 * pad) + x * stride;
      for (let k = 0; k < taps; k++) seen[to++] = padded[from + offsets[k]];
    }
    multiplyRow(seen, weight, bias, { outputs, taps, ow, gap: oh * ow }, out, y * ow);
  }
  return [out, [outputs, oh, ow]];
}

/**
 * One row of all outputs. Four outputs at two pixels are summed at a time, so that each number that is loaded serves
 * several products: less than half the time of one sum after the other.
 * @param {Float32Array} seen
 * @param {Numbers} weight
 * @param {Numbers | null} bias
 * @param {{outputs: number, taps: number, ow: number, gap: number}} sizes
 * @param {Float32Array} out
 * @param {number} start of the row in the first output
 */
function multiplyRow(seen, weight, bias, { outputs, taps, ow, gap }, out, start) {
  for (let o = 0; o < outputs; o += 4) {
    // Where there are fewer than four outputs, the last one is computed again.
    const [p, q, r] = [1, 2, 3].map((k) => Math.min(o + k, outputs - 1));
    const [wo, wp, wq, wr] = [o * taps, p * taps, q * taps, r * taps];
    const [bo, bp, bq, br] = bias ? [bias[o], bias[p], bias[q], bias[r]] : [0, 0, 0, 0];
    for (let x = 0; x < ow; x += 2) {
      const [left, right] = [x * taps, (x + 1) * taps];
      let [a, b, c, d, e, f, g, h] = [bo, bp, bq, br, bo, bp, bq, br];
      for (let k = 0; k < taps; k++) {
        const u = seen[left + k];
        const v = seen[right + k];
        const k0 = weight[wo + k];
        const k1 = weight[wp + k];
        const k2 = weight[wq + k];
        const k3 = weight[wr + k];
        a += k0 * u;
        b += k1 * u;
        c += k2 * u;
        d += k3 * u;
        e += k0 * v;
        f += k1 * v;
        g += k2 * v;
        h += k3 * v;
      }
      const at = start + x;
      out[o * gap + at] = a;
      out[p * gap + at] = b;
      out[q * gap + at] = c;
      out[r * gap + at] = d;
      if (x + 1 < ow) {
        out[o * gap + at + 1] = e;
        out[p * gap + at + 1] = f;
        out[q * gap + at + 1] = g;
        out[r * gap + at + 1] = h;
      }
    }
  }
}

/**
 * The image with `pad` rows and columns around it.
 * @param {Numbers} image
 * @param {Shape} shape
 * @param {number} pad
 * @param {boolean} repeat whether they repeat the border's pixels; otherwise they are zeros
 */
function padded2d(image, [channels, height, width], pad, repeat) {
  const wide = width + 2 * pad;
  const out = new Float32Array(channels * (height + 2 * pad) * wide);
  for (let row = 0; row < channels * height; row++) {
    const [c, y] = [Math.floor(row / height), row % height];
    const to = (c * (height + 2 * pad) + y + pad) * wide + pad;
    for (let x = 0; x < width; x++) out[to + x] = image[row * width + x];
  }
  if (!repeat) return out;
  for (let c = 0; c < channels; c++) {
    const start = c * (height + 2 * pad);
    const [first, last] = [start + pad, start + pad + height - 1];
    for (let row = first; row <= last; row++) {
      out.fill(out[row * wide + pad], row * wide, row * wide + pad);
      out.fill(out[row * wide + pad + width - 1], row * wide + pad + width, (row + 1) * wide);
    }
    for (let k = 1; k <= pad; k++) {
      out.copyWithin((first - k) * wide, first * wide, (first + 1) * wide);
      out.copyWithin((last + k) * wide, last * wide, (last + 1) * wide);
    }
  }
  return out;
}

/**
 * A blur by the outer product of taps with themselves, then every `stride`-th pixel, the first one included. Beyond the
 * border the image is mirrored about its outermost pixels.
 * @param {Numbers} image
 * @param {Shape} shape
 * @param {number[]} taps
 * @param {number} stride
 * @returns {[Float32Array, Shape]}
 */
export function blur2d(image, [channels, height, width], taps, stride) {
  const [oh, ow] = [height, width].map((side) => Math.floor((side - 1) / stride) + 1);
  const before = Math.floor((taps.length - 1) / 2);
  /** @type {(count: number, side: number) => Int32Array} the pixels that each output sees along an axis */
  const pixels = (count, side) =>
    Int32Array.from({ length: count * taps.length }, (_, i) => {
      const at = Math.abs(Math.floor(i / taps.length) * stride + (i % taps.length) - before);
      return at < side ? at : 2 * (side - 1) - at;
    });
  const [rows, columns] = [pixels(oh, height), pixels(ow, width)];
  const wide = new Float32Array(channels * oh * width);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < oh; y++) {
      const to = (c * oh + y) * width;
      for (let k = 0; k < taps.length; k++) {
        const from = (c * height + rows[y * taps.length + k]) * width;
        for (let x = 0; x < width; x++) wide[to + x] += taps[k] * image[from + x];
      }
    }
  }
  const out = new Float32Array(channels * oh * ow);
  for (let i = 0; i < out.length; i++) {
    const [row, at] = [Math.floor(i / ow) * width, (i % ow) * taps.length];
    let sum = 0;
    for (let k = 0; k < taps.length; k++) sum += taps[k] * wide[row + columns[at + k]];
    out[i] = sum;
  }
  return [out, [channels, oh, ow]];
}

/**
 * The mean of each channel, weighted by the pixels' weights.
 * @param {Numbers} image
 * @param {Shape} shape
 * @param {Numbers | null} weights (H, W), with sum 1; null for equal ones
 */
export function meanOfChannels(image, [channels, height, width], weights = null) {
  const size = height * width;
  const out = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += image[c * size + i] * (weights ? weights[i] : 1 / size);
    out[c] = sum;
  }
  return out;
}

/**
 * Weights of the pixels of a map that fall from its middle as a Gaussian, with sum 1.
 * @param {number} height
 * @param {number} width
 * @param {number} focus its standard deviation; half of the map's side is 1
 */
export function centreWeights(height, width, focus) {
  const weights = Float64Array.from({ length: height * width }, (_, i) => {
    const y = (2 * Math.floor(i / width) + 1) / height - 1;
    const x = (2 * (i % width) + 1) / width - 1;
    return Math.exp(-(x * x + y * y) / (2 * focus * focus));
  });
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
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

/** @param {Numbers} values */
export function relu(values) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) if (values[i] > 0) out[i] = values[i];
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
