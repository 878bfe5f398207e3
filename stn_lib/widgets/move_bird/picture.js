// An image of a bird, with the two windows on it.
import { h, s, setAttributes } from "../shared/dom.js";
import { colourCanvas } from "../shared/image.js";
import { makeWindow } from "../shared/window.js";

/**
 * @param {Record<string, any>} words
 * @param {number} side of the image in pixels
 * @param {string} label
 * @param {any[]} [over] what else is drawn over the image
 * @param {Record<string, any>} [attributes] of the drawing
 */
export function makePicture(words, side, label, over = [], attributes = { "aria-hidden": "true" }) {
  const canvas = colourCanvas(side, side, label);
  const windows = words.windows.map((/** @type {string} */ name) => {
    const { parts, draw } = makeWindow();
    const tag = s("text", { class: "stn-tag" }, name);
    return { node: s("g", { class: `stn-window-${name}` }, parts, tag), draw, tag };
  });
  const seen = s(
    "g",
    { "data-term": "theta" },
    windows.map((/** @type {any} */ one) => one.node),
  );
  const svg = s("svg", { viewBox: `0 0 ${side} ${side}`, ...attributes }, seen, over);
  const node = h("div", { class: "stn-over" }, canvas.canvas, svg);
  /** @type {(thetas: number[][]) => void} */
  const look = (thetas) =>
    thetas.forEach((theta, k) => {
      const [x, y, width, height] = windows[k].draw(theta, side);
      // Each has its name in a corner of its own, where both are seen if the windows are one on the other; and inside
      // the image, if that corner is not.
      const at = k
        ? { x: Math.min(x + width, side) - 5, y: Math.min(y + height, side) - 5, "text-anchor": "end" }
        : { x: Math.max(x, 0) + 5, y: Math.max(y + 13, 16) };
      setAttributes(windows[k].tag, at);
    });
  /** @param {boolean} shown */
  const show = (shown) => {
    seen.style.display = shown ? "" : "none";
  };
  return { node, svg, draw: canvas.draw, look, show };
}
