// The four neighbours, enlarged: the weights as areas, the distances alpha and beta, the slopes as arrows.
import { arrowPath } from "../shared/arrow.js";
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { format } from "../shared/text.js";
import { LETTERS, inkOn, shade } from "./model.js";

const SIDE = 190,
  PAD = 66;

// The four neighbours at the corners of a square, with their pixels' values.
function makeCorners() {
  return LETTERS.map((letter, k) => {
    const [x, y] = [PAD + (k % 2) * SIDE, PAD + (k >> 1) * SIDE];
    const disc = s("circle", { cx: x, cy: y, r: 26, class: "stn-corner" });
    const value = s("text", { x, y, class: "stn-value" });
    const name = s("tspan", {});
    const from = s("tspan", { class: "stn-source-of" });
    const label = s("text", { x, y: y + (k >> 1 ? 45 : -36), class: "stn-name" }, name, from);
    return { disc, value, name, from, node: s("g", { "data-term": letter }, disc, value, label) };
  });
}

// The rectangle of a neighbour is opposite to it: the nearer the point, the larger it is. Its label is there twice:
// where the page is narrow, text needs more of the drawing, so that the weight is below the letter.
function drawArea({ rect, wide, narrow, lines }, k, px, py, [letter, weight]) {
  const [right, below] = [k % 2 === 0, k < 2];
  const [x, y] = [right ? px : PAD, below ? py : PAD];
  const width = right ? PAD + SIDE - px : px - PAD;
  const height = below ? PAD + SIDE - py : py - PAD;
  setAttributes(rect, { x, y, width, height, class: `stn-area stn-area-${k}` });
  const [middle, centre] = [x + width / 2, y + height / 2];
  wide.textContent = height < 28 || width < 56 ? "" : `${letter} ${weight}`.trim();
  setAttributes(wide, { x: middle, y: centre });
  const fits = width >= 70 && height >= 68;
  lines[0].textContent = height < 36 || width < 24 ? "" : letter;
  lines[1].textContent = fits ? weight : "";
  setAttributes(narrow, { y: centre });
  lines.forEach((line, below) => setAttributes(line, { x: middle, dy: below ? 31 : fits ? -15.5 : 0 }));
}

// Outside the image, the name says which pixel the value comes from.
function drawCorner({ disc, value, name, from }, corner, k, { span, origin }) {
  const t = corner.value / span;
  const stroke = `stroke-opacity:${0.3 + 0.7 * corner.weight};stroke-width:${2 + 4 * corner.weight}`;
  disc.setAttribute("style", `fill:${shade(t)};${stroke}`);
  disc.classList.toggle("stn-outside", corner.outside);
  value.setAttribute("style", `fill:${inkOn(t)}`);
  value.textContent = corner.value;
  const place = (pixel) => `(${format(pixel[1] + origin, 0)}, ${format(pixel[0] + origin, 0)})`;
  name.textContent = `${LETTERS[k]} ${place([corner.row, corner.column])}`;
  from.textContent = corner.outside ? ` = ${corner.repeats ? `U${place(corner.repeats)}` : "0"}` : "";
}

function makeDistances() {
  const texts = [
    s("text", { x: PAD + SIDE / 2, y: PAD - 12, class: "stn-distance", "data-term": "alpha" }),
    s("text", { x: PAD - 8, y: PAD + SIDE / 2, class: "stn-distance stn-beside", "data-term": "beta" }),
  ];
  const draw = (values) => values.forEach((value, k) => (texts[k].textContent = `${"αβ"[k]} ${format(value)}`));
  return { nodes: texts, draw };
}

export function makeClose(state, words) {
  const size = SIDE + 2 * PAD;
  const svg = s("svg", { viewBox: `0 8 ${size} ${size - 14}`, role: "img", "aria-label": words.close });
  const areas = LETTERS.map((letter) => {
    const rect = s("rect", { class: "stn-area" });
    const lines = [s("tspan", {}), s("tspan", {})];
    const wide = s("text", { class: "stn-weight stn-wide" });
    const narrow = s("text", { class: "stn-weight stn-narrow" }, lines);
    return { rect, wide, narrow, lines, node: s("g", { "data-term": letter }, rect, wide, narrow) };
  });
  const corners = makeCorners();
  const distances = makeDistances();
  const arrows = [0, 1].map((k) => s("path", { class: "stn-arrow", "data-term": `slope-${"xy"[k]}` }));
  const point = s("circle", { r: 6, class: "stn-dotbig" });
  svg.append(
    s("rect", { x: PAD, y: PAD, width: SIDE, height: SIDE, class: "stn-square" }),
    ...[...areas, ...corners].map(({ node }) => node),
    ...distances.nodes,
    ...arrows,
    point,
  );
  const draw = (seen, mode) => {
    const [px, py] = [PAD + seen.fx * SIDE, PAD + seen.fy * SIDE];
    seen.corners.forEach((corner, k) => {
      drawArea(areas[k], k, px, py, mode === "bilinear" ? [LETTERS[k], format(corner.weight)] : ["", ""]);
      drawCorner(corners[k], corner, k, state);
    });
    distances.draw([seen.fx, seen.fy]);
    setAttributes(point, { cx: px, cy: py });
    const scale = (100 / state.span) * 2.2;
    const limit = (v) => Math.max(-95, Math.min(95, v * scale));
    arrows[0].setAttribute("d", arrowPath(px, py, limit(seen.dx), 0));
    arrows[1].setAttribute("d", arrowPath(px, py, 0, limit(seen.dy)));
    svg.classList.toggle("stn-flat", mode === "nearest");
  };
  const caption = [h("span", {}, words.close), h("span", { class: "stn-gradient" }, words.arrows)];
  return { node: figure(caption, svg), draw };
}
