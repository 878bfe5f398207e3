// The loss for every shift, with lines of equal loss; the path of the descent, where it is, and downhill.
import { arrowPath } from "../shared/arrow.js";
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { svgPoint } from "../shared/drag.js";
import { imageCanvas } from "../shared/image.js";
import { makeBoard, segments, trail } from "./board.js";
import { contour, landscape } from "./landscape.js";

const ARROW = 56; // of the steepest gradient of the run, in pixels of the screen
const LEVELS = [1, 2, 3, 4, 5, 6, 7].map((k) => k / 8);

// One axis of the map: how many cells are on each side of 0, a shift to the board and back; a cell's middle is its
// shift.
function makeAxis(side, extent, [reach, , every]) {
  const half = Math.round((reach * side) / 2 / every);
  const count = 2 * half + 1;
  const unit = side / 2 / every;
  return {
    half,
    count,
    to: (shift) => ((shift * unit + half + 0.5) / count) * extent,
    from: (at) => ((at / extent) * count - half - 0.5) / unit,
    ofCell: (index) => ((index + 0.5) / count) * extent,
  };
}

function makeParts(words) {
  const path = (name) => s("path", { class: `stn-${name}` });
  return {
    rings: path("level"),
    legend: s("text", { class: "stn-legend", x: 8 }, words.legend),
    under: path("halo"),
    ahead: path("ahead"),
    walked: path("walked"),
    crossHalo: path("aim-halo"),
    cross: path("aim"),
    first: s("circle", { class: "stn-first", r: 7 }),
    arrow: path("arrow"),
    now: s("circle", { class: "stn-now", r: 5.5 }),
  };
}

function drawLosses(canvas, rings, { pair, theta, sampler, zoom }, [across, down]) {
  const losses = landscape(pair, theta, sampler, across.half, down.half, zoom[2]);
  let [low, high] = [Infinity, -Infinity];
  for (const loss of losses) {
    if (loss < low) low = loss;
    if (loss > high) high = loss;
  }
  const smooth = sampler !== "nearest";
  canvas.draw(losses, low, low + (high - low) * 1.9);
  canvas.canvas.classList.toggle("stn-soft", smooth);
  const lines = (share) => contour(losses, down.count, across.count, low + share * (high - low));
  const paths = (smooth ? LEVELS : []).map((share) => segments(lines(share), across.ofCell, down.ofCell));
  rings.setAttribute("d", paths.join(""));
}

function drawPath({ under, ahead, walked, cross, crossHalo, first, now }, { run, theta, shown, goal }, px, py) {
  const [before, after] = [trail(run, 0, shown, px, py), trail(run, shown, run.known - 1, px, py)];
  walked.setAttribute("d", before);
  ahead.setAttribute("d", after);
  under.setAttribute("d", before + after);
  const aim = goal ? `M${px(goal[2]) - 6} ${py(goal[5]) - 6}l12 12m0 -12l-12 12` : "";
  for (const path of [cross, crossHalo]) path.setAttribute("d", aim);
  setAttributes(first, { cx: px(run.thetas[2]), cy: py(run.thetas[5]) });
  setAttributes(now, { cx: px(theta[2]), cy: py(theta[5]) });
}

// Downhill as the map shows it, in pixels of U.
function drawArrow(arrow, { run, theta, gradient }, [px, py], [height, width]) {
  let steepest = 0;
  for (let k = 0; k < run.known; k++) {
    const slope = Math.hypot(run.gradients[6 * k + 2] / width, run.gradients[6 * k + 5] / height);
    steepest = Math.max(steepest, slope);
  }
  const long = steepest ? ARROW / steepest : 0;
  const [dx, dy] = [(-long * gradient[2]) / width, (-long * gradient[5]) / height];
  arrow.setAttribute("d", arrowPath(px(theta[2]), py(theta[5]), dx, dy, 11));
}

export function makeMap(words, height, width, sizes, act) {
  const board = makeBoard({ "aria-hidden": "true", class: "stn-map" }, sizes);
  const parts = makeParts(words);
  board.svg.append(...Object.values(parts));
  const style = `aspect-ratio: ${width} / ${height}`;
  const holder = h("div", { class: "stn-over stn-plate", style }, board.svg);
  let canvas = null;
  let zoom = null;
  const axes = () => [makeAxis(width, board.width, zoom), makeAxis(height, board.height, zoom)];
  board.svg.addEventListener("click", (event) => {
    const at = svgPoint(board.svg, event);
    act.move(...axes().map(({ from }, k) => from(at[k])));
  });
  const renew = ([across, down]) => {
    canvas?.canvas.remove();
    canvas = imageCanvas(down.count, across.count, words.map);
    holder.prepend(canvas.canvas);
    canvas.recolour();
  };
  const draw = (state) => {
    const changed = state.zoom !== zoom;
    zoom = state.zoom;
    const [across, down] = axes();
    if (changed) renew([across, down]);
    drawLosses(canvas, parts.rings, state, [across, down]);
    drawPath(parts, state, across.to, down.to);
    drawArrow(parts.arrow, state, [across.to, down.to], [height, width]);
    parts.legend.setAttribute("y", board.height - 8);
  };
  const node = figure(words.map, holder);
  node.classList.add("stn-half");
  return { node, draw, recolour: () => canvas?.recolour() };
}
