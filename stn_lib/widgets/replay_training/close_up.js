// The chosen digit, large: the path of its window's centre, the image sampled there, theta and its meaning.
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";
import { joined, makePane } from "./pane.js";
import { windowPose } from "./replay.js";

function makeWay() {
  const paths = ["halo", "ahead", "walked"].map((name) => s("path", { class: `stn-way stn-${name}` }));
  const first = s("circle", { class: "stn-first", r: 1.1 });
  const now = s("circle", { class: "stn-now", r: 1.6 });
  const draw = (before, here, after) => {
    const walked = `M${joined([...before, here])}`;
    const ahead = `M${joined([here, ...after])}`;
    paths.forEach((path, k) => path.setAttribute("d", [walked, ahead, walked][k]));
    setAttributes(first, { cx: before[0][0], cy: before[0][1] });
    setAttributes(now, { cx: here[0], cy: here[1] });
  };
  return { nodes: [...paths, first, now], draw };
}

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
  const node = h("dl", {}, h("dt", {}, words.rows.centre), rows.x, rows.y, lines);
  const shift = (pixels, side) => {
    const sentence = Math.abs(pixels) < 0.05 ? words.none.shift : words.shift;
    return interpolate(sentence, { pixels: format(Math.abs(pixels), 1), side });
  };
  const draw = (theta) => {
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

export function makeCloseUp(words, run, reach) {
  const way = makeWay();
  const pane = makePane(run.size, reach, words.input, ...way.nodes);
  const seen = imageCanvas(...run.outSize, words.output);
  const cells = Array.from({ length: 6 }, () => h("span", {}));
  const pose = makePose(words, run);
  const reading = h(
    "div",
    { class: "stn-reading" },
    h("p", { class: "stn-head" }, words.theta),
    h("div", { class: "stn-six stn-theta", role: "group", "aria-label": words.theta }, cells),
    h("p", { class: "stn-head" }, words.window),
    pose.node,
  );
  const figures = [figure(words.input, pane.node), figure(words.output, seen.canvas)];
  const centre = ([, , x, , , y]) => [((x + 1) * run.size[1]) / 2, ((y + 1) * run.size[0]) / 2];
  const draw = (frame, digit, { theta, image, corners, output }) => {
    pane.draw(image, corners);
    seen.draw(output);
    const centres = run.thetas.map((one) => centre(one[digit]));
    way.draw(centres.slice(0, frame + 1), centre(theta), centres.slice(frame + 1));
    cells.forEach((cell, k) => {
      cell.textContent = format(theta[k]);
    });
    pose.draw(theta);
  };
  const recolour = () => {
    pane.recolour();
    seen.recolour();
  };
  return { node: h("div", { class: "stn-close" }, figures, reading), draw, recolour };
}
