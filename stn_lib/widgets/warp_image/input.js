// The input U with the frame that theta samples: its corners, or control points, and the frame itself can be dragged.
import { figure } from "../shared/controls.js";
import { s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { imageCanvas } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";
import { CORNERS, FAMILIES } from "./families.js";
import { LETTERS, latticePath, outline } from "./lattice.js";
import { LEAST_VIEW, makeWindow } from "./window.js";

const slider = (label) => ({
  tabindex: 0,
  role: "slider",
  "aria-label": label,
  "aria-valuemin": -3,
  "aria-valuemax": 3,
});

const makeHandle = (words, name) =>
  s(
    "g",
    { class: "stn-handle", ...slider(interpolate(words.handle, { name })) },
    s("circle", { r: 17, class: "stn-ring" }),
    s("circle", { r: 13.5, class: "stn-knob" }),
    s("text", { class: "stn-letter" }, name),
  );

// The handles of each family; families that drag the same points share them.
function makeHandles(words) {
  const made = new Map();
  const names = (points) => points.map((_, k) => (points === CORNERS ? LETTERS[k] : String(k + 1)));
  for (const { handles } of Object.values(FAMILIES)) {
    if (!made.has(handles))
      made.set(
        handles,
        names(handles).map((name) => makeHandle(words, name)),
      );
  }
  return { of: (family) => made.get(FAMILIES[family].handles), groups: [...made.values()] };
}

const spoken = (words, [x, y]) => ({
  "aria-valuenow": x.toFixed(2),
  "aria-valuetext": interpolate(words.samples, { x: format(x), y: format(y) }),
});

// How far the windows show the plane: the whole frame. It stays as it is while a pointer is down.
function makeView(svg, redraw) {
  let view = LEAST_VIEW;
  let held = false;
  svg.addEventListener("pointerdown", () => {
    held = true;
  });
  const release = () => {
    held = false;
    redraw();
  };
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointercancel", release);
  const fit = (lattice) => {
    if (!held) view = Math.max(LEAST_VIEW, 1.12 * lattice.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  };
  return { fit, size: () => view, bound: (value) => Math.min(Math.max(value, -0.97 * view), 0.97 * view) };
}

export function makeInput(words, height, width, state, act) {
  const canvas = imageCanvas(height, width, words.input);
  const lines = s("path", { class: "stn-lines" });
  const outer = s("path", { class: "stn-framepath", ...slider(words.frame) });
  const handles = makeHandles(words);
  const plane = makeWindow(canvas.canvas, "source", { role: "group", "aria-label": words.input });
  const { svg } = plane;
  const view = makeView(svg, act.redraw);
  const locate = (event) => svgPoint(svg, event).map((value) => value / 100);
  const sources = () => FAMILIES[state().family].held(state().theta);
  const { bound } = view;
  for (const group of handles.groups) {
    group.forEach((node, k) => {
      const move = (x, y) => act.drag(k, bound(x), bound(y));
      draggable(node, { locate, at: () => sources()[k], step: 0.05, move });
    });
  }
  draggable(outer, { locate, at: act.middle, step: 0.05, move: (x, y) => act.move(bound(x), bound(y)) });
  const draw = (lattice) => {
    const at = sources();
    view.fit(lattice);
    plane.fit(view.size());
    lines.setAttribute("d", latticePath(lattice));
    setAttributes(outer, { d: outline(lattice), ...spoken(words, act.middle()) });
    handles.of(state().family).forEach((node, k) => {
      const [x, y] = at[k];
      // As large on the screen whatever the window shows.
      node.setAttribute("transform", `translate(${100 * x} ${100 * y}) scale(${view.size() / LEAST_VIEW})`);
      setAttributes(node, spoken(words, at[k]));
    });
  };
  const arrange = (family) => plane.fill(lines, outer, ...handles.of(family));
  return { node: figure(words.input, plane.node), draw, arrange, canvas, view: view.size };
}
