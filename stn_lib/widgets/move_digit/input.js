// The input of the network, with the handles that move the digit and the places where it has been.
import { figure } from "../shared/controls.js";
import { makeDigitHandles } from "../shared/digit_handles.js";
import { h, s } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";

// Where the reader has been: dots where the answer was correct, crosses where it was wrong.
function trailPaths(path, middle, truth) {
  const seen = new Set();
  const parts = { good: "", bad: "" };
  for (const step of path) {
    const key = `${step.right},${step.down}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const [x, y] = [middle + step.right, middle + step.down];
    if (step.guess === truth) parts.good += `M${x} ${y}h0`;
    else parts.bad += `M${x - 0.3} ${y - 0.3}l.6 .6m0 -.6l-.6 .6`;
  }
  return parts;
}

export function makeInput(words, size, state, put) {
  const canvas = imageCanvas(size, size, words.input);
  const [good, bad] = [s("path", { class: "stn-trail-good" }), s("path", { class: "stn-trail-bad" })];
  const attributes = { viewBox: `0 0 ${size} ${size}`, role: "group", "aria-label": words.input, class: "stn-drag" };
  const svg = s("svg", attributes, bad, good);
  const handles = makeDigitHandles({
    svg,
    words,
    size,
    reach: 12,
    most: 180,
    radius: 2,
    step: 1,
    pose: () => ({ x: state().right, y: state().down, degrees: -state().rotation, scale: state().size }),
    move: (x, y) => put({ right: Math.round(x), down: Math.round(y) }),
    // The handles, which other explorables share, count clockwise.
    rotate: (degrees, scale) => put({ rotation: 0 - Math.round(degrees), size: Math.round(scale * 100) / 100 }),
  });
  const draw = (image, path, truth) => {
    canvas.draw(image);
    const parts = trailPaths(path, size / 2, truth);
    good.setAttribute("d", parts.good);
    bad.setAttribute("d", parts.bad);
    handles.draw();
    const now = state();
    const at = { right: format(now.right, 0), down: format(now.down, 0) };
    handles.tellCentre(now.right, interpolate(words.at, at));
    const angle = { rotation: format(now.rotation, 0), size: format(now.size) };
    handles.tellSpin(now.rotation, interpolate(words.rotated, angle));
  };
  const caption = [h("span", { class: "stn-wide" }, words.trail), h("span", { class: "stn-narrow" }, words.trailShort)];
  const node = figure(caption, h("div", { class: "stn-over" }, canvas.canvas, svg));
  return { node, draw, recolour: canvas.recolour };
}
