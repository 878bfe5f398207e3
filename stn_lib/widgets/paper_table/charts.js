// The charts of the open cell: both networks' intervals with the gap between them, and the training curves.
import { figure } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { format, interpolate } from "../shared/text.js";
import { ROUNDING, curveChart, distinct, intervalPlot, isPlain } from "./cells.js";
import { percent, printedPaper, printedPaperGap } from "./signs.js";

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
function bar(words, one, open, { share }) {
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

// From the plain network's mean, where the guide is, to where the gap ends. An interval that runs over is cut.
function gapShapes({ base, tip, span, cut }) {
  const way = tip < base ? 1 : -1;
  const band = span
    ? [
        s("rect", { class: "stn-band", x: percent(span[0]), width: percent(span[1] - span[0]), y: 4, height: 10 }),
        ...span
          .filter((_, k) => !cut[k])
          .map((x) => s("line", { class: "stn-cap", x1: percent(x), x2: percent(x), y1: 4, y2: 14 })),
      ]
    : [];
  return [
    ...band,
    s("line", { class: "stn-arrow", x1: percent(base), x2: percent(tip), y1: 9, y2: 9 }),
    s(
      "svg",
      { x: percent(tip), y: 9, overflow: "visible" },
      s("path", { class: "stn-tip", d: `M0 0l${9 * way} -5v10z` }),
    ),
  ];
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

const gapBar = (words, text, gap) =>
  h(
    "div",
    { class: "stn-bar stn-gapbar" },
    h("p", {}, h("span", {}, words.gap), h("span", {}, text)),
    s("svg", { "aria-hidden": "true" }, ground(), gap ? gapShapes(gap) : []),
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
  const plot = intervalPlot(cell, rival),
    at = plot.gap && percent(plot.gap.base);
  return figure(
    h("span", { class: "stn-names" }, plotKey(words)),
    h(
      "div",
      { class: "stn-intervals" },
      plot.gap ? h("i", { class: "stn-guide", style: `left: ${at}` }) : [],
      plot.pair.map((one) => bar(words, one, one === cell, plot)),
      gapBar(words, gapLine(words, cell, rival), plot.gap),
      h(
        "div",
        { class: "stn-scale", "aria-hidden": "true" },
        plot.ticks.map((tick) =>
          h(
            "span",
            { style: `left: ${percent(plot.share(tick))}` },
            tick ? String(tick) : interpolate(words.percent, { value: tick }),
          ),
        ),
      ),
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
