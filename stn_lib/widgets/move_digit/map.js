// The map: at which places the network would read the digit, as it is, right.
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { themeColour } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";

// The places of a square from its middle outwards.
function outwards(side, reach) {
  const far = (i) => Math.hypot((i % side) - reach, Math.floor(i / side) - reach);
  return Array.from({ length: side * side }, (_, i) => i).sort((a, b) => far(a) - far(b));
}

function makeHandle(words, reach) {
  const range = { "aria-valuemin": -reach, "aria-valuemax": reach };
  return s(
    "g",
    { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.place, ...range },
    s("circle", { r: 2.3, class: "stn-ring" }),
    s("circle", { r: 1.7, class: "stn-knob" }),
  );
}

// The places as pixels; `paint(known)` fills those that are known and crosses those that are read wrong.
function makePaper(words, side, crosses) {
  const canvas = h("canvas", { class: "stn-image", width: side, height: side, role: "img", "aria-label": words.map });
  const context = canvas.getContext("2d");
  const data = context.createImageData(side, side);
  let ground;
  let fill;
  const recolour = () => {
    [ground, fill] = [themeColour(canvas, "surface"), themeColour(canvas, "ok")];
  };
  const paint = (known) => {
    let d = "";
    for (let i = 0; i < side * side; i++) {
      const found = known.get(i);
      const t = found?.good ? 0.25 + 0.75 * found.p : 0;
      for (let k = 0; k < 3; k++) data.data[4 * i + k] = ground[k] + t * (fill[k] - ground[k]);
      data.data[4 * i + 3] = 255;
      if (found && !found.good) d += `M${(i % side) + 0.28} ${Math.floor(i / side) + 0.28}l.44 .44m0 -.44l-.44 .44`;
    }
    context.putImageData(data, 0, 0);
    crosses.setAttribute("d", d);
  };
  return { canvas, recolour, paint };
}

// Calls `probe` for each place, a few a frame, and `then` after each frame.
function makeWork(side, reach, probe, then) {
  const order = outwards(side, reach);
  let known = new Map();
  let next = 0;
  let asked = 0;
  const work = () => {
    const until = performance.now() + 8;
    while (next < order.length && performance.now() < until) {
      const i = order[next++];
      known.set(i, probe((i % side) - reach, Math.floor(i / side) - reach));
    }
    asked = next < order.length ? requestAnimationFrame(work) : 0;
    then(known, asked !== 0);
  };
  const restart = () => {
    known = new Map();
    next = 0;
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(work);
  };
  return { restart, known: () => known, stop: () => cancelAnimationFrame(asked) };
}

export function makeMap(words, reach, state, probe, put) {
  const side = 2 * reach + 1;
  const crosses = s("path", { class: "stn-crosses" });
  const handle = makeHandle(words, reach);
  const paper = makePaper(words, side, crosses);
  const attributes = { viewBox: `0 0 ${side} ${side}`, role: "group", "aria-label": words.map, class: "stn-drag" };
  const svg = s("svg", attributes, crosses, handle);
  draggable(handle, {
    surface: svg,
    step: 1,
    locate: (event) => svgPoint(svg, event),
    at: () => [state().right + reach + 0.5, state().down + reach + 0.5],
    move: (x, y) => put({ right: Math.round(x - reach - 0.5), down: Math.round(y - reach - 0.5) }),
  });
  const node = figure(words.map, h("div", { class: "stn-over" }, paper.canvas, svg));
  const busy = (now) => node.setAttribute("aria-busy", String(now));
  const work = makeWork(side, reach, probe, (known, more) => {
    paper.paint(known);
    busy(more);
  });
  const restart = () => {
    work.restart();
    busy(true);
  };
  const recolour = () => {
    paper.recolour();
    paper.paint(work.known());
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
