// The chosen digit: its theta and what it means.
import { h } from "../shared/dom.js";
import { format, interpolate } from "../shared/text.js";
import { apart, windowPose } from "./replay.js";

function rotationText(words, { rotation, mirrored }) {
  if (mirrored) return words.rotations.mirrored;
  if (Math.abs(rotation) < 0.5) return words.none.rotation;
  const direction = words.rotations[rotation < 0 ? "counter" : "clockwise"];
  return interpolate(direction, { degrees: format(Math.abs(rotation), 0) });
}

function makePose(words, run) {
  const names = ["zoom", "rotation", "stretch"];
  const rows = Object.fromEntries(["x", "y", ...names].map((name) => [name, h("dd", {})]));
  const lines = names.flatMap((name) => [h("dt", {}, words.rows[name]), rows[name]]);
  const off = h("dd", {});
  const node = h("dl", {}, h("dt", {}, words.rows.centre), rows.x, rows.y, h("dt", {}, words.rows.apart), off, lines);
  const shift = (pixels, side) => {
    const sentence = Math.abs(pixels) < 0.05 ? words.none.shift : words.shift;
    return interpolate(sentence, { pixels: format(Math.abs(pixels), 1), side });
  };
  const draw = (theta, image) => {
    off.textContent = interpolate(words.apart, { pixels: format(apart(image, theta, run.size), 1) });
    const pose = windowPose(theta, run.size, run.outSize);
    const { x, y, zoom, stretch } = pose;
    const { left, right, up, down } = words.sides;
    rows.x.textContent = shift(x, x < 0 ? left : right);
    rows.y.textContent = shift(y, y < 0 ? up : down);
    rows.zoom.textContent = zoom ? interpolate(words.zoom, { zoom: format(zoom) }) : words.flat;
    rows.rotation.textContent = rotationText(words, pose);
    rows.stretch.textContent = stretch ? interpolate(words.stretch, { stretch: format(stretch) }) : words.flat;
  };
  return { node, draw };
}

export function makeCloseUp(words, run) {
  const cells = Array.from({ length: 6 }, () => h("span", {}));
  const pose = makePose(words, run);
  const title = h("p", { class: "stn-head" });
  const six = h("div", { class: "stn-six stn-theta", role: "group", "aria-label": words.theta }, cells);
  const node = h("div", { class: "stn-reading" }, title, six, pose.node);
  const draw = (digit, { theta, image }) => {
    title.textContent = interpolate(words.chosen, { place: digit + 1, label: run.labels[digit] });
    cells.forEach((cell, k) => {
      cell.textContent = format(theta[k]);
    });
    pose.draw(theta, image);
  };
  return { node, draw };
}
