// A handle at a digit's centre that moves it, and one on an arm that rotates and scales it.
import { s, setAttributes } from "./dom.js";
import { draggable, svgPoint } from "./drag.js";

/** @typedef {import("./distortion.js").Pose} Pose */

const PAGE = 45; // degrees that Page Up and Page Down rotate
const GRIP = 13; // how far the outer handle is from the digit's centre, in pixels at scale 1

/** @type {(label: string, radius: number, low: number, high: number) => SVGGElement} */
const knob = (label, radius, low, high) =>
  s(
    "g",
    {
      class: "stn-handle",
      tabindex: 0,
      role: "slider",
      "aria-label": label,
      "aria-valuemin": low,
      "aria-valuemax": high,
    },
    s("circle", { r: radius + 0.9, class: "stn-ring" }),
    s("circle", { r: radius, class: "stn-knob" }),
  );

/**
 * @param {object} options
 * @param {SVGSVGElement} options.svg of one unit a pixel; the handles are appended to it
 * @param {Record<string, string>} options.words with "centre" and "spin"
 * @param {number} options.size of the frame in pixels
 * @param {number} options.reach how far the centre may be from the frame's centre
 * @param {number} options.most degrees of rotation, to either side
 * @param {number} options.radius of the inner handle
 * @param {number} options.step of an arrow key on it
 * @param {() => Pose} options.pose (x, y) from the frame's centre
 * @param {(x: number, y: number) => void} options.move
 * @param {(degrees: number, scale: number) => void} options.rotate
 */
export function makeDigitHandles({ svg, words, size, reach, most, radius, step, pose, move, rotate }) {
  const centre = knob(words.centre, radius, -reach, reach);
  const spin = knob(words.spin, 1.7, -most, most);
  const arm = s("line", { class: "stn-arm" });
  svg.append(arm, centre, spin);
  const middle = size / 2;
  /** @type {() => [number, number]} */
  const at = () => [middle + pose().x, middle + pose().y];
  /** @type {() => [number, number]} */
  const end = () => {
    const [x, y] = at();
    const angle = (pose().degrees * Math.PI) / 180;
    const reach = GRIP * pose().scale;
    return [x + Math.sin(angle) * reach, y - Math.cos(angle) * reach];
  };
  /** @param {MouseEvent} event */
  const locate = (event) => svgPoint(svg, event);
  const range = () => /** @type {[number, number]} */ ([middle - reach, middle + reach]);
  draggable(centre, { surface: svg, step, locate, at, range, move: (x, y) => move(x - middle, y - middle) });
  // The value that a screen reader says is counter-clockwise: a key that raises it makes `degrees` smaller.
  const rotated = (/** @type {number} */ degrees) => rotate(degrees, pose().scale);
  draggable(spin, {
    locate,
    at: end,
    step: 0.6,
    keys: {
      PageUp: () => rotated(pose().degrees - PAGE),
      PageDown: () => rotated(pose().degrees + PAGE),
      Home: () => rotated(most),
      End: () => rotated(-most),
    },
    move: (x, y) => {
      const [cx, cy] = at();
      rotate((Math.atan2(x - cx, cy - y) * 180) / Math.PI, Math.hypot(x - cx, y - cy) / GRIP);
    },
  });
  spin.addEventListener("pointerdown", (event) => event.stopPropagation());
  const draw = () => {
    const [[x, y], [endX, endY]] = [at(), end()];
    centre.setAttribute("transform", `translate(${x} ${y})`);
    spin.setAttribute("transform", `translate(${endX} ${endY})`);
    setAttributes(arm, { x1: x, y1: y, x2: endX, y2: endY });
  };
  /** @type {(node: SVGGElement) => (value: number | string, text: string) => void} */
  const teller = (node) => (value, text) => setAttributes(node, { "aria-valuenow": value, "aria-valuetext": text });
  return { draw, tellCentre: teller(centre), tellSpin: teller(spin) };
}
