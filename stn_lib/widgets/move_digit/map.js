// The map: at which positions the network classifies the digit, as it is now, correctly.
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { themeColour } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";

const WORK = 3; // milliseconds of a frame, which also draws the digit

// The positions of a square from its middle outwards.
function outwards(side, reach) {
  const far = (i) => Math.hypot((i % side) - reach, Math.floor(i / side) - reach);
  return Array.from({ length: side * side }, (_, i) => i).sort((a, b) => far(a) - far(b));
}

function makeHandle(words, reach) {
  const range = { "aria-valuemin": -reach, "aria-valuemax": reach };
  return s(
    "g",
    { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.place, ...range },
    s("circle", { r: 2.6, class: "stn-ring" }),
    s("circle", { r: 2.05, class: "stn-knob" }),
  );
}

// One pixel for each position; `paint(known)` fills the correct ones among those known and crosses the wrong ones.
function makeCanvas(words, side, crosses) {
  const canvas = h("canvas", { class: "stn-image", width: side, height: side, role: "img", "aria-label": words.map });
  const context = canvas.getContext("2d");
  const data = context.createImageData(side, side);
  let background;
  let fill;
  const recolour = () => {
    [background, fill] = [themeColour(canvas, "surface"), themeColour(canvas, "ok")];
  };
  const paint = (known) => {
    let d = "";
    for (let i = 0; i < side * side; i++) {
      const found = known.get(i);
      const t = found?.good ? 0.25 + 0.75 * found.p : 0;
      for (let k = 0; k < 3; k++) data.data[4 * i + k] = background[k] + t * (fill[k] - background[k]);
      data.data[4 * i + 3] = 255;
      if (found && !found.good) d += `M${(i % side) + 0.28} ${Math.floor(i / side) + 0.28}l.44 .44m0 -.44l-.44 .44`;
    }
    context.putImageData(data, 0, 0);
    crosses.setAttribute("d", d);
  };
  return { canvas, recolour, paint };
}

// Calls `probe` for each position, a few in each frame, and `then` after each frame.
function makeWork(side, reach, probe, then) {
  const order = outwards(side, reach);
  let known = new Map();
  let next = 0;
  let request = 0;
  const work = () => {
    const until = performance.now() + WORK;
    while (next < order.length && performance.now() < until) {
      const i = order[next++];
      known.set(i, probe((i % side) - reach, Math.floor(i / side) - reach));
    }
    request = next < order.length ? requestAnimationFrame(work) : 0;
    then(known, request !== 0);
  };
  const restart = () => {
    known = new Map();
    next = 0;
    cancelAnimationFrame(request);
    request = requestAnimationFrame(work);
  };
  return { restart, known: () => known, stop: () => cancelAnimationFrame(request) };
}

export function makeMap(words, reach, state, probe, put) {
  const side = 2 * reach + 1;
  const crosses = s("path", { class: "stn-crosses" });
  const handle = makeHandle(words, reach);
  const surface = makeCanvas(words, side, crosses);
  const attributes = { viewBox: `0 0 ${side} ${side}`, role: "group", "aria-label": words.map, class: "stn-drag" };
  const svg = s("svg", attributes, crosses, handle);
  draggable(handle, {
    surface: svg,
    step: 1,
    locate: (event) => svgPoint(svg, event),
    at: () => [state().right + reach + 0.5, state().down + reach + 0.5],
    move: (x, y) => put({ right: Math.round(x - reach - 0.5), down: Math.round(y - reach - 0.5) }),
    range: () => [0.5, side - 0.5],
  });
  const axis = (name) => {
    const labels = [format(-reach, 0), words.sliders[name], format(reach, 0)];
    return h(
      "div",
      { class: `stn-along-${name}`, "aria-hidden": "true" },
      labels.map((label) => h("span", {}, label)),
    );
  };
  const over = h("div", { class: "stn-over" }, surface.canvas, svg);
  const plane = h("div", { class: "stn-plane" }, axis("down"), over, axis("right"));
  const caption = h("span", {}, words.mapKey);
  const node = figure(caption, plane);
  const busy = (now) => {
    node.setAttribute("aria-busy", String(now));
    caption.textContent = now ? words.computing : words.mapKey;
  };
  const work = makeWork(side, reach, probe, (known, more) => {
    surface.paint(known);
    busy(more);
  });
  const restart = () => {
    work.restart();
    busy(true);
  };
  const recolour = () => {
    surface.recolour();
    surface.paint(work.known());
  };
  const draw = () => {
    const { right, down } = state();
    setAttributes(handle, {
      transform: `translate(${right + reach + 0.5} ${down + reach + 0.5})`,
      "aria-valuenow": right,
      "aria-valuetext": interpolate(words.at, { right: format(right, 0), down: format(down, 0) }),
    });
  };
  return { node, draw, recolour, restart, stop: work.stop };
}
