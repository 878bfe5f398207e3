// What a reader entered, as numbers; and how it compares with the answer. No DOM.

const DECIMAL = /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d{1,2})?$/i;

function decimal(text) {
  return DECIMAL.test(text) ? Number(text.replace(",", ".")) : null;
}

/**
 * The number in a text: "0.5", "0,5", "−2", "3/4", "-1 / 3"; null where it is another text.
 * @param {string} text
 */
export function parse(text) {
  const plain = text
    .trim()
    .replace(/[\u2212\u2013\u2014\ufe63\uff0d]/g, "-")
    .replace(/\s*([/\u2044\u2215])\s*/g, "/")
    .replace(/^([+-])\s+/, "$1");
  const parts = plain.split("/").map(decimal);
  if (parts.includes(null) || parts.length > 2) return null;
  const value = parts.length === 2 ? parts[0] / parts[1] : parts[0];
  return Number.isFinite(value) ? value : null;
}

/** Twin of `slack` in _draws.py: half a unit of the last decimal. */
const near = (entered, value, decimals) =>
  Math.abs(entered - value) <= 0.5 * 10 ** -decimals + 1e-9 * Math.max(1, Math.abs(value));

// A number rounded correctly, but to fewer decimals than required: one at least, for 0 says nothing of 0.4.
function isCoarse(entry, value, decimals) {
  const places = /[.,](\d+)\s*$/.exec(entry)?.[1].length ?? decimals;
  return places < decimals && near(parse(entry), value, places);
}

/**
 * What is to be said of the entries: `fields` holds a word for each of them, and `mistake` the index of the
 * misconception that gives exactly these numbers, or -1. `coarse`: all that is wrong is too few decimals.
 * @param {string[]} entries
 * @param {{answer: number[], wrong: number[][]}} draw
 * @param {number} decimals
 */
export function judge(entries, { answer, wrong }, decimals) {
  const numbers = entries.map(parse);
  if (numbers.includes(null)) {
    const fields = numbers.map((value, k) => (value !== null ? "" : entries[k].trim() ? "unreadable" : "empty"));
    return { kind: "missing", fields, mistake: -1 };
  }
  const exact = numbers.map((value, k) => near(value, answer[k], decimals));
  if (!exact.includes(false)) return { kind: "correct", fields: exact.map(() => "right"), mistake: -1 };
  const mistake = wrong.findIndex((values) => values.every((value, k) => near(numbers[k], value, decimals)));
  const coarse = entries.map((entry, k) => mistake < 0 && isCoarse(entry, answer[k], decimals));
  const fields = exact.map((right, k) => (right ? "right" : coarse[k] ? "coarse" : "wrong"));
  return { kind: fields.includes("wrong") ? "incorrect" : "coarse", fields, mistake };
}

/**
 * What a browser kept, if it belongs to this question as it is now.
 * @param {string | null} text
 * @param {{shown: string[]}[]} draws
 * @param {number} count of fields
 */
export function recall(text, draws, count) {
  let kept;
  try {
    kept = JSON.parse(text ?? "");
  } catch {
    return null;
  }
  if (typeof kept !== "object" || kept === null) return null;
  const solved = kept.solved === true;
  const asked = draws.findIndex(({ shown }) => JSON.stringify(shown) === JSON.stringify(kept.shown));
  const written = (entry) => typeof entry === "string" && entry.length <= 40;
  const { entries } = kept;
  if (asked < 0 || !Array.isArray(entries) || entries.length !== count || !entries.every(written)) return { solved };
  return { solved, asked, entries };
}
