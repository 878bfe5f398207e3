// Work that is not done again.

/**
 * A function like `work` that gives its last result again while each of its arguments stays the same.
 * @template {any[]} A
 * @template R
 * @param {(...values: A) => R} work
 * @returns {(...values: A) => R}
 */
export function keepLast(work) {
  /** @type {unknown[]} */
  let last = [];
  /** @type {R} */
  let result;
  return (...values) => {
    if (values.length !== last.length || values.some((value, k) => value !== last[k])) {
      result = work(...values);
      last = values;
    }
    return result;
  };
}
