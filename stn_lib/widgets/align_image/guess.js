// The reader's guess how the descent ends; a run with other settings takes a new one.
import { choice } from "../shared/controls.js";

// The guess that names an end of a run; a run that still falls, or has no known goal, has none.
const NAMED = { arrived: "arrived", valley: "stuck", held: "stuck", rounded: "still", blank: "still" };

/** `changed()` is called when the reader guesses. */
export function makeGuess(words, changed) {
  let guess = null;
  const { node } = choice({
    label: words.guess,
    options: words.guesses,
    value: "",
    onchange: (key) => {
      guess = key;
      changed();
    },
  });
  node.classList.add("stn-guess");
  const clear = () => {
    guess = null;
    for (const input of node.querySelectorAll("input")) input.checked = false;
  };
  const name = () => words.guesses.find(([key]) => key === guess)?.[1];
  const verdict = (end) => (guess && NAMED[end] ? (NAMED[end] === guess ? "met" : "missed") : null);
  return { node, clear, name, verdict };
}
