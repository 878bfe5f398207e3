// A panel of pixels with axes, 330 SVG units wide. Both panels show a pixel equally large.
import { s, setAttributes } from "../shared/dom.js";
import { toPixel } from "../shared/numerics.js";
import { format } from "../shared/text.js";

const SIDE = 300;
const ROOM = 270;
const LEFT = 28;
const TOP = 24;
const GAP = 1;
export const VIEW_BOX = `0 0 ${LEFT + SIDE + 2} ${TOP + ROOM + 2}`;
const percent = (share, most) => Math.round(most * Math.min(Math.max(share, 0), 1));
const shade = (share, most) =>
  `--stn-shade:color-mix(in srgb, var(--stn-ink) ${percent(share, most)}%, var(--stn-surface))`;

// How many pixels of the outside the input shows.
export const rimOf = ([height, width]) => Math.max(0.5, Math.max(height, width) / 8);

// The side of a pixel in SVG units: what lets both panels show all of theirs. The output has as much room around it as
// the input, so that images of one size, and their axes, are at one height.
export function commonCell(size, outSize) {
  const rim = 2 * rimOf(size);
  const fit = ([height, width]) => Math.min(SIDE / (width + rim), ROOM / (height + rim));
  return Math.min(fit(size), fit(outSize));
}

// The places of pixel coordinates in a panel, for an image of `size` with `rim` pixels of outside.
export function placePixels([height, width], rim, cell) {
  const left = LEFT + (SIDE - cell * width) / 2,
    top = TOP + (ROOM - cell * height) / 2;
  const at = (x, y) => [left + (x + 0.5) * cell, top + (y + 0.5) * cell];
  return { cell, at, box: [...at(-0.5 - rim, -0.5 - rim), ...at(width - 0.5 + rim, height - 0.5 + rim)] };
}

// Numbers are written where they fit; where the page is narrow, larger and without decimals.
const LEAST_CELL = { wide: 34, narrow: 52 };

export function makeCells([height, width], { at, cell }) {
  const hasNumbers = cell >= LEAST_CELL.wide;
  const kinds = hasNumbers ? ["wide", "narrow"].filter((kind) => cell >= LEAST_CELL[kind]) : [];
  const cells = Array.from({ length: height * width }, (_, k) => {
    const [x, y] = at((k % width) - 0.5, Math.floor(k / width) - 0.5),
      side = cell - 2 * GAP;
    const corner = { x: x + GAP, y: y + GAP, width: side, height: side };
    return {
      rect: s("rect", { ...corner, rx: Math.min(4, side / 8), class: "stn-cell" }),
      texts: kinds.map((kind) => s("text", { x: x + cell - 5, y: y + cell - 6, class: `stn-value stn-${kind}` })),
    };
  });
  const draw = (values, span, show) =>
    cells.forEach(({ rect, texts }, k) => {
      for (const node of [rect, ...texts]) node.setAttribute("style", shade(values[k] / span, hasNumbers ? 36 : 88));
      texts.forEach((text, kind) => {
        text.textContent = show(values[k], kinds[kind] === "wide" && cell >= 44);
      });
    });
  return { pixels: cells.map(({ rect }) => rect), numbers: cells.flatMap(({ texts }) => texts), hasNumbers, draw };
}

// The axes of an image: -1, 0 and 1, at the edges of the first and last pixel or at their centres.
export function makeAxes() {
  const frame = s("path", { class: "stn-frameline" }),
    lines = s("path", { class: "stn-ticks" });
  const ticks = [0, 1].flatMap((axis) =>
    [-1, 0, 0.5, 1].map((value) => ({
      axis,
      value,
      label: s("text", { class: `stn-axis stn-axis-${axis}` }, value === 0.5 ? "xy"[axis] : format(value, 0)),
    })),
  );
  const draw = ({ at, box: [x0, y0] }, [height, width], corners) => {
    const spot = (value) => at(toPixel(value, width, corners), toPixel(value, height, corners));
    const [left, top] = spot(-1),
      [right, bottom] = spot(1);
    frame.setAttribute("d", `M${left} ${top}H${right}V${bottom}H${left}Z`);
    let path = `M${left} ${y0 - 4}H${right}M${x0 - 4} ${top}V${bottom}`;
    for (const { axis, value, label } of ticks) {
      const [x, y] = spot(value),
        length = axis ? bottom - top : right - left;
      if (value !== 0.5) path += axis ? `M${x0 - 8} ${y}h4` : `M${x} ${y0 - 8}v4`;
      setAttributes(label, {
        ...(axis ? { x: x0 - 11, y } : { x, y: y0 - 16 }),
        visibility: value === 0 || length > (value === 0.5 ? 120 : 40) ? "visible" : "hidden",
      });
    }
    lines.setAttribute("d", path);
  };
  const labels = ticks.map(({ label }) => label);
  return { node: s("g", {}, frame, lines, labels), draw };
}
