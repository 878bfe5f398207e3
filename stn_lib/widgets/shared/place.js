// The place of a handle, as a screen reader says it.
import { interpolate } from "./text.js";

/**
 * How far a handle is from the middle, in whole pixels.
 * @param {Record<string, any>} words `placed`, and what it calls the two directions along each axis
 * @param {number} x
 * @param {number} y
 */
export function placeText(words, x, y) {
  const [across, down] = [Math.round(x), Math.round(y)];
  const sides = { across: words.across[across < 0 ? 0 : 1], down: words.down[down < 0 ? 0 : 1] };
  return interpolate(words.placed, { x: Math.abs(across), y: Math.abs(down), ...sides });
}
