// Buttons that play the steps of the descent.
import { button } from "../shared/controls.js";
import { prefersReducedMotion } from "../shared/mount.js";

const PACE = 30; // steps a second

export function makePlayer(words, { steps, step, known, show }) {
  let frame = 0,
    from = 0,
    begun = 0;
  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    play.textContent = words.play;
  };
  const tick = (time) => {
    begun ||= time;
    const next = Math.min(from + Math.floor(((time - begun) / 1000) * PACE), known());
    if (next !== step()) show(next);
    if (next < steps) frame = requestAnimationFrame(tick);
    else stop();
  };
  const play = button(
    words.play,
    () => {
      if (frame) return stop();
      if (prefersReducedMotion()) return show(steps);
      [from, begun] = [step() < steps ? step() : 0, 0];
      play.textContent = words.pause;
      frame = requestAnimationFrame(tick);
      return undefined;
    },
    { class: "stn-button stn-play" },
  );
  const go = (to) => () => {
    stop();
    show(to());
  };
  const once = button(
    words.once,
    go(() => Math.min(step() + 1, steps)),
    { class: "stn-button", "data-term": "step" },
  );
  const rewind = button(
    words.rewind,
    go(() => 0),
  );
  return {
    nodes: [play, once, rewind],
    stop,
  };
}
