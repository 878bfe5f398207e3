// What theta makes of the frame: its corners, or control points, and the frame itself can be dragged. It is drawn over
// the input U, where V takes its values; in a push it is drawn over the output, where the pixels of U arrive.
import { s, setAttributes } from "../shared/dom.js";
import { draggable } from "../shared/drag.js";
import { format, interpolate } from "../shared/text.js";
import { CORNERS, FAMILIES } from "./families.js";
import { LETTERS, latticePath, outline } from "./lattice.js";
import { ring } from "./ring.js";
import { locateIn } from "./window.js";

const RADIUS = 13; // of a handle, in pixels of the screen

const makeHandle = (name) =>
  s(
    "g",
    { class: "stn-handle stn-corner", tabindex: 0, role: "slider" },
    s("circle", { r: RADIUS + 3, class: "stn-ring" }),
    s("circle", { r: RADIUS, class: "stn-knob" }),
    s("text", { class: "stn-letter" }, name),
  );

// The handles of each family, with their names; families that drag the same points share them.
function makeHandles() {
  const made = new Map();
  for (const { handles } of Object.values(FAMILIES)) {
    const name = (k) => (handles === CORNERS ? LETTERS[k] : String(k + 1));
    if (!made.has(handles))
      made.set(
        handles,
        handles.map((_, k) => ({ name: name(k), node: makeHandle(name(k)) })),
      );
  }
  return { of: (family) => made.get(FAMILIES[family].handles), groups: [...made.values()] };
}

const spoken = (sentence, [x, y]) => {
  const reach = Math.max(3, Math.ceil(Math.abs(x)));
  return {
    "aria-valuemin": -reach,
    "aria-valuemax": reach,
    "aria-valuenow": x.toFixed(2),
    "aria-valuetext": interpolate(sentence, { x: format(x), y: format(y) }),
  };
};

// How far the windows show the plane: the whole frame; handles may come over the window's edge. It stays as it is while
// a pointer is down.
export function makeView(stage, least, redraw) {
  let view = least;
  const held = new Set();
  stage.addEventListener("pointerdown", ({ pointerId }) => held.add(pointerId));
  const release = ({ pointerId }) => {
    if (held.delete(pointerId)) redraw();
  };
  for (const event of ["pointerup", "pointercancel"]) stage.addEventListener(event, release);
  const fit = (lattice) => {
    const most = lattice.reduce((found, value) => Math.max(found, Math.abs(value)), 0);
    if (!held.size) view = Math.max(least, 1.04 * most);
    return view;
  };
  return { fit, bound: (value) => Math.min(Math.max(value, -0.97 * view), 0.97 * view), edge: () => 0.97 * view };
}

export function makeMoved(words, state, act, view) {
  const lines = s("path", { class: "stn-lines" });
  const outer = s("path", { class: "stn-framepath", tabindex: 0, role: "slider" });
  const mark = s("g", { "data-term": "moved", "aria-hidden": "true" }, ring());
  const handles = makeHandles();
  const node = s("g", {});
  const locate = locateIn(node);
  const points = () => FAMILIES[state().family].held(state().theta);
  const { bound } = view;
  const range = () => [-view.edge(), view.edge()];
  for (const group of handles.groups)
    group.forEach((handle, k) => {
      const move = (x, y) => act.drag(k, bound(x), bound(y));
      draggable(handle.node, { locate, at: () => points()[k], step: 0.05, move, range });
    });
  draggable(outer, { locate, at: act.middle, step: 0.05, move: (x, y) => act.move(bound(x), bound(y)), range });
  const arrange = ({ family, show }) => {
    const { handle, frame } = words.moved[show];
    node.setAttribute("class", show === "pull" ? "stn-at-source" : "stn-at-target");
    for (const { name, node: group } of handles.of(family))
      group.setAttribute("aria-label", interpolate(handle, { name }));
    // Only in the affine family does a move of the frame change the two shifts alone.
    setAttributes(outer, { "aria-label": frame, "data-term": family === "affine" ? "tx ty" : "" });
    node.replaceChildren(lines, outer, mark, ...handles.of(family).map((handle) => handle.node));
  };
  const draw = ({ family, show }, lattice, point, pixel) => {
    const { at } = words.moved[show];
    lines.setAttribute("d", latticePath(lattice));
    setAttributes(outer, { d: outline(lattice), ...spoken(at, act.middle()) });
    const put = (group, [x, y]) =>
      // As large on the screen whatever the window shows.
      group.setAttribute("transform", `translate(${100 * x} ${100 * y}) scale(${pixel})`);
    points().forEach((held, k) => {
      const group = handles.of(family)[k].node;
      put(group, held);
      setAttributes(group, spoken(at, held));
    });
    put(mark, point);
  };
  return { node, draw, arrange };
}
