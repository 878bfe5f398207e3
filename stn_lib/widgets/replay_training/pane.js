// An input of the transformer with its window.
import { h, s } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";

export const joined = (points) => points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L");

// An input with background round it, and the window over it; `extra` is drawn on top, in pixels of the input.
export function makePane([height, width], reach, label, ...extra) {
  const canvas = imageCanvas(height, width, label);
  const halo = s("path", { class: "stn-halo" }),
    quad = s("path", { class: "stn-quad" }),
    top = s("path", { class: "stn-top" });
  const view = [((1 - reach) * width) / 2, ((1 - reach) * height) / 2, reach * width, reach * height];
  const svg = s("svg", { viewBox: view.join(" "), "aria-hidden": "true" }, halo, quad, top, ...extra);
  const node = h(
    "span",
    { class: "stn-pane", style: `--stn-share: ${50 / reach}%; aspect-ratio: ${width} / ${height}` },
    canvas.canvas,
    svg,
  );
  const draw = (image, corners) => {
    canvas.draw(image);
    for (const path of [halo, quad]) path.setAttribute("d", `M${joined(corners)}Z`);
    top.setAttribute("d", `M${joined(corners.slice(0, 2))}`);
  };
  return { node, canvas: canvas.canvas, draw, recolour: canvas.recolour };
}
