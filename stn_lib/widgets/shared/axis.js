// Axes: where a value is on a logarithmic axis, and round numbers to write beside it.

/**
 * A logarithmic axis for these values: `ticks` to write on it, `share` of a value, 0 at the low end and 1 at the high
 * end. A value of 0 has no logarithm and is at the low end. Errors in per cent get a tick at 90: guessing among ten.
 * @param {number[]} values
 * @param {boolean} [percent]
 */
export function logAxis(values, percent = false) {
  const positive = values.filter((value) => value > 0);
  const rungs = [-3, -2, -1, 0, 1, 2, 3].flatMap((power) => [10 ** power, 3 * 10 ** power]);
  const ladder = percent ? [...rungs.filter((rung) => rung < 90), 90] : rungs;
  const least = positive.length ? Math.min(...positive) : 1,
    high = Math.max(...positive, 3 * least);
  const low = ladder.findLast((rung) => rung <= least) ?? least;
  const span = Math.log(high / low);
  /** @param {number} value */
  const share = (value) => (value > low ? Math.min(Math.log(value / low) / span, 1) : 0);
  return { low, high, ticks: ladder.filter((rung) => rung >= low && rung <= high), share };
}

/**
 * The smallest of 1, 2 and 5 times a power of ten that is not below `least`.
 * @param {number} least
 * @returns {number}
 */
export function roundGap(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5].map((k) => k * power).find((size) => size >= least * (1 - 1e-9)) ?? 10 * power;
}
