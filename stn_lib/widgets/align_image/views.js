// The panels of AlignImage: U with the frame, V over the fixed image, the loss over the steps.
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { imageCanvas } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";
import { makeBoard, segments, trail } from "./board.js";
import { contour } from "./landscape.js";

function makeHandle(words, far) {
  return s(
    "g",
    {
      class: "stn-handle",
      tabindex: 0,
      role: "slider",
      "aria-label": words.handle,
      "aria-valuemin": -far,
      "aria-valuemax": far,
    },
    s("circle", { r: 17, class: "stn-ring" }),
    s("circle", { r: 13, class: "stn-knob" }),
  );
}

// U, the frame, the way of its centre, and the ring that says where it starts.
export function makeWindow(words, height, width, sizes, act) {
  const canvas = imageCanvas(height, width, words.moving);
  const lines = s("path", { class: "stn-lines" }),
    frame = s("path", { class: "stn-quad" }),
    top = s("path", { class: "stn-top" });
  const ahead = s("path", { class: "stn-ahead" }),
    walked = s("path", { class: "stn-walked" }),
    now = s("circle", { class: "stn-now", r: 4.5 });
  const handle = makeHandle(words, act.far);
  const board = makeBoard({ role: "group", "aria-label": words.moving }, sizes);
  board.svg.append(lines, frame, top, ahead, walked, now, handle);
  let view = 1.3;
  const px = (x) => ((x / view + 1) / 2) * board.width,
    py = (y) => ((y / view + 1) / 2) * board.height;
  draggable(handle, {
    at: act.at,
    move: act.move,
    step: 0.05,
    locate: (event) => {
      const [x, y] = svgPoint(board.svg, event);
      return [((2 * x) / board.width - 1) * view, ((2 * y) / board.height - 1) * view];
    },
  });
  handle.addEventListener("pointerdown", () => act.hold(true));
  for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, () => act.hold(false));
  const box = h("div", { class: "stn-glass", style: `aspect-ratio: ${width} / ${height}` }, canvas.canvas, board.svg);
  const draw = ({ run, theta, shown, zoom, pair, top: most }) => {
    view = zoom[1];
    box.style.setProperty("--stn-share", `${50 / view}%`);
    canvas.draw(pair.moving, 0, most);
    const at = (x, y) => {
      const [u, v] = [theta[0] * x + theta[1] * y + theta[2], theta[3] * x + theta[4] * y + theta[5]];
      return `${px(u).toFixed(1)} ${py(v).toFixed(1)}`;
    };
    lines.setAttribute("d", [-0.5, 0, 0.5].map((k) => `M${at(k, -1)}L${at(k, 1)}M${at(-1, k)}L${at(1, k)}`).join(""));
    frame.setAttribute("d", `M${at(-1, -1)}L${at(1, -1)}L${at(1, 1)}L${at(-1, 1)}Z`);
    top.setAttribute("d", `M${at(-1, -1)}L${at(1, -1)}`);
    walked.setAttribute("d", trail(run, 0, shown, px, py));
    ahead.setAttribute("d", trail(run, shown, run.known - 1, px, py));
    setAttributes(now, { cx: px(theta[2]), cy: py(theta[5]) });
    const [x, y] = act.at();
    handle.setAttribute("transform", `translate(${px(x)} ${py(y)})`);
    setAttributes(handle, {
      "aria-valuenow": x.toFixed(2),
      "aria-valuetext": interpolate(words.starts, { x: format(x), y: format(y) }),
    });
  };
  return { node: figure(words.moving, box), draw, recolour: canvas.recolour };
}

export function makeOverlay(words, height, width) {
  const canvas = imageCanvas(height, width, words.overlay);
  const halo = s("path", { class: "stn-halo" }),
    line = s("path", { class: "stn-goal" });
  const svg = s("svg", { viewBox: `-0.5 -0.5 ${width} ${height}`, "aria-hidden": "true" }, halo, line);
  let drawn = null;
  const draw = ({ pair, top, out }) => {
    canvas.draw(out, 0, top);
    if (drawn === pair) return;
    drawn = pair;
    const d = segments(
      contour(pair.fixed, height, width, top / 2, 1),
      (v) => v,
      (v) => v,
    );
    for (const path of [halo, line]) path.setAttribute("d", d);
  };
  return {
    node: figure(words.overlay, h("div", { class: "stn-over" }, canvas.canvas, svg)),
    draw,
    recolour: canvas.recolour,
  };
}

// The loss over the steps, as wide as the slider below it.
export function makeCurve(words, sizes) {
  const board = makeBoard({ role: "img", "aria-label": words.loss, class: "stn-plot" }, sizes),
    edge = 12;
  const base = s("path", { class: "stn-base" }),
    curve = s("path", { class: "stn-curve" }),
    marker = s("circle", { class: "stn-now", r: 5.5 });
  const value = s("text", { class: "stn-value" }),
    stages = s("g", {}),
    ticks = s("g", {});
  board.svg.append(base, stages, ticks, curve, marker, value);
  const draw = ({ run, shown, blurs }) => {
    const { width, height } = board,
      low = height - 22,
      high = blurs.length > 1 ? 30 : 16;
    let most = 0;
    for (let k = 0; k < run.known; k++) most = Math.max(most, run.losses[k]);
    const px = (k) => edge + (k / run.steps) * (width - 2 * edge),
      py = (loss) => low - (loss / (most || 1)) * (low - high);
    base.setAttribute("d", `M${edge} ${low}H${width - edge}`);
    let d = "";
    for (let k = 0; k < run.known; k++) d += `${k ? "L" : "M"}${px(k).toFixed(1)} ${py(run.losses[k]).toFixed(1)}`;
    curve.setAttribute("d", d);
    setAttributes(marker, { cx: px(shown), cy: py(run.losses[shown]) });
    const right = px(shown) > width - 80;
    value.textContent = format(run.losses[shown], 4);
    setAttributes(value, {
      x: px(shown) + (right ? -9 : 9),
      y: Math.max(py(run.losses[shown]) - 10, 12),
      "text-anchor": right ? "end" : "start",
    });
    const quarter = [0, 1, 2, 3, 4]
      .map((k) => Math.round((k * run.steps) / 4))
      .filter((k, i, all) => all.indexOf(k) === i);
    ticks.replaceChildren(...quarter.map((k) => s("text", { x: px(k), y: height - 5, class: "stn-axis" }, String(k))));
    stages.replaceChildren(
      ...(blurs.length > 1 ? blurs : []).flatMap((sigma, k) => {
        const x = px((k * run.steps) / blurs.length);
        return [
          s("path", { d: `M${x} 6V${low}`, class: "stn-stage-line" }),
          s("text", { x: x + 5, y: 16, class: "stn-stage-name" }, interpolate(words.stage, { sigma })),
        ];
      }),
    );
  };
  return { node: board.svg, draw };
}
