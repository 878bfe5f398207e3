// What a screen reader says of a change: one announcement for the whole page, once all has been at rest for a second.
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
 * Announce the new texts of an explorable's outputs when they rest. By themselves they would speak at each step of a
 * handle, all of them. The number beside a slider is left out: the slider has it as its value. An output that is no
 * sentence has a name, which is said before it.
 * @param {HTMLElement} el
 */
export function announceAtRest(el) {
  /** @type {WeakMap<Element, string>} */
  const known = new WeakMap();
  let timer = 0;
  const readNew = () => {
    const texts = [];
    for (const output of el.querySelectorAll("output, [role=status]")) {
      output.setAttribute("aria-live", "off");
      const text = output.textContent ?? ""; // one that is said again differs in a space at its end
      const name = output.getAttribute("aria-label");
      if (!output.hasAttribute("for") && text.trim() && text !== known.get(output))
        texts.push(name ? `${name}: ${text}` : text);
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
  wait();
  new MutationObserver(wait).observe(el, { subtree: true, childList: true, characterData: true });
}
