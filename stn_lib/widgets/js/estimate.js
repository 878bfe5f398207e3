// Estimate: the reader puts a marker where each number is expected; a run puts its own beside them.
import { keep, kept } from "./shelf.js";
import { button, h, house, say, slider } from "./ui.js";

// --- model: a share of the axis from 0 to 1, and the number there -----------------------------------------------
export const shareOf = (value, [low, high]) => Math.min(Math.max(Math.log(value / low) / Math.log(high / low), 0), 1);
export const rounded = (value, digits) => Number(value.toPrecision(digits));

// All numbers from low to high with so many digits, lead by lead: nobody guesses more than two.
function numbers([low, high], leads, digits) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const lead of leads) {
      const value = Number(`${lead}e${power - digits + 1}`);
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found;
}
export const ticks = (span) => numbers(span, [1, 2, 5], 1);
export const guessable = (span) => numbers(span, Array.from({ length: 90 }, (_, k) => 10 + k), 2);

export function nearest(share, values, span) {
  const away = values.map((value) => Math.abs(shareOf(value, span) - share));
  return away.indexOf(Math.min(...away));
}

// What two numbers say together: how many times as much the larger is, as it is shown.
export function compared([first, second]) {
  const [less, more] = first < second ? [first, second] : [second, first];
  const who = { more: first < second ? 1 : 0, less: first < second ? 0 : 1 };
  if (less === 0 && more > 0) return { kind: "none", ...who };
  const ratio = more > 0 ? rounded(more / less, 2) : 1;
  return ratio === 1 ? { kind: "close", ...who } : { kind: "times", ratio: ratio < 10 ? ratio.toFixed(1) : String(ratio), ...who };
}

// --- state: the trait `guesses`, remembered in this browser alone, and heard by the widget of the same key ------
const shelf = (key) => `stn-estimate:${key}`;
const HEARD = "stn-estimate";
const same = (a, b) => a.length === b.length && a.every((value, k) => value === b[k]);

// Numbers on the axis, 0 for none yet: what a browser kept, or another edition of the page left, may be anything.
export function fits(guesses, count, [low, high]) {
  return Array.isArray(guesses) && guesses.length === count
    && guesses.every((value) => typeof value === "number" && (value === 0 || (value >= low && value <= high)));
}

function recall(key, count, span) {
  try {
    const stored = JSON.parse(kept(shelf(key)));
    return fits(stored, count, span) ? stored : [];
  } catch {
    return [];
  }
}

// --- view --------------------------------------------------------------------------------------------------------
const at = (share) => `left: calc(12px + (100% - 24px) * ${share.toFixed(4)})`;  // where a thumb of 24 pixels stands
const STRIDES = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity };

function write(node, text) {  // an output is read aloud whenever it is written to
  if (node.textContent !== text) node.textContent = text;
}

function render({ model, el }) {
  const words = model.get("words"), key = model.get("key"), names = model.get("names"), span = model.get("span");
  const found = model.get("found"), asks = !found.length, values = guessable(span);
  const text = (value) => `${value}\u00a0${model.get("unit")}`.trim();
  const put = (guesses) => {
    model.set("guesses", guesses);
    model.save_changes();
  };
  const guess = (k, index) => {
    const now = model.get("guesses"), next = names.map((_, i) => now[i] ?? 0);
    next[k] = values[Math.min(Math.max(index, 0), values.length - 1)];
    if (!same(now, next)) put(next);
  };
  // An arrow key goes to the next number, not to the next place of the axis, where several round to one.
  const stride = (k, event) => {
    const by = STRIDES[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    const now = model.get("guesses")[k];
    guess(k, nearest(now ? shareOf(now, span) : 0.5, values, span) + by);
    event.preventDefault();
  };

  const rows = names.map((name, k) => {
    if (!asks) {
      const marks = h("div", { class: "stn-marks", "aria-hidden": "true" }, h("span", { class: "stn-found", style: at(shareOf(found[k], span)) }));
      const shown = h("span", { class: "stn-number" }, text(rounded(found[k], 3)));
      return { marks, node: h("div", { class: "stn-row" }, h("p", {}, name), shown, h("div", { class: "stn-track" }, marks)) };
    }
    const read = () => guess(k, nearest(Number(one.input.value), values, span));
    const one = slider({ label: name, min: 0, max: 1, step: "any", value: 0.5, show: () => words.unset, concept: "answer", oninput: read });
    one.input.addEventListener("click", read);  // a marker that is pressed where it stands has been set there
    one.input.addEventListener("keydown", (event) => stride(k, event));
    return { one, output: one.node.querySelector("output"), node: h("div", { class: "stn-row" }, one.node) };
  });
  const scale = h("div", { class: "stn-scale", "aria-hidden": "true" },
    ticks(span).map((value) => h("span", { style: at(shareOf(value, span)) }, text(value))));
  const told = h(asks ? "output" : "p", { class: "stn-told" });
  const again = button(words.again, () => { put([]); rows[0].one.input.focus(); });
  const eyebrow = asks ? words.eyebrow : words.compared;
  house(el, "estimate");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": `${eyebrow}. ${say(words.axis, { low: text(span[0]), high: text(span[1]) })}` },
    h("p", { class: "stn-eyebrow" }, eyebrow), h("p", { class: "stn-question" }, model.get("question")),
    rows.map(({ node }) => node), scale,
    asks ? "" : h("p", { class: "stn-legend" }, h("span", { class: "stn-mine" }), words.mine, h("span", { class: "stn-found" }), words.run),
    h("div", { class: "stn-why" }, told, asks ? again : "")));

  const sentence = (both, whole) => {
    const { kind, more, less, ratio } = compared(both), [first, second] = both.map(text);
    const relation = say({ times: words.times, close: words.close, none: words.none }[kind], { ratio, more: names[more], less: names[less] });
    return say(whole, { first, second, one: names[0], other: names[1], relation });
  };
  const draw = () => {
    const guesses = model.get("guesses"), set = names.map((_, k) => Boolean(guesses[k]));
    rows.forEach(({ one, output, marks }, k) => {
      const share = set[k] ? shareOf(guesses[k], span) : 0.5;
      if (!asks) {
        marks.replaceChildren(marks.firstChild, ...(set[k] ? [h("span", { class: "stn-mine", style: at(share) })] : []));
        return;
      }
      one.input.value = share;
      one.node.classList.toggle("stn-unset", !set[k]);
      write(output, set[k] ? text(guesses[k]) : "?");
      one.input.setAttribute("aria-valuetext", set[k] ? text(guesses[k]) : words.unset);
    });
    const mine = set.every(Boolean) ? sentence(guesses, words.told) : set.some(Boolean) ? words.half : asks ? words.quiet : words.missing;
    write(told, asks ? mine : `${mine}\n${sentence(found.map((value) => rounded(value, 3)), words.measured)}`);
    told.classList.toggle("stn-quiet", asks && !set.every(Boolean));
    again.hidden = !set.some(Boolean);
  };
  const changed = () => {
    const guesses = model.get("guesses");
    draw();
    keep(shelf(key), guesses.length ? JSON.stringify(guesses) : null);
    window.dispatchEvent(new CustomEvent(HEARD, { detail: { key, guesses } }));
  };
  const hear = ({ detail }) => {
    const now = model.get("guesses"), { guesses } = detail;
    if (detail.key === key && !same(guesses, now) && (!guesses.length || fits(guesses, names.length, span))) put(guesses);
  };
  if (!model.get("guesses").length) model.set("guesses", recall(key, names.length, span));
  model.on("change:guesses", changed);
  draw();
  window.addEventListener(HEARD, hear);
  return () => {
    window.removeEventListener(HEARD, hear);
    model.off("change:guesses", changed);
  };
}

export default { render };
