// The canvas with the window of the ST-CNN, and the two handles of the number: one moves it, one rotates and scales it.
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, knob, svgPoint } from "../shared/drag.js";
import { imageCanvas } from "../shared/image.js";
import { placeText } from "../shared/place.js";
import { format, interpolate } from "../shared/text.js";
import { makeWindow } from "../shared/window.js";
import { halfWidth } from "./scene.js";

/** @typedef {import("./scene.js").Place} Place */
/** @typedef {(values: Partial<Place>) => void} Put */

export const LIMITS = { height: [5, 24], angle: [-45, 45] };
const GAP = 11; // pixels between a number and its handles
const [TILT, PAGE, GROW] = [1, 10, 0.5]; // degrees and pixels of a key

/**
 * On which side of the number each handle is: where there is more room.
 * @param {{x: number, y: number}} place
 */
const roomier = ({ x, y }) => ({ side: x > 0 ? -1 : 1, under: y > 0 ? -1 : 1 });

/**
 * Where the handles are, in pixels of the canvas. Each is beside the number.
 * @param {import("./scene.js").Scene} scene
 * @param {number} length of the number
 * @param {Place} place
 * @param {{side: number, under: number}} [sides]
 */
export function handlePlaces(scene, length, { x, y, height, angle }, { side, under } = roomier({ x, y })) {
  const [middle, turn] = [scene.size / 2, (angle * Math.PI) / 180];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const arm = side * (halfWidth(scene, length, height) + GAP);
  const drop = under * (height / 2 + GAP);
  const at = /** @type {[number, number]} */ ([middle + x, middle + y]);
  const spin = /** @type {[number, number]} */ ([at[0] + arm * cos, at[1] - arm * sin]);
  const move = /** @type {[number, number]} */ ([at[0] + drop * sin, at[1] + drop * cos]);
  return { at, spin, move, side };
}

/** @type {(node: SVGGElement, scene: import("./scene.js").Scene, board: any) => void} */
function makeSpin(node, scene, { locate, places, state, put }) {
  /** @type {(by: number) => () => void} */
  const rotate = (by) => () => put({ angle: state().place.angle + by });
  /** @type {(by: number) => () => void} */
  const grow = (by) => () => put({ height: state().place.height + by });
  let held = 1; // the side of the handle that is dragged: it does not change on the way
  node.addEventListener("pointerdown", () => {
    held = places().side;
  });
  draggable(node, {
    locate,
    at: () => places().spin,
    keys: {
      ...{ ArrowLeft: rotate(TILT), ArrowRight: rotate(-TILT), PageUp: rotate(-PAGE), PageDown: rotate(PAGE) },
      ...{ ArrowUp: grow(GROW), ArrowDown: grow(-GROW) },
      Home: () => put({ angle: LIMITS.angle[1] }),
      End: () => put({ angle: LIMITS.angle[0] }),
    },
    move: (x, y) => {
      const [cx, cy] = places().at;
      const far = Math.hypot(x - cx, y - cy) - GAP;
      const angle = (Math.atan2(held * (cy - y), held * (x - cx)) * 180) / Math.PI;
      put({ angle: Math.round(angle), height: Math.round((2 * far) / halfWidth(scene, state().length, 1)) / 2 });
    },
  });
  node.addEventListener("pointerdown", (event) => event.stopPropagation());
}

/**
 * @param {Record<string, any>} words
 * @param {import("./scene.js").Scene} scene
 * @param {() => {length: number, place: Place}} state
 * @param {Put} put
 */
export function makeBoard(words, scene, state, put) {
  const { size } = scene;
  const canvas = imageCanvas(size, size, words.canvas);
  const seen = makeWindow();
  const arms = s("path", { class: "stn-arm" });
  const [move, spin] = [knob(words.move), knob(words.spin)];
  const attributes = { viewBox: `0 0 ${size} ${size}`, role: "group", "aria-label": words.canvas, class: "stn-drag" };
  const svg = s("svg", attributes, s("g", { "data-term": "theta" }, seen.parts), arms, move, spin);
  /** @type {{side: number, under: number} | undefined} */
  let kept; // while a handle is dragged: it would jump away from the pointer
  const places = () => handlePlaces(scene, state().length, state().place, kept);
  const keep = () => {
    kept = roomier(state().place);
  };
  svg.addEventListener("pointerdown", keep, true);
  /** @param {MouseEvent} event */
  const locate = (event) => svgPoint(svg, event);
  const [middle, reach] = [size / 2, size / 2];
  draggable(move, {
    surface: svg,
    locate,
    at: () => places().at,
    step: 1,
    range: () => [0, size],
    move: (x, y) => put({ x: x - middle, y: y - middle }),
  });
  makeSpin(spin, scene, { locate, places, state, put });
  const drawHandles = () => {
    const { at, move: low, spin: end } = places();
    arms.setAttribute("d", `M${low.join(" ")}L${at.join(" ")}L${end.join(" ")}`);
    move.setAttribute("transform", `translate(${low.join(" ")})`);
    spin.setAttribute("transform", `translate(${end.join(" ")})`);
    const { x, y, height: high, angle } = state().place;
    const posed = interpolate(words.posed, { height: format(high, 1), angle: format(angle, 0) });
    const range = (/** @type {number} */ most) => ({ "aria-valuemin": -most, "aria-valuemax": most });
    setAttributes(move, { ...range(reach), "aria-valuenow": x.toFixed(0), "aria-valuetext": placeText(words, x, y) });
    setAttributes(spin, { ...range(LIMITS.angle[1]), "aria-valuenow": angle.toFixed(0), "aria-valuetext": posed });
  };
  const release = () => {
    kept = undefined;
    drawHandles();
  };
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, release);
  /** @type {(image: import("../shared/types").Numbers, theta: number[]) => void} */
  const draw = (image, theta) => {
    canvas.draw(image);
    seen.draw(theta, size);
    drawHandles();
  };
  const caption = [
    h("span", { class: "stn-wide" }, words.canvas),
    h("span", { class: "stn-narrow" }, words.canvasShort),
  ];
  const node = figure(caption, h("div", { class: "stn-over" }, canvas.canvas, svg));
  node.classList.add("stn-board");
  return { node, draw, recolour: canvas.recolour };
}
