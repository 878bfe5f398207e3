// A square of normalised coordinates with an image in it, a frame from −1 to 1 and the axes' numbers; U and V share it,
// so they have one scale.
import { figure } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { makeBoard } from "./board.js";

const GAP = 3; // pixels between the frame and a number

function makeTicks() {
  const numbers = ["\u22121", "0", "1"];
  const [across, down] = ["across", "down"].map((side) =>
    numbers.map((text) => s("text", { class: `stn-axis stn-${side}` }, text)),
  );
  const place = (px, py) => {
    [-1, 0, 1].forEach((at, k) => {
      const [x, y] = [px(at), py(at)].map((value) => value.toFixed(1));
      for (const [name, value] of [
        ["x", x],
        ["y", (py(1) + GAP + 10).toFixed(1)],
      ])
        across[k].setAttribute(name, value);
      down[k].setAttribute("x", (px(-1) - GAP).toFixed(1));
      down[k].setAttribute("y", Number(y) + 4);
    });
  };
  return { nodes: [...across, ...down], place };
}

/** `attributes` of the drawing; `nodes` are drawn over the image. The image is where the coordinates −1 to 1 are. */
export function makePlate(caption, height, width, sizes, attributes, ...nodes) {
  const canvas = imageCanvas(height, width, caption);
  const edge = s("path", { class: "stn-edge" });
  const ticks = makeTicks();
  const board = makeBoard(attributes, sizes);
  board.svg.append(edge, ...ticks.nodes, ...nodes);
  const state = { view: 1.36 };
  const px = (x) => ((x / state.view + 1) / 2) * board.width;
  const py = (y) => ((y / state.view + 1) / 2) * board.height;
  const box = h("div", { class: "stn-glass", style: `aspect-ratio: ${width} / ${height}` }, canvas.canvas, board.svg);
  const zoom = (view) => {
    state.view = view;
    box.style.setProperty("--stn-share", `${50 / view}%`);
    ticks.place(px, py);
    edge.setAttribute("d", `M${px(-1)} ${py(-1)}H${px(1)}V${py(1)}H${px(-1)}Z`);
  };
  const back = (x, y) => [((2 * x) / board.width - 1) * state.view, ((2 * y) / board.height - 1) * state.view];
  return { node: figure(caption, box), board, canvas, px, py, zoom, back };
}
