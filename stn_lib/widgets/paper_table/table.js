// The table: one button a cell, with our gap or both error rates, a mark, and the interval on a small axis.
import { h } from "../shared/dom.js";
import { format } from "../shared/text.js";
import { besidePaper, cellAfter, gapRange, isPlain, stateOf } from "./cells.js";
import { countSeeds, makeRange, printedPaper, printedPaperGap, splice, verdictMark } from "./signs.js";

const unseen = (text) => h("span", { class: "stn-unseen" }, text);

// A sentence around the figures in it that everyone sees; the rest of it is for screen readers.
const spell = (sentence, values, shown) =>
  splice(sentence, values, shown).map((part) => (typeof part === "string" ? unseen(part) : part));

function errorFace(words, cell) {
  const has = cell.error !== null,
    place = (value) => besidePaper(value, cell.paper);
  return {
    sentence: words.cell[cell.mark],
    ours: has ? format(cell.error) : null,
    paper: printedPaper(words, cell),
    interval: cell.interval,
    range: has ? { interval: cell.interval.map(place), ours: place(cell.error), paper: 0.5 } : null,
  };
}

function gapFace(words, cell) {
  if (isPlain(cell)) return { ...errorFace(words, cell), sentence: words.base[cell.mark], range: null };
  const { gap } = cell;
  return {
    sentence: words.gapCell[stateOf(cell)],
    ours: gap && format(gap.points),
    paper: printedPaperGap(words, cell),
    interval: gap?.interval,
    range: gapRange(cell),
  };
}

function contentOf(words, cell, view) {
  const face = (view === "gap" ? gapFace : errorFace)(words, cell);
  const ours = h("b", { "aria-hidden": face.ours === null && "true" }, face.ours ?? words.none);
  // Among the gaps the paper's is a line on the small axis: a second column of numbers would hide the first.
  const paper = view === "gap" ? unseen(face.paper) : h("small", {}, face.paper);
  const alone = view === "gap" && stateOf(cell) === "alone";
  const [low, high] = face.interval?.map((value) => format(value)) ?? [];
  const values = {
    network: words.names[cell.network],
    task: words.tasks[cell.distortion],
    seeds: countSeeds(words, cell.runs.length),
    low,
    high,
  };
  return [
    face.ours === null ? ours : [],
    spell(face.sentence, values, { ours, paper }),
    alone ? h("small", { class: "stn-alone", "aria-hidden": "true" }, words.alone) : verdictMark(cell.mark),
    face.range ? makeRange(face.range) : [],
  ].flat();
}

function makeCell(words, cell, open) {
  const press = h("button", { type: "button", tabindex: -1, onclick: () => open(cell.id) });
  const draw = (view) => press.replaceChildren(...contentOf(words, cell, view));
  return { press, draw, node: h("td", { "data-mark": cell.mark }, press) };
}

// The legend to the cells is one of them, taken apart.
export function makeLegend(words) {
  const signs = {
    ours: () => h("b", {}, "0.00"),
    paper: () => h("small", {}, "0.0"),
    gapRange: () => makeRange({ zero: 0.15, interval: [0.35, 0.75], ours: 0.55, paper: 0.9 }),
    errorRange: () => makeRange({ interval: [0.14, 0.42], ours: 0.26, paper: 0.5 }),
  };
  const node = h("ul", { class: "stn-legend" });
  const draw = (view) =>
    node.replaceChildren(
      ...words.legend[view].map(([name, text]) =>
        h("li", {}, h("span", { "aria-hidden": "true" }, signs[name]()), text),
      ),
    );
  return { node, draw };
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

function makeSide(words, family, network) {
  const name = words.rows[network];
  const parts =
    network === family ? [h("b", {}, name), " ", h("small", {}, words.unit)] : [unseen(`${words.rows[family]} `), name];
  return h("th", { scope: "row" }, parts);
}

// A grid of buttons; Enter and Space open a cell.
export function makeTable(words, { cells, distortions, families }, open) {
  const networks = families.flatMap(([, all]) => all);
  const made = networks.flatMap((network) =>
    distortions.map((distortion) => {
      const cell = makeCell(words, cells.get(`${distortion}-${network}`), open);
      return { distortion, network, ...cell };
    }),
  );
  const presses = made.map(({ press }) => press);
  const heads = distortions.map((distortion) =>
    h("th", { scope: "col" }, h("b", {}, words.tasks[distortion]), " ", h("span", {}, words.short[distortion])),
  );
  const sides = new Map(families.flatMap(([family, all]) => all.map((name) => [name, makeSide(words, family, name)])));
  const row = (network) =>
    h("tr", {}, sides.get(network), ...made.filter((one) => one.network === network).map(({ node }) => node));
  const caption = h("caption", {});
  const node = h(
    "table",
    { class: "stn-table", role: "grid" },
    caption,
    h("thead", {}, h("tr", {}, h("td", {}), heads)),
    families.map(([, all]) => h("tbody", {}, all.map(row))),
  );
  const reach = makeRoving(node, presses, networks.length, distortions.length);
  const show = (view) => {
    node.dataset.view = view;
    caption.textContent = words.captions[view];
    for (const { draw } of made) draw(view);
  };
  const mark = (cell) => {
    made.forEach(({ node: place, press, network, distortion }, k) => {
      const here = network === cell.network && distortion === cell.distortion;
      place.toggleAttribute("data-line", network === cell.network || distortion === cell.distortion);
      press.setAttribute("aria-pressed", String(here));
      if (here && !node.contains(document.activeElement)) reach(k);
    });
    heads.forEach((head, k) => head.toggleAttribute("data-line", distortions[k] === cell.distortion));
    sides.forEach((side, network) => side.toggleAttribute("data-line", network === cell.network));
  };
  return { node, show, mark };
}
