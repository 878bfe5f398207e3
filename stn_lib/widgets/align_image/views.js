// The panels of AlignImage: U with the window, V over the fixed image, the loss over the steps.
import { s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { keepLast } from "../shared/memo.js";
import { format, interpolate } from "../shared/text.js";
import { makeBoard, segments, trail } from "./board.js";
import { contour } from "./landscape.js";
import { makePlate } from "./plate.js";

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

// U, the window, the way of its centre so far, and the ring that says where it starts.
export function makeWindow(words, height, width, sizes, act) {
  const [lines, frame, top, walked] = ["lines", "quad", "top", "walked"].map((name) =>
    s("path", { class: `stn-${name}` }),
  );
  const quad = s("g", { "data-term": "theta" }, lines, frame, top);
  const now = s("circle", { class: "stn-now", r: 4.5 });
  const handle = makeHandle(words, act.far);
  const attributes = { role: "group", "aria-label": words.moving };
  const plate = makePlate(words.moving, height, width, sizes, attributes, quad, walked, now, handle);
  const { board } = plate;
  let scene = null;
  draggable(handle, {
    at: act.at,
    move: act.move,
    step: 0.05,
    range: () => [-act.far, act.far],
    locate: (event) => scene.back(...svgPoint(board.svg, event)),
  });
  handle.addEventListener("pointerdown", () => act.hold(true));
  for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, () => act.hold(false));
  const draw = ({ run, theta, shown, zoom, pair, top: most }) => {
    scene = plate.zoom(zoom[1]);
    const { px, py } = scene;
    plate.canvas.draw(pair.moving, 0, most);
    const at = (x, y) => {
      const [u, v] = [theta[0] * x + theta[1] * y + theta[2], theta[3] * x + theta[4] * y + theta[5]];
      return `${px(u).toFixed(1)} ${py(v).toFixed(1)}`;
    };
    lines.setAttribute("d", [-0.5, 0, 0.5].map((k) => `M${at(k, -1)}L${at(k, 1)}M${at(-1, k)}L${at(1, k)}`).join(""));
    frame.setAttribute("d", `M${at(-1, -1)}L${at(1, -1)}L${at(1, 1)}L${at(-1, 1)}Z`);
    top.setAttribute("d", `M${at(-1, -1)}L${at(1, -1)}`);
    walked.setAttribute("d", trail(run, 0, shown, px, py));
    setAttributes(now, { cx: px(theta[2]), cy: py(theta[5]) });
    const [x, y] = act.at();
    handle.setAttribute("transform", `translate(${px(x)} ${py(y)})`);
    setAttributes(handle, {
      "aria-valuenow": x.toFixed(2),
      "aria-valuetext": interpolate(words.starts, { x: format(x), y: format(y) }),
    });
  };
  return { node: plate.node, draw, recolour: plate.canvas.recolour };
}

// V, at the scale of U, and the outline of the fixed image.
export function makeOverlay(words, height, width, sizes) {
  const [halo, line, frame, top] = ["halo", "goal", "quad", "top"].map((name) => s("path", { class: `stn-${name}` }));
  const attributes = { "aria-hidden": "true" };
  const plate = makePlate(words.overlay, height, width, sizes, attributes, halo, line, frame, top);
  const findOutline = keepLast((pair) => contour(pair.fixed, height, width, pair.top / 2, 1));
  const drawOutline = keepLast((outline, { px, py }) => {
    const d = segments(
      outline,
      (column) => px((2 * column + 1) / width - 1),
      (row) => py((2 * row + 1) / height - 1),
    );
    for (const path of [halo, line]) path.setAttribute("d", d);
  });
  const draw = ({ pair, out, zoom }) => {
    const scene = plate.zoom(zoom[1]);
    plate.canvas.draw(out, 0, pair.top);
    drawOutline(findOutline(pair), scene);
    const { px, py } = scene;
    frame.setAttribute("d", `M${px(-1)} ${py(-1)}H${px(1)}V${py(1)}H${px(-1)}Z`);
    top.setAttribute("d", `M${px(-1)} ${py(-1)}H${px(1)}`);
  };
  return { node: plate.node, draw, recolour: plate.canvas.recolour };
}

// The loss up to the shown step, as wide as the slider below it.
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
  const label = keepLast((steps, blurs, width, height) => {
    const px = (k) => edge + (k / steps) * (width - 2 * edge);
    const low = height - 20;
    base.setAttribute("d", `M${edge} ${low}H${width - edge}`);
    const quarters = [...new Set([0, 1, 2, 3, 4].map((k) => Math.round((k * steps) / 4)))];
    ticks.replaceChildren(...quarters.map((k) => s("text", { x: px(k), y: height - 5, class: "stn-axis" }, String(k))));
    stages.replaceChildren(
      ...(blurs.length > 1 ? blurs : []).flatMap((sigma, k) => {
        const x = px((k * steps) / blurs.length);
        return [
          s("path", { d: `M${x} 6V${low}`, class: "stn-stage-line" }),
          s("text", { x: x + 5, y: 16, class: "stn-stage-name" }, interpolate(words.stage, { sigma })),
        ];
      }),
    );
  });
  const draw = ({ run, shown, blurs }) => {
    const { width, height } = board,
      low = height - 20,
      high = blurs.length > 1 ? 26 : 14;
    label(run.steps, blurs, width, height);
    let most = 0;
    for (let k = 0; k < run.known; k++) most = Math.max(most, run.losses[k]);
    const px = (k) => edge + (k / run.steps) * (width - 2 * edge),
      py = (loss) => low - (loss / (most || 1)) * (low - high);
    let d = "";
    for (let k = 0; k <= shown; k++) d += `${k ? "L" : "M"}${px(k).toFixed(1)} ${py(run.losses[k]).toFixed(1)}`;
    curve.setAttribute("d", d);
    setAttributes(marker, { cx: px(shown), cy: py(run.losses[shown]) });
    const right = px(shown) > width - 80;
    value.textContent = format(run.losses[shown], 4);
    setAttributes(value, {
      x: px(shown) + (right ? -9 : 9),
      y: Math.max(py(run.losses[shown]) - 10, 12),
      "text-anchor": right ? "end" : "start",
    });
  };
  return { node: board.svg, draw };
}
