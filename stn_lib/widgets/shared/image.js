// An image as pixels on a canvas, in the theme's colours.
import { h } from "./dom.js";

/**
 * The red, green and blue of a colour of the palette, 0 to 255.
 * @param {Element} node
 * @param {string} name
 */
export function themeColour(node, name) {
  const text = getComputedStyle(node).getPropertyValue(`--stn-${name}`) || "#888888";
  const hex = text.trim().replace("#", "");
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/**
 * A canvas of `height` × `width` pixels. The lowest value has the page's background colour and the highest its text
 * colour, so that an image shows in light and dark; NaN is marked as missing.
 * @param {number} height
 * @param {number} width
 * @param {string} label
 */
export function imageCanvas(height, width, label) {
  const canvas = h("canvas", { class: "stn-image", width, height, role: "img", "aria-label": label });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const data = context.createImageData(width, height);
  let ink = [0, 0, 0];
  let ground = [255, 255, 255];
  let none = [255, 0, 0];
  const recolour = () => {
    [ink, ground, none] = ["ink", "surface", "bad"].map((name) => themeColour(canvas, name));
  };
  /** @type {(values: import("./types").Numbers, low?: number, high?: number) => void} */
  const draw = (values, low = 0, high = 1) => {
    const span = high - low || 1;
    for (let i = 0; i < height * width; i++) {
      const missing = Number.isNaN(values[i]);
      const to = missing ? none : ink;
      const t = missing ? 0.3 : Math.min(Math.max((values[i] - low) / span, 0), 1);
      for (let k = 0; k < 3; k++) data.data[4 * i + k] = ground[k] + t * (to[k] - ground[k]);
      data.data[4 * i + 3] = 255;
    }
    context.putImageData(data, 0, 0);
  };
  return { canvas, draw, recolour };
}

/**
 * A canvas of `height` × `width` pixels in their own colours: red, green and blue, one after the other, from 0 to 1.
 * @param {number} height
 * @param {number} width
 * @param {string} label
 */
export function colourCanvas(height, width, label) {
  const canvas = h("canvas", { class: "stn-image", width, height, role: "img", "aria-label": label });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const data = context.createImageData(width, height);
  data.data.fill(255);
  const size = height * width;
  /** @param {import("./types").Numbers} values */
  const draw = (values) => {
    for (let i = 0; i < size; i++) {
      data.data[4 * i] = 255 * values[i];
      data.data[4 * i + 1] = 255 * values[i + size];
      data.data[4 * i + 2] = 255 * values[i + 2 * size];
    }
    context.putImageData(data, 0, 0);
  };
  return { canvas, draw };
}
