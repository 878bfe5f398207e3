// The page's address may open a widget in a state: #sample-point?x=1.6&mode=nearest sets the traits x and mode.
// Each explorable declares in one table what may be set, of which type and in which range. A number out of range is
// clamped to it; what is not of the type, or has no entry in the table, is ignored.

/** @typedef {import("./types").Model} Model */
/** @typedef {(text: string) => any} Parse the value of a text; undefined where it is none */

/**
 * @param {string} text
 * @param {number} low
 * @param {number} high
 */
function clamped(text, low, high) {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(Math.max(value, low), high) : undefined;
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
 * What the page's address asks of an explorable: the valid values by the table's keys.
 * @param {string} name of the explorable, as in its CSS class
 * @param {Record<string, Parse>} table
 */
export function readAddress(name, table) {
  const [key, query] = location.hash.slice(1).split("?");
  /** @type {Record<string, any>} */
  const found = {};
  if (key !== name || !query) return found;
  for (const [asked, text] of new URLSearchParams(query)) {
    const value = Object.hasOwn(table, asked) ? table[asked](text) : undefined;
    if (value !== undefined) found[asked] = value;
  }
  return found;
}

/**
 * Set the traits that the page's address asks for; the table's keys are the traits' names.
 * @param {Model} model
 * @param {string} name
 * @param {Record<string, Parse>} table
 */
export function openFromAddress(model, name, table) {
  for (const [trait, value] of Object.entries(readAddress(name, table))) model.set(trait, value);
}
