// Random numbers that a seed decides.

/**
 * Numbers from 0 to 1 (mulberry32), so that a page shows every reader the same ones.
 * @param {number} seed
 */
export function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Noise with mean 0, one number for each index: the sum of four bytes of its hash, which is nearly normal.
 * @param {number} length
 * @param {number} deviation
 */
export function hashNoise(length, deviation) {
  return Float32Array.from({ length }, (_, at) => {
    let mixed = Math.imul(at + 1, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    const sum = (mixed & 255) + ((mixed >>> 8) & 255) + ((mixed >>> 16) & 255) + (mixed >>> 24);
    return deviation * Math.sqrt(3) * (sum / 255 - 2);
  });
}
