// Handles that a mouse, a finger and the arrow keys move.
import { s } from "./dom.js";

/** @typedef {[x: number, y: number]} Point */

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Make `node` a handle: a pointer drags it, arrow keys step it (with Shift ten times as far), Page Up and Page Down
 * move it ten steps up and down, Home and End to the left and right end of its range. While one pointer drags it,
 * others do nothing.
 * @param {SVGElement | HTMLElement} node
 * @param {object} options
 * @param {SVGElement | HTMLElement} [options.surface] where a pointer may press
 * @param {(event: PointerEvent) => Point} options.locate the coordinates of a pointer
 * @param {() => Point} options.at where the handle is
 * @param {(x: number, y: number) => void} options.move puts it there
 * @param {number} [options.step] of an arrow key
 * @param {() => [left: number, right: number]} [options.range] of x; without it Home and End do nothing
 * @param {Record<string, () => void>} [options.keys] what other keys do, or these instead
 */
export function draggable(node, { surface = node, locate, at, move, step = 0.1, range, keys = {} }) {
  /** @type {{ pointer: number, offset: Point } | null} */
  let held = null;
  /** @param {PointerEvent} event */
  const start = (event) => {
    if (event.button || held) return;
    const [x, y] = locate(event);
    const [hx, hy] = at();
    // On the handle the grip stays where it was taken; elsewhere the handle comes to the pointer.
    const offset = node.contains(/** @type {Node} */ (event.target)) ? [hx - x, hy - y] : [0, 0];
    held = { pointer: event.pointerId, offset: [offset[0], offset[1]] };
    surface.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    move(x + offset[0], y + offset[1]);
    event.preventDefault();
  };
  /** @param {PointerEvent} event */
  const drag = (event) => {
    if (held?.pointer !== event.pointerId) return;
    const [x, y] = locate(event);
    move(x + held.offset[0], y + held.offset[1]);
  };
  /** @param {PointerEvent} event */
  const stop = (event) => {
    // A finger first belongs to what it pressed; that this loses it to the surface is no end.
    const lost = event.type !== "lostpointercapture" || event.target === surface;
    if (lost && held?.pointer === event.pointerId) held = null;
  };
  /** @type {(key: string, far: number) => Point | null} */
  const stepped = (key, far) => {
    const [x, y] = at();
    const page = { PageUp: -10 * step, PageDown: 10 * step }[key];
    const end = { Home: 0, End: 1 }[key];
    if (ARROWS[key]) return [x + ARROWS[key][0] * far, y + ARROWS[key][1] * far];
    if (page) return [x, y + page];
    return end !== undefined && range ? [range()[end], y] : null;
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const own = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    const to = own ? null : stepped(event.key, step * (event.shiftKey ? 10 : 1));
    if (own) own();
    else if (to) move(...to);
    else return;
    event.preventDefault();
  };
  const target = /** @type {HTMLElement} */ (surface);
  target.addEventListener("pointerdown", start);
  // A finger on a part of an SVG would scroll the page, whatever touch-action the part has, and so end the drag.
  // While the page scrolls already, nothing can be cancelled.
  target.addEventListener("touchstart", (event) => event.cancelable && event.preventDefault(), { passive: false });
  target.addEventListener("pointermove", drag);
  for (const event of ["pointerup", "pointercancel", "lostpointercapture"])
    target.addEventListener(event, /** @type {EventListener} */ (stop));
  /** @type {HTMLElement} */ (node).addEventListener("keydown", key);
}

/**
 * A pointer's position in the coordinates of an SVG.
 * @param {SVGSVGElement} svg
 * @param {MouseEvent} event
 * @returns {Point}
 */
export function svgPoint(svg, event) {
  const box = svg.getBoundingClientRect();
  const view = svg.viewBox.baseVal;
  return [
    view.x + ((event.clientX - box.left) / box.width) * view.width,
    view.y + ((event.clientY - box.top) / box.height) * view.height,
  ];
}

/**
 * A handle of an SVG: a knob with a ring around it that marks the focus.
 * @param {string} label
 * @param {number} [radius] of the knob
 * @param {...any} more behind it
 */
export const knob = (label, radius = 5, ...more) =>
  s(
    "g",
    { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": label },
    more,
    s("circle", { r: radius + 1, class: "stn-ring" }),
    s("circle", { r: radius, class: "stn-knob" }),
  );
