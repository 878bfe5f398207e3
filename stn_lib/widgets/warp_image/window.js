// A window onto the plane around an image. Both windows of the explorable have the same scale: a pixel of U is as large
// as a pixel of V.
import { h, s, setAttributes } from "../shared/dom.js";
import { svgPoint } from "../shared/drag.js";

export const LEAST_VIEW = 1.5; // half the side of a window, in normalised coordinates

const TICKS = [
  [-1, "\u22121"],
  [0, "0"],
  [1, "1"],
];

// The border of the image, from -1 to 1, with its coordinates.
function makeAxes(concept) {
  const texts = TICKS.flatMap(([at, text]) => [
    [s("text", { class: "stn-tick" }, text), at, "x"],
    [s("text", { class: "stn-tick stn-beside" }, text), at, "y"],
  ]);
  const rim = s("path", { d: "M-100-100H100V100H-100Z", class: `stn-rim stn-of-${concept}` });
  const node = s("g", { "aria-hidden": "true" }, rim, ...texts.map(([text]) => text));
  const fit = (pixel) =>
    texts.forEach(([text, at, axis]) => {
      const [x, y] = axis === "x" ? [100 * at, -100 - 10 * pixel] : [-100 - 4 * pixel, 100 * at];
      setAttributes(text, { transform: `translate(${x} ${y}) scale(${pixel})` });
    });
  return { node, fit };
}

export function makeWindow(canvas, concept) {
  const axes = makeAxes(concept);
  const svg = s("svg", { role: "group" });
  const node = h("div", { class: "stn-window" }, canvas, svg);
  // `view`: half of the side that is shown; `pixel`: a pixel of the screen in units of the drawing.
  const fit = (view, pixel) => {
    svg.setAttribute("viewBox", `${-100 * view} ${-100 * view} ${200 * view} ${200 * view}`);
    node.style.setProperty("--stn-share", `${50 / view}%`);
    axes.fit(pixel);
  };
  const fill = (...children) => svg.replaceChildren(axes.node, ...children);
  // Where a point of the plane is on the screen.
  const place = ([x, y]) => {
    const box = svg.getBoundingClientRect();
    const view = svg.viewBox.baseVal;
    return [
      box.left + ((100 * x - view.x) / view.width) * box.width,
      box.top + ((100 * y - view.y) / view.height) * box.height,
    ];
  };
  return { node, svg, fit, fill, place };
}

// The coordinates of a pointer over the drawing that `node` is in at the moment.
export const locateIn = (node) => (event) => svgPoint(node.ownerSVGElement, event).map((value) => value / 100);
