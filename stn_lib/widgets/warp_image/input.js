// The input U with the frame that theta reads: its corners, or control points, and the frame itself can be dragged.
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { imageCanvas } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";
import { CORNERS, FAMILIES } from "./families.js";
import { LETTERS, latticePath, outline } from "./lattice.js";

const LEAST_VIEW = 1.6; // half of the side that the window shows, in normalised units

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

const tell = (words, [x, y]) => ({
  "aria-valuenow": x.toFixed(2),
  "aria-valuetext": interpolate(words.reads, { x: format(x), y: format(y) }),
});

// The window shows the whole frame, and stays as it is while a pointer is down.
function makeView(svg, box, redraw) {
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
    if (held) return;
    view = Math.max(LEAST_VIEW, 1.12 * lattice.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    svg.setAttribute("viewBox", `${-100 * view} ${-100 * view} ${200 * view} ${200 * view}`);
    box.style.setProperty("--stn-share", `${50 / view}%`);
  };
  return { fit, size: () => view, bound: (value) => Math.min(Math.max(value, -0.97 * view), 0.97 * view) };
}

export function makeInput(words, height, width, state, act) {
  const canvas = imageCanvas(height, width, words.input);
  const lines = s("path", { class: "stn-lines" });
  const outer = s("path", { class: "stn-framepath", ...slider(words.frame) });
  const handles = makeHandles(words);
  const svg = s("svg", { role: "group", "aria-label": words.input });
  const box = h("div", { class: "stn-window" }, canvas.canvas, svg);
  const view = makeView(svg, box, act.redraw);
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
    lines.setAttribute("d", latticePath(lattice));
    setAttributes(outer, { d: outline(lattice), ...tell(words, act.middle()) });
    handles.of(state().family).forEach((node, k) => {
      const [x, y] = at[k];
      // As large on the screen whatever the window shows.
      node.setAttribute("transform", `translate(${100 * x} ${100 * y}) scale(${view.size() / LEAST_VIEW})`);
      setAttributes(node, tell(words, at[k]));
    });
  };
  const arrange = (family) => svg.replaceChildren(lines, outer, ...handles.of(family));
  return { node: figure(words.input, box), draw, arrange, canvas };
}
