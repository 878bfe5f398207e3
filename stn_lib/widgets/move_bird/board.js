// The image with the windows of the ST-CNN, and the handles of bird and ball.
import { figure } from "../shared/controls.js";
import { s, setAttributes } from "../shared/dom.js";
import { draggable, knob, svgPoint } from "../shared/drag.js";
import { placeText } from "../shared/place.js";
import { makePicture } from "./picture.js";

const GAP = 11; // pixels between the body and its handle
const KNOB = 8;

/**
 * Say where a handle is.
 * @param {SVGElement} handle
 * @param {Record<string, any>} words
 * @param {number} side of the image
 * @param {number[]} at from its middle
 */
export function placeHandle(handle, words, side, [x, y]) {
  const range = { "aria-valuemin": -side / 2, "aria-valuemax": side / 2, "aria-valuenow": x.toFixed(0) };
  setAttributes(handle, { ...range, "aria-valuetext": placeText(words, x, y) });
}

/**
 * @param {Record<string, any>} words
 * @param {import("./bird.js").Facts} facts
 * @param {any} state
 */
export function makeBoard(words, facts, { bird, ball, put }) {
  const { side, bodyAxes, headRadius } = facts;
  const [move, moveBall] = [knob(words.move, KNOB), knob(words.moveBall, KNOB)];
  const arm = s("path", { class: "stn-arm" });
  const attributes = { role: "group", "aria-label": words.windowsOn, class: "stn-drag" };
  const picture = makePicture(words, side, words.image, [arm, move], attributes);
  const { svg } = picture;
  const middle = side / 2;
  /** @type {number | undefined} */
  let kept; // the side of the handle while it is dragged: it would jump away from the pointer
  const beside = () => {
    const { x, y, size } = bird();
    return [x + (kept ?? (x > 0 ? -1 : 1)) * (bodyAxes[0] * size + GAP), y + bodyAxes[1] * size];
  };
  svg.addEventListener("pointerdown", () => (kept = bird().x > 0 ? -1 : 1), true);
  const locate = (/** @type {MouseEvent} */ event) => svgPoint(svg, event);
  const options = { locate, step: 1, range: () => /** @type {[number, number]} */ ([0, side]) };
  draggable(move, {
    ...{ ...options, surface: svg },
    at: () => [bird().x + middle, bird().y + middle],
    move: (x, y) => put({ x: x - middle, y: y - middle }),
  });
  draggable(moveBall, {
    ...options,
    at: () => [ball().x + middle, ball().y + middle],
    move: (x, y) => put({ ball_x: x - middle, ball_y: y - middle }),
  });
  moveBall.addEventListener("pointerdown", (event) => event.stopPropagation());
  const drawHandles = () => {
    const { x, y } = bird();
    const [hx, hy] = beside();
    arm.setAttribute("d", `M${x + middle} ${y + middle}L${hx + middle} ${hy + middle}`);
    move.setAttribute("transform", `translate(${hx + middle} ${hy + middle})`);
    placeHandle(move, words, side, [x, y]);
    const { kind, x: bx, y: by } = ball();
    if (kind === "none") moveBall.remove();
    else if (!moveBall.isConnected) move.before(moveBall);
    const rim = (by > 0 ? -1 : 1) * headRadius * bird().size; // so that it hides little of the ball
    moveBall.setAttribute("transform", `translate(${bx + middle} ${by + rim + middle})`);
    placeHandle(moveBall, words, side, [bx, by]);
  };
  const release = () => {
    kept = undefined;
    drawHandles();
  };
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, release);
  /** @type {(image: Float32Array, thetas: number[][]) => void} */
  const draw = (image, thetas) => {
    picture.draw(image);
    picture.look(thetas);
    drawHandles();
  };
  const node = figure(words.windowsOn, picture.node);
  node.classList.add("stn-board");
  return { node, draw };
}
