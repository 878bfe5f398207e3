// Drawings in the pixels of the screen.
import { s } from "../shared/dom.js";

// A drawing in pixels of the screen; `resized` is called when it gets another size.
export function makeBoard(attributes, sizes) {
  const svg = s("svg", attributes);
  const board = { svg, width: 300, height: 200 };
  const fit = () => svg.setAttribute("viewBox", `0 0 ${board.width} ${board.height}`);
  fit();
  sizes.set(svg, ({ width, height }) => {
    Object.assign(board, { width: width || 1, height: height || 1 });
    fit();
  });
  return board;
}

export const trail = (run, first, last, px, py) => {
  let d = "";
  for (let k = first; k <= last; k++) {
    d += `${d ? "L" : "M"}${px(run.thetas[6 * k + 2]).toFixed(1)} ${py(run.thetas[6 * k + 5]).toFixed(1)}`;
  }
  return d;
};

// Segments [x, y, x, y, …] as one path.
export function segments(ends, px, py) {
  const at = (k) => `${px(ends[k]).toFixed(2)} ${py(ends[k + 1]).toFixed(2)}`;
  let d = "";
  for (let k = 0; k < ends.length; k += 4) d += `M${at(k)}L${at(k + 2)}`;
  return d;
}
