// The page's address sets the state of a widget: #sample-point?x=1.6&mode=nearest sets the traits x and mode. So does a
// link in the text that leads to such an address. Each explorable declares in one table what may be set, of which type
// and in which range. A number out of range is clamped to it; what is not of the type, or has no entry in the table, is
// ignored. No control has steps finer than a millionth, so numbers are rounded to it: 1e-300 would be shown as such.
import { prefersReducedMotion } from "./mount.js";

/** @typedef {(text: string) => any} Parse the value of a text; undefined where it is none */

/**
 * @param {string} text
 * @param {number} low
 * @param {number} high
 */
function clamped(text, low, high) {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? Number(Math.min(Math.max(value, low), high).toFixed(6)) + 0 : undefined;
}

/**
 * A number in a range.
 * @param {number} low
 * @param {number} high
 * @returns {Parse}
 */
export const number = (low, high) => (text) => clamped(text, low, high);

/**
 * A whole number in a range.
 * @param {number} low
 * @param {number} high
 * @returns {Parse}
 */
export const integer = (low, high) => (text) => (Number.isInteger(Number(text)) ? clamped(text, low, high) : undefined);

/**
 * One of these values, by its text.
 * @param {any[]} values
 * @returns {Parse}
 */
export const oneOf = (values) => (text) => values.find((value) => String(value) === text);

/**
 * Numbers with commas between them, each in the range; exactly `count` of them.
 * @param {number} count
 * @param {number} low
 * @param {number} high
 * @returns {Parse}
 */
export const numbers = (count, low, high) => (text) => {
  const values = text.split(",").map((part) => clamped(part, low, high));
  return values.length === count && values.every((value) => value !== undefined) ? values : undefined;
};

/**
 * What an address asks of an explorable: the valid values by the table's keys.
 * @param {string} hash
 * @param {string} name of the explorable, as in its CSS class
 * @param {Record<string, Parse>} table
 */
function readAddress(hash, name, table) {
  const [key, query] = hash.slice(1).split("?");
  /** @type {Record<string, any>} */
  const found = {};
  if (key !== name || !query) return found;
  for (const [asked, text] of new URLSearchParams(query)) {
    const value = Object.hasOwn(table, asked) ? table[asked](text) : undefined;
    if (value === undefined) console.warn(`${name}: the address's ${asked}=${text} is ignored`);
    else found[asked] = value;
  }
  return found;
}

/**
 * Bring an explorable into view and mark it for a moment: a link in the text has changed it.
 * @param {HTMLElement} el
 */
function present(el) {
  const still = prefersReducedMotion();
  const block = el.offsetHeight > innerHeight ? "start" : "nearest";
  el.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
  const ring = getComputedStyle(el).getPropertyValue("--stn-source");
  const mark = { outline: `3px solid ${ring}`, outlineOffset: "4px", borderRadius: "14px" };
  if (!still) el.animate([mark, { ...mark, outlineColor: "transparent" }], 1200);
}

/**
 * Apply the state that the page's address asks for: now, when the address changes, and at each click on a link with
 * such an address. The returned function ends it.
 * @param {HTMLElement} el of the explorable
 * @param {string} name
 * @param {Record<string, Parse>} table
 * @param {(values: Record<string, any>) => void} apply
 */
export function followAddress(el, name, table, apply) {
  /** @param {string} hash */
  const go = (hash) => {
    const values = readAddress(hash, name, table);
    if (!Object.keys(values).length) return;
    apply(values);
    present(el);
  };
  // The browser says nothing of a second click on the link that it is at.
  /** @param {MouseEvent} event */
  const onClick = ({ target }) => {
    const link = target instanceof Element && target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) go(location.hash);
  };
  const onHash = () => go(location.hash);
  document.addEventListener("click", onClick);
  addEventListener("hashchange", onHash);
  go(location.hash);
  return () => {
    document.removeEventListener("click", onClick);
    removeEventListener("hashchange", onHash);
  };
}
