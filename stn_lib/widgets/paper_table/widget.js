// PaperTable: the paper's Table 1 and ours, gaps or error rates; a cell that is pressed opens under the table.
import { followAddress, oneOf } from "../shared/address_state.js";
import { choice, nextId } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, endAll, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { interpolate } from "../shared/text.js";
import { distinct, stateOf } from "./cells.js";
import { curvesOf, intervalsOf } from "./charts.js";
import { commandsOf, makingOf } from "./making.js";
import { splice, verdictMark } from "./signs.js";
import { makeLegend, makeTable } from "./table.js";

const VIEWS = ["gap", "error"];

// How many transformers lower our error rate and how many raise it, with their marks: the table's legend, too.
function overview(words, all) {
  const kinds = ["lowers", "raises", "unclear", "none"],
    found = kinds.map((mark) => all.filter((cell) => cell.mark === mark)),
    [lowers, raises, without, none] = found.map(({ length }) => length),
    unclear = found[2].filter((cell) => stateOf(cell) === "unclear").length,
    single = without - unclear;
  if (none === all.length) return [words.toldNone];
  const tasks = distinct(found[1].map(({ distortion }) => words.tasks[distortion])).join(", ");
  const where = raises ? interpolate(words.where, { tasks }) : "";
  const alone = single ? interpolate(words.aloneToo, { alone: single }) : "";
  const gaps = lowers + raises + without;
  const values = { gaps, lowers, raises, where, unclear, alone, none, all: all.length };
  const signs = Object.fromEntries(kinds.map((mark) => [`${mark}Sign`, verdictMark(mark)]));
  return splice(none ? `${words.told} ${words.waiting}` : words.told, values, signs);
}

// What the reader opens, and what is made only then.
function makeDisclosure(title, fill) {
  const body = h("div", {});
  const refill = () => body.replaceChildren(...(node.open ? [fill()].flat() : []));
  const node = h("details", { ontoggle: refill }, h("summary", {}, title), body);
  return { node, refill };
}

// The open cell: its name, its verdict and its intervals; below, on request, how it was trained, and the commands.
function makeOpened(words, { steps, makers, commands }) {
  const head = h("p", { class: "stn-open-head" }),
    verdict = h("output", {}),
    finding = h("p", { class: "stn-finding" }),
    intervals = h("div", {});
  let shown = null;
  const made = makeDisclosure(words.how, () =>
    [curvesOf(words, shown.cell, shown.rival, steps), makingOf(words, shown.cell, { makers })].filter(Boolean),
  );
  const again = makeDisclosure(words.again, () => commandsOf(words, shown.cell, { commands }));
  const draw = (cell, rival) => {
    shown = { cell, rival };
    const values = { network: words.names[cell.network], task: words.tasks[cell.distortion] };
    const name = interpolate(words.head, values);
    head.replaceChildren(h("b", {}, name), " ", h("span", {}, words.short[cell.distortion]));
    verdict.textContent = words.verdict[stateOf(cell)];
    verdict.setAttribute("aria-label", `${name}: ${verdict.textContent}`);
    finding.replaceChildren(verdictMark(cell.mark), verdict);
    intervals.replaceChildren(intervalsOf(words, cell, rival));
    for (const disclosure of [made, again]) disclosure.refill();
  };
  const about = h("div", {}, head, finding);
  const node = h("section", { class: "stn-opened stn-view", "aria-label": words.opened }, about, intervals);
  return { node, disclosures: [made.node, again.node], draw };
}

// What each mark means, in full.
const readingOf = (words) =>
  h(
    "ul",
    { class: "stn-reading" },
    words.reading.map(([name, text]) => h("li", {}, h("span", {}, verdictMark(name)), text)),
    words.ranges.map((text) => h("li", {}, h("span", {}), text)),
    h("li", {}, h("span", { "aria-hidden": "true" }, interpolate(words.dagger, { value: "" })), words.note),
  );

// What the letters over the columns mean, where a column has no room for it; the table says it to a screen reader.
const tasksOf = (words, distortions) =>
  h(
    "p",
    { class: "stn-tasks", "aria-hidden": "true" },
    distortions.map((key) => h("span", {}, h("b", {}, words.tasks[key]), ` ${words.short[key]}`)),
  );

function render({ model, el }) {
  const words = model.get("words");
  const all = model.get("cells");
  const cells = new Map(all.map((cell) => [cell.id, cell]));
  const put = (values) => setTraits(model, values);
  const grid = { cells, distortions: model.get("distortions"), families: model.get("families") };
  const table = makeTable(words, grid, (id) => put({ cell: id }));
  const legend = makeLegend(words);
  const views = choice({
    label: words.show,
    options: words.views,
    value: model.get("view"),
    onchange: (view) => put({ view }),
  });
  table.node.id = nextId();
  views.node.setAttribute("aria-controls", table.node.id);
  const opened = makeOpened(words, getTraits(model, ["steps", "makers", "commands"]));
  const reading = makeDisclosure(words.read, () => readingOf(words));
  const told = h("p", { class: "stn-told" }, overview(words, all));
  const more = h("div", { class: "stn-more" }, opened.disclosures, reading.node);
  const parts = [told, tasksOf(words, grid.distortions), views.node, table.node, legend.node, opened.node, more];
  mountRoot(el, "paper-table", frame(words, ...parts));
  let shown = null,
    viewed = null;
  const draw = () => {
    const cell = cells.get(model.get("cell")) ?? all[0],
      view = model.get("view");
    if (view !== viewed) {
      table.show(view);
      legend.draw(view);
      views.set(view);
      viewed = view;
    }
    if (cell === shown) return;
    table.mark(cell);
    opened.draw(cell, cells.get(cell.rival));
    shown = cell;
  };
  const drawing = drawOnChange(model, { traits: ["cell", "view"], draw });
  const settable = { cell: oneOf([...cells.keys()]), view: oneOf(VIEWS) };
  const offAddress = followAddress(el, "paper-table", settable, put);
  return endAll(offAddress, drawing.stop);
}

export default { render };
