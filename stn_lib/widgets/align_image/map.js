// The loss for every shift, with axes, a scale and lines of equal loss; the path of the descent and its next step.
import { arrowPath } from "../shared/arrow.js";
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { svgPoint } from "../shared/drag.js";
import { imageCanvas } from "../shared/image.js";
import { keepLast } from "../shared/memo.js";
import { format } from "../shared/text.js";
import { makeBoard, segments, trail } from "./board.js";
import { contour, landscape } from "./landscape.js";

const MARGIN = 32; // left of the map and below it, for the axes
const ARROW = 28; // of a step of η along one axis, in pixels of the screen: the step itself would be too short to see
const DEPTH = 1.9; // the largest loss is not drawn in full colour, so that path and arrow are seen on it
const LEVELS = [1, 2, 3, 4, 5, 6, 7].map((k) => k / 8);

// One axis of the map: how many cells are on each side of 0, a shift to the board and back; a cell's middle is its
// shift. The map begins at `low` and is `extent` pixels long.
function makeAxis(side, low, extent, [reach, , every]) {
  const half = Math.round((reach * side) / 2 / every);
  const count = 2 * half + 1;
  const unit = side / 2 / every;
  return {
    half,
    count,
    reach,
    to: (shift) => low + ((shift * unit + half + 0.5) / count) * extent,
    from: (at) => (((at - low) / extent) * count - half - 0.5) / unit,
    ofCell: (index) => low + ((index + 0.5) / count) * extent,
  };
}

function makeParts() {
  const path = (name) => s("path", { class: `stn-${name}` });
  return {
    rings: path("level"),
    under: path("halo"),
    walked: path("walked"),
    crossHalo: path("aim-halo"),
    cross: path("aim"),
    first: s("circle", { class: "stn-first", r: 7 }),
    arrow: s("path", { class: "stn-arrow", "data-term": "gradient" }),
    now: s("circle", { class: "stn-now", r: 5.5, "data-term": "theta" }),
  };
}

// The numbers of both axes, and their names: the two shifts of theta.
function drawTicks(group, across, down, { width, height }) {
  const most = across.reach > 1 ? 1.5 : across.reach;
  const text = (x, y, anchor, shown) => s("text", { class: `stn-axis stn-${anchor}`, x, y }, shown);
  const name = (x, y, axis) => text(x, y, "middle", ["t", s("tspan", { dy: 3 }, axis)]);
  const numbers = [-most, 0, most].map((value) => [value, value ? format(value, most % 1 ? 1 : 0) : "0"]);
  const bottom = height - MARGIN + 14;
  const inside = (x) => Math.min(Math.max(x, MARGIN + 10), width - 9);
  group.replaceChildren(
    ...numbers.map(([value, shown]) => text(inside(across.to(value)), bottom, "middle", shown)),
    ...numbers.map(([value, shown]) => text(MARGIN - 2, Math.max(down.to(value) + 4, 10), "end", shown)),
    name(across.to(most / 2), bottom, "x"),
    name(MARGIN - 9, down.to(most / 2) + 4, "y"),
  );
}

// The loss for every shift, its range and its lines of equal loss: they depend on four numbers of theta alone, so a
// shift leaves them as they are.
function findLosses(pair, fourOfTheta, sampler, every, [across, down]) {
  const [a, b, c, d] = fourOfTheta;
  const losses = landscape(pair, [a, b, 0, c, d, 0], sampler, across.half, down.half, every);
  let [low, high] = [Infinity, -Infinity];
  for (const loss of losses) {
    if (loss < low) low = loss;
    if (loss > high) high = loss;
  }
  const lines = (share) => contour(losses, down.count, across.count, low + share * (high - low));
  const levels = sampler === "nearest" ? [] : LEVELS;
  const rings = levels.map((share) => segments(lines(share), across.ofCell, down.ofCell)).join("");
  return { losses, low, high, rings };
}

function drawPath({ under, walked, cross, crossHalo, first, now }, { run, theta, shown, goal }, px, py) {
  const way = trail(run, 0, shown, px, py);
  for (const path of [under, walked]) path.setAttribute("d", way);
  const aim = goal ? `M${px(goal[2]) - 6} ${py(goal[5]) - 6}l12 12m0 -12l-12 12` : "";
  for (const path of [cross, crossHalo]) path.setAttribute("d", aim);
  setAttributes(first, { cx: px(run.thetas[2]), cy: py(run.thetas[5]) });
  setAttributes(now, { cx: px(theta[2]), cy: py(theta[5]) });
}

// The next step of Adam, larger than it is. It is not at right angles to the lines of equal loss: Adam scales the two
// derivatives separately, so that both shifts move at about the same pace.
function drawArrow(arrow, { theta, direction }, [px, py]) {
  const [dx, dy] = [direction[2], direction[5]].map((share) => -ARROW * share);
  arrow.setAttribute("d", arrowPath(px(theta[2]), py(theta[5]), dx, dy, 11));
}

// The colours of the smallest and the largest loss, and their numbers.
function makeScale() {
  const [low, high] = [h("span", {}), h("span", {})];
  const node = h("span", { class: "stn-scale" }, low, h("i", {}), high);
  node.style.setProperty("--stn-depth", `${(100 / DEPTH).toFixed(0)}%`);
  const draw = (range) => range.forEach((loss, k) => ([low, high][k].textContent = format(loss, 2)));
  return { node, draw };
}

export function makeMap(words, height, width, sizes, act) {
  const board = makeBoard({ "aria-hidden": "true", class: "stn-map" }, sizes);
  const parts = makeParts();
  const ticks = s("g", {});
  const scale = makeScale();
  board.svg.append(ticks, ...Object.values(parts));
  const style = `aspect-ratio: ${width} / ${height}; --stn-margin: ${MARGIN}px`;
  const holder = h("div", { class: "stn-over stn-plate", style }, board.svg);
  let canvas = null;
  let axes = null;
  board.svg.addEventListener("click", (event) => {
    const at = svgPoint(board.svg, event);
    if (at[0] >= MARGIN && at[1] <= board.height - MARGIN) act.move(...axes.map(({ from }, k) => from(at[k])));
  });
  const renew = keepLast((zoom, boardWidth, boardHeight) => {
    const across = makeAxis(width, MARGIN, boardWidth - MARGIN, zoom);
    const down = makeAxis(height, 0, boardHeight - MARGIN, zoom);
    axes = [across, down];
    canvas?.canvas.remove();
    canvas = imageCanvas(down.count, across.count, words.map);
    holder.prepend(canvas.canvas);
    canvas.recolour();
    drawTicks(ticks, across, down, board);
  });
  const losses = keepLast((pair, sampler, every, [across, down], ...four) => {
    const found = findLosses(pair, four, sampler, every, [across, down]);
    parts.rings.setAttribute("d", found.rings);
    scale.draw([found.low, found.high]);
    return found;
  });
  const draw = (state) => {
    const { pair, theta, sampler, zoom } = state;
    renew(zoom, board.width, board.height);
    const found = losses(pair, sampler, zoom[2], axes, theta[0], theta[1], theta[3], theta[4]);
    canvas.draw(found.losses, found.low, found.low + (found.high - found.low) * DEPTH);
    canvas.canvas.classList.toggle("stn-soft", sampler !== "nearest");
    const [across, down] = axes;
    drawPath(parts, state, across.to, down.to);
    drawArrow(parts.arrow, state, [across.to, down.to]);
  };
  const node = figure([h("span", {}, words.map), scale.node], holder);
  return { node, draw, recolour: () => canvas?.recolour() };
}
