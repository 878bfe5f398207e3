// PaperTable: the paper's Table 1, ours beside it; a cell that is pressed opens below.
import { everyFrame, format, fromAddress, h, house, say } from "./ui.js";
import { besidePaper, cellAfter } from "./cells.js";
import { countSeeds, curvesOf, intervalsOf, makingOf, percent, printedPaper, statsOf, verdictMark } from "./paper_panel.js";

// --- view --------------------------------------------------------------------------------------------------------

const sentence = (words, cell) => say(words.cell[cell.mark], {
  network: words.names[cell.network], task: words.tasks[cell.distortion], paper: format(cell.paper, 1),
  error: cell.error === null ? "" : format(cell.error), seeds: countSeeds(words, cell.runs.length),
  low: cell.interval ? format(cell.interval[0]) : "", high: cell.interval ? format(cell.interval[1]) : "",
});

// Our interval and our mean in it, beside the paper's figure, the upright.
function makeRange(low, mean, high) {
  return h("span", { class: "stn-range" }, h("i", { style: `left: ${percent(low)}; width: ${percent(high - low)}` }),
    h("i", { class: "stn-at", style: `left: ${percent(mean)}` }));
}

function makeCell(words, cell, open) {
  const places = cell.error === null ? null : [cell.interval[0], cell.error, cell.interval[1]].map((value) => besidePaper(value, cell.paper));
  const press = h("button", { type: "button", tabindex: -1, "aria-label": sentence(words, cell), onclick: () => open(cell.id) },
    h("b", {}, cell.error === null ? words.none : format(cell.error)), verdictMark(cell.mark),
    h("small", {}, printedPaper(words, cell)), places ? makeRange(...places) : []);
  return { press, node: h("td", { "data-mark": cell.mark }, press) };
}

// The key to the cells is one of them, taken apart.
function makeKey(words) {
  const signs = { ours: () => h("b", {}, "0.00"), paper: () => h("small", {}, "0.0"), range: () => makeRange(0.1, 0.25, 0.38) };
  return h("ul", { class: "stn-legend" }, words.key.map(([name, text]) =>
    h("li", {}, h("span", { "aria-hidden": "true" }, (signs[name] ?? (() => verdictMark(name)))()), text)));
}

// A grid of buttons: one stop of the Tab key, arrow keys go from cell to cell, Enter and Space open.
function makeTable(words, { cells, distortions, families }, open) {
  const networks = families.flatMap(([, all]) => all), columns = distortions.length;
  const made = networks.flatMap((network) => distortions.map((distortion) =>
    ({ distortion, network, ...makeCell(words, cells.get(`${distortion}-${network}`), open) })));
  const heads = distortions.map((distortion) => h("th", { scope: "col" }, h("b", {}, words.tasks[distortion]), h("span", {}, words.short[distortion])));
  const sides = networks.map((network) => h("th", { scope: "row" }, words.rows[network]));
  const row = (network) => h("tr", {}, sides[networks.indexOf(network)], made.filter((one) => one.network === network).map(({ node }) => node));
  const bodies = families.map(([family, all]) => h("tbody", {},
    family ? h("tr", { class: "stn-family" }, h("th", { scope: "rowgroup", colspan: columns + 1 }, words.families[family])) : [], all.map(row)));
  const reach = (index) => made.forEach(({ press }, k) => { press.tabIndex = k === index ? 0 : -1; });
  const node = h("table", { class: "stn-table", role: "grid" }, h("caption", {}, words.caption),
    h("thead", {}, h("tr", {}, h("td", {}), heads)), bodies);
  node.addEventListener("keydown", (event) => {
    const index = made.findIndex(({ press }) => press === event.target);
    const to = event.altKey || event.metaKey || event.shiftKey || index < 0 ? null : cellAfter(index, event.key, event.ctrlKey, networks.length, columns);
    if (to === null) return;
    event.preventDefault();
    reach(to);
    made[to].press.focus();
  });
  node.addEventListener("focusin", (event) => reach(made.findIndex(({ press }) => press === event.target)));
  const draw = (cell) => {
    made.forEach(({ node: place, press, network, distortion }, k) => {
      const here = network === cell.network && distortion === cell.distortion;
      place.toggleAttribute("data-line", network === cell.network || distortion === cell.distortion);
      press.setAttribute("aria-pressed", String(here));
      if (here && !node.contains(document.activeElement)) reach(k);
    });
    heads.forEach((head, k) => head.toggleAttribute("data-line", distortions[k] === cell.distortion));
    sides.forEach((side, k) => side.toggleAttribute("data-line", networks[k] === cell.network));
  };
  return { node, draw };
}

function overview(words, all) {
  const count = (mark) => all.filter((cell) => cell.mark === mark).length, run = all.length - count("none");
  return run ? say(words.told, { run, all: all.length, below: count("below"), above: count("above") }) : words.toldNone;
}

function render({ model, el }) {
  const words = model.get("words"), all = model.get("cells"), steps = model.get("steps"), kept = { makers: model.get("makers"), commands: model.get("commands") };
  const cells = new Map(all.map((cell) => [cell.id, cell]));
  const asked = fromAddress("paper-table").cell;
  if (cells.has(asked)) model.set("cell", asked);
  const chosen = () => cells.get(model.get("cell")) ?? all[0];
  let shown = null, making = null;

  const table = makeTable(words, { cells, distortions: model.get("distortions"), families: model.get("families") }, (id) => {
    model.set("cell", id);
    model.save_changes();
  });
  const head = h("p", { class: "stn-open-head" }), reads = h("p", { class: "stn-reads" }), verdict = h("p", { class: "stn-finding" });
  const parts = h("div", {}), spoken = h("output", { class: "stn-spoken" });

  house(el, "paper-table");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title), h("p", { class: "stn-told" }, overview(words, all)),
    table.node, makeKey(words), h("p", { class: "stn-note-dagger" }, say(words.dagger, { value: "" }), " ", words.note),
    h("section", { class: "stn-opened", "aria-label": words.opened }, head, reads, parts),
    spoken, h("p", { class: "stn-try" }, words.try)));

  const finding = ({ verdict: name, n }) => say(words.verdict[name], { n: n?.toLocaleString("en") });
  const draw = () => {
    const cell = chosen(), rival = cells.get(cell.rival);
    if (cell === shown) return;
    table.draw(cell);
    making?.stop();
    making = makingOf(words, cell, kept, (text) => { spoken.textContent = text; });
    head.textContent = say(words.head, { network: words.names[cell.network], task: words.tasks[cell.distortion] });
    reads.textContent = say(words.reads, { network: words.networks[cell.network], digits: words.digits[cell.distortion] });
    verdict.replaceChildren(verdictMark(cell.mark), finding(cell));
    const charts = [intervalsOf(words, cell, rival), curvesOf(words, cell, rival, steps)].filter(Boolean);
    parts.replaceChildren(statsOf(words, cell, rival), verdict, h("div", { class: "stn-charts" }, charts), making.node);
    if (shown) tell(cell);
    shown = cell;
  };
  const tell = (cell) => {
    const ran = cell.error !== null, [low, high] = ran ? cell.interval.map((value) => format(value)) : [];
    spoken.textContent = say(ran ? words.spoken : words.spokenNone, { head: head.textContent, paper: format(cell.paper, 1), low, high,
      error: ran ? format(cell.error) : "", seeds: countSeeds(words, cell.runs.length), verdict: finding(cell) });
  };
  const ask = everyFrame(draw);
  model.on("change:cell", ask);
  draw();
  return () => { model.off("change:cell", ask); ask.stop(); making.stop(); };
}

export default { render };
