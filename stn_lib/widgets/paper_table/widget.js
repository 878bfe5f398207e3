// PaperTable: the paper's Table 1, ours beside it; a cell that is pressed opens below.
import { followAddress, oneOf } from "../shared/address_state.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { besidePaper, cellAfter } from "./cells.js";
import { countSeeds, curvesOf, intervalsOf, makingOf, percent, printedPaper, statsOf, verdictMark } from "./panel.js";

const sentence = (words, cell) =>
  interpolate(words.cell[cell.mark], {
    network: words.names[cell.network],
    task: words.tasks[cell.distortion],
    paper: format(cell.paper, 1),
    error: cell.error === null ? "" : format(cell.error),
    seeds: countSeeds(words, cell.runs.length),
    low: cell.interval ? format(cell.interval[0]) : "",
    high: cell.interval ? format(cell.interval[1]) : "",
  });

// Our interval and our mean in it, beside the paper's figure, the upright.
function makeRange(low, mean, high) {
  return h(
    "span",
    { class: "stn-range" },
    h("i", { style: `left: ${percent(low)}; width: ${percent(high - low)}` }),
    h("i", { class: "stn-at", style: `left: ${percent(mean)}` }),
  );
}

function makeCell(words, cell, open) {
  const places =
    cell.error === null
      ? null
      : [cell.interval[0], cell.error, cell.interval[1]].map((value) => besidePaper(value, cell.paper));
  const press = h(
    "button",
    { type: "button", tabindex: -1, "aria-label": sentence(words, cell), onclick: () => open(cell.id) },
    h("b", {}, cell.error === null ? words.none : format(cell.error)),
    verdictMark(cell.mark),
    h("small", {}, printedPaper(words, cell)),
    places ? makeRange(...places) : [],
  );
  return { press, node: h("td", { "data-mark": cell.mark }, press) };
}

// The key to the cells is one of them, taken apart.
function makeKey(words) {
  const signs = {
    ours: () => h("b", {}, "0.00"),
    paper: () => h("small", {}, "0.0"),
    range: () => makeRange(0.1, 0.25, 0.38),
  };
  return h(
    "ul",
    { class: "stn-legend" },
    words.key.map(([name, text]) =>
      h("li", {}, h("span", { "aria-hidden": "true" }, (signs[name] ?? (() => verdictMark(name)))()), text),
    ),
  );
}

// A grid of buttons: one stop of the Tab key, arrow keys go from cell to cell, Enter and Space open.
function makeBodies(words, families, columns, sides, cellsOf) {
  const head = (family) => {
    const attributes = { scope: "rowgroup", colspan: columns + 1 };
    return h("tr", { class: "stn-family" }, h("th", attributes, words.families[family]));
  };
  const row = (network) => h("tr", {}, sides.get(network), cellsOf(network));
  return families.map(([family, all]) => h("tbody", {}, family ? head(family) : [], all.map(row)));
}

// One stop of the Tab key for the whole grid; arrow keys go from cell to cell.
function makeRoving(node, presses, rows, columns) {
  const reach = (index) =>
    presses.forEach((press, k) => {
      press.tabIndex = k === index ? 0 : -1;
    });
  node.addEventListener("keydown", (event) => {
    const index = presses.indexOf(event.target);
    if (event.altKey || event.metaKey || event.shiftKey || index < 0) return;
    const to = cellAfter(index, event.key, event.ctrlKey, rows, columns);
    if (to === null) return;
    event.preventDefault();
    reach(to);
    presses[to].focus();
  });
  node.addEventListener("focusin", (event) => reach(presses.indexOf(event.target)));
  return reach;
}

// A grid of buttons; Enter and Space open a cell.
function makeTable(words, { cells, distortions, families }, open) {
  const networks = families.flatMap(([, all]) => all);
  const made = networks.flatMap((network) =>
    distortions.map((distortion) => {
      const cell = makeCell(words, cells.get(`${distortion}-${network}`), open);
      return { distortion, network, ...cell };
    }),
  );
  const presses = made.map(({ press }) => press);
  const heads = distortions.map((distortion) =>
    h("th", { scope: "col" }, h("b", {}, words.tasks[distortion]), h("span", {}, words.short[distortion])),
  );
  const sides = new Map(networks.map((network) => [network, h("th", { scope: "row" }, words.rows[network])]));
  const cellsOf = (network) => made.filter((one) => one.network === network).map(({ node }) => node);
  const node = h(
    "table",
    { class: "stn-table", role: "grid" },
    h("caption", {}, words.caption),
    h("thead", {}, h("tr", {}, h("td", {}), heads)),
    makeBodies(words, families, distortions.length, sides, cellsOf),
  );
  const reach = makeRoving(node, presses, networks.length, distortions.length);
  const draw = (cell) => {
    made.forEach(({ node: place, press, network, distortion }, k) => {
      const here = network === cell.network && distortion === cell.distortion;
      place.toggleAttribute("data-line", network === cell.network || distortion === cell.distortion);
      press.setAttribute("aria-pressed", String(here));
      if (here && !node.contains(document.activeElement)) reach(k);
    });
    heads.forEach((head, k) => head.toggleAttribute("data-line", distortions[k] === cell.distortion));
    sides.forEach((side, network) => side.toggleAttribute("data-line", network === cell.network));
  };
  return { node, draw };
}

function overview(words, all) {
  const count = (mark) => all.filter((cell) => cell.mark === mark).length,
    [lowers, raises, unclear] = ["lowers", "raises", "unclear"].map(count),
    run = all.length - count("none");
  if (!run) return words.toldNone;
  return interpolate(words.told, { run, all: all.length, gaps: lowers + raises + unclear, lowers, raises, unclear });
}

const finding = (words, { mark }) => words.verdict[mark];

function spokenText(words, cell, head) {
  const ran = cell.error !== null;
  const [low, high] = ran ? cell.interval.map((value) => format(value)) : [];
  return interpolate(ran ? words.spoken : words.spokenNone, {
    head,
    paper: format(cell.paper, 1),
    low,
    high,
    error: ran ? format(cell.error) : "",
    seeds: countSeeds(words, cell.runs.length),
    verdict: finding(words, cell),
  });
}

// The open cell: its sentence, its figures, its charts and how it was made.
function makeOpened(words, { steps, makers, commands }) {
  const head = h("p", { class: "stn-open-head" });
  const reads = h("p", { class: "stn-reads" });
  const verdict = h("p", { class: "stn-finding" });
  const parts = h("div", {});
  const spoken = h("output", { class: "stn-spoken" });
  const tell = (text) => {
    spoken.textContent = text;
  };
  let making = null;
  const draw = (cell, rival, first) => {
    making?.stop();
    making = makingOf(words, cell, { makers, commands }, tell);
    const network = words.names[cell.network];
    head.textContent = interpolate(words.head, { network, task: words.tasks[cell.distortion] });
    const digits = words.digits[cell.distortion];
    reads.textContent = interpolate(words.reads, { network: words.networks[cell.network], digits });
    verdict.replaceChildren(verdictMark(cell.mark), finding(words, cell));
    const charts = [intervalsOf(words, cell, rival), curvesOf(words, cell, rival, steps)].filter(Boolean);
    const figures = h("div", { class: "stn-charts" }, charts);
    parts.replaceChildren(statsOf(words, cell, rival), verdict, figures, making.node);
    if (!first) tell(spokenText(words, cell, head.textContent));
  };
  const node = h("section", { class: "stn-opened", "aria-label": words.opened }, head, reads, parts);
  return { node, spoken, draw, stop: () => making.stop() };
}

function render({ model, el }) {
  const words = model.get("words");
  const all = model.get("cells");
  const cells = new Map(all.map((cell) => [cell.id, cell]));
  const grid = { cells, distortions: model.get("distortions"), families: model.get("families") };
  const put = (values) => setTraits(model, values);
  const table = makeTable(words, grid, (id) => put({ cell: id }));
  const opened = makeOpened(words, getTraits(model, ["steps", "makers", "commands"]));
  const note = h("p", { class: "stn-note-dagger" }, interpolate(words.dagger, { value: "" }), " ", words.note);
  const told = h("p", { class: "stn-told" }, overview(words, all));
  mountRoot(el, "paper-table", frame(words, told, table.node, makeKey(words), note, opened.node, opened.spoken));
  let shown = null;
  const draw = () => {
    const cell = cells.get(model.get("cell")) ?? all[0];
    if (cell === shown) return;
    table.draw(cell);
    opened.draw(cell, cells.get(cell.rival), shown === null);
    shown = cell;
  };
  const drawing = drawOnChange(model, { traits: ["cell"], draw });
  const offAddress = followAddress(el, "paper-table", { cell: oneOf([...cells.keys()]) }, put);
  return () => {
    for (const end of [offAddress, drawing.stop, opened.stop]) end();
  };
}

export default { render };
