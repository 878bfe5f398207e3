// The window of a spatial transformer, drawn on its image.
import { s, setAttributes } from "./dom.js";
import { toPixel } from "./numerics.js";

/**
 * The corners of the window of a theta with sides along the axes, in pixels of the canvas: [left, top, width, height].
 * @param {number[]} theta
 * @param {number} size
 */
export function windowBox([across, , x, , down, y], size) {
  const [left, right] = [x - across, x + across].map((value) => toPixel(value, size, false) + 0.5);
  const [top, bottom] = [y - down, y + down].map((value) => toPixel(value, size, false) + 0.5);
  return [left, top, right - left, bottom - top];
}

/** A window with a halo, that shows on any image. */
export function makeWindow() {
  const parts = ["sight-halo", "sight"].map((name) => s("rect", { class: `stn-${name}` }));
  /** @type {(theta: number[], size: number) => number[]} the box, as `windowBox` gives it */
  const draw = (theta, size) => {
    const box = windowBox(theta, size);
    const [x, y, width, height] = box;
    for (const part of parts) setAttributes(part, { x, y, width, height });
    return box;
  };
  return { parts, draw };
}
