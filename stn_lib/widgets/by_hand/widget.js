// ByHand: a question with number fields; a wrong number is explained, hints come one at a time.
import { say } from "../shared/announce.js";
import { button, controls, nextId } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { mountRoot, onTraits, setTraits } from "../shared/mount.js";
import { loadText, storeText } from "../shared/storage.js";
import { interpolate } from "../shared/text.js";
import { judge, recall } from "./model.js";

const TRIES = 3; // after so many wrong answers the solution is offered, whatever hints are left
const shelf = (name) => `stn-by-hand:${name}`;
const fresh = () => ({ said: null, marks: [], tries: 0, hinted: 0, opened: false });

function makeField(words, label, { note, decimals, edit, check }) {
  const [id, about] = [nextId(), nextId()];
  const mark = h("span", { id: about, class: "stn-mark" });
  const quiet = { autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "done" };
  const input = h("input", { id, type: "text", ...quiet, maxlength: 40, "aria-describedby": `${about} ${note}` });
  input.addEventListener("input", () => edit(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    check();
  });
  const told = { empty: words.empty, unreadable: words.unreadable, right: words.right, wrong: words.wrong };
  told.coarse = interpolate(words.coarse, { decimals });
  const draw = (entry, state = "") => {
    if (input.value !== entry) input.value = entry;
    mark.textContent = told[state] ?? "";
    node.dataset.state = state;
    if (state && state !== "right") input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const node = h("div", { class: "stn-field" }, h("label", { for: id }, label), input, mark);
  return { node, draw, input };
}

// What a reader sees after a check, line by line; the fields say which of them are correct.
function describe(words, labels, mistakes, { kind, fields, mistake }, next, decimals) {
  if (kind === "correct") return [words.correct];
  if (kind === "missing") return [interpolate(words.missing, { names: named(labels, fields, Boolean) })];
  if (kind === "coarse") return [interpolate(words.few, { decimals })];
  return mistake < 0 ? [words.incorrect, next] : [`\u2717 ${mistakes[mistake]}`];
}

const named = (labels, fields, test) => labels.filter((_, k) => test(fields[k])).join(", ");

// The same for a screen reader, with the fields in words.
function recite(words, labels, lines, { kind, fields }) {
  const right = named(labels, fields, (state) => state === "right");
  const wrong = named(labels, fields, (state) => state !== "right");
  const partly = ["incorrect", "coarse"].includes(kind) && right ? [interpolate(words.partly, { right, wrong })] : [];
  return [lines[0], ...partly, ...lines.slice(1)].join(" ");
}

// Everything below the fields: the verdict, the hints, the solution.
function makeAnswers(words) {
  const verdict = h("div", { class: "stn-verdict" });
  const hints = h("ol", { class: "stn-hints" });
  const found = h("p", {});
  const solution = h("div", { class: "stn-solution" }, h("p", { class: "stn-eyebrow" }, words.solution), found);
  const draw = ({ lines, kind, clues, answer }) => {
    verdict.replaceChildren(...lines.map((line) => h("p", {}, line)));
    verdict.dataset.kind = kind;
    verdict.hidden = !lines.length;
    hints.replaceChildren(...clues.map((clue) => h("li", {}, clue)));
    hints.hidden = !clues.length;
    found.textContent = answer;
    solution.hidden = !answer;
  };
  return { node: h("div", { class: "stn-view" }, verdict, hints, solution), draw };
}

// The texts of the present question.
function makeTexts(model) {
  const texts = model.get("texts");
  const current = () => model.get("draws")[model.get("asked")] ?? model.get("draws")[0];
  const fill = (text) => interpolate(text, current().shown);
  return {
    current,
    question: () => fill(texts.question),
    solution: () => fill(texts.solution),
    hints: () => texts.hints.map(fill),
    mistakes: () => texts.mistakes.map(fill),
  };
}

function makeNote(words, decimals) {
  const form = { 0: words.whole, 1: words.one }[decimals] ?? interpolate(words.many, { decimals });
  return h("p", { id: nextId(), class: "stn-form" }, form);
}

// What the reader does. `now` is what this page knows and no browser keeps: marks, tries, hints.
function makeActs(model, words, texts, now, speak, draw) {
  const [labels, decimals] = [model.get("fields"), model.get("decimals")];
  const renew = (values) => {
    Object.assign(now, values);
    draw();
  };
  const left = () => texts.hints().length - now.hinted;
  const offered = () => now.tries >= TRIES || (now.hinted > 0 && left() === 0);
  const next = () => (left() > 0 ? words.tryHint : offered() ? words.trySolution : words.tryAgain);
  const check = () => {
    const said = judge(model.get("entries"), texts.current(), decimals);
    now.tries += said.kind === "incorrect";
    renew({ said, marks: [...said.fields] });
    if (said.kind === "correct") setTraits(model, { solved: true });
    const told = recite(words, labels, lines(), said);
    speak(said.kind === "correct" ? `${told} ${texts.solution()}` : told);
  };
  const lines = () => (now.said ? describe(words, labels, texts.mistakes(), now.said, next(), decimals) : []);
  const edit = (k, entry) => {
    now.marks[k] = "";
    if (["correct", "missing"].includes(now.said?.kind)) now.said = null;
    setTraits(model, { entries: model.get("entries").map((old, i) => (i === k ? entry : old)) });
  };
  const hint = () => {
    speak(texts.hints()[now.hinted]);
    renew({ hinted: now.hinted + 1 });
  };
  const open = () => {
    speak(texts.solution());
    renew({ opened: true });
  };
  const other = () => {
    setTraits(model, { asked: (model.get("asked") + 1) % model.get("draws").length, entries: labels.map(() => "") });
    speak(texts.question());
  };
  return { check, edit, hint, open, other, left, offered, lines };
}

function makeButtons(words, texts, now, acts, several) {
  const check = button(words.check, acts.check, { class: "stn-button stn-submit" });
  const hint = button("", () => {
    acts.hint();
    if (hint.hidden) show.focus(); // it takes the place of the last hint's button
  });
  const show = button(words.show, () => {
    acts.open();
    check.focus();
  });
  const other = button(words.other, acts.other, { class: "stn-button stn-other" });
  const draw = (done) => {
    const count = texts.hints().length;
    hint.textContent = interpolate(words.hint, { n: now.hinted + 1, m: count });
    hint.hidden = done || acts.left() === 0;
    show.hidden = done || !acts.offered();
    other.hidden = !several;
  };
  return { node: controls(check, hint, show, other), draw, other };
}

// Fills the state from what this browser kept, and keeps each change; `renew` starts a question again.
function remember(model, draws, labels, renew, draw) {
  const name = model.get("name");
  const blank = (entries) => entries.every((entry) => !entry);
  const keep = () => {
    const [asked, entries, solved] = ["asked", "entries", "solved"].map((trait) => model.get(trait));
    const untouched = !asked && !solved && blank(entries);
    storeText(shelf(name), untouched ? null : JSON.stringify({ shown: draws[asked]?.shown, entries, solved }));
    draw();
  };
  const kept = recall(loadText(shelf(name)), draws, labels.length);
  if (kept && !model.get("solved") && blank(model.get("entries"))) setTraits(model, kept);
  const offAsked = onTraits(model, ["asked"], renew);
  const off = onTraits(model, ["asked", "entries", "solved"], keep);
  draw();
  return () => {
    offAsked();
    off();
  };
}

function render({ model, el }) {
  const [words, labels, draws] = ["words", "fields", "draws"].map((name) => model.get(name));
  const now = fresh();
  const texts = makeTexts(model);
  const spoken = h("output", { class: "stn-spoken" });
  const speak = (text) => say(spoken, text);
  const acts = makeActs(model, words, texts, now, speak, () => draw());
  const decimals = model.get("decimals");
  const note = makeNote(words, decimals);
  const fields = labels.map((label, k) =>
    makeField(words, label, { note: note.id, decimals, edit: (entry) => acts.edit(k, entry), check: acts.check }),
  );
  const buttons = makeButtons(words, texts, now, acts, draws.length > 1);
  buttons.other.addEventListener("click", () => fields[0].input.focus());
  const answers = makeAnswers(words);
  const question = h("p", { id: nextId(), class: "stn-question" });
  const before = h("p", { class: "stn-solved" }, words.solved);
  const head = h("div", { class: "stn-head" }, h("p", { class: "stn-eyebrow" }, words.eyebrow), before);
  const columns = labels.length > 4 ? 3 : labels.length;
  const row = h(
    "div",
    { class: "stn-fields", style: `--stn-columns: ${columns}` },
    fields.map(({ node }) => node),
  );
  const parts = [head, question, row, note, buttons.node, answers.node, spoken];
  // A group, no landmark: a page has several, and who tabs to a field hears the question.
  const group = { class: "stn-frame", role: "group", "aria-labelledby": question.id };
  mountRoot(el, "by-hand", h("div", group, parts));

  const draw = () => {
    const correct = now.said?.kind === "correct";
    const done = correct || now.opened;
    question.textContent = texts.question();
    before.hidden = correct || !model.get("solved");
    fields.forEach((field, k) => field.draw(model.get("entries")[k] ?? "", now.marks[k]));
    buttons.draw(done);
    const kind = now.said?.kind ?? "";
    answers.draw({
      lines: acts.lines(),
      kind,
      clues: texts.hints().slice(0, now.hinted),
      answer: done ? texts.solution() : "",
    });
  };
  return remember(model, draws, labels, () => Object.assign(now, fresh()), draw);
}

export default { render };
