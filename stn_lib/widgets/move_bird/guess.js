// The first view: the reader places two boxes where the windows will look, and then sees the windows.
import { button, figure } from "../shared/controls.js";
import { h, s, setText } from "../shared/dom.js";
import { draggable, knob, svgPoint } from "../shared/drag.js";
import { interpolate } from "../shared/text.js";
import { makeHeld } from "./answers.js";
import { holds } from "./bird.js";
import { placeHandle } from "./board.js";
import { makePicture } from "./picture.js";

/** @type {(words: Record<string, any>, side: number, reach: number, k: number) => any} */
function makeBox(words, side, reach, k) {
  const sides = { x: -reach, y: -reach, width: 2 * reach, height: 2 * reach };
  const edges = ["sight-halo", "guess"].map((name) => s("rect", { class: `stn-${name}`, ...sides }));
  const name = words.boxes[k];
  const node = knob(interpolate(words.box, { name }), 8, ...edges);
  node.append(s("text", { class: "stn-letter", "text-anchor": "middle", y: 4 }, name));
  /** @param {number[]} at */
  const draw = ([x, y]) => {
    node.setAttribute("transform", `translate(${x + side / 2} ${y + side / 2})`);
    placeHandle(node, words, side, [x, y]);
  };
  return { node, draw };
}

/**
 * @param {Record<string, any>} words
 * @param {import("./bird.js").Facts} facts
 * @param {any} state
 */
export function makeGuess(words, facts, { model, parts, put, image, windows }) {
  const { side } = facts;
  const reach = (facts.window * side) / 2;
  const middle = side / 2;
  const boxes = [0, 1].map((k) => makeBox(words, side, reach, k));
  const attributes = { role: "group", "aria-label": words.image };
  const nodes = boxes.map((box) => box.node);
  const picture = makePicture(words, side, words.image, nodes, attributes);
  const centre = (/** @type {number} */ k) => model.get("guess").slice(2 * k, 2 * k + 2);
  const within = (/** @type {number} */ value) => Math.min(Math.max(value - middle, -middle), middle);
  boxes.forEach((box, k) =>
    draggable(box.node, {
      locate: (event) => svgPoint(picture.svg, event),
      at: () => [centre(k)[0] + middle, centre(k)[1] + middle],
      step: 2,
      range: () => [0, side],
      move: (x, y) => put({ guess: [0, 1].flatMap((i) => (i === k ? [within(x), within(y)] : centre(i))) }),
    }),
  );
  const reason = h("p", { class: "stn-note" }, words.found);
  const names = [
    ...words.boxes.map((/** @type {string} */ name) => interpolate(words.yours, { name })),
    ...words.windows.map((/** @type {string} */ name) => interpolate(words.window, { name })),
  ];
  const told = makeHeld(words, names);
  const found = h("div", { class: "stn-found" }, told.node, reason);
  const show = button(words.show, () => put({ shown: !model.get("shown") }));
  const task = h("div", { class: "stn-task" }, h("p", {}, words.task), h("p", {}, h("b", {}, words.ask)), show);
  const view = h("div", { class: "stn-view" }, figure(words.image, picture.node));
  const node = h("div", { class: "stn-guessing" }, view, task, found);
  const draw = () => {
    const shown = model.get("shown");
    picture.draw(image());
    boxes.forEach((box, k) => box.draw(centre(k)));
    picture.show(shown);
    setText(show, shown ? words.hide : words.show);
    reason.style.visibility = shown ? "" : "hidden";
    const share = (/** @type {number[]} */ at) => parts().map((/** @type {any} */ part) => holds(facts, at, part));
    const centres = () => windows().map((/** @type {number[]} */ theta) => [theta[2] * middle, theta[5] * middle]);
    told.draw(shown ? [...[0, 1].map(centre), ...centres()].map(share) : null);
    if (shown) picture.look(windows());
  };
  return { node, draw, recolour: () => {} };
}
