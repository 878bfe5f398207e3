// Both curves, the part after the shown step faint; a pointer anywhere in the chart goes to the nearest recorded step.
import { logAxis } from "../shared/axis.js";
import { s, setAttributes } from "../shared/dom.js";
import { svgPoint } from "../shared/drag.js";
import { format, interpolate } from "../shared/text.js";
import { joined } from "./pane.js";
import { NETWORKS, frameNear, stepTicks } from "./replay.js";

// Room round the axes: for numbers, and for names above and below the curves. The slider's thumb is 24 pixels wide.
const EDGE = { left: 36, right: 12, top: 24, bottom: 38 };
const NAME = 118; // pixels that a name beside a curve needs

function makeLine(network) {
  const kind = network === "cnn" ? "stn-plain" : "stn-transformer";
  return {
    future: s("path", { class: `stn-curve stn-future ${kind}` }),
    past: s("path", { class: `stn-curve ${kind}` }),
    dot: s("circle", { class: `stn-dot ${kind}`, r: network === "cnn" ? 6.5 : 4.3 }),
    value: s("text", { class: "stn-value" }),
    network,
  };
}

function makeDrawing() {
  const lines = NETWORKS.map(makeLine);
  const ticks = s("g", {});
  const cursor = s("path", { class: "stn-cursor" });
  const parts = ["future", "past", "dot", "value"].map((part) => lines.map((line) => line[part]));
  const [future, past, dots, values] = parts;
  const svg = s("svg", { class: "stn-plot", role: "img" }, ticks, future, past, cursor, dots, values);
  return { svg, ticks, cursor, lines };
}

function follow(svg, goTo) {
  let held = false;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    held = true;
    svg.setPointerCapture(event.pointerId);
    goTo(event);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (held) goTo(event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, () => {
      held = false;
    });
  }
}

// Where steps and values lie on a board of this size.
function makeScales({ width, height }, { steps, last, curves }, curve) {
  const [right, low] = [width - EDGE.right, height - EDGE.bottom];
  const values = NETWORKS.flatMap((network) => curves[curve][network]);
  const axis = logAxis(values, curve === "error");
  const span = steps[last] - steps[0];
  const px = (step) => EDGE.left + ((step - steps[0]) / span) * (right - EDGE.left);
  const py = (value) => low - axis.share(value) * (low - EDGE.top);
  const at = (x) => steps[0] + ((x - EDGE.left) / (right - EDGE.left)) * span;
  return { px, py, at, axis, right, low };
}

function makeTicks({ width, height }, { steps, last }, { px, py, axis, right }) {
  const levels = axis.ticks.flatMap((value) => {
    const label = { class: "stn-axis stn-axis-y", x: EDGE.left - 8, y: py(value) + 4 };
    return [
      s("path", { class: "stn-rule", d: `M${EDGE.left} ${py(value).toFixed(1)}H${right}` }),
      s("text", label, String(Number(value.toPrecision(1)))),
    ];
  });
  const across = stepTicks(steps[0], steps[last], width < 420 ? 5 : 10).map((step) =>
    s("text", { class: "stn-axis", x: px(step), y: height - 6 }, String(step)),
  );
  return [...levels, ...across];
}

export function makeChart(words, run, go) {
  const { steps, curves, last } = run;
  const { svg, ticks, cursor, lines } = makeDrawing();
  const board = { width: 600, height: 200 };
  let scales = null;
  follow(svg, (event) => go(frameNear(steps, scales.at(svgPoint(svg, event)[0]))));
  const path = (values, end) =>
    `M${joined(values.slice(0, end + 1).map((value, k) => [scales.px(steps[k]), scales.py(value)]))}`;
  // What stays the same while the run plays: axes, and the whole curves.
  const lay = (curve) => {
    scales = makeScales(board, run, curve);
    svg.setAttribute("viewBox", `0 0 ${board.width} ${board.height}`);
    svg.setAttribute("aria-label", words.charts[curve]);
    ticks.replaceChildren(...makeTicks(board, run, scales));
    for (const { future, network } of lines) future.setAttribute("d", path(curves[curve][network], last));
  };
  const draw = (frame, curve) => {
    const x = scales.px(steps[frame]);
    const side = x > board.width - NAME ? -1 : 1;
    cursor.setAttribute("d", `M${x.toFixed(1)} ${EDGE.top - 12}V${scales.low + 20}`);
    const heights = lines.map(({ network }) => scales.py(curves[curve][network][frame]));
    lines.forEach(({ past, dot, value, network }, k) => {
      const now = curves[curve][network][frame];
      past.setAttribute("d", path(curves[curve][network], frame));
      setAttributes(dot, { cx: x, cy: heights[k] });
      const shown = format(now, curve === "error" ? 1 : 2);
      value.textContent = interpolate(words.values[curve], { name: words.names[network], value: shown });
      // The higher number is above its curve, the lower one below: they never touch.
      const upper = heights[k] < heights[1 - k] || (heights[k] === heights[1 - k] && k === 0);
      const y = upper ? Math.max(heights[k] - 11, 13) : heights[k] + 21;
      setAttributes(value, { x: x + 10 * side, y, "text-anchor": side < 0 ? "end" : "start" });
    });
  };
  return { svg, board, lay, draw };
}
