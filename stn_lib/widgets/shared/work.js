// Work that takes longer than a frame.

const BUDGET = 8; // milliseconds of a frame, from its begin, in which steps are begun

/**
 * Does long work step by step, a few milliseconds a frame, and keeps its last result until the next is complete. New
 * work begins once the work in progress has ended, so that there are results while a reader drags.
 * @template R
 */
export function makeWork() {
  /** @type {{of: unknown, result: R} | null} */
  let done = null;
  /** @type {{of: unknown, steps: Generator<unknown, R, void>} | null} */
  let job = null;
  /**
   * The last result, which may belong to an earlier `of`.
   * @param {unknown} of what is worked on
   * @param {() => Generator<unknown, R, void>} begin
   * @param {number} since when the frame began
   * @returns {{of: unknown, result: R}}
   */
  return (of, begin, since) => {
    if (!job && done?.of !== of) job = { of, steps: begin() };
    while (job) {
      const { done: ended, value } = job.steps.next();
      if (ended) [done, job] = [{ of: job.of, result: /** @type {R} */ (value) }, null];
      else if (done && performance.now() - since > BUDGET) break; // the first result is waited for
    }
    return /** @type {{of: unknown, result: R}} */ (done);
  };
}
