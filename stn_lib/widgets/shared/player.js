// Plays a recorded training run.
import { button } from "./controls.js";
import { prefersReducedMotion } from "./mount.js";

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
export function makePlayer(words, { steps, last }, frame, show) {
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
