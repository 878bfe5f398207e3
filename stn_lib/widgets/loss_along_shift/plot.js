// The loss along the shift: all of it, with the handle, and enlarged around the handle.
import { roundGap } from "../shared/axis.js";
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { format, interpolate } from "../shared/text.js";

export const MODES = ["nearest", "bilinear", "bicubic"];
const BOX = { width: 646, height: 190, left: 62, right: 634, top: 12, bottom: 162 };
const NEAR = { width: 313, height: 183, left: 4, right: 309, top: 16, bottom: 152, reach: 1.6 }; // reach in pixels

const STEP = 0.25; // pixels, of an arrow key

// The handle moves along x only: keys that go up raise the shift, as those of a slider do.
const upwards = (move) =>
  Object.fromEntries(
    Object.entries({ ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }).map(([key, by]) => [
      key,
      () => move(by * STEP),
    ]),
  );

const makeCurves = () => Object.fromEntries(MODES.map((mode) => [mode, s("path", { class: `stn-curve stn-${mode}` })]));

const markChosen = (nodes, mode) => {
  for (const name of MODES) nodes[name].classList.toggle("stn-chosen", name === mode);
};

// Where a shift and a loss are in a box, for the shifts and the losses that it shows.
function makeScale(box, [first, last], [low, high]) {
  const x = (t) => box.left + ((t - first) / (last - first)) * (box.right - box.left);
  const y = (loss) => box.bottom - ((loss - low) / (high - low || 1)) * (box.bottom - box.top);
  return { x, y };
}

function pathOf(points, { x, y }) {
  return `M${points.map(([t, loss]) => `${x(t).toFixed(1)} ${y(loss).toFixed(1)}`).join("L")}`;
}

// The points of a curve; a corner or a jump at a whole or half pixel is among them.
function follow(loss, mode, first, last, step) {
  const points = [];
  const start = Math.floor(first / step);
  for (let k = start; k * step <= last + step; k++) points.push([k * step, loss(k * step, mode).loss]);
  return points;
}

function drawTangent(tangent, { x, y }, { t, loss, slope }, longest) {
  const [along, rise] = [x(t + 1) - x(t), y(loss) - y(loss + slope)];
  const fit = longest / Math.hypot(along, rise);
  const [dx, dy] = [along * fit, rise * fit];
  setAttributes(tangent, { x1: x(t) - dx, x2: x(t) + dx, y1: y(loss) - dy, y2: y(loss) + dy });
}

function makeHandle(words, reach) {
  const range = { "aria-valuemin": -reach, "aria-valuemax": reach };
  return s(
    "g",
    { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.shift, ...range },
    s("circle", { r: 16, class: "stn-ring" }),
    s("circle", { r: 12.5, class: "stn-knob" }),
  );
}

// The names of the curves, each with its stroke.
function makeKey(words) {
  const names = Object.fromEntries(
    words.modes.map(([mode, name]) => {
      const stroke = s("path", { d: "M1 7H27", class: `stn-curve stn-${mode}` });
      return [mode, h("span", {}, s("svg", { viewBox: "0 0 28 14", "aria-hidden": "true" }, stroke), name)];
    }),
  );
  const node = h("span", { class: "stn-key" }, Object.values(names));
  return { node, draw: (mode) => markChosen(names, mode) };
}

function makeTicks(reach) {
  const { x } = makeScale(BOX, [-reach, reach], [0, 1]);
  const ticks = [];
  for (let t = -reach + (reach % 4); t <= reach; t += 4) {
    ticks.push(s("text", { x: x(t), y: BOX.bottom + 17, class: "stn-axis" }, format(t, 0)));
  }
  return ticks;
}

// Round losses beside the curve, each with a line across.
function makeLevels() {
  const node = s("g", {});
  const draw = (top, { y }) => {
    const gap = roundGap(top / 3);
    const places = Math.max(0, -Math.floor(Math.log10(gap)));
    const levels = Array.from({ length: Math.floor(top / gap) + 1 }, (_, k) => k * gap);
    node.replaceChildren(
      ...levels.flatMap((loss) => [
        s("line", { x1: BOX.left, x2: BOX.right, y1: y(loss), y2: y(loss), class: "stn-base" }),
        s("text", { x: BOX.left - 8, y: y(loss), class: "stn-axis stn-of-loss" }, format(loss, places)),
      ]),
    );
  };
  return { node, draw };
}

function makeGoal(words) {
  const line = s("line", { y1: BOX.top, y2: BOX.bottom, class: "stn-goal" });
  const name = s("text", { y: BOX.top + 12, class: "stn-goal-name" }, words.goalName);
  const node = s("g", {}, line, name);
  const draw = (x) => {
    const isRight = x > 0.8 * BOX.width;
    node.setAttribute("transform", `translate(${x} 0)`);
    setAttributes(name, { x: isRight ? -8 : 8, "text-anchor": isRight ? "end" : "start" });
  };
  return { node, draw };
}

// The whole curve, and the part of it that the close-up shows.
export function makePlot(words, reach, state, move) {
  const viewBox = `0 0 ${BOX.width} ${BOX.height}`;
  const svg = s("svg", { viewBox, role: "group", "aria-label": words.plot, class: "stn-drag" });
  const curves = makeCurves();
  const goal = makeGoal(words);
  const levels = makeLevels();
  const band = s("rect", { y: BOX.top, height: BOX.bottom - BOX.top, class: "stn-band" });
  const handle = makeHandle(words, reach);
  svg.append(band, levels.node, ...makeTicks(reach), goal.node, ...Object.values(curves), handle);
  let scale = makeScale(BOX, [-reach, reach], [0, 1]);
  draggable(handle, {
    surface: svg,
    step: STEP,
    at: () => [state.t(), 0],
    move: (t) => move(t),
    range: () => [-reach, reach],
    keys: upwards((by) => move(state.t() + by)),
    locate: (event) => [((svgPoint(svg, event)[0] - BOX.left) / (BOX.right - BOX.left)) * 2 * reach - reach, 0],
  });
  const trace = (loss) => {
    const all = MODES.map((mode) => follow(loss, mode, -reach, reach - 0.125, 0.125));
    const top = Math.max(...all.flat().map(([, value]) => value)) * 1.04 || 1;
    scale = makeScale(BOX, [-reach, reach], [0, top]);
    levels.draw(top, scale);
    MODES.forEach((mode, k) => curves[mode].setAttribute("d", pathOf(all[k], scale)));
  };
  const key = makeKey(words);
  const draw = ({ t, mode, goalAt, loss }) => {
    markChosen(curves, mode);
    key.draw(mode);
    goal.draw(scale.x(goalAt));
    const width = scale.x(2 * NEAR.reach) - scale.x(0);
    setAttributes(band, { x: scale.x(t) - width / 2, width });
    setAttributes(handle, {
      transform: `translate(${scale.x(t)} ${scale.y(loss)})`,
      "aria-valuenow": t.toFixed(2),
      "aria-valuetext": interpolate(words.position, { shift: format(t) }),
    });
  };
  const caption = [words.plot, key.node];
  return { node: figure(caption, svg), trace, draw };
}

// The curve around the handle, so large that the dip between two pixels shows.
export function makeCloseUp(words) {
  const viewBox = `0 0 ${NEAR.width} ${NEAR.height}`;
  const svg = s("svg", { viewBox, role: "img", "aria-label": words.close, class: "stn-close" });
  const curves = makeCurves();
  const pixels = Array.from({ length: 4 }, () => {
    const line = s("line", { y1: NEAR.top - 12, y2: NEAR.bottom + 8, class: "stn-pixel" });
    const name = s("text", { y: NEAR.bottom + 24, class: "stn-axis" });
    return { line, name, node: s("g", {}, line, name) };
  });
  const tangent = s("line", { class: "stn-tangent" });
  const dot = s("circle", { r: 7, class: "stn-dot" });
  svg.append(...pixels.map(({ node }) => node), ...Object.values(curves), tangent, dot);
  const draw = ({ t, mode, measured, loss, slope }) => {
    const [first, last] = [t - NEAR.reach, t + NEAR.reach];
    const all = MODES.map((name) => follow(measured, name, first, last, 1 / 32));
    const shown = MODES.flatMap((name, k) => (name === "nearest" && mode !== name ? [] : all[k]));
    const values = shown.map(([, value]) => value);
    const scale = makeScale(NEAR, [first, last], [Math.min(...values), Math.max(...values)]);
    MODES.forEach((name, k) => curves[name].setAttribute("d", pathOf(all[k], scale)));
    markChosen(curves, mode);
    pixels.forEach(({ name, node }, k) => {
      const whole = Math.ceil(first) + k;
      const fromEnd = Math.min(whole - first, last - whole);
      node.setAttribute("visibility", fromEnd >= 0 ? "visible" : "hidden");
      name.style.opacity = String(Math.min(Math.max(10 * fromEnd - 1, 0), 1)); // else it is cut off at the edge
      node.setAttribute("transform", `translate(${scale.x(whole)} 0)`);
      name.textContent = format(whole, 0);
    });
    drawTangent(tangent, scale, { t, loss, slope }, 46);
    setAttributes(dot, { cx: scale.x(t), cy: scale.y(loss) });
  };
  const stroke = s("path", { d: "M1 7H27", class: "stn-tangent" });
  const key = h("span", {}, s("svg", { viewBox: "0 0 28 14", "aria-hidden": "true" }, stroke), words.slope);
  return { node: figure([words.close, h("span", { class: "stn-key" }, key)], svg), draw };
}
