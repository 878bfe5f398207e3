// What two answers say, and where a window is.
import { randomPlace } from "../shared/distortion.js";
import { makeRandom } from "../shared/random.js";

// Which of the sentences about two answers is true; truth is null while it is unknown.
export function compare(cnn, st, truth) {
  if (cnn === st) return ["same", truth === null ? "open" : cnn === truth ? "right" : "wrong"];
  return ["differ", truth === null ? "open" : cnn === truth ? "cnn" : st === truth ? "st" : "none"];
}

// The window that an affine theta samples, its upper edge first, in pixels of a frame of `size`.
export function windowOf([a, b, x, c, d, y], size) {
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([u, v]) => [((a * u + b * v + x + 1) * size) / 2, ((c * u + d * v + y + 1) * size) / 2]);
}

const PLACE = ["x", "y", "degrees", "scale"];

// The random distortions that a digit is tried under, and both networks' answers so far. The distortions to come are on
// view before they are tried, and stay for the next digit.
export function makeTrials(recipe, seed, large, count) {
  const random = makeRandom(seed);
  const draw = () => randomPlace(recipe, [random(), random(), random(), random()], large);
  const more = () => Array.from({ length: count }, draw);
  const state = { trials: more(), cnn: [], st: [] };
  const forget = () => Object.assign(state, { cnn: [], st: [] });
  const renew = () => {
    if (state.st.length) state.trials = more();
    forget();
  };
  const missed = (k, truth) => {
    const [cnn, st] = [state.cnn[k], state.st[k]];
    if (st === undefined) return false;
    return truth === null ? cnn !== st : cnn !== truth || st !== truth;
  };
  // The next after `from` that one of the networks got wrong, or on which they differ; -1 if there is none.
  const next = (from, truth) => {
    const after = state.trials.findIndex((_, i) => i > from && missed(i, truth));
    return after < 0 ? state.trials.findIndex((_, i) => missed(i, truth)) : after;
  };
  const indexOf = (pose) => state.trials.findIndex((trial) => PLACE.every((name) => trial[name] === pose[name]));
  return { state, draw, forget, renew, next, indexOf };
}
