// The twin of stn_lib in JavaScript: pure functions on flat arrays, no DOM. A test holds them to
// stn_lib's values. Images are (C, H, W) row-major, grids (H, W, 2) with (x, y) last, theta row-major
// [t11, t12, t13, t21, t22, t23], mapping output to input in normalised coordinates.

export function toPixel(value, size, alignCorners) {
  return alignCorners ? ((value + 1) / 2) * (size - 1) : ((value + 1) * size - 1) / 2;
}

export function toNormalized(pixel, size, alignCorners) {
  if (alignCorners) return size > 1 ? (2 * pixel) / (size - 1) - 1 : -1;
  return (2 * pixel + 1) / size - 1;
}

// Where the centre of pixel `index` lies; torch puts a single pixel at 0 in both conventions.
function basePoint(index, size, alignCorners) {
  return alignCorners && size === 1 ? 0 : toNormalized(index, size, alignCorners);
}

export function affineGrid(theta, height, width, alignCorners = false) {
  const grid = new Float64Array(height * width * 2);
  let at = 0;
  for (let row = 0; row < height; row++) {
    const y = basePoint(row, height, alignCorners);
    for (let column = 0; column < width; column++) {
      const x = basePoint(column, width, alignCorners);
      grid[at++] = theta[0] * x + theta[1] * y + theta[2];
      grid[at++] = theta[3] * x + theta[4] * y + theta[5];
    }
  }
  return grid;
}

// theta row-major (3, 3): the third row gives the number that the first two are divided by.
export function projectiveGrid(theta, height, width, alignCorners = false) {
  const grid = new Float64Array(height * width * 2);
  let at = 0;
  for (let row = 0; row < height; row++) {
    const y = basePoint(row, height, alignCorners);
    for (let column = 0; column < width; column++) {
      const x = basePoint(column, width, alignCorners);
      const w = theta[6] * x + theta[7] * y + theta[8];
      grid[at++] = (theta[0] * x + theta[1] * y + theta[2]) / w;
      grid[at++] = (theta[3] * x + theta[4] * y + theta[5]) / w;
    }
  }
  return grid;
}

// The linear system `rows` (n, n + m), solved for its m right-hand sides, in place; null if it has no single solution.
export function solve(rows) {
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[best][k])) best = i;
    if (Math.abs(rows[best][k]) < 1e-9) return null;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    rows[k] = rows[k].map((value) => value / rows[k][k]);
    for (let i = 0; i < n; i++) {
      const factor = rows[i][k];
      if (i !== k && factor) for (let j = k; j < rows[i].length; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return rows.map((row) => row.slice(n));
}

// The nine numbers of the projective theta that takes four points to four others; null where there is none.
export function homography(targets, sources) {
  const rows = targets.flatMap(([x, y], k) => {
    const [u, v] = sources[k];
    return [[x, y, 1, 0, 0, 0, -x * u, -y * u, u], [0, 0, 0, x, y, 1, -x * v, -y * v, v]];
  });
  return solve(rows)?.flat().concat(1) ?? null;
}

export function controlPoints(rows = 4, columns = 4) {
  return Array.from({ length: rows * columns }, (_, k) =>
    [(2 * (k % columns)) / (columns - 1) - 1, (2 * Math.floor(k / columns)) / (rows - 1) - 1]);
}

const bend = ([x, y], [u, v]) => {
  const square = (x - u) ** 2 + (y - v) ** 2;
  return square ? (square * Math.log(square)) / 2 : 0;
};

// How much each control point's source counts at each point of a thin plate spline: (points, controls), flat.
export function tpsWeights(points, controls, regularization = 0) {
  const count = controls.length;
  const plane = controls.map(([x, y]) => [x, y, 1]);
  const unit = (k) => controls.map((_, i) => Number(i === k));
  const system = [
    ...controls.map((p, i) => [...controls.map((q, k) => bend(p, q) + (i === k ? regularization : 0)), ...plane[i], ...unit(i)]),
    ...[0, 1, 2].map((axis) => [...plane.map((row) => row[axis]), 0, 0, 0, ...unit(-1)]),
  ];
  const solution = solve(system);
  const out = new Float64Array(points.length * count);
  points.forEach((p, m) => {
    const terms = [...controls.map((q) => bend(p, q)), p[0], p[1], 1];
    for (let k = 0; k < count; k++) {
      let sum = 0;
      for (let i = 0; i < count + 3; i++) sum += terms[i] * solution[i][k];
      out[m * count + k] = sum;
    }
  });
  return out;
}

function reflect(value, low, high) {
  if (high <= low) return 0;
  const span = high - low;
  let away = Math.abs(value - low) % (2 * span);
  if (away > span) away = 2 * span - away;
  return away + low;
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// A pixel coordinate under a padding mode; "zeros" leaves it, the reader finds nothing outside.
export function padded(value, size, padding, alignCorners) {
  if (padding === "zeros") return value;
  if (padding === "reflection") {
    value = alignCorners ? reflect(value, 0, size - 1) : reflect(value, -0.5, size - 0.5);
  }
  return clamp(value, 0, size - 1);
}

function roundHalfToEven(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

// The kernel of torch's bicubic mode (a = -0.75): weights of the pixels at -1, 0, 1, 2.
export function cubicWeights(t) {
  const a = -0.75;
  const near = (d) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

// The pixels that one coordinate reads along one axis, with their weights: [[index, weight], …].
export function taps(coordinate, mode) {
  if (mode === "nearest") return [[roundHalfToEven(coordinate), 1]];
  const low = Math.floor(coordinate);
  const rest = coordinate - low;
  if (mode === "bilinear") return [[low, 1 - rest], [low + 1, rest]];
  return cubicWeights(rest).map((weight, k) => [low + k - 1, weight]);
}

function readAt(image, offset, height, width, x, y, mode, padding, alignCorners) {
  // Bicubic pads the pixels that it reads, the other modes the coordinate: as torch does.
  const late = mode === "bicubic";
  if (!late) {
    x = padded(x, width, padding, alignCorners);
    y = padded(y, height, padding, alignCorners);
  }
  if (!(x > -3 && x < width + 3 && y > -3 && y < height + 3) && padding === "zeros") return 0;
  let sum = 0;
  for (const [row, wy] of taps(y, mode)) {
    const r = late ? padded(row, height, padding, alignCorners) : row;
    if (r < 0 || r >= height) continue;
    for (const [column, wx] of taps(x, mode)) {
      const c = late ? padded(column, width, padding, alignCorners) : column;
      if (c >= 0 && c < width) sum += wy * wx * image[offset + r * width + c];
    }
  }
  return sum;
}

// Bilinear with zeros outside, the case that every frame of an explorable runs: no allocation per pixel.
function sampleBilinearZeros(image, channels, height, width, grid, alignCorners, out) {
  const points = grid.length / 2;
  for (let p = 0; p < points; p++) {
    const x = toPixel(grid[2 * p], width, alignCorners);
    const y = toPixel(grid[2 * p + 1], height, alignCorners);
    const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
    const left = x0 >= 0 && x0 < width, right = x0 + 1 >= 0 && x0 + 1 < width;
    const top = y0 >= 0 && y0 < height, bottom = y0 + 1 >= 0 && y0 + 1 < height;
    for (let c = 0; c < channels; c++) {
      const at = (c * height + y0) * width + x0;
      let sum = 0;
      if (top && left) sum += (1 - fy) * (1 - fx) * image[at];
      if (top && right) sum += (1 - fy) * fx * image[at + 1];
      if (bottom && left) sum += fy * (1 - fx) * image[at + width];
      if (bottom && right) sum += fy * fx * image[at + width + 1];
      out[c * points + p] = sum;
    }
  }
  return out;
}

export function gridSample(image, [channels, height, width], grid, options = {}) {
  const { mode = "bilinear", padding = "zeros", alignCorners = false } = options;
  const points = grid.length / 2;
  const out = options.out ?? new Float32Array(channels * points);
  if (mode === "bilinear" && padding === "zeros") {
    return sampleBilinearZeros(image, channels, height, width, grid, alignCorners, out);
  }
  for (let p = 0; p < points; p++) {
    const x = toPixel(grid[2 * p], width, alignCorners);
    const y = toPixel(grid[2 * p + 1], height, alignCorners);
    for (let c = 0; c < channels; c++) {
      out[c * points + p] = readAt(image, c * height * width, height, width, x, y, mode, padding, alignCorners);
    }
  }
  return out;
}

// weight (O, I, K, L), cross-correlation as in torch, zero padding, one stride for both axes.
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

export function pool2d(image, [channels, height, width], size, kind = "max", ceil = false) {
  const outSize = (n) => {
    const steps = (n - size) / size;
    return Math.max(0, (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1);
  };
  const oh = outSize(height), ow = outSize(width);
  const out = new Float32Array(channels * oh * ow);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < oh; y++) {
      for (let x = 0; x < ow; x++) {
        let best = -Infinity, sum = 0, count = 0;
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

export function linear(input, weight, [outputs, inputs], bias) {
  const out = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let sum = bias ? bias[o] : 0;
    for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i] * input[i];
    out[o] = sum;
  }
  return out;
}

export function softmax(logits) {
  const top = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / total);
}
