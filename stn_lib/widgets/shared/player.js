// Plays a recorded training run.
import { button, slider } from "./controls.js";
import { prefersReducedMotion } from "./mount.js";
import { interpolate } from "./text.js";

/**
 * The last frame that was recorded at `step` or before.
 * @param {number[]} steps of the frames, rising
 * @param {number} step
 */
export function frameAt(steps, step) {
  let frame = 0;
  while (frame + 1 < steps.length && steps[frame + 1] <= step) frame++;
  return frame;
}

/**
 * Moves through the run at one pace, whatever the number of frames.
 * @param {Record<string, any>} words with "play" and "pause"
 * @param {{steps: number[], last: number}} run
 * @param {() => number} frame that is shown
 * @param {(frame: number, part: number) => void} show is handed the part of the way to the next frame, too
 */
function makePlayer(words, { steps, last }, frame, show) {
  const seconds = Math.min(Math.max(0.35 * last, 5), 12),
    pace = (steps[last] - steps[0]) / seconds;
  let asked = 0,
    from = 0,
    begun = 0;
  const stop = () => {
    cancelAnimationFrame(asked);
    asked = 0;
    play.textContent = words.play;
  };
  /** @param {number} time */
  const tick = (time) => {
    begun ||= time;
    const step = from + ((time - begun) / 1000) * pace,
      now = frameAt(steps, step);
    if (now === last) {
      stop();
      show(last, 0);
      return;
    }
    asked = requestAnimationFrame(tick);
    show(now, prefersReducedMotion() ? 0 : (step - steps[now]) / (steps[now + 1] - steps[now]));
  };
  const play = button(
    words.play,
    () => {
      if (asked) {
        stop();
        show(frame(), 0);
        return;
      }
      [from, begun] = [steps[frame() < last ? frame() : 0], 0];
      play.textContent = words.pause;
      asked = requestAnimationFrame(tick);
    },
    { class: "stn-button stn-play" },
  );
  return { play, stop, playing: () => asked !== 0 };
}

/**
 * The slider of the steps, and the buttons play, back and next. `rest` is the part of the way to the next frame while
 * it plays.
 * @param {Record<string, any>} words with "step", "of", "play", "pause", "back" and "next"
 * @param {{steps: number[], last: number}} run
 * @param {() => number} frame that is shown
 * @param {(values: {frame: number}) => void} put
 * @param {() => void} ask for a drawing
 */
export function makeTime(words, run, frame, put, ask) {
  const { steps, last } = run;
  let rest = 0;
  const player = makePlayer(words, run, frame, (now, part) => {
    rest = part;
    if (now !== frame()) put({ frame: now });
    ask();
  });
  const stop = () => {
    player.stop();
    rest = 0; // what is drawn next is a recorded frame
  };
  /** @param {number} to */
  const go = (to) => {
    stop();
    put({ frame: Math.min(Math.max(to, 0), last) });
    ask();
  };
  const time = slider({
    ...{ label: words.step, min: 0, max: last, step: 1, value: frame(), concept: "theta", oninput: go },
    show: (value) => interpolate(words.of, { step: steps[value], steps: steps[last] }),
  });
  const back = button(words.back, () => go(frame() - 1));
  const next = button(words.next, () => go(frame() + 1));
  return { node: time.node, buttons: [player.play, back, next], set: time.set, go, stop, rest: () => rest };
}
