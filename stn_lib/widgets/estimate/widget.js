// Estimate: the reader places a marker for each expected number; after a run its results appear beside them.
import { button, slider } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { mountRoot, onTraits, setTraits } from "../shared/mount.js";
import { loadText, storeText } from "../shared/storage.js";
import { interpolate } from "../shared/text.js";
import { compared, fits, guessable, nearest, rounded, shareOf, ticks } from "./model.js";

// The trait `guesses` is stored in this browser only; widgets with the same key notify each other of a change.
const shelf = (key) => `stn-estimate:${key}`;
const HEARD = "stn-estimate";
const same = (a, b) => a.length === b.length && a.every((value, k) => value === b[k]);

function recall(key, count, span) {
  try {
    const stored = JSON.parse(loadText(shelf(key)));
    return fits(stored, count, span) ? stored : [];
  } catch {
    return [];
  }
}

const at = (share) => `left: calc(12px + (100% - 24px) * ${share.toFixed(4)})`; // the position of a thumb of 24 pixels
const STRIDES = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
  Home: -Infinity,
  End: Infinity,
};

// The state of a question: `text` formats a number, `guess` sets the marker of one name.
function makeState(model) {
  const [names, span, found] = ["names", "span", "found"].map((name) => model.get(name));
  const values = guessable(span);
  const put = (guesses) => setTraits(model, { guesses });
  const guess = (k, index) => {
    const now = model.get("guesses");
    const next = names.map((_, i) => now[i] ?? 0);
    next[k] = values[Math.min(Math.max(index, 0), values.length - 1)];
    if (!same(now, next)) put(next);
  };
  const text = (value) => `${value}\u00a0${model.get("unit")}`.trim();
  return { names, span, found, values, asks: !found.length, put, guess, text, guesses: () => model.get("guesses") };
}

function makeFoundRow({ found, span, text }, name, k) {
  const marker = h("span", { class: "stn-found", style: at(shareOf(found[k], span)) });
  const marks = h("div", { class: "stn-marks", "aria-hidden": "true" }, marker);
  const shown = h("span", { class: "stn-number" }, text(rounded(found[k], 3)));
  const node = h("div", { class: "stn-row" }, h("p", {}, name), shown, h("div", { class: "stn-track" }, marks));
  const draw = (value) => {
    const mine = value ? [h("span", { class: "stn-mine", style: at(shareOf(value, span)) })] : [];
    marks.replaceChildren(marks.firstChild, ...mine);
  };
  return { node, draw };
}

function makeAskedRow(words, { values, span, text, guess, guesses }, name, k) {
  const read = () => guess(k, nearest(Number(input.value), values, span));
  const show = () => words.unset;
  const range = { min: 0, max: 1, step: "any", value: 0.5 };
  const { input, node } = slider({ label: name, ...range, show, concept: "answer", oninput: read });
  input.addEventListener("click", read); // a marker that is pressed without being moved is set
  // An arrow key goes to the next number, not to the next place of the axis, where several round to one.
  input.addEventListener("keydown", (event) => {
    const by = STRIDES[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    const now = guesses()[k];
    guess(k, nearest(now ? shareOf(now, span) : 0.5, values, span) + by);
    event.preventDefault();
  });
  const output = node.querySelector("output");
  const draw = (value) => {
    input.value = value ? shareOf(value, span) : 0.5;
    node.classList.toggle("stn-unset", !value);
    output.textContent = value ? text(value) : "?";
    input.setAttribute("aria-valuetext", value ? text(value) : words.unset);
  };
  return { node: h("div", { class: "stn-row" }, node), draw, input };
}

function makeScale({ span, text }) {
  const marks = ticks(span).map((value) => h("span", { style: at(shareOf(value, span)) }, text(value)));
  return h("div", { class: "stn-scale", "aria-hidden": "true" }, marks);
}

function makeLegend(words) {
  const [mine, found] = [h("span", { class: "stn-mine" }), h("span", { class: "stn-found" })];
  return h("p", { class: "stn-legend" }, mine, words.mine, found, words.run);
}

function sentence(words, { names, text }, both, whole) {
  const { kind, more, less, ratio } = compared(both);
  const [first, second] = both.map(text);
  const template = { times: words.times, close: words.close, none: words.none }[kind];
  const relation = interpolate(template, { ratio, more: names[more], less: names[less] });
  return interpolate(whole, { first, second, one: names[0], other: names[1], relation });
}

function describe(words, state, guesses, set) {
  const { asks, found } = state;
  const few = set.some(Boolean) ? words.half : asks ? words.quiet : words.missing;
  const mine = set.every(Boolean) ? sentence(words, state, guesses, words.guessed) : few;
  if (asks) return mine;
  const measured = found.map((value) => rounded(value, 3));
  return `${mine}\n${sentence(words, state, measured, words.measured)}`;
}

// Keeps the guesses in this browser and shares them with the other widgets of the key; returns what ends it.
function shareGuesses(model, { names, span, put, guesses }, draw) {
  const key = model.get("key");
  const changed = () => {
    draw();
    storeText(shelf(key), guesses().length ? JSON.stringify(guesses()) : null);
    window.dispatchEvent(new CustomEvent(HEARD, { detail: { key, guesses: guesses() } }));
  };
  const hear = ({ detail }) => {
    const next = detail.guesses;
    if (detail.key !== key || same(next, guesses())) return;
    if (!next.length || fits(next, names.length, span)) put(next);
  };
  if (!guesses().length) model.set("guesses", recall(key, names.length, span));
  const off = onTraits(model, ["guesses"], changed);
  draw();
  window.addEventListener(HEARD, hear);
  return () => {
    window.removeEventListener(HEARD, hear);
    off();
  };
}

function render({ model, el }) {
  const words = model.get("words");
  const state = makeState(model);
  const { names, span, asks, text } = state;
  const makeRow = (name, k) => (asks ? makeAskedRow(words, state, name, k) : makeFoundRow(state, name, k));
  const rows = names.map(makeRow);
  const told = h(asks ? "output" : "p", { class: "stn-told" });
  const again = button(words.again, () => {
    state.put([]);
    rows[0].input.focus();
  });
  const eyebrow = asks ? words.eyebrow : words.compared;
  const label = `${eyebrow}. ${interpolate(words.axis, { low: text(span[0]), high: text(span[1]) })}`;
  const section = h(
    "section",
    { class: "stn-frame", "aria-label": label },
    h("p", { class: "stn-eyebrow" }, eyebrow),
    h("p", { class: "stn-question" }, model.get("question")),
    rows.map(({ node }) => node),
    makeScale(state),
    asks ? "" : makeLegend(words),
    h("div", { class: "stn-why stn-view" }, told, asks ? again : ""),
  );
  mountRoot(el, "estimate", section);

  const draw = () => {
    const guesses = model.get("guesses");
    const set = names.map((_, k) => Boolean(guesses[k]));
    rows.forEach((row, k) => row.draw(guesses[k]));
    told.textContent = describe(words, state, guesses, set);
    told.classList.toggle("stn-quiet", asks && !set.every(Boolean));
    again.hidden = !set.some(Boolean);
  };
  return shareGuesses(model, state, draw);
}

export default { render };
