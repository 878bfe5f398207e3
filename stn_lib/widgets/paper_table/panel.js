// What an opened cell of the paper's table shows: its numbers, the interval plot, the curve, and how it was made.
import { button, figure } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { format, interpolate } from "../shared/text.js";
import { ROUNDING, curveChart, distinct, intervalPlot, isPlain } from "./cells.js";

const MARKS = {
  plain: ["path", {}],
  lowers: ["circle", { cx: 5, cy: 5, r: 4 }],
  raises: ["path", { d: "M5 1.4 9 8.6H1z" }],
  unclear: ["path", { d: "M5 1.2 8.8 5 5 8.8 1.2 5z" }],
  none: ["circle", { cx: 5, cy: 5, r: 3.6 }],
};
const COPIED = 2500; // milliseconds that the button says so

export const verdictMark = (kind) =>
  s("svg", { class: "stn-sign", viewBox: "0 0 10 10", "data-mark": kind, "aria-hidden": "true" }, s(...MARKS[kind]));

export const countSeeds = (words, count) => interpolate(words.seeds[["none", "one"][count] ?? "many"], { count });
export const printedPaper = (words, cell) =>
  cell.shared ? interpolate(words.dagger, { value: format(cell.paper, 1) }) : format(cell.paper, 1);

export const percent = (share) => `${(100 * share).toFixed(2)}%`;
const grouped = (value) => value.toLocaleString("en");

// --- the three numbers ---------------------------------------------------------------------------------------------

function stat(name, label, value, ...below) {
  return h(
    "div",
    { class: `stn-stat stn-stat-${name}` },
    h("dt", {}, label),
    h(
      "dd",
      {},
      h("b", {}, value),
      below.map((line) => h("span", {}, line)),
    ),
  );
}

function gapStat(words, cell, rival) {
  const { gap } = cell,
    [plain, transformer] = isPlain(cell) ? [cell, rival] : [rival, cell];
  const label = interpolate(words.gap, { network: words.names[transformer.network] });
  const value = format(cell.paperGap, 1),
    paper = interpolate(words.paperGap, { value: transformer.shared ? interpolate(words.dagger, { value }) : value });
  if (!gap) {
    const waits = [transformer, plain].find(({ runs }) => !runs.length);
    return stat(
      "gap",
      label,
      words.none,
      waits ? interpolate(words.waits, { network: words.names[waits.network] }) : words.apart,
      paper,
    );
  }
  const lines = gap.interval
    ? [
        interpolate(words.interval, { low: format(gap.interval[0]), high: format(gap.interval[1]) }),
        interpolate(words.pairs, { seeds: countSeeds(words, gap.seeds) }),
        paper,
      ]
    : [words.alone, paper];
  return stat("gap", label, format(gap.points), ...lines);
}

export function statsOf(words, cell, rival) {
  const has = cell.error !== null,
    { runs } = cell;
  const spread =
    runs.length > 1
      ? interpolate(words.each, { errors: runs.map(({ error }) => format(error)).join(", ") })
      : countSeeds(words, runs.length);
  return h(
    "dl",
    { class: "stn-stats" },
    stat(
      "ours",
      words.ours,
      has ? interpolate(words.percent, { value: format(cell.error) }) : words.none,
      ...(has ? [interpolate(words.interval, { low: format(cell.interval[0]), high: format(cell.interval[1]) })] : []),
      spread,
    ),
    stat(
      "paper",
      words.paper,
      interpolate(words.percent, { value: format(cell.paper, 1) }),
      interpolate(words.printed, { low: format(cell.paper - ROUNDING), high: format(cell.paper + ROUNDING) }),
      ...(cell.shared ? [words.printedOnce] : []),
    ),
    gapStat(words, cell, rival),
  );
}

// --- the interval plot ---------------------------------------------------------------------------------------------

// The paper's figure: an upright whose feet are as wide as what was rounded to it.
function upright(one, share) {
  const [low, at, high] = [one.paper - ROUNDING, one.paper, one.paper + ROUNDING].map((value) => percent(share(value)));
  return [
    [at, at, 0, 24],
    [low, high, 0, 0],
    [low, high, 24, 24],
  ].map(([x1, x2, y1, y2]) => s("line", { class: "stn-upright", x1, x2, y1, y2 }));
}

const ground = () => s("line", { class: "stn-ground", x1: 0, x2: "100%", y1: 12, y2: 12 });

// One network: the interval as a band, the mean in it, the seeds below.
function bar(words, one, open, { share }) {
  const has = one.error !== null,
    [low, high] = has ? one.interval.map(share) : [0, 0];
  const shapes = [
    ground(),
    has ? s("rect", { class: "stn-band", x: percent(low), width: percent(high - low), y: 6, height: 12, rx: 6 }) : [],
    upright(one, share),
    has
      ? s("circle", {
          class: `stn-mean ${isPlain(one) ? "stn-plain" : ""}`,
          cx: percent(share(one.error)),
          cy: 12,
          r: 5.5,
        })
      : [],
    one.runs.map(({ error }) => s("circle", { class: "stn-seed", cx: percent(share(error)), cy: 29, r: 2.2 })),
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
function gapBar(words, { pair, gap }, points) {
  const { base, tip, span, cut } = gap,
    way = tip < base ? 1 : -1;
  const band = span
    ? [
        s("rect", { class: "stn-band", x: percent(span[0]), width: percent(span[1] - span[0]), y: 6, height: 12 }),
        ...span
          .filter((_, k) => !cut[k])
          .map((x) => s("line", { class: "stn-cap", x1: percent(x), x2: percent(x), y1: 6, y2: 18 })),
      ]
    : [];
  const shapes = [
    ground(),
    ...band,
    s("line", { class: "stn-arrow", x1: percent(base), x2: percent(tip), y1: 12, y2: 12 }),
    s(
      "svg",
      { x: percent(tip), y: 12, overflow: "visible" },
      s("path", { class: "stn-tip", d: `M0 0l${9 * way} -5v10z` }),
    ),
  ];
  return h(
    "div",
    { class: "stn-bar stn-gapbar" },
    h(
      "p",
      {},
      h("span", {}, interpolate(words.gapRow, { network: words.names[pair[0].network] })),
      h("span", {}, interpolate(words.points, { value: format(points) })),
    ),
    s("svg", { "aria-hidden": "true" }, shapes),
  );
}

function plotKey(words) {
  const signs = {
    band: [
      s("rect", { class: "stn-band", x: 0, y: 0, width: 22, height: 10, rx: 5 }),
      s("circle", { class: "stn-mean", cx: 11, cy: 5, r: 3.6 }),
    ],
    seeds: [5, 11, 18].map((cx) => s("circle", { class: "stn-seed", cx, cy: 5, r: 2.2 })),
    paper: [s("path", { class: "stn-upright", d: "M6 -1h10M11 -1v12M6 11h10" })],
  };
  return h(
    "p",
    { class: "stn-names" },
    words.plotKey.map(([name, text]) =>
      h("span", {}, s("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, signs[name]), text),
    ),
  );
}

export function intervalsOf(words, cell, rival) {
  const plot = intervalPlot(cell, rival),
    at = plot.gap && percent(plot.gap.base);
  return figure(
    words.plot,
    plotKey(words),
    h(
      "div",
      { class: "stn-intervals" },
      plot.gap ? h("i", { class: "stn-guide", style: `left: ${at}` }) : [],
      plot.pair.map((one) => bar(words, one, one === cell, plot)),
      plot.gap ? gapBar(words, plot, cell.gap.points) : [],
      h(
        "div",
        { class: "stn-scale", "aria-hidden": "true" },
        plot.ticks.map((tick) => h("span", { style: `left: ${percent(plot.share(tick))}` }, String(tick))),
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
    "p",
    { class: "stn-names" },
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
    words.curve,
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

// --- how it was made -----------------------------------------------------------------------------------------------

function factsOf(words, cell, makers) {
  const { runs } = cell,
    made = runs.map((run) => makers[run.made]),
    each = (read) => distinct(made.map(read)).join(", ");
  const commit = ({ commit, changed }) =>
    commit ? interpolate(words.commit[String(changed)], { commit: commit.slice(0, 7) }) : words.unknown;
  return [
    ["seeds", runs.map(({ seed }) => seed).join(", ")],
    ["device", each(({ device }) => device)],
    [
      "wrong",
      interpolate(words.wrong, { wrong: runs.map(({ wrong }) => grouped(wrong)).join(", "), n: grouped(cell.n) }),
    ],
    ["threads", each(({ threads }) => threads)],
    ["images", grouped(cell.images)],
    ["torch", each(({ torch }) => torch)],
    ["parameters", grouped(cell.parameters)],
    ["commit", each(commit)],
    ["seconds", interpolate(words.minutes, { values: runs.map(({ seconds }) => format(seconds / 60, 1)).join(", ") })],
  ].map(([name, value]) => h("div", {}, h("dt", {}, words.facts[name]), h("dd", {}, value)));
}

// The clipboard is not there for a page that is opened from a folder in some browsers, and may be refused anywhere.
function copier(words, code, told) {
  let timer = 0;
  const tell = (text) => {
    copy.textContent = text;
    told(text);
    clearTimeout(timer);
    timer = setTimeout(() => {
      copy.textContent = words.copy;
    }, COPIED);
  };
  const copy = button(
    words.copy,
    async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        tell(words.copied);
      } catch {
        getSelection().selectAllChildren(code);
        tell(words.selected);
      }
    },
    { class: "stn-button stn-copy" },
  );
  return { copy, stop: () => clearTimeout(timer) };
}

// A command whose lines break between its flags only: a browser would break after a hyphen.
const unbroken = (command) => command.split(/ (?=--)/).flatMap((part, k) => [k ? " " : "", h("span", {}, part)]);

export function makingOf(words, cell, { makers, commands }, told) {
  const { runs } = cell,
    lines = runs.length ? runs.map(({ command, seed }) => interpolate(commands[command], { seed })) : [cell.command];
  const code = h(
    "code",
    {},
    lines.flatMap((line, k) => [k ? "\n" : "", ...unbroken(line)]),
  );
  const { copy, stop } = copier(words, code, told);
  const node = h(
    "div",
    { class: "stn-making" },
    h("div", { class: "stn-making-head" }, h("p", {}, runs.length ? words.made : words.make), copy),
    code,
    runs.length ? h("dl", { class: "stn-facts" }, factsOf(words, cell, makers)) : [],
  );
  return { node, stop };
}
