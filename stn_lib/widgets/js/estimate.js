// Estimate: the reader puts a marker where each number is expected; a run puts its own beside them.
import { button, h, house, say, slider } from "./ui.js";

// --- model: a share of the axis from 0 to 1, and the number there -----------------------------------------------
export const shareOf = (value, [low, high]) => Math.log(value / low) / Math.log(high / low);
export const valueAt = (share, [low, high]) => low * (high / low) ** share;
// Nobody guesses more than two digits.
export const rounded = (value, digits = 2) => Number(value.toPrecision(digits));

export function ticks([low, high]) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const lead of [1, 2, 5]) {
      const value = Number(`${lead}e${power}`);
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found;
}

// What two numbers say together: which is more, and how many times as much.
export function compared([first, second]) {
  if (first === second) return { same: true };
  const ratio = Math.max(first, second) / Math.min(first, second);
  return { same: false, more: first > second ? 0 : 1, ratio: ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0) };
}

// --- state: the trait `guesses`, remembered in this browser alone, and heard by the widget of the same key ------
const shelf = (key) => `stn-estimate:${key}`;
const HEARD = "stn-estimate";

function remember(key, guesses) {
  try {
    if (guesses.length) localStorage.setItem(shelf(key), JSON.stringify(guesses));
    else localStorage.removeItem(shelf(key));
  } catch { /* a browser that forbids storage forgets, no more */ }
}

function recall(key, count, [low, high]) {
  try {
    const stored = JSON.parse(localStorage.getItem(shelf(key)) ?? "[]");
    const fits = Array.isArray(stored) && stored.length === count && stored.every((v) => v === 0 || (v >= low && v <= high));
    return fits ? stored : [];
  } catch {
    return [];
  }
}

// --- view --------------------------------------------------------------------------------------------------------
const STEPS = 120;
const at = (share) => `left: calc(12px + (100% - 24px) * ${share.toFixed(4)})`;  // where a thumb of 24 pixels stands

function render({ model, el }) {
  const words = model.get("words"), key = model.get("key"), names = model.get("names"), span = model.get("span");
  const found = model.get("found"), asks = !found.length;
  const text = (value) => `${value}\u00a0${model.get("unit")}`.trim();
  const put = (guesses, heard = false) => {
    model.set("guesses", guesses);
    model.save_changes();
    if (heard) return;
    remember(key, guesses);
    window.dispatchEvent(new CustomEvent(HEARD, { detail: { key, guesses } }));
  };
  const guess = (k, step) => {
    const now = model.get("guesses"), next = names.map((_, i) => now[i] ?? 0);
    next[k] = rounded(valueAt(step / STEPS, span));
    put(next);
  };

  const scale = () => h("div", { class: "stn-scale", "aria-hidden": "true" },
    ticks(span).map((value) => h("span", { style: at(shareOf(value, span)) }, text(value))));
  const rows = names.map((name, k) => {
    const marks = h("div", { class: "stn-marks", "aria-hidden": "true" });
    if (!asks) {
      const output = h("output", { class: "stn-number" });
      return { output, marks, node: h("div", { class: "stn-row" }, h("p", {}, name), output, h("div", { class: "stn-track" }, marks)) };
    }
    const one = slider({ label: name, min: 0, max: STEPS, step: 1, value: STEPS / 2, show: () => words.unset, concept: "answer", oninput: (step) => guess(k, step) });
    return { one, node: h("div", { class: "stn-row" }, one.node) };
  });
  const told = h("output", { class: "stn-told" });
  const again = button(words.again, () => { put([]); rows[0].one.input.focus(); });
  house(el, "estimate");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": asks ? words.eyebrow : words.compared },
    h("p", { class: "stn-eyebrow" }, asks ? words.eyebrow : words.compared),
    asks ? h("p", { class: "stn-question" }, model.get("question")) : "",
    rows.map(({ node }) => node), scale(),
    asks ? "" : h("p", { class: "stn-legend" }, h("span", { class: "stn-mine" }), words.mine, h("span", { class: "stn-found" }), words.run),
    h("div", { class: "stn-why" }, told, asks ? again : "")));

  const sentence = (numbers, both, same) => {
    const { same: equal, more, ratio } = compared(numbers), [first, second] = numbers.map(text);
    return say(equal ? same : both, { first, second, one: names[0], other: names[1], more: names[more], ratio });
  };
  const draw = () => {
    const guesses = model.get("guesses"), set = names.map((_, k) => Boolean(guesses[k]));
    rows.forEach(({ one, output, marks }, k) => {
      if (asks) {
        one.input.value = set[k] ? Math.round(shareOf(guesses[k], span) * STEPS) : STEPS / 2;
        one.node.classList.toggle("stn-unset", !set[k]);
        const shown = set[k] ? text(guesses[k]) : words.unset;
        one.node.querySelector("output").textContent = shown;
        one.input.setAttribute("aria-valuetext", shown);
      } else {
        output.textContent = text(rounded(found[k], 3));
        marks.replaceChildren(h("span", { class: "stn-found", style: at(shareOf(found[k], span)) }),
          ...(set[k] ? [h("span", { class: "stn-mine", style: at(shareOf(guesses[k], span)) })] : []));
      }
    });
    const mine = set.every(Boolean) ? sentence(guesses, words.told, words.same) : null;
    if (asks) told.textContent = mine ?? (set.some(Boolean) ? words.half : words.quiet);
    else told.textContent = `${mine ?? words.missing}\n${sentence(found.map((value) => rounded(value, 3)), words.measured, words.equal)}`;
    told.classList.toggle("stn-quiet", asks && !mine);
    again.hidden = !set.some(Boolean);
  };
  const hear = ({ detail }) => { if (detail.key === key && detail.guesses.join() !== model.get("guesses").join()) put(detail.guesses, true); };
  if (!model.get("guesses").length) model.set("guesses", recall(key, names.length, span));
  window.addEventListener(HEARD, hear);
  model.on("change:guesses", draw);
  draw();
  return () => {
    window.removeEventListener(HEARD, hear);
    model.off("change:guesses", draw);
  };
}

export default { render };
