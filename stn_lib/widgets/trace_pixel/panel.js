// A panel of pixels with axes: 330 SVG units wide, and as high as the input with its border.
import { s, setAttributes } from "../shared/dom.js";
import { toPixel } from "../shared/numerics.js";
import { format } from "../shared/text.js";

const SIDE = 300;
const LEFT = 28;
const TOP = 22;
const LEAST = 252;
const GAP = 1;
export const RIM = 0.75; // pixels of the outside that the input shows
const percent = (share) => Math.round(36 * Math.min(Math.max(share, 0), 1));
const shade = (share) => `--stn-shade:color-mix(in srgb, var(--stn-ink) ${percent(share)}%, var(--stn-surface))`;

// The places of pixel coordinates in a panel, for an image of `size` with `rim` pixels of outside.
export function placePixels([height, width], rim, room) {
  const cell = Math.min(SIDE / (width + 2 * rim), room / (height + 2 * rim));
  const left = LEFT + (SIDE - cell * width) / 2,
    top = TOP + (room - cell * height) / 2;
  const at = (x, y) => [left + (x + 0.5) * cell, top + (y + 0.5) * cell];
  return { cell, at, box: [...at(-0.5 - rim, -0.5 - rim), ...at(width - 0.5 + rim, height - 0.5 + rim)] };
}

export const roomOf = ([height, width]) =>
  Math.max(LEAST, Math.min(SIDE, (SIDE * (height + 2 * RIM)) / (width + 2 * RIM)));

export function makeCells([height, width], { at, cell }) {
  const cells = Array.from({ length: height * width }, (_, k) => {
    const [x, y] = at((k % width) - 0.5, Math.floor(k / width) - 0.5),
      side = cell - 2 * GAP;
    return {
      rect: s("rect", {
        x: x + GAP,
        y: y + GAP,
        width: side,
        height: side,
        rx: Math.min(4, side / 8),
        class: "stn-cell",
      }),
      text: s("text", { x: x + cell - 5, y: y + cell - 6, class: "stn-value" }),
    };
  });
  const draw = (values, span, show) =>
    cells.forEach(({ rect, text }, k) => {
      for (const node of [rect, text]) node.setAttribute("style", shade(values[k] / span));
      text.textContent = show(values[k]);
    });
  return { pixels: cells.map(({ rect }) => rect), numbers: cells.map(({ text }) => text), draw };
}

export const fits = (text, { cell }) => 7.2 * text.length < cell - 4;

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
        ...(axis ? { x: x0 - 11, y } : { x, y: y0 - 15 }),
        visibility: value === 0 || length > (value === 0.5 ? 80 : 24) ? "visible" : "hidden",
      });
    }
    lines.setAttribute("d", path);
  };
  return {
    node: s(
      "g",
      {},
      frame,
      lines,
      ticks.map(({ label }) => label),
    ),
    draw,
  };
}

export const viewBox = (room) => `0 0 ${LEFT + SIDE + 2} ${TOP + room + 2}`;
