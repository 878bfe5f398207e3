// The frame of an explorable: its title, its parts, and what to try.
import { h } from "./dom.js";

/**
 * @param {Record<string, any>} words with "title" and "try"
 * @param {...any} children
 */
export function frame(words, ...children) {
  const title = h("p", { class: "stn-title" }, words.title);
  const attempt = h("p", { class: "stn-try" }, words.try);
  return h("section", { class: "stn-frame", "aria-label": words.title }, title, ...children, attempt);
}
