// A square of normalised coordinates with an image in it, a frame from −1 to 1 and the axes' numbers; U and V share it,
// so they have one scale.
import { figure } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { keepLast } from "../shared/memo.js";
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

/**
 * `attributes` of the drawing; `nodes` are drawn over the image. The image is where the coordinates −1 to 1 are;
 * `zoom(view)` shows those up to ±view, and says where they are on the screen and back.
 */
export function makePlate(caption, height, width, sizes, attributes, ...nodes) {
  const canvas = imageCanvas(height, width, caption);
  const edge = s("path", { class: "stn-edge" });
  const ticks = makeTicks();
  const board = makeBoard(attributes, sizes);
  board.svg.append(edge, ...ticks.nodes, ...nodes);
  const box = h("div", { class: "stn-glass", style: `aspect-ratio: ${width} / ${height}` }, canvas.canvas, board.svg);
  const place = keepLast((view, across, down) => {
    const px = (x) => ((x / view + 1) / 2) * across;
    const py = (y) => ((y / view + 1) / 2) * down;
    const back = (x, y) => [((2 * x) / across - 1) * view, ((2 * y) / down - 1) * view];
    box.style.setProperty("--stn-share", `${50 / view}%`);
    ticks.place(px, py);
    edge.setAttribute("d", `M${px(-1)} ${py(-1)}H${px(1)}V${py(1)}H${px(-1)}Z`);
    return { px, py, back };
  });
  const zoom = (view) => place(view, board.width, board.height);
  return { node: figure(caption, box), board, canvas, zoom };
}
