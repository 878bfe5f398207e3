// A window onto the plane around an image. All windows of the explorable have the same scale: a pixel of U is as large
// as a pixel of V.
import { h, s, setAttributes } from "../shared/dom.js";

export const LEAST_VIEW = 1.6; // half the side of a window, in normalised coordinates

const TICKS = [
  [-1, "\u22121"],
  [0, "0"],
  [1, "1"],
];

// The border of the image, from -1 to 1, with its coordinates.
function makeAxes(concept) {
  const texts = TICKS.flatMap(([at, text]) => [
    [s("text", { class: "stn-tick" }, text), at, "x"],
    [s("text", { class: "stn-tick" }, text), at, "y"],
  ]);
  const rim = s("path", { d: "M-100-100H100V100H-100Z", class: `stn-rim stn-of-${concept}` });
  const node = s("g", { "aria-hidden": "true" }, rim, ...texts.map(([text]) => text));
  const fit = (scale) =>
    texts.forEach(([text, at, axis]) => {
      const beside = -100 - 10 * scale;
      const [x, y] = axis === "x" ? [100 * at, beside] : [beside, 100 * at];
      setAttributes(text, { transform: `translate(${x} ${y}) scale(${scale})` });
    });
  return { node, fit };
}

export function makeWindow(canvas, concept, attributes) {
  const axes = makeAxes(concept);
  const svg = s("svg", attributes);
  const node = h("div", { class: "stn-window" }, canvas, svg);
  // `view`: half of the side that is shown.
  const fit = (view) => {
    svg.setAttribute("viewBox", `${-100 * view} ${-100 * view} ${200 * view} ${200 * view}`);
    node.style.setProperty("--stn-share", `${50 / view}%`);
    axes.fit(view / LEAST_VIEW);
  };
  const fill = (...children) => svg.replaceChildren(axes.node, ...children);
  return { node, svg, fit, fill };
}
