// How the runs of a cell were made: their facts, and their commands, to copy.
import { say } from "../shared/announce.js";
import { button } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { format, interpolate } from "../shared/text.js";
import { ROUNDING, distinct } from "./cells.js";

const grouped = (value) => value.toLocaleString("en");

function factsOf(words, cell, makers) {
  const { runs } = cell,
    made = runs.map((run) => makers[run.made]),
    each = (read) => distinct(made.map(read)).join(", ");
  const commit = ({ commit, changed }) =>
    commit ? interpolate(words.commit[String(changed)], { commit: commit.slice(0, 7) }) : words.unknown;
  const all = (read) => runs.map(read).join(", "),
    reach = ([low, high]) => interpolate(words.reach, { low: format(low), high: format(high) });
  return [
    ["seeds", all(({ seed }) => seed)],
    ["device", each(({ device }) => device)],
    ["errors", all(({ error }) => format(error))],
    ["threads", each(({ threads }) => threads)],
    ["interval", reach(cell.interval)],
    ["torch", each(({ torch }) => torch)],
    ["wrong", interpolate(words.wrong, { wrong: all(({ wrong }) => grouped(wrong)), n: grouped(cell.n) })],
    ["commit", each(commit)],
    ["paper", reach([cell.paper - ROUNDING, cell.paper + ROUNDING])],
    ["parameters", grouped(cell.parameters)],
    ["pairs", cell.gap ? String(cell.gap.seeds) : words.none],
    ["images", grouped(cell.images)],
    ["seconds", interpolate(words.minutes, { values: runs.map(({ seconds }) => format(seconds / 60, 1)).join(", ") })],
  ].map(([name, value]) => h("div", {}, h("dt", {}, words.facts[name]), h("dd", {}, value)));
}

// The clipboard is not there for a page that is opened from a folder in some browsers, and may be refused anywhere.
function copier(words, code) {
  const told = h("output", {});
  const copy = button(
    words.copy,
    async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        say(told, words.copied);
      } catch {
        getSelection().selectAllChildren(code);
        say(told, words.selected);
      }
    },
    { class: "stn-button stn-copy" },
  );
  return [told, copy];
}

// A command whose lines break between its flags only: a browser would break after a hyphen.
const unbroken = (command) => command.split(/ (?=--)/).flatMap((part, k) => [k ? " " : "", h("span", {}, part)]);

export function commandsOf(words, { runs, command }, { commands }) {
  const lines = runs.length ? runs.map((run) => interpolate(commands[run.command], { seed: run.seed })) : [command];
  const code = h(
    "code",
    {},
    lines.flatMap((line, k) => [k ? "\n" : "", ...unbroken(line)]),
  );
  const head = h("div", { class: "stn-making-head" }, copier(words, code));
  return h("div", { class: "stn-making" }, head, code);
}

export function makingOf(words, cell, { makers }) {
  const values = { network: words.networks[cell.network], digits: words.digits[cell.distortion] };
  const facts = cell.runs.length ? h("dl", { class: "stn-facts" }, factsOf(words, cell, makers)) : [];
  return h("div", { class: "stn-making" }, h("p", {}, interpolate(words.reads, values)), facts);
}
