// The input image with two pixels of its outside, and the sample point as a handle.
import { figure } from "../shared/controls.js";
import { s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { format } from "../shared/text.js";
import { LETTERS, OUTSIDE, inkOn, repeatedPixel, shade } from "./model.js";

const CELL = 52;
const RING = 2; // pixels of the outside that are drawn
const GHOST = 0.4; // how dark a pixel of the outside is, beside one of the image

const edge = (pixel) => (pixel + RING) * CELL;
const centre = (value) => edge(value + 0.5);

// The values are drawn last, so that the handle hides none of them.
function drawPixels(svg, values, image, span, origin) {
  const { height, width } = image;
  const ghosts = [];
  for (let row = -RING; row < height + RING; row++) {
    for (let column = -RING; column < width + RING; column++) {
      const [x, y] = [edge(column), edge(row)];
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      const box = { x: x + 1, y: y + 1, width: CELL - 2, height: CELL - 2, rx: 4 };
      const rect = s("rect", { ...box, class: inside ? "stn-cell" : "stn-ghost" });
      const text = s("text", { x: x + CELL / 2, y: y + CELL / 2, class: "stn-value stn-overview-cell" });
      if (inside) {
        const value = image.image[row * width + column];
        rect.setAttribute("style", `fill:${shade(value / span)}`);
        text.setAttribute("style", `fill:${inkOn(value / span)}`);
        text.textContent = value;
      } else ghosts.push({ rect, text, row, column });
      svg.append(rect);
      values.append(text);
    }
  }
  const label = (x, y, k) => s("text", { x, y, class: "stn-axis" }, String(k + origin));
  for (let k = 0; k < width; k++) svg.append(label(centre(k), -10, k));
  for (let k = 0; k < height; k++) svg.append(label(-14, centre(k), k));
  return ghosts;
}

function makeHandle(words, state, width) {
  const range = { "aria-valuemin": state.origin - OUTSIDE, "aria-valuemax": width - 1 + OUTSIDE + state.origin };
  const attributes = { tabindex: 0, role: "slider", "aria-label": words.handle, "data-term": "alpha beta" };
  return s(
    "g",
    { class: "stn-handle", ...attributes, ...range },
    s("circle", { r: 23, class: "stn-ring" }),
    s("circle", { r: 19, class: "stn-knob" }),
    s("circle", { r: 4, class: "stn-dot" }),
  );
}

export function makeOverview(image, state, words, move) {
  const { height, width } = image;
  const [left, top] = [26, 24];
  const viewBox = `${-left} ${-top} ${(width + 2 * RING) * CELL + left + 2} ${(height + 2 * RING) * CELL + top + 2}`;
  const svg = s("svg", { viewBox, role: "group", "aria-label": words.overview, class: "stn-drag" });
  const values = s("g", {});
  const ghosts = drawPixels(svg, values, image, state.span, state.origin);
  const rings = LETTERS.map((letter) =>
    s("rect", { class: "stn-neighbour", "data-term": letter, width: CELL - 2, height: CELL - 2, rx: 4 }),
  );
  const square = s("rect", { class: "stn-square", width: CELL, height: CELL });
  const handle = makeHandle(words, state, width);
  svg.append(square, ...rings, handle, values);
  const range = () => [-OUTSIDE, width - 1 + OUTSIDE];
  const locate = (event) => svgPoint(svg, event).map((value) => value / CELL - RING - 0.5);
  draggable(handle, { surface: svg, locate, at: () => [state.x(), state.y()], move, step: 0.1, range });
  const draw = (seen, x, y, padding) => {
    for (const { rect, text, row, column } of ghosts) {
      const pixel = repeatedPixel(row, column, image, padding);
      const value = pixel ? image.image[pixel[0] * width + pixel[1]] : 0;
      rect.setAttribute("style", `fill:${shade((GHOST * value) / state.span)}`);
      text.textContent = value;
      text.setAttribute("style", `fill:var(--stn-${pixel ? "ink" : "muted"})`);
    }
    seen.corners.forEach(({ column, row, weight }, k) =>
      setAttributes(rings[k], { x: edge(column) + 1, y: edge(row) + 1, "stroke-opacity": 0.25 + 0.75 * weight }),
    );
    setAttributes(square, { x: centre(seen.x0), y: centre(seen.y0) });
    setAttributes(handle, {
      transform: `translate(${centre(x)} ${centre(y)})`,
      "aria-valuenow": (x + state.origin).toFixed(2),
      "aria-valuetext": `x ${format(x + state.origin)}, y ${format(y + state.origin)}`,
    });
  };
  return { node: figure(words.overview, svg), draw };
}
