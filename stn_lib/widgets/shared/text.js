// Numbers and sentences as a reader sees them.

/**
 * A number with a true minus sign and a fixed number of places, so that the layout does not jump.
 * @param {number} value
 * @param {number} [places]
 */
export function format(value, places = 2) {
  const text = Math.abs(value).toFixed(places);
  return (value < 0 && Number(text) !== 0 ? "\u2212" : "") + text;
}

/**
 * A sentence of the word table, each "{name}" replaced by `values.name`.
 * @param {string} sentence
 * @param {Record<string, any>} [values]
 */
export function interpolate(sentence, values = {}) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
