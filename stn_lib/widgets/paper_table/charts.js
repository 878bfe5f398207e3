// The charts of the open cell: both networks' intervals, the gap between them, and the training curves.
import { figure } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { format, interpolate } from "../shared/text.js";
import { ROUNDING, curveChart, distinct, gapRange, intervalPlot, isPlain, onScale, roundTicks } from "./cells.js";
import { makeRange, percent, printedPaper, printedPaperGap } from "./signs.js";

// --- the interval plot ---------------------------------------------------------------------------------------------

// The paper's figure: an upright whose feet are as wide as what was rounded to it.
function upright(one, share) {
  const [low, at, high] = [one.paper - ROUNDING, one.paper, one.paper + ROUNDING].map((value) => percent(share(value)));
  return [
    [at, at, 1, 17],
    [low, high, 1, 1],
    [low, high, 17, 17],
  ].map(([x1, x2, y1, y2]) => s("line", { class: "stn-upright", x1, x2, y1, y2 }));
}

const ground = () => s("line", { class: "stn-ground", x1: 0, x2: "100%", y1: 9, y2: 9 });

// One network: the interval as a band, the mean in it, the seeds below.
function bar(words, one, open, share) {
  const has = one.error !== null,
    [low, high] = has ? one.interval.map(share) : [0, 0];
  const shapes = [
    ground(),
    has ? s("rect", { class: "stn-band", x: percent(low), width: percent(high - low), y: 4, height: 10, rx: 5 }) : [],
    upright(one, share),
    has
      ? s("circle", {
          class: `stn-mean ${isPlain(one) ? "stn-plain" : ""}`,
          cx: percent(share(one.error)),
          cy: 9,
          r: 5,
        })
      : [],
    one.runs.map(({ error }) => s("circle", { class: "stn-seed", cx: percent(share(error)), cy: 21, r: 2.2 })),
  ];
  const text = interpolate(has ? words.line : words.lineNone, {
    error: has ? format(one.error) : "",
    paper: printedPaper(words, one),
  });
  return h(
    "div",
    { class: "stn-bar", "data-open": String(open) },
    h("p", {}, h("span", {}, words.names[one.network]), h("span", {}, text)),
    s("svg", { "aria-hidden": "true" }, shapes.flat()),
  );
}

// The gap in words; where there is none, the reason.
export function gapLine(words, cell, rival) {
  const [plain, transformer] = isPlain(cell) ? [cell, rival] : [rival, cell],
    waits = [transformer, plain].find(({ runs }) => !runs.length),
    { gap } = cell;
  const kind = waits ? "waits" : !gap ? "apart" : gap.interval ? "interval" : "alone";
  const [low, high] = gap?.interval?.map((value) => format(value)) ?? [];
  return interpolate(words.gapLine[kind], {
    points: gap ? format(gap.points) : "",
    low,
    high,
    network: waits ? words.names[waits.network] : "",
    paper: printedPaperGap(words, cell, transformer),
  });
}

// The ticks of an axis; `place` gives their places on it, `show` their texts.
const axis = (ticks, place, show) =>
  h(
    "div",
    { class: "stn-scale", "aria-hidden": "true" },
    ticks.map((tick) => h("span", { style: `left: ${percent(place(tick))}` }, show(tick))),
  );

// The gap as the table's cell has it, larger and with numbers.
const gapBar = (words, cell, rival) =>
  h(
    "div",
    { class: "stn-bar stn-gapbar" },
    h("p", {}, h("span", {}, words.gap), h("span", {}, gapLine(words, cell, rival))),
    makeRange(gapRange(cell)),
    axis(
      roundTicks(cell.scale, 5),
      (tick) => onScale(tick, cell.scale),
      (tick) => String(tick).replace("-", "\u2212"),
    ),
  );

function plotKey(words) {
  const signs = {
    band: [
      s("rect", { class: "stn-band", x: 0, y: 0, width: 22, height: 10, rx: 5 }),
      s("circle", { class: "stn-mean", cx: 11, cy: 5, r: 3.6 }),
    ],
    seeds: [5, 11, 18].map((cx) => s("circle", { class: "stn-seed", cx, cy: 5, r: 2.2 })),
    paper: [s("path", { class: "stn-upright", d: "M6 -1h10M11 -1v12M6 11h10" })],
  };
  return words.plotKey.map(([name, text]) =>
    h("span", {}, s("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, signs[name]), text),
  );
}

export function intervalsOf(words, cell, rival) {
  const { pair, share, ticks } = intervalPlot(cell, rival);
  const inPercent = (tick) => (tick ? String(tick) : interpolate(words.percent, { value: tick }));
  return figure(
    h("span", { class: "stn-names" }, plotKey(words)),
    h(
      "div",
      { class: "stn-intervals" },
      pair.map((one) => bar(words, one, one === cell, share)),
      axis(ticks, share, inPercent),
      gapBar(words, cell, rival),
    ),
  );
}

// --- the curve -----------------------------------------------------------------------------------------------------

const trace = (points) =>
  `M${points.map(([x, y]) => `${(100 * x).toFixed(2)} ${(100 - 100 * y).toFixed(2)}`).join("L")}`;
const kindOf = (one, cell) => `${isPlain(one) ? "stn-plain" : ""} ${one === cell ? "" : "stn-faint"}`;

export function curvesOf(words, cell, rival, steps) {
  const chart = curveChart(cell, rival, steps);
  if (!chart) return null;
  const sides = distinct(chart.lines.map(({ side }) => side)).reverse();
  const key = h(
    "span",
    { class: "stn-names" },
    h("span", {}, words.curve),
    sides.map((side) =>
      h(
        "span",
        {},
        s(
          "svg",
          { viewBox: "0 0 22 10", "aria-hidden": "true" },
          s("path", { class: `stn-curve ${kindOf(side, cell)}`, d: "M0 5H22" }),
        ),
        words.names[side.network],
      ),
    ),
  );
  return figure(
    key,
    h(
      "div",
      { class: "stn-chart", "aria-hidden": "true" },
      s(
        "svg",
        { viewBox: "0 0 100 100", preserveAspectRatio: "none" },
        chart.ticks.map(({ at }) => s("path", { class: "stn-rule", d: `M0 ${100 - 100 * at}H100` })),
        chart.lines.map(({ side, points }) =>
          s("path", { class: `stn-curve ${kindOf(side, cell)}`, d: trace(points) }),
        ),
      ),
      chart.ticks.map(({ value, at }) =>
        h("span", { class: "stn-up", style: `bottom: ${percent(at)}` }, String(value)),
      ),
      chart.across.map(({ millions, at }) =>
        h(
          "span",
          { class: "stn-along", style: `left: ${percent(at)}` },
          millions ? interpolate(words.million, { value: millions }) : "0",
        ),
      ),
    ),
  );
}
