// What a screen reader says of a change: one announcement for the whole page, once all has been at rest for a second.
// It says the texts of outputs, which are no live regions themselves: they would speak at each step of a handle.
import { h } from "./dom.js";

const REST = 1000; // milliseconds
const HIDDEN = { position: "fixed", top: "0", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)" };

// It is outside the explorables, which may be drawn again.
function region() {
  const found = document.getElementById("stn-announced");
  if (found) return found;
  const made = h("div", { id: "stn-announced", role: "status" });
  Object.assign(made.style, HIDDEN);
  document.body.append(made);
  return made;
}

/**
 * Announce the new texts of an explorable's outputs when they rest. The number beside a slider is left out: the slider
 * has it as its value. Where the text needs eyes, the output has what is said in its place as its label.
 * @param {HTMLElement} el
 */
export function announceAtRest(el) {
  /** @type {WeakMap<Element, string>} */
  const known = new WeakMap();
  let timer = 0;
  const readNew = () => {
    const texts = [];
    for (const output of el.querySelectorAll("output")) {
      output.setAttribute("aria-live", "off");
      const text = output.getAttribute("aria-label") ?? output.textContent ?? "";
      if (!output.hasAttribute("for") && text.trim() && text !== known.get(output)) texts.push(text);
      known.set(output, text);
    }
    return texts;
  };
  let opened = false; // the first state is no change
  const wait = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const texts = el.isConnected ? readNew() : [];
      if (texts.length && opened) region().textContent = texts.join("\n");
      opened = true;
    }, REST);
  };
  region();
  readNew();
  wait();
  new MutationObserver(wait).observe(el, { subtree: true, childList: true, characterData: true });
}

/**
 * Write what is announced even if the output says the same already: what an act of the reader has led to.
 * @param {HTMLOutputElement} output
 * @param {string} text
 */
export function say(output, text) {
  output.textContent = output.textContent === text ? `${text}\u00a0` : text;
}
