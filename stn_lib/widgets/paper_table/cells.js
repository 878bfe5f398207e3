// The paper's table as plain numbers: a step of the arrow keys, the bars and the gap of a cell, its curve.
import { logAxis, roundGap } from "../shared/axis.js";

export const ROUNDING = 0.05; // the paper prints one decimal: 0.5 is anything from 0.45 to 0.55

// Where a key goes from cell `index` of a grid; null for a key that goes nowhere. `far` is the Control key.
export function cellAfter(index, key, far, rows, columns) {
  const row = Math.floor(index / columns),
    column = index % columns,
    place = (r, c) => r * columns + c;
  const to = {
    ArrowLeft: place(row, Math.max(column - 1, 0)),
    ArrowRight: place(row, Math.min(column + 1, columns - 1)),
    ArrowUp: place(Math.max(row - 1, 0), column),
    ArrowDown: place(Math.min(row + 1, rows - 1), column),
    Home: place(far ? 0 : row, 0),
    End: place(far ? rows - 1 : row, columns - 1),
  };
  return to[key] ?? null;
}

// Round numbers from `low` to `high`, both at most `count` round gaps apart.
export function roundTicks([low, high], count) {
  const gap = roundGap((high - low) / count),
    first = Math.ceil(low / gap - 1e-9);
  const length = Math.floor(high / gap + 1e-9) - first + 1;
  return Array.from({ length }, (_, k) => Number(((first + k) * gap).toPrecision(12)));
}

// The place of an error of ours on a line with the paper's in its middle: a quarter of that at the left end, four times
// as much at the right, each doubling as far as the next.
export const besidePaper = (value, paper) => Math.min(Math.max(0.5 + Math.log(value / paper) / Math.log(16), 0), 1);

// The place of a value on an axis from `low` to `high`: from 0 to 1.
export const onScale = (value, [low, high]) => Math.min(Math.max((value - low) / (high - low), 0), 1);

export const isPlain = (cell) => !cell.network.startsWith("st-");

// The mark of a cell, and for an unclear one the reason: one seed (no interval), or no common seed (no gap).
export function stateOf({ mark, gap }) {
  if (mark !== "unclear") return mark;
  if (!gap) return "apart";
  return gap.interval ? "unclear" : "alone";
}

// The gap of a cell on the axis of its family and column: 0, our gap and its interval, and the paper's gap.
export function gapRange({ gap, paperGap, scale }) {
  const place = (value) => onScale(value, scale);
  return {
    zero: place(0),
    paper: place(paperGap),
    ours: gap && place(gap.points),
    interval: gap?.interval?.map(place),
  };
}

// The open cell and its rival on one axis from 0: the plain network first, the one with a transformer second.
export function intervalPlot(cell, rival) {
  const pair = isPlain(cell) ? [cell, rival] : [rival, cell];
  const values = pair.flatMap((one) => [
    one.paper + ROUNDING,
    one.error ?? 0,
    ...(one.interval ?? []),
    ...one.runs.map(({ error }) => error),
  ]);
  const most = Math.max(...values) * 1.06,
    share = (value) => Math.min(Math.max(value / most, 0), 1);
  return { pair, most, share, ticks: roundTicks([0, most], 6) };
}

// The curves of both as shares of a chart: across, the number of images; upwards, the logarithm of the error rate. A
// point is at the images of its last step. Null where neither has run.
export function curveChart(cell, rival, steps) {
  const sides = [rival, cell].filter(({ runs }) => runs.length);
  if (!sides.length) return null;
  const seen = (side, run) => steps[run.steps].map((step) => (step / steps[run.steps].at(-1)) * side.images);
  const lines = sides.flatMap((side) => side.runs.map((run) => ({ side, images: seen(side, run), errors: run.curve })));
  const axis = logAxis(
      lines.flatMap(({ errors }) => errors),
      true,
    ),
    most = Math.max(...sides.map(({ images }) => images));
  return {
    ticks: axis.ticks.map((value) => ({ value: Number(value.toPrecision(1)), at: axis.share(value) })),
    across: roundTicks([0, most / 1e6], 4).map((millions) => ({ millions, at: (millions * 1e6) / most })),
    lines: lines.map(({ side, images, errors }) => ({
      side,
      points: errors.map((error, k) => [images[k] / most, axis.share(error)]),
    })),
  };
}

// Each value once, in the order they came.
export const distinct = (values) => [...new Set(values)];
