// Handles that a mouse, a finger and the arrow keys move.

/** @typedef {[x: number, y: number]} Point */

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Make `node` a handle: a pointer drags it, arrow keys step it (with Shift ten times as far).
 * @param {SVGElement | HTMLElement} node
 * @param {object} options
 * @param {SVGElement | HTMLElement} [options.surface] where a pointer may press
 * @param {(event: PointerEvent) => Point} options.locate the coordinates of a pointer
 * @param {() => Point} options.at where the handle is
 * @param {(x: number, y: number) => void} options.move puts it there
 * @param {number} [options.step] of an arrow key
 */
export function draggable(node, { surface = node, locate, at, move, step = 0.1 }) {
  /** @type {Point | null} */
  let offset = null;
  /** @param {PointerEvent} event */
  const start = (event) => {
    if (event.button) return;
    const [x, y] = locate(event);
    const [hx, hy] = at();
    // On the handle the grip stays where it was taken; elsewhere the handle comes to the pointer.
    offset = node.contains(/** @type {Node} */ (event.target)) ? [hx - x, hy - y] : [0, 0];
    surface.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    move(x + offset[0], y + offset[1]);
    event.preventDefault();
  };
  /** @param {PointerEvent} event */
  const drag = (event) => {
    if (!offset) return;
    const [x, y] = locate(event);
    move(x + offset[0], y + offset[1]);
  };
  const stop = () => {
    offset = null;
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.altKey || event.ctrlKey || event.metaKey) return;
    const far = step * (event.shiftKey ? 10 : 1);
    const [x, y] = at();
    move(x + arrow[0] * far, y + arrow[1] * far);
    event.preventDefault();
  };
  const target = /** @type {HTMLElement} */ (surface);
  target.addEventListener("pointerdown", start);
  target.addEventListener("pointermove", drag);
  target.addEventListener("pointerup", stop);
  target.addEventListener("pointercancel", stop);
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
