// From pen strokes to 28 × 28 grey values, as MNIST was made from filled-in forms. No DOM.
// A stroke is [x0, y0, x1, y1, …] in coordinates of the pad, from 0 to PAD; y grows downwards.

export const PAD = 100;
export const PEN = 9;
const SIDE = 28,
  BOX = 20,
  MIDDLE = 14;
// MNIST's strokes are 2.6 pixels wide on average. Lines are drawn at that width after the digit is scaled, so that a
// small digit does not get thick strokes.
const WIDTH = 2.6;

// Chaikin's corner cutting, twice: a hand moves smoothly between the points that a pointer reports. Both ends stay.
export function smooth(stroke) {
  let line = stroke;
  for (let round = 0; round < 2 && line.length > 4; round++) {
    const next = line.slice(0, 2);
    for (let k = 0; k + 3 < line.length; k += 2) {
      const [x, y, u, v] = line.slice(k, k + 4);
      next.push(0.75 * x + 0.25 * u, 0.75 * y + 0.25 * v, 0.25 * x + 0.75 * u, 0.25 * y + 0.75 * v);
    }
    next.push(...line.slice(-2));
    line = next;
  }
  return line;
}

// The share of each pixel of a square that lines `width` pixels wide with round ends cover: 1 inside, falling to 0
// over the one pixel about the edge. Coordinates count pixels from the corner, so pixel i has its centre at i + 0.5.
export function cover(lines, width, side) {
  const nearest = new Float64Array(side * side).fill(Infinity),
    reach = width / 2 + 0.5;
  for (const line of lines) {
    for (let k = 0; k < Math.max(line.length - 2, 2); k += 2) {
      const x = line[k],
        y = line[k + 1],
        dx = (line[k + 2] ?? x) - x,
        dy = (line[k + 3] ?? y) - y,
        length = dx * dx + dy * dy;
      const left = Math.max(0, Math.floor(Math.min(x, x + dx) - reach)),
        right = Math.min(side - 1, Math.ceil(Math.max(x, x + dx) + reach));
      const top = Math.max(0, Math.floor(Math.min(y, y + dy) - reach)),
        bottom = Math.min(side - 1, Math.ceil(Math.max(y, y + dy) + reach));
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) {
          const px = column + 0.5 - x,
            py = row + 0.5 - y;
          const t = length > 0 ? Math.min(Math.max((px * dx + py * dy) / length, 0), 1) : 0;
          const away = (px - t * dx) ** 2 + (py - t * dy) ** 2,
            at = row * side + column;
          if (away < nearest[at]) nearest[at] = away;
        }
      }
    }
  }
  return nearest.map((away) => Math.min(Math.max(reach - Math.sqrt(away), 0), 1));
}

// The centre of mass [x, y] of a square image, in pixels: 0 is the centre of the first.
export function massCentre(pixels, side) {
  let sum = 0,
    x = 0,
    y = 0;
  pixels.forEach((value, at) => {
    sum += value;
    x += value * (at % side);
    y += value * Math.floor(at / side);
  });
  return [x / sum, y / sum];
}

// The image that the networks classify, made by MNIST's steps: the longer side of the foreground becomes 20 pixels;
// then the 20 × 20 pixels move by whole pixels until their centre of mass is at pixel (14, 14), up to half a pixel. The
// part outside the 28 × 28 pixels is cut off.
export function inkImage(strokes) {
  const pixels = new Float32Array(SIDE * SIDE),
    lines = strokes.filter((stroke) => stroke.length > 1).map(smooth);
  if (!lines.length) return pixels;
  const low = [Infinity, Infinity],
    high = [-Infinity, -Infinity];
  for (const line of lines) {
    line.forEach((value, k) => {
      low[k % 2] = Math.min(low[k % 2], value);
      high[k % 2] = Math.max(high[k % 2], value);
    });
  }
  // A mark no larger than the pen is a dot, not a digit to be enlarged.
  const zoom = (BOX - WIDTH) / Math.max(high[0] - low[0], high[1] - low[1], PEN);
  const fitted = lines.map((line) => line.map((value, k) => BOX / 2 + zoom * (value - (low[k % 2] + high[k % 2]) / 2)));
  // A symmetric digit is half a pixel from both sides: the 1e-6 keeps it from jumping between them with the last digit.
  const ink = cover(fitted, WIDTH, BOX),
    [right, down] = massCentre(ink, BOX).map((at) => Math.round(MIDDLE - at + 1e-6));
  for (let row = Math.max(0, -down); row < Math.min(BOX, SIDE - down); row++) {
    for (let column = Math.max(0, -right); column < Math.min(BOX, SIDE - right); column++) {
      // In 256 levels, as MNIST's files have it.
      pixels[(row + down) * SIDE + column + right] = Math.round(255 * ink[row * BOX + column]) / 255;
    }
  }
  return pixels;
}

// The smallest box around the foreground of a square image: [x, y, width, height] in pixels; null for a blank image.
export function inkBox(pixels, side) {
  let left = side,
    right = -1,
    top = side,
    bottom = -1;
  pixels.forEach((value, at) => {
    if (value <= 0) return;
    const column = at % side,
      row = Math.floor(at / side);
    [left, right, top, bottom] = [
      Math.min(left, column),
      Math.max(right, column),
      Math.min(top, row),
      Math.max(bottom, row),
    ];
  });
  return right < 0 ? null : [left, top, right - left + 1, bottom - top + 1];
}
