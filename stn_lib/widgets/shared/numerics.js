// The twin of stn_lib in JavaScript: pure functions on flat arrays, no DOM. A test holds them to
// stn_lib's values. Images are (C, H, W) row-major, grids (H, W, 2) with (x, y) last, theta row-major
// [t11, t12, t13, t21, t22, t23], mapping output to input in normalised coordinates.

/** @typedef {import("./types").Numbers} Numbers */
/** @typedef {import("./types").Floats} Floats */
/** @typedef {import("./types").Shape} Shape */
/** @typedef {"nearest" | "bilinear" | "bicubic"} Mode */
/** @typedef {"zeros" | "border" | "reflection"} Padding */

/**
 * A normalised coordinate in pixels.
 * @param {number} value
 * @param {number} size
 * @param {boolean} alignCorners
 */
export function toPixel(value, size, alignCorners) {
  return alignCorners ? ((value + 1) / 2) * (size - 1) : ((value + 1) * size - 1) / 2;
}

/**
 * A pixel coordinate, normalised.
 * @param {number} pixel
 * @param {number} size
 * @param {boolean} alignCorners
 */
export function toNormalized(pixel, size, alignCorners) {
  if (alignCorners) return size > 1 ? (2 * pixel) / (size - 1) - 1 : -1;
  return (2 * pixel + 1) / size - 1;
}

/**
 * Where the centre of pixel `index`  is; torch puts a single pixel at 0 in both conventions.
 * @param {number} index
 * @param {number} size
 * @param {boolean} alignCorners
 */
function basePoint(index, size, alignCorners) {
  return alignCorners && size === 1 ? 0 : toNormalized(index, size, alignCorners);
}

/**
 * @param {Numbers} theta six numbers
 * @param {number} height
 * @param {number} width
 * @param {boolean} [alignCorners]
 */
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

/**
 * theta row-major (3, 3): the third row gives the number that the first two are divided by.
 * @param {Numbers} theta nine numbers
 * @param {number} height
 * @param {number} width
 * @param {boolean} [alignCorners]
 */
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

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function reflect(value, low, high) {
  if (high <= low) return 0;
  const span = high - low;
  let away = Math.abs(value - low) % (2 * span);
  if (away > span) away = 2 * span - away;
  return away + low;
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * A pixel coordinate under a padding mode; "zeros" leaves it, the reader finds nothing outside.
 * @param {number} value
 * @param {number} size
 * @param {Padding} padding
 * @param {boolean} alignCorners
 */
export function padded(value, size, padding, alignCorners) {
  if (padding === "zeros") return value;
  if (padding === "reflection") {
    value = alignCorners ? reflect(value, 0, size - 1) : reflect(value, -0.5, size - 0.5);
  }
  return clamp(value, 0, size - 1);
}

/**
 * As torch rounds.
 * @param {number} value
 */
function roundHalfToEven(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/**
 * The kernel of torch's bicubic mode (a = -0.75): weights of the pixels at -1, 0, 1, 2.
 * @param {number} t from 0 to 1
 */
export function cubicWeights(t) {
  const a = -0.75;
  /** @param {number} d */
  const near = (d) => ((a + 2) * d - (a + 3)) * d * d + 1;
  /** @param {number} d */
  const far = (d) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/**
 * The pixels that one coordinate reads along one axis, with their weights: [[index, weight], …].
 * @param {number} coordinate
 * @param {Mode} mode
 */
export function taps(coordinate, mode) {
  if (mode === "nearest") return [[roundHalfToEven(coordinate), 1]];
  const low = Math.floor(coordinate);
  const rest = coordinate - low;
  if (mode === "bilinear")
    return [
      [low, 1 - rest],
      [low + 1, rest],
    ];
  return cubicWeights(rest).map((weight, k) => [low + k - 1, weight]);
}

/**
 * @param {Numbers} image
 * @param {number} offset where the channel begins
 * @param {number} height
 * @param {number} width
 * @param {number} x
 * @param {number} y
 * @param {Mode} mode
 * @param {Padding} padding
 * @param {boolean} alignCorners
 */
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

/**
 * Bilinear with zeros outside, or with the border's pixels, the cases that every frame of an explorable runs: no
 * allocation per pixel.
 * @param {Numbers} image
 * @param {number} channels
 * @param {number} height
 * @param {number} width
 * @param {Numbers} grid
 * @param {Padding} padding
 * @param {boolean} alignCorners
 * @param {Floats} out
 */
function sampleBilinear(image, channels, height, width, grid, padding, alignCorners, out) {
  const points = grid.length / 2;
  for (let p = 0; p < points; p++) {
    const x = padded(toPixel(grid[2 * p], width, alignCorners), width, padding, alignCorners);
    const y = padded(toPixel(grid[2 * p + 1], height, alignCorners), height, padding, alignCorners);
    const x0 = Math.floor(x),
      y0 = Math.floor(y),
      fx = x - x0,
      fy = y - y0;
    const left = x0 >= 0 && x0 < width,
      right = x0 + 1 >= 0 && x0 + 1 < width;
    const top = y0 >= 0 && y0 < height,
      bottom = y0 + 1 >= 0 && y0 + 1 < height;
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

/**
 * torch's grid_sample. `out` takes the result where it is given.
 * @param {Numbers} image
 * @param {Shape} shape
 * @param {Numbers} grid
 * @param {{mode?: Mode, padding?: Padding, alignCorners?: boolean, out?: Floats}} [options]
 * @returns {Floats}
 */
export function gridSample(image, [channels, height, width], grid, options = {}) {
  const { mode = "bilinear", padding = "zeros", alignCorners = false } = options;
  const points = grid.length / 2;
  const out = options.out ?? new Float32Array(channels * points);
  if (mode === "bilinear" && padding !== "reflection") {
    return sampleBilinear(image, channels, height, width, grid, padding, alignCorners, out);
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

/**
 * A Gaussian blur with the given standard deviation in pixels, cut at four of them as scipy does; outside is 0.
 * @param {Numbers} image
 * @param {number} height
 * @param {number} width
 * @param {number} sigma
 */
export function gaussianBlur(image, height, width, sigma) {
  if (sigma === 0) return Float64Array.from(image);
  const reach = Math.floor(4 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-((k - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  /** @type {(from: Numbers, count: number, step: number, lines: number, stride: number) => Float64Array} */
  const pass = (from, count, step, lines, stride) => {
    const out = new Float64Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let j = Math.max(0, i - reach); j <= Math.min(count - 1, i + reach); j++) {
          sum += weights[j - i + reach] * from[line * stride + j * step];
        }
        out[line * stride + i * step] = sum / total;
      }
    }
    return out;
  };
  return pass(pass(image, width, 1, height, width), height, width, width, 1);
}
