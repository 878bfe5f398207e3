// Moves through the run at one pace, whatever the number of frames; `show(frame, part)` is handed the part of the way
// to the next frame, too.
import { button } from "../shared/controls.js";
import { prefersReducedMotion } from "../shared/mount.js";
import { frameAt } from "./replay.js";
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
