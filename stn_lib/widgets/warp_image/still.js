// What theta is applied to: the regular lattice, and the point that is followed. It is over the output V; in a push
// it is over the input U. A mouse over it follows another point while it is there.
import { s, setAttributes } from "../shared/dom.js";
import { draggable } from "../shared/drag.js";
import { format, interpolate } from "../shared/text.js";
import { CORNERS } from "./families.js";
import { LATTICE, LETTERS, latticePath } from "./lattice.js";
import { ring } from "./ring.js";
import { locateIn } from "./window.js";

const STEP = 0.05;
const rounded = (value) => Math.round(Math.min(Math.max(value, -1), 1) / STEP) * STEP;
export const nearestPoint = (x, y) => [x, y].map((value) => Number(rounded(value).toFixed(2)));

export function makeStill(words, followed, act) {
  const ground = s("rect", { x: -100, y: -100, width: 200, height: 200, class: "stn-ground", "data-term": "still" });
  const lines = s("path", { class: "stn-lines", d: latticePath(LATTICE.flat()) });
  const names = CORNERS.map((_, k) => s("text", { class: "stn-corner-name" }, LETTERS[k]));
  const letters = s("g", { "aria-hidden": "true" }, names);
  const handle = s(
    "g",
    { class: "stn-handle stn-point", tabindex: 0, role: "slider", "data-term": "still" },
    s("circle", { r: 16, class: "stn-ring" }),
    s("circle", { r: 12.5, class: "stn-knob" }),
    ring(),
  );
  setAttributes(handle, { "aria-valuemin": -1, "aria-valuemax": 1 });
  const node = s("g", {}, ground, lines, letters, handle);
  const locate = locateIn(node);
  const move = (x, y) => act.follow(...nearestPoint(x, y));
  draggable(handle, { surface: node, locate, at: followed, step: STEP, move, range: () => [-1, 1] });
  node.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" && !event.buttons) act.glance(nearestPoint(...locate(event)));
  });
  node.addEventListener("pointerleave", () => act.glance(null));
  const arrange = ({ family, show }) => {
    node.setAttribute("class", show === "pull" ? "stn-at-target" : "stn-at-source");
    handle.setAttribute("aria-label", words.still[show]);
    letters.style.display = family === "tps" ? "none" : "";
  };
  const draw = ([x, y], pixel) => {
    names.forEach((name, k) => {
      const [left, top] = CORNERS[k].map((value) => value * (100 - 10 * pixel));
      name.setAttribute("transform", `translate(${left} ${top}) scale(${pixel})`);
    });
    setAttributes(handle, {
      transform: `translate(${100 * x} ${100 * y}) scale(${pixel})`,
      "aria-valuenow": x.toFixed(2),
      "aria-valuetext": interpolate(words.at, { x: format(x), y: format(y) }),
    });
  };
  return { node, draw, arrange };
}
