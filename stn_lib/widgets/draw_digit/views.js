// The panels of DrawDigit: the digit prepared as in MNIST, the networks' input, a network's answer, the examples.
import { best } from "../shared/answers.js";
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { draggable, svgPoint } from "../shared/drag.js";
import { imageCanvas } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";
import { inkBox } from "./ink.js";
import { windowOf } from "./model.js";

const RIM = 4; // pixels round the frame: a window that leaves it is still seen

const joined = (points) => points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L");

// The digit as the networks' training digits are: with the box around its foreground, and a cross at pixel (14, 14).
export function makeNormal(words, small) {
  const canvas = imageCanvas(small, small, words.normal),
    box = s("rect", { class: "stn-box-20" });
  const middle = (small + 1) / 2;
  const svg = s(
    "svg",
    { viewBox: `0 0 ${small} ${small}`, "aria-hidden": "true" },
    box,
    s("path", { class: "stn-middle", d: `M${middle - 1.6} ${middle}h3.2M${middle} ${middle - 1.6}v3.2` }),
  );
  const draw = (pixels) => {
    const frame = inkBox(pixels, small);
    canvas.draw(pixels);
    box.style.display = frame ? "" : "none";
    if (frame) setAttributes(box, { x: frame[0], y: frame[1], width: frame[2], height: frame[3] });
  };
  const about = h("figcaption", {}, words.normal, " ", words.recipe);
  const node = h(
    "figure",
    { class: "stn-panel stn-normal" },
    h("div", { class: "stn-over" }, canvas.canvas, svg),
    about,
  );
  return { node, draw, recolour: canvas.recolour };
}

// What the networks are given; the digit itself is the handle, the rest of the image lets a finger scroll the page.
export function makeFrame(words, size, reach, state, move) {
  const canvas = imageCanvas(size, size, words.frame);
  const halo = s("path", { class: "stn-halo" }),
    quad = s("path", { class: "stn-quad" }),
    top = s("path", { class: "stn-top" });
  const grip = s("circle", { class: "stn-ring stn-knob" });
  const handle = s(
    "g",
    {
      class: "stn-handle",
      tabindex: 0,
      role: "slider",
      "aria-label": words.move,
      "aria-valuemin": -reach,
      "aria-valuemax": reach,
    },
    grip,
  );
  const svg = s(
    "svg",
    { viewBox: `${-RIM} ${-RIM} ${size + 2 * RIM} ${size + 2 * RIM}`, role: "group", "aria-label": words.frame },
    halo,
    quad,
    top,
    handle,
  );
  const middle = size / 2;
  draggable(handle, {
    step: 0.5,
    range: () => [-reach, reach],
    locate: (event) => svgPoint(svg, event),
    at: () => [middle + state().x, middle + state().y],
    move: (x, y) => move(x - middle, y - middle),
  });
  const draw = (image, theta) => {
    canvas.draw(image);
    for (const path of [halo, quad, top]) path.style.display = theta ? "" : "none";
    if (theta) {
      const corners = windowOf(theta, size);
      for (const path of [halo, quad]) path.setAttribute("d", `M${joined(corners)}Z`);
      top.setAttribute("d", `M${joined(corners.slice(0, 2))}`);
    }
    const now = state();
    setAttributes(grip, { cx: middle + now.x, cy: middle + now.y, r: Math.max(11 * now.scale, 6) });
    setAttributes(handle, {
      "aria-valuenow": now.x.toFixed(1),
      "aria-valuetext": interpolate(words.at, { x: format(now.x, 1), y: format(now.y, 1) }),
    });
  };
  const node = figure(
    words.frame,
    h(
      "div",
      { class: "stn-over stn-pane", style: `--stn-rim: ${(100 * RIM) / (size + 2 * RIM)}%` },
      canvas.canvas,
      svg,
    ),
  );
  return { node, draw, recolour: canvas.recolour };
}

// One network: the image that its classifier sees, its ten probabilities, its answer.
export function makeReader(words, name, caption, [height, width]) {
  const sees = imageCanvas(height, width, caption);
  const columns = Array.from({ length: 10 }, (_, digit) => {
    const bar = h("i", {});
    return { bar, node: h("li", {}, h("div", {}, bar), h("span", {}, String(digit))) };
  });
  const verdicts = { right: words.right, wrong: words.wrong, open: words.open };
  const verdict = h("b", { class: "stn-verdict" }),
    bars = h(
      "div",
      { class: "stn-bars", role: "img" },
      h(
        "ol",
        { "aria-hidden": "true" },
        columns.map((column) => column.node),
      ),
    );
  const node = h(
    "section",
    { class: "stn-answers stn-reader", "aria-label": name },
    h("p", {}, h("b", {}, name), verdict),
    h("div", { class: "stn-sees" }, sees.canvas, h("span", { class: "stn-remark" }, caption)),
    bars,
  );
  const shares = (probabilities) =>
    (probabilities ?? [])
      .map((share, digit) => [digit, share])
      .filter(([, share]) => share >= 0.005)
      .sort((a, b) => b[1] - a[1])
      .map(([digit, share]) => interpolate(words.share, { digit, percent: format(100 * share, 0) }))
      .join(", ");
  const draw = (image, probabilities, truth) => {
    const guess = probabilities ? best(probabilities) : -1,
      state = truth === null ? "open" : guess === truth ? "right" : "wrong";
    sees.draw(image);
    columns.forEach(({ bar, node: column }, digit) => {
      bar.style.height = probabilities ? `${Math.max(100 * probabilities[digit], 1.5)}%` : "0";
      column.dataset.state = digit === guess ? state : "other";
      column.dataset.truth = String(digit === truth);
    });
    verdict.dataset.state = state;
    verdict.textContent = probabilities
      ? interpolate(verdicts[state], { digit: guess, percent: format(100 * probabilities[guess], 0) })
      : words.nothing;
    bars.setAttribute("aria-label", shares(probabilities) || words.nothing);
  };
  return { node, draw, recolour: sees.recolour };
}

export function makeExamples(words, examples, labels, small, choose) {
  const images = examples.map(() => imageCanvas(small, small, ""));
  const buttons = examples.map((_, k) => {
    setAttributes(images[k].canvas, { role: "presentation", "aria-hidden": "true" });
    return h(
      "button",
      {
        type: "button",
        class: "stn-button stn-example",
        onclick: () => choose(k),
        "aria-label": interpolate(labels[k] < 0 ? words.example : words.exampleOf, { place: k + 1, label: labels[k] }),
      },
      images[k].canvas,
    );
  });
  const node = h(
    "div",
    { class: "stn-examples", role: "group", "aria-label": words.examples },
    h("span", { class: "stn-remark" }, words.examples),
    h("div", {}, buttons),
  );
  const recolour = () =>
    images.forEach((one, k) => {
      one.recolour();
      one.draw(examples[k]);
    });
  return {
    node,
    recolour,
    set: (chosen) => buttons.forEach((one, k) => one.setAttribute("aria-pressed", String(k === chosen))),
  };
}
